"""Drawing the spatial axes of a case: extents, kernels, strides, dilations and pads that fit by construction.

The weights follow where reported bugs of convolution code live: about half of 428 reports need one feature to show, a
third need two, an eighth three.  Every axis is drawn on its own, since most faults of axis order hide where all
axes are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnnspec.cases.dice import Dice, Weighted
from cnnspec.geometry import Window, same_pads
from cnnspec.implementation import OperationClaims, PaddingClaim

KERNELS: Weighted[int] = ((1, 20), (2, 20), (3, 25), (4, 12), (5, 12), (6, 4), (7, 4), (9, 3))
STRIDES: Weighted[int] = ((1, 35), (2, 33), (3, 20), (4, 8), (5, 4))
DILATIONS: Weighted[int] = ((1, 60), (2, 24), (3, 11), (5, 5))
EXTENTS: Weighted[str] = (("small", 65), ("edge", 27), ("one", 8))
EDGES = (3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33)
PADDINGS: Weighted[str] = (
    ("none", 8), ("symmetric", 22), ("asymmetric", 36),
    ("same_upper", 14), ("same_lower", 10), ("whole", 7), ("negative", 3),
)  # fmt: skip
USUAL: Weighted[tuple[int, int, int, int]] = (
    ((3, 1, 1, 1), 22), ((3, 2, 1, 1), 14), ((3, 1, 0, 0), 8), ((3, 2, 0, 1), 6), ((3, 1, 2, 2), 6), ((1, 1, 0, 0), 8),
    ((1, 2, 0, 0), 6), ((2, 2, 0, 0), 10), ((4, 2, 1, 1), 7), ((5, 1, 2, 2), 6), ((7, 2, 3, 3), 4), ((8, 8, 0, 0), 3),
)  # fmt: skip
"""Kernel, stride and pads of layers in well-known networks, on all axes alike: code has paths of its own for them."""
NEEDS: dict[str, PaddingClaim] = {
    "none": "none", "symmetric": "symmetric", "whole": "symmetric", "negative": "negative",
    "asymmetric": "asymmetric", "same_upper": "asymmetric", "same_lower": "asymmetric",
}  # fmt: skip


ALIKE = {"one_stride": "stride", "square_kernel": "kernel"}
"""Limits under which all axes have one value of something."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One spatial axis: its extent and the window that meets it."""

    extent: int
    window: Window

    @property
    def pads(self) -> tuple[int, int]:
        """The window's pads."""
        return self.window.lo, self.window.hi

    def same(self, stride: int = 1) -> Axis:
        """The axis at a stride, under the pads of ``same_upper``, which at 1 keep its extent."""
        w = self.window
        lo, hi = same_pads(self.extent, w.kernel, stride, w.dilation)
        return replace(self, window=replace(w, stride=stride, lo=lo, hi=hi))


def draw_axes(
    dice: Dice,
    rank: int,
    claim: OperationClaims,
    *,
    ceil_mode: bool = False,
    pooling: bool = False,
) -> list[Axis]:
    """The axes of a windowed operation, inside the claim, with at least one window each."""
    word = draw_padding_word(dice, claim)
    usual = _usual(dice, claim, rank, pooling) if dice.chance(16) else None
    axes = _free(dice, rank, claim, word, pooling) if usual is None else _all(dice, usual, rank)
    axes = [_with_remainder(dice, axis, 70 if ceil_mode else 33) for axis in axes]
    if rank > 1 and dice.chance(5):
        axes = _of_one_extent(axes)
    return _limited(axes, claim, padded=word != "none" if usual is None else usual.hi > 0)


def _usual(dice: Dice, claim: OperationClaims, rank: int, pooling: bool) -> Window | None:
    """A window as well-known networks have it, inside the claim, if there is one; now and then dilated."""
    fitting = tuple(
        (window, weight)
        for (k, s, lo, hi), weight in USUAL
        if ("stride" in claim.options or s == (k if pooling else 1)) and (rank < 3 or k < 5)
        for window in [Window(k, s, 1, lo, hi)]
        if not hi or ("padding" in claim.options and claim.allows_padding("symmetric" if lo == hi else "asymmetric"))
        if not ("half_kernel_padding" in claim.limits and 2 * hi > k)
    )
    if not fitting:
        return None
    window = dice.pick(fitting)
    wider = "dilation" in claim.options and not claim.limits and window.stride == 1 and dice.chance(10)
    return replace(window, dilation=2, lo=2 * window.lo, hi=2 * window.hi) if wider else window


def _all(dice: Dice, window: Window, rank: int) -> list[Axis]:
    """Axes under one window, each with an extent of its own."""
    return [_fit(Axis(draw_room(dice, window, dice.integer(1, 9)), window)) for _ in range(rank)]


def _free(dice: Dice, rank: int, claim: OperationClaims, word: str, pooling: bool) -> list[Axis]:
    """Axes that are drawn each on its own, as far as the claim allows."""
    pointwise = not pooling and dice.chance(8)
    windows = [draw_window(dice, claim, pointwise, pooling, small=rank == 3) for _ in range(rank)]
    if claim.uniform:
        windows = [windows[0] if pooling else replace(windows[0], kernel=w.kernel) for w in windows]
    alike = {word: getattr(windows[0], word) for limit, word in ALIKE.items() if limit in claim.limits}
    if "stride_or_dilation" in claim.limits and any(w.stride > 1 for w in windows):
        alike["dilation"] = 1
    windows = [replace(w, **alike) for w in windows]
    most = 2 if "half_kernel_padding" in claim.limits else 1 if "padding_below_kernel" in claim.limits else 0
    axes: list[Axis] = []
    for window in windows:
        extent = draw_room(dice, window, min(draw_extent(dice), 9 if rank == 3 else 33))
        pads = axes[0].pads if claim.uniform and axes else draw_pads(dice, word, window, extent, limit=most)
        axes.append(_fit(Axis(extent, replace(window, lo=pads[0], hi=pads[1]))))
    return axes


def _of_one_extent(axes: list[Axis]) -> list[Axis]:
    """The axes with the extent of the longest: an image that tells nobody which axis is which."""
    return [replace(axis, extent=max(a.extent for a in axes)) for axis in axes]


def _limited(axes: list[Axis], claim: OperationClaims, *, padded: bool) -> list[Axis]:
    """The axes with equal extents, or the pads of ``same``, where no others are claimed."""
    if "square_input" in claim.limits:
        axes = _of_one_extent(axes)
    at_stride = "padding_none_or_same_upper" in claim.limits
    if not at_stride and "padding_none_or_same" not in claim.limits:
        return axes
    if padded:
        return [axis.same(axis.window.stride if at_stride else 1) for axis in axes]
    return [_fit(replace(axis, window=replace(axis.window, lo=0, hi=0))) for axis in axes]


def draw_padding_word(dice: Dice, claim: OperationClaims) -> str:
    """How this case pads, as far as the claim allows."""
    if "padding" not in claim.options:
        return "none"
    allowed = tuple((w, weight) for w, weight in PADDINGS if claim.allows_padding(NEEDS[w]))
    return dice.pick(allowed)


def draw_window(dice: Dice, claim: OperationClaims, pointwise: bool, pooling: bool, small: bool) -> Window:
    """Kernel, stride and dilation of one axis, not yet padded; ``small`` keeps three dimensions affordable."""
    kernel = 1 if pointwise else dice.pick(KERNELS[:4] if small else KERNELS)
    stride = dice.pick(STRIDES) if "stride" in claim.options else 0
    stride = stride or (kernel if pooling else 1)
    if kernel < stride and not pointwise and dice.chance(50):
        kernel = stride + dice.integer(0, 2)
    dilation = dice.pick(DILATIONS[:3] if small else DILATIONS) if "dilation" in claim.options else 1
    if not pooling or "stride" in claim.options:
        return Window(kernel, stride, dilation)
    return Window(kernel, kernel, dilation)


def draw_room(dice: Dice, window: Window, extent: int) -> int:
    """The extent, in nine cases of ten enough for a few windows: one window alone hides most faults."""
    if dice.chance(10):
        return extent
    return max(extent, window.span + window.stride * dice.integer(0, 3))


def draw_extent(dice: Dice) -> int:
    """An extent: mostly up to 12, else around 4, 8, 16 and 32, where tiles end, or 1."""
    kind = dice.pick(EXTENTS)
    if kind == "one":
        return 1
    return dice.choose(EDGES) if kind == "edge" else dice.integer(1, 12)


def draw_pads(dice: Dice, word: str, window: Window, extent: int, *, limit: int = 0) -> tuple[int, int]:
    """The pads of one axis; a ``limit`` of 2 keeps them to half the kernel, of 1 below it, of 0 leaves them free."""
    most = (max(window.span - 1, 2), window.kernel - 1, window.kernel // 2)[limit]
    most = min(most, 4)
    if word == "symmetric":
        p = dice.integer(min(1, most), most)
        return p, p
    if word == "asymmetric" and most > 0:
        lo, other = dice.integer(0, most), dice.integer(0, most - 1)
        return lo, other + (other >= lo)
    if word in ("same_upper", "same_lower") and not limit:
        return same_pads(extent, window.kernel, window.stride, window.dilation, upper=word == "same_upper")
    if word == "whole" and not limit:
        return (window.span,) * 2
    if word == "negative":
        pads = -dice.integer(0, min(2, extent - 1)), dice.integer(0, 2)
        return pads[::-1] if dice.chance(50) else pads
    return 0, 0


def _fit(axis: Axis) -> Axis:
    """The axis, its extent raised until one window fits."""
    window = axis.window
    return replace(axis, extent=max(axis.extent, window.span - window.lo - window.hi, 1))


def _with_remainder(dice: Dice, axis: Axis, percent: int) -> Axis:
    """The axis, often a little longer where the stride would divide it evenly; pads are kept."""
    stride = axis.window.stride
    if stride == 1 or axis.window.remainder(axis.extent) or not dice.chance(percent):
        return axis
    return replace(axis, extent=axis.extent + dice.integer(1, stride - 1))
