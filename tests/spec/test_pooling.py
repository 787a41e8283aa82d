"""The poolings against examples worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.spec.adaptive_pooling import adaptive_avg_pool, adaptive_max_pool, global_avg_pool, global_max_pool
from cnnspec.spec.pooling import avg_pool, lp_pool, max_pool, max_pool_with_indices

FOUR = [[[[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]]


def test_four_by_four_becomes_two_by_two() -> None:
    values, indices = max_pool_with_indices(FOUR, kernel_size=2)
    assert values.tolist() == [[[[6, 8], [3, 4]]]]
    assert indices.tolist() == [[[[5, 7], [8, 15]]]]
    assert values.dtype == object
    assert indices.dtype == np.int64
    average = [[[[Fraction(13, 4), Fraction(21, 4)], [Fraction(8, 4), Fraction(8, 4)]]]]
    assert avg_pool(FOUR, kernel_size=2).tolist() == average


def test_padding_never_wins() -> None:
    values, indices = max_pool_with_indices([[[-5, -3, -4]]], kernel_size=3, stride=2, padding=1)
    assert values.tolist() == [[[-3, -3]]]
    assert indices.tolist() == [[[1, 1]]]


def test_a_border_of_minus_infinity_is_found_inside() -> None:
    values, indices = max_pool_with_indices([[[-np.inf, -np.inf]]], kernel_size=2, stride=2, padding=1)
    assert values.tolist() == [[[-np.inf, -np.inf]]]
    assert indices.tolist() == [[[0, 1]]]


def test_nan_wins_wherever_it_stands() -> None:
    nan = float("nan")
    values, indices = max_pool_with_indices([[[1.0, nan, 3.0, np.inf, nan]]], kernel_size=2, stride=1)
    assert np.isnan(values.astype(float)).tolist() == [[[True, True, False, True]]]
    assert values[0, 0, 2] == np.inf
    assert indices.tolist() == [[[1, 1, 3, 4]]]


def test_indices_belong_to_their_own_unpadded_plane() -> None:
    x = np.zeros((2, 3, 2, 4), dtype=int)
    x[:, :, 1, 3] = 1
    _, indices = max_pool_with_indices(x, kernel_size=(2, 3), stride=(1, 2), padding=((0, 0), (1, 0)))
    assert indices.tolist() == [[[[0, 7]]] * 3] * 2


def test_the_average_ledger() -> None:
    """1 2 3 4 5, kernel 3, stride 2, pads (1, 1), ceil: -1 0 1 | 1 2 3 | 3 4 5."""
    x, window = [[[1, 2, 3, 4, 5]]], {"kernel_size": 3, "stride": 2, "padding": 1}
    assert avg_pool(x, **window)[0, 0].tolist() == [1, 3, 3]
    assert avg_pool(x, **window, count_include_pad=False)[0, 0].tolist() == [Fraction(3, 2), 3, Fraction(9, 2)]
    assert avg_pool(x, **window, divisor_override=2)[0, 0].tolist() == [Fraction(3, 2), Fraction(9, 2), Fraction(9, 2)]


def test_dilated_averages_and_norms() -> None:
    """3 4 0 12 5, kernel 2, dilation 2, stride 2, pad 1: -1 1 | 1 3 | 3 5."""
    x, window = [[[3, 4, 0, 12, 5]]], {"kernel_size": 2, "dilation": 2, "stride": 2, "padding": 1}
    assert avg_pool(x, **window)[0, 0].tolist() == [2, 8, 6]
    assert avg_pool(x, **window, count_include_pad=False)[0, 0].tolist() == [4, 8, 12]
    assert lp_pool(x, **window, p=1)[0, 0].tolist() == [4, 16, 12]


def test_overhang_leaves_the_divisor() -> None:
    """1 2 3 4, kernel 3, stride 2, pad 0, ceil: 0 1 2 | 2 3 and one tap over the edge, which never counts."""
    for include in (True, False):
        y = avg_pool([[[1, 2, 3, 4]]], kernel_size=3, stride=2, ceil_mode=True, count_include_pad=include)
        assert y[0, 0].tolist() == [2, Fraction(7, 2)]


def test_overhang_past_the_padding() -> None:
    """1 2 3, kernel 4, stride 3, pads (1, 1), ceil: -1 0 1 2 | 2 3 and two over: divisors 4 and 2."""
    x, window = [[[1, 2, 3]]], {"kernel_size": 4, "stride": 3, "padding": 1, "ceil_mode": True}
    assert avg_pool(x, **window)[0, 0].tolist() == [Fraction(6, 4), Fraction(3, 2)]
    assert avg_pool(x, **window, count_include_pad=False)[0, 0].tolist() == [2, 3]


def test_nan_stays_in_the_averages_that_hold_it() -> None:
    y = avg_pool([[[float("nan"), 1.0, 3.0]]], kernel_size=2, stride=1).astype(float)
    assert np.isnan(y).tolist() == [[[True, False]]]
    assert y[0, 0, 1] == 2


def test_norms_take_absolute_values() -> None:
    x = [[[3, -4, -5, 12]]]
    assert lp_pool(x, kernel_size=2)[0, 0].tolist() == [5, 13]
    assert lp_pool(x, kernel_size=2, p=1)[0, 0].tolist() == [7, 17]
    assert lp_pool(x, kernel_size=2, p=float("inf"))[0, 0].tolist() == [4, 12]
    assert lp_pool([[[-2, 0]]], kernel_size=2, p=3)[0, 0, 0] == pytest.approx(2, rel=2**-50)


def test_adaptive_windows() -> None:
    x = [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]]]
    assert adaptive_max_pool(x, output_size=(1, 3)).tolist() == [[[[7, 9, 10]]]]
    assert adaptive_avg_pool(x, output_size=(1, 2)).tolist() == [[[[Fraction(9, 2), Fraction(13, 2)]]]]
    assert adaptive_max_pool(x, output_size=(3, 1)).tolist() == [[[[5], [10], [10]]]]


def test_global_pooling_is_one_window() -> None:
    assert global_max_pool(FOUR).tolist() == [[[[8]]]]
    assert global_avg_pool(FOUR).tolist() == [[[[Fraction(50, 16)]]]]


def test_fractions_and_empty_batches() -> None:
    third = Fraction(1, 3)
    assert avg_pool([[[third, 2 * third]]], kernel_size=2).tolist() == [[[Fraction(1, 2)]]]
    assert max_pool(np.zeros((0, 3, 7)), kernel_size=2).shape == (0, 3, 3)
    assert max_pool(np.zeros((2, 0, 7)), kernel_size=2).shape == (2, 0, 3)


@pytest.mark.parametrize("pool", [max_pool, avg_pool, lp_pool])
def test_refusals(pool: object) -> None:
    with pytest.raises(ShapeError, match="SHAPE-3"):
        pool(np.zeros((1, 1, 3)), kernel_size=4)
    with pytest.raises(ShapeError, match="POOL-2"):
        pool(np.zeros((1, 1, 3)), kernel_size=2, padding=2)
    with pytest.raises(ParameterError, match="stride must be >= 1"):
        pool(np.zeros((1, 1, 3)), kernel_size=2, stride=0)
    with pytest.raises(ShapeError, match="SHAPE-4"):
        pool(np.zeros((1, 3)), kernel_size=2)
