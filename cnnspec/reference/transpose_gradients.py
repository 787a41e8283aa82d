"""The gradients of the transposed convolution: the layer over the cotangent, and its contraction with the input."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.gradient_shapes import conv_transpose_input_grad_shape, conv_transpose_weight_grad_shape
from cnnspec.reference.arithmetic import carrier, operands, rounded
from cnnspec.reference.columns import contract, gather, grouped, room, windowed
from cnnspec.reference.convolution import padded_for, weights
from cnnspec.reference.ranks import of_each_rank
from cnnspec.shapes import conv_transpose_windows

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
        The cotangent $g$, $(N, O, *m)$, any supported dtype.
    w
        $(C, O/g, *k)$, the same dtype.
    input_size
        The spatial extents $n$ of the input.
    stride, padding, output_padding, dilation, groups
        Those of the forward call.

    Returns
    -------
    Array
        $(N, C, *n)$, dtype of ``grad_output``.

    Raises
    ------
    ShapeError
        If ``grad_output`` does not have the forward output's shape, or the forward call has none.
    ParameterError
        If an option has a value out of range.
    DTypeError
        If a dtype is not supported, two differ, or an option that counts is no integer.

    References
    ----------
    Dumoulin and Visin, arXiv:1603.07285, section 4.

    Examples
    --------
    >>> conv_transpose_input_grad([[[1, 2, 3, 4]]], [[[1, 10]]], input_size=(2,), stride=2)
    array([[[21, 43]]])
    """
    g, w = operands(grad_output=grad_output, w=w)
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
    carried = carrier(prod(w.shape[1:]), g, w)
    grad = np.empty(shape, carried)
    with np.errstate(all="ignore"):
        a = padded_for(axes, g, carried)
        taps = windowed(a, axes, shape[2:], groups)
        gather(taps, weights(w, groups, carried), grouped(grad, groups), room(g, w, grad, copy=a))
        return rounded(grad, g.dtype)


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

    Laws: TRANS-3.

    Parameters
    ----------
    grad_output
        The cotangent $g$, $(N, O, *m)$, any supported dtype.
    x
        The input of the forward call, $(N, C, *n)$, the same dtype.
    kernel_size
        The spatial extents $k$ of the weights.
    stride, padding, output_padding, dilation, groups
        Those of the forward call.

    Returns
    -------
    Array
        $(C, O/g, *k)$, dtype of ``grad_output``; zeros where there is no batch.

    Raises
    ------
    ShapeError
        If ``grad_output`` does not have the forward output's shape, or the forward call has none.
    ParameterError
        If an option has a value out of range.
    DTypeError
        If a dtype is not supported, two differ, or an option that counts is no integer.

    References
    ----------
    V. Dumoulin, F. Visin, *A guide to convolution arithmetic for deep learning*, arXiv:1603.07285, section 4.

    Examples
    --------
    >>> conv_transpose_weight_grad([[[1, 2, 3, 4]]], [[[1, 10]]], kernel_size=2, stride=2)
    array([[[31, 42]]])
    """
    g, x = operands(grad_output=grad_output, x=x)
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
    carried = carrier(x.shape[0] * prod(x.shape[2:]), g, x)
    grad = np.zeros((groups, shape[0] // groups, prod(shape[1:])), carried)
    with np.errstate(all="ignore"):
        a = padded_for(axes, g, carried)
        taps = windowed(a, axes, x.shape[2:], groups)
        contract(grouped(np.asarray(x, dtype=carried, order="C"), groups), taps, grad, room(g, grad, copy=a))
        return rounded(grad.reshape(shape), g.dtype)


conv_transpose1d_input_grad, conv_transpose2d_input_grad, conv_transpose3d_input_grad = of_each_rank(
    conv_transpose_input_grad
)
conv_transpose1d_weight_grad, conv_transpose2d_weight_grad, conv_transpose3d_weight_grad = of_each_rank(
    conv_transpose_weight_grad
)
