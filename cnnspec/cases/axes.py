"""Drawing the spatial axes of a case: extents, kernels, strides, dilations and pads that fit by construction.

The weights follow where reported bugs of convolution code live: about half of 428 reports need one feature to show, a
third need two, an eighth three.  Every axis is drawn on its own, since most faults of axis order hide where all
axes are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnnspec.cases.dice import Dice, Weighted
from cnnspec.geometry import Window, same_pads
from cnnspec.implementation import OperationClaims

KERNELS: Weighted[int] = ((1, 20), (2, 20), (3, 25), (4, 12), (5, 12), (6, 4), (7, 4), (9, 3))
STRIDES: Weighted[int] = ((1, 35), (2, 33), (3, 20), (4, 8), (5, 4))
DILATIONS: Weighted[int] = ((1, 60), (2, 24), (3, 11), (5, 5))
EXTENTS: Weighted[str] = (("small", 65), ("edge", 27), ("one", 8))
EDGES = (3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33)
PADDINGS: Weighted[str] = (
    ("none", 16), ("symmetric", 20), ("asymmetric", 32), ("same_upper", 13), ("same_lower", 9), ("whole", 7), ("negative", 3),
)  # fmt: skip
NEEDS = {"symmetric": "symmetric", "asymmetric": "asymmetric", "same_upper": "asymmetric", "same_lower": "asymmetric",
         "whole": "symmetric", "negative": "negative", "none": "none"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axis:
    """One spatial axis: its extent and the window that meets it."""

    extent: int
    window: Window


def draw_axes(
    dice: Dice,
    rank: int,
    claim: OperationClaims,
    *,
    ceil_mode: bool = False,
    strided: bool = True,
    pooling: bool = False,
    largest: int = 33,
) -> list[Axis]:
    """The axes of a windowed operation, inside the claim, with at least one window each."""
    word = draw_padding_word(dice, claim)
    pointwise = not pooling and dice.chance(8)
    axes = [draw_axis(dice, claim, word, pointwise, ceil_mode, pooling, largest) for _ in range(rank)]
    if claim.uniform:
        axes = [_fit(Axis(axis.extent, _like(axes[0].window, axis.window, pooling)), ceil_mode) for axis in axes]
    elif rank > 1 and dice.chance(5):
        axes = [axes[0]] * rank
    return axes


def draw_padding_word(dice: Dice, claim: OperationClaims) -> str:
    """How this case pads, as far as the claim allows."""
    if "padding" not in claim.options:
        return "none"
    allowed = tuple((w, weight) for w, weight in PADDINGS if claim.allows_padding(NEEDS[w]))  # type: ignore[arg-type]
    return dice.pick(allowed)


def draw_axis(
    dice: Dice, claim: OperationClaims, word: str, pointwise: bool, ceil_mode: bool, pooling: bool, largest: int
) -> Axis:
    """One axis with at least one window."""
    kernel = 1 if pointwise else dice.pick(KERNELS)
    stride = dice.pick(STRIDES) if "stride" in claim.options else 0
    stride = stride or (kernel if pooling else 1)
    dilation = dice.pick(DILATIONS) if "dilation" in claim.options else 1
    if "stride_or_dilation" in claim.limits and stride > 1:
        dilation = 1
    extent = min(draw_extent(dice), largest)
    window = Window(kernel, stride, dilation)
    lo, hi = draw_pads(dice, word, window, extent, half="half_kernel_padding" in claim.limits)
    axis = _fit(Axis(extent, replace(window, lo=lo, hi=hi)), ceil_mode)
    if stride > 1 and axis.window.remainder(axis.extent) == 0 and dice.chance(33):
        axis = replace(axis, extent=axis.extent + dice.integer(1, stride - 1))
    return axis


def draw_extent(dice: Dice) -> int:
    """An extent: mostly up to 12, else around 4, 8, 16 and 32, where tiles end, or 1."""
    kind = dice.pick(EXTENTS)
    if kind == "one":
        return 1
    return dice.choose(EDGES) if kind == "edge" else dice.integer(1, 12)


def draw_pads(dice: Dice, word: str, window: Window, extent: int, *, half: bool = False) -> tuple[int, int]:
    """The pads of one axis."""
    most = window.kernel // 2 if half else max(window.span - 1, 2)
    if word == "symmetric":
        p = dice.integer(0, min(most, 4))
        return p, p
    if word == "asymmetric":
        return dice.integer(0, min(most, 4)), dice.integer(0, min(most, 4))
    if word in ("same_upper", "same_lower") and not half:
        return same_pads(extent, window.kernel, window.stride, window.dilation, upper=word == "same_upper")
    if word == "whole" and not half:
        return (window.span,) * 2
    if word == "negative":
        return -dice.integer(0, min(2, extent - 1)), dice.integer(0, 2)
    return 0, 0


def _fit(axis: Axis, ceil_mode: bool) -> Axis:
    """The axis, its extent raised until one window fits."""
    missing = axis.window.span - axis.window.padded(axis.extent)
    if missing > 0 and axis.window.lo + axis.window.hi + axis.extent <= 0:
        return Axis(axis.window.span - axis.window.lo - axis.window.hi, axis.window)
    return replace(axis, extent=axis.extent + max(missing, 0))


def _like(first: Window, own: Window, pooling: bool) -> Window:
    """The first axis's options on another axis; a layer's kernel extent is no option and stays."""
    return first if pooling else replace(first, kernel=own.kernel)
