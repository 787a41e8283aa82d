"""The windows of one axis, tap by tap, against the windows of the definition."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from cnnspec.errors import CnnspecError
from cnnspec.reference import windows
from cnnspec.spec.windows import adaptive_places, sliding_places


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_steps_name_the_real_taps(ceil_mode: bool) -> None:
    """Steps, first taps and counts of every small axis; each step reads distinct elements."""
    seen = 0
    for n, k, s, d, lo, hi in product((1, 4, 7), (1, 2, 3), (1, 3), (1, 2), (-1, 0, 1, 2), (-2, 0, 2)):
        options = {"kernel_size": k, "stride": s, "dilation": d, "padding": ((lo, hi),), "ceil_mode": ceil_mode}
        try:
            places = sliding_places((1, 1, n), **options)
        except CnnspecError as refusal:
            with pytest.raises(type(refusal)):
                windows.sliding_axes((1, 1, n), **options)
            continue
        (axis,) = windows.sliding_axes((1, 1, n), **options)
        read: list[list[tuple[int, ...]]] = [[] for _ in places]
        for tap, at, taps in axis.steps:
            pairs = list(zip(np.arange(axis.count)[at], np.arange(n)[taps], strict=True))
            assert [axis.start[i] + axis.dilation * tap for i, _ in pairs] == [t for _, t in pairs]
            assert len({t for _, t in pairs}) == len(pairs)
            for i, t in pairs:
                read[i].append((t,))
        assert read == [place.real for place in places]
        assert axis.first.tolist() == [place.real[0][0] for place in places]
        assert axis.real.tolist() == [len(place.real) for place in places]
        assert axis.counted.tolist() == [len(place.real) + place.padding for place in places]
        seen += 1
    assert seen > 100


def test_adaptive_steps() -> None:
    for n, m in product(range(1, 8), repeat=2):
        (axis,) = windows.adaptive_axes((1, 1, n), output_size=m)
        read: list[list[tuple[int, ...]]] = [[] for _ in range(m)]
        for tap, at, taps in axis.steps:
            assert (axis.start[at] + tap == np.arange(n)[taps]).all()
            for i, t in zip(np.arange(m)[at], np.arange(n)[taps], strict=True):
                read[i].append((t,))
        assert read == [place.real for place in adaptive_places((1, 1, n), output_size=m)]


def test_spreading_is_the_adjoint_of_summing() -> None:
    rng = np.random.default_rng(9)
    x = rng.integers(-9, 10, (2, 3, 7, 11))
    for axes in (
        windows.sliding_axes(x.shape, kernel_size=(3, 2), stride=(2, 3), padding=((1, 0), (0, 1)), ceil_mode=True),
        windows.adaptive_axes(x.shape, output_size=(9, 4)),
    ):
        y = windows.total(x, axes)
        g = rng.integers(-9, 10, y.shape)
        assert (y * g).sum() == (x * windows.spread(g, axes)).sum()


def test_taps_beyond_a_byte_are_numbered_too() -> None:
    x = np.random.default_rng(3).permutation(40 * 30).reshape(1, 1, 40, 30)
    axes = windows.sliding_axes(x.shape, kernel_size=(19, 17), stride=(3, 2), padding=(4, 5), dilation=(2, 1))
    y, index = windows.first_maximum(x, axes)
    assert (y == windows.maximum(x, axes)).all()
    assert (x.ravel()[index] == y).all()
