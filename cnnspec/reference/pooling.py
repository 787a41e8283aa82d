"""Pooling: every window of a plane becomes one number.

Window $i$ of a plane $x[b, c]$ reads the taps $t_i(j) = s\\,i + d\\,j - p_{lo}$.  $R_i$ is the list of its *real* taps
in row-major order, $|P_i|$ the number of its padding taps; overhang counts nowhere.  A window that holds no real tap
is refused (POOL-2).

A maximum is native in every real dtype.  Sums of floats narrower than float64 are formed in float64, and the result is
rounded once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.errors import ParameterError
from cnnspec.reference import windows
from cnnspec.reference.arithmetic import rounded
from cnnspec.reference.dtypes import floating, real
from cnnspec.reference.ranks import of_each_rank

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis

__all__ = [
    "max_pool", "max_pool1d", "max_pool2d", "max_pool3d",
    "max_pool_with_indices", "max_pool1d_with_indices", "max_pool2d_with_indices", "max_pool3d_with_indices",
    "avg_pool", "avg_pool1d", "avg_pool2d", "avg_pool3d",
    "lp_pool", "lp_pool1d", "lp_pool2d", "lp_pool3d",
]  # fmt: skip


def max_pool(
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Array:
    """The maximum of every window.

    $$ y[b, c, i] = \\max_{t \\in R_i} x[b, c, t] $$

    Laws: POOL-1, POOL-2, POOL-4, POOL-8, POOL-10.

    Parameters
    ----------
    x
        $(N, C, *n)$, any real dtype.
    kernel_size
        The taps $k \\ge 1$ per axis.
    stride
        The stride $s \\ge 1$ per axis; ``None`` means the kernel size.
    padding
        One int, one int per axis, one (lo, hi) pair per axis, or a word such as ``"same_upper"``.
    dilation
        The step $d \\ge 1$ between taps, per axis.
    ceil_mode
        Whether the last window may overhang the padded input.

    Returns
    -------
    Array
        $(N, C, *m)$, the dtype of ``x``.

    Raises
    ------
    DTypeError
        If ``x`` holds no real numbers.
    ShapeError
        If ``x`` has no spatial axis, no window fits, or a window holds no real tap.
    ParameterError
        If an option has a value out of range.

    Notes
    -----
    Padding is $-\\infty$ (the least number of an integer dtype): it never wins, and a window of negative numbers keeps
    its maximum at the border.  A NaN wins over everything.  PyTorch also refuses pads above half the kernel, which
    are allowed here as long as every window holds a real tap.

    References
    ----------
    ONNX operators, ``MaxPool``; PyTorch, ``torch.nn.MaxPool2d``.

    Examples
    --------
    >>> x = np.array([[[[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
    >>> max_pool(x, kernel_size=2).tolist()
    [[[[6, 8], [3, 4]]]]
    """
    (x,) = real(x=x)
    axes = windows.sliding_axes(
        x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    )
    return windows.maximum(x, axes)


def max_pool_with_indices(
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """The maximum of every window, and where it stands.

    $$ t^* = \\text{first } t \\in R_i \\text{ with } x[b, c, t] = \\max_{u \\in R_i} x[b, c, u], \\qquad
    \\mathrm{index}[b, c, i] = \\sum_a t^*_a \\prod_{a' > a} n_{a'} $$

    The index is flat in the unpadded plane of its own $(b, c)$; where the window holds a NaN it names the first one.

    Laws: POOL-1, POOL-2, POOL-4, POOL-5, POOL-8, POOL-10.

    Parameters
    ----------
    x
        $(N, C, *n)$, any real dtype.
    kernel_size, stride, padding, dilation, ceil_mode
        As in :func:`max_pool`.

    Returns
    -------
    tuple of Array
        The values, $(N, C, *m)$, the dtype of ``x``; and the indices, $(N, C, *m)$, int64.

    Raises
    ------
    DTypeError, ShapeError, ParameterError
        As :func:`max_pool` does.

    Notes
    -----
    Implementations differ in where they count from: ONNX counts through the whole tensor, TensorFlow in channels-last
    order.  PyTorch names the *last* NaN of a window.

    References
    ----------
    ONNX operators, ``MaxPool``, output ``Indices``; PyTorch, ``torch.nn.MaxPool2d(return_indices=True)``.

    Examples
    --------
    >>> values, indices = max_pool_with_indices(np.array([[[[1, 9], [9, 2]]]]), kernel_size=2)
    >>> values.item(), indices.item()
    (9, 1)
    """
    (x,) = real(x=x)
    axes = windows.sliding_axes(
        x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    )
    return windows.first_maximum(x, axes)


def avg_pool(
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
    """The sum of every window over a divisor that counts its taps.

    $$ y[b, c, i] = \\frac{1}{D_i} \\sum_{t \\in R_i} x[b, c, t], \\qquad
    D_i = \\begin{cases} |R_i| + |P_i| & \\text{with count\\_include\\_pad} \\\\ |R_i| & \\text{without} \\end{cases} $$

    Laws: POOL-2, POOL-3, POOL-4.

    Parameters
    ----------
    x
        $(N, C, *n)$, any floating dtype.
    kernel_size, stride, padding, dilation, ceil_mode
        As in :func:`max_pool`.
    count_include_pad
        Whether padding taps count in the divisor; overhang never does.
    divisor_override
        The divisor of every window, an int >= 1, in place of $D_i$.

    Returns
    -------
    Array
        $(N, C, *m)$, the dtype of ``x``; computed in float64 and rounded once where that is narrower.

    Raises
    ------
    DTypeError
        If ``x`` holds no floating-point numbers: a mean of integers is no integer.
    ShapeError
        If ``x`` has no spatial axis, no window fits, or a window holds no real tap.
    ParameterError
        If an option has a value out of range.

    Notes
    -----
    ONNX dilates averages and norms as it does maxima; PyTorch does not.

    References
    ----------
    ONNX operators, ``AveragePool``; PyTorch, ``torch.nn.AvgPool2d``, whose default is to count the padding.

    Examples
    --------
    >>> avg_pool(np.array([[[6.0, 3.0, 1.0]]]), kernel_size=2, stride=2, padding=1, ceil_mode=True).tolist()
    [[[3.0, 2.0]]]
    """
    (x,) = floating(x=x)
    axes = windows.sliding_axes(
        x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    )
    divisors = window_divisors(axes, count_include_pad=count_include_pad, divisor_override=divisor_override)
    return rounded(windows.total(x, axes) / divisors, x.dtype)


def window_divisors(
    axes: tuple[windows.Axis, ...], *, count_include_pad: bool, divisor_override: int | None
) -> Array | int:
    """The divisor $D_i$ of every window, of shape $(*m)$, or the one that overrides them.

    Raises
    ------
    ParameterError
        If ``divisor_override`` is given and below 1.
    """
    if divisor_override is None:
        return windows.sizes(axes, padding=count_include_pad)
    if divisor_override < 1:
        raise ParameterError(f"divisor_override must be >= 1, got {divisor_override} (POOL-3)")
    return divisor_override


def check_p(p: float) -> None:
    """Check that ``p`` is the exponent of a norm, a number >= 1 or infinity."""
    if not p >= 1:
        raise ParameterError(f"p must be a number >= 1, got {p} (POOL-6)")


def lp_pool(
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    p: float = 2,
) -> Array:
    """The $p$-norm of every window.

    $$ y[b, c, i] = \\Bigl( \\sum_{t \\in R_i} |x[b, c, t]|^p \\Bigr)^{1/p} $$

    For $p = \\infty$ it is the largest $|x|$, for $p = 1$ the sum of the $|x|$.

    Laws: POOL-2, POOL-4, POOL-6.

    Parameters
    ----------
    x
        $(N, C, *n)$, any floating dtype.
    kernel_size, stride, padding, dilation, ceil_mode
        As in :func:`max_pool`.
    p
        The exponent, a number >= 1 or infinity.

    Returns
    -------
    Array
        $(N, C, *m)$, the dtype of ``x``; computed in float64 and rounded once where that is narrower.

    Raises
    ------
    DTypeError
        If ``x`` holds no floating-point numbers.
    ShapeError
        If ``x`` has no spatial axis, no window fits, or a window holds no real tap.
    ParameterError
        If an option has a value out of range.

    Notes
    -----
    The powers are formed as they stand: where $|x|^p$ exceeds float64 the result is infinite.  PyTorch takes no
    absolute value, so that its odd powers of negative numbers cancel.

    References
    ----------
    ONNX operators, ``LpPool``; PyTorch, ``torch.nn.LPPool2d``.

    Examples
    --------
    >>> lp_pool(np.array([[[3.0, -4.0, 6.0, 8.0]]]), kernel_size=2).tolist()
    [[[5.0, 10.0]]]
    """
    (x,) = floating(x=x)
    axes = windows.sliding_axes(
        x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    )
    check_p(p)
    size = np.abs(x)
    if math.isinf(p):
        return windows.maximum(size, axes)
    with np.errstate(over="ignore"):
        power = size.astype(np.float64, copy=False) ** p
        return rounded(windows.total(power, axes) ** (1 / p), x.dtype)


max_pool1d, max_pool2d, max_pool3d = of_each_rank(max_pool)
max_pool1d_with_indices, max_pool2d_with_indices, max_pool3d_with_indices = of_each_rank(max_pool_with_indices)
avg_pool1d, avg_pool2d, avg_pool3d = of_each_rank(avg_pool)
lp_pool1d, lp_pool2d, lp_pool3d = of_each_rank(lp_pool)
