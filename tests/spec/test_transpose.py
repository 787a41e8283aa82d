"""The transposed convolution, by hand, as an adjoint, and the extents of TensorFlow's words."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.spec.convolution import conv
from cnnspec.spec.transpose import conv_transpose

ROW, KERNEL = [[[1, 2, 3]]], [[[1, 10, 100]]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 12, 123, 230, 300]),
        ({"stride": 2}, [1, 10, 102, 20, 203, 30, 300]),
        ({"stride": 4}, [1, 10, 100, 0, 2, 20, 200, 0, 3, 30, 300]),
        ({"dilation": 2}, [1, 2, 13, 20, 130, 200, 300]),
        ({"padding": 1}, [12, 123, 230]),
        ({"padding": ((0, 2),)}, [1, 12, 123]),
        ({"padding": ((-1, 0),)}, [0, 1, 12, 123, 230, 300]),
        ({"stride": 2, "padding": 1}, [10, 102, 20, 203, 30]),
        ({"stride": 2, "padding": 1, "output_padding": 1}, [10, 102, 20, 203, 30, 300]),
        ({"stride": 2, "output_padding": 1}, [1, 10, 102, 20, 203, 30, 300, 0]),
        ({"dilation": 2, "padding": ((0, 2),), "output_padding": 1}, [1, 2, 13, 20, 130, 200]),
    ],
)
def test_by_hand(options: dict[str, Any], expected: list[int]) -> None:
    assert conv_transpose(ROW, KERNEL, **options)[0, 0].tolist() == expected
    shifted = conv_transpose(ROW, KERNEL, [Fraction(1, 2)], **options)
    assert shifted[0, 0].tolist() == [y + Fraction(1, 2) for y in expected]


def test_channels_and_groups() -> None:
    x = np.array([1, 10, 100, 1000]).reshape(1, 4, 1)
    w = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 3, 5]]).reshape(4, 3, 1)
    assert conv_transpose(x, w).ravel().tolist() == [1741, 3852, 5963]
    assert conv_transpose(x, w, groups=2).ravel().tolist() == [41, 52, 63, 1700, 3800, 5900]
    assert conv_transpose(x, w[:, :1], [5, 6, 7, 8], groups=4).ravel().tolist() == [6, 46, 707, 1008]


@pytest.mark.parametrize(
    ("options", "extents"),
    [
        ({"padding": "valid", "stride": (2, 3)}, (8 + 1, 15 + 0)),
        ({"padding": "valid", "stride": (5, 1)}, (20, 5 + 1)),
        ({"padding": "same_upper", "stride": (2, 3)}, (8, 15)),
        ({"padding": "same_lower", "stride": (5, 1)}, (20, 5)),
        ({"padding": "same", "dilation": (3, 2)}, (4, 5)),
        ({"padding": "same_upper", "stride": (2, 3), "output_padding": (1, 2)}, (9, 17)),
    ],
)
def test_words_give_the_extents_of_tensorflow(options: dict[str, Any], extents: tuple[int, int]) -> None:
    """VALID n·s + max(k' − s, 0), SAME n·s; n = (4, 5) and k = (3, 2)."""
    assert conv_transpose(np.ones((2, 3, 4, 5)), np.ones((3, 4, 3, 2)), **options).shape == (2, 4, *extents)


def test_same_crops_the_odd_element_from_the_named_end() -> None:
    assert conv_transpose(ROW, [[[1, 10]]], padding="same_upper")[0, 0].tolist() == [1, 12, 23]
    assert conv_transpose(ROW, [[[1, 10]]], padding="same_lower")[0, 0].tolist() == [12, 23, 30]
    assert conv_transpose(ROW, [[[1]]], padding="same_upper", stride=3)[0, 0].tolist() == [1, 0, 0, 2, 0, 0, 3, 0, 0]


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize("padding", ["valid", "same_upper", "same_lower", ((1, 0), (0, 2)), ((-1, 2), (1, -1))])
def test_it_is_the_adjoint_of_conv_with_the_same_weights(groups: int, stride: tuple[int, int], padding: Any) -> None:
    rng = np.random.default_rng(11)
    x, w = rng.integers(-9, 10, (2, 4, 3, 5)), rng.integers(-9, 10, (4, 6 // groups, 3, 2))
    y = conv_transpose(x, w, stride=stride, padding=padding, groups=groups)
    g = rng.integers(-9, 10, y.shape)
    back = conv(g, w, stride=stride, padding=padding, groups=groups)
    assert back.shape == x.shape
    assert np.sum(y * g) == np.sum(x * back)


def test_empty_sums_are_zero() -> None:
    assert conv_transpose(np.ones((2, 0, 3)), np.ones((0, 2, 2)), [4, 5]).tolist() == [[[4] * 4, [5] * 4]] * 2
    assert conv_transpose(np.ones((0, 3, 4)), np.ones((3, 2, 5)), stride=2).shape == (0, 2, 11)


X, W = (2, 6, 7, 5), (6, 4, 3, 2)


@pytest.mark.parametrize(
    ("w", "options", "error", "message"),
    [
        (
            W,
            {"output_padding": 1},
            ParameterError,
            r"< max\(stride, dilation\) = 1 on spatial axis 0, got 1 \(TRANS-2\)",
        ),
        (W, {"output_padding": (1, 2), "dilation": 2}, ParameterError, r"= 2 on spatial axis 1, got 2 \(TRANS-2\)"),
        (W, {"output_padding": -1}, ParameterError, r"output_padding must be >= 0 on every axis, got \(-1, -1\)"),
        (W, {"padding": "causal"}, ParameterError, r"'causal' is not defined for a transposed .*\(TRANS-1\); write"),
        (W, {"padding": 5}, ShapeError, r"the pads crop everything: output extents \(-1, -4\) \(SHAPE-3\); pad less"),
        (W, {"stride": 0}, ParameterError, r"stride must be >= 1 on every axis, got \(0, 0\) \(SHAPE-1\)"),
        (W, {"groups": 4}, ShapeError, r"groups must divide in_channels, got groups 4 and in_channels 6 \(CORR-6\)"),
        (
            (4, 6, 3, 2),
            {},
            ShapeError,
            r"w must have the shape \(C, O/groups, \*kernel\) with C = 6, got .* \(TRANS-1\)",
        ),
        ((6, 4, 3), {}, ShapeError, r"w must have as many axes as x, .* \(SHAPE-4\)"),
        (W, {"groups": 2, "b": 4}, ShapeError, r"b must have the shape \(O,\) = \(8,\), got \(4,\) \(CORR-7\)"),
    ],
)
def test_refusals(w: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    b = np.zeros(options.pop("b")) if "b" in options else None
    with pytest.raises(error, match=message):
        conv_transpose(np.zeros(X), np.zeros(w), b, **options)
