"""The arguments that people write, read into one form: ints per axis, pads as (lo, hi) pairs, windows.

Whoever calls an operation may write ``2``, ``(2, 3)`` or ``"same_upper"``; whoever computes one sees a
:class:`~cnnspec.geometry.Window` per spatial axis.  Every option is checked here, once, so that the definition and
the reference refuse the same calls with the same words.  This module imports the standard library alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import index
from typing import TYPE_CHECKING, Any

from cnnspec.errors import DTypeError, ParameterError, ShapeError
from cnnspec.geometry import PAD_MODES, Window, causal_pads, same_pads

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
    if isinstance(value, (tuple, Sequence)) and not isinstance(value, str):  # a plain class is quick to ask for
        result = tuple([integer(item, name) for item in value])
        if len(result) != rank:
            raise ParameterError(f"{name} must be one int or one per spatial axis ({rank}), got {value!r} (SHAPE-1)")
    else:
        result = (integer(value, name),) * rank
    if minimum is not None and min(result, default=minimum) < minimum:
        raise ParameterError(f"{name} must be >= {minimum} on every axis, got {result} (SHAPE-1)")
    return result


def integer(item: Any, name: str) -> int:
    """``item`` as an int, where it is an integer of any kind but bool.

    Raises
    ------
    DTypeError
        If it is not.
    """
    if type(item) is int:
        return item
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
    return _windows(kernels, strides, dilations, pads)


@lru_cache(maxsize=1024)
def _windows(kernels: Shape, strides: Shape, dilations: Shape, pads: Pads) -> tuple[Window, ...]:
    # a layer asks for the same windows at each call; these are ints by now, so that no True is taken for a 1
    return tuple(Window(k, s, d, lo, hi) for k, s, d, (lo, hi) in zip(kernels, strides, dilations, pads, strict=True))


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
    return int_pairs(padding, len(extents))


def int_pairs(padding: Any, rank: int) -> Pads:
    """One (lo, hi) pair per spatial axis, from ints alone: one int, one per axis, or the pairs.

    Raises
    ------
    DTypeError
        If an element is no integer.
    ParameterError
        If the number of pads is not the rank, or a pair holds other than two.

    Examples
    --------
    >>> int_pairs((1, (0, 2)), 2)
    ((1, 1), (0, 2))
    """
    if not isinstance(padding, (tuple, Sequence)):
        return ((integer(padding, "padding"),) * 2,) * rank
    items = tuple(padding)
    if len(items) != rank:
        raise ParameterError(
            f"padding must be one int, one int or one (lo, hi) pair per spatial axis ({rank}), got {padding!r}"
            " (SHAPE-2); to pad one axis by lo and hi write ((lo, hi),)"
        )
    pairs = [tuple(item) if isinstance(item, (tuple, Sequence)) else (item, item) for item in items]
    if any(len(pair) != 2 for pair in pairs):
        raise ParameterError(f"padding must hold (lo, hi) pairs, got {padding!r} (SHAPE-2)")
    return tuple((integer(lo, "padding"), integer(hi, "padding")) for lo, hi in pairs)


def check_pad_mode(mode: str) -> str:
    """The padding mode, after checking that it is one of the five.

    Raises
    ------
    ParameterError
        If it is none of them.
    """
    if mode not in PAD_MODES:
        raise ParameterError(f"padding mode must be one of {', '.join(PAD_MODES)}; got {mode!r} (PAD-1)")
    return mode


def spatial(shape: Shape, name: str = "x") -> Shape:
    """The spatial extents of a shape $(N, C, *n)$.

    Raises
    ------
    ShapeError
        If there is no spatial axis.
    """
    if len(shape) < 3:
        raise ShapeError(f"{name} must have the shape (N, C, *spatial) with a spatial axis, got {shape} (SHAPE-4)")
    return shape[2:]


def check_groups(groups: int, **channels: int) -> int:
    """``groups`` as an int >= 1 that divides every given channel count."""
    groups = integer(groups, "groups")
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
