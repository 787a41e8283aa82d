"""Every fault that a law names is caught by that law alone."""

from __future__ import annotations

import pytest

from cnnspec import mutants
from cnnspec.harness.judge import rule
from cnnspec.harness.plan import make_plan
from cnnspec.harness.probe import CaseProbe
from cnnspec.harness.runner import draw
from cnnspec.harness.target import InlineTarget
from cnnspec.harness.verdicts import BAD, Verdict
from cnnspec.laws.registry import every_law, find_law

CASES = 400
PAIRS = [(law.id, name) for law in every_law() for name in law.mutants]


@pytest.mark.parametrize(("law", "mutant"), PAIRS, ids="-".join)
def test_the_law_catches_it(law: str, mutant: str) -> None:
    target = InlineTarget(f"mutant:{mutant}")
    common = tuple(name for name in find_law(law).operations if name in mutants.find(mutant).operations)
    assert common, f"{law} says nothing about {mutants.find(mutant).operations}"
    plan = make_plan(target.claims, operations=common, laws=(law,), profile="strict", cases=CASES)
    queues = [(item.laws[0], iter(draw(item, 3, True))) for item in plan.items]
    for _ in range(CASES):
        for judge, queue in queues:
            case = next(queue, None)
            if case is None or not judge.concerns(case):
                continue
            probe = CaseProbe(case, target)
            if probe.observation.kind != "returned" and law != "CALL-1":
                continue
            ruling = rule(judge, probe)
            assert ruling.verdict is not Verdict.ERROR, (str(case), ruling.reason)
            if ruling.verdict in BAD:
                return
    pytest.fail(f"{law} alone lets {mutant} through on {CASES} cases of each operation")
