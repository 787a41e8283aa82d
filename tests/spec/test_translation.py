"""Shifts, reflections and interiors against examples worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec.errors import ParameterError
from cnnspec.spec.convolution import conv
from cnnspec.spec.translation import interior, reflect, subsample, translate, translate_zero

X = [[[[1, 2, 3], [4, 5, 6]]]]


def test_shifts_by_hand() -> None:
    assert translate(X, (1, -1)).tolist() == [[[[5, 6, 4], [2, 3, 1]]]]
    assert translate(X, (2, 3)).tolist() == X
    assert translate_zero(X, (1, -1)).tolist() == [[[[0, 0, 0], [2, 3, 0]]]]
    assert translate_zero(X, (0, 4)).tolist() == [[[[0, 0, 0], [0, 0, 0]]]]
    assert reflect(X).tolist() == [[[[6, 5, 4], [3, 2, 1]]]]
    assert subsample(X, (1, 2)).tolist() == [[[[1, 3], [4, 6]]]]


def test_shifts_leave_batch_and_channels_alone() -> None:
    x = np.arange(24).reshape(2, 3, 4)
    for moved in (translate(x, 1), reflect(x)):
        assert (moved // 4).tolist() == (x // 4).tolist()


def test_the_interior_by_hand() -> None:
    """n = 7, k = 3, pad 1: outputs 1 to 5 hold no padding; after a shift by 2 the elements 0 and 1 have entered."""
    options = {"kernel_size": 3, "padding": 1}
    assert interior((7,), shift=0, **options) == (range(1, 6),)
    assert interior((7,), shift=2, **options) == (range(3, 6),)
    assert interior((7,), shift=-2, **options) == (range(1, 4),)
    assert interior((7,), shift=6, **options) == (range(0),)
    assert interior((7,), shift=2, **options, stride=2) == (range(2, 3),)


def test_a_shift_between_strides_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"shift must be a multiple of stride .* \(EQUI-2\)"):
        interior((7, 7), shift=(2, 1), kernel_size=3, stride=2)


def test_zero_padding_is_not_equivariant_at_the_border() -> None:
    """Ones over ones with pad 1: corners 4, edges 6, centre 9, whichever way the input is shifted on the torus."""
    ones = np.ones((1, 1, 3, 3), dtype=int)
    y = conv(ones, ones, padding=1)
    assert y.tolist() == [[[[4, 6, 4], [6, 9, 6], [4, 6, 4]]]]
    assert translate(ones, 1).tolist() == ones.tolist()
    assert translate(y, 1).tolist() != y.tolist()
