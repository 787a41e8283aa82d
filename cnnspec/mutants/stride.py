"""Faults of the stride: read from the wrong axis, left out, or started at the wrong element."""

from __future__ import annotations

from typing import Any

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant, rewrite
from cnnspec.mutants.plain import layer, tables

POOLS = ("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")
STRIDED = ("conv", "conv_transpose", *POOLS)
DIFFERS = "strides that differ between axes"


@rewrite(("conv", "conv_transpose"), DIFFERS, "tenstorrent/tt-metal#19542")
def stride_axes_swapped(c: Call) -> dict[str, Any]:
    """The strides are given to the axes in reverse order."""
    return {"stride": c.stride[::-1]}


@rewrite(POOLS, DIFFERS)
def pool_stride_axes_swapped(c: Call) -> dict[str, Any]:
    """The strides are given to the axes in reverse order."""
    return {"stride": c.stride[::-1]}


@rewrite(("conv",), "a stride above 1 and more than one window", "bonito#53")
def stride_applied_twice(c: Call) -> dict[str, Any]:
    """The stride is applied twice: to the windows, and to the result."""
    return {"stride": tuple(s * s for s in c.stride)}


@rewrite(STRIDED, DIFFERS, "PaddlePaddle/Paddle#20997", "tinygrad/tinygrad#17805")
def stride_of_first_axis(c: Call) -> dict[str, Any]:
    """``stride[0]`` is used for every axis."""
    return {"stride": c.stride[:1] * c.rank}


@rewrite(STRIDED, DIFFERS)
def stride_of_last_axis(c: Call) -> dict[str, Any]:
    """The last axis's stride is used for every axis."""
    return {"stride": c.stride[-1:] * c.rank}


@rewrite(STRIDED, "a stride above 1", "FluxML/NNlib.jl#28")
def stride_ignored(c: Call) -> dict[str, Any]:
    """The stride is ignored: windows are one element apart."""
    return {"stride": (1,) * c.rank}


@rewrite(("conv",), "a stride above 1")
def stride_in_shape_only(c: Call) -> dict[str, Any]:
    """The shape follows the stride, but windows are one element apart."""
    return c.windows_as(stride=(1,) * c.rank) if c.strided else {}


@rewrite(POOLS, "a stride that is not the kernel size")
def stride_is_kernel_size(c: Call) -> dict[str, Any]:
    """The stride is always the kernel size."""
    return {"stride": c.kernel_size}


@rewrite(("conv",), "a remainder: elements that no window reads")
def windows_from_the_high_end(c: Call) -> dict[str, Any]:
    """The strided windows are counted from the high end."""
    starts = zip(c.padding, c.remainders, strict=True)
    return c.windows_as(lo=tuple(lo - r for (lo, _), r in starts)) if any(c.remainders) else {}


@rewrite(("conv",), "a stride above 1")
def thinned_from_second(c: Call) -> dict[str, Any]:
    """The result at stride 1 is thinned from its second element."""
    moved = tuple(lo - (s > 1) for (lo, _), s in zip(c.padding, c.stride, strict=True))
    return c.windows_as(lo=moved) if c.strided else {}


@rewrite(("conv",), "any call")
def windows_one_late(c: Call) -> dict[str, Any]:
    """Every window starts one element late on the last axis."""
    lows = [lo for lo, _ in c.padding]
    return c.windows_as(lo=(*lows[:-1], lows[-1] - 1))


@rewrite(("conv", "max_pool", "max_pool_with_indices"), "a stride that is not the dilation", "huggingface/candle#2337")
def stride_and_dilation_swapped(c: Call) -> dict[str, Any]:
    """Stride and dilation change places."""
    return {"stride": c.dilation, "dilation": c.stride}


@rewrite(("conv",), "a kernel of one tap with a stride above 1", "majianjia/nnom#84", "pulp-platform/pulp-nn#9")
def one_by_one_ignores_stride(c: Call) -> dict[str, Any]:
    """A kernel of one tap is a matrix product over every position, whatever the stride."""
    return {"stride": (1,) * c.rank} if set(c.kernel) == {1} else {}


@rewrite(("conv",), "a kernel of one tap with padding", "majianjia/nnom#84")
def one_by_one_ignores_padding(c: Call) -> dict[str, Any]:
    """A kernel of one tap is a matrix product over the input alone, whatever the padding."""
    return {"padding": ((0, 0),) * c.rank} if set(c.kernel) == {1} else {}


@rewrite(("conv",), "a stride above 1 where groups is the number of channels")
def depthwise_ignores_stride(c: Call) -> dict[str, Any]:
    """Depthwise layers ignore the stride."""
    return {"stride": (1,) * c.rank} if c.groups == c.channels > 1 else {}


@mutant(("conv",), "a stride above 2", lambda c: max(c.stride) > 2, literal=True)
def stride_above_two_is_two(c: Call) -> Any:
    """Strides above 2 are read as 2, in a shape that is right."""
    at = tables(c.axes, c.counts)
    rows = zip(at, c.stride, strict=True)
    return layer(c, [t - (s - min(s, 2)) * (t[:, :1] - t[:1, :1]) // s for t, s in rows])
