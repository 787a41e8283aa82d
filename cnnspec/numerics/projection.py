"""The sums of a convolution, projected on a few random directions of its channels: a layer of one channel each.

$\\sum_o r_o\\,y[n,o,i] = \\sum_{c,j} \\big(\\sum_o r_o\\,w[o,c,j]\\big)\\,x[n,c,s i + d j - p]$: the right side costs
as much as one output channel.  It is taken as a matrix product with the data as they lie, one row per tap, and then
the rows are added up, each shifted by its tap: no columns are ever copied out.  Where the stride is above 1 the taps
fall into classes that read disjoint sublattices of the data.

Everything goes block by block, so that little memory is needed beyond the layer's own arrays: in float64, or as a fast
first look in float32, where the error of this computation is part of the alarm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnnspec.numerics.boxes import boxed, index, overlap, spread

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, Shape

BLOCK = 2**18
"""Elements of one block, 2 MiB in float64."""


KEPT = 2**20
"""Bytes of a piece of memory that is kept for the next computation, and how many pieces a thread keeps at most."""
MOST_KEPT = 4


class _Memory(threading.local):
    """Memory of this thread that is not in use: pages that the system has mapped once are not mapped anew."""

    def __init__(self) -> None:
        self.free: list[Array] = []


MEMORY = _Memory()


class Blocks:
    """Blocks in the dtype of the computation, one at a time, in memory that is used again and again.

    What is of that dtype and contiguous on its last axis is handed on without a copy.
    """

    def __init__(self, dtype: Any = np.float64) -> None:
        self.dtype = np.dtype(dtype)
        self._memory = MEMORY.free.pop() if MEMORY.free else np.empty(0, np.uint8)

    def __del__(self) -> None:
        if 0 < self._memory.nbytes <= KEPT and len(MEMORY.free) < MOST_KEPT:
            MEMORY.free.append(self._memory)

    def __call__(self, block: Array) -> Array:
        """The block, contiguous on its last axis, until the next call; not to be written to."""
        if block.dtype == self.dtype and block.strides[-1] == self.dtype.itemsize:
            return block
        copy = self.room(block.shape)
        np.copyto(copy, block)
        return copy

    def squares(self, block: Array) -> Array:
        """The squares of a block, until the next call."""
        return np.multiply(block, block, out=self.room(block.shape))

    def room(self, shape: Shape) -> Array:
        """An array of that shape, whatever is in it, until the next call."""
        size = prod(shape) * self.dtype.itemsize
        if self._memory.nbytes < size:
            self._memory = np.empty(size, np.uint8)
        room: Array = self._memory[:size].view(self.dtype).reshape(shape)
        return room


class Taps(NamedTuple):
    """Taps that read one sublattice of the data: its slices, the step of the windows in it, and the taps' offsets.

    Window $i$ reads element $\\text{step}\\,i + \\text{offset}$ of the sublattice.
    """

    lattice: tuple[slice, ...]
    step: Shape
    taps: tuple[Shape, ...]
    offsets: tuple[Shape, ...]


def together(axes: Sequence[Window]) -> list[Taps]:
    """All taps on the data as they are.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> together([Window(3, 2, lo=1)])
    [Taps(lattice=(slice(None, None, None),), step=(2,), taps=((0,), (1,), (2,)), offsets=((-1,), (0,), (1,)))]
    """
    taps = tuple(product(*(range(a.kernel) for a in axes)))
    offsets = tuple(product(*(range(-a.lo, a.dilation * a.kernel - a.lo, a.dilation) for a in axes)))
    return [Taps((slice(None),) * len(axes), tuple(a.stride for a in axes), taps, offsets)]


def apart(axes: Sequence[Window]) -> list[Taps]:
    """The taps by the sublattice $s t + \\text{rest}$ that they read, $d j - p = s\\,\\text{offset} + \\text{rest}$.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> for taps in apart([Window(3, 2, lo=1)]):
    ...     print(taps)
    Taps(lattice=(slice(1, None, 2),), step=(1,), taps=((0,), (2,)), offsets=((-1,), (0,)))
    Taps(lattice=(slice(0, None, 2),), step=(1,), taps=((1,),), offsets=((0,),))
    """
    found: dict[Shape, list[tuple[Shape, Shape]]] = {}
    for j in product(*(range(a.kernel) for a in axes)):
        places = [divmod(a.dilation * t - a.lo, a.stride) for t, a in zip(j, axes, strict=True)]
        found.setdefault(tuple(r for _, r in places), []).append((j, tuple(q for q, _ in places)))
    return [
        Taps(
            tuple(slice(rest, None, a.stride) for rest, a in zip(rests, axes, strict=True)),
            (1,) * len(axes),
            tuple(j for j, _ in taps),
            tuple(q for _, q in taps),
        )
        for rests, taps in found.items()
    ]


def planned(x: Array, axes: Sequence[Window], dtype: Any) -> list[Taps]:
    """All taps together where the data need no copy and have more planes than there are taps; else apart.

    Apart, nothing is computed in vain, and the data are copied, one sublattice at a time.
    """
    ready = x.dtype == dtype and x.flags.c_contiguous
    return together(axes) if ready and prod(a.kernel for a in axes) <= x.shape[1] else apart(axes)


def tiles(samples: int, extents: Shape, width: int) -> Iterator[tuple[slice, slice]]:
    """Samples and rows of the first spatial axis, so many at a time that ``width`` planes of them fit a block.

    One sample may be a whole block; several take up half of one at most, so that they stay in a processor's cache.

    Examples
    --------
    >>> [len(list(tiles(2, (3, n), 1))) for n in (BLOCK, BLOCK // 3, BLOCK // 100)]
    [6, 2, 1]
    """
    whole = width * prod(extents)
    if whole <= BLOCK:
        yield from ((batch, slice(0, extents[0])) for batch in parts(samples, 2 * whole))
        return
    for n in range(samples):
        for rows in parts(extents[0], width * prod(extents[1:])):
            yield slice(n, n + 1), rows


def parts(count: int, size: int) -> Iterator[slice]:
    """``count`` things of ``size`` elements, so many at a time that they fit a block.

    Examples
    --------
    >>> [part.stop for part in parts(5, BLOCK // 2)]
    [2, 4, 5]
    """
    step = max(BLOCK // max(size, 1), 1)
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def gathered(
    x: Array, w: Array, axes: Sequence[Window], counts: Shape, weights: Array, dtype: Any = np.float64
) -> tuple[Array, Array]:
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
    dtype
        In which everything is computed.

    Returns
    -------
    tuple
        $(t, N, *m)$: the sums; and $(N, *m)$: $\\sum_{c,j} v_c\\,x[n,c,s i + d j - p]^2$; ``dtype``.
    """
    sums = np.zeros((len(x), len(w), *counts), dtype)
    power = np.zeros((len(x), *x.shape[2:]), dtype)
    products = _Products(weights, dtype)
    for group in planned(x, axes, dtype):
        rows = _rows(w, group).astype(dtype)
        part = x[index(slice(None), slice(None), *group.lattice)]
        onto = power[index(slice(None), *group.lattice)]
        read = _Reads(group, part.shape[2:], counts)
        for batch, slab in tiles(len(x), part.shape[2:], width_of(part, dtype, len(rows))):
            taps, onto[index(batch, slab)] = products(part[batch, :, slab], [rows])
            taps = taps.reshape(len(taps), len(w), -1, *taps.shape[2:])
            for windows, elements in read(slab):
                sums[index(batch, *windows)] += taps[elements]
    return np.swapaxes(sums, 0, 1), boxed(power, axes, counts)


def scattered(
    g: Array, w: Array, axes: Sequence[Window], extents: Shape, weights: Array, dtype: Any = np.float64
) -> tuple[Array, Array]:
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
    dtype
        In which everything is computed.

    Returns
    -------
    tuple
        $(t, N, *n)$: the sums; and $(N, *n)$: $\\sum v_o\\,g[n,o,i]^2$ over what reaches each place; ``dtype``.
    """
    sums = np.zeros((len(g), len(w), *extents), dtype)
    counts, groups = g.shape[2:], apart(axes)
    power = np.zeros((len(g), *counts), dtype)
    rows = [_rows(w, group).astype(dtype) for group in groups]
    ends = list(accumulate(map(len, rows)))
    targets = [sums[index(slice(None), slice(None), *group.lattice)] for group in groups]
    reads = [
        _Reads(
            group._replace(offsets=tuple(tuple(-q for q in offset) for offset in group.offsets)), counts, onto.shape[2:]
        )
        for group, onto in zip(groups, targets, strict=True)
    ]
    products = _Products(weights, dtype)
    for batch, slab in tiles(len(g), counts, width_of(g, dtype, ends[-1])):
        every, power[batch, slab] = products(g[batch, :, slab], rows)
        for end, matrix, read, onto in zip(ends, rows, reads, targets, strict=True):
            taps = every[:, end - len(matrix) : end].reshape(len(every), len(w), -1, *every.shape[2:])
            for places, elements in read(slab):
                onto[index(batch, *places)] += taps[elements]
    return np.swapaxes(sums, 0, 1), spread(power, axes, extents)


class _Reads:
    """For every tap of a class, the windows that read a slab and what they read, as indices; kept for the next tile."""

    def __init__(self, group: Taps, extents: Shape, counts: Shape) -> None:
        self._group, self._extents, self._counts = group, extents, counts
        self._known: dict[tuple[int, int], list[tuple[Any, Any]]] = {}

    def __call__(self, slab: slice) -> list[tuple[Any, Any]]:
        """Of arrays (N, t, *m) and (N, t, taps, *n)."""
        key = slab.start, slab.stop
        if key not in self._known:
            self._known = {key: [self._of(j, offset, slab) for j, offset in enumerate(self._group.offsets)]}
        return self._known[key]

    def _of(self, j: int, offset: Shape, slab: slice) -> tuple[Any, Any]:
        windows, read = overlap(offset, self._group.step, self._extents, slab, self._counts)
        return (slice(None), *windows), (slice(None), slice(None), j, *read)


def width_of(part: Array, dtype: Any, rows: int) -> int:
    """Planes of float64 that a tile holds: those of the result, and those of the data where these are copied."""
    copied = part.dtype != dtype or not part.flags.c_contiguous
    return int(-(-max(part.shape[1] * copied, rows) * np.dtype(dtype).itemsize // 8))


def _rows(w: Array, group: Taps) -> Array:
    """The weights of some taps as a matrix, (t, C, *k) -> (t * taps, C)."""
    at = [int(np.ravel_multi_index(j, w.shape[2:])) for j in group.taps]
    chosen: Array = w.reshape(*w.shape[:2], -1)[:, :, at].swapaxes(1, 2).reshape(-1, w.shape[1])
    return chosen


class _Products:
    """Products of matrices with all channels of some samples, and the weighted sum of their squares.

    Sample by sample, so that each is read once; in memory that is used again.
    """

    def __init__(self, weights: Array, dtype: Any) -> None:
        self._weights = weights.astype(dtype)
        self._uniform = bool((weights == weights[:1]).all())  # one group: no room is needed for squares
        self._data, self._squares, self._results = Blocks(dtype), Blocks(dtype), Blocks(dtype)

    def __call__(self, part: Array, matrices: Sequence[Array]) -> tuple[Array, Array]:
        """Of (N, C, *n): (N, rows, *n) for the rows of all matrices, until the next call; and (N, *n)."""
        block = self._data(part)
        samples, channels, *extents = block.shape
        flat = block.reshape(samples, channels, -1)
        rows = matrices[0] if len(matrices) == 1 else np.concatenate(list(matrices))
        results = self._results.room((samples, len(rows), flat.shape[2]))
        power = np.empty((samples, flat.shape[2]), flat.dtype)
        for n, sample in enumerate(flat):  # squares first: that pass brings the sample into the cache
            if self._uniform:
                np.einsum("cl,cl->l", sample, sample, out=power[n])
            else:
                np.matmul(self._weights, self._squares.squares(sample), out=power[n])
            multiplied(rows, sample, results[n])
        if self._uniform:
            power *= self._weights[0] if channels else 0
        return results.reshape(samples, len(rows), *extents), power.reshape(samples, *extents)


def multiplied(rows: Array, columns: Array, out: Array) -> Array:
    """A product of few rows: BLAS takes them by eights, and one that is left over costs less as a vector."""
    whole = len(rows) - (len(rows) % 8 == 1)
    np.matmul(rows[:whole], columns, out=out[:whole])
    if whole < len(rows):
        np.matmul(rows[whole], columns, out=out[whole])
    return out


def projected(y: Array, r: Array, dtype: Any = np.float64, *, look: Callable[[Array], None] | None = None) -> Array:
    """$\\sum_o r_o\\,y[n,o,i]$ for each row of $r$, $(t, O)$: $(N, O, *m)$ to $(t, N, *m)$, summed in ``dtype``.

    ``look`` is shown every block in ``dtype`` while it is in a processor's cache.
    """
    n, channels, *extents = y.shape
    flat, count = y.reshape(n, channels, -1), prod(extents)
    total, blocks, r = np.empty((len(r), n, count), dtype), Blocks(dtype), r.astype(dtype)
    for b in range(n):
        for part in parts(count, channels):
            block = blocks(flat[b, :, part])
            total[:, b, part] = r @ block
            if look is not None:
                look(block)
    return total.reshape(len(r), n, *extents)


def squared(y: Array) -> Array:
    """$\\sum_o y[n,o,i]^2$, $(N, O, *m)$ to $(N, *m)$, float64."""
    n, channels, *extents = y.shape
    flat, count = y.reshape(n, channels, -1), prod(extents)
    total, blocks = np.empty((n, count)), Blocks()
    for b in range(n):
        for part in parts(count, channels):
            block = blocks(flat[b, :, part])
            total[b, part] = np.einsum("oi,oi->i", block, block)
    return total.reshape(n, *extents)
