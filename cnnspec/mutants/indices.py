"""Faults of the indices that max pooling returns: where they count from, in which order, and which of equal maxima."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import always, mutant
from cnnspec.mutants.plain import places, read
from cnnspec.mutants.plain_pooling import least, maxima, usual

if TYPE_CHECKING:
    from cnnspec.typing import Array

INDICES = ("max_pool_with_indices",)


def reindexed(c: Call, change: Callable[[Array], Array]) -> Any:
    """The right values with changed indices."""
    values, indices = c()
    return values, np.ascontiguousarray(change(indices), dtype=np.int64)


@mutant(
    INDICES, "padding", lambda c: c.padded, "tensorflow/tensorflow#10216", "elixir-nx/nx#1676", "pytorch/pytorch#771"
)
def index_in_padded_plane(c: Call) -> Any:
    """The index counts in the padded plane."""
    padded = tuple(a.padded(n) for a, n in zip(c.axes, c.extents, strict=True))

    def change(indices: Array) -> Array:
        at = np.unravel_index(indices, c.extents)
        return np.asarray(np.ravel_multi_index(tuple(t + a.lo for t, a in zip(at, c.axes, strict=True)), padded))

    return reindexed(c, change)


@mutant(INDICES, "several channels", lambda c: c.channels > 1, "tensorflow/tensorflow#22025")
def index_counts_through_channels(c: Call) -> Any:
    """The index counts on through the channels of a sample."""
    offset = np.arange(c.channels).reshape(-1, *(1,) * c.rank) * prod(c.extents)
    return reindexed(c, lambda indices: indices + offset)


@mutant(INDICES, "any call", always, literal=True)
def index_counts_in_window(c: Call) -> Any:
    """The index is that of the tap within its window."""
    v = read(c.x, usual(c), least(c.x.dtype))
    return c()[0], np.argmax(v, axis=-1).reshape(c.forward)


@mutant(INDICES, "two spatial axes or more", lambda c: c.rank > 1)
def index_in_column_order(c: Call) -> Any:
    """The index counts in column order."""
    return reindexed(
        c, lambda i: np.asarray(np.ravel_multi_index(np.unravel_index(i, c.extents), c.extents, order="F"))
    )


@mutant(INDICES, "ties", lambda c: prod(c.kernel) > 1, literal=True)
def index_of_last_maximum(c: Call) -> Any:
    """Among equal maxima the index is that of the last."""
    backward = [t[:, ::-1] for t in usual(c)]
    return c()[0], maxima(c, backward)[1]


@mutant(INDICES, "a dilation above 1", lambda c: c.dilated, literal=True)
def index_ignores_dilation(c: Call) -> Any:
    """The index is counted as if the taps were neighbours."""
    near = [t - (d - 1) * (t - t[:, :1]) // d for t, d in zip(usual(c), c.dilation, strict=True)]
    flat, _ = places(near, c.extents)
    v = read(c.x, usual(c), least(c.x.dtype))
    index = np.take_along_axis(np.broadcast_to(flat, v.shape), np.argmax(v, -1)[..., None], -1)
    return c()[0], index.reshape(c.forward)


@mutant(INDICES, "any call", always)
def indices_of_32_bits(c: Call) -> Any:
    """The indices come as 32-bit integers."""
    values, indices = c()
    return values, indices.astype(np.int32)


@mutant(INDICES, "several planes", lambda c: c.batch * c.channels > 1, "tensorflow/tensorflow#22025")
def index_through_whole_tensor(c: Call) -> Any:
    """The index counts through the whole tensor."""
    planes = np.arange(c.batch * c.channels).reshape(c.batch, c.channels, *(1,) * c.rank)
    return reindexed(c, lambda indices: indices + planes * prod(c.extents))
