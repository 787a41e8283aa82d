"""Signal level: convolution and cross-correlation, one shifted copy of the larger array per element of the smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.reference.arithmetic import carrier, operands, rounded
from cnnspec.shapes import signal_shape

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Mode


def convolve(x: ArrayLike, k: ArrayLike, *, mode: Mode = "full") -> Array:
    """The convolution of two arrays: the sum of copies of ``k``, each shifted and scaled by one element of ``x``.

    $$ F[t] = \\sum_{u} x[u]\\, k[t - u] $$

    Laws: CONV-1, CONV-2, CONV-7.

    Parameters
    ----------
    x
        $n$ on every axis, any supported dtype.
    k
        As many axes as ``x``, the same dtype; it may be the larger of the two.
    mode
        ``"full"``: all of $F$, $n + k - 1$ elements on each axis.  ``"same"``: $n$ elements from
        $\\lfloor (k-1)/2 \\rfloor$.  ``"valid"``: $|n - k| + 1$ elements from $\\min(n, k) - 1$.

    Returns
    -------
    Array
        The extents that ``mode`` gives, dtype of ``x``.

    Raises
    ------
    ShapeError
        If the numbers of axes differ, an extent is 0, or ``"valid"`` finds neither array at least as large on all axes.
    ParameterError
        If ``mode`` is none of the three.
    DTypeError
        If a dtype is not supported, or the two differ.

    References
    ----------
    ``scipy.signal.convolve``; Goodfellow, Bengio, Courville, *Deep Learning* (2016), 9.1.

    Examples
    --------
    >>> convolve([1, 2, 3], [1, 10])
    array([ 1, 12, 23, 30])
    """
    x, k = operands(x=x, k=k)
    return _superpose(x, k, mode)


def cross_correlate(x: ArrayLike, k: ArrayLike, *, mode: Mode = "full") -> Array:
    """The cross-correlation of two arrays: ``k`` slides over ``x`` unflipped, and is conjugated.

    $$ F[t] = \\sum_{v} x[t + v - (k - 1)]\\, \\overline{k[v]} $$

    Laws: CONV-2, CONV-7, CONV-8.

    Parameters
    ----------
    x
        $n$ on every axis, any supported dtype.
    k
        As many axes as ``x``, the same dtype; it may be the larger of the two.
    mode
        ``"full"``, ``"same"`` or ``"valid"``, the same elements of $F$ as for :func:`convolve`.

    Returns
    -------
    Array
        The extents that ``mode`` gives, dtype of ``x``.

    Raises
    ------
    ShapeError
        If the numbers of axes differ, an extent is 0, or ``"valid"`` finds neither array at least as large on all axes.
    ParameterError
        If ``mode`` is none of the three.
    DTypeError
        If a dtype is not supported, or the two differ.

    Notes
    -----
    The layer :func:`cnnspec.reference.convolution.conv` never conjugates.

    References
    ----------
    ``scipy.signal.correlate``.

    Examples
    --------
    >>> cross_correlate([1, 2, 3], [1, 10])
    array([10, 21, 32,  3])
    """
    x, k = operands(x=x, k=k)
    return _superpose(x, np.flip(np.conj(k) if k.dtype.kind == "c" else k), mode)


def _superpose(x: Array, k: Array, mode: Mode) -> Array:
    extents = signal_shape(x.shape, k.shape, mode=mode)
    carried = carrier(min(x.size, k.size), x, k)
    small, large = sorted((x.astype(carried), k.astype(carried)), key=np.size)
    full = np.zeros(signal_shape(x.shape, k.shape), carried)
    with np.errstate(all="ignore"):
        for u in np.ndindex(*small.shape):
            full[tuple(slice(a, a + n) for a, n in zip(u, large.shape, strict=True))] += small[u] * large
    if mode == "same":
        start = [(b - 1) // 2 for b in k.shape]
    elif mode == "valid":
        start = [min(a, b) - 1 for a, b in zip(x.shape, k.shape, strict=True)]
    else:
        return rounded(full, x.dtype)
    cut = full[tuple(slice(a, a + m) for a, m in zip(start, extents, strict=True))]
    return rounded(cut.copy(), x.dtype)
