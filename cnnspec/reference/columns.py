"""The three matrix products that a convolution layer and its gradients are, taken in blocks that fit a cache.

A layer reads an array $a$ of shape $(N, C, *P)$ through the view
$a[\\gamma, c, j, b, i] = a[b, \\gamma\\,C/g + c, s\\,i + d\\,j]$
of shape $(g, C/g, *k, N, *m)$: every window's taps, without a copy.  Flattened to $(g, K, M)$ with $K = C/g \\prod k$
and $M = N \\prod m$ it is the matrix of columns, and

- ``gather``: $y = w\\,a$, the layer;
- ``scatter``: $a = w^\\top y$, added where windows overlap, its gradient with respect to the input;
- ``contract``: $w = y\\,a^\\top$, its gradient with respect to the weights.

Only one block of columns, some of the samples and rows, is ever copied out, and never more than there is of data.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from math import inf, prod
from operator import mul
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.geometry import ceil_div

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, Shape

BLOCK = 2**18
"""The number of elements of a block of columns, 2 MiB in float64; more where the weights are larger than that."""

TINY = 2**14
"""The number of elements of a block for which memory is not counted."""

FEW = 2**12
"""So few elements are added in less time than a call takes."""

APART = 2**13
"""The results of one sample from which on a copy of them costs more than one more matrix product."""


def windowed(a: Array, axes: Sequence[Window], extents: Shape, groups: int, starts: Shape | None = None) -> Array:
    """The taps of every window, (N, C, *P) -> (g, C/g, *k, N, *m): a view of the C-contiguous ``a``.

    ``starts`` is where the first window of each axis begins, 0 where it is not given.
    """
    batch, channel, *space = a.strides
    per_group = a.shape[1] // groups
    return np.ndarray(
        (groups, per_group, *(w.kernel for w in axes), a.shape[0], *extents),
        a.dtype,
        a,
        offset=sum(map(mul, starts, space)) if starts else 0,
        strides=(
            channel * per_group,
            channel,
            *(w.dilation * step for w, step in zip(axes, space, strict=True)),
            batch,
            *(w.stride * step for w, step in zip(axes, space, strict=True)),
        ),
    )


def grouped(y: Array, groups: int) -> Array:
    """The blocks of channels first, (N, C, *m) -> (g, C/g, N, *m): a view of the C-contiguous ``y``."""
    n, channels, *extents = y.shape
    return y.reshape(n, groups, channels // groups, *extents).transpose(1, 2, 0, *range(3, y.ndim + 1))


def gather(taps: Array, w: Array, y: Array, most: int = BLOCK) -> None:
    """Fill $y = w\\,a$: ``taps`` (g, C/g, *k, N, *m), ``w`` (g, O/g, K), ``y`` (g, O/g, N, *m)."""
    taps, y = rowwise(taps, y, w)
    for at in blocks(y, w, most, APART):
        part, weights = y[at], w[at[0]]
        columns = copied(taps[at], (len(weights), w.shape[2], prod(part.shape[2:])))
        if part[:1, :1].flags.c_contiguous:  # one sample: a matrix per group, whatever lies between its rows
            np.matmul(weights, columns, out=part.reshape(len(weights), w.shape[1], columns.shape[2]))
        else:
            part[...] = (weights @ columns).reshape(part.shape)
        del columns  # before the next block is made


def longest(extents: Shape) -> int:
    """The axis that rows to copy should lie along: the last, or the longest where the last is much shorter.

    Columns of 14x24x2 positions are copied in a quarter of the time along the second axis: the 2 cost as much as 24.

    Examples
    --------
    >>> longest((30, 40)), longest((14, 24, 2))
    (1, 1)
    """
    most = max(extents)
    return len(extents) - 1 if extents[-1] * 4 >= most else extents.index(most)


def rowwise(taps: Array, y: Array, w: Array) -> tuple[Array, Array]:
    """Both with the axis of the long rows last, where there is more to copy in columns than in results."""
    last = longest(y.shape[3:]) - len(y.shape[3:]) if w.shape[2] > w.shape[1] else -1
    return taps.swapaxes(last, -1), y.swapaxes(last, -1)


_OWN = threading.local()


def copied(taps: Array, shape: Shape) -> Array:
    """The columns ``taps`` in that shape: a view where they lie in order, else a copy that the next one overwrites.

    Memory that was in use a moment ago is in the cache, and the system need not clear it: for 144 rows of 784 columns
    a copy takes 28 us, into fresh memory 80 to 280.
    """
    if taps[:1, :1].flags.c_contiguous or taps.size > BLOCK:
        return taps.reshape(shape)
    own = getattr(_OWN, "room", np.empty(0, np.uint8))
    if own.nbytes < taps.nbytes:
        own = _OWN.room = np.empty(taps.nbytes, np.uint8)
    columns = own[: taps.nbytes].view(taps.dtype).reshape(taps.shape)
    columns[...] = taps
    return columns.reshape(shape)


def scatter(y: Array, w: Array, z: Array, axes: Sequence[Window]) -> None:
    """Add $w^\\top y$ onto ``z`` (g, C/g, N, *n), as far as it holds it; the others as for :func:`gather`."""
    outputs, kernel = w.shape[1], tuple(a.kernel for a in axes)
    for at in blocks(y, w, room(y, z)):
        part, target, weights = y[at], z[at[0], :, at[2]], w[at[0]].transpose(0, 2, 1)
        space, first = part.shape[2:], tuple(positions.start for positions in at[3:])
        if outputs == 1:  # an outer product is no work for matmul
            each = weights.reshape(*target.shape[:2], *kernel, *(1,) * len(space))
            for j in np.ndindex(*kernel):
                windows, places = meeting(axes, j, first, space[1:], z.shape[3:])
                target[places] += part[windows] * each[:, :, *j]
        else:
            columns = weights @ part.reshape(len(weights), outputs, prod(space))
            columns = columns.reshape(*target.shape[:2], *kernel, *space)
            add = add_each_axis if target.shape[1] * part[:, :1].size < FEW else add_each_tap
            add(columns, target, axes, first)
            del columns  # before the next block is made


def add_each_tap(columns: Array, target: Array, axes: Sequence[Window], first: Shape) -> None:
    """Add columns (g, C, *k, N, *m), whose windows go from ``first`` on, onto ``target`` (g, C, N, *n), tap by tap."""
    rank = len(axes)
    for j in np.ndindex(*columns.shape[2 : 2 + rank]):
        windows, places = meeting(axes, j, first, columns.shape[-rank:], target.shape[-rank:])
        target[places] += columns[:, :, *j][windows]


def add_each_axis(columns: Array, target: Array, axes: Sequence[Window], first: Shape) -> None:
    """The same, one axis after the other: $\\sum k$ additions, and not $\\prod k$, of arrays that are larger."""
    for a in reversed(range(len(axes))):
        from_end, taps = a - len(axes), columns.shape[2 + a]
        shape = [*columns.shape[: 2 + a], *columns.shape[3 + a :]]
        count, shape[from_end] = shape[from_end], target.shape[from_end]
        into = np.zeros(shape, columns.dtype) if a else target
        for j in range(taps):
            of_tap = columns[(slice(None),) * (2 + a) + (j,)].swapaxes(from_end, -1)
            windows, places = _meeting(axes[a], j, first[a], count, shape[from_end])
            into.swapaxes(from_end, -1)[..., places] += of_tap[..., windows]
        columns = into


def meeting(axes: Sequence[Window], j: Shape, first: Shape, counts: Shape, extents: Shape) -> tuple[Any, Any]:
    """Of ``counts`` windows from ``first`` on, those whose tap $j$ lies inside the extents, and these taps.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> meeting([Window(3, 2, lo=1)], (0,), (0,), (3,), (5,))
    ((Ellipsis, slice(1, 3, None)), (Ellipsis, slice(1, 4, 2)))
    """
    found = [_meeting(*axis) for axis in zip(axes, j, first, counts, extents, strict=True)]
    return (..., *(windows for windows, _ in found)), (..., *(taps for _, taps in found))


@lru_cache(maxsize=4096)
def _meeting(a: Window, tap: int, first: int, count: int, extent: int) -> tuple[slice, slice]:
    offset = a.dilation * tap - a.lo
    low = max(first, ceil_div(-offset, a.stride))
    high = max(min(first + count, (extent - 1 - offset) // a.stride + 1), low)
    start = a.stride * low + offset
    return slice(low - first, high - first), slice(start, max(start + a.stride * (high - low - 1) + 1, start), a.stride)


def contract(y: Array, taps: Array, w: Array, most: int = BLOCK) -> None:
    """Add $y\\,a^\\top$ onto ``w``; shapes as for :func:`gather`."""
    taps, y = rowwise(taps, y, w)
    for at in blocks(y, w, most, APART):
        part, weights = y[at], w[at[0]]
        groups, outputs, terms = weights.shape
        columns = copied(taps[at], (groups, terms, prod(part.shape[2:])))
        weights += part.reshape(groups, outputs, columns.shape[2]) @ columns.transpose(0, 2, 1)
        del columns


def room(*data: Array, copy: Array | None = None) -> int:
    """How many elements of columns may be copied out, so that no more than three times the data are in memory.

    The data are what goes in and comes out; ``copy`` is what was made of the first of them, or it itself.
    """
    made = 0 if copy is None or np.may_share_memory(copy, data[0]) else copy.size
    return 2 * sum(a.size for a in data) - made


def blocks(y: Array, w: Array, most: int, many: float = inf) -> Iterator[tuple[Any, ...]]:
    """Indices of parts of ``y`` (g, O/g, N, *m) whose columns fit the budget: a cache, and ``most`` elements.

    Some groups with all that they have, or one group with some samples, or some rows of one sample, or a part of one
    row: a matrix product of many columns is worth more than one of many groups.  Samples of ``many`` results, and of
    more than there are weights, go one by one: what is computed of several would be copied to its place.

    Examples
    --------
    >>> y, w = np.zeros((1, 1, 3, 4, 100)), np.zeros((1, 1, 1000))
    >>> [at[2:4] for at in blocks(y, w, BLOCK)][:2]
    [(slice(0, 1, None), slice(0, 2, None)), (slice(0, 1, None), slice(2, 4, None))]
    >>> y, w = np.zeros((5, 1, 3, 4, 10)), np.zeros((5, 1, 1000))
    >>> [at[0] for at in blocks(y, w, BLOCK)]
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    groups, outputs, terms = w.shape
    extents = (groups, *y.shape[2:])
    budget = max(min(BLOCK, max(most, TINY)), outputs * terms)
    steps = [max(budget // max(terms * prod(extents[a + 1 :]), 1), 1) for a in range(len(extents))]
    if y[:, :, :1].size >= max(w.size, many):
        steps[1] = 1
    for group, *rest in product(*map(even_parts, extents, steps)):
        yield group, ..., *rest


def even_parts(extent: int, most: int) -> list[slice]:
    """As few parts of a range as there can be with at most ``most`` in each, of nearly one size.

    Examples
    --------
    >>> even_parts(25, 23)
    [slice(0, 13, None), slice(13, 25, None)]
    """
    step = ceil_div(extent, max(ceil_div(extent, most), 1))
    return [slice(i, min(i + step, extent)) for i in range(0, extent, step)] if extent else []
