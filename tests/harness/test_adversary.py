"""Faults outside the zoo are caught at default effort, and given no name that is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cnnspec.harness.outcomes import outcome_of, same
from cnnspec.harness.plan import make_plan
from cnnspec.harness.runner import draw
from cnnspec.harness.session import run
from cnnspec.harness.target import InlineTarget
from cnnspec.mutants import find, load
from tests.harness.adversary import FAULTS

UNSEEN = 7
"""A seed that no diagnosis has looked at."""


def differs_from(name: str, op: str, make: Callable[[], Callable[..., Any]]) -> str:
    """A case that the diagnosis has not seen and on which the mutant does otherwise; empty if there is none."""
    target = InlineTarget({op: make()})
    plan = make_plan(target.claims, operations=(op,), cases=200, profile="strict")
    function, mutant = make(), load(name)[op]
    for case in draw(plan.items[0], UNSEEN, True):
        if not same(outcome_of(function, case), outcome_of(mutant, case)):
            return str(case)
    return ""


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_caught_and_given_no_wrong_name(name: str) -> None:
    op, make = FAULTS[name]
    result = run({op: make()}, isolate="none", operations=(op,), profile="strict", seed=1)
    assert result.findings, "not caught"
    names = {like[0] for finding in result.findings for like in finding.looks_like}
    by_value = {likely for likely in names if not any(find(part).family == "state" for part in likely.split("+"))}
    assert {likely: differs_from(likely, op, make) for likely in by_value} == dict.fromkeys(by_value, "")


def test_none_of_them_is_in_the_zoo() -> None:
    from cnnspec.mutants import names

    assert len(FAULTS) >= 25
    assert not set(FAULTS) & set(names())
