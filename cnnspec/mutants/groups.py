"""Faults of groups: channels interleaved, blocks read twice or not at all, the depthwise path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant

if TYPE_CHECKING:
    from cnnspec.typing import Array

LAYERS = ("conv", "conv_transpose")
CONV = ("conv",)


def grouped(c: Call) -> bool:
    """Whether there is more than one group."""
    return bool(c.groups > 1)


def depthwise(c: Call) -> bool:
    """Whether every input channel is a group, with a multiplier above 1."""
    return c.groups == c.channels > 1 and c.out_channels > c.channels


def blocks(a: Array, groups: int, axis: int = 1) -> Array:
    """The channels as (g, C/g), on ``axis``."""
    return a.reshape(*a.shape[:axis], groups, a.shape[axis] // groups, *a.shape[axis + 1 :])


@mutant(
    CONV,
    "several groups of several output channels",
    lambda c: grouped(c) and c.out_per_group > 1,
    "oneapi-src/oneDNN#352",
)
def groups_interleaved(c: Call) -> Any:
    """The output channels of the groups are interleaved."""
    y = c()
    return np.ascontiguousarray(np.swapaxes(blocks(y, c.groups), 1, 2)).reshape(y.shape)


@mutant(
    ("conv_transpose",),
    "several groups of several output channels",
    lambda c: grouped(c) and c.out_per_group > 1,
)
def transposed_groups_interleaved(c: Call) -> Any:
    """The output channels of the groups are interleaved."""
    y = c()
    return np.ascontiguousarray(np.swapaxes(blocks(y, c.groups), 1, 2)).reshape(y.shape)


@mutant(LAYERS, "several groups of several input channels", lambda c: grouped(c) and c.per_group > 1)
def groups_read_interleaved(c: Call) -> Any:
    """The input channels of the groups are read interleaved."""
    return c(x=np.swapaxes(c.x.reshape(c.batch, c.per_group, c.groups, *c.extents), 1, 2).reshape(c.x.shape))


@mutant(LAYERS, "several groups", grouped, "pytorch/pytorch#19912")
def later_groups_read_first(c: Call) -> Any:
    """Every group reads the input channels of the first."""
    return c(x=np.concatenate([c.x[:, : c.per_group]] * c.groups, axis=1))


@mutant(LAYERS, "several groups", grouped)
def later_groups_use_first_weights(c: Call) -> Any:
    """Every group uses the weights of the first."""
    return c(w=np.concatenate([c.w[: c.w.shape[0] // c.groups]] * c.groups, axis=0))


@mutant(LAYERS, "several groups", grouped)
def later_groups_are_zero(c: Call) -> Any:
    """Only the first group is computed, the others are zero."""
    y = c.copy()
    y[:, c.out_per_group :] = 0
    return y


@mutant(
    CONV,
    "several groups, and a multiple of 16 output channels",
    lambda c: grouped(c) and c.out_channels % 16 == 0,
    "pytorch/pytorch#19912",
)
def sixteen_channels_lose_groups(c: Call) -> Any:
    """Only the first group is computed where the output channels are a multiple of 16."""
    return later_groups_are_zero(c)


@mutant(LAYERS, "several groups", grouped)
def groups_read_their_neighbour(c: Call) -> Any:
    """Every group reads the input channels of the next one."""
    return c(x=np.roll(c.x, -c.per_group, axis=1))


@mutant(LAYERS, "several groups", grouped, "ml-explore/mlx#1449")
def group_order_reversed(c: Call) -> Any:
    """The groups of the weights are read in reverse order."""
    return c(w=blocks(c.w, c.groups, 0)[::-1].reshape(c.w.shape))


@mutant(
    CONV,
    "a depthwise layer with a multiplier above 1",
    depthwise,
    "microsoft/onnxjs#41",
    "ARM-software/ComputeLibrary#553",
    "alibaba/MNN#532",
)
def multiplier_read_modulo(c: Call) -> Any:
    """With a multiplier m, output o of a depthwise layer reads input o % C instead of o // m."""
    order = np.argsort(np.arange(c.out_channels) % c.channels, kind="stable")
    y = c.copy()
    bias = {"b": c.b[order]} if "b" in c.arrays else {}
    y[:, order] = c(w=c.w[order], **bias)
    return y


@mutant(CONV, "a depthwise layer with a multiplier above 1", depthwise, "pytorch/pytorch#55794")
def multiplier_fills_one_channel(c: Call) -> Any:
    """A depthwise layer fills one output channel per input channel, and leaves the others at zero."""
    y = c.copy()
    y[:, np.arange(c.out_channels) % c.out_per_group > 0] = 0
    return y


@mutant(CONV, "a depthwise layer", lambda c: c.groups == c.channels > 1)
def depthwise_sums_channels(c: Call) -> Any:
    """A depthwise layer is computed as a full one: each output adds every input channel."""
    return c(x=np.repeat(c.x.sum(axis=1, keepdims=True, dtype=c.x.dtype), c.channels, axis=1))


@mutant(CONV, "an odd number of groups above 1", lambda c: grouped(c) and c.groups % 2)
def last_odd_group_left_out(c: Call) -> Any:
    """The last group is left out where the groups are an odd number."""
    y = c.copy()
    y[:, -c.out_per_group :] = 0
    return y
