"""Adaptive and global pooling: the number of windows is given, and the windows follow.

Window $i$ of $m$ on an axis of $n$ elements is $[\\lfloor i n/m \\rfloor, \\lceil (i+1) n/m \\rceil)$.  It is never
empty; windows may overlap, differ in size, and be more than there are elements.  A global pooling has one window: the
plane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.reference import windows
from cnnspec.reference.arithmetic import rounded
from cnnspec.reference.dtypes import floating, real
from cnnspec.reference.ranks import of_each_rank
from cnnspec.shapes import adaptive_shape

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, PerAxis

__all__ = [
    "adaptive_max_pool", "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d",
    "adaptive_avg_pool", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
    "global_max_pool", "global_avg_pool",
]  # fmt: skip


def adaptive_max_pool(x: ArrayLike, *, output_size: PerAxis) -> Array:
    """The maximum of every adaptive window.

    $$ y[b, c, i] = \\max_{t \\in R_i} x[b, c, t], \\qquad
    R_i = \\prod_a \\bigl[\\lfloor i_a n_a/m_a \\rfloor, \\lceil (i_a+1) n_a/m_a \\rceil\\bigr) $$

    Laws: POOL-4, POOL-7, POOL-8.

    Parameters
    ----------
    x
        $(N, C, *n)$ with every $n \\ge 1$, any real dtype.
    output_size
        The extents $m \\ge 1$, which may exceed $n$.

    Returns
    -------
    Array
        $(N, C, *m)$, the dtype of ``x``.

    Raises
    ------
    DTypeError
        If ``x`` holds no real numbers.
    ShapeError
        If ``x`` has no spatial axis, or one of extent 0.
    ParameterError
        If an output extent is below 1.

    References
    ----------
    PyTorch, ``torch.nn.AdaptiveMaxPool2d``.

    Examples
    --------
    >>> adaptive_max_pool(np.array([[[5, 1, 2, 4, 3]]]), output_size=3).tolist()
    [[[5, 4, 4]]]
    """
    (x,) = real(x=x)
    return windows.maximum(x, windows.adaptive_axes(x.shape, output_size=output_size))


def adaptive_avg_pool(x: ArrayLike, *, output_size: PerAxis) -> Array:
    """The mean of every adaptive window.

    $$ y[b, c, i] = \\frac{1}{|R_i|} \\sum_{t \\in R_i} x[b, c, t] $$

    Laws: POOL-4, POOL-7.

    Parameters
    ----------
    x
        $(N, C, *n)$ with every $n \\ge 1$, any floating dtype.
    output_size
        The extents $m \\ge 1$, which may exceed $n$.

    Returns
    -------
    Array
        $(N, C, *m)$, the dtype of ``x``; computed in float64 and rounded once where that is narrower.

    Raises
    ------
    DTypeError
        If ``x`` holds no floating-point numbers.
    ShapeError
        If ``x`` has no spatial axis, or one of extent 0.
    ParameterError
        If an output extent is below 1.

    References
    ----------
    PyTorch, ``torch.nn.AdaptiveAvgPool2d``.

    Examples
    --------
    >>> adaptive_avg_pool(np.array([[[5.0, 1.0, 2.0, 4.0, 3.0]]]), output_size=2).tolist()
    [[[2.6666666666666665, 3.0]]]
    """
    (x,) = floating(x=x)
    axes = windows.adaptive_axes(x.shape, output_size=output_size)
    return rounded(windows.total(x, axes) / windows.sizes(axes, padding=False), x.dtype)


def global_max_pool(x: ArrayLike) -> Array:
    """The maximum of every plane.

    $$ y[b, c, 0, \\dots] = \\max_t x[b, c, t] $$

    Laws: POOL-4, POOL-7, POOL-8, INV-1.

    Parameters
    ----------
    x
        $(N, C, *n)$ with every $n \\ge 1$, any real dtype.

    Returns
    -------
    Array
        $(N, C, 1, \\dots, 1)$, the dtype of ``x``.

    Raises
    ------
    DTypeError
        If ``x`` holds no real numbers.
    ShapeError
        If ``x`` has no spatial axis, or one of extent 0.

    References
    ----------
    ONNX operators, ``GlobalMaxPool``.

    Examples
    --------
    >>> global_max_pool(np.array([[[5, 1], [2, 7]]])).tolist()
    [[[5], [7]]]
    """
    (x,) = real(x=x)
    shape = adaptive_shape(x.shape, output_size=1)
    with np.errstate(invalid="ignore"):
        y: Array = x.max(axis=tuple(range(2, x.ndim)))
    return y.reshape(shape)


def global_avg_pool(x: ArrayLike) -> Array:
    """The mean of every plane.

    $$ y[b, c, 0, \\dots] = \\frac{1}{\\prod n} \\sum_t x[b, c, t] $$

    Laws: POOL-4, POOL-7, INV-1.

    Parameters
    ----------
    x
        $(N, C, *n)$ with every $n \\ge 1$, any floating dtype.

    Returns
    -------
    Array
        $(N, C, 1, \\dots, 1)$, the dtype of ``x``; computed in float64 and rounded once where that is narrower.

    Raises
    ------
    DTypeError
        If ``x`` holds no floating-point numbers.
    ShapeError
        If ``x`` has no spatial axis, or one of extent 0.

    Notes
    -----
    It does not change when the plane is shifted on the torus: exactly so for a maximum, up to the rounding of the sum
    for a mean.

    References
    ----------
    M. Lin, Q. Chen, S. Yan, *Network in network*, ICLR 2014.

    Examples
    --------
    >>> global_avg_pool(np.array([[[5.0, 1.0], [2.0, 7.0]]])).tolist()
    [[[3.0], [4.5]]]
    """
    (x,) = floating(x=x)
    shape = adaptive_shape(x.shape, output_size=1)
    with np.errstate(invalid="ignore", over="ignore"):
        total = x.sum(axis=tuple(range(2, x.ndim)), dtype=np.float64).reshape(shape)
    return rounded(total / np.prod(x.shape[2:]), x.dtype)


adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = of_each_rank(adaptive_max_pool)
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = of_each_rank(adaptive_avg_pool)
