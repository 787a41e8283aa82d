"""Fast correlation of tiles, $y = A^\\top[(Gw) \\odot (B^\\top x)]$ on every axis, and how far it may err."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.numerics.arithmetic import gamma
from cnnspec.numerics.precision import format_of
from cnnspec.reference.padding import pad

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnnspec.typing import Array, Pads

POINTS = (0, 1, -1, 2, -2, Fraction(1, 2), Fraction(-1, 2), 4, -4, Fraction(1, 4), Fraction(-1, 4), 3, -3)
"""The points that libraries interpolate at, in the order in which they take them; the last one is infinity."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """The matrices of $F(m, r)$: $A^\\top$ $(m, n)$, $B^\\top$ $(n, n)$, $G$ $(n, r)$ with $n = m + r - 1$; float64."""

    a: Array
    b: Array
    g: Array

    @property
    def depth(self) -> int:
        """The most roundings on the way of one term through all three matrices, one for the constant each time."""
        return sum(int(np.count_nonzero(matrix, axis=1).max()) + 1 for matrix in (self.a, self.b, self.g))


@cache
def tile(m: int, r: int) -> Tile:
    """The tile that gives $m$ outputs of a correlation with $r$ taps by $m + r - 1$ products.

    With $n - 1$ points $p_i$ and infinity, $V$ the $n \\times n$ matrix of powers $p_i^j$ and $f_i = \\prod_{l \\ne i}
    (p_i - p_l)$, $A^\\top = V_{:m}^\\top$, $B^\\top = f V^{-\\top}$ and $G = f^{-1} V_{:r}$: the transpose of the
    evaluation of a polynomial product at those points.

    References
    ----------
    Winograd, Arithmetic Complexity of Computations, 1980; Lavin and Gray, arXiv:1509.09308.

    Examples
    --------
    >>> t = tile(2, 3)
    >>> (t.a @ ((t.g @ [1, 10, 100]) * (t.b @ [1, 2, 3, 4]))).tolist()
    [321.0, 432.0]
    """
    n = m + r - 1
    points = [Fraction(p) for p in POINTS[: n - 1]]
    powers = [[p**j for j in range(n)] for p in points] + [[Fraction(j == n - 1) for j in range(n)]]
    scale = [prod((p - q for q in points if q != p), start=Fraction(1)) for p in points] + [Fraction(1)]
    inverse = _inverse([list(column) for column in zip(*powers, strict=True)])  # (V^T)^-1
    last = len(points)
    a = [[powers[i][j] if i < last else Fraction(j == m - 1) for i in range(n)] for j in range(m)]
    g = [[(powers[i][j] if i < last else Fraction(j == r - 1)) / scale[i] for j in range(r)] for i in range(n)]
    b = [[scale[i] * entry for entry in inverse[i]] for i in range(n)]
    return Tile(*(np.array([[float(v) for v in row] for row in rows]) for rows in (a, b, g)))


def _inverse(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """The inverse by Gauss and Jordan, exactly."""
    n = len(rows)
    work = [row + [Fraction(i == j) for j in range(n)] for i, row in enumerate(rows)]
    for i in range(n):
        pivot = next(k for k in range(i, n) if work[k][i])
        work[i], work[pivot] = work[pivot], work[i]
        work[i] = [v / work[i][i] for v in work[i]]
        for k in range(n):
            if k != i and work[k][i]:
                work[k] = [v - work[k][i] * p for v, p in zip(work[k], work[i], strict=True)]
    return [row[n:] for row in work]


def correlate(x: Array, w: Array, m: int, *, pads: Pads, dtype: Any = np.float64, absolute: bool = False) -> Array:
    """The layer with stride 1, dilation 1 and one group by tiles of $m$ outputs an axis, every step in ``dtype``.

    Parameters
    ----------
    x
        $(N, C, *n)$.
    w
        $(O, C, *k)$.
    m
        Outputs per tile and axis.
    pads
        One (lo, hi) pair per spatial axis.
    dtype
        The floating-point dtype of transforms, products and sums.
    absolute
        Whether to take $|A|$, $|B|$, $|G|$, $|x|$ and $|w|$: this gives $S_{alg}$.

    Returns
    -------
    Array
        $(N, O, *(n + p_{lo} + p_{hi} - k + 1))$ in ``dtype``.

    Examples
    --------
    >>> correlate(np.array([[[1.0, 2, 3, 4, 5]]]), np.ones((1, 1, 3)), 2, pads=((0, 0),)).tolist()
    [[[6.0, 9.0, 12.0]]]
    """
    size: Callable[..., Array] = np.abs if absolute else np.asarray
    kernel = w.shape[2:]
    tiles = [tile(m, r) for r in kernel]
    extents = [n + sum(p) - r + 1 for n, p, r in zip(x.shape[2:], pads, kernel, strict=True)]
    count = [-(-e // m) for e in extents]
    filled = tuple((lo, hi + c * m - e) for (lo, hi), c, e in zip(pads, count, extents, strict=True))
    xp = size(pad(np.asarray(x, dtype), padding=filled))
    spatial = range(2, xp.ndim)
    blocks = np.lib.stride_tricks.sliding_window_view(xp, [m + r - 1 for r in kernel], axis=tuple(spatial))
    blocks = blocks[:, :, *(slice(None, None, m) for _ in kernel)]  # (N, C, *tiles, *n)
    first = blocks.ndim - len(kernel)
    data = _along(blocks, [size(t.b).astype(dtype) for t in tiles], first)
    weights = _along(size(np.asarray(w, dtype)), [size(t.g).astype(dtype) for t in tiles], 2)
    # (N, C, *tiles, *n), (O, C, *n) -> (N, O, *tiles, *n)
    t, f = "pqr"[: len(kernel)], "fgh"[: len(kernel)]
    product = np.einsum(f"ac{t}{f},bc{f}->ab{t}{f}", data, weights)
    out = _along(product, [size(t.a).astype(dtype) for t in tiles], first)  # (N, O, *tiles, *m)
    axes = [a for pair in zip(spatial, range(first, out.ndim), strict=True) for a in pair]
    joined = out.transpose(0, 1, *axes).reshape(*out.shape[:2], *(c * m for c in count))
    return joined[:, :, *(slice(0, e) for e in extents)]


def _along(a: Array, matrices: Sequence[Array], first: int) -> Array:
    """Each matrix applied to one of the axes from ``first`` on."""
    for axis, matrix in enumerate(matrices, start=first):
        a = np.moveaxis(np.tensordot(a, matrix, axes=(axis, 1)), -1, axis)
    return a


def bound(x: Array, w: Array, m: int, *, pads: Pads, dtype: str) -> Array:
    """How far $F(m, r)$ tiles in ``dtype`` may lie from the exact sums, per output element.

    The algorithm is a sum of products of sums: every term $a\\,b\\,g\\,x\\,w$ meets at most $h$ roundings, one for each
    of its constants, and as many for each sum as that has terms, the $C$ channels among them.  Hence

    $$ |\\hat y - y| \\le \\gamma_h S_{alg}, \\qquad S_{alg} = |A^\\top|\\,[\\,(|G||w|) \\odot (|B^\\top||x|)\\,] $$

    It is meant for the standard points (:data:`POINTS`); $S_{alg}$ exceeds $S$ by the amplification of the matrices.

    Parameters
    ----------
    x, w, m, pads
        As for :func:`correlate`.
    dtype
        The format in which everything is computed, and the output's.

    Returns
    -------
    Array
        Float64, of the output's shape; underflow is not covered.

    References
    ----------
    Higham 2002, section 23.2.2; Barabasz, Anderson, Soodhalter and Gregg, arXiv:1803.10986, theorem 1.

    Examples
    --------
    >>> float(bound(np.ones((1, 1, 4)), np.ones((1, 1, 3)), 2, pads=((0, 0),), dtype="float32")[0, 0, 0]) < 2e-5
    True
    """
    u = format_of(dtype).unit
    h = sum(tile(m, r).depth for r in w.shape[2:]) + w.shape[1]
    total: Array = gamma(h, u) * correlate(x, w, m, pads=pads, absolute=True)
    return total
