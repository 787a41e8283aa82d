"""Faults at the ends of loops: the last columns, rows, samples and elements, and what is read beyond them."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant

CONV = ("conv",)
POOLS = ("max_pool", "avg_pool", "lp_pool", "adaptive_max_pool", "adaptive_avg_pool")
GLOBAL = ("global_max_pool", "global_avg_pool")


def tail(length: int, block: int) -> int:
    """The elements that are left after whole blocks, where there is at least one block."""
    return length % block if length > block else 0


@mutant(
    ("conv", "conv_transpose", *POOLS),
    "more than 4 columns, and no multiple of 4",
    lambda c: tail(c.counts[-1], 4),
    "ROCm/MIOpen#1672",
    "Tencent/ncnn#1014",
    "Tencent/TNN#394",
)
def last_columns_skipped(c: Call) -> Any:
    """Columns are made in blocks of 4, and those left over stay zero."""
    y = c.copy()
    y[..., y.shape[-1] - tail(y.shape[-1], 4) :] = 0
    return y


@mutant(("conv", *POOLS), "more than one row", lambda c: c.counts[0] > 1)
def last_row_skipped(c: Call) -> Any:
    """The last row is left at zero: the loop ends one too early."""
    y = c.copy()
    y[:, :, -1] = 0
    return y


@mutant(CONV, "any input", lambda c: prod(c.shapes["x"]) > 1, "apple/coremltools#2515", "Tencent/ncnn#996")
def reads_past_the_end(c: Call) -> Any:
    """The last column is computed from elements one further on, which lie in the next row."""
    y = c.copy()
    y[..., -1] = c(x=np.roll(c.x.ravel(), -1).reshape(c.x.shape))[..., -1]
    return y


@mutant(("conv", "conv_transpose", *POOLS, *GLOBAL, "pad"), "a batch of more than one", lambda c: c.batch > 1)
def only_first_sample(c: Call) -> Any:
    """Every sample of the batch gives what the first one gives."""
    return c(x=np.repeat(c.x[:1], c.batch, axis=0))


@mutant(("conv", "conv_transpose", *POOLS), "a batch of more than 4", lambda c: c.batch > 4)
def samples_after_fourth_skipped(c: Call) -> Any:
    """Samples after the fourth are left at zero."""
    y = c.copy()
    y[4:] = 0
    return y


@mutant(
    ("conv", "max_pool", "avg_pool"),
    "C equal to every extent, above 1",
    lambda c: c.channels > 1 and set(c.extents) == {c.channels},
)
def guesses_channels_last(c: Call) -> Any:
    """An input whose channels and extents are all equal is taken for channels last."""
    return c(x=np.moveaxis(c.x, -1, 1))


@mutant(
    ("conv", "max_pool", "avg_pool"),
    "two axes that are equally long",
    lambda c: c.rank > 1 and c.extents[0] == c.extents[-1] > 1,
)
def rows_and_columns_exchanged(c: Call) -> Any:
    """Rows and columns of the input are exchanged."""
    return c(x=np.swapaxes(c.x, 2, -1))


@mutant(("conv", *POOLS), "an axis of extent 1 beside a longer one", lambda c: 1 in c.extents and max(c.extents) > 1)
def extent_one_gives_zeros(c: Call) -> Any:
    """An input of extent 1 on some axis is taken for padding, and gives zeros."""
    return np.zeros_like(c())


@mutant(
    CONV,
    "a last axis longer than 16, and a kernel that reaches over more than one element",
    lambda c: c.extents[-1] > 16 and c.axes[-1].span > 1,
)
def tiles_without_overlap(c: Call) -> Any:
    """Rows of more than 16 elements are cut into tiles that do not share the elements between them."""
    y = c.copy()
    starts = np.arange(y.shape[-1]) * c.stride[-1] - c.padding[-1][0]
    straddles = (starts < 16) & (starts + c.axes[-1].span > 16) & (starts >= 0)
    left = np.array(c.x)
    left[..., 16:] = 0
    y[..., straddles] = c(x=left)[..., straddles]
    return y
