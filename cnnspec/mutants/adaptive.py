"""Faults of adaptive and global pooling: windows of one size, bounds rounded the other way, axes left in or out."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant, rewrite
from cnnspec.mutants.plain import along, carried
from cnnspec.reference.arithmetic import rounded

MEAN = ("adaptive_avg_pool",)
ADAPTIVE = ("adaptive_max_pool", "adaptive_avg_pool")
GLOBAL = ("global_max_pool", "global_avg_pool")


def reduced(c: Call, bounds: Callable[[int, int, int], tuple[int, int]]) -> Any:
    """The pooling over windows [low, high) that ``bounds`` gives for every index, extent and count."""
    x = carried(c.x) if c.op in MEAN else c.x
    for axis, (n, m) in enumerate(zip(c.extents, c.counts, strict=True), start=2):
        x = np.concatenate([_window(c, x, axis, *bounds(i, n, m)) for i in range(m)], axis=axis)
    return rounded(x, c.x.dtype)


def _window(c: Call, x: Any, axis: int, low: int, high: int) -> Any:
    """The mean or the maximum of [low, high) on one axis; 0 where that is empty."""
    part = x[along(axis, slice(max(low, 0), max(high, 0)))]
    if part.shape[axis] == 0:
        return np.zeros_like(part, shape=(*part.shape[:axis], 1, *part.shape[axis + 1 :]))
    with np.errstate(all="ignore"):
        return part.mean(axis=axis, keepdims=True) if c.op in MEAN else part.max(axis=axis, keepdims=True)


def uneven(c: Call) -> bool:
    """Whether an extent is no multiple of the output's."""
    return any(n % m for n, m in zip(c.extents, c.counts, strict=True))


def enlarging(c: Call) -> bool:
    """Whether an axis has more outputs than inputs."""
    return any(m > n for n, m in zip(c.extents, c.counts, strict=True))


@mutant(
    ADAPTIVE,
    "an extent that is no multiple of the output's",
    uneven,
    "pytorch/pytorch#190064",
    "apple/coremltools#1733",
    literal=True,
)
def adaptive_uses_fixed_kernel(c: Call) -> Any:
    """All windows have one size and one stride, n // m and what is left."""

    def bounds(i: int, n: int, m: int) -> tuple[int, int]:
        return i * (n // m), n - (m - 1 - i) * (n // m)

    return reduced(c, bounds)


@mutant(ADAPTIVE, "an extent that is no multiple of the output's", uneven, literal=True)
def adaptive_rounds_both_down(c: Call) -> Any:
    """Windows end where the next one begins: both bounds are rounded down."""
    return reduced(c, lambda i, n, m: (i * n // m, max((i + 1) * n // m, i * n // m + 1)))


@mutant(ADAPTIVE, "an extent that is no multiple of the output's", uneven, literal=True)
def adaptive_start_rounded_up(c: Call) -> Any:
    """Windows begin where the one before ends: both bounds are rounded up."""
    return reduced(c, lambda i, n, m: (min(-(-i * n // m), n - 1), -(-(i + 1) * n // m)))


@mutant(ADAPTIVE, "an extent that is no multiple of the output's", uneven, literal=True)
def adaptive_blocks_of_ceil(c: Call) -> Any:
    """Windows have ceil(n / m) elements each, and the last one what is left."""
    return reduced(c, lambda i, n, m: (i * -(-n // m), min((i + 1) * -(-n // m), n)))


@mutant(
    ADAPTIVE,
    "an output extent that divides the input's, and lies between 1 and it",
    lambda c: any(1 < m < n and n % m == 0 for n, m in zip(c.extents, c.counts, strict=True)),
    "mlx-image#16",
    literal=True,
)
def adaptive_windows_interleaved(c: Call) -> Any:
    """The input is reshaped to (n // m, m) instead of (m, n // m): every window takes elements m apart."""
    x = c.x
    for axis, (n, m) in enumerate(zip(c.extents, c.counts, strict=True), start=2):
        if n % m == 0:
            order = np.arange(n).reshape(n // m, m).T.ravel()
            x = np.take(x, order, axis=axis)
    return c(x=x)


@rewrite(ADAPTIVE, "output extents that differ")
def output_size_axes_swapped(c: Call) -> dict[str, Any]:
    """The output's extents are given to the axes in reverse order."""
    return {"output_size": c.output_size[::-1]}


@rewrite(ADAPTIVE, "output extents that differ")
def output_size_of_first_axis(c: Call) -> dict[str, Any]:
    """``output_size[0]`` is used for every axis."""
    return {"output_size": c.output_size[:1] * c.rank}


@mutant(MEAN, "windows of different sizes", uneven, literal=True)
def adaptive_divides_by_largest(c: Call) -> Any:
    """The mean divides by the size of the largest window."""
    sizes, largest = np.ones((), int), 1
    for n, m in zip(c.extents, c.counts, strict=True):
        axis = np.array([-(-(i + 1) * n // m) - i * n // m for i in range(m)])
        sizes, largest = np.multiply.outer(sizes, axis), largest * int(axis.max())
    return rounded(carried(c()) * sizes / largest, c.x.dtype)


@mutant(ADAPTIVE, "an output extent above the input's", enlarging)
def adaptive_outputs_beyond_input_zero(c: Call) -> Any:
    """Where more outputs than inputs are asked for, those beyond the input are zero."""
    y = c.copy()
    for axis, (n, m) in enumerate(zip(c.extents, c.counts, strict=True), start=2):
        y[along(axis, slice(min(n, m), None))] = 0
    return y


@mutant(ADAPTIVE, "an output extent above the input's", enlarging)
def adaptive_refuses_more_outputs(c: Call) -> Any:
    """More outputs than inputs are refused."""
    raise ValueError(f"output_size {c.output_size} must not exceed the input's {c.extents}")


@mutant(GLOBAL, "any input", lambda c: True)
def global_pooling_drops_axes(c: Call) -> Any:
    """The pooled axes are dropped instead of kept at extent 1."""
    return c().reshape(c.batch, c.channels)


@mutant(GLOBAL, "two axes or more, one before the last above 1", lambda c: prod(c.extents[:-1]) > 1)
def global_over_one_axis(c: Call) -> Any:
    """Only the last axis is pooled over; the others give their first element."""
    return c(x=c.x[:, :, *(slice(1),) * (c.rank - 1)])


@mutant(("global_avg_pool",), "more than one element", lambda c: prod(c.extents) > 1)
def global_average_is_a_sum(c: Call) -> Any:
    """The sum of the plane is given, undivided."""
    return rounded(carried(c.x).sum(axis=tuple(range(2, c.x.ndim)), keepdims=True), c.x.dtype)


@mutant(("global_avg_pool",), "extents that differ", lambda c: prod(c.extents) != c.extents[0] ** c.rank)
def global_average_divides_by_square(c: Call) -> Any:
    """The mean divides by the square of the first extent."""
    return rounded(carried(c()) * (prod(c.extents) / c.extents[0] ** c.rank), c.x.dtype)


@mutant(("global_max_pool", "adaptive_max_pool"), "negative data", lambda c: True)
def plane_maximum_starts_at_zero(c: Call) -> Any:
    """The maximum starts at 0."""
    y = c()
    return np.maximum(y, y.dtype.type(0))


@mutant(GLOBAL, "more than one element on the last axis", lambda c: c.extents[-1] > 1)
def global_skips_the_last(c: Call) -> Any:
    """The last element of the plane is left out."""
    return c(x=c.x[..., :-1])
