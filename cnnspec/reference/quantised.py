"""Quantised convolution: integers that stand for real numbers, and what is rounded where.

An 8-bit integer $q$ with scale $\\sigma$ and zero point $z$ stands for the real number $\\sigma\\,(q - z)$.  The layer
adds products of such differences in a 32-bit integer, which is exact modulo $2^{32}$, and then rounds once to the scale
of its output.  A padding tap stands for the real number 0, so it adds $z_x - z_x = 0$ and not $-z_x$ (QUANT-1).

Rounding is exact: the result is a staircase of at most 256 steps over the 32-bit sums, the place of each step follows
from integers, and a sum is looked up among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.errors import DTypeError, ParameterError, ShapeError
from cnnspec.reference.convolution import conv

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis

__all__ = ["conv_integer", "qlinear_conv"]


def conv_integer(
    x: ArrayLike,
    w: ArrayLike,
    *,
    x_zero_point: int = 0,
    w_zero_point: int | Sequence[int] = 0,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """The convolution of two arrays of 8-bit integers with zero points, in a 32-bit integer.

    $$ y[b, o, i] \\equiv \\sum_{c < C/g} \\sum_{j : t_i(j) \\text{ real}}
    (x[b, \\gamma(o)\\,C/g + c, t_i(j)] - z_x)\\,(w[o, c, j] - z_w[o]) \\pmod{2^{32}} $$

    Laws: QUANT-1.

    Parameters
    ----------
    x
        $(N, C, *n)$, int8 or uint8.
    w
        $(O, C/g, *k)$, int8 or uint8, not necessarily the dtype of ``x``.
    x_zero_point
        $z_x$, an int in the range of the dtype of ``x``.
    w_zero_point
        $z_w$, one int or one per output channel, in the range of the dtype of ``w``.
    stride, padding, dilation, groups
        As in :func:`cnnspec.reference.convolution.conv`.

    Returns
    -------
    Array
        $(N, O, *m)$, int32.

    Raises
    ------
    DTypeError
        If a dtype is neither int8 nor uint8, or a zero point is no integer.
    ShapeError
        If the shapes do not fit, or ``w_zero_point`` is neither one number nor $O$.
    ParameterError
        If a zero point or an option is out of range.

    References
    ----------
    ONNX operators, ``ConvInteger``.

    Examples
    --------
    >>> x = np.array([[[130, 131]]], np.uint8)
    >>> conv_integer(x, np.array([[[2, 3]]], np.int8), x_zero_point=128, padding=1).tolist()
    [[[6, 13, 6]]]
    """
    x, w = _eight_bits(x, "x"), _eight_bits(w, "w")
    zx = _zero_points(x_zero_point, x.dtype, "x_zero_point", 1)[0]
    zw = _zero_points(w_zero_point, w.dtype, "w_zero_point", w.shape[0])
    centred = w - zw.reshape(-1, *(1,) * (w.ndim - 1))
    # sums of products below 2^16 are exact in float64 up to 2^37 of them
    y = conv(x - zx, centred, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return y.astype(np.int64).astype(np.int32)


def qlinear_conv(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    *,
    dtype: str,
    x_scale: float,
    w_scale: float | Sequence[float],
    y_scale: float,
    x_zero_point: int = 0,
    w_zero_point: int | Sequence[int] = 0,
    y_zero_point: int = 0,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """The convolution of two quantised arrays, requantised.

    $$ y[b, o, i] = \\mathrm{sat}\\left( \\mathrm{round}\\left(
    a[b, o, i]\\, \\frac{\\sigma_x\\, \\sigma_w[o]}{\\sigma_y} \\right) + z_y \\right) $$

    $a$ is :func:`conv_integer` plus the bias, modulo $2^{32}$; the scales are float32 numbers, and their quotient is
    exact; ``round`` goes to the nearest integer, ties to even, before the zero point is added; ``sat`` clips to the
    range of ``dtype``.

    Laws: QUANT-1, QUANT-2.

    Parameters
    ----------
    x
        $(N, C, *n)$, int8 or uint8.
    w
        $(O, C/g, *k)$, int8 or uint8.
    b
        $(O,)$, int32, in units of $\\sigma_x \\sigma_w$; none is 0.
    dtype
        ``"int8"`` or ``"uint8"``, the dtype of the result.
    x_scale, w_scale, y_scale
        $\\sigma > 0$, read as float32; $\\sigma_w$ one number or one per output channel.
    x_zero_point, w_zero_point, y_zero_point
        $z$, in the range of its own dtype; $z_w$ one int or one per output channel.
    stride, padding, dilation, groups
        As in :func:`cnnspec.reference.convolution.conv`.

    Returns
    -------
    Array
        $(N, O, *m)$, ``dtype``.

    Raises
    ------
    DTypeError
        If the dtype of an array is another, or a zero point is no integer.
    ShapeError
        If the shapes do not fit.
    ParameterError
        If ``dtype`` is another, a scale is not positive and finite, or a zero point or an option is out of range.

    Notes
    -----
    Implementations that multiply by one float32 number round twice, and differ from this by one where the exact
    product lies next to a tie.

    References
    ----------
    ONNX operators, ``QLinearConv`` and ``QuantizeLinear``; B. Jacob et al., *Quantization and training of neural
    networks for efficient integer-arithmetic-only inference*, arXiv:1712.05877.

    Examples
    --------
    >>> x, w = np.array([[[1, 3, 5, 127, -127]]], np.int8), np.array([[[3]]], np.int8)
    >>> qlinear_conv(x, w, dtype="int8", x_scale=0.5, w_scale=1.0, y_scale=1.0).tolist()
    [[[2, 4, 8, 127, -128]]]
    """
    if dtype not in ("int8", "uint8"):
        raise ParameterError(f"dtype must be one of int8, uint8, got {dtype!r} (QUANT-2)")
    zy = int(_zero_points(y_zero_point, np.dtype(dtype), "y_zero_point", 1)[0])
    sums = conv_integer(
        x, w, x_zero_point=x_zero_point, w_zero_point=w_zero_point,
        stride=stride, padding=padding, dilation=dilation, groups=groups,
    )  # fmt: skip
    channels = sums.shape[1]
    scales = [_scale(s, "w_scale") for s in _per_channel(w_scale, channels, "w_scale")]
    ratio = _scale(x_scale, "x_scale") / _scale(y_scale, "y_scale")
    sums = sums + _bias(b, channels).reshape(-1, *(1,) * (sums.ndim - 2))  # int32 wraps
    y = np.empty(sums.shape, dtype)
    low = int(np.iinfo(dtype).min)
    for o, s in enumerate(scales):
        y[:, o] = low + np.searchsorted(_steps(s * ratio, low - zy, 255), sums[:, o], side="right")
    return y


@lru_cache(maxsize=1024)
def _steps(factor: Fraction, low: int, count: int) -> Array:
    """For each of the next ``count`` integers $k$ above ``low`` the least sum $a$ with $\\mathrm{round}(a f) \\ge k$.

    $a f$ must exceed $k - 1/2$, or equal it where $k$ is even.
    """
    steps = []
    for k in range(low + 1, low + count + 1):
        doubled, halves = (2 * k - 1) * factor.denominator, 2 * factor.numerator
        place = -(-doubled // halves)
        steps.append(place + (doubled % halves == 0 and k % 2 == 1))
    return np.array([min(max(a, -(2**31)), 2**31) for a in steps], dtype=np.int64)


def _eight_bits(a: ArrayLike, name: str) -> Array:
    a = np.asarray(a)
    if a.dtype not in (np.int8, np.uint8):
        raise DTypeError(f"{name} must have the dtype int8 or uint8, got {a.dtype} (QUANT-1)")
    return a


def _bias(b: ArrayLike | None, channels: int) -> Array:
    if b is None:
        return np.zeros(channels, np.int32)
    b = np.asarray(b)
    if b.dtype != np.int32:
        raise DTypeError(f"b must have the dtype int32, got {b.dtype} (QUANT-2)")
    if b.shape != (channels,):
        raise ShapeError(f"b must have the shape (O,) = ({channels},), got {b.shape} (CORR-7)")
    return b


def _zero_points(value: Any, dtype: np.dtype[Any], name: str, channels: int) -> Array:
    """Zero points as float64 numbers, in which differences of 8-bit integers are exact."""
    points = _per_channel(value, channels, name)
    if points.dtype.kind not in "iu":
        raise DTypeError(f"{name} must hold integers, got {value!r} (QUANT-1)")
    limits = np.iinfo(dtype)
    if points.size and not limits.min <= points.min() <= points.max() <= limits.max:
        raise ParameterError(f"{name} must lie in the range of {dtype}, got {value!r} (QUANT-1)")
    return points.astype(np.float64)


def _per_channel(value: Any, channels: int, name: str) -> Array:
    values = np.asarray(value)
    if values.shape not in ((), (channels,)):
        raise ShapeError(f"{name} must be one number or one per output channel ({channels}), got {value!r} (QUANT-1)")
    return np.broadcast_to(values, (channels,))


def _scale(value: Any, name: str) -> Fraction:
    with np.errstate(over="ignore"):
        number = float(np.float32(value))
    if not 0 < number < float("inf"):
        raise ParameterError(f"{name} must be a positive, finite float32 number, got {value} (QUANT-2)")
    return Fraction(number)
