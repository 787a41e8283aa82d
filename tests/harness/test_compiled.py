"""Where each new shape is compiled, cases are fewer and share some; the first alone asks for calls of another form."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from cnnspec.adapters.builtin import mutant, reference
from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.cases.long_axes import long_axes
from cnnspec.cases.rule_corners import rule_corners
from cnnspec.harness.card import wanted_cards
from cnnspec.harness.judge import Forms, Ruling, judge
from cnnspec.harness.plan import make_plan
from cnnspec.harness.probe import CaseProbe
from cnnspec.harness.remembered import Remembered
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
    assert len(before) / 2 < len(after) < len(before) * 2 / 3
    forms = [len({str(case.form) for case in cases}) for cases in (before, after)]
    assert forms[1] < 0.4 * forms[0]
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


def test_every_fifth_form_is_compared_with_others_beginning_where_a_law_has_something_to_say() -> None:
    cases = [Case.parse(f"relu:x=1x1x{n},f32,seed={seed}") for n in range(2, 11) for seed in (0, 1)]
    law, told = find_law("PURE-11"), []
    forms = Forms(compiled=True)
    for number, case in enumerate(cases):
        forms.begin(case)
        told.append(held := forms.held_back(law))
        silent = held or number < 4
        forms.end(Ruling(law, Verdict.VACUOUS if silent else Verdict.PASSED), held=held)
    first, again = told[::2], told[1::2]
    assert first == [False, False, False, True, True, True, True, False, True]
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


def test_corners_of_rules_are_there_where_shapes_are_few() -> None:
    for op, words in (("pad", "mode=circular"), ("conv2d_weight_grad", "stride=3x4")):
        claim = compiled(reference()).claims.operations[op]
        corners = rule_corners(op, claim)
        assert any(words in str(case) for case in corners)
        assert set(map(str, corners)) <= set(map(str, cases_of(op, compiled(reference()))))
        assert rule_corners(op, replace(claim, compiled=False)) == []
    limited = replace(compiled(reference()).claims.operations["pad"], limits=("reflect_pads_below_extent",))
    assert all(case.options["mode"] != "reflect" for case in rule_corners("pad", limited))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_two_dimensions_keep_every_long_axis(rank: int) -> None:
    claim = reference().claims.operations[f"max_pool{rank}d"]
    whole, few = (long_axes(f"max_pool{rank}d", replace(claim, compiled=c)) for c in (False, True))
    assert set(map(str, few)) <= set(map(str, whole))
    assert len(few) == len(whole) if rank == 2 else len(few) <= -(-len(whole) // 2)


def test_arithmetic_is_measured_in_one_number_of_dimensions() -> None:
    claims = compiled(reference()).claims.operations
    assert {op for op, _ in wanted_cards(claims)} == {"conv2d"}
    assert {op for op, _ in wanted_cards({"conv3d": claims["conv3d"]})} == {"conv3d"}
    assert {op for op, _ in wanted_cards(reference().claims.operations)} == {"conv1d", "conv2d", "conv3d"}


def test_a_target_is_asked_once_until_it_is_started_again() -> None:
    calls = list[int]()

    def relu(x):
        calls.append(len(calls))
        return np.maximum(x, 0)

    target = Remembered(InlineTarget({"relu": relu}))
    case, before = Case.parse("relu:x=1x1x3,f64"), len(calls)
    seen = [target.run(case) for _ in range(3)]
    x = np.zeros((1, 1, 3))
    target.call("relu", {"x": x}, {})
    target.call("relu", {"x": x.copy()}, {})
    assert len(calls) == before + 2
    assert seen[0] is seen[2]
    for other in (np.ones((1, 1, 3)), np.zeros((1, 1, 6))[..., ::2], x.astype(np.float32)):
        target.call("relu", {"x": other}, {})
    assert len(calls) == before + 5
    target.restart()
    target.run(case)
    assert len(calls) > before + 5
