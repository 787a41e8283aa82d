"""Pooling: every window of a plane becomes one number.

Window $i$ of a plane $x[b, c]$ reads the taps $t_i(j) = s\\,i + d\\,j - p_{lo}$.  $R_i$ is the list of its *real* taps
in row-major order, $|P_i|$ the number of its padding taps; overhang counts nowhere.  A window that holds no real tap
is refused (POOL-2).

The definitions take any number type that the formula makes sense for: integers and fractions stay exact, and an
average of integers is a fraction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.shapes import pool_shape
from cnnspec.spec.windows import divisor, first_maximum, flat_index, p_norm, quotient, sliding_places

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis


def max_pool(
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Array:
    """The maximum of every window.

    $$ y[b, c, i] = \\max_{t \\in R_i} x[b, c, t] $$

    Padding is $-\\infty$: it never wins.  A NaN in the window wins over everything.

    Laws: POOL-1, POOL-2, POOL-4, POOL-8, POOL-10.

    Parameters
    ----------
    x
        Numbers, $(N, C, *n)$.
    kernel_size, stride, padding, dilation, ceil_mode
        The window; ``stride=None`` means the kernel size.

    Returns
    -------
    Array
        $(N, C, *m)$, object.

    Raises
    ------
    ShapeError
        If no window fits, or a window holds no real tap.
    ParameterError
        If an option has a value out of range.

    Examples
    --------
    >>> max_pool([[[1, 3, 2, 5]]], kernel_size=2).tolist()
    [[[3, 5]]]
    """
    return max_pool_with_indices(
        x, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    )[0]


def max_pool_with_indices(
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """The maximum of every window, and where it stands.

    $$ t^* = \\text{first } t \\in R_i \\text{ with } x[b, c, t] = \\max_{u \\in R_i} x[b, c, u], \\qquad
    \\mathrm{index}[b, c, i] = \\sum_a t^*_a \\prod_{a' > a} n_{a'} $$

    The index is flat in the unpadded plane of its own $(b, c)$; where the window holds a NaN it names the first one.

    Laws: POOL-1, POOL-2, POOL-4, POOL-5, POOL-8, POOL-10.  Parameters and errors are those of :func:`max_pool`.

    Returns
    -------
    tuple of Array
        The values, $(N, C, *m)$, object, and the indices, $(N, C, *m)$, int64.

    Examples
    --------
    >>> values, indices = max_pool_with_indices([[[[1, 9], [9, 2]]]], kernel_size=2)
    >>> values.item(), indices.item()
    (9, 1)
    """
    x = np.asarray(x, dtype=object)
    options: dict[str, Any] = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    shape = pool_shape(x.shape, ceil_mode=ceil_mode, **options)
    places = sliding_places(x.shape, ceil_mode=ceil_mode, **options)
    values, indices = np.empty(shape, dtype=object), np.empty(shape, dtype=np.int64)
    for b, c in np.ndindex(x.shape[:2]):
        for i, real, _ in places:
            first = first_maximum(x[b, c], real)
            values[b, c, *i] = x[b, c, *first]
            indices[b, c, *i] = flat_index(first, x.shape[2:])
    return values, indices


def avg_pool(
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
    """The sum of every window over a divisor that counts its taps.

    $$ y[b, c, i] = \\frac{1}{D_i} \\sum_{t \\in R_i} x[b, c, t], \\qquad
    D_i = \\begin{cases} |R_i| + |P_i| & \\text{with count\\_include\\_pad} \\\\ |R_i| & \\text{without} \\end{cases} $$

    Overhang never counts, so windows at the high border may have a smaller divisor; ``divisor_override`` replaces
    $D_i$ in every window.

    Laws: POOL-2, POOL-3, POOL-4.

    Parameters
    ----------
    x
        Numbers, $(N, C, *n)$; integers are averaged as fractions.
    kernel_size, stride, padding, dilation, ceil_mode
        The window; ``stride=None`` means the kernel size.
    count_include_pad, divisor_override
        The divisor.

    Returns
    -------
    Array
        $(N, C, *m)$, object.

    Raises
    ------
    ShapeError
        If no window fits, or a window holds no real tap.
    ParameterError
        If an option has a value out of range.

    Examples
    --------
    >>> [str(v) for v in avg_pool([[[6, 3, 1]]], kernel_size=2, stride=2, padding=1, ceil_mode=True)[0, 0]]
    ['3', '2']
    """
    x = np.asarray(x, dtype=object)
    options: dict[str, Any] = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    y = np.empty(pool_shape(x.shape, ceil_mode=ceil_mode, **options), dtype=object)
    for place in sliding_places(x.shape, ceil_mode=ceil_mode, **options):
        d = divisor(place, count_include_pad=count_include_pad, divisor_override=divisor_override)
        for b, c in np.ndindex(x.shape[:2]):
            y[b, c, *place.position] = quotient(sum(x[b, c, *t] for t in place.real), d)
    return y


def lp_pool(
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
    p: float = 2,
) -> Array:
    """The $p$-norm of every window.

    $$ y[b, c, i] = \\Bigl( \\sum_{t \\in R_i} |x[b, c, t]|^p \\Bigr)^{1/p} $$

    For $p = \\infty$ it is the largest $|x|$, for $p = 1$ the sum of the $|x|$.

    Laws: POOL-2, POOL-4, POOL-6.

    Parameters
    ----------
    x
        Numbers, $(N, C, *n)$.
    kernel_size, stride, padding, dilation, ceil_mode
        The window; ``stride=None`` means the kernel size.
    p
        The exponent, a number >= 1 or infinity.

    Returns
    -------
    Array
        $(N, C, *m)$, object.

    Raises
    ------
    ShapeError
        If no window fits, or a window holds no real tap.
    ParameterError
        If an option has a value out of range.

    Examples
    --------
    >>> lp_pool([[[3, -4, 6, 8]]], kernel_size=2).tolist()
    [[[5.0, 10.0]]]
    """
    x = np.asarray(x, dtype=object)
    options: dict[str, Any] = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    y = np.empty(pool_shape(x.shape, ceil_mode=ceil_mode, **options), dtype=object)
    for i, real, _ in sliding_places(x.shape, ceil_mode=ceil_mode, **options):
        for b, c in np.ndindex(x.shape[:2]):
            y[b, c, *i] = p_norm([x[b, c, *t] for t in real], p)
    return y
