"""Faults of the transposed convolution: what is cropped, what output_padding adds, and where the kernel lands."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant, rewrite
from cnnspec.mutants.plain import along, finished, scatter, tables
from cnnspec.reference.padding import pad

TRANSPOSED = ("conv_transpose",)


def extra(c: Call) -> bool:
    """Whether output_padding adds anything."""
    return any(c.output_padding)


@mutant(TRANSPOSED, "a kernel of more than one tap", lambda c: max(c.kernel) > 1)
def transposed_kernel_flipped(c: Call) -> Any:
    """The kernel is flipped on every axis."""
    return c(w=np.flip(c.w, axis=tuple(range(2, c.w.ndim))))


@mutant(TRANSPOSED, "padding", lambda c: c.padded and min(map(min, c.padding)) >= 0, "Samsung/TICO#420")
def transposed_padding_pads_input(c: Call) -> Any:
    """The pads are put around the input, and nothing is cropped from the result."""
    return c(x=pad(c.x, padding=c.padding), padding=((0, 0),) * c.rank)


@rewrite(TRANSPOSED, "padding")
def transposed_adds_its_pads(c: Call) -> dict[str, Any]:
    """The pads are added to the result instead of being cropped from it."""
    return {"padding": tuple((-lo, -hi) for lo, hi in c.padding)}


@rewrite(TRANSPOSED, "pads that are not half the kernel's reach", "jax-ml/jax#32267")
def transposed_pads_the_spread_input(c: Call) -> dict[str, Any]:
    """The pads are those of the spread input, not those of the forward layer."""
    return {"padding": tuple((a.span - 1 - a.lo, a.span - 1 - a.hi) for a in c.axes)}


@mutant(TRANSPOSED, "output_padding", extra, "apache/tvm#5758", "myia#338")
def output_padding_is_zeros(c: Call) -> Any:
    """The cells that output_padding adds are filled with zeros."""
    y = c.copy()
    for axis, cells in enumerate(c.output_padding, start=2):
        y[along(axis, slice(y.shape[axis] - cells, None))] = 0
    return y


@rewrite(TRANSPOSED, "output_padding", "PaddlePaddle/Paddle#33428", "apache/tvm#7958", "pytorch/pytorch#104206")
def output_padding_dropped(c: Call) -> dict[str, Any]:
    """``output_padding`` is ignored."""
    return {"output_padding": (0,) * c.rank}


@rewrite(TRANSPOSED, "output_padding")
def output_padding_at_low_end(c: Call) -> dict[str, Any]:
    """``output_padding`` adds its cells at the low end."""
    pads = tuple((lo - cells, hi) for (lo, hi), cells in zip(c.padding, c.output_padding, strict=True))
    return {"padding": pads, "output_padding": (0,) * c.rank}


@rewrite(TRANSPOSED, "output_padding")
def output_padding_at_both_ends(c: Call) -> dict[str, Any]:
    """``output_padding`` adds its cells at both ends."""
    pads = tuple((lo - cells, hi - cells) for (lo, hi), cells in zip(c.padding, c.output_padding, strict=True))
    return {"padding": pads, "output_padding": (0,) * c.rank}


def summed(c: Call, cells: tuple[int, ...]) -> dict[str, Any]:
    """The options with these output_paddings, also where they are larger than is allowed."""
    pads = tuple((lo, hi - extra) for (lo, hi), extra in zip(c.padding, cells, strict=True))
    return {"padding": pads, "output_padding": (0,) * c.rank} if cells != c.output_padding else {}


@rewrite(TRANSPOSED, "output_paddings that differ between axes")
def output_padding_of_first_axis(c: Call) -> dict[str, Any]:
    """The output_padding of the first axis is used for every axis."""
    return summed(c, c.output_padding[:1] * c.rank)


@rewrite(TRANSPOSED, "output_paddings that differ between axes")
def output_padding_axes_swapped(c: Call) -> dict[str, Any]:
    """The output_paddings are given to the axes in reverse order."""
    return summed(c, c.output_padding[::-1])


@rewrite(TRANSPOSED, "a kernel whose reach is not the stride, without pads")
def transposed_extent_is_product(c: Call) -> dict[str, Any]:
    """The extent is n * s, as if the kernel reached at least over the stride."""
    if c.padded or extra(c):
        return {}
    return {"padding": tuple((0, a.span - a.stride) for a in c.axes)}


@mutant(
    TRANSPOSED,
    "a kernel that reaches further than the stride",
    lambda c: any(a.span > a.stride for a in c.axes),
    literal=True,
)
def transposed_overwrites(c: Call) -> Any:
    """Windows that overlap overwrite one another instead of adding up."""
    at = tables(c.axes, c.extents)
    return finished(c, scatter(c.x, c.w, at, c.counts, c.groups, overwrite=True))


@mutant(
    TRANSPOSED, "a kernel of one tap with a stride above 1", lambda c: set(c.kernel) == {1} and c.strided, literal=True
)
def transposed_one_tap_repeats(c: Call) -> Any:
    """A kernel of one tap is a matrix product over every position: the stride inserts no zeros, but repeats."""
    x = c.x
    for axis, s in enumerate(c.stride, start=2):
        x = np.repeat(x, s, axis=axis)
    at = [np.arange(n)[:, None] - a.lo for n, a in zip(x.shape[2:], c.axes, strict=True)]
    return finished(c, scatter(x, c.w, at, c.counts, c.groups))


@mutant(
    TRANSPOSED,
    "several input and several output channels per group",
    lambda c: c.channels > 1 and c.out_per_group > 1,
    "apache/tvm#4038",
)
def transposed_weights_read_as_forward(c: Call) -> Any:
    """The weights are read as w[o, c] instead of w[c, o]."""
    channels, o = c.w.shape[:2]
    return c(w=np.swapaxes(c.w.reshape(o, channels, *c.kernel), 0, 1))


@mutant(
    TRANSPOSED,
    "a stride that is not the dilation",
    lambda c: c.stride != c.dilation,
    "huggingface/candle#2337",
    "niti#6",
)
def transposed_swaps_stride_and_dilation(c: Call) -> Any:
    """Stride and dilation change places."""
    return c(stride=c.dilation, dilation=c.stride, output_padding=(0,) * c.rank, **_same_pads(c))


def _same_pads(c: Call) -> dict[str, Any]:
    """High pads under which the exchanged windows give the right extents."""
    ends = [(n - 1) * a.dilation + (a.kernel - 1) * a.stride + 1 for n, a in zip(c.extents, c.axes, strict=True)]
    return {"padding": tuple((a.lo, end - a.lo - m) for a, end, m in zip(c.axes, ends, c.counts, strict=True))}


@rewrite(TRANSPOSED, "a dilation above 1 on an axis of more than one tap")
def transposed_dilation_in_shape_only(c: Call) -> dict[str, Any]:
    """The dilation is lost, in a shape that is right."""
    if not c.dilated:
        return {}
    ends = [(n - 1) * a.stride + a.kernel for n, a in zip(c.extents, c.axes, strict=True)]
    pads = tuple((a.lo, end - a.lo - m) for a, end, m in zip(c.axes, ends, c.counts, strict=True))
    return {"dilation": (1,) * c.rank, "padding": pads, "output_padding": (0,) * c.rank}


@mutant(
    TRANSPOSED,
    "a stride that is larger than the kernel's reach, and a bias",
    lambda c: "b" in c.shapes and any(a.stride > a.span for a in c.axes),
    literal=True,
)
def transposed_gaps_get_no_bias(c: Call) -> Any:
    """Elements of the result that no window reaches are zero, without the bias."""
    at = tables(c.axes, c.extents)
    reached = scatter(np.ones((1, 1, *c.extents)), np.ones((1, 1, *c.kernel)), at, c.counts, 1)
    return np.where(reached[0, 0] > 0, c(), c.x.dtype.type(0))


@mutant(TRANSPOSED, "any input", lambda c: 0 not in c.shapes["x"])
def transposed_last_column_left_out(c: Call) -> Any:
    """The last input column is left out."""
    x = np.array(c.x)
    x[..., -1] = 0
    return c(x=x)
