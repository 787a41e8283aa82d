"""Sums that just pass what a float holds: whoever miscounts their terms rounds them, and is caught."""

from __future__ import annotations

import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.data import LOST_ABOVE
from cnnspec.cases.long_sums import SUMMED, long_sums
from cnnspec.harness.kill import kill
from cnnspec.implementation import full_claims
from cnnspec.mutants import automatic
from cnnspec.operations import find, spelled_names

CLAIMS = reference().claims.operations
LINEAR = [name for name in spelled_names() if find(name)[0].name in SUMMED]
MISCOUNTED = [
    change
    for module in ("gradients", "transpose", "transpose_gradients", "convolution")
    for change in automatic.changes(module)
    if "carried = carrier(" in automatic._text(module).splitlines()[change.line - 1] and "+" in change.after
]


@pytest.mark.parametrize("op", LINEAR)
def test_a_float_does_not_hold_the_sums_and_the_dtype_does(op: str) -> None:
    cases = [case for case in long_sums(op, CLAIMS[op]) if case.fill.startswith("high")]
    assert [case.dtype for case in cases] == list(LOST_ABOVE)
    for case in cases:
        y = case.operation.reference(*make_arrays(case).values(), **case.call_options)
        bits = LOST_ABOVE[case.dtype]
        assert 2**bits < int(y.max()) < 2 ** (bits + 1)
        assert (y.astype(f"float{8 * y.dtype.itemsize}").astype(y.dtype) != y).any()


def test_only_sums_have_such_cases_and_claims_are_kept() -> None:
    assert long_sums("max_pool2d", CLAIMS["max_pool2d"]) == []
    assert long_sums("conv2d", full_claims(find("conv2d")[0], dtypes=("float32",))) == []
    without = full_claims(find("conv2d")[0], bias="no")
    assert {"b" in case.shapes for case in long_sums("conv2d", without)} == {False}
    needed = full_claims(find("conv2d")[0], bias="required")
    assert {"b" in case.shapes for case in long_sums("conv2d", needed)} == {True}


@pytest.mark.parametrize("change", MISCOUNTED, ids=lambda change: change.id)
def test_a_sum_in_place_of_a_product_is_caught_by_a_quick_run(change: automatic.Change) -> None:
    assert kill(change.id, effort="quick", isolate="none").killed
