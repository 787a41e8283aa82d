"""The shapes of gradients, from the cotangent and what the caller knows of the forward call.

A cotangent has the shape of the forward output.  That shape does not tell the input's extents apart, since a stride
leaves some elements unread; the caller states them as ``input_size`` (or the kernel's as ``kernel_size``), and every
function here refuses a cotangent that the stated call could not have made.  This module imports the standard library
alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnspec.arguments import check_groups, per_axis, spatial
from cnnspec.errors import ShapeError
from cnnspec.shapes import conv_shape, conv_transpose_shape, pad_shape

if TYPE_CHECKING:
    from cnnspec.typing import Padding, PerAxis, Shape


def conv_input_grad_shape(
    grad_output: Shape,
    w: Shape,
    *,
    input_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Shape:
    """The shape $(N, C, *n)$ of the input of a convolution layer, from its cotangent and ``input_size`` $= n$.

    Raises
    ------
    ShapeError
        If ``grad_output`` does not have the shape of the layer's output.

    Examples
    --------
    >>> conv_input_grad_shape((1, 2, 3, 3), (2, 3, 3, 3), input_size=(7, 8), stride=2)
    (1, 3, 7, 8)
    """
    sizes = per_axis(input_size, len(spatial(grad_output, "grad_output")), "input_size", minimum=0)
    groups = check_groups(groups)
    if len(w) != len(grad_output):
        raise ShapeError(f"w must have as many axes as grad_output, got {w} and {grad_output} (SHAPE-4)")
    x = (grad_output[0], groups * w[1], *sizes)
    forward = conv_shape(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return _checked_grad(grad_output, forward, x)


def conv_weight_grad_shape(
    grad_output: Shape,
    x: Shape,
    *,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Shape:
    """The shape $(O, C/g, *k)$ of the weight of a convolution layer, from its cotangent, input and ``kernel_size``.

    Raises
    ------
    ShapeError
        If ``grad_output`` does not have the shape of the layer's output.

    Examples
    --------
    >>> conv_weight_grad_shape((1, 4, 5), (1, 6, 7), kernel_size=3, groups=2)
    (4, 3, 3)
    """
    groups, rank = check_groups(groups, in_channels=x[1] if len(x) > 1 else 0), len(spatial(x))
    if len(grad_output) != len(x):
        raise ShapeError(f"grad_output must have as many axes as x, got {grad_output} and {x} (SHAPE-4)")
    w = (grad_output[1], x[1] // groups, *per_axis(kernel_size, rank, "kernel_size"))
    forward = conv_shape(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return _checked_grad(grad_output, forward, w)


def conv_transpose_input_grad_shape(
    grad_output: Shape,
    w: Shape,
    *,
    input_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Shape:
    """The shape $(N, C, *n)$ of the input of a transposed convolution, from its cotangent and ``input_size`` $= n$."""
    sizes = per_axis(input_size, len(spatial(grad_output, "grad_output")), "input_size", minimum=0)
    x = (grad_output[0], w[0] if w else 0, *sizes)
    forward = conv_transpose_shape(
        x, w, stride=stride, padding=padding, output_padding=output_padding, dilation=dilation, groups=groups
    )
    return _checked_grad(grad_output, forward, x)


def conv_transpose_weight_grad_shape(
    grad_output: Shape,
    x: Shape,
    *,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Shape:
    """The shape $(C, O/g, *k)$ of the weight of a transposed convolution, from cotangent, input and ``kernel_size``."""
    rank = len(spatial(x))
    if len(grad_output) != len(x):
        raise ShapeError(f"grad_output must have as many axes as x, got {grad_output} and {x} (SHAPE-4)")
    groups = check_groups(groups, out_channels=grad_output[1])
    w = (x[1], grad_output[1] // groups, *per_axis(kernel_size, rank, "kernel_size"))
    forward = conv_transpose_shape(
        x, w, stride=stride, padding=padding, output_padding=output_padding, dilation=dilation, groups=groups
    )
    return _checked_grad(grad_output, forward, w)


def pad_input_grad_shape(grad_output: Shape, *, input_size: PerAxis, padding: Padding, mode: str = "constant") -> Shape:
    """The shape $(N, C, *n)$ of the input of ``pad``, from its cotangent and ``input_size`` $= n$."""
    sizes = per_axis(input_size, len(spatial(grad_output, "grad_output")), "input_size", minimum=0)
    x = (*grad_output[:2], *sizes)
    return _checked_grad(grad_output, pad_shape(x, padding=padding, mode=mode), x)


def _checked_grad(grad_output: Shape, forward: Shape, result: Shape) -> Shape:
    if grad_output != forward:
        raise ShapeError(
            f"grad_output must have the shape of the forward output, {forward}, got {grad_output} (SHAPE-4)"
        )
    return result
