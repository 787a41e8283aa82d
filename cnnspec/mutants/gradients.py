"""Faults of the convolution's gradients: geometry that is not the forward call's, sums that overwrite or stop early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.geometry import Window
from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant
from cnnspec.mutants.plain import contract, finished, scatter, tables

if TYPE_CHECKING:
    from cnnspec.typing import Array

INPUT = ("conv_input_grad",)
WEIGHT = ("conv_weight_grad",)
BOTH = INPUT + WEIGHT


def over(c: Call, axes: Sequence[Window]) -> Array:
    """The gradient over other windows, as many as the cotangent has."""
    at = tables(axes, c.counts)
    if c.op == "conv_input_grad":
        return finished(c, scatter(c.grad_output, c.w, at, c.extents, c.groups))
    return finished(c, contract(c.grad_output, c.x, at, c.groups))


def changed(c: Call, **fields: int) -> list[Window]:
    """The windows with some fields at another value on every axis."""
    return [replace(a, **fields) for a in c.axes]


@mutant(
    BOTH,
    "a stride above 1 and more than one window",
    lambda c: any(s > 1 and m > 1 for s, m in zip(c.stride, c.counts, strict=True)),
    "FluxML/NNlib.jl#28",
    "autograd-hacks#5",
    literal=True,
)
def gradient_ignores_stride(c: Call) -> Any:
    """The gradient is computed as if the stride were 1."""
    return over(c, changed(c, stride=1))


@mutant(INPUT, "a low pad", lambda c: any(a.lo for a in c.axes), "FluxML/NNlib.jl#28", "coursera#34", literal=True)
def input_grad_ignores_padding(c: Call) -> Any:
    """The gradient is computed as if there were no padding."""
    return over(c, changed(c, lo=0))


@mutant(WEIGHT, "a low pad", lambda c: any(a.lo for a in c.axes), "FluxML/NNlib.jl#28", "coursera#34", literal=True)
def weight_grad_ignores_padding(c: Call) -> Any:
    """The gradient is computed as if there were no padding."""
    return over(c, changed(c, lo=0))


@mutant(BOTH, "low and high pads that differ", lambda c: any(a.lo != a.hi for a in c.axes), literal=True)
def gradient_swaps_padding_sides(c: Call) -> Any:
    """The gradient uses the high pad where the low one belongs."""
    return over(c, [replace(a, lo=a.hi) for a in c.axes])


@mutant(BOTH, "a dilation above 1", lambda c: c.dilated, literal=True)
def gradient_ignores_dilation(c: Call) -> Any:
    """The gradient is computed as if the dilation were 1."""
    return over(c, changed(c, dilation=1))


@mutant(
    BOTH,
    "a stride that is not the dilation",
    lambda c: c.stride != c.dilation,
    "huggingface/candle#2337",
    "niti#6",
    literal=True,
)
def grad_swaps_stride_and_dilation(c: Call) -> Any:
    """Stride and dilation change places in the gradient."""
    return over(c, [replace(a, stride=a.dilation, dilation=a.stride) for a in c.axes])


@mutant(BOTH, "strides that differ between axes", lambda c: c.stride != c.stride[::-1], literal=True)
def gradient_swaps_stride_axes(c: Call) -> Any:
    """The strides are given to the axes in reverse order in the gradient."""
    return over(c, [replace(a, stride=s) for a, s in zip(c.axes, c.stride[::-1], strict=True)])


@mutant(BOTH, "a kernel of one tap with a stride above 1", lambda c: set(c.kernel) == {1} and c.strided, literal=True)
def gradient_of_one_tap_ignores_stride(c: Call) -> Any:
    """A kernel of one tap skips the stride in the gradient."""
    return over(c, changed(c, stride=1))


@mutant(
    INPUT,
    "a remainder: elements that no window reads",
    lambda c: any(c.remainders) and min(c.extents) > max(c.remainders),
    "FlagOpen/FlagGems#1576",
    "pytorch/xla#2333",
    "pytorch/pytorch#5057",
    "mlpack/mlpack#2986",
)
def input_grad_ignores_remainder(c: Call) -> Any:
    """The elements at the high end that no window read are missing from the gradient."""
    return c()[:, :, *(slice(n - r) for n, r in zip(c.extents, c.remainders, strict=True))]


@mutant(INPUT, "a remainder: elements that no window reads", lambda c: any(c.remainders))
def input_grad_puts_remainder_first(c: Call) -> Any:
    """The elements that no window read are put at the low end of the gradient."""
    return np.roll(c(), c.remainders, axis=tuple(range(2, 2 + c.rank)))


@mutant(INPUT, "a kernel of more than one tap", lambda c: prod(c.kernel) > 1)
def input_grad_kernel_flipped(c: Call) -> Any:
    """The kernel is flipped in the gradient."""
    return c(w=np.flip(c.w, axis=tuple(range(2, c.w.ndim))))


@mutant(
    INPUT,
    "a kernel that reaches further than the stride",
    lambda c: any(a.span > a.stride and m > 1 for a, m in zip(c.axes, c.counts, strict=True)),
    literal=True,
)
def input_grad_overwrites(c: Call) -> Any:
    """Windows that overlap overwrite one another's gradient."""
    return finished(c, scatter(c.grad_output, c.w, tables(c.axes, c.counts), c.extents, c.groups, overwrite=True))


@mutant(INPUT, "several groups", lambda c: c.groups > 1, "ml-explore/mlx#1449")
def input_grad_reverses_groups(c: Call) -> Any:
    """The groups of the weights are read in reverse order, as a flip over all axes does."""
    return c(w=c.w.reshape(c.groups, -1, *c.w.shape[1:])[::-1].reshape(c.w.shape))


@mutant(INPUT, "several input and output channels", lambda c: c.per_group > 1 and c.out_channels > 1)
def input_grad_reads_weights_transposed(c: Call) -> Any:
    """The weights are read as w[c, o] instead of w[o, c]."""
    o, per_group = c.w.shape[:2]
    return c(w=np.swapaxes(c.w.reshape(per_group, o, *c.kernel), 0, 1))


@mutant(INPUT, "several output channels per group", lambda c: c.out_per_group > 1)
def input_grad_of_first_channel(c: Call) -> Any:
    """Only the first output channel of every group gives a gradient."""
    g = np.array(c.grad_output).reshape(c.batch, c.groups, c.out_per_group, *c.counts)
    g[:, :, 1:] = 0
    return c(grad_output=g.reshape(c.grad_output.shape))


@mutant(WEIGHT, "a kernel of more than one tap", lambda c: prod(c.kernel) > 1, "e2eml course")
def weight_grad_reversed(c: Call) -> Any:
    """Input and cotangent are correlated the other way round: the kernel's gradient comes out reversed."""
    return np.flip(c(), axis=tuple(range(2, 2 + c.rank)))


@mutant(WEIGHT, "a batch of more than one", lambda c: c.batch > 1)
def weight_grad_of_first_sample(c: Call) -> Any:
    """Only the first sample gives a gradient."""
    return c(grad_output=c.grad_output[:1], x=c.x[:1])


@mutant(WEIGHT, "a batch of more than one", lambda c: c.batch > 1)
def weight_grad_averages_batch(c: Call) -> Any:
    """The gradient is the mean over the batch, not the sum."""
    y = c()
    return y // y.dtype.type(c.batch) if y.dtype.kind in "iu" else (y / y.dtype.type(c.batch)).astype(y.dtype)


@mutant(WEIGHT, "more than one output position", lambda c: prod(c.counts) > 1)
def weight_grad_averages_positions(c: Call) -> Any:
    """The gradient is the mean over the output positions, not the sum."""
    y, m = c(), prod(c.counts)
    return y // y.dtype.type(m) if y.dtype.kind in "iu" else (y / y.dtype.type(m)).astype(y.dtype)


@mutant(WEIGHT, "any cotangent", lambda c: 0 not in c.forward)
def weight_grad_leaves_out_last_row(c: Call) -> Any:
    """The last row of the cotangent is left out."""
    g = np.array(c.grad_output)
    g[:, :, -1] = 0
    return c(grad_output=g)


@mutant(WEIGHT, "several groups", lambda c: c.groups > 1)
def weight_grad_reads_first_group(c: Call) -> Any:
    """Every group reads the input channels of the first."""
    return c(x=np.concatenate([c.x[:, : c.per_group]] * c.groups, axis=1))


@mutant(WEIGHT, "several input and output channels", lambda c: c.per_group > 1 and c.out_channels > 1)
def weight_grad_stored_transposed(c: Call) -> Any:
    """The gradient of w[o, c] is stored as that of w[c, o]."""
    y = c()
    return np.ascontiguousarray(np.swapaxes(y, 0, 1)).reshape(y.shape)


@mutant(
    BOTH,
    "padding",
    lambda c: c.padded and 0 not in c.extents and min(min(pair) for pair in c.padding) >= 0,
    literal=True,
)
def gradient_repeats_the_edge(c: Call) -> Any:
    """The products in the padding are added at the border: pads repeat the edge."""
    at = [np.clip(t, 0, n - 1) for t, n in zip(tables(c.axes, c.counts), c.extents, strict=True)]
    if c.op == "conv_input_grad":
        return finished(c, scatter(c.grad_output, c.w, at, c.extents, c.groups))
    return finished(c, contract(c.grad_output, c.x, at, c.groups))
