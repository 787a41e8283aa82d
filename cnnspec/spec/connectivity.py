"""Connectivity: which inputs an output depends on, and a layer as the matrix that it is.

A convolution layer without bias is linear: $\\mathrm{vec}(y) = M\\, \\mathrm{vec}(x)$ for each sample, with one row per
output $(o, i)$ and one column per input $(c, t)$, both in row-major order.  The matrix is sparse, since a row holds a
window and no more, and it shares: the rows of one output channel hold the same numbers, moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.shapes import conv_shape, conv_windows
from cnnspec.spec.windows import flat_index

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis, Shape

Link = tuple["Shape", "Shape", "Shape"]
"""An output $(o, i)$, the input $(c, t)$ that it reads, and the weight $(o, c', j)$ that it reads it with."""


def conv_matrix(
    w: ArrayLike,
    *,
    input_size: Shape,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """The layer as a dense matrix.

    $$ M[(o, i), (c, t)] = \\begin{cases}
    w[o, c - \\gamma(o)\\,C/g, j] & t = s\\,i + d\\,j - p_{lo} \\\\
    0 & \\text{no such } j
    \\end{cases} $$

    On two spatial axes with stride 1 it is doubly block Toeplitz.

    Laws: CORR-1, CORR-4, CORR-5.

    Parameters
    ----------
    w
        Numbers, $(O, C/g, *k)$.
    input_size
        $n$, one int per spatial axis.
    stride, padding, dilation, groups
        As in :func:`cnnspec.spec.convolution.conv`.

    Returns
    -------
    Array
        $(O \\prod m,\\ C \\prod n)$, object.

    Raises
    ------
    ShapeError, ParameterError
        As :func:`cnnspec.spec.convolution.conv` does.

    Examples
    --------
    >>> conv_matrix([[[1, 2]]], input_size=(3,)).tolist()
    [[1, 2, 0], [0, 1, 2]]
    """
    w = np.asarray(w, dtype=object)
    x = (1, groups * w.shape[1], *input_size)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    y = conv_shape(x, w.shape, **options)
    matrix = np.full((prod(y[1:]), prod(x[1:])), 0, dtype=object)
    for output, source, weight in _links(x, w.shape, **options):
        matrix[flat_index(output, y[1:]), flat_index(source, x[1:])] = w[weight]
    return matrix


def reads(
    output: Shape,
    x: Shape,
    w: Shape,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """Which inputs one output $(o, i)$ depends on: exactly the real taps of its window, in the channels of its group.

    ``x`` and ``w`` are shapes, $(N, C, *n)$ and $(O, C/g, *k)$; the result is $(C, *n)$, bool.

    Laws: CORR-4, CORR-6.

    Examples
    --------
    >>> reads((0, 1), (1, 1, 5), (1, 1, 3), stride=2, padding=1).tolist()
    [[False, True, True, True, False]]
    """
    seen = np.zeros(x[1:], dtype=bool)
    for link, source, _ in _links(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups):
        if link == tuple(output):
            seen[source] = True
    return seen


def layer_counts(
    x: Shape,
    w: Shape,
    *,
    bias: bool = True,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> dict[str, int]:
    """Parameters and multiply-adds of a layer and of the dense layer between the same shapes, counted one by one.

    ``x`` and ``w`` are shapes, $(N, C, *n)$ and $(O, C/g, *k)$; multiply-adds are those of one sample.

    - ``parameters``: the weights, and the biases if there are any;
    - ``multiply_adds``: one for every output, channel and tap, padding taps included;
    - ``nonzeros``: the same without the padding taps, which are the entries of the matrix;
    - ``dense_parameters``, ``dense_multiply_adds``: of a layer that joins every input with every output.

    Laws: CORR-4, CORR-5.

    Examples
    --------
    >>> layer_counts((1, 3, 5, 5), (2, 3, 3, 3), stride=2, padding=1)["parameters"]
    56
    """
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    y = conv_shape(x, w, **options)
    biases = sum(1 for _ in range(w[0])) if bias else 0
    return {
        "parameters": sum(1 for _ in np.ndindex(w)) + biases,
        "multiply_adds": sum(1 for _ in np.ndindex(y[1:]) for _ in np.ndindex(w[1:])),
        "nonzeros": sum(1 for _ in _links(x, w, **options)),
        "dense_parameters": sum(1 for _ in np.ndindex(y[1:]) for _ in np.ndindex(x[1:])) + (prod(y[1:]) if bias else 0),
        "dense_multiply_adds": sum(1 for _ in np.ndindex(y[1:]) for _ in np.ndindex(x[1:])),
    }


def _links(x: Shape, w: Shape, *, stride: PerAxis, padding: Padding, dilation: PerAxis, groups: int) -> Iterator[Link]:
    """Every pair of an output and an input that it reads, with the weight."""
    y = conv_shape(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    axes = conv_windows(x, w, stride=stride, padding=padding, dilation=dilation)
    for o, *i in np.ndindex(y[1:]):
        block = o // (w[0] // groups)
        for c, *j in np.ndindex(w[1:]):
            t = tuple(axis.taps(p)[q] for axis, p, q in zip(axes, i, j, strict=True))
            if all(0 <= u < n for u, n in zip(t, x[2:], strict=True)):
                yield (o, *i), (block * w[1] + c, *t), (o, c, *j)
