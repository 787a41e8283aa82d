"""Output shapes in n dimensions.

Every function here turns what a person writes (an int, one int per axis, ``"same_upper"``) into one
:class:`~cnnspec.geometry.Window` per spatial axis, and counts.  The batch axis comes first, channels second, space
after: $(N, C, *n)$.  This module imports the standard library alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cnnspec.arguments import (
    PADDING_WORDS,
    check_bias,
    check_groups,
    check_pad_mode,
    int_pairs,
    pad_pairs,
    per_axis,
    spatial,
    windows,
)
from cnnspec.errors import ParameterError, ShapeError
from cnnspec.geometry import Window, ceil_div

if TYPE_CHECKING:
    from cnnspec.typing import Padding, Pads, PerAxis, Shape

__all__ = [
    "PADDING_WORDS",
    "ShapeRule",
    "adaptive_shape",
    "check_bias",
    "check_groups",
    "check_pad_mode",
    "conv_geometry",
    "conv_shape",
    "conv_transpose_geometry",
    "conv_transpose_output_padding",
    "conv_transpose_pads",
    "conv_transpose_shape",
    "conv_transpose_windows",
    "conv_windows",
    "int_pairs",
    "output_extents",
    "pad_pairs",
    "pad_shape",
    "per_axis",
    "pool_shape",
    "pool_windows",
    "same_extents",
    "signal_shape",
    "spatial",
    "windows",
]


def output_extents(extents: Shape, axes: Sequence[Window], *, ceil_mode: bool = False) -> Shape:
    """The number of windows on every axis.

    Raises
    ------
    ShapeError
        If no window fits on some axis.
    """
    counts = tuple(w.count(n, ceil_mode=ceil_mode) for n, w in zip(extents, axes, strict=True))
    if 0 in counts:
        axis = counts.index(0)
        w, n = axes[axis], extents[axis]
        raise ShapeError(
            f"no window fits on spatial axis {axis}: the kernel reaches over {w.span} elements and the padded input"
            f" has {w.padded(n)} ({n} + {w.lo} + {w.hi}) (SHAPE-3); pad more, or use a smaller kernel or dilation"
        )
    return counts


def conv_windows(x: Shape, w: Shape, *, stride: PerAxis, padding: Padding, dilation: PerAxis) -> tuple[Window, ...]:
    """The windows of a convolution layer, after checking that ``x`` and ``w`` have the same rank."""
    extents = spatial(x)
    if len(w) != len(x):
        raise ShapeError(f"w must have as many axes as x, (O, C/groups, *kernel); got x {x} and w {w} (SHAPE-4)")
    return windows(extents, w[2:], stride=stride, padding=padding, dilation=dilation)


def conv_shape(
    x: Shape,
    w: Shape,
    b: Shape | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Shape:
    """The output shape $(N, O, *m)$ of a convolution layer, from the shapes of its arguments.

    Raises
    ------
    ShapeError
        If ranks, channels, groups or bias do not fit, or no window fits on an axis.
    ParameterError
        If an option has a value out of range.

    Examples
    --------
    >>> conv_shape((1, 3, 7, 7), (2, 3, 3, 3), stride=2)
    (1, 2, 3, 3)
    """
    return conv_geometry(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)[0]


def conv_geometry(
    x: Shape, w: Shape, b: Shape | None, *, stride: PerAxis, padding: Padding, dilation: PerAxis, groups: int
) -> tuple[Shape, tuple[Window, ...]]:
    """The output shape of a convolution layer, and its windows; refuses what :func:`conv_shape` refuses."""
    axes = conv_windows(x, w, stride=stride, padding=padding, dilation=dilation)
    check_groups(groups, in_channels=x[1], out_channels=w[0])
    if x[1] != groups * w[1]:
        raise ShapeError(
            f"x must have groups * w.shape[1] = {groups} * {w[1]} = {groups * w[1]} channels, got {x[1]} (CORR-6)"
        )
    check_bias(b, w[0])
    return (x[0], w[0], *output_extents(x[2:], axes)), axes


def pool_shape(
    x: Shape,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Shape:
    """The output shape $(N, C, *m)$ of a pooling; ``stride=None`` means the kernel size.

    Examples
    --------
    >>> pool_shape((1, 1, 4, 4), kernel_size=2)
    (1, 1, 2, 2)
    """
    axes = pool_windows(x, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    return (*x[:2], *output_extents(x[2:], axes, ceil_mode=ceil_mode))


def pool_windows(
    x: Shape,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> tuple[Window, ...]:
    """The windows of a pooling; ``stride=None`` means the kernel size."""
    stride = kernel_size if stride is None else stride
    return windows(spatial(x), kernel_size, stride=stride, padding=padding, dilation=dilation)


def pad_shape(x: Shape, *, padding: Padding, mode: str = "constant") -> Shape:
    """The output shape of ``pad``: $n + p_{lo} + p_{hi}$ on every spatial axis.

    Examples
    --------
    >>> pad_shape((1, 2, 5), padding=((2, 1),))
    (1, 2, 8)
    """
    extents = spatial(x)
    check_pad_mode(mode)
    if isinstance(padding, str):
        raise ParameterError(f"pad takes ints or (lo, hi) pairs, got {padding!r} (PAD-1): a word needs a kernel")
    padded = tuple(n + lo + hi for n, (lo, hi) in zip(extents, int_pairs(padding, len(extents)), strict=True))
    if min(padded) < 0:
        raise ShapeError(f"negative pads crop more than there is: {extents} padded by {padding} gives {padded} (PAD-1)")
    if mode != "constant" and 0 in extents and padded != extents:
        raise ShapeError(f"padding mode {mode!r} needs an extent >= 1 on every axis, got {extents} (PAD-1)")
    return (*x[:2], *padded)


def conv_transpose_windows(
    x: Shape, w: Shape, *, stride: PerAxis, padding: Padding, dilation: PerAxis
) -> tuple[Window, ...]:
    """The windows of a transposed convolution; a word means what it means in TensorFlow.

    The forward twin of ``"same_upper"`` and ``"same_lower"`` reads $n s$ elements and makes $n$ windows; that of
    ``"valid"`` makes $n$ windows of $n s + \\max(k' - s, 0)$.  Where the span is smaller than the stride, those
    elements reach past the last tap, and the high pad is negative: it adds $s - k'$.

    Raises
    ------
    ShapeError
        If ``x`` has no spatial axis, or ``w`` another rank.
    ParameterError
        If an option has a value out of range, or ``padding`` is ``"causal"``: the adjoint of a causal convolution
        is anticausal, so the word would mislead.
    """
    extents = spatial(x)
    if len(w) != len(x):
        raise ShapeError(f"w must have as many axes as x, (C, O/groups, *kernel); got x {x} and w {w} (SHAPE-4)")
    strides = per_axis(stride, len(extents), "stride")
    if not isinstance(padding, str):
        return windows(extents, w[2:], stride=strides, padding=padding, dilation=dilation)
    if padding == "causal":
        raise ParameterError(
            "padding 'causal' is not defined for a transposed convolution, whose taps reach forward (TRANS-1);"
            " write the pads as (lo, hi) pairs"
        )
    produced = tuple(n * s for n, s in zip(extents, strides, strict=True))
    axes = windows(produced, w[2:], stride=strides, padding=padding, dilation=dilation)
    return tuple(replace(a, hi=a.hi - max(a.stride - a.span, 0)) for a in axes)


def conv_transpose_shape(
    x: Shape,
    w: Shape,
    b: Shape | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Shape:
    """The output shape $(N, O, *m)$ of a transposed convolution, $m = (n-1)s + k' - p_{lo} - p_{hi}$ + output_padding.

    Raises
    ------
    ShapeError
        If ranks, channels, groups or bias do not fit, or the pads crop everything.
    ParameterError
        If an option has a value out of range.

    Examples
    --------
    >>> conv_transpose_shape((1, 2, 4), (2, 3, 3), stride=2, padding=1, output_padding=1)
    (1, 3, 8)
    """
    return conv_transpose_geometry(
        x,
        w,
        b,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
        groups=groups,
    )[0]


def conv_transpose_geometry(
    x: Shape,
    w: Shape,
    b: Shape | None,
    *,
    stride: PerAxis,
    padding: Padding,
    output_padding: PerAxis,
    dilation: PerAxis,
    groups: int,
) -> tuple[Shape, tuple[Window, ...]]:
    """The output shape of a transposed convolution, and its windows; refuses what :func:`conv_transpose_shape` does."""
    axes = conv_transpose_windows(x, w, stride=stride, padding=padding, dilation=dilation)
    groups = check_groups(groups, in_channels=x[1])
    if w[0] != x[1]:
        raise ShapeError(f"w must have the shape (C, O/groups, *kernel) with C = {x[1]}, got {w} (TRANS-1)")
    extra = per_axis(output_padding, len(axes), "output_padding", minimum=0)
    for axis, (w_axis, e) in enumerate(zip(axes, extra, strict=True)):
        if e >= max(w_axis.stride, w_axis.dilation):
            raise ParameterError(
                f"output_padding must be < max(stride, dilation) = {max(w_axis.stride, w_axis.dilation)}"
                f" on spatial axis {axis}, got {e} (TRANS-2)"
            )
    check_bias(b, groups * w[1])
    extents = tuple(a.transposed_extent(n, e) for n, a, e in zip(x[2:], axes, extra, strict=True))
    if min(extents) < 1:
        raise ShapeError(f"the pads crop everything: output extents {extents} (SHAPE-3); pad less")
    return (x[0], groups * w[1], *extents), axes


def conv_transpose_output_padding(
    x: Shape, w: Shape, *, output_size: PerAxis, stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1
) -> Shape:
    """The ``output_padding`` that gives the extents ``output_size``, as PyTorch's argument of that name does.

    Raises
    ------
    ShapeError
        If no output padding in ``range(max(stride, dilation))`` gives those extents.

    Examples
    --------
    >>> conv_transpose_output_padding((1, 2, 4), (2, 3, 3), output_size=8, stride=2, padding=1)
    (1,)
    """
    axes = conv_transpose_windows(x, w, stride=stride, padding=padding, dilation=dilation)
    sizes = per_axis(output_size, len(axes), "output_size")
    least = tuple(a.transposed_extent(n) for n, a in zip(x[2:], axes, strict=True))
    extra = tuple(size - m for size, m in zip(sizes, least, strict=True))
    limits = tuple(max(a.stride, a.dilation) for a in axes)
    if not all(0 <= e < limit for e, limit in zip(extra, limits, strict=True)):
        most = tuple(m + limit - 1 for m, limit in zip(least, limits, strict=True))
        raise ShapeError(f"output_size must lie between {least} and {most}, got {sizes} (TRANS-2); pad differently")
    return extra


def conv_transpose_pads(
    x: Shape,
    w: Shape,
    *,
    output_size: PerAxis,
    stride: PerAxis = 1,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    upper: bool = True,
) -> Pads:
    """The pads that give the extents ``output_size``, as ONNX's ``output_shape`` does.

    $P = (n-1)s + k' + $ output_padding $ - m$ elements are cropped, the odd one from the high end if ``upper``.
    Where $P < 0$ nothing is cropped, and a negative high pad adds what is missing.

    Examples
    --------
    >>> conv_transpose_pads((1, 2, 4), (2, 3, 3), output_size=6, stride=2)
    ((1, 2),)
    """
    axes = conv_transpose_windows(x, w, stride=stride, padding=0, dilation=dilation)
    sizes = per_axis(output_size, len(axes), "output_size")
    extra = per_axis(output_padding, len(axes), "output_padding", minimum=0)
    pads = []
    for n, axis, size, e in zip(x[2:], axes, sizes, extra, strict=True):
        surplus = axis.transposed_extent(n, e) - size
        small, large = max(surplus, 0) // 2, ceil_div(max(surplus, 0), 2)
        lo, hi = (small, large) if upper else (large, small)
        pads.append((lo, hi + min(surplus, 0)))
    return tuple(pads)


def signal_shape(x: Shape, k: Shape, *, mode: str = "full") -> Shape:
    """The shape of a signal-level convolution or correlation, as in ``scipy.signal``.

    ``full`` has $n + k - 1$ elements, ``same`` has $n$, ``valid`` has $|n - k| + 1$ with the roles swapped where the
    kernel is the larger on every axis.

    Examples
    --------
    >>> [signal_shape((5,), (3,), mode=mode) for mode in ("full", "same", "valid")]
    [(7,), (5,), (3,)]
    """
    if len(x) != len(k):
        raise ShapeError(f"x and k must have the same number of axes, got shapes {x} and {k} (CONV-1)")
    if 0 in x or 0 in k:
        raise ShapeError(f"x and k must have extents >= 1, got shapes {x} and {k} (CONV-1)")
    full = tuple(n + m - 1 for n, m in zip(x, k, strict=True))
    if mode == "full":
        return full
    if mode == "same":
        return x
    if mode == "valid":
        larger = [n >= m for n, m in zip(x, k, strict=True)]
        smaller = [n <= m for n, m in zip(x, k, strict=True)]
        if not (all(larger) or all(smaller)):
            raise ShapeError(f"mode 'valid' needs one argument as large on every axis, got {x} and {k} (CONV-1)")
        return tuple(abs(n - m) + 1 for n, m in zip(x, k, strict=True))
    raise ParameterError(f"mode must be 'full', 'same' or 'valid', got {mode!r} (CONV-1)")


def same_extents(extents: Shape, stride: PerAxis) -> Shape:
    """The extents $\\lceil n/s \\rceil$ that ``"same_upper"`` and ``"same_lower"`` give."""
    return tuple(ceil_div(n, s) for n, s in zip(extents, per_axis(stride, len(extents), "stride"), strict=True))


def adaptive_shape(x: Shape, *, output_size: PerAxis) -> Shape:
    """The output shape of an adaptive pooling.

    Examples
    --------
    >>> adaptive_shape((2, 3, 7, 5), output_size=(3, 8))
    (2, 3, 3, 8)
    """
    sizes = per_axis(output_size, len(spatial(x)), "output_size")
    if 0 in x[2:]:
        raise ShapeError(f"adaptive pooling needs an extent >= 1 on every spatial axis, got {x[2:]} (SHAPE-3)")
    return (*x[:2], *sizes)


ShapeRule = Callable[..., "Shape"]
"""A function from argument shapes and options to the output shape."""
