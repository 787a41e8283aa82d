"""Naming the fault: which mutant of the zoo gives what the target gives, on failing and on passing cases alike.

A name is given only where a mutant agrees with the target on *every* compared case, at least :data:`LEAST` failing
ones, and on the passing cases too: a mutant that also goes wrong where the target is right is another fault.  Where one
mutant accounts for some of the failing cases only, a pair may account for all of them; else the cases are told apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.cases.fills import INTEGER_FILLS, split
from cnnspec.harness.causes import Cause, Seen, smallest
from cnnspec.harness.judge import VALUE_LANES
from cnnspec.harness.probe import Target
from cnnspec.harness.verdicts import Finding, Verdict
from cnnspec.implementation import DIVIDES
from cnnspec.mutants import FAMILIES, find, load, names

if TYPE_CHECKING:
    from cnnspec.typing import Array

LEAST = 3
"""Failing cases on which a mutant must agree before its name is given, where there are so many."""

COMPARED = 20
"""Failing cases compared; the passing ones are compared all."""

NEVER_RUN = ("process", "isolation", "state")
"""Families that are not run in this process, or that no single call shows."""

Outcome = tuple[Any, ...] | str


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """What the target did on a case, which may be ``origin`` refilled, and whether that was right.

    ``bitwise`` stands where precision is the matter.
    """

    origin: Case
    case: Case
    outcome: Outcome
    failing: bool
    bitwise: bool = False


def diagnose(seen: Seen, target: Target) -> list[Finding]:
    """One finding for each fault that an operation showed, its case made small and the fault named where it can be.

    Where results are right by the definition on the very cases that break a relation between results, and others of
    the operation are wrong, the relation broke in its further calls: it tells of the same fault.
    """
    findings: list[Finding] = []
    for cause in seen.distinct(target):
        if cause.law.lane not in VALUE_LANES or cause.verdict not in (Verdict.FAILED, Verdict.REFUSED):
            findings.append(smallest(cause, target))
            continue
        behaviours = _behaviours(cause, seen.passing, target)
        shown = sum(b.failing for b in behaviours)
        if 2 * shown >= min(len(cause.cases), COMPARED):
            findings += _named(cause, behaviours, target)
        elif not shown and cause.law.lane == "metamorphic" and findings and findings[0].verdict is Verdict.FAILED:
            findings[0] = replace(findings[0], also=(*findings[0].also, cause.law.id))
        else:
            findings.append(smallest(cause, target))
    return findings


def _behaviours(cause: Cause, passing: list[Case], target: Target) -> list[Behaviour]:
    """The target on failing and on passing cases; bit for bit where precision is the matter."""
    first = cause.cases[0]
    if cause.law.lane == "bounded" and first.operation.name not in DIVIDES:
        behaviours = [
            Behaviour(case, case, _observed(case, target), True, bitwise=True) for case in cause.cases[:COMPARED]
        ]
        return behaviours + [Behaviour(case, case, _observed(case, target), False) for case in passing]
    return [_behaviour(case, target) for case in cause.cases[:COMPARED] + passing]


def _behaviour(origin: Case, target: Target) -> Behaviour:
    """The target on a case, its real data exchanged for integers, on which two ways of adding agree to the bit."""
    case = origin
    if split(case.fill)[0] not in INTEGER_FILLS and not case.data:
        case = replace(case, fill="ints:100" if case.dtype[:5] in ("float", "int16", "int32", "int64") else "ints:8")
    outcome = _observed(case, target)
    return Behaviour(origin, case, outcome, not _same(_outcome(case.operation.reference, case), outcome, False))


def _named(cause: Cause, behaviours: list[Behaviour], target: Target) -> list[Finding]:
    findings = []
    for name, explained in faults(behaviours):
        shown = [b.origin for b in explained if b.origin in cause.cases]
        looks_like = ((name, len(explained), len(explained)),) if name else ()
        findings.append(replace(smallest(replace(cause, cases=shown or cause.cases), target), looks_like=looks_like))
    return _share_counts(findings, cause.count)


def _share_counts(findings: list[Finding], count: int) -> list[Finding]:
    """The number of failing cases, shared out as the compared ones were."""
    compared = sum(f.looks_like[0][1] if f.looks_like else 1 for f in findings)
    return [replace(f, cases=max(count * (f.looks_like[0][1] if f.looks_like else 1) // compared, 1)) for f in findings]


def faults(behaviours: list[Behaviour]) -> list[tuple[str, list[Behaviour]]]:
    """Named faults with the failing cases that each accounts for; the name is empty for those that none does."""
    failing = [b for b in behaviours if b.failing]
    op = failing[0].case.operation.name
    agreement = {name: _agreement(name, behaviours) for name in candidates(op)}
    agreement = {name: agreed for name, agreed in agreement.items() if agreed}
    ranked = sorted(agreement, key=lambda name: -len(agreement[name]))
    if ranked and len(agreement[ranked[0]]) == len(failing):
        return [(ranked[0], failing)]
    for first in ranked[:3]:
        for second in candidates(op):
            name = f"{first}+{second}"
            if second != first and len(_agreement(name, behaviours)) == len(failing):
                return [(name, failing)]
    return _told_apart(failing, ranked, agreement)


def _told_apart(
    failing: list[Behaviour], ranked: list[str], agreement: dict[str, list[Behaviour]]
) -> list[tuple[str, list[Behaviour]]]:
    rest, parts = list(failing), []
    for name in ranked:
        explained = [b for b in agreement[name] if b in rest]
        if len(explained) >= LEAST and len(explained) * 4 >= len(failing):
            parts.append((name, explained))
            rest = [b for b in rest if b not in explained]
    return parts + ([("", rest)] if rest else [])


def candidates(op: str) -> list[str]:
    """The mutants that touch an operation and may be run here."""
    families = set(FAMILIES) - set(NEVER_RUN)
    return [name for name in names() if op in find(name).operations and find(name).family in families]


def _agreement(name: str, behaviours: list[Behaviour]) -> list[Behaviour]:
    """The failing cases on which the mutant does what the target did; none if it contradicts a passing case."""
    mutant, functions = find(name), load(name)

    def same(b: Behaviour) -> bool:
        case = b.case
        if not mutant.triggers(case.operation.name, case.array_shapes, case.call_options, case.dtype):
            return not b.failing  # there it answers as the reference does
        return _same(_outcome(functions[case.op], case), b.outcome, b.bitwise)

    agreed = []
    for b in behaviours:
        if b.failing and same(b):
            agreed.append(b)
        elif b.failing and "+" in name:
            return []
    return agreed if agreed and all(same(b) for b in behaviours if not b.failing) else []


def _outcome(function: Callable[..., Any], case: Case) -> Outcome:
    arrays = make_arrays(case)
    with np.errstate(all="ignore"):
        try:
            result = function(*arrays.values(), **case.call_options)
        except Exception as error:  # noqa: BLE001  whatever a faulty function raises is its behaviour
            return "raised" if not isinstance(error, NotImplementedError) else "unsupported"
    return result if isinstance(result, tuple) else (result,)


def _observed(case: Case, target: Target) -> Outcome:
    seen = target.run(case)
    return seen.outputs if seen.kind == "returned" else seen.kind


def _same(one: Outcome, other: Outcome, bitwise: bool) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other if isinstance(one, str) and isinstance(other, str) else False
    return len(one) == len(other) and all(_equal(a, b, bitwise) for a, b in zip(one, other, strict=True))


def _equal(a: Array, b: Array, bitwise: bool) -> bool:
    """Whether two results agree: exactly on integers, else but for the last bits of a mean."""
    if a.shape != b.shape:
        return False
    wide = np.result_type(np.float64, np.complex64 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64)
    p, q = a.astype(wide), b.astype(wide)
    with np.errstate(all="ignore"):
        if bitwise or (np.array_equal(p, np.round(p.real)) and np.array_equal(q, np.round(q.real))):
            return bool(np.array_equal(p, q, equal_nan=True))
        tolerance = 2.0 ** -(_significand(b) // 2)
        return bool(
            np.allclose(p, q, rtol=tolerance, atol=tolerance * float(np.max(np.abs(q), initial=0)), equal_nan=True)
        )


def _significand(a: Array) -> int:
    return {2: 10, 4: 24}.get(a.dtype.itemsize, 52)
