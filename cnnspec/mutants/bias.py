"""Faults of the bias: left out, added elsewhere, or added too often."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import When, mutant

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


@mutant(LAYERS, "the bias is ignored", "a bias", with_bias(lambda c: True))
def bias_ignored(c: Call) -> Any:
    return c(b=None)


@mutant(LAYERS, "the bias is added along the last axis instead of the channels", "a bias and more than one output",
        with_bias(lambda c: prod(c.forward) > 1))  # fmt: skip
def bias_on_wrong_axis(c: Call) -> Any:
    y = c.copy(b=None)
    return added(y, np.resize(c.b, y.shape[-1]))


@mutant(LAYERS, "y + b is written without a reshape: where it fits, the bias is added along the last axis",
        "a bias, and as many output channels as columns", with_bias(lambda c: c.out_channels == c.counts[-1] > 1))  # fmt: skip
def bias_broadcast_as_it_is(c: Call) -> Any:
    return added(c.copy(b=None), c.b)


@mutant(LAYERS, "the bias is added once for every input channel", "a bias and several input channels per group",
        with_bias(lambda c: c.per_group > 1))  # fmt: skip
def bias_added_per_input_channel(c: Call) -> Any:
    return c(b=(c.b * c.b.dtype.type(c.per_group)).astype(c.b.dtype))


@mutant(CONV, "the bias is added once for every tap", "a bias and a kernel of several taps", with_bias(lambda c: prod(c.kernel) > 1))
def bias_added_per_tap(c: Call) -> Any:
    return c(b=(c.b * c.b.dtype.type(prod(c.kernel))).astype(c.b.dtype))


@mutant(LAYERS, "the bias of the first channel is added to all", "a bias of several channels", with_bias(lambda c: c.out_channels > 1))
def bias_of_first_channel(c: Call) -> Any:
    return c(b=np.repeat(c.b[:1], c.out_channels))


@mutant(LAYERS, "the bias is counted within the group: every group adds the bias of the first", "a bias and several groups",
        with_bias(lambda c: c.groups > 1))  # fmt: skip
def bias_counted_within_group(c: Call) -> Any:
    return c(b=np.tile(c.b[: c.out_per_group], c.groups))


@mutant(LAYERS, "the bias is left out in layers with groups", "a bias and several groups", with_bias(lambda c: c.groups > 1))
def grouped_ignores_bias(c: Call) -> Any:
    return c(b=None)


@mutant(LAYERS, "the bias is subtracted", "a bias", with_bias(lambda c: True))
def bias_subtracted(c: Call) -> Any:
    return c(b=np.negative(c.b))


@mutant(CONV, "the bias is added in the first sample alone", "a bias and a batch of more than one", with_bias(lambda c: c.batch > 1))
def bias_in_first_sample_alone(c: Call) -> Any:
    y = c.copy()
    y[1:] = c(b=None)[1:]
    return y


@mutant(CONV, "the bias is left out where the window reaches into the padding", "a bias and padding", with_bias(lambda c: c.padded))
def bias_missing_at_the_border(c: Call) -> Any:
    inner = np.ones((), bool)
    for a, n, m in zip(c.axes, c.extents, c.counts, strict=True):
        first = np.arange(m) * a.stride - a.lo
        inner = np.logical_and.outer(inner, (first >= 0) & (first + a.span <= n))
    return np.where(inner, c(), c(b=None))


@mutant(CONV, "the bias is added in blocks of 4 output channels, and those left over get none",
        "a bias, and more than 4 output channels that are no multiple of 4",
        with_bias(lambda c: c.out_channels > 4 and c.out_channels % 4))  # fmt: skip
def last_channels_get_no_bias(c: Call) -> Any:
    b = np.array(c.b)
    b[b.size - b.size % 4 :] = 0
    return c(b=b)


@mutant(("conv_transpose",), "the bias is left out in the cells that output_padding adds", "a bias and output_padding",
        with_bias(lambda c: any(c.output_padding)))  # fmt: skip
def bias_missing_in_output_padding(c: Call) -> Any:
    y, bare = c.copy(), c(b=None)
    for axis, extra in enumerate(c.output_padding, start=2):
        at = (*(slice(None),) * axis, slice(y.shape[axis] - extra, None))
        y[at] = bare[at]
    return y
