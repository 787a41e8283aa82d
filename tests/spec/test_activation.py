"""ReLU at every kind of number."""

from __future__ import annotations

from fractions import Fraction
from math import copysign, isnan

import numpy as np
import pytest

from cnnspec.errors import ShapeError
from cnnspec.spec.activation import relu, relu_input_grad

INF, NAN = float("inf"), float("nan")


def test_relu_number_by_number() -> None:
    y = relu([[-INF, -2.5, -0.0], [0.0, 5e-324, INF]])
    assert y.tolist() == [[0, 0, 0], [0, 5e-324, INF]]
    assert all(copysign(1, v) == 1 for v in y.flat)
    assert isnan(relu([NAN])[0])
    assert relu([Fraction(-1, 3), Fraction(1, 3)]).tolist() == [0, Fraction(1, 3)]
    assert relu(np.int8(-3)).shape == ()


def test_the_gradient_is_zero_at_zero_and_below() -> None:
    g = relu_input_grad([5, 6, 7, 8, NAN, NAN], [-1, 0, 2, NAN, -1, 1])
    assert g[:5].tolist() == [0, 0, 7, 0, 0]
    assert isnan(g[5])


def test_the_gradient_needs_one_shape() -> None:
    with pytest.raises(ShapeError, match="RELU-2"):
        relu_input_grad([1, 2], [1, 2, 3])
