"""The shapes of gradients lead back to what the forward call was given."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from cnnspec.errors import CnnspecError, ParameterError, ShapeError
from cnnspec.gradient_shapes import (
    conv_input_grad_shape,
    conv_transpose_input_grad_shape,
    conv_transpose_weight_grad_shape,
    conv_weight_grad_shape,
    pad_input_grad_shape,
)
from cnnspec.shapes import conv_shape, conv_transpose_shape, pad_shape

PADDINGS = ["valid", "same_upper", "same_lower", 1, ((2, 0), (0, 1)), ((-1, 2), (1, -1))]


@pytest.mark.parametrize("padding", PADDINGS)
def test_from_the_output_of_conv_back_to_its_arguments(padding: Any) -> None:
    for stride, dilation, groups in product(((1, 2), (3, 1)), ((1, 1), (2, 1)), (1, 3)):
        x, w = (2, 6, 7, 5), (9, 6 // groups, 3, 2)
        options: Any = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        y = conv_shape(x, w, **options)
        assert conv_input_grad_shape(y, w, input_size=(7, 5), **options) == x
        assert conv_weight_grad_shape(y, x, kernel_size=(3, 2), **options) == w
        with pytest.raises(ShapeError, match=r"grad_output must have the shape of the forward output, .*\(SHAPE-4\)"):
            conv_input_grad_shape((*y[:3], y[3] + 1), w, input_size=(7, 5), **options)


@pytest.mark.parametrize("padding", PADDINGS)
def test_from_the_output_of_conv_transpose_back_to_its_arguments(padding: Any) -> None:
    for stride, dilation, extra, groups in product(((1, 2), (5, 3)), ((1, 1), (2, 1)), (0, (0, 1)), (1, 3)):
        x, w = (2, 6, 3, 5), (6, 4, 3, 2)
        options: Any = {"stride": stride, "padding": padding, "output_padding": extra}
        options |= {"dilation": dilation, "groups": groups}
        y = conv_transpose_shape(x, w, **options)
        assert conv_transpose_input_grad_shape(y, w, input_size=(3, 5), **options) == x
        assert conv_transpose_weight_grad_shape(y, x, kernel_size=(3, 2), **options) == w
        with pytest.raises(ShapeError, match=r"grad_output must have the shape of the forward output, .*\(SHAPE-4\)"):
            conv_transpose_weight_grad_shape((*y[:2], y[2] + 1, y[3]), x, kernel_size=(3, 2), **options)


def test_from_the_output_of_pad_back_to_its_input() -> None:
    for padding in (2, ((1, 0), (0, 3)), ((-1, 4), (2, -2))):
        y = pad_shape((2, 3, 7, 5), padding=padding)
        assert pad_input_grad_shape(y, input_size=(7, 5), padding=padding) == (2, 3, 7, 5)
        with pytest.raises(ShapeError, match=r"\(SHAPE-4\)"):
            pad_input_grad_shape(y, input_size=(7, 6), padding=padding)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: conv_input_grad_shape((2, 3), (3, 3), input_size=2),
            ShapeError,
            r"grad_output must have the shape",
        ),
        (
            lambda: conv_input_grad_shape((2, 4, 5), (), input_size=6),
            ShapeError,
            r"as many axes as grad_output",
        ),
        (lambda: conv_weight_grad_shape((2, 4, 5), (2,), kernel_size=2), ShapeError, r"x must have the shape \(N, C"),
        (
            lambda: conv_weight_grad_shape((2, 4), (2, 3, 5), kernel_size=2),
            ShapeError,
            r"must have as many axes",
        ),
        (
            lambda: conv_weight_grad_shape((2, 4, 5), (2, 5, 6), kernel_size=2, groups=2),
            ShapeError,
            r"divide in_ch",
        ),
        (
            lambda: conv_transpose_input_grad_shape((2, 4, 5), (), input_size=4),
            ShapeError,
            r"as many axes as x",
        ),
        (lambda: conv_transpose_weight_grad_shape((2, 4), (2, 3, 4), kernel_size=2), ShapeError, r"as many axes as x"),
        (lambda: pad_input_grad_shape((2, 3, 4), input_size=-1, padding=1), ParameterError, r"input_size must be >= 0"),
    ],
)
def test_every_misfit_is_one_of_our_errors(call: Any, error: type[CnnspecError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
