"""The sums over all positions of a weight gradient, for one random direction of the channels on either side.

$\\sum_{n,i} g[n,o,i]\\,x[n,c,s i + d j - p]$ is projected on the output channels, and then needs the data $x$ once and
the planes of one cotangent for each tap, or on the input channels, and then it needs $g$ once and the planes of one
input for each tap.  Either is a matrix product with few rows against the array that was not projected, so that the
smaller of the two is left: with a stride above 1 that is $g$.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.numerics.boxes import index, overlap
from cnnspec.numerics.projection import Blocks, multiplied, planned, tiles, together, width_of

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, Shape


class _Totals:
    """The sums of each tap, (t, C, *k), and the sum of squares of each channel, added block by block in float64."""

    def __init__(self, trials: int, channels: int, kernel: Shape, groups: int) -> None:
        self.sums = np.zeros((trials, channels, *kernel))
        self.squares = np.zeros(channels)
        self._groups = groups

    def add(self, block: Array, shifted: Array, taps: Sequence[Shape]) -> None:
        """The products of a block (n, C, *l) with the rows (n, g, t, taps, *l)."""
        samples, groups, trials, count = shifted.shape[:4]
        rows = shifted.reshape(samples, groups, trials * count, -1)
        planes = block.reshape(samples, groups, block.shape[1] // groups, -1)
        out = np.empty((samples, groups, trials * count, planes.shape[2]), rows.dtype)
        for at in np.ndindex(samples, groups):
            multiplied(rows[at], planes[at].T, out[at])
        total = out.sum(0, dtype=np.float64).reshape(groups, trials, count, -1)
        self.squares += np.vecdot(planes, planes).sum(0, dtype=np.float64).ravel()
        for j, tap in enumerate(taps):
            self.sums[index(slice(None), slice(None), *tap)] += total[:, :, j].swapaxes(0, 1).reshape(trials, -1)


def onto_inputs(
    x: Array, g: Array, axes: Sequence[Window], groups: int, dtype: Any = np.float64
) -> tuple[Array, Array]:
    """The layer's gradient with respect to its weights, for few output channels of each group.

    Parameters
    ----------
    x
        $(N, C, *n)$, any real dtype.
    g
        $(t, N, g, *m)$, float64: the cotangent, already projected within each group.
    axes, groups
        The windows, and the number $g$ of channel groups.
    dtype
        In which sums over the positions of one block are formed; blocks are added in float64.

    Returns
    -------
    tuple
        $(t, C, *k)$: the sums; and $(C,)$: the sum of squares of each channel of $x$; float64.
    """
    totals = _Totals(len(g), x.shape[1], tuple(a.kernel for a in axes), groups)
    blocks, room = Blocks(dtype), Blocks(dtype)
    for group in planned(x, axes, dtype):
        part = x[index(slice(None), slice(None), *group.lattice)]
        width = width_of(part, dtype, len(g) * groups * len(group.taps))
        for batch, slab in tiles(len(x), part.shape[2:], width):
            block = blocks(part[batch, :, slab])
            shifted = room.room((len(block), groups, len(g), len(group.taps), *block.shape[2:]))
            shifted[...] = 0
            for j, offset in enumerate(group.offsets):
                at, read = overlap(offset, group.step, part.shape[2:], slab, g.shape[3:])
                moved = np.moveaxis(g[index(slice(None), batch, slice(None), *at)], 0, 2)  # (n, g, t, *m)
                shifted[index(slice(None), slice(None), slice(None), j, *read)] = moved
            totals.add(block, shifted, group.taps)
    return totals.sums, totals.squares


def onto_outputs(
    g: Array, x: Array, axes: Sequence[Window], groups: int, dtype: Any = np.float64
) -> tuple[Array, Array]:
    """The same gradient for few input channels of each group.

    Parameters
    ----------
    g
        $(N, O, *m)$, any real dtype.
    x
        $(t, N, g, *n)$, float64: the input, already projected within each group.
    axes, groups, dtype
        As for :func:`onto_inputs`.

    Returns
    -------
    tuple
        $(t, O, *k)$: the sums; and $(O,)$: the sum of squares of each channel of $g$; float64.
    """
    totals = _Totals(len(x), g.shape[1], tuple(a.kernel for a in axes), groups)
    blocks, room = Blocks(dtype), Blocks(dtype)
    (every,) = together(axes)
    for batch, first, block in _rows_of(g, width_of(g, dtype, len(x) * groups * len(every.taps))):
        extents = block.shape[2:]
        shifted = room.room((len(block), groups, len(x), len(every.taps), *extents))
        shifted[...] = 0
        for j, (q, *rest) in enumerate(every.offsets):
            offset = (q + every.step[0] * first, *rest)
            at, read = overlap(offset, every.step, x.shape[3:], slice(0, x.shape[3]), extents)
            moved = np.moveaxis(x[index(slice(None), batch, slice(None), *read)], 0, 2)  # (n, g, t, *m)
            shifted[index(slice(None), slice(None), slice(None), j, *at)] = moved
        totals.add(blocks(block), shifted, every.taps)
    return totals.sums, totals.squares


def _rows_of(g: Array, width: int) -> Iterator[tuple[slice, int, Array]]:
    """Blocks of some samples, or of some rows of one sample, with the samples and the first row."""
    for batch, rows in tiles(len(g), g.shape[2:], width):
        yield batch, rows.start, g[batch, :, rows]
