"""Unpooling against its definition."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from cnnspec.errors import DTypeError, ParameterError, ShapeError
from cnnspec.reference.pooling import max_pool_with_indices
from cnnspec.reference.unpooling import gather, max_unpool
from cnnspec.spec import unpooling as definition


@pytest.mark.parametrize("dtype", [np.float64, ml_dtypes.bfloat16, np.int8])
@pytest.mark.parametrize("kernel", [(2, 3), (3, 1)])
def test_unpooling_is_its_definition(dtype: type, kernel: tuple[int, int]) -> None:
    x = np.random.default_rng(8).integers(-9, 10, (2, 3, 7, 11)).astype(dtype)
    values, indices = max_pool_with_indices(x, kernel_size=kernel, stride=(2, 1), padding=((1, 0), (0, 0)))
    y = max_unpool(values, indices, output_size=(7, 11))
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, definition.max_unpool(values, indices, output_size=(7, 11)).astype(dtype))
    np.testing.assert_array_equal(gather(x, indices), values)


def test_another_output_size_reads_the_same_indices_another_way() -> None:
    values, indices = np.array([[[[5.0, 7.0]]]]), np.array([[[[2, 5]]]])
    assert max_unpool(values, indices, output_size=(2, 3)).tolist() == [[[[0, 0, 5], [0, 0, 7]]]]
    assert max_unpool(values, indices, output_size=(3, 2)).tolist() == [[[[0, 0], [5, 0], [0, 7]]]]


def test_the_last_of_equal_indices_stays() -> None:
    assert max_unpool(np.array([[[5, 7, 6]]]), np.array([[[1, 1, 0]]]), output_size=2).tolist() == [[[6, 7]]]


def test_refusals() -> None:
    one = np.ones((1, 1, 1))
    for index in (-1, 3):
        with pytest.raises(ParameterError, match=rf"plane of 3 elements, got {index} \(POOL-5\)"):
            max_unpool(one, np.full((1, 1, 1), index), output_size=3)
    with pytest.raises(DTypeError, match="indices must hold integers, got dtype float64"):
        max_unpool(one, one, output_size=3)
    with pytest.raises(ShapeError, match="one shape"):
        max_unpool(one, np.zeros((1, 1, 2), int), output_size=3)
    assert max_unpool(np.ones((0, 2, 1)), np.ones((0, 2, 1), int), output_size=3).shape == (0, 2, 3)
