"""One axis: every formula against counting, against the list of elements it stands for, and by hand."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.geometry import (
    PAD_MODES,
    Window,
    adaptive_window,
    causal_pads,
    ceil_div,
    count_windows_literally,
    receptive_field,
    same_pads,
    source_index,
)

EXTENTS = range(15)
WINDOWS = list(product(range(1, 6), range(1, 5), range(1, 4)))  # k, s, d


def padded_axis(extent: int, lo: int, hi: int) -> dict[int, str]:
    """What stands at each coordinate once pads are added and crops are taken away, literally."""
    axis = dict.fromkeys(range(extent), "real")
    axis |= dict.fromkeys((*range(-lo, 0), *range(extent, extent + hi)), "padding")
    gone = {*range(min(-lo, extent + hi)), *range(extent + hi, max(axis, default=-1) + 1), *range(-lo)}
    return {t: kind for t, kind in sorted(axis.items()) if t not in gone}


def literal_count(extent: int, window: Window, *, ceil_mode: bool) -> int:
    """Lay the kernel down from the first coordinate on, a stride further each time, for as long as the rule allows."""
    axis = padded_axis(extent, window.lo, window.hi)
    start, count = -window.lo, 0
    while True:
        if ceil_mode:
            begins = start in axis and start < extent
            # a window one stride earlier would leave elements at the end unread
            fits = begins and start - window.stride + window.span - 1 < max(axis)
        else:
            fits = all(t in axis for t in range(start, start + window.span))
        if not fits:
            return count
        start, count = start + window.stride, count + 1


# ---------------------------------------------------------------------------------------------------- counting windows


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_the_count_is_the_number_of_windows(ceil_mode: bool) -> None:
    """All n <= 14, k <= 5, s <= 4, d <= 3, pads 0 to 3 and crops of 1 to 3, each side."""
    for (k, s, d), lo, hi in product(WINDOWS, range(-3, 4), range(-3, 4)):
        window = Window(k, s, d, lo, hi)
        for n in EXTENTS:
            count = window.count(n, ceil_mode=ceil_mode)
            assert count == count_windows_literally(n, window, ceil_mode=ceil_mode), (n, window)


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_the_statement_counts_windows_on_a_list_of_elements(ceil_mode: bool) -> None:
    """The statement itself, against an axis written out with its pads in and its crops away."""
    for n, k, s, d, lo, hi in product(range(7), range(1, 4), range(1, 5), (1, 2), range(-2, 3), range(-2, 3)):
        window = Window(k, s, d, lo, hi)
        expected = literal_count(n, window, ceil_mode=ceil_mode)
        assert count_windows_literally(n, window, ceil_mode=ceil_mode) == expected, (n, window)


def test_textbook_formulas() -> None:
    assert Window(3).count(7) == 5  # n - k + 1
    assert Window(3, stride=2).count(7) == 3  # (7 - 3) / 2 + 1
    assert Window(3, stride=2, lo=1, hi=1).count(224) == 112
    assert Window(7, stride=2, lo=3, hi=3).count(224) == 112
    assert Window(3, dilation=2).count(7) == 3
    assert Window(2, stride=2).count(5) == 2
    assert Window(2, stride=2).count(5, ceil_mode=True) == 3


def test_division_that_truncates_would_invent_a_window() -> None:
    """N - k' = -1 and s = 2: toward zero it gives 0 + 1 windows."""
    assert int((3 - 4) / 2) + 1 == 1
    assert Window(4, stride=2).count(3) == 0


def test_a_last_window_must_not_start_in_the_high_padding() -> None:
    """n = 3, k = 2, s = 2, pads (0, 2): the third window would start at 4 = n + 1."""
    assert ceil_div(3 + 2 - 2, 2) + 1 == 3
    assert Window(2, stride=2, hi=2).count(3, ceil_mode=True) == 2


def test_a_last_window_must_not_start_on_what_is_cropped() -> None:
    """n = 5 cropped to 3, k = 1, s = 3: element 3 is gone, and with it the second window."""
    assert Window(1, stride=3, hi=-2).count(5, ceil_mode=True) == 1
    assert Window(1, stride=3).count(5, ceil_mode=True) == 2


def test_every_window_of_the_floor_rule_lies_within_the_pads() -> None:
    for (k, s, d), lo, hi, n in product(WINDOWS[::5], range(-2, 3), range(-2, 3), range(1, 8)):
        window = Window(k, s, d, lo, hi)
        read = {window.kind(t, n) for i in range(window.count(n)) for t in window.taps(i)}
        assert "overhang" not in read


def test_the_ceil_rule_adds_at_most_one_window_and_none_where_the_stride_divides() -> None:
    for (k, s, d), lo, n in product(WINDOWS, range(4), range(1, 12)):
        window = Window(k, s, d, lo, lo)
        floor, ceil = window.count(n), window.count(n, ceil_mode=True)
        if floor > 0 and lo < window.span:
            assert 0 <= ceil - floor <= 1
        if floor and window.remainder(n) == 0:
            assert ceil <= floor


@pytest.mark.parametrize(("name", "value"), [("kernel", 0), ("stride", 0), ("dilation", -1)])
def test_a_window_below_one_is_refused(name: str, value: int) -> None:
    options = {"kernel": 3, name: value}
    with pytest.raises(ParameterError, match=rf"{name} must be >= 1, got {value} \(SHAPE-1\)"):
        Window(**options)


# --------------------------------------------------------------------------------------------------------- taps, kinds


def test_taps_by_hand() -> None:
    window = Window(3, stride=2, dilation=3, lo=1, hi=4)
    assert window.span == 7
    assert [list(window.taps(i)) for i in (0, 2)] == [[-1, 2, 5], [3, 6, 9]]
    assert [window.kind(t, 5) for t in (-2, -1, 0, 4, 5, 8, 9)] == [
        *("overhang", "padding", "real", "real", "padding", "padding", "overhang")
    ]


def test_the_kind_of_a_tap_is_what_stands_there() -> None:
    for n, lo, hi in product(range(7), range(-4, 4), range(-4, 4)):
        axis = padded_axis(n, lo, hi)
        assert len(axis) == Window(1, lo=lo, hi=hi).padded(n)
        for t in range(-6, 12):
            assert Window(1, lo=lo, hi=hi).kind(t, n) == axis.get(t, "overhang"), (n, lo, hi, t)


def test_a_cropped_element_is_not_there() -> None:
    window = Window(2, stride=3, lo=-1, hi=-1)
    assert window.count(5, ceil_mode=True) == 1
    assert [window.kind(t, 5) for t in range(-1, 6)] == ["overhang"] * 2 + ["real"] * 3 + ["overhang"] * 2


def test_what_the_floor_rule_leaves_unread() -> None:
    for (k, s, d), n in product(WINDOWS, range(1, 14)):
        window = Window(k, s, d, 1, 2)
        m = window.count(n)
        if m:
            assert window.remainder(n) == window.padded(n) - (window.taps(m - 1)[-1] + 1 + window.lo)


# ----------------------------------------------------------------------------------------------------- pads that follow


def test_same_gives_one_window_per_stride_with_the_fewest_pads() -> None:
    for (k, s, d), n in product(WINDOWS, EXTENTS):
        wanted = ceil_div(n, s)
        for upper in (True, False):
            lo, hi = same_pads(n, k, s, d, upper=upper)
            assert 0 <= (hi - lo if upper else lo - hi) <= 1
            assert Window(k, s, d, lo, hi).count(n) == wanted or n == 0
            # no smaller total gives as many
            assert not any(Window(k, s, d, 0, total).count(n) >= wanted for total in range(lo + hi)) or n == 0
        assert same_pads(n, k, s, d, upper=False) == same_pads(n, k, s, d)[::-1]


def test_same_by_hand() -> None:
    assert same_pads(7, 3) == (1, 1)
    assert same_pads(7, 4) == (1, 2)
    assert same_pads(7, 4, upper=False) == (2, 1)
    assert same_pads(6, 3, 2) == (0, 1)
    assert same_pads(8, 1, 4) == (0, 0)  # the clamp: 4 + 1 - 8 < 0
    assert same_pads(7, 3, 1, 3) == (3, 3)


def test_causal_outputs_read_no_later_input() -> None:
    for k, s, d in WINDOWS:
        lo, hi = causal_pads(k, d)
        assert hi == 0
        window = Window(k, s, d, lo, hi)
        assert all(window.taps(i)[-1] == s * i for i in range(window.count(12)))
        assert window.count(12) == ceil_div(12, s)


# ------------------------------------------------------------------------------------------------------- transposition


def test_a_transposed_extent_is_the_least_input_with_that_many_windows() -> None:
    for (k, s, d), lo, hi, m in product(WINDOWS, range(-2, 4), range(-2, 4), range(1, 8)):
        window = Window(k, s, d, lo, hi)
        inputs = window.inputs_for(m)
        counted = [n for n in range(60) if count_windows_literally(n, window) == m]
        assert counted == list(inputs)
        least = window.transposed_extent(m)
        if least >= 0:
            assert inputs[0] == least
            assert [window.transposed_extent(m, extra) for extra in range(s)] == list(inputs)


def test_inputs_for_by_hand() -> None:
    assert Window(3, stride=2, lo=1, hi=1).inputs_for(4) == range(7, 9)
    assert Window(3, stride=2, lo=4, hi=4).inputs_for(3) == range(1)  # 7 - 8 = -1: there is no such extent


# ------------------------------------------------------------------------------------------------------------ adaptive


def test_adaptive_windows_cover_everything_in_order() -> None:
    for n, o in product(range(1, 20), range(1, 24)):
        windows = [adaptive_window(i, n, o) for i in range(o)]
        assert {t for window in windows for t in window} == set(range(n))
        assert all(windows)
        assert [w.start for w in windows] == sorted(w.start for w in windows)
        assert [w.stop for w in windows] == sorted(w.stop for w in windows)
        assert {len(w) for w in windows} <= set(range(n // o, ceil_div(n, o) + 2))
        if n % o == 0:
            assert windows == [range(i * n // o, (i + 1) * n // o) for i in range(o)]


def test_adaptive_windows_are_what_the_real_interval_touches() -> None:
    """[i n/o, (i+1) n/o) on the real line, and every cell [t, t+1) that it meets."""
    for n, o in product(range(1, 12), range(1, 14)):
        for i in range(o):
            met = [t for t in range(n) if t * o < (i + 1) * n and i * n < (t + 1) * o]
            assert list(adaptive_window(i, n, o)) == met


# ------------------------------------------------------------------------------------------------------ receptive field


@cache
def dependencies(windows: tuple[Window, ...], index: int) -> frozenset[int]:
    """Every input coordinate that one output of the stack reads, layer by layer."""
    if not windows:
        return frozenset({index})
    below = (dependencies(windows[:-1], t) for t in windows[-1].taps(index))
    return frozenset().union(*below)


def test_receptive_fields_are_what_outputs_depend_on() -> None:
    shapes = [Window(3), Window(2, stride=3), Window(3, stride=2, dilation=2), Window(1, stride=2), Window(4, lo=2)]
    for windows in (w for depth in range(4) for w in product(shapes, repeat=depth)):
        field, jump = receptive_field(windows)
        reads = [dependencies(windows, i) for i in range(3)]
        assert max(reads[0]) - min(reads[0]) + 1 == field
        assert [min(r) - min(reads[0]) for r in reads] == [0, jump, 2 * jump]


def test_a_familiar_stack() -> None:
    """Three 3-tap layers see 7 elements, as one 7-tap layer does."""
    assert receptive_field([Window(3)] * 3) == receptive_field([Window(7)]) == (7, 1)
    assert receptive_field([]) == (1, 1)


# ------------------------------------------------------------------------------------------------------- padding modes

NUMPY_MODES = {"reflect": "reflect", "symmetric": "symmetric", "replicate": "edge", "circular": "wrap"}


@pytest.mark.parametrize("mode", NUMPY_MODES)
def test_source_index_against_numpy(mode: str) -> None:
    """Also where the pads are many times the input."""
    options: Any = {"mode": NUMPY_MODES[mode]}
    for n, lo, hi in product(range(1, 7), range(0, 20, 3), range(0, 20, 4)):
        expected = np.pad(np.arange(n), (lo, hi), **options).tolist()
        assert [source_index(t, n, mode) for t in range(-lo, n + hi)] == expected


def test_constant_reads_nothing_outside() -> None:
    assert [source_index(t, 2, "constant") for t in range(-1, 4)] == [None, 0, 1, None, None]
    assert source_index(0, 0, "constant") is None


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("reflect", [2, 1, 0, 1, 2, 1, 0]),
        ("symmetric", [1, 0, 0, 1, 2, 2, 1]),
        ("replicate", [0, 0, 0, 1, 2, 2, 2]),
        ("circular", [1, 2, 0, 1, 2, 0, 1]),
    ],
)
def test_padding_modes_by_hand(mode: str, expected: list[int]) -> None:
    assert [source_index(t, 3, mode) for t in range(-2, 5)] == expected


def test_what_has_no_source_is_refused() -> None:
    for mode in PAD_MODES[1:]:
        with pytest.raises(ShapeError, match=rf"'{mode}' needs an extent >= 1, got 0: .* \(PAD-1\)"):
            source_index(0, 0, mode)
    with pytest.raises(ParameterError, match=r"padding mode must be one of constant, reflect, .*'edge' \(PAD-1\)"):
        source_index(0, 3, "edge")
