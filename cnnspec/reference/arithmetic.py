"""The arithmetic of the reference: which dtypes it takes, what it carries sums in, and the one rounding at the end.

| dtype of the arguments | sums are carried in | the result is |
|---|---|---|
| float16, bfloat16, float32 | float64 | rounded once |
| float64 | float64 | as it is |
| complex64 | complex128 | rounded once |
| complex128 | complex128 | as it is |
| integers | float64 while every sum stays below $2^{53}$, int64 otherwise | exact modulo $2^w$ |

Arguments of different dtypes are refused: which of them should win is a choice of its own, and none of ours.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.errors import DTypeError

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike

DTYPES = (
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
)  # fmt: skip
"""The dtypes that the reference takes, by name."""

EXACT = 2**53
"""Integers below this bound, and their sums below it, are exact in float64."""


def operands(**given: ArrayLike | None) -> list[Array]:
    """The arguments as arrays of one supported dtype in native byte order; an argument that is ``None`` is left out.

    Raises
    ------
    DTypeError
        If a dtype is not supported, or two differ.

    Examples
    --------
    >>> operands(x=[1, 2], b=None)
    [array([1, 2])]
    """
    arrays = {name: np.asarray(value) for name, value in given.items() if value is not None}
    dtypes = {name: _name(array.dtype) for name, array in arrays.items()}
    for name, dtype in dtypes.items():
        if dtype not in DTYPES:
            raise DTypeError(
                f"{name} must have one of the dtypes {', '.join(DTYPES)}; got {dtype} (NUM-1); convert it, or use"
                " the definition in cnnspec.spec, which takes any number type"
            )
    if len(set(dtypes.values())) > 1:
        got = ", ".join(f"{name} {dtype}" for name, dtype in dtypes.items())
        raise DTypeError(f"the arguments must have one dtype, got {got} (NUM-1); convert one with astype")
    return [a if a.dtype.isnative else a.astype(a.dtype.newbyteorder("=")) for a in arrays.values()]


@cache
def _name(dtype: np.dtype[Any]) -> str:
    return dtype.name  # NumPy puts it together anew each time, which costs more than a small case


def carrier(terms: int, *factors: Array, plus: Array | None = None) -> np.dtype[Any]:
    """The dtype that carries a sum of ``terms`` products, each of one element of every factor, and one of ``plus``.

    Examples
    --------
    >>> carrier(9, np.ones(3, np.int8), np.ones(4, np.int8)), carrier(9, np.array([2**60]))
    (dtype('float64'), dtype('int64'))
    """
    kind = factors[0].dtype.kind
    if kind == "c":
        return np.dtype(np.complex128)
    if kind not in "iu":
        return np.dtype(np.float64)
    addends = () if plus is None else (plus,)
    for magnitude in (_dtype_magnitude, _magnitude):
        if terms * prod(map(magnitude, factors)) + sum(map(magnitude, addends)) < EXACT:
            return np.dtype(np.float64)
    return np.dtype(np.int64)


def _dtype_magnitude(a: Array) -> int:
    return 1 << 8 * a.dtype.itemsize


def _magnitude(a: Array) -> int:
    return max(int(a.max()), -int(a.min())) if a.size else 0


def rounded(y: Array, dtype: np.dtype[Any]) -> Array:
    """The sums ``y``, owned by the caller, as a C-contiguous array of ``dtype``: rounded once, or wrapped modulo $2^w$.

    Examples
    --------
    >>> rounded(np.array([300.0, -1.0]), np.dtype(np.uint8))
    array([ 44, 255], dtype=uint8)
    """
    if y.dtype == dtype:
        return np.asarray(y, order="C")
    with np.errstate(all="ignore"):
        if dtype.kind in "iu":  # by way of int64: the cast of an out-of-range float is undefined
            return y.astype(np.int64, order="C", copy=False).astype(dtype, copy=False)
        if dtype.name == "bfloat16":
            return _to_odd(y).astype(dtype, order="C")
        return y.astype(dtype, order="C")


def _to_odd(y: Array) -> Array:
    """``y`` in float32, an inexact value as the neighbour whose last bit is 1: what is rounded next sees no false tie.

    ml_dtypes rounds float64 to bfloat16 by way of float32, which turns $1 + 2^{-8} + 2^{-40}$ into a tie.
    """
    nearest = y.astype(np.float32)
    even = (nearest != y) & (nearest.view(np.uint32) & 1 == 0)
    toward = np.where(y > nearest, np.float32(np.inf), np.float32(-np.inf))
    return np.where(even, np.nextafter(nearest, toward), nearest)
