"""ReLU and its gradient against their definitions, in every dtype."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from cnnspec.errors import DTypeError, ShapeError
from cnnspec.reference.activation import relu, relu_input_grad
from cnnspec.spec import activation as definition

FLOATS = [np.float64, np.float32, np.float16, ml_dtypes.bfloat16]


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats(dtype: Any) -> None:
    x = np.array([[-np.inf, -2.5, -0.0], [0.0, 2**-20, np.inf], [np.nan, -(2**-20), 3]]).astype(dtype)
    g = np.arange(9.0).reshape(3, 3).astype(dtype)
    y = relu(x)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.astype(float), definition.relu(x).astype(float))
    assert not np.signbit(y.astype(float)[~np.isnan(x)]).any()
    grad = relu_input_grad(g, x)
    assert grad.dtype == dtype
    np.testing.assert_array_equal(grad.astype(float), definition.relu_input_grad(g, x).astype(float))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64])
def test_integers(dtype: Any) -> None:
    info = np.iinfo(dtype)
    x = np.array([info.min, 0, 1, info.max], dtype)
    assert relu(x).tolist() == [0, 0, 1, info.max]
    assert relu(x).dtype == dtype
    assert relu_input_grad(x, x).tolist() == [0, 0, 1, info.max]


def test_a_cotangent_that_is_not_finite_stays_out_where_the_input_is_not_positive() -> None:
    g = np.array([np.nan, np.inf, np.nan, np.inf])
    np.testing.assert_array_equal(relu_input_grad(g, np.array([-1.0, 0.0, 1.0, 1.0])), [0, 0, np.nan, np.inf])


def test_any_shape_and_a_fresh_result() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    y = relu(x[:, ::-1])
    assert not np.shares_memory(x, y)
    np.testing.assert_array_equal(y, x[:, ::-1])
    assert relu(np.float32(-3)).shape == ()
    assert relu(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("dtype", [bool, complex, object])
def test_other_dtypes_are_refused(dtype: Any) -> None:
    with pytest.raises(DTypeError, match="NUM-1"):
        relu(np.ones(3, dtype))


def test_the_gradient_refuses_what_does_not_fit() -> None:
    with pytest.raises(ShapeError, match="RELU-2"):
        relu_input_grad(np.ones(2), np.ones(3))
    with pytest.raises(DTypeError, match="one dtype"):
        relu_input_grad(np.ones(2, np.float32), np.ones(2))
