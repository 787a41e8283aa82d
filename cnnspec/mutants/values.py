"""Faults that hang on single values: NaN, infinities, zeros, fractions; and results that are no results."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import always, mutant
from cnnspec.mutants.plain import finished, in_order
from cnnspec.operations import BY_NAME

EVERY = tuple(BY_NAME)
LINEAR = ("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad")
REAL = (
    "conv",
    "max_pool",
    "avg_pool",
    "lp_pool",
    "adaptive_max_pool",
    "adaptive_avg_pool",
    "global_max_pool",
    "global_avg_pool",
)


def floating(c: Call) -> bool:
    """Whether the numbers are floating-point."""
    return "float" in c.dtype


@mutant(REAL, "NaN in the data", floating)
def nan_becomes_zero(c: Call) -> Any:
    """NaN is taken for 0."""
    return c(x=np.where(np.isnan(c.x), c.x.dtype.type(0), c.x))


@mutant(LINEAR, "infinities in the data", floating)
def clips_infinities(c: Call) -> Any:
    """Infinities are taken for the largest number."""
    import ml_dtypes

    first = c.operation.arrays[0]
    largest = ml_dtypes.finfo(c.arrays[first].dtype).max
    return c(**{first: np.clip(c.arrays[first], -largest, largest).astype(c.arrays[first].dtype)})


@mutant((*LINEAR[:3], "avg_pool", "lp_pool"), "NaN in the data", floating)
def nan_spreads_through_the_plane(c: Call) -> Any:
    """One NaN spreads over all that its plane takes part in."""
    y, a = c.copy(), c.arrays[c.operation.arrays[0]]
    first = 1 if c.op in LINEAR else 2
    y[np.isnan(a).any(axis=tuple(range(first, a.ndim)))] = np.nan
    return y


@mutant(("conv",), "infinities in the data and weights of 0", floating)
def zero_weights_are_skipped(c: Call) -> Any:
    """Weights of 0 are skipped: infinity times 0 gives 0."""
    ones, y = replace(c, arrays={**c.arrays, "x": np.ones_like(c.x)}), np.zeros((*c.forward[:2], prod(c.counts)))
    with np.errstate(all="ignore"):
        for (at, term), (_, weight) in zip(in_order(c), in_order(ones), strict=True):
            y[..., at] += np.where(weight == 0, 0, term)
    return finished(c, y.reshape(c.forward))


@mutant((*LINEAR, "max_pool", "avg_pool", "relu", "pad"), "data with fractions", floating)
def data_read_as_integers(c: Call) -> Any:
    """The data are read as integers."""
    first = c.operation.arrays[0]
    a = c.arrays[first]
    return c(**{first: np.where(np.isfinite(a), np.trunc(a.astype(np.float64)), a).astype(a.dtype)})


@mutant(("conv", "avg_pool"), "negative results", always)
def result_cut_at_zero(c: Call) -> Any:
    """Negative results are cut to 0: the activation is built in."""
    y = c()
    return np.maximum(y, y.dtype.type(0))


@mutant(("conv",), "any floating-point data", floating)
def result_scaled_by_fan_in(c: Call) -> Any:
    """The result is scaled by the number of products."""
    y = c()
    return y / y.dtype.type(max(np.prod(c.w.shape[1:]), 2))


@mutant(EVERY, "any call", always, "ScalingIntelligence/KernelBench#165")
def returns_zeros(c: Call) -> Any:
    """The result is zero, in the right shape."""
    return c.with_first(np.zeros_like(c.copy()))


@mutant(EVERY, "floating-point data", floating)
def returns_nan(c: Call) -> Any:
    """The result is NaN everywhere."""
    return c.with_first(np.full_like(c.copy(), np.nan))


@mutant(LINEAR, "any call with a result", lambda c: 0 not in c.forward)
def middle_element_off_by_one(c: Call) -> Any:
    """A single element is off by one: the middle one."""
    y = c.copy()
    if y.size:
        with np.errstate(all="ignore"):
            y.reshape(-1)[y.size // 2] += y.dtype.type(1)
    return y


@mutant(("max_pool", "adaptive_max_pool", "global_max_pool"), "negative data", always)
def max_by_absolute_value(c: Call) -> Any:
    """Numbers are compared by size: the farthest from zero wins."""
    high, low = c(), -c(x=-c.x) if c.x.dtype.kind not in "iu" or c.x.dtype.kind == "i" else c()
    return np.where(np.abs(low) > np.abs(high), low, high)


@mutant(("max_pool", "relu", "pad"), "subnormal numbers in the data", lambda c: c.dtype in ("float32", "float64"))
def subnormals_become_zero(c: Call) -> Any:
    """Subnormal numbers are taken as 0."""
    y = c.copy()
    y[np.abs(y) < np.finfo(y.dtype).tiny] = 0
    return y


@mutant(
    ("max_pool", "adaptive_max_pool", "global_max_pool"),
    "windows of numbers below -1e30",
    lambda c: c.dtype in ("float32", "float64"),
)
def max_starts_at_a_large_number(c: Call) -> Any:
    """The maximum starts at -1e30 instead of minus infinity."""
    y = c.copy()
    return np.maximum(y, y.dtype.type(-1e30))
