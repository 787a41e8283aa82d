"""Where each new shape is compiled, three drawn cases share one, and the first alone asks for calls of another form."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from cnnspec.adapters.builtin import mutant, reference
from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.harness.judge import Forms, Ruling, judge
from cnnspec.harness.plan import make_plan
from cnnspec.harness.probe import CaseProbe
from cnnspec.harness.runner import SHARED, draw
from cnnspec.harness.session import run
from cnnspec.harness.target import InlineTarget
from cnnspec.harness.verdicts import Verdict
from cnnspec.implementation import Claims, Implementation
from cnnspec.laws.law import Vacuous
from cnnspec.laws.registry import every_law, find_law

OPERATIONS = ("conv2d", "max_pool2d", "pad")


def compiled(whole: Implementation) -> Implementation:
    operations = {name: replace(whole.claims.operations[name], compiled=True) for name in whole.functions}
    return replace(whole, claims=Claims(operations))


def cases_of(op: str, whole: Implementation) -> list[Case]:
    (item,) = make_plan(whole.claims, operations=(op,), profile="strict").items
    return list(draw(item, 3, strict=True))


@pytest.mark.parametrize("op", OPERATIONS)
def test_drawn_cases_share_forms_and_not_data(op: str) -> None:
    before, after = cases_of(op, reference()), cases_of(op, compiled(reference()))
    assert len(before) == len(after)
    forms = [len({str(case.form) for case in cases}) for cases in (before, after)]
    assert forms[1] < 0.6 * forms[0]
    alike = [(one, other) for one, other in pairwise(after) if one.form == other.form]
    assert len(alike) > len(after) / 3
    assert all(one.seed != other.seed for one, other in alike)
    assert len({one.fill for pair in alike for one in pair}) > 3
    claims = compiled(reference()).claims
    assert not any(outside(case, claims) for case in after)
    runs = Counter(str(case.form) for case in after)
    assert max(runs.values()) <= SHARED or op == "pad"


def test_the_first_case_of_a_form_asks_for_other_calls_and_the_next_does_not() -> None:
    case = Case.parse("conv2d:x=1x2x5x5,w=2x2x3x3,f64,seed=4")
    target = InlineTarget({"conv2d": reference().functions["conv2d"]})
    first, next_one = CaseProbe(case, target), CaseProbe(case, target)
    next_one.same_form = True
    for probe in (first, next_one):
        assert probe.call({"x": np.zeros((1, 2, 5, 5))}, description="x = 0").shape == (1, 2, 3, 3)
    assert first.call({"x": np.zeros((1, 2, 6, 5))}, description="a longer x").shape == (1, 2, 4, 3)
    for arrays, options in (({"x": np.zeros((1, 2, 6, 5))}, {}), ({}, {"stride": (2, 2)})):
        with pytest.raises(Vacuous, match="calls of another form"):
            next_one.call(arrays, options, description="other")
    with pytest.raises(Vacuous, match="calls of another form"):
        next_one.observe({"x": np.zeros((1, 2, 5, 5), np.float32)})


def test_every_third_form_is_compared_with_others_beginning_where_a_law_has_something_to_say() -> None:
    cases = [Case.parse(f"relu:x=1x1x{n},f32,seed={seed}") for n in range(2, 11) for seed in (0, 1)]
    law, told = find_law("PURE-11"), []
    forms = Forms(compiled=True)
    for number, case in enumerate(cases):
        forms.begin(case)
        told.append(held := forms.held_back(law))
        silent = held or number < 4
        forms.end(Ruling(law, Verdict.VACUOUS if silent else Verdict.PASSED), held=held)
    first, again = told[::2], told[1::2]
    assert first == [False, False, False, True, True, False, True, True, False]
    assert all(again)


def test_invalid_calls_are_made_for_every_form() -> None:
    case, law = Case.parse("relu:x=1x1x3,f32"), next(law for law in every_law() if law.lane == "reject")
    forms = Forms(compiled=True)
    for n in range(1, 9):
        forms.begin(replace(case, shapes={"x": (1, 1, n)}))
        assert not forms.held_back(law)
        forms.end(Ruling(law, Verdict.PASSED), held=False)


def test_nothing_is_held_back_where_calls_are_not_compiled() -> None:
    case = Case.parse("conv2d:x=1x2x5x5,w=2x2x3x3,f64,seed=4")
    forms, laws = Forms(compiled=False), tuple(law for law in every_law() if law.concerns(case))
    target = InlineTarget({"conv2d": reference().functions["conv2d"]})
    whole, again = (judge(case, target, laws, forms=forms) for _ in range(2))
    assert [ruling.verdict for ruling in whole] == [ruling.verdict for ruling in again]


def test_fewer_forms_are_called_and_no_law_is_lost() -> None:
    seen: list[set[str]] = []
    tallies = []
    for change in (lambda whole: whole, compiled):
        forms: set[str] = set()

        def counted(*arrays, op="conv2d", forms=forms, **options):
            forms.add(str([*((a.shape, a.dtype.name) for a in arrays), options]))
            return reference().functions[op](*arrays, **options)

        whole = reference()
        target = replace(change(whole), functions={"conv2d": counted})
        target = replace(target, claims=Claims({"conv2d": target.claims.operations["conv2d"]}))
        result = run(target, isolate="none", profile="strict", seed=2)
        assert not result.findings
        seen.append(forms)
        tallies.append({key[1] for key, tally in result.tallies.items() if tally.checked})
    assert len(seen[1]) < 0.6 * len(seen[0])
    assert tallies[0] - tallies[1] == set()


@pytest.mark.parametrize("name", ["stride_axes_swapped", "nan_lost_in_a_large_array", "takes_absolute_value"])
def test_faults_are_found(name: str) -> None:
    assert run(compiled(mutant(name)), isolate="none", profile="strict", seed=1).findings
