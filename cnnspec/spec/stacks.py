"""Stacks of layers: what the last output sees of the first input, and two kernels as one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.arguments import per_axis
from cnnspec.errors import ParameterError, ShapeError

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, ArrayLike, PerAxis


def receptive_field(layers: Sequence[Window], index: int = 0) -> range:
    """The interval of input coordinates, padding included, that output ``index`` of a stack sees on one axis.

    $$ r = 1 + \\sum_l (k_l - 1)\\, d_l \\prod_{i<l} s_i $$

    is its length.  Found here by going back layer by layer, from each position to the taps of its window.

    Laws: CORR-4.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> receptive_field([Window(3, lo=1, hi=1), Window(3, stride=2, lo=1, hi=1)], 1)
    range(0, 5)
    """
    seen = {index}
    for layer in reversed(layers):
        seen = {t for i in seen for t in layer.taps(i)}
    return range(min(seen), max(seen) + 1)


def jump(layers: Sequence[Window]) -> int:
    """How far the receptive field moves from one output to the next, $\\prod_l s_l$.  Laws: CORR-4, EQUI-2.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> jump([Window(3, stride=2), Window(2, stride=3)])
    6
    """
    return receptive_field(layers, 1).start - receptive_field(layers, 0).start


def centre(layers: Sequence[Window], index: int = 0) -> Fraction:
    """The middle of the receptive field of output ``index``, in input coordinates.  Laws: CORR-4.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> centre([Window(3, lo=1, hi=1), Window(2)], 4)
    Fraction(9, 2)
    """
    field = receptive_field(layers, index)
    return Fraction(field[0] + field[-1], 2)


def stack_reads(layers: Sequence[Window], extent: int, index: int) -> list[int]:
    """The input elements that output ``index`` of a stack depends on, exactly, on one axis of ``extent`` elements.

    It is the receptive field without padding, and without the holes that dilation and stride leave.

    Laws: CORR-4.  A ShapeError is raised where a layer has no output, a ParameterError where the stack has no output
    ``index``.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> stack_reads([Window(2, dilation=3), Window(2)], 7, 1)
    [1, 2, 4, 5]
    """
    extents = [extent]
    for layer in layers:
        extents.append(layer.count(extents[-1]))
        if not extents[-1]:
            raise ShapeError(f"every layer must have an output, got the extents {extents} (SHAPE-3)")
    if not 0 <= index < extents[-1]:
        raise ParameterError(f"index must name one of the {extents[-1]} outputs, got {index} (CORR-4)")
    seen = {index}
    for layer, n in zip(reversed(layers), reversed(extents[:-1]), strict=True):
        seen = {t for i in seen for t in layer.taps(i) if 0 <= t < n}
    return sorted(seen)


def compose(first: ArrayLike, second: ArrayLike, *, stride: PerAxis = 1) -> Array:
    """Two layers as one: the kernel of ``conv(conv(x, first, stride=stride), second)``.

    $$ w[o, c, u] = \\sum_{q} \\sum_{a, b \\,:\\, s a + b = u} w_2[o, q, a]\\; w_1[q, c, b] $$

    Without padding the two layers are the one; with stride 1 its kernel is the full convolution of the two.  A second
    layer of stride $s_2$ makes it a layer of stride $s\\, s_2$.

    Laws: CORR-1, CONV-4.  ``first`` is $(Q, C, *k_1)$, ``second`` is $(O, Q, *k_2)$, the result, object, is
    $(O, C, *(s (k_2 - 1) + k_1))$; a ShapeError is raised where they do not fit.

    Examples
    --------
    >>> compose([[[1, 1]]], [[[1, 1]]]).tolist()
    [[[1, 2, 1]]]
    """
    w1, w2 = np.asarray(first, dtype=object), np.asarray(second, dtype=object)
    if w1.ndim != w2.ndim or w1.ndim < 3 or w2.shape[1] != w1.shape[0]:
        raise ShapeError(f"second must take the channels that first gives, got {w2.shape} after {w1.shape} (CORR-1)")
    s = per_axis(stride, w1.ndim - 2, "stride")
    extents = tuple(p * (k2 - 1) + k1 for p, k1, k2 in zip(s, w1.shape[2:], w2.shape[2:], strict=True))
    w = np.full((w2.shape[0], w1.shape[1], *extents), 0, dtype=object)
    for o, q, *a in np.ndindex(w2.shape):
        for c, *b in np.ndindex(w1.shape[1:]):
            u = (p * i + j for p, i, j in zip(s, a, b, strict=True))
            w[o, c, *u] += w2[o, q, *a] * w1[q, c, *b]
    return w


def separable_kernel(*factors: ArrayLike) -> Array:
    """The kernel that is a product of one vector per axis.

    $$ k[u] = \\prod_a f_a[u_a] $$

    A cross-correlation with it is one with each $f_a$ in turn along axis $a$: $\\sum k_a$ multiply-adds per output in
    place of $\\prod k_a$.

    Laws: CONV-4.  Each factor is one-dimensional; the result, object, has one axis per factor.

    Examples
    --------
    >>> separable_kernel([1, 2, 1], [1, -1]).tolist()
    [[1, -1], [2, -2], [1, -1]]
    """
    vectors = [np.asarray(f, dtype=object) for f in factors]
    if not vectors or any(f.ndim != 1 for f in vectors):
        raise ShapeError(f"factors must be vectors, one per axis, got shapes {[f.shape for f in vectors]} (CONV-4)")
    kernel = np.full(tuple(f.size for f in vectors), 1, dtype=object)
    for u in np.ndindex(kernel.shape):
        for f, i in zip(vectors, u, strict=True):
            kernel[u] *= f[i]
    return kernel
