"""The gradients of the convolution layer and of its transpose: the same matrix products, read from the other side."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.gradient_shapes import conv_input_grad_shape, conv_weight_grad_shape
from cnnspec.reference.arithmetic import carrier, operands, rounded
from cnnspec.reference.columns import contract, grouped, room, windowed
from cnnspec.reference.convolution import padded_for
from cnnspec.reference.ranks import of_each_rank
from cnnspec.reference.transpose import superposed
from cnnspec.reference.transpose_gradients import (
    conv_transpose1d_input_grad,
    conv_transpose1d_weight_grad,
    conv_transpose2d_input_grad,
    conv_transpose2d_weight_grad,
    conv_transpose3d_input_grad,
    conv_transpose3d_weight_grad,
    conv_transpose_input_grad,
    conv_transpose_weight_grad,
)
from cnnspec.shapes import conv_windows, spatial

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis

__all__ = [
    "conv1d_input_grad",
    "conv1d_weight_grad",
    "conv2d_input_grad",
    "conv2d_weight_grad",
    "conv3d_input_grad",
    "conv3d_weight_grad",
    "conv_bias_grad",
    "conv_input_grad",
    "conv_transpose1d_input_grad",
    "conv_transpose1d_weight_grad",
    "conv_transpose2d_input_grad",
    "conv_transpose2d_weight_grad",
    "conv_transpose3d_input_grad",
    "conv_transpose3d_weight_grad",
    "conv_transpose_input_grad",
    "conv_transpose_weight_grad",
    "conv_weight_grad",
]


def conv_input_grad(
    grad_output: ArrayLike,
    w: ArrayLike,
    *,
    input_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """The gradient of ``conv`` with respect to its input.

    $$ \\bar x[b,\\ \\gamma\\,C/g + c,\\ t]
       = \\sum_{o \\in \\gamma}\\ \\sum_{i,\\,j\\,:\\,t_i(j) = t} g[b, o, i]\\; w[o, c, j],
       \\qquad t_i(j) = s\\,i + d\\,j - p_{lo} $$

    Laws: GRAD-1, GRAD-3, GRAD-8, TRANS-4.

    Parameters
    ----------
    grad_output
        The cotangent $g$, $(N, O, *m)$, any supported dtype.
    w
        $(O, C/g, *k)$, the same dtype.
    input_size
        The spatial extents $n$ of the input; elements that no window reads get 0.
    stride, padding, dilation, groups
        Those of the forward call.

    Returns
    -------
    Array
        $(N, C, *n)$, dtype of ``grad_output``, summed as :mod:`cnnspec.reference.arithmetic` says.

    Raises
    ------
    ShapeError
        If ``grad_output`` does not have the forward output's shape, or the forward call has none.
    ParameterError
        If an option has a value out of range.
    DTypeError
        If a dtype is not supported, two differ, or an option that counts is no integer.

    Notes
    -----
    This is :func:`cnnspec.reference.transpose.conv_transpose` with the same weight array and an output padding of
    $(N - k') \\bmod s$, where $N$ is the padded extent.

    References
    ----------
    ``torch.nn.grad.conv2d_input``; Dumoulin and Visin, arXiv:1603.07285, section 4.

    Examples
    --------
    >>> conv_input_grad([[[1, 10]]], [[[2, 3]]], input_size=(5,), stride=2)
    array([[[ 2,  3, 20, 30,  0]]])
    """
    g, w = operands(grad_output=grad_output, w=w)
    shape = conv_input_grad_shape(
        g.shape, w.shape, input_size=input_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    axes = conv_windows(shape, w.shape, stride=stride, padding=padding, dilation=dilation)
    carried = carrier(w.shape[0] // groups * prod(w.shape[2:]), g, w)
    with np.errstate(all="ignore"):
        return rounded(superposed(g, w, axes, shape, groups=groups, dtype=carried), g.dtype)


def conv_weight_grad(
    grad_output: ArrayLike,
    x: ArrayLike,
    *,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """The gradient of ``conv`` with respect to its weights: a sum over every position that shares the weight.

    $$ \\bar w[o, c, j] = \\sum_b \\sum_i g[b, o, i]\\; x[b,\\ \\gamma(o)\\,C/g + c,\\ s\\,i + d\\,j - p_{lo}] $$

    Laws: GRAD-2, GRAD-3, CORR-5.

    Parameters
    ----------
    grad_output
        The cotangent $g$, $(N, O, *m)$, any supported dtype.
    x
        The input of the forward call, $(N, C, *n)$, the same dtype.
    kernel_size
        The spatial extents $k$ of the weights.
    stride, padding, dilation, groups
        Those of the forward call.

    Returns
    -------
    Array
        $(O, C/g, *k)$, dtype of ``grad_output``; zeros where there is no batch.

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
    ``torch.nn.grad.conv2d_weight``.

    Examples
    --------
    >>> conv_weight_grad([[[1, 10]]], [[[1, 2, 3, 4, 5]]], kernel_size=2, stride=2)
    array([[[31, 42]]])
    """
    g, x = operands(grad_output=grad_output, x=x)
    shape = conv_weight_grad_shape(
        g.shape, x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    axes = conv_windows(x.shape, shape, stride=stride, padding=padding, dilation=dilation)
    carried = carrier(g.shape[0] * prod(g.shape[2:]), g, x)
    grad = np.zeros((groups, shape[0] // groups, prod(shape[1:])), carried)
    with np.errstate(all="ignore"):
        a = padded_for(axes, x, carried)
        taps = windowed(a, axes, g.shape[2:], groups)
        contract(grouped(np.asarray(g, dtype=carried, order="C"), groups), taps, grad, room(x, grad, copy=a))
        return rounded(grad.reshape(shape), g.dtype)


def conv_bias_grad(grad_output: ArrayLike) -> Array:
    """The gradient of ``conv`` with respect to its bias: the sum of the cotangent over all but channels.

    $$ \\bar\\beta[o] = \\sum_b \\sum_i g[b, o, i] $$

    Laws: CORR-7.

    Parameters
    ----------
    grad_output
        The cotangent $g$, $(N, O, *m)$, any supported dtype.

    Returns
    -------
    Array
        $(O,)$, dtype of ``grad_output``.

    Raises
    ------
    ShapeError
        If there is no spatial axis.
    DTypeError
        If the dtype is not supported.

    References
    ----------
    Y. LeCun et al., *Gradient-based learning applied to document recognition*, Proc. IEEE 86 (1998), II.

    Examples
    --------
    >>> conv_bias_grad([[[1, 10], [2, 3]]])
    array([11,  5])
    """
    (g,) = operands(grad_output=grad_output)
    spatial(g.shape, "grad_output")
    positions = (0, *range(2, g.ndim))
    with np.errstate(all="ignore"):
        return rounded(g.sum(positions, dtype=carrier(g.size, g)), g.dtype)


conv1d_input_grad, conv2d_input_grad, conv3d_input_grad = of_each_rank(conv_input_grad)
conv1d_weight_grad, conv2d_weight_grad, conv3d_weight_grad = of_each_rank(conv_weight_grad)
