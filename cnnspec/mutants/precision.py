"""Faults of precision: sums kept, operands read or results given in a format narrower than the one that is promised."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant
from cnnspec.mutants.plain import finished, in_order, read
from cnnspec.mutants.plain_pooling import divisors, returned, shaped, usual
from cnnspec.reference.arithmetic import rounded

if TYPE_CHECKING:
    from cnnspec.typing import Array

LINEAR = ("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad")
WIDE = ("float32", "float64")
SIGNAL = ("convolve", "cross_correlate")
SUMS = (*LINEAR, *SIGNAL)
NARROW = ("float16", "bfloat16")

Rounding = Callable[["Array"], "Array"]


def to(dtype: Any) -> Rounding:
    """Rounding to a dtype, carried in float64."""
    return lambda a: a.astype(dtype).astype(np.float64)


def to_tf32(a: Array) -> Array:
    """Rounding to TF32, float32 with 11 significant bits, to the nearest, ties to even."""
    bits = a.astype(np.float32).view(np.uint32)
    near = (bits + (0xFFF + (bits >> 13 & 1)).astype(np.uint32)) & np.uint32(0xFFFFE000)
    return np.where(np.isfinite(a), near.view(np.float32), a.astype(np.float32)).astype(np.float64)


def cut_to_float32(a: Array) -> Array:
    """Rounding to float32 toward zero."""
    near = a.astype(np.float32)
    return np.where(np.abs(near) > np.abs(a), np.nextafter(near, np.float32(0)), near).astype(np.float64)


def accumulated(c: Call, rounding: Rounding) -> Any:
    """The sum, tap by tap, rounded after every addition."""
    if c.op in SIGNAL:
        return _accumulated_signal(c, rounding)
    shape = c.shapes["x"] if c.op.endswith("input_grad") else c.shapes["w"] if c.op == "conv_weight_grad" else c.forward
    flat = (*shape[:2], prod(shape[2:]))
    y = np.zeros(flat)
    with np.errstate(all="ignore"):
        for at, term in returned(c) if "pool" in c.op else in_order(c):
            y[..., at] = rounding(y[..., at] + term)
        return finished(c, y.reshape(shape))


def _accumulated_signal(c: Call, rounding: Rounding) -> Any:
    y = np.zeros(c.counts)
    for j in np.ndindex(*c.k.shape):
        k = np.zeros_like(c.k)
        k[j] = c.k[j]
        y = rounding(y + c(k=k))
    return y.astype(c.x.dtype)


def operands(c: Call, rounding: Rounding) -> Any:
    """The call on operands that are rounded first."""
    with np.errstate(all="ignore"):
        return c(**{name: rounding(a).astype(a.dtype) for name, a in c.arrays.items() if name != "b"})


def of(*dtypes: str) -> Callable[[Call], bool]:
    """When the call is in one of these dtypes."""
    return lambda c: c.dtype in dtypes


@mutant(
    (*SUMS, "max_pool_input_grad"),
    "floating-point data",
    of(*WIDE, "float16"),
    "pytorch/pytorch#68048",
    "ARM-software/ComputeLibrary#1287",
    literal=True,
)
def accumulates_in_float16(c: Call) -> Any:
    """Sums are kept in float16."""
    return accumulated(c, to(np.float16))


@mutant(SUMS, "floating-point data", of(*WIDE, "bfloat16"), literal=True)
def accumulates_in_bfloat16(c: Call) -> Any:
    """Sums are kept in bfloat16."""
    return accumulated(c, to(ml_dtypes.bfloat16))


@mutant(
    LINEAR,
    "float16 or bfloat16 data",
    of(*NARROW),
    "pytorch/pytorch#68048",
    "fastmachinelearning/hls4ml#311",
    literal=True,
)
def accumulates_in_16_bits(c: Call) -> Any:
    """Sums of 16-bit numbers are kept in 16 bits."""
    return accumulated(c, to(next(iter(c.arrays.values())).dtype))


@mutant(SUMS, "float32 data", of("float32"), literal=True)
def accumulates_toward_zero(c: Call) -> Any:
    """Sums are cut toward zero after every addition."""
    return accumulated(c, cut_to_float32)


@mutant(SUMS, "float64 data", of("float64"), literal=True)
def accumulates_float64_in_float32(c: Call) -> Any:
    """Float64 sums are kept in float32."""
    return accumulated(c, to(np.float32))


@mutant(SUMS, "float32 data", of("float32"))
def rounds_operands_to_tf32(c: Call) -> Any:
    """Operands are rounded to TF32, 11 significant bits."""
    return operands(c, to_tf32)


@mutant(SUMS, "float32 data", of("float32"))
def rounds_operands_to_bfloat16(c: Call) -> Any:
    """Operands are rounded to bfloat16, 8 significant bits."""
    return operands(c, to(ml_dtypes.bfloat16))


@mutant(LINEAR[:3], "float32 data", of("float32"))
def rounds_weights_to_bfloat16(c: Call) -> Any:
    """Only the weights are rounded to bfloat16."""
    return c(w=to(ml_dtypes.bfloat16)(c.w).astype(c.w.dtype))


@mutant(SUMS, "float64 data", of("float64"))
def float64_goes_through_float32(c: Call) -> Any:
    """Float64 data are computed in float32."""
    return c(**{name: a.astype(np.float32) for name, a in c.arrays.items()}).astype(np.float64)


@mutant(SUMS, "floating-point data of 32 or 64 bits", of(*WIDE))
def rounds_result_to_float16(c: Call) -> Any:
    """The result is rounded to float16 on its way out."""
    with np.errstate(all="ignore"):
        return c().astype(np.float16).astype(c.dtype)


@mutant(SUMS, "floating-point data", of(*WIDE))
def adds_epsilon(c: Call) -> Any:
    """A small constant is added, to keep away from zero."""
    y = c()
    return y + y.dtype.type(1e-5)


@mutant(("avg_pool",), "floating-point data of 32 or 64 bits", of(*WIDE, "float16"), literal=True)
def average_accumulates_in_float16(c: Call) -> Any:
    """The sums of an average are kept in float16."""
    at = usual(c)
    v = read(c.x.astype(np.float64), at)
    with np.errstate(all="ignore"):
        y = np.zeros(v.shape[:3])
        for j in range(v.shape[3]):
            y = to(np.float16)(y + v[..., j])
        return rounded(shaped(c, y / divisors(c, at), at), c.x.dtype)


@mutant(("avg_pool",), "floating-point data of 32 or 64 bits", lambda c: c.dtype in WIDE and prod(c.kernel) > 2)
def average_multiplies_by_rough_reciprocal(c: Call) -> Any:
    """The sum is multiplied by the reciprocal of the count, rounded to float16."""
    y, count = c(), prod(c.kernel)
    return y * y.dtype.type(np.float64(np.float16(1 / count)) * count)


@mutant(("max_pool", "relu", "pad"), "floating-point data of 32 or 64 bits", of(*WIDE))
def goes_through_float16(c: Call) -> Any:
    """Numbers go through float16 on their way."""
    with np.errstate(all="ignore"):
        return c().astype(np.float16).astype(c.dtype)


@mutant(("max_pool", "relu", "pad"), "float64 data", of("float64"))
def goes_through_float32(c: Call) -> Any:
    """Float64 data go through float32 on their way."""
    with np.errstate(all="ignore"):
        return c().astype(np.float32).astype(np.float64)
