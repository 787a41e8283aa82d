"""Comparing results: the few ways in which laws look at arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.laws.law import Failure

if TYPE_CHECKING:
    from cnnspec.typing import Array


def differs(expected: Array, got: Array) -> Array:
    """Where two arrays of one shape differ; a NaN equals a NaN, and zeros of either sign are equal."""
    a, b = _wide(expected), _wide(got)
    with np.errstate(invalid="ignore"):
        both_nan = (a != a) & (b != b)  # noqa: PLR0124  the definition of NaN, which complex and integers have too
        return np.asarray((a != b) & ~both_nan)


def _wide(a: Array) -> Array:
    """16-bit floats as float64, which holds them exactly and compares them everywhere."""
    return a.astype(np.float64) if a.dtype.itemsize == 2 and a.dtype.kind not in "iu" else a


def sizes_of(a: Array) -> Array:
    """The absolute values as floats; those of integers do not wrap around."""
    return np.asarray(np.abs(a if a.dtype.kind == "c" else a.astype(np.float64)))


def rounded(expected: Array, like: Array) -> Array:
    """The exact values, rounded once to the dtype of ``like``; as they are, where that dtype cannot hold their kind."""
    if like.dtype.kind == "b" or (expected.dtype.kind == "c" and like.dtype.kind != "c"):
        return expected
    with np.errstate(over="ignore", invalid="ignore"):
        return expected.astype(like.dtype)


def equal(expected: Array, got: Array, message: str, *, call: str = "") -> Failure | None:
    """A failure unless ``got`` is ``expected``, element by element, exactly."""
    if expected.shape != got.shape:
        return Failure(
            f"{message}: the shape is {got.shape} where {expected.shape} is expected", expected, got, None, call
        )
    wrong = differs(expected, got)
    if not wrong.any():
        return None
    where = first_index(wrong)
    return Failure(f"{message}: {values_at(where, expected, got, int(wrong.sum()))}", expected, got, where, call)


def values_at(where: tuple[int, ...], expected: Array, got: Array, count: int) -> str:
    """The first wrong element in words.

    Examples
    --------
    >>> values_at((1,), np.array([1, 2]), np.array([1, 5]), 1)
    'element [1] is 5 where 2 is right'
    """
    words = f"element {list(where)} is {got[where]!s} where {expected[where]!s} is right"
    return words if count == 1 else f"{words} ({count} of {got.size} elements differ)"


def within(expected: Array, got: Array, bound: Array, message: str) -> Failure | None:
    """A failure unless every error is within its own bound; a NaN is right only where NaN is expected.

    Where the bound is infinite nothing is required.
    """
    if expected.shape != got.shape:
        return Failure(f"{message}: the shape is {got.shape} where {expected.shape} is expected", expected, got)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(_wide(got) - expected)
        wrong = ~(error <= bound) & ~np.isposinf(bound) & ~(np.isnan(expected) & np.isnan(_wide(got)))
    if not wrong.any():
        return None
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = np.nan_to_num(np.where(np.isfinite(error), error / bound, np.inf), nan=np.inf, posinf=np.inf)
    where = tuple(int(i) for i in np.unravel_index(int(np.argmax(np.where(wrong, ratio, -1))), ratio.shape))
    return Failure(
        f"{message}: {values_at(where, expected, got, int(wrong.sum()))}, an error of"
        f" {float(ratio[where]):.3g} times the largest allowed",
        expected, got, where, bound=bound,
    )  # fmt: skip


def first_index(wrong: Array) -> tuple[int, ...]:
    """The first index at which ``wrong`` is set, in row-major order."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))


def put_at(a: Array, index: tuple[int, ...], value: Any) -> Array:
    """A copy of ``a`` with one element changed."""
    changed = np.array(a)
    changed[index] = value
    return changed
