"""Connectivity: which inputs an output depends on, and a layer as the matrix that it is.

A convolution layer without bias is linear: $\\mathrm{vec}(y) = M\\, \\mathrm{vec}(x)$ for each sample, with one row per
output $(o, i)$ and one column per input $(c, t)$, both in row-major order.  The matrix is sparse, since a row holds a
window and no more, and it shares: the rows of one output channel hold the same numbers, moved.
"""

from __future__ import annotations

from functools import reduce
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.errors import DTypeError, ParameterError
from cnnspec.reference.arithmetic import operands
from cnnspec.shapes import conv_shape, conv_windows

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis, Shape

__all__ = ["conv_matrix", "reads", "layer_counts"]


def conv_matrix(
    w: ArrayLike,
    *,
    input_size: Shape,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Any:
    """The layer as a sparse matrix.

    $$ M[(o, i), (c, t)] = \\begin{cases}
    w[o, c - \\gamma(o)\\,C/g, j] & t = s\\,i + d\\,j - p_{lo} \\\\
    0 & \\text{no such } j
    \\end{cases} $$

    Laws: CORR-1, CORR-4, CORR-5.

    Parameters
    ----------
    w
        $(O, C/g, *k)$, any dtype that SciPy's sparse arrays take: not float16 or bfloat16.
    input_size
        $n$, one int per spatial axis.
    stride, padding, dilation, groups
        As in :func:`cnnspec.reference.convolution.conv`.

    Returns
    -------
    scipy.sparse.csr_array
        $(O \\prod m,\\ C \\prod n)$, the dtype of ``w``.  Its stored entries are the pairs of an output and an input
        that it reads, also where the weight is 0.

    Raises
    ------
    DTypeError
        If the dtype of ``w`` is none of these.
    ShapeError, ParameterError
        As :func:`cnnspec.reference.convolution.conv` does.

    Notes
    -----
    On two spatial axes with stride 1 it is doubly block Toeplitz.  Its transpose is the transposed convolution.

    References
    ----------
    V. Dumoulin, F. Visin, *A guide to convolution arithmetic for deep learning*, arXiv:1603.07285, section 4.1.

    Examples
    --------
    >>> conv_matrix(np.array([[[1, 2]]]), input_size=(3,)).toarray().tolist()
    [[1, 2, 0], [0, 1, 2]]
    """
    from scipy.sparse import csr_array

    (w,) = operands(w=w)
    if w.dtype.itemsize == 2 and w.dtype.kind not in "iu":
        raise DTypeError(f"w must have a dtype that SciPy's sparse arrays take, got {w.dtype} (NUM-1); use float32")
    x = (1, groups * w.shape[1], *input_size)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
    y = conv_shape(x, w.shape, groups=groups, **options)
    plane, real = _tap_table(conv_windows(x, w.shape, **options), x[2:], y[2:])
    i, j = np.nonzero(real.reshape(prod(y[2:]), prod(w.shape[2:])))
    t = plane.reshape(real.size)[i * prod(w.shape[2:]) + j]

    o, c = np.arange(w.shape[0])[:, None, None], np.arange(w.shape[1])[:, None]  # against taps: (O, C/g, taps)
    block = o // (w.shape[0] // groups) if w.size else o
    rows = np.broadcast_to(o * prod(y[2:]) + i, (*w.shape[:2], i.size))
    columns = (block * w.shape[1] + c) * prod(x[2:]) + t
    entries = w.reshape(*w.shape[:2], -1)[:, :, j]
    triple = (entries.reshape(-1), (rows.reshape(-1), columns.reshape(-1)))
    return csr_array(triple, shape=(prod(y[1:]), prod(x[1:])))


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
    """Which inputs one output depends on: exactly the real taps of its window, in the channels of its group.

    $$ \\{ (c, t_i(j)) : \\gamma(o)\\,C/g \\le c < (\\gamma(o)+1)\\,C/g,\\; 0 \\le t_i(j) < n \\} $$

    Laws: CORR-4, CORR-6.

    Parameters
    ----------
    output
        $(o, i)$, the output's channel and position.
    x, w
        The shapes $(N, C, *n)$ and $(O, C/g, *k)$.
    stride, padding, dilation, groups
        As in :func:`cnnspec.reference.convolution.conv`.

    Returns
    -------
    Array
        $(C, *n)$, bool.

    Raises
    ------
    ShapeError
        If the shapes do not fit, or no window fits.
    ParameterError
        If an option is out of range, or the layer has no such output.

    References
    ----------
    I. Goodfellow, Y. Bengio, A. Courville, *Deep learning*, 9.2; https://www.deeplearningbook.org.

    Examples
    --------
    >>> reads((0, 1), (1, 1, 5), (1, 1, 3), stride=2, padding=1).tolist()
    [[False, True, True, True, False]]
    """
    y = conv_shape(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    _check_output(output, y)
    o, *i = output
    axes = conv_windows(x, w, stride=stride, padding=padding, dilation=dilation)
    first = o // (w[0] // groups) * w[1]
    masks = [np.isin(np.arange(x[1]), np.arange(first, first + w[1]))]
    masks += [np.isin(np.arange(n), axis.taps(p)) for n, axis, p in zip(x[2:], axes, i, strict=True)]
    seen: Array = reduce(np.logical_and.outer, masks)
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
    """Parameters and multiply-adds of a layer and of the dense layer between the same shapes.

    | count | formula |
    |---|---|
    | ``parameters`` | $O\\, C/g \\prod k$, and $O$ with a bias |
    | ``multiply_adds`` | $O \\prod m \\cdot C/g \\prod k$, padding taps included |
    | ``nonzeros`` | $O\\, C/g \\prod_a \\sum_i \\lvert\\{j : 0 \\le t_i(j) < n_a\\}\\rvert$, the matrix's entries |
    | ``dense_parameters`` | $O \\prod m \\cdot C \\prod n$, and $O \\prod m$ with a bias |
    | ``dense_multiply_adds`` | $O \\prod m \\cdot C \\prod n$ |

    Laws: CORR-4, CORR-5.

    Parameters
    ----------
    x, w
        The shapes $(N, C, *n)$ and $(O, C/g, *k)$; multiply-adds are those of one sample.
    bias
        Whether there is a bias.
    stride, padding, dilation, groups
        As in :func:`cnnspec.reference.convolution.conv`.

    Returns
    -------
    dict of int
        The five counts.

    Raises
    ------
    ShapeError
        If the shapes do not fit, or no window fits.
    ParameterError
        If an option is out of range.

    Notes
    -----
    The parameters of a convolution do not depend on the input's extents.

    References
    ----------
    I. Goodfellow, Y. Bengio, A. Courville, *Deep learning*, 9.2; https://www.deeplearningbook.org.

    Examples
    --------
    >>> layer_counts((1, 3, 7, 7), (2, 3, 3, 3), stride=2)
    {'parameters': 56, 'multiply_adds': 486, 'nonzeros': 486, 'dense_parameters': 2664, 'dense_multiply_adds': 2646}
    """
    y = conv_shape(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    axes = conv_windows(x, w, stride=stride, padding=padding, dilation=dilation)
    outputs, joined = prod(y[1:]), prod(y[1:]) * prod(x[1:])
    return {
        "parameters": prod(w) + bias * w[0],
        "multiply_adds": outputs * prod(w[1:]),
        "nonzeros": w[0] * w[1] * prod(_real_taps(*axis) for axis in zip(axes, x[2:], y[2:], strict=True)),
        "dense_parameters": joined + bias * outputs,
        "dense_multiply_adds": joined,
    }


def _real_taps(axis: Window, extent: int, count: int) -> int:
    """The number of pairs of a window and a real tap on one axis."""
    table = _taps(axis, count)
    return int(((table >= 0) & (table < extent)).sum())


def _taps(axis: Window, count: int) -> Array:
    """$t_i(j)$ as a table of shape $(m, k)$."""
    return np.arange(count)[:, None] * axis.stride + np.arange(axis.kernel) * axis.dilation - axis.lo


def _tap_table(axes: tuple[Window, ...], extents: Shape, counts: Shape) -> tuple[Array, Array]:
    """For every window and tap, $(*m, *k)$, the flat index of the element it reads, and whether it is real."""
    rank = len(axes)
    plane: Array = np.zeros((1,) * (2 * rank), dtype=np.int64)
    real: Array = np.ones((1,) * (2 * rank), dtype=bool)
    for a, (axis, n, m) in enumerate(zip(axes, extents, counts, strict=True)):
        shape = [1] * (2 * rank)
        shape[a], shape[rank + a] = m, axis.kernel
        table = _taps(axis, m).reshape(shape)
        plane = plane * n + table
        real = real & (table >= 0) & (table < n)
    return plane, real


def _check_output(output: Shape, y: Shape) -> None:
    if len(output) != len(y) - 1 or not all(0 <= p < m for p, m in zip(output, y[1:], strict=True)):
        raise ParameterError(f"output must name one of the outputs (o, *i) below {y[1:]}, got {tuple(output)} (CORR-4)")
