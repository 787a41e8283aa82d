"""The gradients: by hand, and as the linear forms that they are."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.spec.convolution import conv
from cnnspec.spec.gradients import (
    conv_bias_grad,
    conv_input_grad,
    conv_transpose_input_grad,
    conv_transpose_weight_grad,
    conv_weight_grad,
)
from cnnspec.spec.transpose import conv_transpose

G, ROW, KERNEL = [[[1, 10]]], [[[1, 2, 3, 4, 5, 6]]], [[[2, 3, 5]]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"stride": 3}, [2, 3, 5, 20, 30, 50]),
        ({"stride": 2, "input_size": 5}, [2, 3, 25, 30, 50]),
        ({"stride": 2, "input_size": 6}, [2, 3, 25, 30, 50, 0]),
        ({"stride": 2, "input_size": 4, "padding": ((1, 0),)}, [3, 25, 30, 50]),
        ({"stride": 2, "input_size": 4, "padding": ((0, 1),)}, [2, 3, 25, 30]),
        ({"stride": 1, "dilation": 2}, [2, 20, 3, 30, 5, 50]),
        ({"stride": 1, "padding": ((-1, -1),)}, [0, 2, 23, 35, 50, 0]),
    ],
)
def test_input_gradient_by_hand(options: dict[str, Any], expected: list[int]) -> None:
    assert conv_input_grad(G, KERNEL, **{"input_size": 6, **options})[0, 0].tolist() == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"stride": 3}, [41, 52, 63]),
        ({"stride": 2, "padding": ((1, 0),)}, [20, 31, 42]),
        ({"stride": 1, "dilation": 2}, [21, 43, 65]),
    ],
)
def test_weight_gradient_by_hand(options: dict[str, Any], expected: list[int]) -> None:
    x = ROW if "padding" not in options else [[[1, 2, 3, 4]]]
    assert conv_weight_grad(G, x, kernel_size=3, **options)[0, 0].tolist() == expected


def test_bias_gradient_by_hand() -> None:
    assert conv_bias_grad([[[[1, 2]], [[3, 4]]], [[[5, 6]], [[7, Fraction(1, 2)]]]]).tolist() == [14, Fraction(29, 2)]


FORWARD: list[Any] = [
    {"stride": (2, 3), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2},
    {"stride": (3, 1), "padding": "same_lower", "dilation": (2, 1), "groups": 1},
    {"stride": (1, 2), "padding": ((-1, 3), (2, -2)), "groups": 2},
    {"padding": "causal", "dilation": (1, 3)},
]


@pytest.mark.parametrize("options", FORWARD)
def test_the_gradients_of_conv_are_its_linear_forms(options: dict[str, Any]) -> None:
    rng, groups = np.random.default_rng(7), options.get("groups", 1)
    x, w, b = rng.integers(-9, 10, (2, 4, 7, 5)), rng.integers(-9, 10, (6, 4 // groups, 3, 2)), rng.integers(-9, 10, 6)
    y = conv(x, w, **options)
    g = rng.integers(-9, 10, y.shape)
    total = np.sum(y * g)
    assert np.sum(x * conv_input_grad(g, w, input_size=(7, 5), **options)) == total
    assert np.sum(w * conv_weight_grad(g, x, kernel_size=(3, 2), **options)) == total
    assert np.sum(conv(x, w, b, **options) * g) - total == np.sum(b * conv_bias_grad(g))


TRANSPOSED: list[Any] = [
    {"stride": (2, 3), "padding": ((1, 0), (0, 2)), "output_padding": (1, 2), "groups": 2},
    {"stride": (1, 2), "dilation": (3, 1), "output_padding": (2, 1), "padding": ((2, 1), (-1, 0)), "groups": 2},
    {"stride": (4, 3), "padding": "same_upper", "groups": 1},
    {"stride": (5, 1), "padding": "valid", "output_padding": (3, 0)},
]


@pytest.mark.parametrize("options", TRANSPOSED)
def test_the_gradients_of_conv_transpose_are_its_linear_forms(options: dict[str, Any]) -> None:
    rng, groups = np.random.default_rng(8), options.get("groups", 1)
    x, w = rng.integers(-9, 10, (2, 4, 3, 5)), rng.integers(-9, 10, (4, 6 // groups, 3, 2))
    y = conv_transpose(x, w, **options)
    g = rng.integers(-9, 10, y.shape)
    total = np.sum(y * g)
    assert np.sum(x * conv_transpose_input_grad(g, w, input_size=(3, 5), **options)) == total
    assert np.sum(w * conv_transpose_weight_grad(g, x, kernel_size=(3, 2), **options)) == total


def test_a_gradient_is_the_difference_that_one_element_makes() -> None:
    """Every element by itself, which a sum over all elements would let hide."""
    rng = np.random.default_rng(9)
    x, w, g = rng.integers(-9, 10, (1, 2, 5)), rng.integers(-9, 10, (3, 2, 2)), rng.integers(-9, 10, (1, 3, 3))
    options: Any = {"stride": 2, "padding": ((1, 0),)}
    y = np.sum(conv(x, w, **options) * g)
    grads = {0: conv_input_grad(g, w, input_size=5, **options), 1: conv_weight_grad(g, x, kernel_size=2, **options)}
    for which, array in enumerate((x, w)):
        for at in np.ndindex(*array.shape):
            moved = [x.copy(), w.copy()]
            moved[which][at] += 1
            assert np.sum(conv(*moved, **options) * g) - y == grads[which][at]


def test_without_a_batch_the_weight_gradients_are_zeros() -> None:
    none, cotangent = np.zeros((0, 2, 5)), np.zeros((0, 3, 4))
    assert conv_weight_grad(cotangent, none, kernel_size=2).tolist() == [[[0, 0]] * 2] * 3
    assert conv_bias_grad(cotangent).tolist() == [0, 0, 0]
    assert conv_input_grad(cotangent, np.ones((3, 2, 2)), input_size=5).shape == (0, 2, 5)
    assert conv_transpose_weight_grad(none, cotangent, kernel_size=2).tolist() == [[[0, 0]] * 2] * 3


G4, W4, X4 = np.zeros((2, 4, 5, 3)), np.zeros((4, 3, 3, 2)), np.zeros((2, 6, 7, 5))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: conv_input_grad(G4, W4, input_size=(7, 5), groups=2),
            ShapeError,
            r"grad_output must have the shape of the forward output, \(2, 4, 5, 4\), got \(2, 4, 5, 3\) \(SHAPE-4\)",
        ),
        (
            lambda: conv_weight_grad(G4, X4, kernel_size=(3, 2), groups=2),
            ShapeError,
            r"\(2, 4, 5, 4\), got \(2, 4, 5, 3\) \(SHAPE-4\)",
        ),
        (
            lambda: conv_input_grad(G4, W4, input_size=(7, 5), stride=0),
            ParameterError,
            r"stride must be >= 1 .*\(SHAPE-1\)",
        ),
        (lambda: conv_input_grad(G4, W4, input_size=7, groups=3), ShapeError, r"divide out_channels, .* 4 \(CORR-6\)"),
        (lambda: conv_input_grad(G4, W4[0], input_size=7), ShapeError, r"w must have as many axes as grad_output, got"),
        (lambda: conv_input_grad(G4, W4, input_size=(7, -5)), ParameterError, r"input_size must be >= 0 on every axis"),
        (
            lambda: conv_weight_grad(G4, X4, kernel_size=(3, 0)),
            ParameterError,
            r"kernel_size must be >= 1 on every axis",
        ),
        (
            lambda: conv_weight_grad(G4, X4[0], kernel_size=3),
            ShapeError,
            r"grad_output must have as many axes as x, got",
        ),
        (
            lambda: conv_bias_grad(np.zeros((2, 3))),
            ShapeError,
            r"grad_output must have the shape .*, got \(2, 3\) \(SHAPE-4\)",
        ),
        (
            lambda: conv_transpose_input_grad(G4, W4, input_size=(7, 5)),
            ShapeError,
            r"\(2, 3, 9, 6\), got \(2, 4, 5, 3\) \(SHAPE-4\)",
        ),
        (
            lambda: conv_transpose_weight_grad(G4, X4, kernel_size=(3, 2), output_padding=1),
            ParameterError,
            r"output_padding must be < max\(stride, dilation\) = 1",
        ),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
