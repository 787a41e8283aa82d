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


@mutant(RELU, "negative numbers keep their size: the absolute value is given", "negative data", always)
def relu_is_absolute_value(c: Call) -> Any:
    return np.abs(c.x)


@mutant(RELU, "negative numbers are passed on as they are", "negative data", always)
def relu_is_identity(c: Call) -> Any:
    return np.array(c.x)


@mutant(RELU, "negative numbers are passed on a hundredth as large", "negative floating-point data", lambda c: "float" in c.dtype)
def relu_is_leaky(c: Call) -> Any:
    return rounded(np.where(c.x > 0, carried(c.x), carried(c.x) * 0.01), c.x.dtype)


@mutant(RELU, "numbers above 6 are cut to 6", "data above 6", always)
def relu_is_cut_at_six(c: Call) -> Any:
    return np.minimum(c(), c.x.dtype.type(6))


@mutant(RELU, "only numbers above 1 are kept", "data in (0, 1]", always)
def relu_begins_at_one(c: Call) -> Any:
    return np.where(c.x > 1, c(), c.x.dtype.type(0))


@mutant(RELU, "positive numbers give 0, and negative ones stay", "data other than 0", always)
def relu_has_wrong_side(c: Call) -> Any:
    return np.minimum(c.x, c.x.dtype.type(0))


@mutant(RELU, "x is multiplied by x > 0: minus infinity gives NaN", "minus infinity in the data", lambda c: "float" in c.dtype)
def relu_multiplies_by_mask(c: Call) -> Any:
    with np.errstate(all="ignore"):
        return rounded(carried(c.x) * (c.x > 0), c.x.dtype)


@mutant(RELU, "elements are done in blocks of 4, and those left over are passed on as they are", "no multiple of 4 elements",
        lambda c: prod(c.shapes["x"]) % 4)  # fmt: skip
def relu_passes_over_the_tail(c: Call) -> Any:
    y, x = c.copy().ravel(), c.x.ravel()
    start = y.size - y.size % 4
    y[start:] = x[start:]
    return y.reshape(c.x.shape)


@mutant(RELU, "numbers below a thousandth are taken for 0", "data in (0, 0.001]", lambda c: "float" in c.dtype)
def relu_drops_small_numbers(c: Call) -> Any:
    return np.where(c.x <= 1e-3, c.x.dtype.type(0), c.x)


@mutant(RELU, "only the first channel goes through relu", "several channels", lambda c: c.channels > 1)
def relu_of_first_channel(c: Call) -> Any:
    y = c.copy()
    y[:, 1:] = c.x[:, 1:]
    return y
