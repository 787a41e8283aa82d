"""Translation: moving the content of a plane, and where a layer's output moves with it.

All of these act on the spatial axes of $(N, C, *n)$ and leave the others alone.  $T_v$ shifts on the torus, where what
leaves at one end enters at the other; $Z_v$ shifts in an endless plane of zeros; $R$ reverses every axis; $S_s$ keeps
every $s$-th element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.arguments import per_axis, spatial, windows
from cnnspec.errors import ParameterError

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis, Shape


def translate(x: ArrayLike, shift: PerAxis) -> Array:
    """Shift on the torus: what leaves at one end enters at the other.

    $$ (T_v x)[b, c, t] = x[b, c, (t - v) \\bmod n] $$

    Laws: EQUI-1, EQUI-2, INV-1.  ``x`` is $(N, C, *n)$, ``shift`` one int or one per spatial axis, of either sign; the
    result, object, has the shape of ``x``.

    Examples
    --------
    >>> translate([[[1, 2, 3, 4]]], 1).tolist()
    [[[4, 1, 2, 3]]]
    """
    x = np.asarray(x, dtype=object)
    n = spatial(x.shape)
    v = per_axis(shift, len(n), "shift", minimum=None)
    y = np.empty(x.shape, dtype=object)
    for t in np.ndindex(*n):
        y[:, :, *t] = x[:, :, *((p - q) % m for p, q, m in zip(t, v, n, strict=True))]
    return y


def translate_zero(x: ArrayLike, shift: PerAxis) -> Array:
    """Shift among zeros: content leaves at one end, and zeros enter at the other.

    $$ (Z_v x)[b, c, t] = \\begin{cases} x[b, c, t - v] & 0 \\le t - v < n \\\\ 0 & \\text{otherwise} \\end{cases} $$

    Laws: EQUI-3.  ``x`` is $(N, C, *n)$, ``shift`` one int or one per spatial axis, of either sign; the result, object,
    has the shape of ``x``.

    Examples
    --------
    >>> translate_zero([[[1, 2, 3, 4]]], 1).tolist()
    [[[0, 1, 2, 3]]]
    """
    x = np.asarray(x, dtype=object)
    n = spatial(x.shape)
    v = per_axis(shift, len(n), "shift", minimum=None)
    y = np.full(x.shape, 0, dtype=object)
    for t in np.ndindex(*n):
        source = tuple(p - q for p, q in zip(t, v, strict=True))
        if all(0 <= p < m for p, m in zip(source, n, strict=True)):
            y[:, :, *t] = x[:, :, *source]
    return y


def reflect(x: ArrayLike) -> Array:
    """Reverse every spatial axis.

    $$ (R x)[b, c, t] = x[b, c, n - 1 - t] $$

    Laws: EQUI-5.  ``x`` is $(N, C, *n)$; the result, object, has its shape.

    Examples
    --------
    >>> reflect([[[[1, 2], [3, 4]]]]).tolist()
    [[[[4, 3], [2, 1]]]]
    """
    x = np.asarray(x, dtype=object)
    n = spatial(x.shape)
    y = np.empty(x.shape, dtype=object)
    for t in np.ndindex(*n):
        y[:, :, *t] = x[:, :, *(m - 1 - p for p, m in zip(t, n, strict=True))]
    return y


def subsample(x: ArrayLike, stride: PerAxis) -> Array:
    """Keep every $s$-th element, the first among them.

    $$ (S_s x)[b, c, i] = x[b, c, s\\,i], \\qquad m = \\lceil n/s \\rceil $$

    A layer of stride $s$ is the layer of stride 1, subsampled.

    Laws: EQUI-2.  ``x`` is $(N, C, *n)$, ``stride`` one int >= 1 or one per spatial axis; the result, object, is
    $(N, C, *m)$.

    Examples
    --------
    >>> subsample([[[1, -1, 1, -1, 1]]], 2).tolist(), subsample([[[-1, 1, -1, 1, -1]]], 2).tolist()
    ([[[1, 1, 1]]], [[[-1, -1, -1]]])
    """
    x = np.asarray(x, dtype=object)
    n = spatial(x.shape)
    s = per_axis(stride, len(n), "stride")
    m = tuple(len(range(0, e, q)) for e, q in zip(n, s, strict=True))
    y = np.empty((*x.shape[:2], *m), dtype=object)
    for i in np.ndindex(*m):
        y[:, :, *i] = x[:, :, *(p * q for p, q in zip(i, s, strict=True))]
    return y


def interior(
    extents: Shape,
    *,
    shift: PerAxis,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> tuple[range, ...]:
    """The outputs of $f(Z_v x)$ whose windows hold no padding and nothing that entered, on each spatial axis.

    $$ I = \\{ i : 0 \\le t_i(j) < n \\text{ and } 0 \\le t_i(j) - v < n \\text{ for all } j,\\;
    0 \\le i - v/s < m \\} $$

    For these, $f(Z_v x)[i] = f(x)[i - v/s]$, whatever the border does.

    Laws: EQUI-3.  ``extents`` is $n$; the window's options are those of a convolution or pooling.  A ``shift`` that is
    no multiple of the stride moves no output onto another, and is refused with a ParameterError.

    Examples
    --------
    >>> interior((7, 7), shift=(1, -2), kernel_size=3, padding=1)
    (range(2, 6), range(1, 4))
    """
    axes = windows(extents, kernel_size, stride=stride, padding=padding, dilation=dilation)
    shifts = per_axis(shift, len(extents), "shift", minimum=None)
    if any(v % axis.stride for v, axis in zip(shifts, axes, strict=True)):
        raise ParameterError(f"shift must be a multiple of stride on every axis, got {shift} and {stride} (EQUI-2)")
    return tuple(_interior(n, v, axis) for n, v, axis in zip(extents, shifts, axes, strict=True))


def _interior(n: int, v: int, axis: Window) -> range:
    m = axis.count(n)
    kept = [
        i
        for i in range(m)
        if 0 <= i - v // axis.stride < m and all(0 <= t < n and 0 <= t - v < n for t in axis.taps(i))
    ]
    return range(kept[0], kept[-1] + 1) if kept else range(0)
