"""Output shapes in n dimensions, and the reading of the arguments that decide them.

Every function here turns what a person writes (an int, one int per axis, ``"same_upper"``) into one
:class:`~cnnspec.geometry.Window` per spatial axis, and counts.  The batch axis comes first, channels second, space
after: $(N, C, *n)$.  This module imports the standard library alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import TYPE_CHECKING, Any

from cnnspec.errors import DTypeError, ParameterError, ShapeError
from cnnspec.geometry import PAD_MODES, Window, causal_pads, ceil_div, same_pads

if TYPE_CHECKING:
    from cnnspec.typing import Padding, Pads, PerAxis, Shape

PADDING_WORDS = ("valid", "same_upper", "same_lower", "same", "causal")
"""The words that ``padding`` accepts; ``"same"`` is PyTorch's name for ``"same_upper"``."""


def per_axis(value: PerAxis, rank: int, name: str, *, minimum: int | None = 1) -> Shape:
    """One int per spatial axis, from one int or a sequence of them.

    Raises
    ------
    DTypeError
        If an element is no integer (a bool is none).
    ParameterError
        If the number of elements is not the rank, or one is below ``minimum``.

    Examples
    --------
    >>> per_axis(2, 3, "stride")
    (2, 2, 2)
    """
    items = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,) * rank
    result = tuple(_integer(item, name) for item in items)
    if len(result) != rank:
        raise ParameterError(f"{name} must be one int or one per spatial axis ({rank}), got {value!r} (SHAPE-1)")
    if minimum is not None and min(result, default=minimum) < minimum:
        raise ParameterError(f"{name} must be >= {minimum} on every axis, got {result} (SHAPE-1)")
    return result


def _integer(item: Any, name: str) -> int:
    if not isinstance(item, bool):
        try:
            return index(item)
        except TypeError:
            pass
    raise DTypeError(f"{name} must be an integer on every axis, got {item!r} of type {type(item).__name__} (SHAPE-1)")


def windows(
    extents: Shape,
    kernel_size: PerAxis,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> tuple[Window, ...]:
    """One window per spatial axis.

    Examples
    --------
    >>> windows((7, 5), (3, 2), stride=2, padding="same_upper")
    (Window(kernel=3, stride=2, dilation=1, lo=1, hi=1), Window(kernel=2, stride=2, dilation=1, lo=0, hi=1))
    """
    rank = len(extents)
    kernels = per_axis(kernel_size, rank, "kernel_size")
    strides = per_axis(stride, rank, "stride")
    dilations = per_axis(dilation, rank, "dilation")
    pads = pad_pairs(padding, extents, kernels, strides, dilations)
    return tuple(
        Window(k, s, d, lo, hi) for k, s, d, (lo, hi) in zip(kernels, strides, dilations, pads, strict=True)
    )


def pad_pairs(padding: Padding, extents: Shape, kernels: Shape, strides: Shape, dilations: Shape) -> Pads:
    """One (lo, hi) pair per spatial axis, from an int, a word, one int per axis or the pairs themselves.

    Raises
    ------
    ParameterError
        If the word is unknown or the number of pads is not the rank.

    Examples
    --------
    >>> pad_pairs("causal", (7,), (3,), (1,), (2,))
    ((4, 0),)
    """
    if isinstance(padding, str):
        axes = zip(extents, kernels, strides, dilations, strict=True)
        if padding == "valid":
            return ((0, 0),) * len(extents)
        if padding in ("same", "same_upper", "same_lower"):
            return tuple(same_pads(n, k, s, d, upper=padding != "same_lower") for n, k, s, d in axes)
        if padding == "causal":
            return tuple(causal_pads(k, d) for _, k, _, d in axes)
        raise ParameterError(f"padding must be one of {', '.join(PADDING_WORDS)}, or ints; got {padding!r} (SHAPE-2)")
    return _int_pairs(padding, len(extents))


def _int_pairs(padding: Any, rank: int) -> Pads:
    items = tuple(padding) if isinstance(padding, Sequence) else (padding,) * rank
    if len(items) != rank:
        raise ParameterError(
            f"padding must be one int, one int or one (lo, hi) pair per spatial axis ({rank}), got {padding!r}"
            " (SHAPE-2); to pad one axis by lo and hi write ((lo, hi),)"
        )
    pairs = [tuple(item) if isinstance(item, Sequence) else (item, item) for item in items]
    if any(len(pair) != 2 for pair in pairs):
        raise ParameterError(f"padding must hold (lo, hi) pairs, got {padding!r} (SHAPE-2)")
    return tuple((_integer(lo, "padding"), _integer(hi, "padding")) for lo, hi in pairs)


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


def spatial(shape: Shape, name: str = "x") -> Shape:
    """The spatial extents of a shape $(N, C, *n)$.

    Raises
    ------
    ShapeError
        If there is no spatial axis.
    """
    if len(shape) < 3:
        raise ShapeError(f"{name} must have the shape (N, C, *spatial) with at least one spatial axis, got {shape} (SHAPE-4)")
    return shape[2:]


def conv_windows(x: Shape, w: Shape, *, stride: PerAxis, padding: Padding, dilation: PerAxis) -> tuple[Window, ...]:
    """The windows of a convolution layer, after checking that ``x`` and ``w`` have the same rank."""
    extents = spatial(x)
    if len(w) != len(x):
        raise ShapeError(f"w must have as many axes as x, (O, C/groups, *kernel); got x {x} and w {w} (SHAPE-4)")
    return windows(extents, w[2:], stride=stride, padding=padding, dilation=dilation)


def check_groups(groups: int, **channels: int) -> int:
    """``groups`` as an int >= 1 that divides every given channel count."""
    groups = _integer(groups, "groups")
    if groups < 1:
        raise ParameterError(f"groups must be >= 1, got {groups} (CORR-6)")
    for name, count in channels.items():
        if count % groups:
            raise ShapeError(f"groups must divide {name}, got groups {groups} and {name} {count} (CORR-6)")
    return groups


def check_bias(b: Shape | None, out_channels: int) -> None:
    """Check that the bias, if there is one, is one number per output channel."""
    if b is not None and b != (out_channels,):
        raise ShapeError(f"b must have the shape (O,) = ({out_channels},), got {b} (CORR-7); nothing else broadcasts")


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
    axes = conv_windows(x, w, stride=stride, padding=padding, dilation=dilation)
    check_groups(groups, in_channels=x[1], out_channels=w[0])
    if x[1] != groups * w[1]:
        raise ShapeError(
            f"x must have groups * w.shape[1] = {groups} * {w[1]} = {groups * w[1]} channels, got {x[1]} (CORR-6)"
        )
    check_bias(b, w[0])
    return (x[0], w[0], *output_extents(x[2:], axes))


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
    if mode not in PAD_MODES:
        raise ParameterError(f"padding mode must be one of {', '.join(PAD_MODES)}; got {mode!r} (PAD-1)")
    if isinstance(padding, str):
        raise ParameterError(f"pad takes ints or (lo, hi) pairs, got {padding!r} (PAD-1): a word needs a kernel")
    padded = tuple(n + lo + hi for n, (lo, hi) in zip(extents, _int_pairs(padding, len(extents)), strict=True))
    if min(padded) < 0:
        raise ShapeError(f"negative pads crop more than there is: {extents} padded by {padding} gives {padded} (PAD-1)")
    if mode != "constant" and 0 in extents and padded != extents:
        raise ShapeError(f"padding mode {mode!r} needs an extent >= 1 on every axis, got {extents} (PAD-1)")
    return (*x[:2], *padded)


def conv_transpose_windows(
    x: Shape, w: Shape, *, stride: PerAxis, padding: Padding, dilation: PerAxis
) -> tuple[Window, ...]:
    """The windows of a transposed convolution; ``"valid"`` and ``"same_*"`` are those of its forward twin."""
    extents = spatial(x)
    if len(w) != len(x):
        raise ShapeError(f"w must have as many axes as x, (C, O/groups, *kernel); got x {x} and w {w} (SHAPE-4)")
    strides = per_axis(stride, len(extents), "stride")
    if isinstance(padding, str) and padding.startswith("same"):
        extents = tuple(n * s for n, s in zip(extents, strides, strict=True))
    return windows(extents, w[2:], stride=strides, padding=padding, dilation=dilation)


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

    Examples
    --------
    >>> conv_transpose_shape((1, 2, 4), (2, 3, 3), stride=2, padding=1, output_padding=1)
    (1, 3, 8)
    """
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
    return (x[0], groups * w[1], *extents)


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
            raise ShapeError(f"mode 'valid' needs one argument at least as large on every axis, got {x} and {k} (CONV-1)")
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
