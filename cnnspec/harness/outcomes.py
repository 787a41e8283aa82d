"""What came of a call, and whether two implementations did alike: what the naming of faults compares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case

if TYPE_CHECKING:
    from cnnspec.harness.probe import Target
    from cnnspec.implementation import Observation
    from cnnspec.typing import Array

Outcome: TypeAlias = "tuple[Any, ...] | str"
"""The results, or the word for how the call ended."""


NO_NUMBERS = "OSUMm"
"""The kinds of dtypes that hold no numbers."""


def outcome_of(function: Callable[..., Any], case: Case) -> Outcome:
    """What a function does on a case, called here."""
    arrays = make_arrays(case)
    with np.errstate(all="ignore"):
        try:
            result = function(*arrays.values(), **case.call_options)
        except Exception as error:  # noqa: BLE001  whatever a faulty function raises is its behaviour
            return "raised" if not isinstance(error, NotImplementedError) else "unsupported"
    results = result if isinstance(result, tuple) else (result,)
    return (
        results if all(isinstance(y, np.ndarray) and y.dtype.kind not in NO_NUMBERS for y in results) else "malformed"
    )


def observed(case: Case, target: Target) -> Outcome:
    """What a target does on a case."""
    return outcome_seen(target.run(case))


def outcome_seen(seen: Observation) -> Outcome:
    """An observation as an outcome."""
    return seen.outputs if seen.kind == "returned" else seen.kind


def same(one: Outcome, other: Outcome, *, bitwise: bool = False) -> bool:
    """Whether two outcomes are alike: to the bit, or but for the last bits of a mean."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other if isinstance(one, str) and isinstance(other, str) else False
    return len(one) == len(other) and all(_equal(a, b, bitwise) for a, b in zip(one, other, strict=True))


def goes_too_far(right: Outcome, target: Outcome, mutant: Outcome) -> bool:
    """Whether the target does in every element what is right or what the mutant does, and not always the latter.

    Where it does something else besides there may be another fault, which makes an element right by chance.
    """
    if isinstance(right, str) or isinstance(target, str):
        return False
    if isinstance(mutant, str):
        return same(target, right)
    if any(not r.shape == t.shape == m.shape for r, t, m in zip(right, target, mutant, strict=False)):
        return False
    alike = [(close(t, r), close(t, m)) for r, t, m in zip(right, target, mutant, strict=False)]
    return all(bool((as_right | as_mutant).all()) for as_right, as_mutant in alike) and not all(
        bool(as_mutant.all()) for _, as_mutant in alike
    )


def close(a: Array, b: Array) -> Array:
    """Where two arrays of one shape agree, but for the last bits of a mean."""
    wide = np.result_type(np.float64, np.complex64 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64)
    p, q = a.astype(wide), b.astype(wide)
    tolerance = 2.0 ** -(_significand(b) // 2)
    with np.errstate(all="ignore"):
        largest = float(np.max(np.abs(q), initial=0, where=np.isfinite(q)))
        return np.asarray(np.isclose(p, q, rtol=tolerance, atol=tolerance * largest, equal_nan=True))


def _equal(a: Array, b: Array, bitwise: bool) -> bool:
    """Whether two results agree: exactly on integers, else but for the last bits of a mean."""
    if a.shape != b.shape:
        return False
    wide = np.result_type(np.float64, np.complex64 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64)
    p, q = a.astype(wide), b.astype(wide)
    with np.errstate(all="ignore"):
        if bitwise or (np.array_equal(p, np.round(p.real)) and np.array_equal(q, np.round(q.real))):
            return bool(np.array_equal(p, q, equal_nan=True))
    return bool(close(a, b).all())


def _significand(a: Array) -> int:
    return {2: 10, 4: 24}.get(a.dtype.itemsize, 52)
