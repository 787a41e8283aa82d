"""The windows of a pooling, one by one: which taps each reads, and what each tap is.

A tap of $r$ coordinates is *real* where every coordinate is, *overhang* where any coordinate is, *padding* otherwise.
Every pooling and every gradient of one is told by the list of its :class:`Place`\\ s, and by what is read from one.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.geometry import Window, adaptive_window
from cnnspec.shapes import adaptive_shape, output_extents, pool_windows

if TYPE_CHECKING:
    from cnnspec.typing import Array, Padding, PerAxis, Shape


class Place(NamedTuple):
    """One window: the output position $i$, its real taps in row-major order, and how many taps are padding."""

    position: Shape
    real: list[Shape]
    padding: int


def sliding_places(
    shape: Shape,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> list[Place]:
    """The windows of a sliding pooling over an input of that shape, in row-major order of $i$.

    Raises
    ------
    ShapeError
        If no window fits, or some window holds no real tap.

    Examples
    --------
    >>> sliding_places((1, 1, 4), kernel_size=3, padding=1, ceil_mode=True)
    [Place(position=(0,), real=[(0,), (1,)], padding=1), Place(position=(1,), real=[(2,), (3,)], padding=1)]
    """
    axes = pool_windows(shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    extents = shape[2:]
    counts = output_extents(extents, axes, ceil_mode=ceil_mode)
    places = [_place(i, axes, extents) for i in np.ndindex(*counts)]
    for place in places:
        if not place.real:
            raise ShapeError(
                f"every window must hold a real element, and window {place.position} of {counts} over the extents"
                f" {extents} holds padding alone (POOL-2); pad less, or use a larger kernel"
            )
    return places


def _place(i: Shape, axes: tuple[Window, ...], extents: Shape) -> Place:
    real, padding = [], 0
    for t in product(*(axis.taps(index) for axis, index in zip(axes, i, strict=True))):
        kinds = {axis.kind(u, n) for axis, u, n in zip(axes, t, extents, strict=True)}
        if kinds == {"real"}:
            real.append(t)
        elif "overhang" not in kinds:
            padding += 1
    return Place(i, real, padding)


def adaptive_places(shape: Shape, *, output_size: PerAxis) -> list[Place]:
    """The windows $[\\lfloor i n/m \\rfloor, \\lceil (i+1)n/m \\rceil)$ of an adaptive pooling, in row-major order.

    Examples
    --------
    >>> [place.real for place in adaptive_places((1, 1, 5), output_size=2)]
    [[(0,), (1,), (2,)], [(2,), (3,), (4,)]]
    """
    counts = adaptive_shape(shape, output_size=output_size)[2:]
    axes = list(zip(shape[2:], counts, strict=True))
    return [
        Place(i, list(product(*(adaptive_window(j, n, m) for j, (n, m) in zip(i, axes, strict=True)))), 0)
        for i in np.ndindex(*counts)
    ]


def first_maximum(plane: Array, taps: Sequence[Shape]) -> Shape:
    """The first tap, in the order given, that holds the maximum; the first NaN where there is one.

    Examples
    --------
    >>> first_maximum(np.array([4, 7, 7], dtype=object), [(0,), (1,), (2,)])
    (1,)
    """
    best = taps[0]
    for t in taps:
        v, w = plane[t], plane[best]
        if v > w or (is_nan(v) and not is_nan(w)):
            best = t
    return best


def is_nan(v: Any) -> bool:
    """Whether ``v`` is NaN, the one number that differs from itself; right for any number type.

    Examples
    --------
    >>> is_nan(float("nan")), is_nan(Fraction(1, 3))
    (True, False)
    """
    return bool(v != v)  # noqa: PLR0124  the definition of NaN


def quotient(total: Any, divisor: int) -> Any:
    """``total / divisor``, a fraction where ``total`` is an integer."""
    return (Fraction(total) if isinstance(total, int) else total) / divisor


def divisor(place: Place, *, count_include_pad: bool, divisor_override: int | None) -> int:
    """The divisor $D_i$ of an average over one window: overhang never counts.

    Raises
    ------
    ParameterError
        If ``divisor_override`` is given and below 1.
    """
    if divisor_override is None:
        return len(place.real) + (place.padding if count_include_pad else 0)
    if divisor_override < 1:
        raise ParameterError(f"divisor_override must be >= 1, got {divisor_override} (POOL-3)")
    return divisor_override


def p_norm(values: Sequence[Any], p: float) -> Any:
    """$(\\sum_v |v|^p)^{1/p}$, and the largest $|v|$ where $p$ is infinite.

    Raises
    ------
    ParameterError
        If ``p`` is below 1.

    Examples
    --------
    >>> p_norm([3, -4], 1), p_norm([3, -4], 2), p_norm([3, -4], inf)
    (7, 5.0, 4)
    """
    if not p >= 1:
        raise ParameterError(f"p must be a number >= 1, got {p} (POOL-6)")
    sizes = [abs(v) for v in values]
    if p == 1:
        return sum(sizes)
    if p == inf:
        return next((v for v in sizes if is_nan(v)), max(sizes))
    return sum(v**p for v in sizes) ** (1 / p)


def flat_index(t: Shape, extents: Shape) -> int:
    """The row-major position of tap ``t`` in the unpadded plane.

    Examples
    --------
    >>> flat_index((1, 2), (3, 4))
    6
    """
    index = 0
    for u, n in zip(t, extents, strict=True):
        index = index * n + u
    return index
