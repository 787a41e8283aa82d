"""Adaptive and global pooling against their definitions, on every small pair of extents and on drawn planes."""

from __future__ import annotations

from itertools import product

import ml_dtypes
import numpy as np
import pytest

from cnnspec.errors import DTypeError, ParameterError, ShapeError
from cnnspec.reference import adaptive_pooling
from cnnspec.spec import adaptive_pooling as definition


@pytest.mark.parametrize("extent", range(1, 10))
def test_every_small_pair_of_extents(extent: int) -> None:
    x = np.random.default_rng(extent).integers(-9, 10, (2, 3, extent))
    for count in range(1, 10):
        expected = definition.adaptive_max_pool(x, output_size=count)
        np.testing.assert_array_equal(adaptive_pooling.adaptive_max_pool(x, output_size=count), expected.astype(int))
        mean = definition.adaptive_avg_pool(x, output_size=count).astype(float)
        np.testing.assert_array_equal(adaptive_pooling.adaptive_avg_pool(x.astype(float), output_size=count), mean)


@pytest.mark.parametrize("sizes", list(product((1, 3, 5), (2, 4))))
def test_axes_of_their_own(sizes: tuple[int, int]) -> None:
    x = np.random.default_rng(1).integers(-9, 10, (2, 3, 4, 5)).astype(float)
    x[0, 1, 2, 3], x[1, 2, 0, 0] = np.nan, -np.inf
    for name in ("adaptive_max_pool", "adaptive_avg_pool"):
        expected = getattr(definition, name)(x, output_size=sizes).astype(float)
        np.testing.assert_array_equal(getattr(adaptive_pooling, name)(x, output_size=sizes), expected)


@pytest.mark.parametrize("extents", [(7,), (3, 5), (2, 3, 4)])
def test_global_pooling_is_its_definition(extents: tuple[int, ...]) -> None:
    x = np.random.default_rng(2).integers(-9, 10, (2, 3, *extents))
    expected = definition.global_max_pool(x)
    assert expected.shape == (2, 3, *(1,) * len(extents))
    np.testing.assert_array_equal(adaptive_pooling.global_max_pool(x), expected.astype(int))
    mean = definition.global_avg_pool(x).astype(float)
    np.testing.assert_array_equal(adaptive_pooling.global_avg_pool(x.astype(float)), mean)


def test_a_global_maximum_of_a_nan_is_nan() -> None:
    for dtype in (np.float32, ml_dtypes.bfloat16):
        x = np.array([[[1, np.nan, 3]], [[-np.inf, -np.inf, -np.inf]]]).astype(dtype)
        y = adaptive_pooling.global_max_pool(x)
        assert y.dtype == dtype
        assert np.isnan(y[0, 0, 0])
        assert y[1, 0, 0] == -np.inf


def test_global_means_of_narrow_floats_are_rounded_once() -> None:
    x = np.full((1, 1, 100, 100), 1 + 2**-7, ml_dtypes.bfloat16)
    assert adaptive_pooling.global_avg_pool(x).item() == 1 + 2**-7
    assert adaptive_pooling.adaptive_avg_pool(x, output_size=(1, 3)).dtype == x.dtype


def test_empty_batches_and_refusals() -> None:
    assert adaptive_pooling.adaptive_max_pool(np.zeros((0, 2, 5)), output_size=3).shape == (0, 2, 3)
    assert adaptive_pooling.global_avg_pool(np.zeros((2, 0, 5))).shape == (2, 0, 1)
    for pool in (adaptive_pooling.global_max_pool, adaptive_pooling.global_avg_pool):
        with pytest.raises(ShapeError, match="extent >= 1"):
            pool(np.zeros((1, 1, 3, 0)))
        with pytest.raises(ShapeError, match="SHAPE-4"):
            pool(np.zeros((1, 3)))
    with pytest.raises(ParameterError, match="output_size must be >= 1"):
        adaptive_pooling.adaptive_max_pool(np.zeros((1, 1, 3)), output_size=0)
    with pytest.raises(DTypeError, match="floating-point"):
        adaptive_pooling.adaptive_avg_pool(np.zeros((1, 1, 3), int), output_size=1)


def test_results_are_fresh() -> None:
    x = np.arange(6.0).reshape(1, 2, 3)
    for y in (adaptive_pooling.adaptive_max_pool(x, output_size=3), adaptive_pooling.global_max_pool(x[:, :, :1])):
        assert not np.shares_memory(x, y)
        assert y.flags.writeable
