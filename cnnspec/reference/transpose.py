"""The transposed convolution, as a matrix product whose columns are added where windows overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product
from math import gcd, prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnnspec.geometry import Window, ceil_div
from cnnspec.reference.arithmetic import carrier, operands, rounded
from cnnspec.reference.columns import gather, grouped, longest, room, scatter, windowed
from cnnspec.reference.convolution import padded_by, weights
from cnnspec.reference.ranks import of_each_rank
from cnnspec.shapes import conv_transpose_geometry

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis, Shape

PHASE = 2 * 10**5
"""What each phase costs that is gathered, in multiply-adds: the calls that it takes."""


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
    """The kernels ``w`` (C, O/g, *k), weighted by ``x``, superposed, cut to ``shape``; an array of the caller's own."""
    if gathering_pays(x.shape, w.shape, axes, shape, groups) and np.isfinite(w).all():
        return _gathered(x, w, axes, shape, groups=groups, dtype=dtype)
    return _scattered(x, w, axes, shape, groups=groups, dtype=dtype)


def gathering_pays(x: Shape, w: Shape, axes: Sequence[Window], shape: Shape, groups: int) -> bool:
    """Whether it is less work to gather what an output gets, as a layer does, than to scatter what an input gives.

    There are as many columns as outputs, or as inputs; an element of one costs as much as 30 multiply-adds where it is
    gathered and as 50 where it is scattered, and to scatter is more work still where the matrices have no more than 4
    elements.  With one tap and stride 1 nothing is copied to be gathered.  For the input gradients and transposes of
    240 layers drawn at random the wrong choice costs up to 11 times what the right one does; this one is within 4 % of
    the right ones on the mean, and at worst twice as slow.

    Gathering multiplies padding, so that the weights must be finite; and it copies them, which does not pay for 512
    to 512 channels on 7x7.

    Examples
    --------
    >>> gathering_pays((1, 3, 28, 28), (3, 64, 3, 3), (), (1, 64, 30, 30), 1)
    True
    >>> gathering_pays((1, 64, 28, 28), (64, 3, 3, 3), (), (1, 3, 30, 30), 1)
    False
    """
    inputs, outputs = w[0] // groups, w[1]
    strides = prod(a.stride for a in axes)
    tiny = inputs * outputs <= 4
    if strides == prod(w[2:]) == 1 and not tiny:
        return True
    gathered = prod(shape[2:]) * inputs * (outputs + 30)
    scattered = prod(x[2:]) * strides * outputs * (inputs + 50)
    if tiny:
        scattered *= 4 if strides == 1 else 2
    more = x[0] * groups * (gathered - scattered) + (strides - 1) * PHASE
    return more <= 0 and prod(w) <= prod(x) + prod(shape)


def _scattered(x: Array, w: Array, axes: Sequence[Window], shape: Shape, *, groups: int, dtype: np.dtype[Any]) -> Array:
    """Every input's columns, added up along the longest rows where there is more in them than in the input."""
    at = longest(x.shape[2:]) if prod(w.shape[1:]) * groups > w.shape[0] else x.ndim - 3
    axes, extents = list(axes), list(shape[2:])
    axes[at], axes[-1], extents[at], extents[-1] = axes[-1], axes[at], extents[-1], extents[at]
    x, w = (np.asarray(a.swapaxes(2 + at, -1), dtype=dtype, order="C") for a in (x, w))
    y = np.zeros((*shape[:2], *extents), dtype)
    scatter(grouped(x, groups), weights(w, groups, dtype), grouped(y, groups), axes)
    return y.swapaxes(2 + at, -1)


def _gathered(x: Array, w: Array, axes: Sequence[Window], shape: Shape, *, groups: int, dtype: np.dtype[Any]) -> Array:
    """As layers of stride 1 with flipped kernels, one for the outputs of each residue modulo the stride."""
    y = np.zeros(shape, dtype)
    phases = [phases_of(a, n, m) for a, n, m in zip(axes, x.shape[2:], shape[2:], strict=True)]
    pads = tuple((max(p.axis.lo for p in each), max(p.axis.hi for p in each)) if each else (0, 0) for each in phases)
    a = padded_by(x, pads, dtype)
    most = room(x, w, y, copy=a)
    split = (groups, w.shape[0] // groups, *w.shape[1:])
    flipped = np.flip(w, tuple(range(2, w.ndim))).reshape(split).swapaxes(1, 2)  # (g, O/g, C/g, *k)
    for each in product(*phases):
        part = y[:, :, *(p.outputs for p in each)]
        starts = tuple(lo - p.axis.lo for p, (lo, _) in zip(each, pads, strict=True))
        taps = windowed(a, [p.axis for p in each], part.shape[2:], groups, starts)
        kernels = np.asarray(flipped[:, :, :, *(p.taps for p in each)], dtype=dtype)
        gather(taps, kernels.reshape(*kernels.shape[:2], prod(kernels.shape[2:])), grouped(part, groups), most)
    return y


class Phase(NamedTuple):
    """Outputs of one residue modulo the stride, the flipped kernel's taps that reach them, and what these read."""

    outputs: slice
    taps: slice
    axis: Window


@lru_cache(maxsize=1024)
def phases_of(a: Window, extent: int, count: int) -> tuple[Phase, ...]:
    """The phases of one axis that have a tap, for an input of ``extent`` and ``count`` outputs.

    $s\\,i = t + p_{lo} - d\\,(k - 1 - j)$ for tap $j$ of the flipped kernel: where $s$ divides the right side, output
    $t$ reads input $i$.

    Examples
    --------
    >>> [(p.outputs, p.taps) for p in phases_of(Window(3, stride=2), 4, 9)]
    [(slice(0, 9, 2), slice(0, 3, 2)), (slice(1, 9, 2), slice(1, 3, 2))]
    """
    shared = gcd(a.stride, a.dilation)
    found = []
    for t in range(min(a.stride, count)):
        reached = [t + a.lo - a.dilation * (a.kernel - 1 - j) for j in range(a.kernel)]
        taps = [j for j, i in enumerate(reached) if i % a.stride == 0]
        if taps:
            first, windows = reached[taps[0]] // a.stride, ceil_div(count - t, a.stride)
            axis = Window(len(taps), dilation=a.dilation // shared, lo=-first)
            axis = replace(axis, hi=windows - 1 + axis.span + first - extent)
            found.append(Phase(slice(t, count, a.stride), slice(taps[0], a.kernel, a.stride // shared), axis))
    return tuple(found)


conv_transpose1d, conv_transpose2d, conv_transpose3d = of_each_rank(conv_transpose)
