"""The transposed convolution, as a matrix product whose columns are added where windows overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.reference.arithmetic import carrier, operands, rounded
from cnnspec.reference.columns import gather, grouped, scatter, windowed
from cnnspec.reference.convolution import padded_for, weights
from cnnspec.reference.ranks import of_each_rank
from cnnspec.shapes import conv_transpose_geometry

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis, Shape


def conv_transpose(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """The transposed convolution layer: copies of the kernels, superposed, cropped, plus a bias.

    $$ z[b,\\ \\gamma\\,O/g + q,\\ \\tau]
       = \\sum_{c \\in \\gamma}\\ \\sum_{i,\\,j\\,:\\,s\\,i + d\\,j = \\tau} x[b, c, i]\\; w[c, q, j] $$

    $$ y[b, o, t] = \\beta[o] + z[b, o, t + p_{lo}], \\qquad 0 \\text{ outside } z, \\qquad t = 0, \\dots, m - 1 $$

    with $m = (n-1)s + k' - p_{lo} - p_{hi}$ + output_padding; $c \\in \\gamma$ runs over the $C/g$ channels of a block.

    Laws: TRANS-1, TRANS-2, TRANS-3, TRANS-5, EMPTY-1.

    Parameters
    ----------
    x
        $(N, C, *n)$, any supported dtype.
    w
        $(C, O/g, *k)$, not flipped, the same dtype.
    b
        $(O,)$, the same dtype: the bias $\\beta$; none is 0.
    stride, dilation
        One int, or one per spatial axis.
    padding
        What is cropped from $z$: one int, one per spatial axis, one (lo, hi) pair per spatial axis, ``"valid"``,
        ``"same_upper"`` or ``"same_lower"``; a negative pad extends.
    output_padding
        Below max(stride, dilation): the output reaches that much further at the high end, into $z$ where it has values.
        :func:`cnnspec.shapes.conv_transpose_output_padding` and :func:`cnnspec.shapes.conv_transpose_pads` give the
        arguments that lead to a wanted output size.
    groups
        The number $g$ of channel blocks.

    Returns
    -------
    Array
        $(N, O, *m)$, dtype of ``x``, summed as :mod:`cnnspec.reference.arithmetic` says.

    Raises
    ------
    ShapeError
        If ranks, channels, groups or bias do not fit, or the pads crop everything.
    ParameterError
        If an option has a value out of range.
    DTypeError
        If a dtype is not supported, two differ, or an option that counts is no integer.

    Notes
    -----
    The words give TensorFlow's extents: $n s + \\max(k' - s, 0)$ for ``"valid"``, $n s$ for ``"same_*"``.

    References
    ----------
    ONNX *ConvTranspose*; ``torch.nn.functional.conv_transpose2d``; Dumoulin and Visin, arXiv:1603.07285, section 4.

    Examples
    --------
    >>> conv_transpose([[[1, 2, 3]]], [[[1, 10, 100]]], stride=2, padding=1, output_padding=1)
    array([[[ 10, 102,  20, 203,  30, 300]]])
    """
    x, w, *bias = operands(x=x, w=w, b=b)
    beta = bias[0] if bias else None
    shape, axes = conv_transpose_geometry(
        x.shape,
        w.shape,
        None if beta is None else beta.shape,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
        groups=groups,
    )
    carried = carrier(x.shape[1] // groups * prod(w.shape[2:]), x, w, plus=beta)
    with np.errstate(all="ignore"):
        y = superposed(x, w, axes, shape, groups=groups, dtype=carried)
        if beta is not None:
            y += beta.astype(carried).reshape(-1, *(1,) * len(axes))
    return rounded(y, x.dtype)


def superposed(x: Array, w: Array, axes: Sequence[Window], shape: Shape, *, groups: int, dtype: np.dtype[Any]) -> Array:
    """The kernels ``w`` (C, O/g, *k), weighted by ``x``, superposed, cut to ``shape``; a fresh array of ``dtype``."""
    if all(a.stride == 1 for a in axes) and w.size <= x.size + prod(shape) and np.isfinite(w).all():
        turned = [_turned(a, n, m) for a, n, m in zip(axes, x.shape[2:], shape[2:], strict=True)]
        return _correlated(x, w, turned, shape, groups=groups, dtype=dtype)
    y = np.zeros(shape, dtype)
    scatter(grouped(np.asarray(x, dtype=dtype, order="C"), groups), weights(w, groups, dtype), grouped(y, groups), axes)
    return y


def _turned(a: Window, extent: int, count: int) -> Window:
    """The windows of stride 1 in which the flipped kernel reads what reaches each of the ``count`` outputs."""
    return replace(a, lo=a.span - 1 - a.lo, hi=count + a.lo - extent)


def _correlated(
    x: Array, w: Array, axes: Sequence[Window], shape: Shape, *, groups: int, dtype: np.dtype[Any]
) -> Array:
    """The same at stride 1, as a layer with flipped kernels.

    For 256 channels in 32 groups it takes two thirds of the time, for 192 depthwise ones half.  Padding is multiplied
    there, so that the weights must be finite; and they are copied, which does not pay for 512 to 512 channels on 7x7.
    """
    y = np.empty(shape, dtype)
    split = (groups, w.shape[0] // groups, *w.shape[1:])
    flipped = np.flip(w, tuple(range(2, w.ndim))).reshape(split).swapaxes(1, 2)  # (g, O/g, C/g, *k)
    taps = windowed(padded_for(axes, x, dtype), axes, shape[2:], groups)
    gather(taps, weights(flipped.reshape(shape[1], *flipped.shape[2:]), groups, dtype), grouped(y, groups))
    return y


conv_transpose1d, conv_transpose2d, conv_transpose3d = of_each_rank(conv_transpose)
