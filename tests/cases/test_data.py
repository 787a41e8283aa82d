"""What the drawn numbers promise: sums that are just exact, and integers that no float holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.cases.data import LOST_ABOVE, _most_terms
from cnnspec.cases.dice import seeded
from cnnspec.cases.fills import split
from cnnspec.cases.strategies import draw_case
from cnnspec.implementation import full_claims
from cnnspec.operations import OPERATIONS, find


def drawn(op: str, count: int, *dtypes: str, seed: int = 3) -> list[Case]:
    """So many cases of an operation in these dtypes, or in all."""
    claim = full_claims(find(op)[0])
    dice = seeded(seed)
    return [draw_case(dice, op, replace(claim, dtypes=dtypes or claim.dtypes), True) for _ in range(count)]


LINEAR = [op.spelled(2) for op in OPERATIONS if "w" in op.geometry]


@pytest.mark.parametrize("op", LINEAR)
def test_the_terms_of_a_sum_are_counted(op: str) -> None:
    for case in drawn(op, 60):
        ones = [np.ones(shape) for name, shape in case.array_shapes.items() if name != "b"]
        counted = case.operation.reference(*ones, **case.call_options)
        assert counted.max(initial=0) == _most_terms(case) - 1 or not counted.size, str(case)


@pytest.mark.parametrize("dtype", LOST_ABOVE)
@pytest.mark.parametrize("op", LINEAR)
def test_integers_of_one_sign_add_up_to_just_more_than_a_float_holds(op: str, dtype: str) -> None:
    cases = [case for case in drawn(op, 200, dtype) if split(case.fill)[0] in ("high", "low")]
    found = [case for case in cases if case.shapes["x"][0] and _most_terms(case) > 1]
    assert len(found) > 40
    for case in found:
        sums = np.abs(case.operation.reference(*make_arrays(case).values(), **case.call_options).astype(np.float64))
        assert 2.0 ** (LOST_ABOVE[dtype] - 1) < sums.max() < 2.0 ** (LOST_ABOVE[dtype] + 3), str(case)


@pytest.mark.parametrize("dtype", LOST_ABOVE)
@pytest.mark.parametrize(("op", "name"), [("conv2d", "b"), ("max_pool2d_input_grad", "grad_output"), ("pad", "x")])
def test_some_single_integers_are_more_than_a_float_holds(op: str, name: str, dtype: str) -> None:
    small = np.dtype(f"float{8 * np.dtype(dtype).itemsize}")
    lost = [
        bool((a.astype(small).astype(object) != a.astype(object)).any())
        for a in (make_arrays(case)[name] for case in drawn(op, 100, dtype) if name in case.array_shapes)
    ]
    assert 0.05 < sum(lost) / len(lost) < 0.5


def test_other_dtypes_hold_no_such_integers() -> None:
    for case in drawn("max_pool2d", 100, "float64", "int8"):
        assert all(text.lstrip("-") in ("nan", "inf") for places in case.pokes.values() for _, text in places)
