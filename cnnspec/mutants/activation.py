"""Faults of relu: another function, another threshold, elements passed over."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import always, mutant
from cnnspec.mutants.plain import carried
from cnnspec.reference.arithmetic import rounded

RELU = ("relu",)


@mutant(RELU, "negative data", always)
def relu_is_absolute_value(c: Call) -> Any:
    """Negative numbers keep their size: the absolute value is given."""
    return np.abs(c.x)


@mutant(RELU, "negative data", always)
def relu_is_identity(c: Call) -> Any:
    """Negative numbers are passed on as they are."""
    return np.array(c.x)


@mutant(RELU, "negative floating-point data", lambda c: "float" in c.dtype)
def relu_leaks(c: Call) -> Any:
    """Negative numbers are passed on a hundredth as large."""
    return rounded(np.where(c.x > 0, carried(c.x), carried(c.x) * 0.01), c.x.dtype)


@mutant(RELU, "data above 6", always)
def relu_cuts_at_six(c: Call) -> Any:
    """Numbers above 6 are cut to 6."""
    return np.minimum(c(), c.x.dtype.type(6))


@mutant(RELU, "data above 0", always)
def relu_shrinks(c: Call) -> Any:
    """1 is taken away from positive numbers."""
    y = c()
    return np.where(y > 1, y - y.dtype.type(1), y.dtype.type(0))


@mutant(RELU, "NaN in the data", lambda c: "float" in c.dtype)
def relu_hides_nan(c: Call) -> Any:
    """NaN gives 0."""
    return c(x=np.where(np.isnan(c.x), c.x.dtype.type(0), c.x))


@mutant(RELU, "data in (0, 1]", always)
def relu_begins_at_one(c: Call) -> Any:
    """Only numbers above 1 are kept."""
    return np.where(c.x > 1, c(), c.x.dtype.type(0))


@mutant(RELU, "data other than 0", always)
def relu_has_wrong_side(c: Call) -> Any:
    """Positive numbers give 0, and negative ones stay."""
    return np.minimum(c.x, c.x.dtype.type(0))


@mutant(RELU, "minus infinity in the data", lambda c: "float" in c.dtype)
def relu_multiplies_by_mask(c: Call) -> Any:
    """``x`` is multiplied by ``x > 0``: minus infinity gives NaN."""
    with np.errstate(all="ignore"):
        return rounded(carried(c.x) * (c.x > 0), c.x.dtype)


@mutant(RELU, "no multiple of 4 elements", lambda c: prod(c.shapes["x"]) % 4)
def relu_passes_over_the_tail(c: Call) -> Any:
    """Elements are done in blocks of 4, and those left over are passed on as they are."""
    y, x = c.copy().ravel(), c.x.ravel()
    start = y.size - y.size % 4
    y[start:] = x[start:]
    return y.reshape(c.x.shape)


@mutant(RELU, "data in (0, 0.001]", lambda c: "float" in c.dtype)
def relu_drops_small_numbers(c: Call) -> Any:
    """Numbers below a thousandth are taken for 0."""
    return np.where(c.x <= 1e-3, c.x.dtype.type(0), c.x)


@mutant(RELU, "several channels", lambda c: c.channels > 1)
def relu_of_first_channel(c: Call) -> Any:
    """Only the first channel goes through relu."""
    y = c.copy()
    y[:, 1:] = c.x[:, 1:]
    return y


@mutant(RELU, "floats above half the largest", lambda c: "float" in c.dtype)
def relu_halves_a_sum(c: Call) -> Any:
    """Relu is (x + |x|) / 2, whose sum overflows for large numbers."""
    with np.errstate(all="ignore"):
        return (c.x + np.abs(c.x)) / c.x.dtype.type(2)
