"""The windows of a pooling against one worked out by hand, and the reading of one window."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.spec.windows import (
    adaptive_places,
    divisor,
    first_maximum,
    flat_index,
    p_norm,
    quotient,
    sliding_places,
)


def test_a_border_window_by_hand() -> None:
    """4 x 3, kernel 3 x 2, stride 2, pads (1, 0) and (0, 1): rows -1 0 1 and 1 2 3, columns 0 1 and 2 3."""
    places = sliding_places((1, 1, 4, 3), kernel_size=(3, 2), stride=2, padding=((1, 0), (0, 1)))
    assert [place.position for place in places] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert places[0].real == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert places[1].real == [(0, 2), (1, 2)]
    assert [place.padding for place in places] == [2, 4, 0, 3]


def test_overhang_is_neither_real_nor_padding() -> None:
    """5 + (0, 1), kernel 4, stride 3 and ceil: the second window reads 3, 4, the padding 5 and beyond."""
    real, padding = zip(
        *(p[1:] for p in sliding_places((1, 1, 5), kernel_size=4, stride=3, padding=((0, 1),), ceil_mode=True)),
        strict=True,
    )
    assert real == ([(0,), (1,), (2,), (3,)], [(3,), (4,)])
    assert padding == (0, 1)  # tap 6 of the second window overhangs


def test_a_tap_overhangs_where_one_coordinate_does() -> None:
    places = sliding_places((1, 1, 2, 3), kernel_size=2, stride=2, padding=((1, 0), (0, 0)), ceil_mode=True)
    assert [(p.position, len(p.real), p.padding) for p in places] == [
        ((0, 0), 2, 2), ((0, 1), 1, 1), ((1, 0), 2, 0), ((1, 1), 1, 0),
    ]  # fmt: skip


def test_a_cropped_element_is_in_no_window() -> None:
    """5 - 2, kernel 1, stride 3 and ceil: element 3 is not there, so no window reads it."""
    options = {"kernel_size": 1, "stride": 3, "ceil_mode": True}
    assert [p.real for p in sliding_places((1, 1, 5), padding=((0, -2),), **options)] == [[(0,)]]
    assert [p.real for p in sliding_places((1, 1, 5), padding=((-1, -1),), **options)] == [[(1,)]]
    (place,) = sliding_places((1, 1, 3), kernel_size=3, stride=3, padding=((1, -2),), ceil_mode=True)
    assert (place.real, place.padding) == ([(0,)], 1)


def test_dilation_spreads_the_taps() -> None:
    (place,) = sliding_places((1, 1, 5), kernel_size=3, dilation=2)
    assert place.real == [(0,), (2,), (4,)]


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": 2, "padding": 2},
        {"kernel_size": 1, "padding": ((0, 1),)},
        {"kernel_size": 2, "stride": 1, "dilation": 3, "padding": ((2, 2),)},
    ],
)
def test_a_window_of_padding_alone_is_refused(options: dict[str, object]) -> None:
    extent = 1 if "dilation" in options else 3
    with pytest.raises(ShapeError, match="POOL-2"):
        sliding_places((1, 1, extent), **options)


def test_the_refusal_names_the_window() -> None:
    with pytest.raises(ShapeError, match=r"window \(0,\) of \(3,\) over the extents \(3,\) .* \(POOL-2\); pad less"):
        sliding_places((1, 1, 3), kernel_size=2, padding=2)


def test_adaptive_windows_overlap_and_outnumber() -> None:
    assert [p.real for p in adaptive_places((1, 1, 2), output_size=3)] == [[(0,)], [(0,), (1,)], [(1,)]]
    assert [len(p.real) for p in adaptive_places((1, 1, 7, 5), output_size=(3, 2))] == [9, 9, 9, 9, 9, 9]


def test_the_first_of_equal_maxima_and_the_first_nan() -> None:
    taps = [(0,), (1,), (2,), (3,)]
    nan = float("nan")
    assert first_maximum(np.array([3, 5, 5, 1], dtype=object), taps) == (1,)
    assert first_maximum(np.array([3, nan, 5, nan], dtype=object), taps) == (1,)
    assert first_maximum(np.array([-np.inf] * 4, dtype=object), taps[1:]) == (1,)


def test_flat_index_counts_row_by_row() -> None:
    extents = (2, 3, 5)
    assert [flat_index(t, extents) for t in np.ndindex(*extents)] == list(range(30))


def test_quotients_of_integers_are_fractions() -> None:
    assert quotient(7, 2) == Fraction(7, 2)
    assert quotient(7.0, 2) == 3.5


def test_norms() -> None:
    assert p_norm([Fraction(3), Fraction(-4)], 1) == 7
    assert p_norm([2, -3], 3) == pytest.approx(35 ** (1 / 3), rel=2**-50)
    assert np.isnan(p_norm([1.0, float("nan")], float("inf")))
    with pytest.raises(ParameterError, match=r"p must be a number >= 1, got 0.5 \(POOL-6\)"):
        p_norm([1], 0.5)


def test_divisors_below_one_are_refused() -> None:
    (place,) = sliding_places((1, 1, 2), kernel_size=2)
    with pytest.raises(ParameterError, match=r"divisor_override must be >= 1, got 0 \(POOL-3\)"):
        divisor(place, count_include_pad=True, divisor_override=0)
