from __future__ import annotations

import numpy as np
import pytest

from cnnspec.numerics import contraction, projection
from cnnspec.reference.convolution import conv
from cnnspec.reference.gradients import conv_input_grad, conv_weight_grad
from cnnspec.shapes import conv_geometry
from tests.numerics.geometries import GEOMETRIES, setup


@pytest.mark.usefixtures("block", "plan")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("x_shape", "kernel", "options"), GEOMETRIES)
def test_gathered(x_shape, kernel, options, dtype) -> None:
    x, w, axes, counts, rng = setup(x_shape, kernel, options)
    v = rng.integers(1, 5, x_shape[1]).astype(float)
    sums, squares = projection.gathered(x, w, axes, counts, v, dtype)
    np.testing.assert_array_equal(np.moveaxis(sums, 0, 1), conv(x.astype(float), w, **options))
    ones = np.broadcast_to(v.reshape(1, -1, *(1,) * len(kernel)), (1, x_shape[1], *kernel))
    np.testing.assert_array_equal(squares[:, None], conv(x.astype(float) ** 2, ones, **options))


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("x_shape", "kernel", "options"), GEOMETRIES)
def test_scattered(x_shape, kernel, options, dtype) -> None:
    _, w, axes, counts, rng = setup(x_shape, kernel, options)
    g = rng.integers(-9, 10, (2, 4, *counts)).astype(np.float32)
    v = rng.integers(1, 5, 4).astype(float)
    sums, squares = projection.scattered(g, w.swapaxes(0, 1), axes, x_shape[2:], v, dtype)
    right = conv_input_grad(g.astype(float), w, input_size=x_shape[2:], **options)
    np.testing.assert_array_equal(np.moveaxis(sums, 0, 1), right)
    ones = np.broadcast_to(v.reshape(-1, 1, *(1,) * len(kernel)), (4, 1, *kernel))
    right = conv_input_grad(g.astype(float) ** 2, ones, input_size=x_shape[2:], **options)
    np.testing.assert_array_equal(squares[:, None], right)


@pytest.mark.usefixtures("block", "plan")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize(("x_shape", "kernel", "options"), GEOMETRIES)
def test_onto_inputs(x_shape, kernel, options, groups, dtype) -> None:
    x, _, axes, counts, rng = setup(x_shape, kernel, options)
    g = rng.integers(-9, 10, (3, 2, groups, *counts)).astype(float)
    result, squares = contraction.onto_inputs(x, g, axes, groups, dtype)
    whole = (x.astype(float) ** 2).sum((0, *range(2, x.ndim)))
    assert (squares <= whole).all()  # without what no window reads
    if all(s <= k for s, k in zip(np.broadcast_to(options.get("stride", 1), len(kernel)), kernel, strict=True)):
        np.testing.assert_array_equal(squares, whole)
    for trial in range(3):
        right = conv_weight_grad(g[trial], x.astype(float), kernel_size=kernel, groups=groups, **options)
        np.testing.assert_array_equal(result[trial].reshape(right.shape), right)


@pytest.mark.usefixtures("block")
def test_projected_and_squared() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(-9, 10, (2, 5, 3, 7)).astype(np.float16)
    r = rng.integers(-3, 4, (2, 5)).astype(float)
    np.testing.assert_array_equal(projection.projected(y, r), np.einsum("to,noij->tnij", r, y.astype(float)))
    np.testing.assert_array_equal(projection.squared(y), (y.astype(float) ** 2).sum(1))


def test_both_plans_are_taken() -> None:
    _, axes = conv_geometry((1, 9, 7, 7), (1, 9, 3, 3), None, stride=2, padding=1, dilation=1, groups=1)
    x = np.zeros((1, 9, 7, 7), np.float32)
    assert len(projection.planned(x, axes, np.float32)) == 1
    assert len(projection.planned(x, axes, np.float64)) == 4
    assert len(projection.planned(x[:, :8], axes, np.float32)) == 4
