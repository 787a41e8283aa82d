"""Sums over the taps of every window, one axis after the other, and the places on which windows and taps meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, Shape


def index(*parts: Any) -> Any:
    """The parts as one index, of a type that every array takes."""
    return parts


def overlap(
    offset: Shape, step: Shape, extents: Shape, rows: slice, counts: Shape
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """For one tap, the windows that read a slab of rows, and the part of the slab that they read.

    Examples
    --------
    >>> overlap((-1,), (2,), (5,), slice(0, 5), (3,))
    ((slice(1, 3, None),), (slice(1, 4, 2),))
    """
    windows: list[slice] = []
    read: list[slice] = []
    low, high = rows.start, rows.stop
    for q, s, n, m in zip(offset, step, extents, counts, strict=True):
        if windows:
            low, high = 0, n
        first = max((low - q + s - 1) // s, 0)
        last = max(min((high - 1 - q) // s + 1, m), first)
        windows.append(slice(first, last))
        start = s * first + q - low
        read.append(slice(start, max(start + s * (last - first - 1) + 1, start), s))
    return tuple(windows), tuple(read)


def boxed(power: Array, axes: Sequence[Window], counts: Shape) -> Array:
    """The sum over the taps of every window, one axis after the other: (N, *n) to (N, *m).

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> boxed(np.array([[1.0, 2, 4, 8]]), [Window(3, 2, lo=1)], (2,)).tolist()
    [[3.0, 14.0]]
    """
    for axis, (a, m) in enumerate(zip(axes, counts, strict=True), start=1):
        n = power.shape[axis]
        total = np.zeros((*power.shape[:axis], m, *power.shape[axis + 1 :]), power.dtype)
        before = (slice(None),) * axis
        for j in range(a.kernel):
            (at,), (read,) = overlap((a.dilation * j - a.lo,), (a.stride,), (n,), slice(0, n), (m,))
            total[index(*before, at)] += power[index(*before, read)]
        power = total
    return power


def spread(power: Array, axes: Sequence[Window], extents: Shape) -> Array:
    """The adjoint of :func:`boxed`: (N, *m) to (N, *n).

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> spread(np.array([[1.0, 10]]), [Window(3, 2, lo=1)], (4,)).tolist()
    [[1.0, 11.0, 10.0, 10.0]]
    """
    for axis, (a, n) in enumerate(zip(axes, extents, strict=True), start=1):
        m = power.shape[axis]
        total = np.zeros((*power.shape[:axis], n, *power.shape[axis + 1 :]), power.dtype)
        before = (slice(None),) * axis
        for j in range(a.kernel):
            (read,), (at,) = overlap((a.dilation * j - a.lo,), (a.stride,), (n,), slice(0, n), (m,))
            total[index(*before, at)] += power[index(*before, read)]
        power = total
    return power
