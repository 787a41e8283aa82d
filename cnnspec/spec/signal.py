"""Signal level: convolution and cross-correlation of two arrays, without batch, channels or stride.

Both are sums over all pairs of elements; they differ in where a pair goes.  A convolution adds the *indices* of the
pair, so that $y$ is the superposition of shifted copies of $k$, one for every element of $x$.  A correlation subtracts
them: $k$ is laid over $x$ unflipped.  On every axis of extents $n$ and $k$ the full result $F$ has $n + k - 1$
elements; the modes are cut out of it:

| mode | elements of $F$ | extent |
|---|---|---|
| ``full`` | all | $n + k - 1$ |
| ``same`` | from $\\lfloor (k-1)/2 \\rfloor$ | $n$ |
| ``valid`` | from $\\min(n, k) - 1$ | $\\lvert n - k \\rvert + 1$ |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.shapes import signal_shape

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Mode, Shape


def convolve(x: ArrayLike, k: ArrayLike, *, mode: Mode = "full") -> Array:
    """The convolution of two arrays: the sum of copies of ``k``, each shifted and scaled by one element of ``x``.

    $$ F[t] = \\sum_{u} x[u]\\, k[t - u] = \\sum_{u + v = t} x[u]\\, k[v] $$

    Laws: CONV-1, CONV-2, CONV-7.

    Parameters
    ----------
    x
        Numbers of any type, $n$ on every axis.
    k
        Numbers, as many axes as ``x``; it may be the larger of the two.
    mode
        ``"full"``, ``"same"`` or ``"valid"``, as in ``scipy.signal``.

    Returns
    -------
    Array
        Objects, the extents that ``mode`` gives.

    Raises
    ------
    ShapeError
        If the numbers of axes differ, an extent is 0, or ``"valid"`` finds neither array at least as large on all axes.
    ParameterError
        If ``mode`` is none of the three.

    References
    ----------
    ``scipy.signal.convolve``; Goodfellow, Bengio, Courville, *Deep Learning* (2016), 9.1.

    Examples
    --------
    >>> convolve([1, 2, 3], [1, 10])
    array([1, 12, 23, 30], dtype=object)
    """
    x, k = np.asarray(x, dtype=object), np.asarray(k, dtype=object)
    extents = signal_shape(x.shape, k.shape, mode=mode)
    y = np.zeros(signal_shape(x.shape, k.shape), dtype=object)
    for u in np.ndindex(*x.shape):
        for v in np.ndindex(*k.shape):
            t = tuple(a + b for a, b in zip(u, v, strict=True))
            y[t] += x[u] * k[v]
    return cut(y, extents, x.shape, k.shape, mode)


def cross_correlate(x: ArrayLike, k: ArrayLike, *, mode: Mode = "full") -> Array:
    """The cross-correlation of two arrays: ``k`` slides over ``x`` unflipped, and is conjugated.

    $$ F[t] = \\sum_{v} x[t + v - (k - 1)]\\, \\overline{k[v]} $$

    Here $k - 1$ is the last index of ``k`` on the axis, so that $F[0]$ is the first overlap.

    Laws: CONV-2, CONV-7, CONV-8.

    Parameters
    ----------
    x
        Numbers of any type, $n$ on every axis.
    k
        Numbers, as many axes as ``x``; it may be the larger of the two.
    mode
        ``"full"``, ``"same"`` or ``"valid"``, as in ``scipy.signal``.

    Returns
    -------
    Array
        Objects, the extents that ``mode`` gives.

    Raises
    ------
    ShapeError
        If the numbers of axes differ, an extent is 0, or ``"valid"`` finds neither array at least as large on all axes.
    ParameterError
        If ``mode`` is none of the three.

    Notes
    -----
    The layer :func:`cnnspec.spec.convolution.conv` never conjugates.

    References
    ----------
    ``scipy.signal.correlate``.

    Examples
    --------
    >>> cross_correlate([1, 2, 3], [1, 10])
    array([10, 21, 32, 3], dtype=object)
    >>> cross_correlate([1, 2, 3], [1, 10], mode="valid")
    array([21, 32], dtype=object)
    """
    x, k = np.asarray(x, dtype=object), np.asarray(k, dtype=object)
    extents = signal_shape(x.shape, k.shape, mode=mode)
    y = np.zeros(signal_shape(x.shape, k.shape), dtype=object)
    for u in np.ndindex(*x.shape):
        for v in np.ndindex(*k.shape):
            t = tuple(a - b + n - 1 for a, b, n in zip(u, v, k.shape, strict=True))
            y[t] += x[u] * conjugate(k[v])
    return cut(y, extents, x.shape, k.shape, mode)


def cut(full: Array, extents: Shape, n: Shape, k: Shape, mode: Mode) -> Array:
    """The part of a full result that ``mode`` names."""
    if mode == "same":
        start = [(b - 1) // 2 for b in k]
    elif mode == "valid":
        start = [min(a, b) - 1 for a, b in zip(n, k, strict=True)]
    else:
        start = [0] * len(n)
    return np.array(full[tuple(slice(a, a + m) for a, m in zip(start, extents, strict=True))], dtype=object)


def conjugate(a: Any) -> Any:
    """The complex conjugate; a number type that has none is real."""
    return a.conjugate() if hasattr(a, "conjugate") else a
