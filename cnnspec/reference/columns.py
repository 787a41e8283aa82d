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

from collections.abc import Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, Shape

BLOCK = 2**18
"""The number of elements of a block of columns, 2 MiB in float64; more where the weights are larger than that."""


def windowed(a: Array, axes: Sequence[Window], extents: Shape, groups: int) -> Array:
    """The taps of every window, (N, C, *P) -> (g, C/g, *k, N, *m): a view of the C-contiguous ``a``."""
    batch, channel, *space = a.strides
    per_group = a.shape[1] // groups
    return np.ndarray(
        (groups, per_group, *(w.kernel for w in axes), a.shape[0], *extents),
        a.dtype,
        a,
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
    groups, _, terms = w.shape
    for at in blocks(y, w):
        part = y[at]
        columns = taps[at].reshape(groups, terms, prod(part.shape[2:]))
        part[...] = (w @ columns).reshape(part.shape)


def scatter(y: Array, w: Array, taps: Array) -> None:
    """Add $w^\\top y$ onto the array behind ``taps``; shapes as for :func:`gather`."""
    groups, outputs, _ = w.shape
    kernel = taps.shape[2 : 2 + y.ndim - 3]
    multiply = np.multiply if outputs == 1 else np.matmul  # an outer product is no work for matmul
    for at in blocks(y, w):
        part, target = y[at], taps[at]
        flat = part.reshape(groups, outputs, prod(part.shape[2:]))
        columns = multiply(w.transpose(0, 2, 1), flat).reshape(target.shape)
        for j in np.ndindex(*kernel):
            target[:, :, *j] += columns[:, :, *j]


def contract(y: Array, taps: Array, w: Array) -> None:
    """Add $y\\,a^\\top$ onto ``w``; shapes as for :func:`gather`."""
    groups, outputs, terms = w.shape
    for at in blocks(y, w):
        part = y[at]
        positions = prod(part.shape[2:])
        columns = taps[at].reshape(groups, terms, positions)
        w += part.reshape(groups, outputs, positions) @ columns.transpose(0, 2, 1)


def blocks(y: Array, w: Array) -> Iterator[tuple[Any, ...]]:
    """Indices of parts of ``y`` (g, O/g, N, *m), some samples or some rows of one, whose columns fit the budget.

    Examples
    --------
    >>> y, w = np.zeros((1, 1, 3, 4, 100)), np.zeros((1, 1, 1000))
    >>> [at[1:3] for at in blocks(y, w)][:2]
    [(slice(0, 1, None), slice(0, 2, None)), (slice(0, 1, None), slice(2, 4, None))]
    """
    samples, rows, *rest = y.shape[2:]
    budget = max(BLOCK, w.size) // max(w.shape[0] * w.shape[2] * prod(rest), 1)
    high = min(max(budget, 1), max(rows, 1))
    deep = max(budget // max(rows, 1), 1)
    for b in range(0, samples, deep):
        for r in range(0, rows, high):
            yield ..., slice(b, b + deep), slice(r, r + high), *(slice(None) for _ in rest)
