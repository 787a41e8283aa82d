"""The windows of a pooling, one axis at a time: what every tap reads, for all windows at once.

Window $i$ of an axis has at most $K$ taps.  For tap $j$ a :class:`Step` pairs the windows in which that tap is *real*
with the elements it reads there, so that a running maximum or sum over the $K$ steps touches no padding at all.  A
window in $r$ dimensions is the product of its axes, so reducing one axis after the other takes $\\sum_a K_a$ passes
and not $\\prod_a K_a$.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from cnnspec.errors import ShapeError
from cnnspec.geometry import Window
from cnnspec.shapes import adaptive_shape, output_extents, pool_windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

    from cnnspec.typing import Array, Padding, PerAxis, Shape

Select: TypeAlias = "slice | Array"


class Step(NamedTuple):
    """One tap $j$: the windows in which it is real, and the elements that it reads in them."""

    tap: int
    windows: Select
    taps: Select


@dataclass(frozen=True, slots=True)
class Axis:
    """All windows of one axis.

    Tap $j$ below ``kernel`` reads the element ``start`` $+ d\\,j$ of each window, with ``dilation`` $d$.  ``first`` is
    the first real element of each window; ``real`` and ``counted`` are the numbers of its real taps, and of its real
    and padding taps.
    """

    extent: int
    count: int
    kernel: int
    dilation: int
    steps: tuple[Step, ...]
    start: Array
    first: Array
    real: Array
    counted: Array


def sliding_axes(
    shape: Shape,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> tuple[Axis, ...]:
    """The windows of a sliding pooling over an input of that shape.

    Raises
    ------
    ShapeError
        If no window fits, or some window holds no real tap.
    """
    windows = pool_windows(shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    counts = output_extents(shape[2:], windows, ceil_mode=ceil_mode)
    return tuple(_sliding_axis(w, n, m) for w, n, m in zip(windows, shape[2:], counts, strict=True))


@lru_cache(maxsize=1024)
def _sliding_axis(w: Window, extent: int, count: int) -> Axis:
    taps = np.arange(count)[:, None] * w.stride + np.arange(w.kernel) * w.dilation - w.lo  # (m, k)
    real = (taps >= 0) & (taps < extent + min(w.hi, 0))  # no tap lies below -lo, where a low crop ends
    if not real.any(axis=1).all():
        raise ShapeError(
            f"every window must hold a real element, and window {real.any(axis=1).argmin()} of {count} on an axis of"
            f" {extent} elements holds padding alone (POOL-2); pad less, or use a larger kernel"
        )
    counted = real | (taps >= -w.lo) & (taps < extent + w.hi)
    steps = []
    for j in np.flatnonzero(real.any(axis=0)):
        # the windows in which a tap is real are neighbours
        i = np.flatnonzero(real[:, j])
        low, high = int(taps[i[0], j]), int(taps[i[-1], j])
        steps.append(Step(int(j), slice(int(i[0]), int(i[-1]) + 1), slice(low, high + 1, w.stride)))
    first = taps[np.arange(count), real.argmax(axis=1)]
    sums = real.sum(axis=1), counted.sum(axis=1)
    return Axis(extent, count, w.kernel, w.dilation, tuple(steps), taps[:, 0], first, *sums)


def adaptive_axes(shape: Shape, *, output_size: PerAxis) -> tuple[Axis, ...]:
    """The windows $[\\lfloor i n/m \\rfloor, \\lceil (i+1)n/m \\rceil)$ of an adaptive pooling."""
    counts = adaptive_shape(shape, output_size=output_size)[2:]
    return tuple(_adaptive_axis(n, m) for n, m in zip(shape[2:], counts, strict=True))


@lru_cache(maxsize=1024)
def _adaptive_axis(extent: int, count: int) -> Axis:
    if extent % count == 0:
        return _sliding_axis(Window(extent // count, extent // count), extent, count)
    i = np.arange(count)
    first = i * extent // count
    sizes = -(-(i + 1) * extent // count) - first
    steps = []
    for j in range(sizes.max()):
        windows = np.flatnonzero(sizes > j)
        steps.append(Step(j, windows, first[windows] + j))
    return Axis(extent, count, len(steps), 1, tuple(steps), first, first, sizes, sizes)


def maximum(x: Array, axes: Sequence[Axis]) -> Array:
    """The maximum over every window, NaN where it holds one; native in any real dtype."""
    with np.errstate(invalid="ignore"):
        for a, axis in enumerate(axes, start=2):
            y = x.take(axis.first, axis=a)
            for _, windows, taps in axis.steps:
                _combine(np.maximum, y, _along(a, windows), x[_along(a, taps)])
            x = y
    return x


def first_maximum(x: Array, axes: Sequence[Axis]) -> tuple[Array, Array]:
    """The maximum over every window and the flat index of the first tap, in row-major order, that holds it.

    The last axis comes first: among the rows of a window the earliest one that holds the maximum wins, and within the
    row the earliest tap, which is the order of the flat index.  Meanwhile the taps of a window are numbered in that
    order, in as few bytes as will do, and looked up at the end.
    """
    extents, kernel = x.shape[2:], prod(axis.kernel for axis in axes)
    number: Array = np.zeros((1,) * x.ndim, np.min_scalar_type(kernel))
    has_nan = x.dtype.kind not in "iu" and bool(np.isnan(x).any())
    places, starts, below, size = np.zeros(1, np.int64), np.zeros((), np.int64), 1, 1
    for a, axis in reversed(list(enumerate(axes, start=2))):
        number = np.broadcast_to(number, x.shape)
        y, best = x.take(axis.first, axis=a), number.take(axis.first, axis=a)
        kind = best.dtype.type
        column = (axis.count, *(1,) * (x.ndim - a - 1))
        best += ((axis.first - axis.start) // axis.dilation * below).astype(kind).reshape(column)
        for tap, windows, taps in axis.steps:
            at, source = _along(a, windows), _along(a, taps)
            v, old = x[source], y[at]
            with np.errstate(invalid="ignore"):  # bfloat16 warns where it compares a NaN
                wins = v > old
                if has_nan:
                    wins |= np.isnan(v) & ~np.isnan(old)
                _combine(np.maximum, y, at, v)
            # a choice without a branch, modulo a power of two: masked copies are ten times slower
            gain = number[source] + kind(tap * below) - best[at]
            _combine(np.add, best, at, gain * wins.view(np.uint8).astype(kind))
        x, number = y, best
        places = np.add.outer(np.arange(axis.kernel) * axis.dilation * size, places).ravel()
        starts = np.add.outer(axis.start * size, starts)
        below, size = below * axis.kernel, size * extents[a - 2]
    return x, places.take(number) + starts


def total(x: Array, axes: Sequence[Axis], dtype: DTypeLike = np.float64) -> Array:
    """The sum over every window, formed in ``dtype``."""
    with np.errstate(invalid="ignore", over="ignore"):
        for a, axis in enumerate(axes, start=2):
            y = np.zeros((*x.shape[:a], axis.count, *x.shape[a + 1 :]), dtype)
            for _, windows, taps in axis.steps:
                _combine(np.add, y, _along(a, windows), x[_along(a, taps)])
            x = y
    return x


def spread(g: Array, axes: Sequence[Axis], dtype: DTypeLike = np.float64) -> Array:
    """The adjoint of :func:`total`: every element becomes the sum of ``g`` over the windows that read it."""
    with np.errstate(invalid="ignore", over="ignore"):
        for a, axis in enumerate(axes, start=2):
            x = np.zeros((*g.shape[:a], axis.extent, *g.shape[a + 1 :]), dtype)
            for _, windows, taps in axis.steps:
                at, v = _along(a, taps), g[_along(a, windows)]
                if isinstance(taps, slice):
                    _combine(np.add, x, at, v)
                else:
                    # neighbouring adaptive windows may read one element with the same tap
                    np.add.at(x, at, v)
            g = x
    return g


def sizes(axes: Sequence[Axis], *, padding: bool) -> Array:
    """The number of real taps of every window, with its padding taps if ``padding``; overhang never counts."""
    per_axis = [axis.counted if padding else axis.real for axis in axes]
    product: Array = reduce(np.multiply.outer, per_axis)
    return product


def _along(axis: int, select: Select) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, select)


def _combine(ufunc: np.ufunc, y: Array, at: tuple[Any, ...], v: Array) -> None:
    """``y[at] = ufunc(y[at], v)``, without a copy where ``at`` is made of slices."""
    if isinstance(at[-1], slice):
        ufunc(y[at], v, out=y[at])
    else:
        y[at] = ufunc(y[at], v)
