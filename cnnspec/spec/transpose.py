"""The transposed convolution: every input element lays a scaled copy of its kernel into the output.

It is the adjoint of the convolution layer with the same weight array: what window $i$ of the layer reads with weight
$w$, element $i$ here writes with weight $w$.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.shapes import conv_transpose_geometry
from cnnspec.spec.convolution import blocks

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PerAxis


def conv_transpose(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """The transposed convolution layer: copies of the kernels, superposed, cropped, plus a bias.

    $$ z[b,\\ \\gamma\\,O/g + q,\\ \\tau]
       = \\sum_{c \\in \\gamma}\\ \\sum_{i,\\,j\\,:\\,s\\,i + d\\,j = \\tau} x[b, c, i]\\; w[c, q, j] $$

    $$ y[b, o, t] = \\beta[o] + z[b, o, t + p_{lo}], \\qquad 0 \\text{ outside } z, \\qquad t = 0, \\dots, m - 1 $$

    with $m = (n-1)s + k' - p_{lo} - p_{hi}$ + output_padding; $c \\in \\gamma$ runs over the $C/g$ channels of a block.

    Laws: TRANS-1, TRANS-2, TRANS-3, TRANS-5, EMPTY-1.

    Parameters
    ----------
    x
        Numbers of any type, $(N, C, *n)$.
    w
        Numbers, $(C, O/g, *k)$, not flipped.
    b
        Numbers, $(O,)$: the bias $\\beta$; none is 0.
    stride, dilation
        One int, or one per spatial axis.
    padding
        What is cropped from $z$: one int, one per spatial axis, one (lo, hi) pair per spatial axis, ``"valid"``,
        ``"same_upper"`` or ``"same_lower"``; a negative pad extends.
    output_padding
        Below max(stride, dilation): the output reaches that much further at the high end, into $z$ where it has values.
    groups
        The number $g$ of channel blocks.

    Returns
    -------
    Array
        Objects, $(N, O, *m)$.

    Raises
    ------
    ShapeError
        If ranks, channels, groups or bias do not fit, or the pads crop everything.
    ParameterError
        If an option has a value out of range.
    DTypeError
        If an option that counts is no integer.

    Notes
    -----
    The words give TensorFlow's extents: $n s + \\max(k' - s, 0)$ for ``"valid"``, $n s$ for ``"same_*"``.

    References
    ----------
    ONNX *ConvTranspose*; ``torch.nn.functional.conv_transpose2d``; Dumoulin and Visin, arXiv:1603.07285, section 4.

    Examples
    --------
    >>> conv_transpose([[[1, 2, 3]]], [[[1, 10, 100]]], stride=2)[0, 0]
    array([1, 10, 102, 20, 203, 30, 300], dtype=object)
    >>> conv_transpose([[[1, 2, 3]]], [[[1, 10, 100]]], stride=2, padding=1, output_padding=1)[0, 0]
    array([10, 102, 20, 203, 30, 300], dtype=object)
    """
    x, w = np.asarray(x, dtype=object), np.asarray(w, dtype=object)
    beta = None if b is None else np.asarray(b, dtype=object)
    shape, axes = conv_transpose_geometry(
        x.shape,
        w.shape,
        None if beta is None else beta.shape,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
        groups=groups,
    )
    reach = tuple(max((n - 1) * a.stride + a.span, 0) for a, n in zip(axes, x.shape[2:], strict=True))
    z = np.zeros((*shape[:2], *reach), dtype=object)
    for i in np.ndindex(*x.shape[2:]):
        for j in np.ndindex(*w.shape[2:]):
            tau = tuple(a.stride * p + a.dilation * q for a, p, q in zip(axes, i, j, strict=True))
            for outputs, inputs in blocks(shape[1], x.shape[1], groups):
                # (N, C/g) @ (C/g, O/g) -> (N, O/g)
                z[:, outputs, *tau] += x[:, inputs, *i] @ w[inputs, :, *j]

    y = np.zeros(shape, dtype=object)
    for t in np.ndindex(*shape[2:]):
        tau = tuple(u + a.lo for u, a in zip(t, axes, strict=True))
        if all(0 <= u < n for u, n in zip(tau, reach, strict=True)):
            y[:, :, *t] = z[:, :, *tau]
        if beta is not None:
            y[:, :, *t] += beta  # (O,) -> (N, O)
    return y
