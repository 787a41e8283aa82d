"""Unpooling puts values back where they stood."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.spec.pooling import max_pool_with_indices
from cnnspec.spec.unpooling import max_unpool


def test_what_was_pooled_goes_back() -> None:
    x = np.array([[[[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
    values, indices = max_pool_with_indices(x, kernel_size=2)
    y = max_unpool(values, indices, output_size=(4, 4))
    assert y.tolist() == [[[[0, 0, 0, 0], [0, 6, 0, 8], [3, 0, 0, 0], [0, 0, 0, 4]]]]


def test_the_last_of_two_stays() -> None:
    assert max_unpool([[[5, 7]]], [[[1, 1]]], output_size=2).tolist() == [[[0, 7]]]


@pytest.mark.parametrize("index", [-1, 3])
def test_indices_outside_the_plane_are_refused(index: int) -> None:
    with pytest.raises(ParameterError, match=rf"plane of 3 elements, got {index} \(POOL-5\)"):
        max_unpool([[[5]]], [[[index]]], output_size=3)


def test_values_and_indices_have_one_shape() -> None:
    with pytest.raises(ShapeError, match="POOL-5"):
        max_unpool([[[5, 7]]], [[[1]]], output_size=3)
