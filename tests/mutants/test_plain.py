"""The literal sums are right as long as nobody changes their tables: then only the change is the fault."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.geometry import Window
from cnnspec.mutants import plain, plain_pooling
from cnnspec.mutants.call import Call
from tests.mutants.battery import CASES


def of(*operations: str) -> Any:
    return pytest.mark.parametrize("case", [c for c in CASES if c.operation.name in operations], ids=str)


def made(case: Case) -> Call:
    return Call.made(case.operation, case.operation.reference, tuple(make_arrays(case).values()), case.call_options)


def agree(got: Any, case: Case) -> None:
    expected = made(case)()
    pairs = zip(expected, got, strict=True) if isinstance(expected, tuple) else [(expected, got)]
    for right, result in pairs:
        assert result.dtype == right.dtype
        if case.fill.startswith(("real", "wide")):
            np.testing.assert_allclose(result.astype(float), right.astype(float), rtol=2**-7)
        else:
            np.testing.assert_array_equal(result, right)


@of("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad")
def test_sums(case: Case) -> None:
    call = made(case)
    at = plain.tables(call.axes, call.extents if case.operation.name == "conv_transpose" else call.counts)
    with np.errstate(invalid="ignore"):
        if case.operation.name == "conv":
            y = plain.conv(call.x, call.w, at, call.groups)
        elif case.operation.name == "conv_transpose":
            y = plain.scatter(call.x, call.w, at, call.counts, call.groups)
        elif case.operation.name == "conv_input_grad":
            y = plain.scatter(call.grad_output, call.w, at, call.extents, call.groups)
        else:
            y = plain.contract(call.grad_output, call.x, at, call.groups)
        agree(plain.finished(call, y), case)


@of("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad")
def test_sums_tap_by_tap(case: Case) -> None:
    call = made(case)
    shape = call().shape
    y = np.zeros(
        (*shape[:2], int(np.prod(shape[2:]))), plain.carried(make_arrays(case)[call.operation.arrays[0]]).dtype
    )
    with np.errstate(all="ignore"):
        for at, term in plain.in_order(call):
            y[..., at] += term
    agree(plain.finished(call, y.reshape(shape)), case)


@of("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")
def test_pooling(case: Case) -> None:
    call = made(case)
    agree(plain_pooling.pooled(call, plain_pooling.usual(call)), case)


@of("max_pool_input_grad")
def test_what_a_maximum_hands_back(case: Case) -> None:
    call = made(case)
    agree(plain_pooling.handed_back(call, plain_pooling.first(plain_pooling.hits(call))), case)


def test_what_overwrites_keeps_the_last() -> None:
    at = plain.tables([Window(2)], (2,))
    g, w = np.array([[[1, 10]]]), np.array([[[1, 2]]])
    assert plain.scatter(g, w, at, (3,), 1).tolist() == [[[1, 12, 20]]]
    assert plain.scatter(g, w, at, (3,), 1, overwrite=True).tolist() == [[[1, 10, 20]]]
