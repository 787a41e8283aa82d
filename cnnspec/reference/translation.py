"""Translation: moving the content of a plane, and where a layer's output moves with it.

All of these act on the spatial axes of $(N, C, *n)$ and leave the others alone.  $T_v$ shifts on the torus, where what
leaves at one end enters at the other; $Z_v$ shifts in an endless plane of zeros; $R$ reverses every axis; $S_s$ keeps
every $s$-th element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.arguments import per_axis, spatial, windows
from cnnspec.errors import ParameterError
from cnnspec.geometry import ceil_div
from cnnspec.reference.arithmetic import operands

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis, Shape

__all__ = ["translate", "translate_zero", "reflect", "subsample", "interior"]


def translate(x: ArrayLike, shift: PerAxis) -> Array:
    """Shift on the torus: what leaves at one end enters at the other.

    $$ (T_v x)[b, c, t] = x[b, c, (t - v) \\bmod n] $$

    Laws: EQUI-1, EQUI-2, INV-1.

    Parameters
    ----------
    x
        $(N, C, *n)$, any supported dtype.
    shift
        $v$, one int or one per spatial axis, of either sign.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError
        If the dtype of ``x`` is not supported, or a shift is no integer.
    ShapeError
        If ``x`` has no spatial axis.
    ParameterError
        If the number of shifts is not the rank.

    References
    ----------
    T. Cohen, M. Welling, *Group equivariant convolutional networks*, arXiv:1602.07576, section 4.

    Examples
    --------
    >>> translate(np.array([[[1, 2, 3, 4]]]), 1).tolist()
    [[[4, 1, 2, 3]]]
    """
    (x,) = operands(x=x)
    v = _shifts(x, shift)
    return np.roll(x, v, axis=tuple(range(2, x.ndim)))


def translate_zero(x: ArrayLike, shift: PerAxis) -> Array:
    """Shift among zeros: content leaves at one end, and zeros enter at the other.

    $$ (Z_v x)[b, c, t] = \\begin{cases} x[b, c, t - v] & 0 \\le t - v < n \\\\ 0 & \\text{otherwise} \\end{cases} $$

    Laws: EQUI-3.

    Parameters
    ----------
    x
        $(N, C, *n)$, any supported dtype.
    shift
        $v$, one int or one per spatial axis, of either sign.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError, ShapeError, ParameterError
        As :func:`translate` does.

    References
    ----------
    T. Cohen, M. Welling, *Group equivariant convolutional networks*, arXiv:1602.07576, section 4.

    Examples
    --------
    >>> translate_zero(np.array([[[1, 2, 3, 4]]]), 1).tolist()
    [[[0, 1, 2, 3]]]
    """
    (x,) = operands(x=x)
    v = _shifts(x, shift)
    y = np.zeros_like(x)
    to = tuple(slice(max(q, 0), max(n + q, 0)) for q, n in zip(v, x.shape[2:], strict=True))
    source = tuple(slice(max(-q, 0), max(n - q, 0)) for q, n in zip(v, x.shape[2:], strict=True))
    y[:, :, *to] = x[:, :, *source]
    return y


def reflect(x: ArrayLike) -> Array:
    """Reverse every spatial axis.

    $$ (R x)[b, c, t] = x[b, c, n - 1 - t] $$

    Laws: EQUI-5.

    Parameters
    ----------
    x
        $(N, C, *n)$, any supported dtype.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError
        If the dtype of ``x`` is not supported.
    ShapeError
        If ``x`` has no spatial axis.

    References
    ----------
    T. Cohen, M. Welling, *Group equivariant convolutional networks*, arXiv:1602.07576, section 4.

    Examples
    --------
    >>> reflect(np.array([[[[1, 2], [3, 4]]]])).tolist()
    [[[[4, 3], [2, 1]]]]
    """
    (x,) = operands(x=x)
    rank = len(spatial(x.shape))
    return x[:, :, *(slice(None, None, -1),) * rank].copy()


def subsample(x: ArrayLike, stride: PerAxis) -> Array:
    """Keep every $s$-th element, the first among them.

    $$ (S_s x)[b, c, i] = x[b, c, s\\,i], \\qquad m = \\lceil n/s \\rceil $$

    Laws: EQUI-2.

    Parameters
    ----------
    x
        $(N, C, *n)$, any supported dtype.
    stride
        $s \\ge 1$, one int or one per spatial axis.

    Returns
    -------
    Array
        $(N, C, *m)$, the dtype of ``x``.

    Raises
    ------
    DTypeError, ShapeError
        As :func:`translate` does.
    ParameterError
        If a stride is below 1.

    Notes
    -----
    A layer of stride $s$ is the layer of stride 1, subsampled.  Subsampling by 2 turns every sign of $(-1)^t$ under a
    shift by one: what moves by less than the stride may change every output.

    References
    ----------
    T. Cohen, M. Welling, *Group equivariant convolutional networks*, arXiv:1602.07576, section 4.

    Examples
    --------
    >>> signs = np.array([[[1, -1, 1, -1, 1, -1]]])
    >>> subsample(signs, 2).tolist(), subsample(translate(signs, 1), 2).tolist()
    ([[[1, 1, 1]]], [[[-1, -1, -1]]])
    """
    (x,) = operands(x=x)
    s = per_axis(stride, len(spatial(x.shape)), "stride")
    return x[:, :, *(slice(None, None, q) for q in s)].copy()


def interior(
    extents: Shape,
    *,
    shift: PerAxis,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> tuple[range, ...]:
    """The outputs of $f(Z_v x)$ whose windows hold no padding and nothing that entered, on each spatial axis.

    $$ I = \\{ i : 0 \\le t_i(j) < n \\text{ and } 0 \\le t_i(j) - v < n \\text{ for all } j,\\;
    0 \\le i - v/s < m \\} $$

    For these, $f(Z_v x)[i] = f(x)[i - v/s]$, whatever the border does.

    Laws: EQUI-3.

    Parameters
    ----------
    extents
        $n$, the spatial extents of the input.
    shift
        $v$, one int or one per spatial axis, each a multiple of the stride.
    kernel_size, stride, padding, dilation
        The window, as in a convolution or pooling.

    Returns
    -------
    tuple of range
        One range of output positions per spatial axis; empty ranges where nothing is left.

    Raises
    ------
    ParameterError
        If a shift is no multiple of the stride: it moves no output onto another; or an option is out of range.

    Notes
    -----
    A stack of layers without negative pads has the interior of one window with its receptive field, jump and start:
    :func:`cnnspec.reference.connectivity.receptive_field`.

    References
    ----------
    T. Cohen, M. Welling, *Group equivariant convolutional networks*, arXiv:1602.07576, section 4.

    Examples
    --------
    >>> interior((7, 7), shift=(1, -2), kernel_size=3, padding=1)
    (range(2, 6), range(1, 4))
    """
    axes = windows(extents, kernel_size, stride=stride, padding=padding, dilation=dilation)
    shifts = per_axis(shift, len(extents), "shift", minimum=None)
    if any(v % axis.stride for v, axis in zip(shifts, axes, strict=True)):
        raise ParameterError(f"shift must be a multiple of stride on every axis, got {shift} and {stride} (EQUI-2)")
    return tuple(_interior(n, v, axis) for n, v, axis in zip(extents, shifts, axes, strict=True))


def _interior(n: int, v: int, axis: Window) -> range:
    """From the first window that starts late enough to the last that ends early enough."""
    m, moved = axis.count(n), v // axis.stride
    first = max(ceil_div(max(v, 0) + axis.lo, axis.stride), moved, 0)
    last = min((min(v, 0) + n - axis.span + axis.lo) // axis.stride, m - 1 + moved, m - 1)
    return range(first, last + 1) if first <= last else range(0)


def _shifts(x: Array, shift: PerAxis) -> Shape:
    return per_axis(shift, len(spatial(x.shape)), "shift", minimum=None)
