"""TensorFlow as a target, in a worker: every operation against the reference on exact integers, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.adapters.tensorflow import is_same, word
from cnnspec.cases.case import Case
from cnnspec.errors import ShapeError, TargetError, Unsupported
from cnnspec.harness.target import Target, open_target
from tests.adapters.tables import expected

pytestmark = pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is not installed")

CONV = [
    "conv1d:x=2x4x9,w=6x2x3,b,stride=2,padding=1.1,groups=2,f32",
    "conv2d:x=2x4x7x9,w=6x2x3x2,b,stride=2x3,padding=1.0_2.1,dilation=1x2,groups=2,f64",
    "conv2d:x=2x4x7x9,w=6x2x3x2,b,stride=2x3,padding=1.0_2.1,groups=2,f32",
    "conv2d:x=2x3x7x9,w=6x1x3x2,stride=2x2,padding=1.1_0.1,groups=3,f32",
    "conv2d:x=2x3x7x9,w=6x1x3x2,stride=2x1,padding=1.0_2.1,groups=3,f64",
    "conv2d:x=2x3x7x9,w=4x3x3x2,i32",
    "conv2d:x=2x3x7x9,w=6x1x3x2,groups=3,i32",
    "conv3d:x=2x3x5x4x6,w=4x3x3x2x1,b,stride=1x2x1,padding=1.1_0.0_0.0,f32",
    "conv_transpose1d:x=2x4x5,w=4x3x3,b,stride=3,output_padding=2,f32",
    "conv_transpose2d:x=2x4x5x3,w=4x3x3x2,b,stride=2x3,padding=1.0_0.1,output_padding=1x2,f32",
    "conv_transpose2d:x=2x4x5x3,w=4x3x3x2,stride=2x3,padding=0.1_0.0,f64",
    "conv_transpose3d:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,f32",
    "conv1d_input_grad:x=2x4x10,w=6x4x3,stride=2,f32",
    "conv2d_input_grad:x=2x4x7x10,w=6x4x3x2,stride=2x3,padding=1.0_0.1,f32",
    "conv3d_input_grad:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3,f32",
    "conv1d_weight_grad:x=2x4x10,w=6x4x3,stride=2,f32",
    "conv2d_weight_grad:x=2x4x7x10,w=6x4x3x2,stride=2x3,padding=1.0_0.1,f64",
    "conv3d_weight_grad:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3,f32",
    "conv_transpose1d_input_grad:x=2x4x5,w=4x3x3,stride=3,output_padding=2,f32",
    "conv_transpose2d_input_grad:x=2x4x5x3,w=4x3x3x2,stride=2x3,padding=1.0_0.1,output_padding=1x2,f32",
    "conv_transpose3d_input_grad:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,f32",
    "conv_transpose1d_weight_grad:x=2x4x5,w=4x3x3,stride=3,output_padding=2,f32",
    "conv_transpose2d_weight_grad:x=2x4x5x3,w=4x3x3x2,stride=2x3,padding=1.0_0.1,output_padding=1x2,f32",
    "conv_transpose3d_weight_grad:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,f32",
    "conv_bias_grad:x=2x3x7x5,f32",
]
REST = [
    "max_pool1d:x=2x3x9,kernel_size=3,stride=1,dilation=2,f32",
    "max_pool1d:x=2x3x9,kernel_size=3,stride=2,padding=1.0,f32",
    "max_pool2d:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=2.0_0.1,f32,negative:9",
    "max_pool2d:x=2x3x7x9,kernel_size=3x2,stride=2x3,i8,negative:9",
    "max_pool3d:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,f32",
    "max_pool2d_with_indices:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=1.1_0.0,f32",
    "avg_pool1d:x=2x3x9,kernel_size=4,stride=2,padding=1.2,count_include_pad=0,f32",
    "avg_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=1.2_0.0,count_include_pad=0,f32",
    "avg_pool3d:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,f32",
    "max_pool1d_input_grad:x=2x3x9,kernel_size=3,stride=2,f32",
    "max_pool2d_input_grad:x=2x3x7x9,kernel_size=3x2,stride=1x1,padding=1.1_0.1,f32,ints:1",
    "max_pool3d_input_grad:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,f32,iota",
    "avg_pool1d_input_grad:x=2x3x9,kernel_size=4,stride=2,padding=1.2,count_include_pad=0,f32",
    "avg_pool2d_input_grad:x=2x3x7x9,kernel_size=4x2,stride=2x3,f32",
    "avg_pool3d_input_grad:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,f32",
    "global_max_pool:x=2x3x7x9,f32",
    "global_avg_pool:x=2x3x9,f32",
    "global_avg_pool_input_grad:x=2x3x9,f32",
    "pad:x=2x3x7x9,padding=1.2_0.3,value=7,f32",
    "pad:x=2x3x7,padding=1.2,mode=reflect,f32",
    "pad:x=2x3x5x4x6,padding=1.2_3.0_1.1,mode=symmetric,f32",
    "pad_input_grad:x=2x3x7x9,padding=1.2_0.3,f32",
    "pad_input_grad:x=2x3x7,padding=1.2,mode=reflect,f32",
    "pad_input_grad:x=2x3x5x4x6,padding=1.2_3.0_1.1,mode=symmetric,f32",
    "relu:x=2x3x7x9,bf16",
    "relu_input_grad:x=2x3x7x9,ints:2,f32",
]


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with open_target("tensorflow", timeout=60.0) as opened:
        yield opened


def agrees(target: Target, text: str) -> None:
    case = Case.parse(text)
    assert case.dtype in target.claims.operations[case.op].dtypes
    seen = target.run(case)
    assert seen.kind == "returned", seen.message
    for got, wanted in zip(seen.outputs, expected(case), strict=True):
        assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
        if "avg" in case.op:  # Keras takes adaptive means axis by axis
            np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-6)
        else:
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("text", CONV + REST)
def test_every_operation_agrees_with_the_reference(target: Target, text: str) -> None:
    agrees(target, text)


def test_the_cases_above_cover_the_target(target: Target) -> None:
    assert {Case.parse(text).op for text in CONV + REST} == set(target.functions)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conv1d:x=1x1x5,w=1x1x3,padding=1.0,f32", r"takes pads of same_upper or none here, got \(\(1, 0\),\)"),
        ("conv3d:x=1x1x5x5x5,w=1x1x2x2x2,dilation=2x1x1,f64", "only supports dilated rates of 1"),
        ("conv2d_input_grad:x=1x2x3x3,w=2x1x2x2,stride=2x1,groups=2,f64", "grouped convolutions are not supported"),
        ("avg_pool1d:x=1x1x4,kernel_size=3,padding=1.1,stride=1,f32", "averages never count padding"),
        ("max_pool1d:x=1x1x5,kernel_size=3,stride=1,padding=1.1,dilation=2,f32", "no pads beside a dilation"),
    ],
)
def test_what_tensorflow_does_not_have_is_unsupported(target: Target, text: str, words: str) -> None:
    seen = target.run(Case.parse(text))
    assert seen.kind == "unsupported"
    assert re.search(words, seen.message)


def test_what_the_functions_themselves_would_pass_over_is_refused(target: Target) -> None:
    x, w = np.ones((1, 2, 4, 4, 4)), np.ones((3, 4, 2, 2))
    plain = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    seen = target.call("conv2d", {"x": x, "w": w}, plain)
    assert (seen.kind, "there are 2 spatial axes here" in seen.message) == ("raised", True)
    each = target.call("conv2d", {"x": x[..., 0], "w": np.ones((2, 1, 2, 2, 1))}, {**plain, "groups": 2})
    assert each.kind == "raised"
    pool = {"kernel_size": (2,), "stride": (1,), "padding": ((0, 0),), "dilation": (1, 1)}
    assert target.call("max_pool1d", {"x": np.ones((1, 1, 4))}, pool).kind == "raised"


def test_pads_in_words_and_in_numbers() -> None:
    plain = ((5, 6), (3, 2), (1, 1), (1, 1))
    assert word(((0, 0), (0, 0)), *plain, numbers=True) == "VALID"
    assert word(((1, 1), (0, 1)), *plain, numbers=True) == "SAME"
    assert word(((1, 1), (1, 0)), *plain, numbers=True) == [[0, 0], [1, 1], [1, 0], [0, 0]]
    assert is_same(((0, 1), (0, 0)), (6, 6), (3, 2), (2, 3), (1, 1))
    assert not is_same(((0, 0),), (5,), (3,), (0,), (1,))
    with pytest.raises(Unsupported, match="takes pads of same_upper or none"):
        word(((1, 1), (1, 0)), *plain, numbers=False)


def test_options_that_are_not_there() -> None:
    with pytest.raises(TargetError, match="tensorflow: api must be one of nn, keras; got 'slim'"):
        adapters.load("tensorflow?api=slim")


# ---------------------------------------------------------------------------------------------------------------- Keras

KERAS = [
    "conv1d:x=2x4x9,w=6x4x3,stride=2,padding=1.1,f32",
    "conv2d:x=2x4x7x9,w=6x4x3x2,dilation=1x2,f32",
    "conv2d:x=2x3x7x9,w=6x1x3x2,stride=2x2,padding=1.1_0.1,groups=3,f32",
    "conv3d:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x1,padding=1.1_0.0_0.0,f32",
    "conv1d_input_grad:x=2x4x10,w=6x4x3,stride=2,f32",
    "conv2d_input_grad:x=2x4x7x10,w=6x4x3x2,stride=2x3,f32",
    "conv3d_input_grad:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3,f32",
    "conv1d_weight_grad:x=2x4x10,w=6x4x3,stride=2,f32",
    "conv2d_weight_grad:x=2x4x7x10,w=6x4x3x2,stride=2x3,f64",
    "conv3d_weight_grad:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3,f32",
    "conv_transpose1d:x=2x4x5,w=4x3x3,stride=3,output_padding=2,f32",
    "conv_transpose2d:x=2x4x5x3,w=4x3x3x2,stride=2x3,output_padding=1x2,f32",
    "conv_transpose3d:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,f32",
    "max_pool1d:x=2x3x9,kernel_size=3,stride=2,padding=1.1,f32",
    "max_pool2d:x=2x3x7x9,kernel_size=3x2,stride=2x3,f32,negative:9",
    "max_pool3d:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,f32",
    "avg_pool1d:x=2x3x9,kernel_size=4,stride=2,padding=1.2,count_include_pad=0,f32",
    "avg_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=1.2_0.0,count_include_pad=0,f32",
    "avg_pool3d:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,f32",
    *(
        f"adaptive_{kind}_pool{rank}d{end}:x={x},output_size={size},f32" + ",iota" * (kind == "max")
        for kind in ("max", "avg")
        for end in ("", "_input_grad")
        for rank, x, size in ((1, "2x3x9", "4"), (2, "2x3x7x9", "3x4"), (3, "2x3x5x4x6", "2x3x4"))
    ),
    "global_max_pool:x=2x3x7x9,f32",
    "global_avg_pool:x=2x3x9,f32",
    "pad:x=2x3x7x9,padding=1.2_0.3,value=7,f32",
    "pad:x=2x3x5x4x6,padding=1.2_3.0_1.1,mode=symmetric,f32",
    "relu:x=2x3x7x9,f32",
    "relu_input_grad:x=2x3x7x9,ints:2,f32",
]


@pytest.fixture(scope="module")
def keras() -> Iterator[Target]:
    with open_target("tensorflow?api=keras", timeout=60.0) as opened:
        yield opened


@pytest.mark.parametrize("text", KERAS)
def test_every_operation_of_keras_agrees_with_the_reference(keras: Target, text: str) -> None:
    agrees(keras, text)


def test_keras_is_covered_and_says_on_what_it_runs(keras: Target) -> None:
    assert {Case.parse(text).op for text in KERAS} == set(keras.functions)
    assert "on TensorFlow" in keras.version
    seen = keras.run(Case.parse("conv2d:x=1x1x5x6,w=1x1x3x2,padding=1.0_1.1,f32"))
    assert (seen.kind, "Keras takes pads of same_upper or none" in seen.message) == ("unsupported", True)


def test_no_pads_for_too_many_axes_are_not_valid() -> None:
    with pytest.raises(ShapeError, match="a pair for each of 1 spatial axes"):
        word(((0, 0), (0, 0)), (5,), (2,), (1,), (1,), numbers=True)
