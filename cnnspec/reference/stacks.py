"""Stacks of layers: what the last output sees of the first input, and two kernels as one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cnnspec import geometry
from cnnspec.arguments import per_axis
from cnnspec.errors import ParameterError, ShapeError
from cnnspec.reference.arithmetic import carrier, operands, rounded

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, ArrayLike, PerAxis

__all__ = ["receptive_field", "jump", "centre", "stack_reads", "compose", "separable_kernel"]


def receptive_field(layers: Sequence[Window], index: int = 0) -> range:
    """The interval of input coordinates, padding included, that one output of a stack sees on one axis.

    $$ r = 1 + \\sum_l (k_l - 1)\\, d_l \\prod_{i<l} s_i, \\qquad
    \\text{from } \\ i \\prod_l s_l - \\sum_l p_{lo,l} \\prod_{i<l} s_i $$

    Laws: CORR-4.

    Parameters
    ----------
    layers
        One :class:`cnnspec.geometry.Window` per layer, the first layer first.
    index
        $i$, the output's position.

    Returns
    -------
    range
        $r$ coordinates; those below 0 and from $n$ on are padding.

    References
    ----------
    A. Araujo, W. Norris, J. Sim, *Computing receptive fields of convolutional neural networks*, Distill 2019.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> receptive_field([Window(3, lo=1, hi=1), Window(3, stride=2, lo=1, hi=1)], 1)
    range(0, 5)
    """
    size, step = geometry.receptive_field(layers)
    start = index * step
    below = 1
    for layer in layers:
        start -= layer.lo * below
        below *= layer.stride
    return range(start, start + size)


def jump(layers: Sequence[Window]) -> int:
    """How far the receptive field moves from one output to the next, the product of the strides.

    $$ \\prod_l s_l $$

    Laws: CORR-4, EQUI-2.

    Parameters
    ----------
    layers
        One :class:`cnnspec.geometry.Window` per layer, in any order.

    Returns
    -------
    int
        The stride of the whole stack, 1 where there is no layer.

    References
    ----------
    A. Araujo, W. Norris, J. Sim, *Computing receptive fields of convolutional neural networks*, Distill 2019.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> jump([Window(3, stride=2), Window(2, stride=3)])
    6
    """
    return prod(layer.stride for layer in layers)


def centre(layers: Sequence[Window], index: int = 0) -> Fraction:
    """The middle of the receptive field of output ``index``, in input coordinates.

    $$ i \\prod_l s_l + \\frac{r - 1}{2} - \\sum_l p_{lo,l} \\prod_{i<l} s_i $$

    Laws: CORR-4.

    Parameters
    ----------
    layers
        One :class:`cnnspec.geometry.Window` per layer, the first layer first.
    index
        $i$, the output's position.

    Returns
    -------
    Fraction
        The coordinate, a half where the receptive field has an even extent.

    References
    ----------
    A. Araujo, W. Norris, J. Sim, *Computing receptive fields of convolutional neural networks*, Distill 2019.

    Examples
    --------
    >>> from cnnspec.geometry import Window
    >>> centre([Window(3, lo=1, hi=1), Window(2)], 4)
    Fraction(9, 2)
    """
    field = receptive_field(layers, index)
    return field.start + Fraction(len(field) - 1, 2)


def stack_reads(layers: Sequence[Window], extent: int, index: int) -> list[int]:
    """The input elements that one output of a stack depends on, exactly, on one axis.

    It is the receptive field without padding, and without the holes that dilation and stride leave.

    Laws: CORR-4.

    Parameters
    ----------
    layers
        One :class:`cnnspec.geometry.Window` per layer, the first layer first.
    extent
        $n$, the number of input elements.
    index
        The output's position.

    Returns
    -------
    list of int
        Input coordinates, in order.

    Raises
    ------
    ShapeError
        If a layer has no output.
    ParameterError
        If the stack has no output ``index``.

    References
    ----------
    A. Araujo, W. Norris, J. Sim, *Computing receptive fields of convolutional neural networks*, Distill 2019.

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
    seen = np.array([index])
    for layer, n in zip(reversed(layers), reversed(extents[:-1]), strict=True):
        taps = np.unique(seen[:, None] * layer.stride + np.arange(layer.kernel) * layer.dilation - layer.lo)
        seen = taps[(taps >= 0) & (taps < n)]
    return [int(t) for t in seen]


def compose(first: ArrayLike, second: ArrayLike, *, stride: PerAxis = 1) -> Array:
    """Two layers as one: the kernel of ``conv(conv(x, first, stride=stride), second)``.

    $$ w[o, c, u] = \\sum_{q} \\sum_{a, b \\,:\\, s a + b = u} w_2[o, q, a]\\; w_1[q, c, b] $$

    Laws: CORR-1, CONV-4.

    Parameters
    ----------
    first
        $(Q, C, *k_1)$, any supported dtype.
    second
        $(O, Q, *k_2)$, the dtype of ``first``.
    stride
        The stride $s \\ge 1$ of the first layer, one int or one per spatial axis.

    Returns
    -------
    Array
        $(O, C, *(s (k_2 - 1) + k_1))$, the dtype of ``first``.

    Raises
    ------
    DTypeError
        If a dtype is not supported, or the two differ.
    ShapeError
        If the second layer does not take the channels that the first one gives.
    ParameterError
        If a stride is below 1.

    Notes
    -----
    Without padding the two layers are the one, whatever the second one's stride $s_2$, which makes it a layer of stride
    $s\\, s_2$.  With zero padding they differ at the border: the second layer pads with zeros what the first would have
    computed there.

    References
    ----------
    A. Oppenheim, R. Schafer, *Discrete-time signal processing*, 2.3: systems in series.

    Examples
    --------
    >>> compose(np.array([[[1, 1]]]), np.array([[[1, 1]]])).tolist()
    [[[1, 2, 1]]]
    """
    w1, w2 = operands(first=first, second=second)
    if w1.ndim != w2.ndim or w1.ndim < 3 or w2.shape[1] != w1.shape[0]:
        raise ShapeError(f"second must take the channels that first gives, got {w2.shape} after {w1.shape} (CORR-1)")
    s = per_axis(stride, w1.ndim - 2, "stride")
    extents = tuple(p * (k2 - 1) + k1 for p, k1, k2 in zip(s, w1.shape[2:], w2.shape[2:], strict=True))
    dtype = carrier(w1.shape[0] * prod(w2.shape[2:]), w1, w2)
    w = np.zeros((w2.shape[0], w1.shape[1], *extents), dtype)
    for a in np.ndindex(*w2.shape[2:]):
        block = tuple(slice(p * i, p * i + k) for p, i, k in zip(s, a, w1.shape[2:], strict=True))
        # (O, Q) and (Q, C, *k1) -> (O, C, *k1)
        w[:, :, *block] += np.tensordot(w2[:, :, *a].astype(dtype), w1.astype(dtype), axes=1)
    return rounded(w, w1.dtype)


def separable_kernel(*factors: ArrayLike) -> Array:
    """The kernel that is a product of one vector per axis.

    $$ k[u] = \\prod_a f_a[u_a] $$

    Laws: CONV-4.

    Parameters
    ----------
    factors
        One vector per axis, $(k_a,)$, all of one supported dtype.

    Returns
    -------
    Array
        $(k_0, k_1, \\dots)$, the dtype of the factors.

    Raises
    ------
    DTypeError
        If a dtype is not supported, or two differ.
    ShapeError
        If there is no factor, or one is no vector.

    Notes
    -----
    A cross-correlation with it is one with each $f_a$ in turn along axis $a$: $\\sum k_a$ multiply-adds per output in
    place of $\\prod k_a$.

    References
    ----------
    G. Golub, C. Van Loan, *Matrix computations*, 2.4: rank and the singular value decomposition.

    Examples
    --------
    >>> separable_kernel(np.array([1, 2, 1]), np.array([1, -1])).tolist()
    [[1, -1], [2, -2], [1, -1]]
    """
    vectors = operands(**{f"factor_{a}": f for a, f in enumerate(factors)})
    if not vectors or any(f.ndim != 1 for f in vectors):
        raise ShapeError(f"factors must be vectors, one per axis, got shapes {[f.shape for f in vectors]} (CONV-4)")
    carried = carrier(1, *vectors)
    return rounded(reduce(np.multiply.outer, [f.astype(carried) for f in vectors]), vectors[0].dtype)
