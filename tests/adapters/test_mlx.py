"""MLX as a target: every operation against the reference on exact integers, and what it does not have."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.adapters.mlx import to_mlx, to_numpy
from cnnspec.cases.case import Case
from cnnspec.errors import ShapeError, Unsupported
from cnnspec.implementation import Implementation
from tests.adapters.tables import agrees, run

pytest.importorskip("mlx.core")

CASES = [
    "conv1d:x=2x4x9,w=6x2x3,b,stride=2,padding=1.0,dilation=2,groups=2,f32",
    "conv2d:x=2x4x7x9,w=6x2x3x2,b,stride=2x3,padding=1.0_2.1,dilation=1x2,groups=2,f32",
    "conv2d:x=2x4x7x9,w=6x4x3x2,b,stride=2x3,padding=1.1_2.2,bf16,ints:2",
    "conv3d:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3,padding=1.0_0.0_2.1,f32",
    "conv1d_input_grad:x=2x4x10,w=6x2x3,stride=2,padding=1.0,groups=2,f32",
    "conv2d_input_grad:x=2x4x7x10,w=6x2x3x2,stride=2x3,padding=1.0_0.1,dilation=1x2,groups=2,f32",
    "conv3d_input_grad:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3,f32",
    "conv1d_weight_grad:x=2x4x10,w=6x2x3,stride=2,padding=1.0,groups=2,f32",
    "conv2d_weight_grad:x=2x4x7x10,w=6x4x3x2,stride=2x3,padding=1.0_0.1,dilation=1x2,f32",
    "conv3d_weight_grad:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3,f32",
    "conv_transpose1d:x=2x4x5,w=4x3x3,b,stride=3,padding=1.1,output_padding=2,groups=2,f32",
    "conv_transpose2d:x=2x4x5x3,w=4x3x3x2,b,stride=2x3,padding=1.1_0.0,output_padding=1x2,dilation=2x1,f32",
    "conv_transpose3d:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,padding=0.0_1.1_0.0,f32",
    "conv_transpose1d_input_grad:x=2x4x5,w=4x3x3,stride=3,padding=1.1,groups=2,f32",
    "conv_transpose2d_input_grad:x=2x4x5x3,w=4x3x3x2,stride=2x2,padding=1.1_0.0,f32",
    "conv_transpose3d_input_grad:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,f32",
    "conv_transpose1d_weight_grad:x=2x4x5,w=4x3x3,stride=3,padding=1.1,output_padding=2,f32",
    "conv_transpose2d_weight_grad:x=2x4x5x3,w=4x3x3x2,stride=2x3,padding=1.1_0.0,output_padding=1x2,f32",
    "conv_transpose3d_weight_grad:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,f32",
    "conv_bias_grad:x=2x3x7x5,f32",
    "max_pool1d:x=2x3x9,kernel_size=3,stride=2,padding=1.1,f32,negative:9",
    "max_pool2d:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=1.1_0.0,f32,negative:9",
    "max_pool2d:x=2x3x7x9,kernel_size=3x2,stride=2x3,i8,negative:9",
    "max_pool3d:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,padding=1.1_0.0_0.0,f32",
    "avg_pool1d:x=2x3x9,kernel_size=4,stride=2,padding=1.1,f32",
    "avg_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=1.1_0.0,f32",
    "avg_pool3d:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,f32",
    "max_pool1d_input_grad:x=2x3x9,kernel_size=3,stride=2,padding=1.1,f32,iota",
    "max_pool2d_input_grad:x=2x3x7x9,kernel_size=3x2,stride=1x1,f32,iota",
    "max_pool3d_input_grad:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,f32,iota",
    "avg_pool1d_input_grad:x=2x3x9,kernel_size=4,stride=2,f32",
    "avg_pool2d_input_grad:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=1.1_0.0,f32",
    "avg_pool3d_input_grad:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,f32",
    "global_max_pool:x=2x3x7x9,f32",
    "global_avg_pool:x=2x3x9,f32",
    "global_max_pool_input_grad:x=2x3x7x9,f32,iota",
    "global_avg_pool_input_grad:x=2x3x9,f32",
    "global_avg_pool_input_grad:x=1x8x11x1,f16,real,seed=1375794379",
    "pad:x=2x3x7x9,padding=1.2_0.3,value=7,f32",
    "pad:x=2x3x7,padding=9.6,mode=reflect,f32",
    "pad:x=2x3x7,padding=9.6,mode=symmetric,i32",
    "pad:x=2x3x5x4x6,padding=1.2_3.0_1.1,mode=replicate,f32",
    "pad_input_grad:x=2x3x7x9,padding=1.2_0.3,f32",
    "pad_input_grad:x=2x3x7,padding=1.2,mode=reflect,f32",
    "relu:x=2x3x7x9,bf16",
    "relu_input_grad:x=2x3x7x9,ints:2,f32",
]


@pytest.fixture(scope="module")
def target() -> Implementation:
    return adapters.load("mlx")


@pytest.mark.parametrize("text", CASES)
def test_every_operation_agrees_with_the_reference(target: Implementation, text: str) -> None:
    agrees(target, text)


def test_the_cases_above_cover_the_target(target: Implementation) -> None:
    assert {Case.parse(text).op for text in CASES} == set(target.functions)


@pytest.mark.parametrize("layout", ["F", "rev", "zero", "step"])
def test_arrays_in_every_layout(target: Implementation, layout: str) -> None:
    agrees(target, f"conv2d:x=2x3x7x9,w=4x3x3x2,f32,layout.x={layout},layout.w={layout}")


@pytest.mark.parametrize("dtype", [np.float64, np.float16, ml_dtypes.bfloat16, np.int64, np.uint8])
def test_arrays_keep_their_dtype_and_their_digits(dtype: type) -> None:
    a = np.array([[1, 3], [250, 7]], dtype) / np.array(3, dtype) if dtype is np.float64 else np.array([[1, 3]], dtype)
    back = to_numpy(to_mlx(a))
    assert back.dtype == a.dtype
    assert np.array_equal(back, a)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("max_pool2d:x=1x1x5x5,kernel_size=2x2,stride=1x1,dilation=2x2,f32", "has no dilation"),
        ("max_pool1d:x=1x1x5,kernel_size=3,stride=1,padding=1.0,f32", "padding is the same on both sides here"),
        ("avg_pool1d:x=1x1x5,kernel_size=3,stride=1,padding=1.1,count_include_pad=0,f32", "averages count padding"),
        ("max_pool1d_input_grad:x=1x1x5,kernel_size=3,i32", "does not differentiate functions of .*int32"),
        ("conv2d:x=1x1x5x5,w=1x1x2x2,padding=1.0_0.0,dilation=2x1,f64", "unsupported data type"),
    ],
)
def test_what_mlx_does_not_have_is_unsupported(target: Implementation, text: str, words: str) -> None:
    with pytest.raises(Unsupported, match=words):
        run(target, Case.parse(text))


def test_a_bias_of_one_is_not_spread_over_the_channels(target: Implementation) -> None:
    x, w, options = np.ones((1, 1, 3)), np.ones((2, 1, 1)), {"stride": (1,), "padding": ((0, 0),), "dilation": (1,)}
    with pytest.raises(ShapeError, match=r"the bias has the shape \(1,\), and there are 2 channels"):
        target.functions["conv1d"](x, w, np.ones(1), **options, groups=1)


def test_a_stride_of_one_number_is_not_one_for_both_axes(target: Implementation) -> None:
    options = {"padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    x, w = np.ones((1, 1, 4, 4), np.float32), np.ones((1, 1, 2, 2), np.float32)
    with pytest.raises((TypeError, ValueError)):
        target.functions["conv2d"](x, w, stride=(2,), **options)
