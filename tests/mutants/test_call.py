"""The call as a fault sees it: complete options, the geometry behind a gradient, windows of another kind."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.mutants.call import Call
from cnnspec.operations import BY_NAME

TEXT = "conv2d:x=2x6x7x11,w=4x3x3x2,stride=2x3,padding=1.2_0.1,dilation=1x2,groups=2,f64,seed=1"
CASE = Case.parse(TEXT)


def made(case: Case) -> Call:
    return Call.made(case.operation, case.operation.reference, tuple(make_arrays(case).values()), case.call_options)


def test_what_it_tells() -> None:
    call = made(CASE)
    assert (call.op, call.batch, call.channels, call.per_group, call.out_channels, call.out_per_group) == (
        "conv", 2, 6, 3, 4, 2,
    )  # fmt: skip
    assert (call.rank, call.extents, call.kernel, call.counts, call.remainders) == (2, (7, 11), (3, 2), (4, 4), (1, 0))
    assert call.strided
    assert call.dilated
    assert call.padded
    assert call.stride == (2, 3)
    assert call.x.shape == (2, 6, 7, 11)
    with pytest.raises(AttributeError, match="has no kernel_size"):
        _ = call.kernel_size


def test_it_calls_with_changes() -> None:
    call = made(CASE)
    assert np.array_equal(call(), CASE.operation.reference(*make_arrays(CASE).values(), **CASE.call_options))
    assert call(stride=(1, 1)).shape == (2, 4, 8, 10)
    assert np.array_equal(call(w=2 * call.w), 2 * call())
    assert call.copy().flags.writeable


def test_other_windows_and_as_many_of_them() -> None:
    call = made(CASE)
    for options in (
        call.windows_as(stride=(1, 1)),
        call.windows_as(dilation=(2, 1)),
        call.windows_as(lo=(3, -1)),
    ):
        assert call(**options).shape == call.forward
    assert call(**call.windows_as(counts=(2, 5))).shape == (2, 4, 2, 5)
    assert np.array_equal(call(**call.windows_as()), call())


@pytest.mark.parametrize("name", ["conv_input_grad", "conv_weight_grad"])
def test_a_gradient_knows_its_forward_call(name: str) -> None:
    case = Case.parse(TEXT.replace("conv2d", name.replace("conv", "conv2d")))
    call = made(case)
    assert call.shapes["x"] == (2, 6, 7, 11)
    assert call.shapes["w"] == (4, 3, 3, 2)
    assert call.counts == (4, 4)
    assert call.valid
    planned = Call.planned(BY_NAME[name], case.shapes, case.options, "float64")
    assert planned.counts == call.counts


@pytest.mark.parametrize(
    "text",
    [
        "conv1d:x=1x2x3,w=1x3x1,f64",
        "conv1d:x=1x1x3,w=1x1x4,f64",
        "max_pool1d:x=1x1x3,kernel_size=2,padding=3.0,f64",
        "lp_pool1d:x=1x1x3,kernel_size=2,p=0,f64",
        "avg_pool1d:x=1x1x4,kernel_size=2,i32",
        "relu:x=1x1x4,c64",
    ],
)
def test_calls_that_the_operation_does_not_define(text: str) -> None:
    case = Case.parse(text)
    assert not Call.planned(case.operation, case.shapes, case.options, case.dtype).valid


def test_dtypes_that_differ_are_no_call() -> None:
    x, w = np.ones((1, 1, 3)), np.ones((1, 1, 2), np.float32)
    call = Call.made(BY_NAME["conv"], BY_NAME["conv"].reference, (x, w), {})
    assert not call.valid
