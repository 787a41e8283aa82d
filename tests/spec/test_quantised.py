"""Quantised convolution against examples worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.spec.quantised import conv_integer, qlinear_conv, scale

UNIT: dict[str, Any] = {"dtype": "uint8", "x_scale": 1, "w_scale": 1, "y_scale": 1}


def test_padding_stands_for_zero() -> None:
    """Everywhere the zero point is everywhere 0, also where the window hangs over the border."""
    assert conv_integer([[[7, 7, 7]]], [[[1, 2, 3]]], x_zero_point=7, padding=1).tolist() == [[[0, 0, 0]]]
    y = qlinear_conv([[[7, 7, 7]]], [[[1, 2, 3]]], **UNIT, x_zero_point=7, y_zero_point=20, padding=1)
    assert y.tolist() == [[[20, 20, 20]]]


def test_zero_points_per_channel() -> None:
    y = conv_integer([[[10, 20]]], [[[1]], [[1]], [[5]]], x_zero_point=8, w_zero_point=[0, 1, 3])
    assert y.tolist() == [[[2, 12], [0, 0], [4, 24]]]


def test_sums_wrap_at_32_bits() -> None:
    assert conv_integer([[[2**15, 2**15]]], [[[2**15, 2**15]]]).tolist() == [[[-(2**31)]]]
    assert conv_integer([[[2**15, 2**15]]], [[[-(2**15), -(2**15)]]]).tolist() == [[[-(2**31)]]]
    assert qlinear_conv([[[1]]], [[[1]]], [2**31 - 1], **UNIT).tolist() == [[[0]]]


def test_ties_go_to_even_before_the_zero_point_is_added() -> None:
    half = {**UNIT, "y_scale": 2}
    x = [[[1, 3, 5, 7]]]
    assert qlinear_conv(x, [[[1]]], **half).tolist() == [[[0, 2, 2, 4]]]
    assert qlinear_conv(x, [[[1]]], **half, y_zero_point=1).tolist() == [[[1, 3, 3, 5]]]
    assert qlinear_conv(x, [[[-1]]], **half, y_zero_point=5).tolist() == [[[5, 3, 3, 1]]]


def test_the_result_saturates() -> None:
    x = [[[-300, -1, 0, 255, 256]]]
    assert qlinear_conv(x, [[[1]]], **UNIT).tolist() == [[[0, 0, 0, 255, 255]]]
    assert qlinear_conv(x, [[[1]]], **{**UNIT, "dtype": "int8"}).tolist() == [[[-128, -1, 0, 127, 127]]]


def test_bias_and_scales_per_channel() -> None:
    y = qlinear_conv([[[4]]], [[[1]], [[1]]], [2, -2], **{**UNIT, "w_scale": [0.5, 2]})
    assert y.tolist() == [[[3], [4]]]


def test_scales_are_float32_numbers() -> None:
    """0.1 as float32 exceeds 0.1, so 5 times it over 1 exceeds the tie at 1/2."""
    assert scale(0.1, "x_scale") == Fraction(13421773, 2**27)
    assert qlinear_conv([[[5]]], [[[1]]], **{**UNIT, "x_scale": 0.1}).tolist() == [[[1]]]
    assert qlinear_conv([[[5]]], [[[1]]], **{**UNIT, "x_scale": 0.09999999}).tolist() == [[[0]]]


def test_refusals() -> None:
    with pytest.raises(ParameterError, match=r"dtype must be one of int8, uint8, got 'int16' \(QUANT-2\)"):
        qlinear_conv([[[1]]], [[[1]]], **{**UNIT, "dtype": "int16"})
    for bad in (0, -1, float("inf"), float("nan"), 1e39, 1e-60):
        with pytest.raises(ParameterError, match="y_scale must be a positive, finite float32 number"):
            qlinear_conv([[[1]]], [[[1]]], **{**UNIT, "y_scale": bad})
    with pytest.raises(ShapeError, match=r"w_zero_point must be one number or one per output channel \(1\)"):
        conv_integer([[[1]]], [[[1]]], w_zero_point=[1, 2])
    with pytest.raises(ShapeError, match=r"b must have the shape \(O,\)"):
        qlinear_conv([[[1]]], [[[1]]], [1, 2], **UNIT)
