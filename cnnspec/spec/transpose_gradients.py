"""The gradients of the transposed convolution: what element $i$ wrote with weight $w$, it now reads with weight $w$."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.gradient_shapes import conv_transpose_input_grad_shape, conv_transpose_weight_grad_shape
from cnnspec.shapes import conv_transpose_windows
from cnnspec.spec.convolution import blocks, tap

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis


def conv_transpose_input_grad(
    grad_output: ArrayLike,
    w: ArrayLike,
    *,
    input_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """The gradient of ``conv_transpose`` with respect to its input: the convolution layer, over the cotangent.

    $$ \\bar x[b, c, i]
       = \\sum_{q < O/g} \\sum_j g[b,\\ \\gamma(c)\\,O/g + q,\\ s\\,i + d\\,j - p_{lo}]\\; w[c, q, j] $$

    with the positions outside the output omitted.

    Laws: TRANS-3.

    Parameters
    ----------
    grad_output
        The cotangent $g$, numbers of any type, $(N, O, *m)$.
    w
        Numbers, $(C, O/g, *k)$.
    input_size
        The spatial extents $n$ of the input.
    stride, padding, output_padding, dilation, groups
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
        If an option has a value out of range.
    DTypeError
        If an option that counts is no integer.

    References
    ----------
    Dumoulin and Visin, arXiv:1603.07285, section 4.

    Examples
    --------
    >>> conv_transpose_input_grad([[[1, 2, 3, 4]]], [[[1, 10]]], input_size=(2,), stride=2)[0, 0]
    array([21, 43], dtype=object)
    """
    g, w = np.asarray(grad_output, dtype=object), np.asarray(w, dtype=object)
    shape = conv_transpose_input_grad_shape(
        g.shape,
        w.shape,
        input_size=input_size,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
        groups=groups,
    )
    axes = conv_transpose_windows(shape, w.shape, stride=stride, padding=padding, dilation=dilation)
    grad = np.zeros(shape, dtype=object)
    for i in np.ndindex(*shape[2:]):
        for j in np.ndindex(*w.shape[2:]):
            t = tap(axes, i, j, g.shape[2:])
            if t is None:
                continue
            for outputs, inputs in blocks(g.shape[1], shape[1], groups):
                # (N, O/g) @ (O/g, C/g) -> (N, C/g)
                grad[:, inputs, *i] += g[:, outputs, *t] @ w[inputs, :, *j].T  # type: ignore[arg-type]  # NumPy's stubs
    return grad


def conv_transpose_weight_grad(
    grad_output: ArrayLike,
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """The gradient of ``conv_transpose`` with respect to its weights.

    $$ \\bar w[c, q, j] = \\sum_b \\sum_i x[b, c, i]\\; g[b,\\ \\gamma(c)\\,O/g + q,\\ s\\,i + d\\,j - p_{lo}] $$

    Laws: TRANS-3.  Parameters, result and errors are those of :func:`conv_transpose_input_grad`, with the input ``x``
    $(N, C, *n)$ and the ``kernel_size`` $k$ given, and the weights' shape $(C, O/g, *k)$ returned.

    Examples
    --------
    >>> conv_transpose_weight_grad([[[1, 2, 3, 4]]], [[[1, 10]]], kernel_size=2, stride=2)[0, 0]
    array([31, 42], dtype=object)
    """
    g, x = np.asarray(grad_output, dtype=object), np.asarray(x, dtype=object)
    shape = conv_transpose_weight_grad_shape(
        g.shape,
        x.shape,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
        groups=groups,
    )
    axes = conv_transpose_windows(x.shape, shape, stride=stride, padding=padding, dilation=dilation)
    grad = np.zeros(shape, dtype=object)
    for i in np.ndindex(*x.shape[2:]):
        for j in np.ndindex(*shape[2:]):
            t = tap(axes, i, j, g.shape[2:])
            if t is None:
                continue
            for outputs, inputs in blocks(g.shape[1], x.shape[1], groups):
                # (C/g, N) @ (N, O/g) -> (C/g, O/g)
                grad[inputs, :, *j] += x[:, inputs, *i].T @ g[:, outputs, *t]  # type: ignore[arg-type]  # NumPy's stubs
    return grad
