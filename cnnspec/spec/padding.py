"""Padding: the spatial axes grow at both ends, by a constant or by elements of the input itself.

Position $t$ of the padded axis, counted from the input's first element, reads the input at $\\sigma(t)$, a map that
:func:`cnnspec.geometry.source_index` gives for every mode and every integer $t$.  For $x = 1\\,2\\,3$ and pads of 2:

| mode | result | $\\sigma(t)$ |
|---|---|---|
| ``constant`` | $v\\,v \\cdot 1\\,2\\,3 \\cdot v\\,v$ | $t$ inside the input, none outside |
| ``reflect`` | $3\\,2 \\cdot 1\\,2\\,3 \\cdot 2\\,1$ | $r = t \\bmod 2(n-1)$, then $\\min(r, 2(n-1) - r)$ |
| ``symmetric`` | $2\\,1 \\cdot 1\\,2\\,3 \\cdot 3\\,2$ | $r = t \\bmod 2n$, then $\\min(r, 2n - 1 - r)$ |
| ``replicate`` | $1\\,1 \\cdot 1\\,2\\,3 \\cdot 3\\,3$ | $\\min(\\max(t, 0), n - 1)$ |
| ``circular`` | $2\\,3 \\cdot 1\\,2\\,3 \\cdot 1\\,2$ | $t \\bmod n$ |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.geometry import source_index
from cnnspec.gradient_shapes import pad_input_grad_shape
from cnnspec.shapes import int_pairs, pad_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnspec.typing import Array, ArrayLike, Padding, PadMode, Shape


def pad(x: ArrayLike, *, padding: Padding, mode: PadMode = "constant", value: Any = 0) -> Array:
    """The input with its spatial axes extended, or cropped where a pad is negative.

    $$ y[b, c, i] = x[b, c, \\sigma(i - p_{lo})], \\qquad i = 0, \\dots, n + p_{lo} + p_{hi} - 1 $$

    with $v$ in place of the element where $\\sigma$ gives none.

    Laws: PAD-1, PAD-2, PAD-3, PAD-4.

    Parameters
    ----------
    x
        Numbers of any type, $(N, C, *n)$.
    padding
        One int, one int per spatial axis, or one (lo, hi) pair per spatial axis; a negative pad crops.
    mode
        ``"constant"``, ``"reflect"``, ``"symmetric"``, ``"replicate"`` or ``"circular"``.
    value
        The constant $v$.

    Returns
    -------
    Array
        Objects, $(N, C, *(n + p_{lo} + p_{hi}))$.

    Raises
    ------
    ShapeError
        If there is no spatial axis, a crop takes more than there is, or a mode finds nothing to repeat.
    ParameterError
        If ``mode`` is none of the five, or ``padding`` is a word or does not fit the rank.
    DTypeError
        If a pad is no integer.

    Notes
    -----
    The map is total: pads may be larger than the input.  A positive and a negative pad on one axis do not fold into
    their sum: pads of (-2, 2) drop two elements and add two others.

    References
    ----------
    ``torch.nn.functional.pad``, ``numpy.pad``; ONNX *Pad*.

    Examples
    --------
    >>> pad([[[1, 2, 3]]], padding=2, mode="reflect")[0, 0]
    array([3, 2, 1, 2, 3, 2, 1], dtype=object)
    >>> pad([[[1, 2, 3]]], padding=((-2, 2),), value=9)[0, 0]
    array([3, 9, 9], dtype=object)
    """
    x = np.asarray(x, dtype=object)
    y = np.empty(pad_shape(x.shape, padding=padding, mode=mode), dtype=object)
    for i, t in sources(x.shape, y.shape, padding, mode):
        for b, c in np.ndindex(*x.shape[:2]):
            y[b, c, *i] = value if t is None else x[b, c, *t]
    return y


def pad_input_grad(grad_output: ArrayLike, *, input_size: Shape, padding: Padding, mode: PadMode = "constant") -> Array:
    """The gradient of ``pad`` with respect to its input: every element collects from the places it was copied to.

    $$ \\bar x[b, c, t] = \\sum_{i\\,:\\,\\sigma(i - p_{lo}) = t} g[b, c, i] $$

    Laws: PAD-1.

    Parameters
    ----------
    grad_output
        The cotangent $g$, numbers of any type, $(N, C, *(n + p_{lo} + p_{hi}))$.
    input_size
        The spatial extents $n$ of the input.
    padding, mode
        Those of the forward call.

    Returns
    -------
    Array
        Objects, $(N, C, *n)$.

    Raises
    ------
    ShapeError
        If ``grad_output`` does not have the forward output's shape, or the forward call has none.
    ParameterError
        If an option has a value that ``pad`` refuses.
    DTypeError
        If a pad or an extent is no integer.

    Examples
    --------
    >>> pad_input_grad([[[1, 10, 100, 1000]]], input_size=(2,), padding=((0, 2),), mode="circular")[0, 0]
    array([101, 1010], dtype=object)
    """
    g = np.asarray(grad_output, dtype=object)
    grad = np.zeros(pad_input_grad_shape(g.shape, input_size=input_size, padding=padding, mode=mode), dtype=object)
    for i, t in sources(grad.shape, g.shape, padding, mode):
        if t is not None:
            for b, c in np.ndindex(*g.shape[:2]):
                grad[b, c, *t] += g[b, c, *i]
    return grad


def sources(x: Shape, y: Shape, padding: Padding, mode: PadMode) -> Iterator[tuple[Shape, Shape | None]]:
    """Every position $i$ of the padded space with the input position it reads, ``None`` for the constant."""
    extents = x[2:]
    pads = int_pairs(padding, len(extents))
    for i in np.ndindex(*y[2:]):
        t = tuple(source_index(a - lo, n, mode) for a, (lo, _), n in zip(i, pads, extents, strict=True))
        yield i, None if None in t else t  # type: ignore[misc]
