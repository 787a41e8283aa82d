"""The gradients of the poolings with respect to their input.

Every gradient takes the cotangent $\\bar y$ of the output and the input $x$, and adds up what each window gives back:

$$ \\bar x[b, c, t] = \\sum_{i : t \\in R_i} \\bar y[b, c, i]\\, \\frac{\\partial y[b, c, i]}{\\partial x[b, c, t]} $$

Overlapping windows add (GRAD-1).  The options are those of the pooling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.errors import ShapeError
from cnnspec.spec.windows import (
    Place,
    adaptive_places,
    divisor,
    first_maximum,
    is_nan,
    p_norm,
    quotient,
    sliding_places,
)

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis, Shape

Pullback = Callable[["Array", Any, Place], Iterator[tuple["Shape", Any]]]
"""From a plane, the cotangent of one window and the window to what each of its taps receives."""


def max_pool_input_grad(
    grad_output: ArrayLike,
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Array:
    """The whole cotangent of a window goes to its first maximal tap.

    $$ \\bar x[b, c, t] = \\sum_{i : t = t^*_i} \\bar y[b, c, i] $$

    Laws: GRAD-1.  ``grad_output`` is $(N, C, *m)$, ``x`` and the result, object, are $(N, C, *n)$; a ShapeError is
    raised where they do not fit.

    Examples
    --------
    >>> max_pool_input_grad([[[10, 20]]], [[[1, 5, 2]]], kernel_size=2, stride=1).tolist()
    [[[0, 30, 0]]]
    """
    options: dict[str, Any] = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return _pull_back(grad_output, x, _to_first_maximum, lambda s: sliding_places(s, ceil_mode=ceil_mode, **options))


def avg_pool_input_grad(
    grad_output: ArrayLike,
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Every real tap of a window receives the cotangent over the window's divisor.

    $$ \\bar x[b, c, t] = \\sum_{i : t \\in R_i} \\bar y[b, c, i] / D_i $$

    Laws: GRAD-1.  Of ``x`` only the shape counts.

    Examples
    --------
    >>> [str(v) for v in avg_pool_input_grad([[[2, 6]]], [[[0, 0, 0]]], kernel_size=2, stride=1)[0, 0]]
    ['1', '4', '3']
    """

    def evenly(plane: Array, g: Any, place: Place) -> Iterator[tuple[Shape, Any]]:
        d = divisor(place, count_include_pad=count_include_pad, divisor_override=divisor_override)
        for t in place.real:
            yield t, quotient(g, d)

    options: dict[str, Any] = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return _pull_back(grad_output, x, evenly, lambda s: sliding_places(s, ceil_mode=ceil_mode, **options))


def lp_pool_input_grad(
    grad_output: ArrayLike,
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    p: float = 2,
) -> Array:
    """Every real tap receives the cotangent times its share of the norm, with its sign.

    $$ \\bar x[b, c, t] = \\sum_{i : t \\in R_i} \\bar y[b, c, i]\\; \\mathrm{sign}(x[b, c, t])
    \\left( \\frac{|x[b, c, t]|}{y[b, c, i]} \\right)^{p-1} $$

    Where the norm is 0 the subgradient 0 is taken; for $p = \\infty$ the first largest $|x|$ receives all.

    Laws: GRAD-1.

    Examples
    --------
    >>> lp_pool_input_grad([[[10]]], [[[3, -4]]], kernel_size=2).tolist()
    [[[6.0, -8.0]]]
    """

    def by_share(plane: Array, g: Any, place: Place) -> Iterator[tuple[Shape, Any]]:
        norm = p_norm([plane[t] for t in place.real], p)
        if p == inf:
            first = first_maximum(np.abs(plane), place.real)
            yield first, g * _sign(plane[first])
        elif norm != 0:
            for t in place.real:
                yield t, g * _sign(plane[t]) * quotient(abs(plane[t]), norm) ** (p - 1)

    options: dict[str, Any] = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return _pull_back(grad_output, x, by_share, lambda s: sliding_places(s, ceil_mode=ceil_mode, **options))


def adaptive_max_pool_input_grad(grad_output: ArrayLike, x: ArrayLike, *, output_size: PerAxis) -> Array:
    """The whole cotangent of an adaptive window goes to its first maximal tap.

    $$ \\bar x[b, c, t] = \\sum_{i : t = t^*_i} \\bar y[b, c, i], \\qquad
       t^*_i = \\min \\operatorname*{arg\\,max}_{t \\in A_i} x[b, c, t] $$

    with $A_i$ the adaptive window.  Laws: GRAD-4.

    Examples
    --------
    >>> adaptive_max_pool_input_grad([[[10, 20]]], [[[1, 5, 2]]], output_size=2).tolist()
    [[[0, 30, 0]]]
    """
    return _pull_back(grad_output, x, _to_first_maximum, lambda s: adaptive_places(s, output_size=output_size))


def adaptive_avg_pool_input_grad(grad_output: ArrayLike, x: ArrayLike, *, output_size: PerAxis) -> Array:
    """Every tap of an adaptive window receives the cotangent over the number of taps.

    $$ \\bar x[b, c, t] = \\sum_{i : t \\in A_i} \\frac{\\bar y[b, c, i]}{|A_i|} $$

    with $A_i$ the adaptive window.  Laws: GRAD-5.

    Examples
    --------
    >>> adaptive_avg_pool_input_grad([[[2.0, 6.0]]], [[[1, 5, 2]]], output_size=2).tolist()
    [[[1.0, 4.0, 3.0]]]
    """

    def evenly(plane: Array, g: Any, place: Place) -> Iterator[tuple[Shape, Any]]:
        for t in place.real:
            yield t, quotient(g, len(place.real))

    return _pull_back(grad_output, x, evenly, lambda s: adaptive_places(s, output_size=output_size))


def global_max_pool_input_grad(grad_output: ArrayLike, x: ArrayLike) -> Array:
    """The whole cotangent of a plane goes to its first maximal element.

    $$ \\bar x[b, c, t] = \\bar y[b, c, 0]\\; [t = \\min \\operatorname{arg\\,max} x[b, c]] $$

    Laws: GRAD-4.

    Examples
    --------
    >>> global_max_pool_input_grad([[[7]]], [[[1, 5, 5]]]).tolist()
    [[[0, 7, 0]]]
    """
    return adaptive_max_pool_input_grad(grad_output, x, output_size=1)


def global_avg_pool_input_grad(grad_output: ArrayLike, x: ArrayLike) -> Array:
    """Every element of a plane receives the cotangent over the number of elements.

    $$ \\bar x[b, c, t] = \\frac{\\bar y[b, c, 0]}{\\prod_a n_a} $$

    Laws: GRAD-5.

    Examples
    --------
    >>> global_avg_pool_input_grad([[[6.0]]], [[[1, 5, 2]]]).tolist()
    [[[2.0, 2.0, 2.0]]]
    """
    return adaptive_avg_pool_input_grad(grad_output, x, output_size=1)


def _pull_back(
    grad_output: ArrayLike, x: ArrayLike, pullback: Pullback, places: Callable[[Shape], list[Place]]
) -> Array:
    g, x = np.asarray(grad_output, dtype=object), np.asarray(x, dtype=object)
    windows = places(x.shape)
    output = (*x.shape[:2], *(index + 1 for index in windows[-1].position))
    if g.shape != output:
        raise ShapeError(f"grad_output must have the shape {output} of the output, got {g.shape} (GRAD-1)")
    grad = np.full(x.shape, 0, dtype=object)
    for b, c in np.ndindex(x.shape[:2]):
        for place in windows:
            for t, share in pullback(x[b, c], g[b, c, *place.position], place):
                grad[b, c, *t] += share
    return grad


def _to_first_maximum(plane: Array, g: Any, place: Place) -> Iterator[tuple[Shape, Any]]:
    yield first_maximum(plane, place.real), g


def _sign(v: Any) -> Any:
    return v if is_nan(v) else (v > 0) - (v < 0)
