"""The sums of a convolution, projected on a few random directions of its channels: a layer of one channel each.

$\\sum_o r_o\\,y[n,o,i] = \\sum_{c,j} \\big(\\sum_o r_o\\,w[o,c,j]\\big)\\,x[n,c,s i + d j - p]$: the right side costs
as much as one output channel.  It is taken as a matrix product with the data as they lie, one row per tap, and then
the rows are added up, each shifted by its tap: no columns are ever copied out.  Where the stride is above 1 the taps
fall into classes that read disjoint sublattices of the data.

Everything is computed in float64, block by block, so that little memory is needed beyond the layer's own arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, Shape

BLOCK = 2**18
"""Elements of one block in float64, 2 MiB."""


def index(*parts: Any) -> Any:
    """The parts as one index, of a type that every array takes."""
    return parts


class Taps(NamedTuple):
    """Taps that read one sublattice $s t + \\text{offset}$: their indices, and how far each reaches in it."""

    offset: Shape
    taps: tuple[Shape, ...]
    shifts: tuple[Shape, ...]

    def lattice(self, axes: Sequence[Window], extents: Shape) -> tuple[slice, ...]:
        """The sublattice as slices of the data."""
        return tuple(slice(o, n, a.stride) for o, n, a in zip(self.offset, extents, axes, strict=True))


def classes(axes: Sequence[Window]) -> list[Taps]:
    """The taps by sublattice: window $i$ reads its element $i + q$ under the tap $j$, $d j - p = s q + \\text{offset}$.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> for taps in classes([Window(3, 2, lo=1)]):
    ...     print(taps)
    Taps(offset=(1,), taps=((0,), (2,)), shifts=((-1,), (0,)))
    Taps(offset=(0,), taps=((1,),), shifts=((0,),))
    """
    found: dict[Shape, list[tuple[Shape, Shape]]] = {}
    for j in np.ndindex(*(a.kernel for a in axes)):
        places = [divmod(a.dilation * t - a.lo, a.stride) for t, a in zip(j, axes, strict=True)]
        found.setdefault(tuple(r for _, r in places), []).append((j, tuple(q for q, _ in places)))
    return [Taps(offset, tuple(j for j, _ in taps), tuple(q for _, q in taps)) for offset, taps in found.items()]


def overlap(shift: Shape, extents: Shape, rows: slice, counts: Shape) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """For one tap, the windows that read a slab of rows, and the part of the slab that they read."""
    windows, parts = [], []
    for axis, (q, n, m) in enumerate(zip(shift, extents, counts, strict=True)):
        low, high = (rows.start, rows.stop) if axis == 0 else (0, n)
        first, last = max(low - q, 0), max(min(high - q, m), 0)
        last = max(last, first)
        windows.append(slice(first, last))
        parts.append(slice(first + q - low, last + q - low))
    return tuple(windows), tuple(parts)


def slabs(extents: Shape, channels: int) -> Iterator[slice]:
    """Rows of the first spatial axis, so many at a time that ``channels`` of them fit a block."""
    rows = max(BLOCK // max(channels * prod(extents[1:]), 1), 1)
    for start in range(0, extents[0], rows):
        yield slice(start, min(start + rows, extents[0]))


def gathered(x: Array, w: Array, axes: Sequence[Window], counts: Shape, weights: Array) -> tuple[Array, Array]:
    """The layer with few output channels, and the weighted sum of squares under each window.

    Parameters
    ----------
    x
        $(N, C, *n)$, any real dtype.
    w
        $(t, C, *k)$, float64.
    axes, counts
        The windows, and how many there are on each axis.
    weights
        $v$, $(C,)$, float64.

    Returns
    -------
    tuple
        $(t, N, *m)$: the sums; and $(N, *m)$: $\\sum_{c,j} v_c\\,x[n,c,s i + d j - p]^2$; float64.
    """
    sums = np.zeros((len(w), len(x), *counts))
    squares = np.zeros((len(x), *counts))
    for group in classes(axes):
        rows = np.stack([w[index(..., *j)] for j in group.taps], 1).reshape(-1, w.shape[1])  # (t * taps, C)
        part = x[index(slice(None), slice(None), *group.lattice(axes, x.shape[2:]))]
        extents = part.shape[2:]
        for n in range(len(x)):
            for slab in slabs(extents, x.shape[1]):
                block = part[n, :, slab].reshape(x.shape[1], -1).astype(np.float64)
                shape = (slab.stop - slab.start, *extents[1:])
                taps = (rows @ block).reshape(len(w), -1, *shape)
                np.multiply(block, block, out=block)
                power = (weights @ block).reshape(shape)
                for j, shift in enumerate(group.shifts):
                    at, read = overlap(shift, extents, slab, counts)
                    sums[index(slice(None), n, *at)] += taps[index(slice(None), j, *read)]
                    squares[index(n, *at)] += power[read]
    return sums, squares


def scattered(g: Array, w: Array, axes: Sequence[Window], extents: Shape, weights: Array) -> tuple[Array, Array]:
    """The adjoint: every element of $g$ spread over the taps of its window.

    Parameters
    ----------
    g
        $(N, O, *m)$, any real dtype.
    w
        $(t, O, *k)$, float64.
    axes, extents
        The windows, and the extents of the result.
    weights
        $v$, $(O,)$, float64.

    Returns
    -------
    tuple
        $(t, N, *n)$: the sums; and $(N, *n)$: $\\sum v_o\\,g[n,o,i]^2$ over the elements that reach each place;
        float64.
    """
    sums = np.zeros((len(w), len(g), *extents))
    squares = np.zeros((len(g), *extents))
    counts = g.shape[2:]
    groups = classes(axes)
    rows = [np.stack([w[index(..., *j)] for j in group.taps], 1).reshape(-1, w.shape[1]) for group in groups]
    for n in range(len(g)):
        for slab in slabs(counts, g.shape[1]):
            block = g[n, :, slab].reshape(g.shape[1], -1).astype(np.float64)
            shape = (slab.stop - slab.start, *counts[1:])
            spread = [(matrix @ block).reshape(len(w), -1, *shape) for matrix in rows]
            np.multiply(block, block, out=block)
            power = (weights @ block).reshape(shape)
            for group, taps in zip(groups, spread, strict=True):
                lattice = group.lattice(axes, extents)
                onto, onto_squares = sums[index(slice(None), n, *lattice)], squares[index(n, *lattice)]
                for j, shift in enumerate(group.shifts):
                    back = tuple(-q for q in shift)
                    at, read = overlap(back, counts, slab, onto_squares.shape)
                    onto[index(slice(None), *at)] += taps[index(slice(None), j, *read)]
                    onto_squares[at] += power[read]
    return sums, squares


def contracted(x: Array, g: Array, axes: Sequence[Window], groups: int) -> Array:
    """The layer's gradient with respect to its weights, for few output channels of each group.

    Parameters
    ----------
    x
        $(N, C, *n)$, any real dtype.
    g
        $(t, N, g, *m)$, float64: the cotangent, already projected within each group.
    axes, groups
        The windows, and the number $g$ of channel groups.

    Returns
    -------
    Array
        $(t, C, *k)$, float64.
    """
    trials, counts = len(g), g.shape[3:]
    per_group = x.shape[1] // groups
    result = np.zeros((trials, x.shape[1], *(a.kernel for a in axes)))
    for group in classes(axes):
        part = x[index(slice(None), slice(None), *group.lattice(axes, x.shape[2:]))]
        extents = part.shape[2:]
        for n in range(len(x)):
            for slab in slabs(extents, x.shape[1] + trials * groups * len(group.taps)):
                shape = (slab.stop - slab.start, *extents[1:])
                shifted = np.zeros((groups, trials, len(group.taps), *shape))
                for j, shift in enumerate(group.shifts):
                    at, read = overlap(shift, extents, slab, counts)
                    shifted[index(slice(None), slice(None), j, *read)] = np.swapaxes(
                        g[index(slice(None), n, slice(None), *at)], 0, 1
                    )
                block = part[n, :, slab].reshape(groups, per_group, -1).astype(np.float64)
                columns = shifted.reshape(groups, trials * len(group.taps), -1)
                sums = columns @ block.transpose(0, 2, 1)  # (g, t * taps, C/g)
                sums = sums.reshape(groups, trials, len(group.taps), per_group)
                for j, tap in enumerate(group.taps):
                    result[index(slice(None), slice(None), *tap)] += sums[:, :, j].swapaxes(0, 1).reshape(trials, -1)
    return result


def projected(y: Array, r: Array) -> Array:
    """$\\sum_o r_o\\,y[n,o,i]$ for each row of $r$, $(t, O)$: $(N, O, *m)$ to $(t, N, *m)$, float64."""
    n, channels, *extents = y.shape
    flat, count = y.reshape(n, channels, -1), prod(extents)
    total = np.empty((len(r), n, count))
    step = max(BLOCK // max(channels, 1), 1)
    for b in range(n):
        for start in range(0, count, step):
            total[:, b, start : start + step] = r @ flat[b, :, start : start + step].astype(np.float64)
    return total.reshape(len(r), n, *extents)


def squared(y: Array) -> Array:
    """$\\sum_o y[n,o,i]^2$, $(N, O, *m)$ to $(N, *m)$, float64."""
    n, channels, *extents = y.shape
    flat, count = y.reshape(n, channels, -1), prod(extents)
    total: Any = np.empty((n, count))
    step = max(BLOCK // max(channels, 1), 1)
    for b in range(n):
        for start in range(0, count, step):
            block = flat[b, :, start : start + step].astype(np.float64)
            total[b, start : start + step] = np.einsum("oi,oi->i", block, block)
    return np.asarray(total).reshape(n, *extents)
