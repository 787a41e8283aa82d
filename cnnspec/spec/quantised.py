"""Quantised convolution: integers that stand for real numbers, and what is rounded where.

An 8-bit integer $q$ with scale $\\sigma$ and zero point $z$ stands for the real number $\\sigma\\,(q - z)$.  The layer
adds products of such differences in a 32-bit integer, which is exact modulo $2^{32}$, and then rounds once to the scale
of its output.  A padding tap stands for the real number 0, so it adds $z_x - z_x = 0$ and not $-z_x$ (QUANT-1).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.spec.convolution import conv

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis

LIMITS = {"int8": (-128, 127), "uint8": (0, 255)}
"""The least and the largest number of every output dtype."""


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
    """The convolution of two arrays of integers with zero points, in a 32-bit integer.

    $$ y[b, o, i] \\equiv \\sum_{c < C/g} \\sum_{j : t_i(j) \\text{ real}}
    (x[b, \\gamma(o)\\,C/g + c, t_i(j)] - z_x)\\,(w[o, c, j] - z_w[o]) \\pmod{2^{32}}, \\quad -2^{31} \\le y < 2^{31} $$

    Laws: QUANT-1.

    Parameters
    ----------
    x
        Integers, $(N, C, *n)$.
    w
        Integers, $(O, C/g, *k)$.
    x_zero_point
        $z_x$.
    w_zero_point
        $z_w$, one int or one per output channel.
    stride, padding, dilation, groups
        As in :func:`cnnspec.spec.convolution.conv`.

    Returns
    -------
    Array
        $(N, O, *m)$, object.

    Raises
    ------
    ShapeError
        If the shapes do not fit, or ``w_zero_point`` is neither one number nor $O$.
    ParameterError
        If an option is out of range.

    Examples
    --------
    >>> conv_integer([[[130, 131]]], [[[2, 3]]], x_zero_point=128, padding=1).tolist()
    [[[6, 13, 6]]]
    """
    x, w = np.asarray(x, dtype=object), np.asarray(w, dtype=object)
    z = _per_channel(w_zero_point, w.shape[0], "w_zero_point")
    centred = np.array([w[o] - z[o] for o in range(w.shape[0])], dtype=object).reshape(w.shape)
    y = conv(x - x_zero_point, centred, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return np.asarray(_wrap(y), dtype=object)


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
    x, w
        Integers, $(N, C, *n)$ and $(O, C/g, *k)$.
    b
        Integers, $(O,)$, in units of $\\sigma_x \\sigma_w$; none is 0.
    dtype
        ``"int8"`` or ``"uint8"``, the dtype whose range the result has.
    x_scale, w_scale, y_scale
        $\\sigma > 0$, read as float32; $\\sigma_w$ one number or one per output channel.
    x_zero_point, w_zero_point, y_zero_point
        $z$; $z_w$ one int or one per output channel.
    stride, padding, dilation, groups
        As in :func:`cnnspec.spec.convolution.conv`.

    Returns
    -------
    Array
        $(N, O, *m)$, object.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    ParameterError
        If ``dtype`` is another, a scale is not positive and finite, or an option is out of range.

    Examples
    --------
    >>> options = {"dtype": "int8", "x_scale": 0.5, "w_scale": 1.0, "y_scale": 1.0}
    >>> qlinear_conv([[[1, 3, 5, 127, -127]]], [[[3]]], **options).tolist()
    [[[2, 4, 8, 127, -128]]]
    """
    if dtype not in LIMITS:
        raise ParameterError(f"dtype must be one of {', '.join(LIMITS)}, got {dtype!r} (QUANT-2)")
    w = np.asarray(w, dtype=object)
    channels = w.shape[0]
    beta = np.full(channels, 0, dtype=object) if b is None else np.asarray(b, dtype=object)
    if beta.shape != (channels,):
        raise ShapeError(f"b must have the shape (O,) = ({channels},), got {beta.shape} (CORR-7)")
    scales = [scale(s, "w_scale") for s in _per_channel(w_scale, channels, "w_scale")]
    ratio = scale(x_scale, "x_scale") / scale(y_scale, "y_scale")
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    sums = conv_integer(x, w, x_zero_point=x_zero_point, w_zero_point=w_zero_point, **options)
    low, high = LIMITS[dtype]
    y = np.empty(sums.shape, dtype=object)
    for n, o, *i in np.ndindex(sums.shape):
        rounded = round(_wrap(sums[n, o, *i] + beta[o]) * scales[o] * ratio)  # a fraction rounds half to even
        y[n, o, *i] = min(max(rounded + y_zero_point, low), high)
    return y


def scale(value: float, name: str) -> Fraction:
    """A scale as the fraction that its float32 number is.

    Raises
    ------
    ParameterError
        If it is not positive and finite.

    Examples
    --------
    >>> scale(0.75, "x_scale")
    Fraction(3, 4)
    """
    with np.errstate(over="ignore"):
        number = float(np.float32(value))
    if not 0 < number < float("inf"):
        raise ParameterError(f"{name} must be a positive, finite float32 number, got {value} (QUANT-2)")
    return Fraction(number)


def _wrap(a: Any) -> Any:
    """The representative of ``a`` modulo $2^{32}$ from $-2^{31}$ on."""
    return (a + 2**31) % 2**32 - 2**31


def _per_channel(value: Any, channels: int, name: str) -> list[Any]:
    values = np.asarray(value, dtype=object)
    if values.shape not in ((), (channels,)):
        raise ShapeError(f"{name} must be one number or one per output channel ({channels}), got {value!r} (QUANT-1)")
    return list(np.broadcast_to(values, (channels,)))
