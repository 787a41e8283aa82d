"""Faults of the bias: left out, added elsewhere, or added too often."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import When, mutant
from cnnspec.mutants.plain import along

if TYPE_CHECKING:
    from cnnspec.typing import Array

LAYERS = ("conv", "conv_transpose")
CONV = ("conv",)


def with_bias(more: When) -> When:
    """When there is a bias, and ``more``."""
    return lambda c: "b" in c.shapes and more(c)


def added(y: Array, b: Array) -> Array:
    """Their sum in the dtype of ``y``."""
    with np.errstate(all="ignore"):
        return (y + b).astype(y.dtype)


def per_channel(c: Call, b: Array) -> Array:
    """One number per output channel, shaped to be added."""
    return b.reshape(-1, *(1,) * c.rank)


@mutant(LAYERS, "a bias", with_bias(lambda c: True))
def bias_ignored(c: Call) -> Any:
    """The bias is ignored."""
    return c(b=None)


@mutant(LAYERS, "a bias and more than one output", with_bias(lambda c: prod(c.forward) > 1))
def bias_on_wrong_axis(c: Call) -> Any:
    """The bias is added along the last axis instead of the channels."""
    y = c.copy(b=None)
    return added(y, np.resize(c.b, y.shape[-1]))


@mutant(
    LAYERS, "a bias, and as many output channels as columns", with_bias(lambda c: c.out_channels == c.counts[-1] > 1)
)
def bias_broadcast_as_it_is(c: Call) -> Any:
    """``y + b`` is written without a reshape: where it fits, the bias is added along the last axis."""
    return added(c.copy(b=None), c.b)


@mutant(LAYERS, "a bias and several input channels per group", with_bias(lambda c: c.per_group > 1))
def bias_added_per_input_channel(c: Call) -> Any:
    """The bias is added once for every input channel."""
    return c(b=(c.b * c.b.dtype.type(c.per_group)).astype(c.b.dtype))


@mutant(CONV, "a bias and a kernel of several taps", with_bias(lambda c: prod(c.kernel) > 1))
def bias_added_per_tap(c: Call) -> Any:
    """The bias is added once for every tap."""
    return c(b=(c.b * c.b.dtype.type(prod(c.kernel))).astype(c.b.dtype))


@mutant(LAYERS, "a bias of several channels", with_bias(lambda c: c.out_channels > 1))
def bias_of_first_channel(c: Call) -> Any:
    """The bias of the first channel is added to all."""
    return c(b=np.repeat(c.b[:1], c.out_channels))


@mutant(LAYERS, "a bias and several groups", with_bias(lambda c: c.groups > 1))
def bias_counted_within_group(c: Call) -> Any:
    """The bias is counted within the group: every group adds the bias of the first."""
    return c(b=np.tile(c.b[: c.out_per_group], c.groups))


@mutant(LAYERS, "a bias and several groups", with_bias(lambda c: c.groups > 1))
def grouped_ignores_bias(c: Call) -> Any:
    """The bias is left out in layers with groups."""
    return c(b=None)


@mutant(LAYERS, "a bias", with_bias(lambda c: True))
def bias_subtracted(c: Call) -> Any:
    """The bias is subtracted."""
    return c(b=np.negative(c.b))


@mutant(CONV, "a bias and a batch of more than one", with_bias(lambda c: c.batch > 1))
def bias_in_first_sample_alone(c: Call) -> Any:
    """The bias is added in the first sample alone."""
    y = c.copy()
    y[1:] = c(b=None)[1:]
    return y


@mutant(CONV, "a bias and padding", with_bias(lambda c: c.padded))
def bias_missing_at_the_border(c: Call) -> Any:
    """The bias is left out where the window reaches into the padding."""
    inner = np.ones((), bool)
    for a, n, m in zip(c.axes, c.extents, c.counts, strict=True):
        first = np.arange(m) * a.stride - a.lo
        inner = np.logical_and.outer(inner, (first >= 0) & (first + a.span <= n))
    return np.where(inner, c(), c(b=None))


@mutant(
    CONV,
    "a bias, and more than 4 output channels that are no multiple of 4",
    with_bias(lambda c: c.out_channels > 4 and c.out_channels % 4),
)
def last_channels_get_no_bias(c: Call) -> Any:
    """The bias is added in blocks of 4 output channels, and those left over get none."""
    b = np.array(c.b)
    b[b.size - b.size % 4 :] = 0
    return c(b=b)


@mutant(("conv_transpose",), "a bias and output_padding", with_bias(lambda c: any(c.output_padding)))
def bias_missing_in_output_padding(c: Call) -> Any:
    """The bias is left out in the cells that output_padding adds."""
    y, bare = c.copy(), c(b=None)
    for axis, extra in enumerate(c.output_padding, start=2):
        at = along(axis, slice(y.shape[axis] - extra, None))
        y[at] = bare[at]
    return y
