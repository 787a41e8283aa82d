"""Faults of channels: blocks of them that leave a tail, an order that is not theirs, one that stands for all."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant
from cnnspec.mutants.plain import carried
from cnnspec.mutants.tails import tail
from cnnspec.reference.arithmetic import rounded

LAYERS = ("conv", "conv_transpose")
CONV = ("conv",)
POOLS = (
    "max_pool",
    "avg_pool",
    "lp_pool",
    "adaptive_max_pool",
    "adaptive_avg_pool",
    "global_max_pool",
    "global_avg_pool",
)


def without(c: Call, start: int) -> Any:
    """The layer without the input channels of every group from ``start`` on."""
    w = np.array(c.w)
    if c.op == "conv":
        w[:, start:] = 0
    else:
        w.reshape(c.groups, -1, *w.shape[1:])[:, start:] = 0
    return c(w=w)


@mutant(
    LAYERS,
    "more than 4 input channels per group, and no multiple of 4",
    lambda c: tail(c.per_group, 4),
    "pytorch/pytorch#21597",
    "modular/modular#6248",
)
def channels_after_blocks_of_4_left_out(c: Call) -> Any:
    """Input channels are added in blocks of 4, and those left over are left out."""
    return without(c, c.per_group - tail(c.per_group, 4))


@mutant(
    LAYERS,
    "more than 8 input channels per group, and no multiple of 8",
    lambda c: tail(c.per_group, 8),
    "pytorch/pytorch#21597",
)
def channels_after_blocks_of_8_left_out(c: Call) -> Any:
    """Input channels are added in blocks of 8, and those left over are left out."""
    return without(c, c.per_group - tail(c.per_group, 8))


@mutant(
    CONV,
    "an odd number of input channels per group, above 1",
    lambda c: c.per_group % 2 and c.per_group > 1,
    "tracel-ai/burn#5626",
)
def odd_channel_added_twice(c: Call) -> Any:
    """Input channels are added in pairs, and the last of an odd number is added twice."""
    w = np.array(c.w)
    with np.errstate(all="ignore"):
        w[:, -1] *= 2
    return c(w=w)


@mutant(LAYERS, "more than 4 output channels, and no multiple of 4", lambda c: tail(c.out_channels, 4))
def output_channels_after_blocks_of_4_zero(c: Call) -> Any:
    """Output channels are made in blocks of 4, and those left over stay zero."""
    y = c.copy()
    y[:, y.shape[1] - tail(y.shape[1], 4) :] = 0
    return y


@mutant(LAYERS, "several input channels per group", lambda c: c.per_group > 1)
def first_channel_alone(c: Call) -> Any:
    """Only the first input channel of every group is added."""
    return without(c, 1)


@mutant(CONV, "several input channels", lambda c: c.channels > 1)
def channels_reversed(c: Call) -> Any:
    """Input channels are read in reverse order, as BGR for RGB."""
    return c(x=c.x[:, ::-1])


@mutant(CONV, "one input channel and several outputs", lambda c: c.channels == 1 and c.out_channels > 1)
def one_channel_uses_first_kernel(c: Call) -> Any:
    """One input channel is taken for a depthwise layer: every output uses the first kernel."""
    return c(w=np.repeat(c.w[:1], c.out_channels, axis=0))


@mutant(CONV, "several input channels per group", lambda c: c.per_group > 1)
def channels_averaged(c: Call) -> Any:
    """The sum over input channels is an average."""
    y = c.copy(b=None)
    y = (y / y.dtype.type(c.per_group)).astype(y.dtype) if y.dtype.kind not in "iu" else y // y.dtype.type(c.per_group)
    return y + c.b.reshape(-1, *(1,) * c.rank) if "b" in c.arrays else y


@mutant(CONV, "N = C, above 1", lambda c: c.batch == c.channels > 1)
def samples_and_channels_exchanged(c: Call) -> Any:
    """Samples and channels of the input are exchanged where they are equally many."""
    return c(x=np.swapaxes(c.x, 0, 1))


@mutant(POOLS, "more than 4 channels, and no multiple of 4", lambda c: tail(c.channels, 4))
def pooling_skips_last_channels(c: Call) -> Any:
    """Channels are pooled in blocks of 4, and those left over come out as zero."""
    y = c.copy()
    y[:, c.channels - tail(c.channels, 4) :] = 0
    return y


@mutant(POOLS, "several channels", lambda c: c.channels > 1)
def pooling_of_first_channel(c: Call) -> Any:
    """The pooling of the first channel stands for all."""
    return c(x=np.repeat(c.x[:, :1], c.channels, axis=1))


@mutant(POOLS, "several channels", lambda c: c.channels > 1)
def pools_over_channels(c: Call) -> Any:
    """The pooling runs over the channels as well."""
    y = c()
    over = carried(y).mean(axis=1, keepdims=True) if "avg" in c.op else y.max(axis=1, keepdims=True)
    return np.repeat(rounded(over, y.dtype), c.channels, axis=1)


@mutant(POOLS, "several channels", lambda c: c.channels > 1)
def last_channel_skipped(c: Call) -> Any:
    """The last channel is left at zero: the loop ends one too early."""
    y = c.copy()
    y[:, -1] = 0
    return y
