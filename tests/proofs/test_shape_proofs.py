"""Output extents, for all integers: the formulas of ``cnnspec.geometry`` equal what they stand for.

Each claim below is proved for every extent $n$, kernel $k$, pads and window, unbounded, at every stride and dilation
up to 16.  It runs the package's own source, read from its file; with a fault put into that source the solver must find
numbers for which the claim is false, and these are tried again on plain integers.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from cnnspec import geometry
from tests.proofs.symbolic import counterexample

pytest.importorskip("z3")

STEPS = range(1, 17)


class Interval(NamedTuple):
    """What ``range`` makes, of unknowns too."""

    start: Any
    stop: Any
    step: int = 1


def source(old: str = "", new: str = "") -> Any:
    """The functions of ``cnnspec.geometry``, read from its file, with one piece of text replaced."""
    text = Path(geometry.__file__).read_text(encoding="utf-8")
    assert old in text
    names: dict[str, Any] = {"__name__": geometry.__name__, "range": Interval}
    exec(compile(text.replace(old, new, 1), geometry.__file__, "exec"), names)
    return SimpleNamespace(**names)


SOUND = source()

# -------------------------------------------------------------------------------------------------------------- claims


def taps(g: Any, s: int, d: int, k: Any, lo: Any, i: Any, j: Any) -> Any:
    """Window i reads s i + d j - lo for j = 0 ... k - 1, and nothing else."""
    read = g.Window(k, s, d, lo).taps(i)
    return (read.start == s * i - lo) & (read.step == d) & ((read.start + d * j < read.stop) == (j < k))


def floor(g: Any, s: int, d: int, n: Any, k: Any, lo: Any, hi: Any, i: Any) -> Any:
    """i is a window if and only if its last tap is an element or padding."""
    count = g.Window(k, s, d, lo, hi).count(n)
    return (count >= 0) & ((i < count) == (s * i + d * (k - 1) - lo < n + hi))


def ceil(g: Any, s: int, d: int, n: Any, k: Any, lo: Any, hi: Any, i: Any) -> Any:
    """i is a window if and only if it starts on an element or in the low padding, and i - 1 leaves something unread."""
    count = g.Window(k, s, d, lo, hi).count(n, ceil_mode=True)
    unread = s * (i - 1) + d * (k - 1) - lo < n + hi - 1
    return (count >= 0) & ((i < count) == (unread & (s * i - lo < n) & (s * i - lo < n + hi)))


def kinds(g: Any, s: int, d: int, n: Any, k: Any, lo: Any, hi: Any, i: Any, j: Any) -> Any:
    """Under the floor rule no tap of a window overhangs."""
    return g.Window(k, s, d, lo, hi).kind(s * i + d * j - lo, n) != "overhang"


def first_kind(g: Any, s: int, d: int, n: Any, k: Any, lo: Any, hi: Any, i: Any) -> Any:
    """Under the ceil rule the first tap of a window does not overhang."""
    return g.Window(k, s, d, lo, hi).kind(s * i - lo, n) != "overhang"


def same_upper(g: Any, s: int, d: int, n: Any, k: Any, m: Any, *, upper: bool = True) -> Any:
    """There are m = ceil(n/s) windows, the pads are no crops, and differ by one at most, on the side that is named."""
    lo, hi = g.same_pads(n, k, s, d, upper=upper)
    small, large = (lo, hi) if upper else (hi, lo)
    odd = (small >= 0) & (small <= large) & (large <= small + 1)
    return odd & (g.Window(k, s, d, lo, hi).count(n) == m)


def same_lower(g: Any, s: int, d: int, n: Any, k: Any, m: Any) -> Any:
    """As above, the odd one on the low side."""
    return same_upper(g, s, d, n, k, m, upper=False)


def same_is_minimal(g: Any, s: int, d: int, n: Any, k: Any, m: Any, total: Any) -> Any:
    """Fewer pads than SAME give fewer windows."""
    return total >= sum(g.same_pads(n, k, s, d)) or g.Window(k, s, d, 0, total).count(n) < m


def transposed(g: Any, s: int, d: int, m: Any, k: Any, lo: Any, hi: Any, extra: Any) -> Any:
    """The extent of the transposed window has m windows, whatever the output padding below the stride."""
    window = g.Window(k, s, d, lo, hi)
    return window.count(window.transposed_extent(m, extra)) == m


def transposed_reaches(g: Any, s: int, d: int, n: Any, k: Any, lo: Any, hi: Any) -> Any:
    """Every extent that has windows is the transposed extent of their number, the remainder being the padding."""
    window = g.Window(k, s, d, lo, hi)
    m, extra = window.count(n), window.remainder(n)
    return m < 1 or (extra >= 0) & (extra < s) & (window.transposed_extent(m, extra) == n)


def inputs(g: Any, s: int, d: int, n: Any, k: Any, lo: Any, hi: Any, m: Any) -> Any:
    """n has m windows if and only if it is in the interval of those that do."""
    window = g.Window(k, s, d, lo, hi)
    interval = window.inputs_for(m)
    return ((interval.start <= n) & (n < interval.stop)) == (window.count(n) == m)


def stack(g: Any, s: int, d: int, n: Any, k: Any, k2: Any) -> Any:
    """Two layers, of strides s and d, have as many outputs as one of their receptive field and jump."""
    first, second = g.Window(k, s), g.Window(k2, d)
    field, jump = g.receptive_field([first, second])
    return second.count(first.count(n)) == g.Window(field, jump).count(n)


def adaptive(g: Any, o: int, i: int, n: Any, t: Any) -> Any:
    """Window i of o holds t if and only if the cell [t, t + 1) meets the real interval [i n/o, (i + 1) n/o)."""
    window = g.adaptive_window(i, n, o)
    return ((window.start <= t) & (t < window.stop)) == ((t * o < (i + 1) * n) & (i * n < (t + 1) * o))


def adaptive_cover(g: Any, o: int, i: int, n: Any, t: Any) -> Any:
    """Starts and ends grow, no window is empty or longer than ceil(n/o) + 1, and together they cover [0, n)."""
    window, following = g.adaptive_window(i, n, o), g.adaptive_window(i + 1, n, o)
    grow = (window.start <= following.start) & (window.stop <= following.stop) & (following.start <= window.stop)
    size = window.stop - window.start
    bounded = (size >= 1) & ((size - 2) * o < n)  # size - 1 <= ceil(n/o), and no real number lies between
    first = g.adaptive_window(0, n, o).start == 0
    return grow & bounded & first & (g.adaptive_window(o - 1, n, o).stop == n)


def pad_modes(g: Any, n: int, _: int, t: Any, turns: Any) -> Any:
    """Sources lie within the input, are themselves there, and follow the symmetry of their mode."""
    symmetries: dict[str, Any] = {
        "reflect": (-t, t + 2 * (n - 1) * turns),
        "symmetric": (-1 - t, t + 2 * n * turns),
        "circular": (t + n * turns,),
    }
    for mode, others in symmetries.items():
        u = g.source_index(t, n, mode)
        if not ((u >= 0) & (u < n)) or (t >= 0 and t < n and u != t):
            return False
        if any(g.source_index(other, n, mode) != u for other in others):
            return False
    u = g.source_index(t, n, "replicate")
    return u == (0 if t < 0 else n - 1 if t >= n else t)


class Statement(NamedTuple):
    """A claim, the integers it is about by their names, and what of them is given."""

    claim: Callable[..., Any]
    names: str
    given: Callable[..., Any]


def of_a_window(s: int, d: int, k: Any, n: Any = 0, i: Any = 0, **_: Any) -> Any:
    return (k >= 1) & (n >= 0) & (i >= 0)


def of_same(s: int, d: int, n: Any, k: Any, m: Any, total: Any = 0) -> Any:
    """m is the smallest integer with m s >= n."""
    return (k >= 1) & (n >= 1) & ((m - 1) * s < n) & (n <= m * s) & (total >= 0)


def with_a_last_tap(s: int, d: int, n: Any, k: Any, lo: Any, hi: Any, i: Any, j: Any) -> Any:
    return of_a_window(s, d, k, n, i) & (j >= 0) & (j < k) & (s * i + d * (k - 1) - lo < n + hi)


def with_a_first_tap(s: int, d: int, n: Any, k: Any, lo: Any, hi: Any, i: Any) -> Any:
    return of_a_window(s, d, k, n, i) & (s * i - lo < n) & (s * i - lo < n + hi)


def of_outputs(s: int, d: int, k: Any, m: Any, n: Any = 0, extra: Any = 0, **_: Any) -> Any:
    return (k >= 1) & (m >= 1) & (n >= 0) & (extra >= 0) & (extra < s)


STATEMENTS = [
    Statement(taps, "k lo i j", lambda s, d, k, lo, i, j: (k >= 1) & (i >= 0) & (j >= 0)),
    Statement(floor, "n k lo hi i", of_a_window),
    Statement(ceil, "n k lo hi i", of_a_window),
    Statement(kinds, "n k lo hi i j", with_a_last_tap),
    Statement(first_kind, "n k lo hi i", with_a_first_tap),
    Statement(same_upper, "n k m", of_same),
    Statement(same_lower, "n k m", of_same),
    Statement(same_is_minimal, "n k m total", of_same),
    Statement(transposed, "m k lo hi extra", of_outputs),
    Statement(transposed_reaches, "n k lo hi", of_a_window),
    Statement(inputs, "n k lo hi m", of_outputs),
    Statement(stack, "n k k2", lambda s, d, n, k, k2: (k >= 1) & (k2 >= 1) & (n >= 0)),
]
ADAPTIVE = [
    Statement(adaptive, "n t", lambda o, i, n, t: n >= 1),
    Statement(adaptive_cover, "n t", lambda o, i, n, t: n >= 1),
]
PAD_MODES = Statement(pad_modes, "t turns", lambda n, _, t, turns: True)


def refuted(statement: Statement, g: Any, s: int, d: int) -> dict[str, int] | None:
    """Numbers for which the statement is false, in plain integers too; ``None`` where it is proved."""
    found = counterexample(
        lambda **numbers: statement.claim(g, s, d, **numbers),
        lambda **numbers: statement.given(s, d, **numbers),
        statement.names,
    )
    if found is not None:
        assert statement.given(s, d, **found)
        assert not statement.claim(g, s, d, **found)
    return found


def name(statement: Statement) -> str:
    return statement.claim.__name__


# -------------------------------------------------------------------------------------------------------------- proofs


@pytest.mark.parametrize("statement", STATEMENTS, ids=name)
def test_for_all_integers_at_every_stride_and_dilation(statement: Statement) -> None:
    for s, d in product(STEPS, STEPS):
        assert refuted(statement, SOUND, s, d) is None


@pytest.mark.parametrize("statement", ADAPTIVE, ids=name)
def test_adaptive_windows_for_all_extents_at_every_count(statement: Statement) -> None:
    for o in STEPS:
        for i in range(o):
            assert refuted(statement, SOUND, o, i) is None


def test_padding_modes_for_all_positions_at_every_extent() -> None:
    for n in STEPS:
        assert refuted(PAD_MODES, SOUND, n, 0) is None


# ---------------------------------------------------------------------------------------- what the solver must refute

FLOOR = "room // self.stride + 1 if room >= 0 else 0"
FAULTS = [
    # toward zero, as C divides
    (floor, 3, 2, FLOOR, "(room // self.stride if room >= 0 else -(-room // self.stride)) + 1"),
    (floor, 2, 1, FLOOR, "ceil_div(room, self.stride) + 1 if room >= 0 else 0"),
    (floor, 1, 1, "if room >= 0 else 0", ""),
    (floor, 1, 1, "max(extent + self.lo + self.hi, 0)", "extent + self.lo + 2 * self.hi"),
    (floor, 1, 3, "(self.kernel - 1) * self.dilation + 1", "self.kernel * self.dilation"),
    (ceil, 2, 1, "min(room + self.stride, extent + self.lo + min(self.hi, 0))", "room + self.stride"),
    (ceil, 3, 1, "extent + self.lo + min(self.hi, 0))", "extent + self.lo)"),
    (ceil, 2, 1, "extent + self.lo + min(self.hi, 0))", "extent + self.lo + self.hi)"),
    (ceil, 3, 2, "max(ceil_div(started, self.stride), 0)", "ceil_div(started, self.stride)"),
    (taps, 2, 3, "first + self.span, self.dilation", "first + self.kernel, self.dilation"),
    (taps, 2, 3, "self.stride * index - self.lo", "self.stride * index + self.lo"),
    (kinds, 1, 2, "-self.lo <= tap < extent + self.hi else", "-self.lo <= tap < extent else"),
    (first_kind, 2, 1, "if -self.lo <= tap <", "if -self.lo < tap <"),
    (same_upper, 4, 1, "window.span - extent, 0)", "window.span - extent, -extent)"),
    (same_upper, 2, 1, "(small, large) if upper", "(large, small) if upper"),
    (same_upper, 2, 3, "total // 2, total - total // 2", "total // 2, total // 2"),
    (same_upper, 3, 1, "(ceil_div(extent, stride) - 1)", "(extent // stride - 1)"),
    (same_lower, 1, 1, "else (large, small)", "else (small, large)"),
    (same_is_minimal, 3, 1, "window.span - extent, 0)", "window.span - extent, 1)"),
    (transposed, 2, 3, "(extent - 1) * self.stride", "extent * self.stride"),
    (transposed, 2, 3, "- self.hi + output_padding", "+ output_padding"),
    (transposed_reaches, 3, 1, ") % self.stride", ") % (self.stride + 1)"),
    (inputs, 2, 1, "max(first + self.stride, 0)", "first + self.stride - 1"),
    (inputs, 1, 1, "range(max(first, 0)", "range(max(first, 1)"),
    (stack, 2, 3, "(window.span - 1) * jump", "(window.span - 1)"),
    (stack, 2, 3, "jump *= window.stride", "jump += window.stride"),
    (adaptive, 3, 1, "ceil_div((index + 1) * extent, count)", "(index + 1) * extent // count"),
    (adaptive, 3, 1, "index * extent // count,", "ceil_div(index * extent, count),"),
    (adaptive_cover, 5, 2, "ceil_div((index + 1) * extent, count)", "(index + 1) * extent // count"),
    (adaptive_cover, 5, 2, "index * extent // count,", "index * (extent // count),"),
    (pad_modes, 4, 0, "2 * (extent - 1) - r", "2 * extent - 1 - r"),
    (pad_modes, 4, 0, "t % extent", "max(t, 0) % extent"),
]  # fmt: skip
BY_CLAIM = {statement.claim: statement for statement in (*STATEMENTS, *ADAPTIVE, PAD_MODES)}


@pytest.mark.parametrize(
    ("claim", "s", "d", "right", "wrong"), FAULTS, ids=[f"{claim.__name__}: {wrong}" for claim, *_, wrong in FAULTS]
)
def test_a_fault_has_a_counterexample(claim: Any, s: int, d: int, right: str, wrong: str) -> None:
    assert refuted(BY_CLAIM[claim], source(right, wrong), s, d) is not None


def test_every_claim_has_been_seen_to_fail() -> None:
    assert {claim for claim, *_ in FAULTS} == set(BY_CLAIM)
