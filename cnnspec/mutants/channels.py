"""Faults of channels: blocks of them that leave a tail, an order that is not theirs, one that stands for all."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant
from cnnspec.mutants.tails import tail

LAYERS = ("conv", "conv_transpose")
CONV = ("conv",)
POOLS = ("max_pool", "avg_pool", "lp_pool")


def without(c: Call, start: int) -> Any:
    """The layer without the input channels of every group from ``start`` on."""
    w = np.array(c.w)
    if c.op == "conv":
        w[:, start:] = 0
    else:
        w.reshape(c.groups, -1, *w.shape[1:])[:, start:] = 0
    return c(w=w)


@mutant(LAYERS, "input channels are added in blocks of 4, and those left over are left out",
        "more than 4 input channels per group, and no multiple of 4", lambda c: tail(c.per_group, 4), "pytorch/pytorch#21597",
        "modular/modular#6248")  # fmt: skip
def channels_after_blocks_of_4_left_out(c: Call) -> Any:
    return without(c, c.per_group - tail(c.per_group, 4))


@mutant(LAYERS, "input channels are added in blocks of 8, and those left over are left out",
        "more than 8 input channels per group, and no multiple of 8", lambda c: tail(c.per_group, 8), "pytorch/pytorch#21597")  # fmt: skip
def channels_after_blocks_of_8_left_out(c: Call) -> Any:
    return without(c, c.per_group - tail(c.per_group, 8))


@mutant(CONV, "input channels are added in pairs, and the last of an odd number is added twice",
        "an odd number of input channels per group, above 1", lambda c: c.per_group % 2 and c.per_group > 1,
        "tracel-ai/burn#5626")  # fmt: skip
def odd_channel_added_twice(c: Call) -> Any:
    w = np.array(c.w)
    with np.errstate(all="ignore"):
        w[:, -1] *= 2
    return c(w=w)


@mutant(LAYERS, "output channels are made in blocks of 4, and those left over stay zero",
        "more than 4 output channels, and no multiple of 4", lambda c: tail(c.out_channels, 4))  # fmt: skip
def output_channels_after_blocks_of_4_zero(c: Call) -> Any:
    y = c.copy()
    y[:, y.shape[1] - tail(y.shape[1], 4) :] = 0
    return y


@mutant(LAYERS, "only the first input channel of every group is added", "several input channels per group",
        lambda c: c.per_group > 1)  # fmt: skip
def first_channel_alone(c: Call) -> Any:
    return without(c, 1)


@mutant(CONV, "input channels are read in reverse order, as BGR for RGB", "several input channels", lambda c: c.channels > 1)
def channels_reversed(c: Call) -> Any:
    return c(x=c.x[:, ::-1])


@mutant(CONV, "one input channel is taken for a depthwise layer: every output uses the first kernel",
        "one input channel and several outputs", lambda c: c.channels == 1 and c.out_channels > 1)  # fmt: skip
def one_channel_uses_first_kernel(c: Call) -> Any:
    return c(w=np.repeat(c.w[:1], c.out_channels, axis=0))


@mutant(CONV, "the sum over input channels is an average", "several input channels per group", lambda c: c.per_group > 1)
def channels_averaged(c: Call) -> Any:
    y = c.copy(b=None)
    y = (y / y.dtype.type(c.per_group)).astype(y.dtype) if y.dtype.kind not in "iu" else y // y.dtype.type(c.per_group)
    return y + c.b.reshape(-1, *(1,) * c.rank) if "b" in c.arrays else y


@mutant(CONV, "samples and channels of the input are exchanged where they are equally many", "N = C, above 1",
        lambda c: c.batch == c.channels > 1)  # fmt: skip
def samples_and_channels_exchanged(c: Call) -> Any:
    return c(x=np.swapaxes(c.x, 0, 1))


@mutant(POOLS, "the pooling of the first channel stands for all", "several channels", lambda c: c.channels > 1)
def pooling_of_first_channel(c: Call) -> Any:
    return c(x=np.repeat(c.x[:, :1], c.channels, axis=1))


@mutant(POOLS, "channels are pooled in blocks of 4, and those left over come out as zero",
        "more than 4 channels, and no multiple of 4", lambda c: tail(c.channels, 4))  # fmt: skip
def pooling_skips_last_channels(c: Call) -> Any:
    y = c.copy()
    y[:, c.channels - tail(c.channels, 4) :] = 0
    return y
