from __future__ import annotations

import numpy as np
import pytest

from cnnspec.numerics import contraction
from cnnspec.numerics.weight_problems import ByInputs, ByOutputs, weight_grad
from cnnspec.reference.gradients import conv_weight_grad
from tests.numerics.geometries import GEOMETRIES, setup


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
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(("x_shape", "kernel", "options"), GEOMETRIES)
def test_onto_outputs(x_shape, kernel, options, groups, dtype) -> None:
    _, _, axes, counts, rng = setup(x_shape, kernel, options)
    g = rng.integers(-9, 10, (x_shape[0], 4, *counts)).astype(np.float32)
    x = rng.integers(-9, 10, (3, x_shape[0], groups, *x_shape[2:])).astype(float)
    result, squares = contraction.onto_outputs(g, x, axes, groups, dtype)
    np.testing.assert_array_equal(squares, (g.astype(float) ** 2).sum((0, *range(2, g.ndim))))
    for trial in range(3):
        right = conv_weight_grad(g.astype(float), x[trial], kernel_size=kernel, groups=groups, **options)
        np.testing.assert_array_equal(result[trial].reshape(right.shape), right)


def test_the_smaller_array_is_the_one_that_is_not_projected() -> None:
    for x_shape, g_shape, kind in (((2, 6, 9), (2, 4, 4), ByInputs), ((2, 3, 9), (2, 5, 8), ByOutputs)):
        problem = weight_grad(np.zeros(g_shape), np.zeros(x_shape), np.zeros((g_shape[1], x_shape[1], 2)), [], 1)
        assert isinstance(problem, kind)
