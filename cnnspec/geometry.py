"""One axis: windows, extents, pads and index maps, in mathematical integers.

Notation, the same in every module and on every page:

| letter | word | meaning |
|---|---|---|
| $n$ | extent | number of input elements on the axis |
| $k$ | kernel | number of taps, $k \\ge 1$ |
| $s$ | stride | step between neighbouring windows, $s \\ge 1$ |
| $d$ | dilation | step between neighbouring taps, $d \\ge 1$ |
| $p_{lo}, p_{hi}$ | pads | elements added before and after; negative pads crop |
| $k'$ | span | reach of the dilated kernel, $k' = (k-1)d + 1$ |
| $N$ | padded extent | $N = n + p_{lo} + p_{hi}$ |

Window $i$ reads the taps $t = s\\,i + d\\,j - p_{lo}$ for $j = 0, \\dots, k-1$.  A tap is *real* where
$0 \\le t < n$, *padding* where $-p_{lo} \\le t < 0$ or $n \\le t < n + p_{hi}$, and *overhang* beyond.  A negative
pad crops: the elements $t < -p_{lo}$ or $t \\ge n + p_{hi}$ are not there, and a tap on one of them overhangs.

Extents are found by counting windows.  Division only shortens the count, and it floors toward $-\\infty$: a C
program that truncates $(N-k')/s$ toward zero invents a window when the kernel is too large.

This module imports the standard library alone, so that it also runs in a browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from cnnspec.errors import ParameterError, ShapeError

TapKind = Literal["real", "padding", "overhang"]


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel meets one axis: its taps, stride, dilation and the pads it sees.

    Examples
    --------
    >>> Window(3, stride=2, lo=1, hi=1).count(5)
    3
    >>> Window(3, stride=2, lo=1, hi=1).taps(0)
    range(-1, 2)
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    lo: int = 0
    hi: int = 0

    def __post_init__(self) -> None:
        for name in ("kernel", "stride", "dilation"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} must be >= 1, got {getattr(self, name)} (SHAPE-1)")

    @property
    def span(self) -> int:
        """The reach of the dilated kernel, $k' = (k-1)d + 1$."""
        return (self.kernel - 1) * self.dilation + 1

    def padded(self, extent: int) -> int:
        """The padded extent $N = n + p_{lo} + p_{hi}$, never below 0."""
        return max(extent + self.lo + self.hi, 0)

    def count(self, extent: int, *, ceil_mode: bool = False) -> int:
        """The number of windows $m$ on an axis of ``extent`` elements; 0 where none fits.

        Floor rule: $m = |\\{i \\ge 0 : s i + k' \\le N\\}|$.  Ceil rule: the last window may overhang, and
        must start inside the input or the low padding, and not on an element that is cropped:
        $m = |\\{i \\ge 0 : s i < N - k' + s \\text{ and } s i < n + p_{lo} + \\min(p_{hi}, 0)\\}|$.

        Examples
        --------
        >>> Window(2, stride=2).count(5), Window(2, stride=2).count(5, ceil_mode=True)
        (2, 3)
        """
        room = self.padded(extent) - self.span
        if not ceil_mode:
            return room // self.stride + 1 if room >= 0 else 0
        started = min(room + self.stride, extent + self.lo + min(self.hi, 0))
        return max(ceil_div(started, self.stride), 0)

    def taps(self, index: int) -> range:
        """The input coordinates that window ``index`` reads, padding and overhang included."""
        first = self.stride * index - self.lo
        return range(first, first + self.span, self.dilation)

    def kind(self, tap: int, extent: int) -> TapKind:
        """Whether ``tap`` is a ``real`` element, ``padding``, or ``overhang`` beyond the padding or on what is cropped.

        Examples
        --------
        >>> [Window(3, hi=-1).kind(tap, 3) for tap in range(4)]
        ['real', 'real', 'overhang', 'overhang']
        """
        if max(0, -self.lo) <= tap < extent + min(self.hi, 0):
            return "real"
        return "padding" if -self.lo <= tap < extent + self.hi else "overhang"

    def remainder(self, extent: int) -> int:
        """The number of padded elements $(N - k') \\bmod s$ that the floor rule leaves unread at the end."""
        return (self.padded(extent) - self.span) % self.stride

    def transposed_extent(self, extent: int, output_padding: int = 0) -> int:
        """The extent of the transposed window, $m = (n-1)s + k' - p_{lo} - p_{hi}$ plus ``output_padding``.

        Examples
        --------
        >>> Window(3, stride=2, lo=1, hi=1).transposed_extent(4, output_padding=1)
        8
        """
        return (extent - 1) * self.stride + self.span - self.lo - self.hi + output_padding

    def inputs_for(self, count: int) -> range:
        """Every input extent that gives exactly ``count`` windows under the floor rule (count >= 1).

        Examples
        --------
        >>> Window(3, stride=2, lo=1, hi=1).inputs_for(3)
        range(5, 7)
        """
        first = (count - 1) * self.stride + self.span - self.lo - self.hi
        return range(max(first, 0), max(first + self.stride, 0))


def ceil_div(a: int, b: int) -> int:
    """$\\lceil a / b \\rceil$ for $b > 0$, in integers."""
    return -(-a // b)


def same_pads(extent: int, kernel: int, stride: int = 1, dilation: int = 1, *, upper: bool = True) -> tuple[int, int]:
    """The pads that give $\\lceil n/s \\rceil$ windows; the odd one goes to the high side if ``upper``.

    $P = \\max((m-1)s + k' - n,\\ 0)$, split into $\\lfloor P/2 \\rfloor$ and the rest.  The clamp at 0 matters
    where the span is smaller than the stride.

    Examples
    --------
    >>> same_pads(5, 2), same_pads(5, 2, upper=False), same_pads(5, 1, stride=3)
    ((0, 1), (1, 0), (0, 0))
    """
    window = Window(kernel, stride, dilation)
    total = max((ceil_div(extent, stride) - 1) * stride + window.span - extent, 0)
    small, large = total // 2, total - total // 2
    return (small, large) if upper else (large, small)


def causal_pads(kernel: int, dilation: int = 1) -> tuple[int, int]:
    """The pads $(d(k-1), 0)$ under which output $t$ reads no input after position $s\\,t$."""
    return dilation * (kernel - 1), 0


def adaptive_window(index: int, extent: int, count: int) -> range:
    """The input coordinates of adaptive window ``index`` of ``count``.

    Window $i$ of $m$ is $[\\lfloor i n/m \\rfloor, \\lceil (i+1)n/m \\rceil)$.  Neighbouring windows may overlap,
    and differ in size; more outputs than inputs is allowed.

    Examples
    --------
    >>> [adaptive_window(i, 5, 3) for i in range(3)]
    [range(0, 2), range(1, 4), range(3, 5)]
    """
    return range(index * extent // count, ceil_div((index + 1) * extent, count))


def source_index(t: int, extent: int, mode: str) -> int | None:
    """The input coordinate that padded position ``t`` reads; ``None`` where it reads the constant.

    For $x = 1\\,2\\,3$ and pads of 2: ``reflect`` gives 3 2 | 1 2 3 | 2 1, ``symmetric`` 2 1 | 1 2 3 | 3 2,
    ``replicate`` 1 1 | 1 2 3 | 3 3 and ``circular`` 2 3 | 1 2 3 | 1 2.  Each map is total for every extent >= 1,
    also where the pads are larger than the input.

    Raises
    ------
    ParameterError
        If ``mode`` is none of the five.
    ShapeError
        If the extent is 0 and the mode is not ``constant``: there is nothing to repeat.

    Examples
    --------
    >>> [source_index(t, 3, "reflect") for t in range(-2, 5)]
    [2, 1, 0, 1, 2, 1, 0]
    """
    if mode == "constant":
        return t if 0 <= t < extent else None
    if extent < 1 and mode in PAD_MODES:
        raise ShapeError(
            f"padding mode {mode!r} needs an extent >= 1, got {extent}: there is nothing to repeat (PAD-1)"
        )
    if mode == "replicate":
        return min(max(t, 0), extent - 1)
    if mode == "circular":
        return t % extent
    if mode == "symmetric":
        r = t % (2 * extent)
        return r if r < extent else 2 * extent - 1 - r
    if mode == "reflect":
        r = t % (2 * (extent - 1)) if extent > 1 else 0
        return r if r < extent else 2 * (extent - 1) - r
    raise ParameterError(f"padding mode must be one of {', '.join(PAD_MODES)}; got {mode!r} (PAD-1)")


PAD_MODES = ("constant", "reflect", "symmetric", "replicate", "circular")
"""The padding modes, in this package's names; SciPy's ``reflect`` is ours ``symmetric``."""


def receptive_field(windows: Iterable[Window]) -> tuple[int, int]:
    """The receptive field $r = 1 + \\sum_l (k_l-1)d_l\\prod_{i<l}s_i$ and the jump $\\prod_l s_l$ of a stack.

    Examples
    --------
    >>> receptive_field([Window(3), Window(3, stride=2), Window(3)])
    (9, 2)
    """
    field, jump = 1, 1
    for window in windows:
        field += (window.span - 1) * jump
        jump *= window.stride
    return field, jump


def count_windows_literally(extent: int, window: Window, *, ceil_mode: bool = False) -> int:
    """Count windows one by one, as the definition reads: the statement that :meth:`Window.count` must equal."""
    return sum(1 for _ in _starts(extent, window, ceil_mode))


def _starts(extent: int, window: Window, ceil_mode: bool) -> Iterator[int]:
    padded, start = window.padded(extent), 0
    while True:
        if ceil_mode:
            inside = start < extent + window.lo + min(window.hi, 0)
            fits = start < padded - window.span + window.stride and inside
        else:
            fits = start + window.span <= padded
        if not fits:
            return
        yield start
        start += window.stride
