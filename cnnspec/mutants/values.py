"""Faults that hang on single values: NaN, infinities, zeros, fractions; and results that are no results."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import always, mutant
from cnnspec.operations import BY_NAME

EVERY = tuple(BY_NAME)
LINEAR = ("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad")
REAL = ("conv", "max_pool", "avg_pool", "lp_pool", "adaptive_max_pool", "adaptive_avg_pool", "global_max_pool", "global_avg_pool")


def floating(c: Call) -> bool:
    """Whether the numbers are floating-point."""
    return "float" in c.dtype


@mutant(REAL, "NaN is taken for 0", "NaN in the data", floating)
def nan_taken_for_zero(c: Call) -> Any:
    return c(x=np.where(np.isnan(c.x), c.x.dtype.type(0), c.x))


@mutant(LINEAR, "infinities are taken for the largest number", "infinities in the data", floating)
def infinity_taken_for_largest(c: Call) -> Any:
    import ml_dtypes

    first = c.operation.arrays[0]
    largest = ml_dtypes.finfo(c.arrays[first].dtype).max
    return c(**{first: np.clip(c.arrays[first], -largest, largest)})


@mutant(("conv",), "one NaN spreads over its whole plane and all outputs of the sample", "NaN in the data", floating)
def nan_spreads_over_sample(c: Call) -> Any:
    y = c.copy()
    y[np.isnan(c.x).any(axis=tuple(range(1, c.x.ndim)))] = np.nan
    return y


@mutant(("conv",), "zeros are skipped: 0 times infinity gives 0", "zeros in the data and infinite weights", floating)
def zero_times_infinity_is_zero(c: Call) -> Any:
    if np.isfinite(c.w).all():
        return c()
    finite = np.where(np.isfinite(c.w), c.w, c.w.dtype.type(0))
    hit = c(x=(c.x != 0).astype(c.x.dtype), w=(~np.isfinite(c.w)).astype(c.w.dtype), b=None) > 0
    return np.where(hit, c(), c(w=finite))


@mutant((*LINEAR, "max_pool", "avg_pool", "relu", "pad"), "the data are read as integers", "data with fractions", floating)
def data_read_as_integers(c: Call) -> Any:
    first = c.operation.arrays[0]
    a = c.arrays[first]
    return c(**{first: np.where(np.isfinite(a), np.trunc(a.astype(np.float64)), a).astype(a.dtype)})


@mutant(("conv", "avg_pool"), "negative results are cut to 0: the activation is built in", "negative results", always)
def result_cut_at_zero(c: Call) -> Any:
    y = c()
    return np.maximum(y, y.dtype.type(0))


@mutant(("conv",), "the result is scaled by the number of products", "any floating-point data", floating)
def result_scaled_by_fan_in(c: Call) -> Any:
    y = c()
    return y / y.dtype.type(max(np.prod(c.w.shape[1:]), 2))


@mutant(EVERY, "the result is zero, in the right shape", "any call", always, "ScalingIntelligence/KernelBench#165")
def returns_zeros(c: Call) -> Any:
    return c.with_first(np.zeros_like(c.copy()))


@mutant(EVERY, "the result is NaN everywhere", "floating-point data", floating)
def returns_nan(c: Call) -> Any:
    return c.with_first(np.full_like(c.copy(), np.nan))


@mutant(LINEAR, "a single element is off by one: the middle one", "any call with a result", lambda c: 0 not in c.forward)
def middle_element_off_by_one(c: Call) -> Any:
    y = c.copy()
    if y.size:
        with np.errstate(all="ignore"):
            y.reshape(-1)[y.size // 2] += y.dtype.type(1)
    return y


@mutant(("max_pool", "adaptive_max_pool", "global_max_pool"), "numbers are compared by size: the farthest from zero wins",
        "negative data", always)  # fmt: skip
def farthest_from_zero_wins(c: Call) -> Any:
    high, low = c(), -c(x=-c.x) if c.x.dtype.kind not in "iu" or c.x.dtype.kind == "i" else c()
    return np.where(np.abs(low) > np.abs(high), low, high)
