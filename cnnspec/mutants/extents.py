"""Faults of the output's shape: windows counted wrongly, axes dropped, exchanged or added."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.geometry import Window, ceil_div
from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import When, mutant
from cnnspec.mutants.plain import tables
from cnnspec.mutants.plain_pooling import pooled

if TYPE_CHECKING:
    from cnnspec.typing import Shape

POOLS = ("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")
SLIDING = ("conv", *POOLS)
DILATED = ("conv", "max_pool", "max_pool_with_indices")
EVERY = (
    "conv",
    "conv_transpose",
    "max_pool",
    "avg_pool",
    "lp_pool",
    "adaptive_max_pool",
    "adaptive_avg_pool",
    "global_max_pool",
    "global_avg_pool",
    "pad",
)


def resized(c: Call, counts: Shape) -> Any:
    """The same windows, and ``counts`` of them."""
    return c(**c.windows_as(counts=counts)) if c.op == "conv" else pooled(c, tables(c.axes, counts))


def counting(rule: Callable[[Call], Shape]) -> When:
    """When a rule for counting windows gives other counts, and not none."""
    return lambda c: min(rule(c)) > 0 and rule(c) != c.counts


def each(c: Call, count: Callable[[Window, int], int]) -> Shape:
    """One count per axis."""
    return tuple(count(a, n) for a, n in zip(c.axes, c.extents, strict=True))


def floored(c: Call) -> bool:
    """Whether windows are counted by the floor rule."""
    return not c.options.get("ceil_mode", False)


def _rounded_up(c: Call) -> Shape:
    return each(c, lambda a, n: ceil_div(a.padded(n) - a.span, a.stride) + 1) if floored(c) else c.counts


@mutant(SLIDING, "a remainder: elements that no window reads", counting(_rounded_up), literal=True)
def ceil_for_floor(c: Call) -> Any:
    """The quotient in the output's extent is rounded up."""
    return resized(c, _rounded_up(c))


@mutant(POOLS, "ceil_mode with an overhanging window", lambda c: c.ceil_mode and c.counts != each(c, Window.count))
def floor_for_ceil(c: Call) -> Any:
    """``ceil_mode`` is ignored."""
    return c(ceil_mode=False)


def _kept(c: Call) -> Shape:
    return each(c, lambda a, n: ceil_div(a.padded(n) - a.span, a.stride) + 1) if c.ceil_mode else c.counts


@mutant(
    POOLS,
    "ceil_mode, and a last window that starts in the high padding or beyond",
    counting(_kept),
    "pytorch/pytorch#45357",
    "tracel-ai/burn#5791",
    "openxla/xla#2583",
    "BVLC/caffe#988",
    "PaddlePaddle/Paddle#51542",
    literal=True,
)
def last_window_kept(c: Call) -> Any:
    """With ceil_mode a last window is kept although it starts behind the input and its low padding."""
    return resized(c, _kept(c))


def _undilated(c: Call) -> Shape:
    return each(c, lambda a, n: (a.padded(n) - a.kernel) // a.stride + 1) if floored(c) else c.counts


@mutant(
    DILATED,
    "a dilation above 1 on an axis of more than one tap",
    counting(_undilated),
    "elixir-nx/nx#189",
    literal=True,
)
def extent_ignores_dilation(c: Call) -> Any:
    """The output's extent is computed from the kernel size, not from the dilated kernel's reach."""
    return resized(c, _undilated(c))


def _first(c: Call) -> Shape:
    return c.counts[:1] * c.rank


@mutant(SLIDING, "output extents that differ between axes", counting(_first), literal=True)
def extent_of_first_axis(c: Call) -> Any:
    """Every axis has the output extent of the first."""
    return resized(c, _first(c))


def _first_kernel(c: Call) -> Shape:
    span = c.axes[0].span
    return each(c, lambda a, n: (a.padded(n) - span) // a.stride + 1) if floored(c) else c.counts


@mutant(
    SLIDING,
    "a kernel or a dilation that differs between axes",
    counting(_first_kernel),
    "tenstorrent/tt-metal#19542",
    "deeplearning4j/deeplearning4j#9116",
    literal=True,
)
def extent_from_first_kernel(c: Call) -> Any:
    """Every output extent is computed with the first axis's kernel and dilation."""
    return resized(c, _first_kernel(c))


def _larger(c: Call) -> Shape:
    return (*c.counts[:-1], c.counts[-1] + 1)


@mutant(SLIDING, "any call", counting(_larger), literal=True)
def one_column_too_many(c: Call) -> Any:
    """There is one column too many."""
    return resized(c, _larger(c))


@mutant(SLIDING, "more than one column", lambda c: c.counts[-1] > 1)
def one_column_too_few(c: Call) -> Any:
    """The last column is missing from the result."""
    return c.with_first(c.copy()[..., :-1])


def _unpadded(c: Call) -> Shape:
    return each(c, lambda a, n: (n - a.span) // a.stride + 1) if floored(c) else c.counts


@mutant(SLIDING, "padding", counting(_unpadded), literal=True)
def extent_without_padding(c: Call) -> Any:
    """The output's extent is computed without the padding."""
    return resized(c, _unpadded(c))


def _one_side(c: Call) -> Shape:
    return each(c, lambda a, n: (n + a.lo - a.span) // a.stride + 1) if floored(c) else c.counts


@mutant(SLIDING, "a high pad", counting(_one_side), literal=True)
def extent_counts_low_pad_alone(c: Call) -> Any:
    """The output's extent counts the low pad alone."""
    return resized(c, _one_side(c))


def _divided(c: Call) -> Shape:
    return each(c, lambda a, n: (a.padded(n) - a.span + 1) // a.stride) if floored(c) else c.counts


@mutant(SLIDING, "a stride above 1 and a remainder or padding", counting(_divided), literal=True)
def one_added_before_division(c: Call) -> Any:
    """The one is added before the division by the stride, not after it."""
    return resized(c, _divided(c))


@mutant(EVERY, "a batch of one", lambda c: c.batch == 1)
def batch_axis_dropped(c: Call) -> Any:
    """The batch axis is dropped where there is one sample."""
    return c()[0]


@mutant(EVERY, "a result with an axis of extent 1", lambda c: 1 in c.forward)
def axes_of_one_squeezed(c: Call) -> Any:
    """Every axis of extent 1 is squeezed out of the result."""
    return np.squeeze(c())


@mutant(EVERY, "any call", lambda c: True)
def returned_channels_last(c: Call) -> Any:
    """The result comes channels last."""
    return np.moveaxis(c(), 1, -1)


@mutant((*EVERY[:7], "pad"), "two spatial axes or more", lambda c: c.rank > 1)
def result_axes_exchanged(c: Call) -> Any:
    """The last two axes of the result are exchanged."""
    return np.swapaxes(c(), -1, -2)


@mutant(EVERY, "any call", lambda c: True)
def result_flattened(c: Call) -> Any:
    """The result is flat."""
    return c().ravel()


@mutant(EVERY, "a batch of none", lambda c: c.batch == 0)
def empty_batch_gives_one(c: Call) -> Any:
    """An empty batch gives one sample of zeros."""
    y = c()
    return np.zeros((1, *y.shape[1:]), y.dtype)


@mutant(EVERY, "a batch of none", lambda c: c.batch == 0)
def empty_batch_loses_axes(c: Call) -> Any:
    """An empty batch loses the other axes too."""
    return np.zeros(0, c().dtype)
