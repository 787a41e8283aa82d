"""The three matrix products that a convolution layer and its gradients are, taken in blocks that fit a cache.

A layer reads an array $a$ of shape $(N, C, *P)$ through the view
$a[\\gamma, c, j, b, i] = a[b, \\gamma\\,C/g + c, s\\,i + d\\,j]$
of shape $(g, C/g, *k, N, *m)$: every window's taps, without a copy.  Flattened to $(g, K, M)$ with $K = C/g \\prod k$
and $M = N \\prod m$ it is the matrix of columns, and

- ``gather``: $y = w\\,a$, the layer;
- ``scatter``: $a = w^\\top y$, added where windows overlap, its gradient with respect to the input;
- ``contract``: $w = y\\,a^\\top$, its gradient with respect to the weights.

Only one block of columns, some of the samples and rows, is ever copied out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
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


def gather(taps: Array, w: Array, y: Array) -> None:
    """Fill $y = w\\,a$: ``taps`` (g, C/g, *k, N, *m), ``w`` (g, O/g, K), ``y`` (g, O/g, N, *m)."""
    taps, y = rowwise(taps, y, w)
    for at in blocks(y, w, APART):
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
    room = getattr(_OWN, "room", np.empty(0, np.uint8))
    if room.nbytes < taps.nbytes:
        room = _OWN.room = np.empty(taps.nbytes, np.uint8)
    columns = room[: taps.nbytes].view(taps.dtype).reshape(taps.shape)
    columns[...] = taps
    return columns.reshape(shape)


def scatter(y: Array, w: Array, z: Array, axes: Sequence[Window]) -> None:
    """Add $w^\\top y$ onto ``z`` (g, C/g, N, *n), as far as it holds it; the others as for :func:`gather`."""
    outputs, kernel = w.shape[1], tuple(a.kernel for a in axes)
    for at in blocks(y, w, inf):
        part, target, weights = y[at], z[at[0], :, at[2]], w[at[0]].transpose(0, 2, 1)
        space = part.shape[2:]
        if outputs == 1:  # an outer product is no work for matmul
            each = weights.reshape(*target.shape[:2], *kernel, *(1,) * len(space))
        else:
            columns = weights @ part.reshape(len(weights), outputs, prod(space))
            each = columns.reshape(*target.shape[:2], *kernel, *space)
        for j in np.ndindex(*kernel):
            windows, places = meeting(axes, j, at[3], space[1:], z.shape[3:])
            target[places] += part[windows] * each[:, :, *j] if outputs == 1 else each[:, :, *j][windows]


def meeting(axes: Sequence[Window], j: Shape, rows: slice, counts: Shape, extents: Shape) -> tuple[Any, Any]:
    """The windows whose tap $j$ lies inside the extents, and these taps; of the first axis, windows from ``rows`` on.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> meeting([Window(3, 2, lo=1)], (0,), slice(0, 3), (3,), (5,))
    ((Ellipsis, slice(1, 3, None)), (Ellipsis, slice(1, 4, 2)))
    """
    windows: list[Any] = [...]
    places: list[Any] = [...]
    first = rows.start
    for a, tap, count, extent in zip(axes, j, counts, extents, strict=True):
        some, taps = _meeting(a, tap, first, count, extent)
        windows.append(some)
        places.append(taps)
        first = 0
    return tuple(windows), tuple(places)


@lru_cache(maxsize=4096)
def _meeting(a: Window, tap: int, first: int, count: int, extent: int) -> tuple[slice, slice]:
    offset = a.dilation * tap - a.lo
    low = max(first, ceil_div(-offset, a.stride))
    high = max(min(first + count, (extent - 1 - offset) // a.stride + 1), low)
    start = a.stride * low + offset
    return slice(low - first, high - first), slice(start, max(start + a.stride * (high - low - 1) + 1, start), a.stride)


def contract(y: Array, taps: Array, w: Array) -> None:
    """Add $y\\,a^\\top$ onto ``w``; shapes as for :func:`gather`."""
    taps, y = rowwise(taps, y, w)
    for at in blocks(y, w, APART):
        part, weights = y[at], w[at[0]]
        groups, outputs, terms = weights.shape
        columns = copied(taps[at], (groups, terms, prod(part.shape[2:])))
        weights += part.reshape(groups, outputs, columns.shape[2]) @ columns.transpose(0, 2, 1)
        del columns


def blocks(y: Array, w: Array, many: float = APART) -> Iterator[tuple[Any, ...]]:
    """Indices of parts of ``y`` (g, O/g, N, *m) whose columns fit the budget.

    Some groups with all that they have, or one group with some samples, or with some rows of one sample: a matrix
    product of many columns is worth more than one of many groups.  Samples of ``many`` results, and of more than
    there are weights, go one by one: what is computed of several would be copied to its place.

    Examples
    --------
    >>> y, w = np.zeros((1, 1, 3, 4, 100)), np.zeros((1, 1, 1000))
    >>> [at[2:4] for at in blocks(y, w)][:2]
    [(slice(0, 1, None), slice(0, 2, None)), (slice(0, 1, None), slice(2, 4, None))]
    >>> y, w = np.zeros((5, 1, 3, 4, 10)), np.zeros((5, 1, 1000))
    >>> [at[0] for at in blocks(y, w)]
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    """
    samples, rows, *rest = y.shape[2:]
    groups, outputs, terms = w.shape
    row = max(terms * prod(rest), 1)
    budget = max(BLOCK, outputs * terms) // row
    wide = max(budget // max(samples * rows, 1), 1)
    high = min(max(budget, 1), max(rows, 1))
    apart = y[:, :, :1].size >= max(w.size, many)
    deep = 1 if apart else max(budget // max(rows, 1), 1)
    for g in range(0, groups, wide):
        for b in range(0, samples, deep):
            for r in range(0, rows, high):
                yield slice(g, g + wide), ..., slice(b, b + deep), slice(r, r + high), *(slice(None) for _ in rest)
