"""JAX as a target: every operation against the reference on exact integers."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.adapters.framework import SHAPES_ARE_SHARED
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import ShapeError, TargetError, Unsupported
from cnnspec.implementation import Implementation

pytest.importorskip("jax")

CASES = [
    "conv1d:x=2x4x9,w=6x2x3,b,stride=2,padding=1.0,dilation=2,groups=2",
    "conv2d:x=2x4x7x9,w=6x2x3x2,b,stride=2x3,padding=1.0_2.1,dilation=1x2,groups=2",
    "conv2d:x=2x4x7x9,w=6x2x3x2,stride=2x3,groups=2,i8",
    "conv3d:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3,padding=1.0_0.0_2.1",
    "conv_transpose1d:x=2x4x5,w=4x3x3,b,stride=3,padding=1.0,output_padding=2,groups=2",
    "conv_transpose2d:x=2x4x5x3,w=4x3x3x2,b,stride=1x3,padding=1.0_0.1,output_padding=1x2,dilation=2x1,groups=2",
    "conv_transpose3d:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,padding=0.0_1.1_0.0",
    "conv1d_input_grad:x=2x4x10,w=6x2x3,stride=2,padding=1.0,groups=2",
    "conv2d_input_grad:x=2x4x7x10,w=6x2x3x2,stride=2x3,padding=1.0_0.1,dilation=1x2,groups=2",
    "conv3d_input_grad:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3",
    "conv1d_weight_grad:x=2x4x10,w=6x2x3,stride=2,padding=1.0,groups=2",
    "conv2d_weight_grad:x=2x4x7x10,w=6x2x3x2,stride=2x3,padding=1.0_0.1,dilation=1x2,groups=2",
    "conv3d_weight_grad:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3",
    "conv_transpose1d_input_grad:x=2x4x5,w=4x3x3,stride=3,padding=1.1,output_padding=2,groups=2",
    "conv_transpose2d_input_grad:x=2x4x5x3,w=4x3x3x2,stride=2x3,padding=1.0_0.1,output_padding=1x2,dilation=2x1",
    "conv_transpose3d_input_grad:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,padding=0.0_1.1_0.0",
    "conv_transpose1d_weight_grad:x=2x4x5,w=4x3x3,stride=3,padding=1.1,output_padding=2,groups=2",
    "conv_transpose2d_weight_grad:x=2x4x5x3,w=4x3x3x2,stride=2x3,padding=1.0_0.1,output_padding=1x2,dilation=2x1",
    "conv_transpose3d_weight_grad:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,padding=0.0_1.1_0.0",
    "conv_bias_grad:x=2x3x7x5",
    "max_pool1d:x=2x3x9,kernel_size=3,stride=2,padding=1.0,dilation=2",
    "max_pool2d:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=1.0_0.1,i8,negative:9",
    "max_pool3d:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,padding=1.0_0.0_0.0",
    "avg_pool1d:x=2x3x9,kernel_size=4,stride=2,padding=1.1,count_include_pad=0",
    "avg_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=1.1_0.1",
    "avg_pool3d:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,padding=1.1_0.0_0.0",
    "max_pool1d_input_grad:x=2x3x9,kernel_size=3,stride=2,padding=1.1,ints:1",
    "max_pool2d_input_grad:x=2x3x7x9,kernel_size=3x2,stride=1x1,padding=1.1_0.0,ints:1",
    "max_pool3d_input_grad:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3",
    "avg_pool1d_input_grad:x=2x3x9,kernel_size=4,stride=2,padding=1.1,count_include_pad=0",
    "avg_pool2d_input_grad:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=1.1_0.0",
    "avg_pool3d_input_grad:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3",
    "global_avg_pool_input_grad:x=2x3x9",
    "pad_input_grad:x=2x3x7x9,padding=1.2_0.3",
    "pad_input_grad:x=2x3x7,padding=1.2,mode=reflect",
    "pad_input_grad:x=2x3x5x4x6,padding=1.2_3.0_1.1,mode=replicate",
    "pad_input_grad:x=2x3x7x9,padding=1.2_9.3,mode=circular",
    "relu_input_grad:x=2x3x7x9,ints:2",
    "global_max_pool:x=2x3x7x9",
    "global_avg_pool:x=2x3x9",
    "pad:x=2x3x7x9,padding=1.2_0.3,value=7",
    "pad:x=2x3x7,padding=9.6,mode=reflect",
    "pad:x=2x3x7,padding=9.6,mode=symmetric",
    "pad:x=2x3x5x4x6,padding=1.2_3.0_1.1,mode=replicate",
    "pad:x=2x3x7x9,padding=1.2_9.13,mode=circular",
    "relu:x=2x3x7x9,bf16",
    "convolve:x=7x6,k=3x2,mode=same",
    "cross_correlate:x=7x6,k=3x2,mode=same,c128",
    "cross_correlate:x=3x2,k=7x6,mode=valid",
]


@pytest.fixture(scope="module")
def target() -> Implementation:
    return adapters.load("jax")


def run(target: Implementation, case: Case) -> np.ndarray:
    taken = {*case.operation.derived, *target.claims.operations[case.op].options}
    options = {name: value for name, value in case.call_options.items() if name in taken}
    return target.functions[case.op](*make_arrays(case).values(), **options)


@pytest.mark.parametrize("text", CASES)
def test_every_operation_agrees_with_the_reference(target: Implementation, text: str) -> None:
    case = Case.parse(text)
    assert case.dtype in target.claims.operations[case.op].dtypes
    got = run(target, case)
    wanted = case.operation.reference(*make_arrays(case).values(), **case.call_options)
    assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
    if case.op.startswith(("avg", "global_avg")):
        np.testing.assert_array_max_ulp(got, wanted, 4)
    else:
        assert np.array_equal(got, wanted)


def test_the_cases_above_cover_the_target(target: Implementation) -> None:
    assert {Case.parse(text).op for text in CASES} == set(target.functions)


def test_what_jax_does_not_have_is_unsupported(target: Implementation) -> None:
    claims = target.claims.operations
    assert "ceil_mode" not in claims["max_pool2d"].options
    assert "int32" not in claims["max_pool2d_input_grad"].dtypes
    with pytest.raises(Unsupported, match="max_pool2d has no ceil_mode, got True"):
        target.functions["max_pool2d"](
            np.ones((1, 1, 3, 3)), kernel_size=(2, 2), stride=(1, 1), padding=((0, 0), (0, 0)), ceil_mode=True
        )
    with pytest.raises(Unsupported, match="JAX does not differentiate functions of int32"):
        run(target, Case.parse("max_pool1d_input_grad:x=1x1x5,kernel_size=2,i32"))


def test_subnormal_numbers_are_taken_as_zero_as_is_claimed(target: Implementation) -> None:
    assert not target.functions["relu"](np.full((1, 1, 2), np.finfo(np.float64).smallest_subnormal)).any()
    assert {claims.numerics["ftz"] for claims in target.claims.operations.values()} == {"yes"}


@pytest.mark.parametrize("text", [case for case in CASES if case.startswith(("conv2d", "avg_pool2d", "max_pool2d"))])
def test_plain_kernels_compute_the_same(target: Implementation, text: str) -> None:
    case = Case.parse(text)
    assert np.array_equal(run(adapters.load("jax?kernels=plain"), case), run(target, case))


def test_shapes_are_shared_unless_all_are_asked_for(target: Implementation) -> None:
    assert {claim.compiled for claim in target.claims.operations.values()} == {True}
    everything = adapters.load("jax?shapes=all")
    assert {claim.compiled for claim in everything.claims.operations.values()} == {False}
    assert set(target.notes) - set(everything.notes) == {SHAPES_ARE_SHARED}


def test_kernels_that_are_not_there() -> None:
    with pytest.raises(TargetError, match="jax: kernels must be one of optimized, plain; got 'fancy'"):
        adapters.load("jax?kernels=fancy")


def test_a_platform_that_is_not_there() -> None:
    with pytest.raises(TargetError, match="jax has no platform 'toaster' here; it has"):
        adapters.load("jax?platform=toaster")


def test_the_bias_is_added_to_a_rounded_sum_as_is_claimed(target: Implementation) -> None:
    """257 + 1 in bfloat16: 257 is rounded to 256, and so is what 1 is added to."""
    case = Case.parse("conv1d:x=1x1x2,w=1x1x2,b,bf16,data.x=256_1,data.w=1_1,data.b=1")
    arrays = make_arrays(case)
    assert target.functions["conv1d"](*arrays.values(), **case.call_options).item() == 256
    assert target.claims.operations["conv1d"].numerics == {"bias": "rounded", "ftz": "yes"}
    assert "bias" not in target.claims.operations["conv1d_weight_grad"].numerics


def test_what_is_not_jax_is_checked_by_the_adapter(target: Implementation) -> None:
    """Broadcasting would take a bias of any length, and a dilated input any output_padding."""
    conv, transposed = target.functions["conv1d"], target.functions["conv_transpose1d"]
    x, w, b = np.ones((1, 1, 2), np.float32), np.ones((1, 1, 1), np.float32), np.ones(2, np.float32)
    options = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
    with pytest.raises(ShapeError, match=r"one number for each of 1 channels, got \(2,\) \(SHAPE-4\)"):
        conv(x, w, b, **options)
    with pytest.raises(ShapeError, match=r"output_padding must be in .* got \(1,\) \(ARG-8\)"):
        transposed(x, w, output_padding=(1,), **options)
