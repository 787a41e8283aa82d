"""The gradients of the poolings with respect to their input.

Every gradient takes the cotangent $\\bar y$ of the output and the input $x$, and adds up what each window gives back:

$$ \\bar x[b, c, t] = \\sum_{i : t \\in R_i} \\bar y[b, c, i]\\, \\frac{\\partial y[b, c, i]}{\\partial x[b, c, t]} $$

Overlapping windows add (GRAD-1).  Sums of floats are formed in float64 and rounded once; integers add modulo $2^w$.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.reference import windows
from cnnspec.reference.arithmetic import rounded
from cnnspec.reference.dtypes import floating, real
from cnnspec.reference.pooling import check_p, window_divisors
from cnnspec.reference.pullbacks import check_cotangent, evenly, to_first_maximum
from cnnspec.reference.ranks import of_each_rank
from cnnspec.reference.unpooling import gather, scatter

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis

__all__ = [
    "max_pool_input_grad", "max_pool1d_input_grad", "max_pool2d_input_grad", "max_pool3d_input_grad",
    "avg_pool_input_grad", "avg_pool1d_input_grad", "avg_pool2d_input_grad", "avg_pool3d_input_grad",
    "lp_pool_input_grad", "lp_pool1d_input_grad", "lp_pool2d_input_grad", "lp_pool3d_input_grad",
    "adaptive_max_pool_input_grad", "adaptive_max_pool1d_input_grad",
    "adaptive_max_pool2d_input_grad", "adaptive_max_pool3d_input_grad",
    "adaptive_avg_pool_input_grad", "adaptive_avg_pool1d_input_grad",
    "adaptive_avg_pool2d_input_grad", "adaptive_avg_pool3d_input_grad",
    "global_max_pool_input_grad", "global_avg_pool_input_grad",
]  # fmt: skip


def max_pool_input_grad(
    grad_output: ArrayLike,
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Array:
    """The gradient of max pooling: the whole cotangent of a window goes to its first maximal tap.

    $$ \\bar x[b, c, t] = \\sum_{i : t = t^*_i} \\bar y[b, c, i] $$

    Laws: GRAD-1.

    Parameters
    ----------
    grad_output
        The cotangent of the output, $(N, C, *m)$, any real dtype.
    x
        The input, $(N, C, *n)$, the dtype of ``grad_output``.
    kernel_size, stride, padding, dilation, ceil_mode
        As in :func:`cnnspec.reference.pooling.max_pool`.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError
        If an array holds no real numbers, or the dtypes differ.
    ShapeError
        If no window fits, a window holds no real tap, or ``grad_output`` has not the output's shape.
    ParameterError
        If an option has a value out of range.

    Notes
    -----
    Among equal maxima any split of the cotangent is a subgradient; some implementations share it out.

    References
    ----------
    CS231n, *Backpropagation, intuitions*, patterns in backward flow; https://cs231n.github.io/optimization-2/.

    Examples
    --------
    >>> max_pool_input_grad(np.array([[[10, 20]]]), np.array([[[1, 5, 2]]]), kernel_size=2, stride=1).tolist()
    [[[0, 30, 0]]]
    """
    g, x = real(grad_output=grad_output, x=x)
    axes = windows.sliding_axes(
        x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    )
    return to_first_maximum(g, x, axes)


def avg_pool_input_grad(
    grad_output: ArrayLike,
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """The gradient of average pooling: every real tap receives the cotangent over the window's divisor.

    $$ \\bar x[b, c, t] = \\sum_{i : t \\in R_i} \\bar y[b, c, i] / D_i $$

    Laws: GRAD-1.

    Parameters
    ----------
    grad_output
        The cotangent of the output, $(N, C, *m)$, any floating dtype.
    x
        The input, $(N, C, *n)$, the dtype of ``grad_output``; only its shape counts.
    kernel_size, stride, padding, dilation, ceil_mode, count_include_pad, divisor_override
        As in :func:`cnnspec.reference.pooling.avg_pool`.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError
        If an array holds no floating-point numbers, or the dtypes differ.
    ShapeError
        If no window fits, a window holds no real tap, or ``grad_output`` has not the output's shape.
    ParameterError
        If an option has a value out of range.

    References
    ----------
    CS231n, *Backpropagation, intuitions*, patterns in backward flow; https://cs231n.github.io/optimization-2/.

    Examples
    --------
    >>> avg_pool_input_grad(np.array([[[2.0, 6.0]]]), np.zeros((1, 1, 3)), kernel_size=2, stride=1).tolist()
    [[[1.0, 4.0, 3.0]]]
    """
    g, x = floating(grad_output=grad_output, x=x)
    axes = windows.sliding_axes(
        x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    )
    divisors = window_divisors(axes, count_include_pad=count_include_pad, divisor_override=divisor_override)
    return evenly(g, x, axes, divisors)


def lp_pool_input_grad(
    grad_output: ArrayLike,
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    p: float = 2,
) -> Array:
    """The gradient of Lp pooling: every real tap receives its share of the norm, with its sign.

    $$ \\bar x[b, c, t] = \\mathrm{sign}(x[b, c, t])\\, |x[b, c, t]|^{p-1}
    \\sum_{i : t \\in R_i} \\bar y[b, c, i]\\; y[b, c, i]^{1-p} $$

    Laws: GRAD-1.

    Parameters
    ----------
    grad_output
        The cotangent of the output, $(N, C, *m)$, any floating dtype.
    x
        The input, $(N, C, *n)$, the dtype of ``grad_output``.
    kernel_size, stride, padding, dilation, ceil_mode, p
        As in :func:`cnnspec.reference.pooling.lp_pool`.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError
        If an array holds no floating-point numbers, or the dtypes differ.
    ShapeError
        If no window fits, a window holds no real tap, or ``grad_output`` has not the output's shape.
    ParameterError
        If an option has a value out of range.

    Notes
    -----
    A window whose norm is 0 gives the subgradient 0.  For $p = \\infty$ the first largest $|x|$ receives all.

    References
    ----------
    CS231n, *Backpropagation, intuitions*, patterns in backward flow; https://cs231n.github.io/optimization-2/.

    Examples
    --------
    >>> lp_pool_input_grad(np.array([[[10.0]]]), np.array([[[3.0, -4.0]]]), kernel_size=2).tolist()
    [[[6.0, -8.0]]]
    """
    g, x = floating(grad_output=grad_output, x=x)
    axes = windows.sliding_axes(
        x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    )
    check_p(p)
    check_cotangent(g, x, axes)
    if math.isinf(p):
        _, index = windows.first_maximum(np.abs(x), axes)
        return scatter(g * np.sign(gather(x, index)), index, x)
    size = np.abs(x).astype(np.float64)
    with np.errstate(all="ignore"):
        norm = windows.total(size**p, axes) ** (1 / p)
        share = np.where(norm == 0, 0, g * norm ** (1 - p))
        return rounded(np.sign(x) * size ** (p - 1) * windows.spread(share, axes), x.dtype)


def adaptive_max_pool_input_grad(grad_output: ArrayLike, x: ArrayLike, *, output_size: PerAxis) -> Array:
    """The gradient of adaptive max pooling: the whole cotangent of a window goes to its first maximal tap.

    $$ \\bar x[b, c, t] = \\sum_{i : t = t^*_i} \\bar y[b, c, i] $$

    Laws: GRAD-1.

    Parameters
    ----------
    grad_output
        The cotangent of the output, $(N, C, *m)$, any real dtype.
    x
        The input, $(N, C, *n)$, the dtype of ``grad_output``.
    output_size
        The extents $m \\ge 1$.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError
        If an array holds no real numbers, or the dtypes differ.
    ShapeError
        If a spatial extent is 0, or ``grad_output`` has not the output's shape.
    ParameterError
        If an output extent is below 1.

    References
    ----------
    CS231n, *Backpropagation, intuitions*, patterns in backward flow; https://cs231n.github.io/optimization-2/.

    Examples
    --------
    >>> adaptive_max_pool_input_grad(np.array([[[10, 20]]]), np.array([[[1, 5, 2]]]), output_size=2).tolist()
    [[[0, 30, 0]]]
    """
    g, x = real(grad_output=grad_output, x=x)
    return to_first_maximum(g, x, windows.adaptive_axes(x.shape, output_size=output_size))


def adaptive_avg_pool_input_grad(grad_output: ArrayLike, x: ArrayLike, *, output_size: PerAxis) -> Array:
    """The gradient of adaptive average pooling: every tap receives the cotangent over the window's size.

    $$ \\bar x[b, c, t] = \\sum_{i : t \\in R_i} \\bar y[b, c, i] / |R_i| $$

    Laws: GRAD-1.

    Parameters
    ----------
    grad_output
        The cotangent of the output, $(N, C, *m)$, any floating dtype.
    x
        The input, $(N, C, *n)$, the dtype of ``grad_output``; only its shape counts.
    output_size
        The extents $m \\ge 1$.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError
        If an array holds no floating-point numbers, or the dtypes differ.
    ShapeError
        If a spatial extent is 0, or ``grad_output`` has not the output's shape.
    ParameterError
        If an output extent is below 1.

    References
    ----------
    CS231n, *Backpropagation, intuitions*, patterns in backward flow; https://cs231n.github.io/optimization-2/.

    Examples
    --------
    >>> adaptive_avg_pool_input_grad(np.array([[[2.0, 6.0]]]), np.zeros((1, 1, 3)), output_size=2).tolist()
    [[[1.0, 4.0, 3.0]]]
    """
    g, x = floating(grad_output=grad_output, x=x)
    axes = windows.adaptive_axes(x.shape, output_size=output_size)
    return evenly(g, x, axes, windows.sizes(axes, padding=False))


def global_max_pool_input_grad(grad_output: ArrayLike, x: ArrayLike) -> Array:
    """The gradient of global max pooling: the first maximal element of each plane gets the whole cotangent.

    $$ \\bar x[b, c, t] = \\bar y[b, c, 0]\\; [t = \\min \\operatorname{arg\\,max} x[b, c]] $$

    Laws: GRAD-4.

    Parameters
    ----------
    grad_output
        The cotangent of the output, $(N, C, 1, \\dots, 1)$, any real dtype.
    x
        $(N, C, *n)$, the same dtype.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError
        If an array holds no real numbers, or the dtypes differ.
    ShapeError
        If a spatial extent is 0, or ``grad_output`` has not the output's shape.

    References
    ----------
    CS231n, *Backpropagation, intuitions*, patterns in backward flow; https://cs231n.github.io/optimization-2/.

    Examples
    --------
    >>> global_max_pool_input_grad(np.array([[[10]]]), np.array([[[1, 5, 2]]])).tolist()
    [[[0, 10, 0]]]
    """
    return adaptive_max_pool_input_grad(grad_output, x, output_size=1)


def global_avg_pool_input_grad(grad_output: ArrayLike, x: ArrayLike) -> Array:
    """The gradient of global average pooling: every element of a plane gets an equal share of the cotangent.

    $$ \\bar x[b, c, t] = \\frac{\\bar y[b, c, 0]}{\\prod_a n_a} $$

    Laws: GRAD-5.

    Parameters
    ----------
    grad_output
        The cotangent of the output, $(N, C, 1, \\dots, 1)$, any floating-point dtype.
    x
        $(N, C, *n)$, the same dtype.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError
        If an array holds no floating-point numbers, or the dtypes differ.
    ShapeError
        If a spatial extent is 0, or ``grad_output`` has not the output's shape.

    References
    ----------
    CS231n, *Backpropagation, intuitions*, patterns in backward flow; https://cs231n.github.io/optimization-2/.

    Examples
    --------
    >>> global_avg_pool_input_grad(np.array([[[6.0]]]), np.zeros((1, 1, 3))).tolist()
    [[[2.0, 2.0, 2.0]]]
    """
    return adaptive_avg_pool_input_grad(grad_output, x, output_size=1)


max_pool1d_input_grad, max_pool2d_input_grad, max_pool3d_input_grad = of_each_rank(max_pool_input_grad)
avg_pool1d_input_grad, avg_pool2d_input_grad, avg_pool3d_input_grad = of_each_rank(avg_pool_input_grad)
lp_pool1d_input_grad, lp_pool2d_input_grad, lp_pool3d_input_grad = of_each_rank(lp_pool_input_grad)
adaptive_max_pool1d_input_grad, adaptive_max_pool2d_input_grad, adaptive_max_pool3d_input_grad = of_each_rank(
    adaptive_max_pool_input_grad
)
adaptive_avg_pool1d_input_grad, adaptive_avg_pool2d_input_grad, adaptive_avg_pool3d_input_grad = of_each_rank(
    adaptive_avg_pool_input_grad
)
