"""Faults of the dtype: another one comes out, or integers lose bits on their way."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import When, mutant
from cnnspec.operations import BY_NAME

EVERY = tuple(BY_NAME)
LINEAR = ("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad")
SIGNAL = ("convolve", "cross_correlate")


def other_than(dtype: str) -> When:
    """When the data have another real dtype."""
    return lambda c: c.dtype != dtype and not c.dtype.startswith("complex")


def integers(*names: str) -> When:
    """When the data are integers, of these dtypes if some are named."""
    return lambda c: "int" in c.dtype and (not names or c.dtype in names)


@mutant(EVERY, "data of another dtype", other_than("float64"))
def always_float64(c: Call) -> Any:
    """The result is always float64."""
    return c.with_first(c.copy().astype(np.float64))


@mutant(EVERY, "data of another dtype", other_than("float32"))
def always_float32(c: Call) -> Any:
    """The result is always float32."""
    with np.errstate(all="ignore"):
        return c.with_first(c.copy().astype(np.float32))


@mutant(EVERY, "float16 or bfloat16 data", lambda c: c.dtype in ("float16", "bfloat16"))
def sixteen_bits_become_float32(c: Call) -> Any:
    """16-bit numbers come out as float32."""
    return c.with_first(c.copy().astype(np.float32))


@mutant(LINEAR, "bfloat16 data", lambda c: c.dtype == "bfloat16")
def bfloat16_becomes_float16(c: Call) -> Any:
    """Bfloat16 comes out as float16."""
    with np.errstate(all="ignore"):
        return c().astype(np.float16)


@mutant(LINEAR, "8-bit integers", integers("int8", "uint8"))
def integers_wrap_then_widen(c: Call) -> Any:
    """8-bit sums wrap around and are widened to 32 bits afterwards."""
    return c().astype(np.int32)


@mutant((*LINEAR, *SIGNAL), "integers of 32 or 64 bits", integers("int32", "int64"))
def integers_go_through_float32(c: Call) -> Any:
    """Sums of integers go through float32, which holds 24 bits."""
    with np.errstate(all="ignore"):
        return c().astype(np.float32).astype(np.float64).astype(c.dtype)


@mutant((*LINEAR, *SIGNAL), "64-bit integers", integers("int64"))
def int64_computed_in_32_bits(c: Call) -> Any:
    """64-bit integers are computed in 32 bits."""
    return c().astype(np.int32).astype(np.int64)


@mutant((*LINEAR, *SIGNAL), "integers of 32 or 64 bits", integers("int32", "int64"))
def integers_cut_to_16_bits(c: Call) -> Any:
    """Sums of integers are cut to 16 bits."""
    return c().astype(np.int16).astype(c.dtype)


@mutant(LINEAR, "integer data", integers())
def integers_become_float64(c: Call) -> Any:
    """Integers come out as floats."""
    return c().astype(np.float64)


@mutant(LINEAR, "int8 data", integers("int8"))
def int8_result_is_unsigned(c: Call) -> Any:
    """The sign of 8-bit integers is lost: they are read as unsigned in a wider sum."""
    return c().view(np.uint8)


@mutant(("max_pool_with_indices",), "data of another dtype than int64", other_than("int64"))
def indices_have_dtype_of_values(c: Call) -> Any:
    """The indices have the dtype of the values."""
    values, indices = c()
    return values, indices.astype(values.dtype)
