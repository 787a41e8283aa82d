"""Faults of max pooling: what the padding holds, how the maximum starts, what a NaN does."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import always, mutant
from cnnspec.mutants.plain import places, read
from cnnspec.mutants.plain_pooling import counted, floating, maxima, overhanging, usual

MAXIMA = ("max_pool", "max_pool_with_indices")
LARGE = 4096
"""Elements that are reduced at once; more are reduced in blocks."""


@mutant(MAXIMA, "padding", lambda c: c.padded, "apache/mxnet#2753", "EfficientDet#352", "distdl#195", literal=True)
def max_padding_is_zero(c: Call) -> Any:
    """The padding holds zeros, which win over negative numbers."""
    return maxima(c, usual(c), 0)


@mutant(MAXIMA, "ceil_mode with an overhanging window", overhanging, literal=True)
def max_pool_overhang_is_zero(c: Call) -> Any:
    """What overhangs in ceil_mode is read as zero."""
    at = usual(c)
    y = maxima(c, at)
    over = ~counted(c, at).all(axis=-1).reshape(c.counts)
    values = y[0] if isinstance(y, tuple) else y
    values[...] = np.where(over, np.maximum(values, values.dtype.type(0)), values)
    return y


def started(c: Call, start: Any) -> Any:
    """The maximum by a loop that begins at ``start`` and takes what is greater: a NaN never is."""
    at = usual(c)
    v = read(c.x, at, start)
    with np.errstate(all="ignore"):
        v = np.where(v > np.asarray(start, v.dtype), v, np.asarray(start, v.dtype))
    y = np.max(v, axis=-1).reshape(*v.shape[:2], *c.counts)
    return (y, c()[1]) if len(c.operation.returns) > 1 else y


@mutant(MAXIMA, "negative data", always, literal=True)
def maximum_starts_at_zero(c: Call) -> Any:
    """The maximum starts at 0: windows of negative numbers give 0."""
    return started(c, 0)


@mutant(MAXIMA, "negative data", floating, literal=True)
def maximum_starts_at_smallest_positive(c: Call) -> Any:
    """The maximum starts at the smallest positive number, which is taken for the most negative one."""
    return started(c, finfo(c).tiny)


@mutant(
    MAXIMA,
    "NaN or -inf in the data",
    floating,
    "pytorch/pytorch#7645",
    "tensorflow/tensorflow#2501",
    "pytorch/pytorch#39044",
    literal=True,
)
def max_starts_at_lowest_finite(c: Call) -> Any:
    """The maximum starts at the most negative finite number: a window of NaN or of -inf gives that."""
    return started(c, finfo(c).min)


@mutant(MAXIMA, "NaN in the data", floating, "pytorch/pytorch#7645", literal=True)
def nan_lost_in_comparison(c: Call) -> Any:
    """The maximum starts at minus infinity and takes what is greater: a NaN never is."""
    return started(c, -np.inf)


@mutant(MAXIMA, "NaN in the data", floating, "pytorch/pytorch#7645", literal=True)
def nan_wins_only_when_first(c: Call) -> Any:
    """The maximum starts at the first tap and takes what is greater: a NaN counts in the first place alone."""
    at = usual(c)
    _, real = places(at, c.extents)
    v = read(c.x, at, -np.inf)
    first = np.take_along_axis(v, np.broadcast_to(real.argmax(-1)[:, None], (*v.shape[:3], 1)), -1)[..., 0]
    rest = np.where(np.isnan(v), np.asarray(-np.inf, v.dtype), v).max(-1)
    y = np.where(np.isnan(first), first, rest).reshape(*v.shape[:2], *c.counts)
    return (y, c()[1]) if len(c.operation.returns) > 1 else y


def large(c: Call) -> bool:
    """Whether the input has more elements than are reduced at once."""
    return floating(c) and prod(c.shapes["x"]) > LARGE


@mutant((*MAXIMA, "global_max_pool"), "more than 4096 elements, one of them NaN", large)
def nan_lost_in_a_large_array(c: Call) -> Any:
    """Large arrays are reduced in blocks, by a comparison that a NaN never wins."""
    return c(x=np.where(np.isnan(c.x), np.asarray(-np.inf, c.x.dtype), c.x))


def finfo(c: Call) -> Any:
    """The limits of the dtype of the call."""
    import ml_dtypes

    return ml_dtypes.finfo(c.x.dtype)


@mutant(("max_pool",), "any window of more than one tap", lambda c: prod(c.kernel) > 1, literal=True)
def minimum_for_maximum(c: Call) -> Any:
    """The minimum of the window is given."""
    v = read(c.x, usual(c), np.inf if c.x.dtype.kind not in "iu" else np.iinfo(c.x.dtype).max)
    return np.min(v, axis=-1).reshape(*v.shape[:2], *c.counts)


@mutant(("max_pool",), "negative data", always)
def maximum_of_absolute_values(c: Call) -> Any:
    """The largest absolute value is given."""
    return c(x=np.abs(c.x))


@mutant(MAXIMA, "integer data and padding", lambda c: not floating(c) and c.padded, "tinygrad/tinygrad#7726")
def padded_integers_become_floats(c: Call) -> Any:
    """Integers become floats where there is padding, to hold -inf."""
    return c.with_first(c.copy().astype(np.float32))
