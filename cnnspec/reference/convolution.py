"""The convolution layer, which is a cross-correlation, as a matrix product over blocks of columns."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.reference.arithmetic import carrier, operands, rounded
from cnnspec.reference.columns import gather, grouped, room, windowed
from cnnspec.reference.padding import padded
from cnnspec.reference.ranks import of_each_rank
from cnnspec.shapes import check_pad_mode, conv_geometry

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, ArrayLike, Padding, PadMode, Pads, PerAxis


def conv(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    padding_mode: PadMode = "constant",
) -> Array:
    """The convolution layer: a cross-correlation of every window with every kernel, plus a bias.

    $$ y[b, o, i] = \\beta[o]
       + \\sum_{c < C/g} \\sum_{j} x[b,\\ \\gamma(o)\\,C/g + c,\\ s\\,i + d\\,j - p_{lo}]\\; w[o, c, j],
       \\qquad \\gamma(o) = \\lfloor o / (O/g) \\rfloor $$

    Laws: CORR-1, CORR-2, CORR-4, CORR-5, CORR-6, CORR-7, CORR-8, SHAPE-3, EMPTY-1.

    Parameters
    ----------
    x
        $(N, C, *n)$, any supported dtype.
    w
        $(O, C/g, *k)$, the same dtype.
    b
        $(O,)$, the same dtype: the bias $\\beta$; none is 0.
    stride, dilation
        One int, or one per spatial axis.
    padding
        One int, one per spatial axis, one (lo, hi) pair per spatial axis, ``"valid"``, ``"same_upper"``,
        ``"same_lower"`` or ``"causal"``; a negative pad crops.
    groups
        The number $g$ of channel blocks.
    padding_mode
        ``"constant"`` (zeros), ``"reflect"``, ``"symmetric"``, ``"replicate"`` or ``"circular"``.

    Returns
    -------
    Array
        $(N, O, *m)$, $m$ the number of windows on each axis; dtype of ``x``, summed as
        :mod:`cnnspec.reference.arithmetic` says.

    Raises
    ------
    ShapeError
        If ranks, channels, groups or bias do not fit, or no window fits on an axis.
    ParameterError
        If an option has a value out of range.
    DTypeError
        If a dtype is not supported, two differ, or an option that counts is no integer.

    Notes
    -----
    Padding is multiplied, not omitted: an infinite or NaN weight over a padded tap gives NaN here, where the
    definition leaves the tap out.  Both conform.

    References
    ----------
    ONNX *Conv*; ``torch.nn.functional.conv2d``; Dumoulin and Visin, arXiv:1603.07285.

    Examples
    --------
    >>> conv([[[1, 2, 3, 4]]], [[[1, 10]]], [1000], stride=2)
    array([[[1021, 1043]]])
    """
    x, w, *bias = operands(x=x, w=w, b=b)
    beta = bias[0] if bias else None
    shape, axes = conv_geometry(
        x.shape,
        w.shape,
        None if beta is None else beta.shape,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
    )
    check_pad_mode(padding_mode)
    carried = carrier(prod(w.shape[1:]), x, w, plus=beta)
    y = np.empty(shape, carried)
    with np.errstate(all="ignore"):
        a = padded_for(axes, x, carried, padding_mode)
        taps = windowed(a, axes, shape[2:], groups)
        gather(taps, weights(w, groups, carried), grouped(y, groups), room(x, w, y, copy=a))
        if beta is not None:
            y += beta.astype(carried).reshape(-1, *(1,) * len(axes))
    return rounded(y, x.dtype)


def padded_for(axes: Sequence[Window], x: Array, dtype: np.dtype[Any], mode: PadMode = "constant") -> Array:
    """``x`` in ``dtype`` with the pads of the windows, C-contiguous; ``x`` itself where there is nothing to do."""
    return padded_by(x, tuple((a.lo, a.hi) for a in axes), dtype, mode)


def padded_by(x: Array, pads: Pads, dtype: np.dtype[Any], mode: PadMode = "constant") -> Array:
    """``x`` in ``dtype`` with these pads, C-contiguous; ``x`` itself where there is nothing to do."""
    return padded(x, pads, mode, dtype=dtype) if any(map(any, pads)) else np.asarray(x, dtype=dtype, order="C")


def weights(w: Array, groups: int, dtype: np.dtype[Any]) -> Array:
    """The weights as one matrix per group, (O, C/g, *k) -> (g, O/g, K)."""
    return np.asarray(w, dtype=dtype, order="C").reshape(groups, w.shape[0] // groups, prod(w.shape[1:]))


conv1d, conv2d, conv3d = of_each_rank(conv)
