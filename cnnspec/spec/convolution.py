"""The convolution layer, which is a cross-correlation: the kernel is never flipped.

Window $i$ of an axis reads the taps $t_i(j) = s\\,i + d\\,j - p_{lo}$, $j = 0, \\dots, k-1$.  Channels fall into $g$
blocks: output channel $o$ belongs to block $\\gamma(o) = \\lfloor o / (O/g) \\rfloor$ and reads the $C/g$ input
channels of that block.  Depthwise is $g = C$.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.geometry import Window, source_index
from cnnspec.shapes import check_pad_mode, conv_geometry

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PadMode, PerAxis, Shape


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

    $$ y[b, o, i] = \\beta[o] + \\sum_{c < C/g} \\sum_{j} x[b,\\ \\gamma(o)\\,C/g + c,\\ t_i(j)]\\; w[o, c, j] $$

    A tap outside the input is omitted, so that an infinite weight does no harm there; with another ``padding_mode``
    it reads the input where :func:`cnnspec.geometry.source_index` says.

    Laws: CORR-1, CORR-2, CORR-4, CORR-5, CORR-6, CORR-7, CORR-8, SHAPE-3, EMPTY-1.

    Parameters
    ----------
    x
        Numbers of any type, $(N, C, *n)$.
    w
        Numbers, $(O, C/g, *k)$.
    b
        Numbers, $(O,)$: the bias $\\beta$; none is 0.
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
        Objects, $(N, O, *m)$, $m$ the number of windows on each axis.

    Raises
    ------
    ShapeError
        If ranks, channels, groups or bias do not fit, or no window fits on an axis.
    ParameterError
        If an option has a value out of range.
    DTypeError
        If an option that counts is no integer.

    Notes
    -----
    Empty sums are 0: without input channels the result is the bias, without a batch it is empty.

    References
    ----------
    ONNX *Conv*; ``torch.nn.functional.conv2d``; Dumoulin and Visin, arXiv:1603.07285.

    Examples
    --------
    >>> conv([[[1, 2, 3, 4]]], [[[1, 10]]], [1000], stride=2)[0, 0]
    array([1021, 1043], dtype=object)
    """
    x, w = np.asarray(x, dtype=object), np.asarray(w, dtype=object)
    beta = np.zeros(w.shape[:1], dtype=object) if b is None else np.asarray(b, dtype=object)
    shape, axes = conv_geometry(
        x.shape, w.shape, beta.shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    check_pad_mode(padding_mode)

    y = np.zeros(shape, dtype=object)
    for i in np.ndindex(*shape[2:]):
        y[:, :, *i] = beta  # (O,) -> (N, O)
        for j in np.ndindex(*w.shape[2:]):
            t = tap(axes, i, j, x.shape[2:], padding_mode)
            if t is None:
                continue
            for outputs, inputs in blocks(shape[1], x.shape[1], groups):
                # (N, C/g) @ (C/g, O/g) -> (N, O/g)
                y[:, outputs, *i] += x[:, inputs, *t] @ w[outputs, :, *j].T  # type: ignore[arg-type]  # NumPy's stubs
    return y


def tap(axes: tuple[Window, ...], i: Shape, j: Shape, extents: Shape, mode: PadMode = "constant") -> Shape | None:
    """The input position $t_i(j)$ that tap ``j`` of window ``i`` reads; ``None`` where it is padding."""
    t = tuple(
        source_index(a.stride * p + a.dilation * q - a.lo, n, mode)
        for a, p, q, n in zip(axes, i, j, extents, strict=True)
    )
    return None if None in t else t  # type: ignore[return-value]


def blocks(out_channels: int, in_channels: int, groups: int) -> list[tuple[slice, slice]]:
    """The output and the input channels of every group, as slices.

    Examples
    --------
    >>> blocks(6, 4, 2)
    [(slice(0, 3, None), slice(0, 2, None)), (slice(3, 6, None), slice(2, 4, None))]
    """
    p, q = out_channels // groups, in_channels // groups
    return [(slice(a * p, a * p + p), slice(a * q, a * q + q)) for a in range(groups)]
