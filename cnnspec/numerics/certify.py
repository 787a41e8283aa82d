"""The public certificates, one function for each of a layer's three results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.errors import ShapeError
from cnnspec.gradient_shapes import conv_input_grad_shape, conv_weight_grad_shape
from cnnspec.numerics.certificate import Certificate, certificate
from cnnspec.numerics.problems import Forward, InputGrad
from cnnspec.numerics.weight_problems import weight_grad
from cnnspec.shapes import conv_geometry, conv_transpose_shape, conv_transpose_windows, conv_windows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnspec.typing import ArrayLike, Padding, PerAxis, Shape


def certify_conv(
    x: ArrayLike,
    w: ArrayLike,
    y: ArrayLike,
    *,
    b: ArrayLike | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    exact: bool | None = None,
    trials: int = 2,
    seed: int | None = None,
    numerics: Mapping[str, str] | None = None,
) -> Certificate:
    """Whether ``y`` is the convolution layer's result, at a small part of the cost of computing it.

    $$ \\sum_o r_o\\,y[n,o,i] = \\sum_{c,j} \\Big(\\sum_o r_o\\,w[o,c,j]\\Big)\\,x[n,c,s i + d j - p] + \\sum_o
    r_o\\,b[o] $$

    Laws: CORR-1, CORR-3.

    Parameters
    ----------
    x
        $(N, C, *n)$, any real dtype.
    w
        $(O, C/g, *k)$.
    y
        The result in question, $(N, O, *m)$; its dtype says how precise it must be.
    b
        $(O,)$, or none.
    stride, padding, dilation, groups
        Those of the call.
    exact
        Whether to use the exact form, for integers; by default where it can be had.
    trials
        How many random projections.
    seed
        Of the projections; by default drawn by the system now, after ``y``.
    numerics
        The arithmetic that is declared for ``y`` (:mod:`cnnspec.numerics.arithmetic`), where it is not the default.

    Returns
    -------
    Certificate
        True in a boolean context if nothing wrong was found; printed, it says with which probability of a miss.

    Raises
    ------
    ShapeError
        If the shapes do not fit together.
    ParameterError
        If an option has a value out of range, or the exact form is asked for and cannot be had.

    Examples
    --------
    >>> from cnnspec.reference.convolution import conv
    >>> x = np.arange(2 * 3 * 8 * 9.0).reshape(2, 3, 8, 9) % 11 - 5
    >>> w = np.arange(4 * 3 * 3 * 2.0).reshape(4, 3, 3, 2) % 7 - 3
    >>> y = conv(x, w, padding=1)
    >>> certify_conv(x, w, y, padding=1, seed=1).right
    True
    >>> y[1, 2, 4, 5] += 1
    >>> print(certify_conv(x, w, y, padding=1, seed=1))
    conv: wrong at 1 of 160 places; [1, 2, 4, 5] is 6 where 5 is right

    References
    ----------
    Freivalds 1979, https://doi.org/10.1007/3-540-09526-8_5.
    """
    x, w, y = np.asarray(x), np.asarray(w), np.asarray(y)
    bias = None if b is None else np.asarray(b)
    shape, axes = conv_geometry(
        x.shape, w.shape, None if bias is None else bias.shape,
        stride=stride, padding=padding, dilation=dilation, groups=groups,
    )  # fmt: skip
    _same(y.shape, shape, "y")
    problem = Forward(x, w, y, bias, axes, groups)
    return certificate(problem, exact=exact, trials=trials, seed=seed, numerics=numerics)


def certify_conv_input_grad(
    grad_output: ArrayLike,
    w: ArrayLike,
    grad_input: ArrayLike,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    exact: bool | None = None,
    trials: int = 2,
    seed: int | None = None,
    numerics: Mapping[str, str] | None = None,
) -> Certificate:
    """Whether ``grad_input`` is the layer's gradient with respect to its input.

    $$ \\sum_c r_c\\,\\bar x[n,c,t] = \\sum_o\\ \\sum_{i,j\\,:\\,s i + d j - p = t} g[n,o,i] \\sum_c r_c\\,w[o,c,j] $$

    Laws: GRAD-1, CORR-3.

    Parameters
    ----------
    grad_output
        $(N, O, *m)$, any real dtype.
    w
        $(O, C/g, *k)$.
    grad_input
        The result in question, $(N, C, *n)$.
    stride, padding, dilation, groups, exact, trials, seed, numerics
        As for :func:`certify_conv`.

    Returns
    -------
    Certificate
        See :func:`certify_conv`.

    Raises
    ------
    ShapeError, ParameterError
        As for :func:`certify_conv`.

    Examples
    --------
    >>> certify_conv_input_grad([[[1, 10]]], [[[2, 3]]], np.array([[[2, 3, 20, 30, 0]]]), stride=2).right
    True
    """
    g, w, result = np.asarray(grad_output), np.asarray(w), np.asarray(grad_input)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
    size: Shape = result.shape[2:]
    shape = conv_input_grad_shape(g.shape, w.shape, input_size=size, groups=groups, **options)
    _same(result.shape, shape, "grad_input")
    axes = conv_windows(shape, w.shape, **options)
    return certificate(InputGrad(g, w, result, axes, groups), exact=exact, trials=trials, seed=seed, numerics=numerics)


def certify_conv_weight_grad(
    grad_output: ArrayLike,
    x: ArrayLike,
    grad_weight: ArrayLike,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    exact: bool | None = None,
    trials: int = 2,
    seed: int | None = None,
    numerics: Mapping[str, str] | None = None,
) -> Certificate:
    """Whether ``grad_weight`` is the layer's gradient with respect to its weights.

    $$ \\sum_{o \\in \\gamma} r_o\\,\\bar w[o,c,j] = \\sum_{n,i} \\Big(\\sum_{o \\in \\gamma} r_o\\,g[n,o,i]\\Big)\\,
       x[n,\\ \\gamma\\,C/g + c,\\ s i + d j - p] $$

    Laws: GRAD-1, CORR-3.

    Parameters
    ----------
    grad_output
        $(N, O, *m)$, any real dtype.
    x
        $(N, C, *n)$.
    grad_weight
        The result in question, $(O, C/g, *k)$.
    stride, padding, dilation, groups, exact, trials, seed, numerics
        As for :func:`certify_conv`.

    Returns
    -------
    Certificate
        See :func:`certify_conv`.

    Raises
    ------
    ShapeError, ParameterError
        As for :func:`certify_conv`.

    Examples
    --------
    >>> certify_conv_weight_grad([[[1, 10]]], [[[1, 2, 3, 4, 5]]], np.array([[[31, 42]]]), stride=2).right
    True
    """
    g, x, result = np.asarray(grad_output), np.asarray(x), np.asarray(grad_weight)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
    size: Shape = result.shape[2:]
    shape = conv_weight_grad_shape(g.shape, x.shape, kernel_size=size, groups=groups, **options)
    _same(result.shape, shape, "grad_weight")
    axes = conv_windows(x.shape, shape, **options)
    problem = weight_grad(g, x, result, axes, groups)
    return certificate(problem, exact=exact, trials=trials, seed=seed, numerics=numerics)


def certify_conv_transpose(
    x: ArrayLike,
    w: ArrayLike,
    y: ArrayLike,
    *,
    b: ArrayLike | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    exact: bool | None = None,
    trials: int = 2,
    seed: int | None = None,
    numerics: Mapping[str, str] | None = None,
) -> Certificate:
    """Whether ``y`` is the transposed layer's result: the same sums as an input gradient's.

    Laws: TRANS-1, CORR-3.

    Parameters
    ----------
    x
        $(N, C, *n)$, any real dtype.
    w
        $(C, O/g, *k)$.
    y
        The result in question, $(N, O, *m)$.
    b
        $(O,)$, or none.
    stride, padding, output_padding, dilation, groups
        Those of the call.
    exact, trials, seed, numerics
        As for :func:`certify_conv`.

    Returns
    -------
    Certificate
        See :func:`certify_conv`.

    Raises
    ------
    ShapeError, ParameterError
        As for :func:`certify_conv`.

    Examples
    --------
    >>> certify_conv_transpose([[[1, 10]]], [[[2, 3]]], np.array([[[2, 3, 20, 30]]]), stride=2).right
    True
    """
    x, w, y = np.asarray(x), np.asarray(w), np.asarray(y)
    bias = None if b is None else np.asarray(b)
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
    shape = conv_transpose_shape(
        x.shape, w.shape, None if bias is None else bias.shape,
        output_padding=output_padding, groups=groups, **options,
    )  # fmt: skip
    _same(y.shape, shape, "y")
    axes = conv_transpose_windows(x.shape, w.shape, **options)
    problem = InputGrad(x, w, y, axes, groups, "conv_transpose", bias)
    return certificate(problem, exact=exact, trials=trials, seed=seed, numerics=numerics)


def _same(got: Shape, right: Shape, name: str) -> None:
    if got != right:
        raise ShapeError(f"{name} must have the shape {right}, got {got} (SHAPE-3)")
