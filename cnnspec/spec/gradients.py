"""The gradients of the convolution layer, as sums over the positions at which a value was used.

With a cotangent $g$ of the output, $\\langle y, g \\rangle$ is linear in the input, in the weights and in the bias;
each gradient is the factor beside its element.  An element that is used at several positions, as every shared weight
is, collects a term from each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.gradient_shapes import conv_input_grad_shape, conv_weight_grad_shape
from cnnspec.shapes import conv_windows, spatial
from cnnspec.spec.convolution import blocks, tap
from cnnspec.spec.transpose_gradients import conv_transpose_input_grad, conv_transpose_weight_grad

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis

__all__ = ["conv_bias_grad", "conv_input_grad", "conv_weight_grad"]
__all__ += ["conv_transpose_input_grad", "conv_transpose_weight_grad"]


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
       = \\sum_{o \\in \\gamma}\\ \\sum_{i,\\,j\\,:\\,t_i(j) = t} g[b, o, i]\\; w[o, c, j] $$

    Laws: GRAD-1, GRAD-3, GRAD-8, TRANS-4.

    Parameters
    ----------
    grad_output
        The cotangent $g$, numbers of any type, $(N, O, *m)$.
    w
        Numbers, $(O, C/g, *k)$.
    input_size
        The spatial extents $n$ of the input; elements that no window reads get 0.
    stride, padding, dilation, groups
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
    ``torch.nn.grad.conv2d_input``; Dumoulin and Visin, arXiv:1603.07285, section 4.

    Examples
    --------
    >>> conv_input_grad([[[1, 10]]], [[[2, 3]]], input_size=(5,), stride=2)[0, 0]
    array([2, 3, 20, 30, 0], dtype=object)
    """
    g, w = np.asarray(grad_output, dtype=object), np.asarray(w, dtype=object)
    shape = conv_input_grad_shape(
        g.shape, w.shape, input_size=input_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    axes = conv_windows(shape, w.shape, stride=stride, padding=padding, dilation=dilation)
    grad = np.zeros(shape, dtype=object)
    for i in np.ndindex(*g.shape[2:]):
        for j in np.ndindex(*w.shape[2:]):
            t = tap(axes, i, j, shape[2:])
            if t is None:
                continue
            for outputs, inputs in blocks(g.shape[1], shape[1], groups):
                # (N, O/g) @ (O/g, C/g) -> (N, C/g)
                grad[:, inputs, *t] += g[:, outputs, *i] @ w[outputs, :, *j]  # type: ignore[arg-type]  # NumPy's stubs
    return grad


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

    $$ \\bar w[o, c, j] = \\sum_b \\sum_i g[b, o, i]\\; x[b,\\ \\gamma(o)\\,C/g + c,\\ t_i(j)] $$

    Laws: GRAD-2, GRAD-3, CORR-5.  Parameters, result and errors are those of :func:`conv_input_grad`, with the input
    ``x`` $(N, C, *n)$ and the ``kernel_size`` $k$ given, and the weights' shape $(O, C/g, *k)$ returned.

    Examples
    --------
    >>> conv_weight_grad([[[1, 10]]], [[[1, 2, 3, 4, 5]]], kernel_size=2, stride=2)[0, 0]
    array([31, 42], dtype=object)
    """
    g, x = np.asarray(grad_output, dtype=object), np.asarray(x, dtype=object)
    shape = conv_weight_grad_shape(
        g.shape, x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    axes = conv_windows(x.shape, shape, stride=stride, padding=padding, dilation=dilation)
    grad = np.zeros(shape, dtype=object)
    for i in np.ndindex(*g.shape[2:]):
        for j in np.ndindex(*shape[2:]):
            t = tap(axes, i, j, x.shape[2:])
            if t is None:
                continue
            for outputs, inputs in blocks(g.shape[1], x.shape[1], groups):
                # (O/g, N) @ (N, C/g) -> (O/g, C/g)
                grad[outputs, :, *j] += g[:, outputs, *i].T @ x[:, inputs, *t]  # type: ignore[arg-type]  # NumPy's stubs
    return grad


def conv_bias_grad(grad_output: ArrayLike) -> Array:
    """The gradient of ``conv`` with respect to its bias, $(O,)$: the sum of the cotangent over all but channels.

    $$ \\bar\\beta[o] = \\sum_b \\sum_i g[b, o, i] $$

    Laws: CORR-7.

    Examples
    --------
    >>> conv_bias_grad([[[1, 10], [2, 3]]])
    array([11, 5], dtype=object)
    """
    g = np.asarray(grad_output, dtype=object)
    spatial(g.shape, "grad_output")
    grad = np.zeros(g.shape[1], dtype=object)
    for b, o, *i in np.ndindex(*g.shape):
        grad[o] += g[b, o, *i]
    return grad
