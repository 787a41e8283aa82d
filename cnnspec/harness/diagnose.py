"""Naming the fault: which mutant of the zoo gives what the target gives, on failing and on passing cases alike.

A name is given only where a mutant agrees with the target on *every* compared case, at least :data:`LEAST` failing
ones, and on the passing cases too: a mutant that also goes wrong where the target is right is another fault.  Where one
mutant accounts for some of the failing cases only, a pair may account for all of them; else the cases are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnnspec.cases.case import Case
from cnnspec.cases.fills import INTEGER_FILLS, split
from cnnspec.harness.causes import Cause, Seen, smallest
from cnnspec.harness.judge import RETURNS, VALUE_LANES
from cnnspec.harness.outcomes import Outcome, observed, outcome_of, same
from cnnspec.harness.probe import Target
from cnnspec.harness.profile import Like, name_under_laws
from cnnspec.harness.verdicts import Finding, Verdict
from cnnspec.implementation import DIVIDES
from cnnspec.mutants import Mutant, find, load, names

LEAST = 3
"""Failing cases on which a mutant must agree before its name is given, where there are so many."""

COMPARED = 20
"""Failing cases compared; the passing ones are compared all."""

APART = ("process", "isolation", "state", "errors")
"""Families that no single valid call shows by its values; see :mod:`cnnspec.harness.profile`."""


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
    causes, findings = seen.distinct(target), list[Finding]()
    beside = name_under_laws(list(filter(_apart, causes)), seen.passing, target)
    for cause in causes:
        if _apart(cause):
            findings.append(_under_laws(cause, beside or name_under_laws([cause], seen.passing, target), target))
            continue
        behaviours = _behaviours(cause, seen.passing, target) if _by_value(cause) else []
        shown = sum(b.failing for b in behaviours)
        own = shown and 2 * shown >= min(len(cause.cases), COMPARED)
        named = faults(behaviours) if own else []
        further = cause.law.lane == "metamorphic" and (beside or not shown) and not any(name for name, _ in named)
        if further and _tells(findings, cause):
            findings[0] = replace(findings[0], also=(*findings[0].also, cause.law.id))
        elif own:
            findings += _named(cause, named, target)
        else:
            findings.append(_under_laws(cause, beside, target))
    return findings


def _tells(findings: list[Finding], cause: Cause) -> bool:
    """Whether a finding is there that may tell of the same fault as a relation that broke in its further calls."""
    return bool(findings) and findings[0].verdict in (Verdict.FAILED, cause.verdict)


def _by_value(cause: Cause) -> bool:
    """Whether results of the calls themselves tell the fault: a wrong value or shape, or no result."""
    if cause.law.id == RETURNS:
        return cause.verdict is Verdict.REFUSED
    return cause.law.lane in VALUE_LANES and cause.verdict in (Verdict.FAILED, Verdict.REFUSED)


def _apart(cause: Cause) -> bool:
    """Whether the fault is told by the laws that it breaks: it shows beside the result, or in further calls."""
    return not _by_value(cause) and cause.verdict in (Verdict.FAILED, Verdict.REFUSED)


def _under_laws(cause: Cause, name: Like | None, target: Target) -> Finding:
    """The finding of one cause that its values do not tell, with the mutant that breaks the laws alike."""
    finding = smallest(cause, target)
    lasting = finding.verdict in (Verdict.FAILED, Verdict.REFUSED)
    return replace(finding, looks_like=(name,)) if name and lasting else finding


def _behaviours(cause: Cause, passing: list[Case], target: Target) -> list[Behaviour]:
    """The target on failing and on passing cases; bit for bit where precision is the matter."""
    first = cause.cases[0]
    if cause.law.lane == "bounded" and first.operation.name not in DIVIDES:
        behaviours = [
            Behaviour(case, case, observed(case, target), True, bitwise=True) for case in cause.cases[:COMPARED]
        ]
        return behaviours + [Behaviour(case, case, observed(case, target), False) for case in passing]
    return [_behaviour(case, target) for case in cause.cases[:COMPARED] + passing]


def _behaviour(origin: Case, target: Target) -> Behaviour:
    """The target on a case, its real data exchanged for integers, on which two ways of adding agree to the bit."""
    case = origin
    if split(case.fill)[0] not in INTEGER_FILLS and not case.data:
        case = replace(case, fill="ints:100" if case.dtype[:5] in ("float", "int16", "int32", "int64") else "ints:8")
    outcome = observed(case, target)
    return Behaviour(origin, case, outcome, not same(outcome_of(case.operation.reference, case), outcome))


def _named(cause: Cause, named: list[tuple[str, list[Behaviour]]], target: Target) -> list[Finding]:
    findings = []
    for name, explained in named:
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
    """The mutants that show in the values of valid calls of an operation, and those that refuse some."""
    return [name for name in names() if op in find(name).operations and _shows_by_value(find(name))]


def _shows_by_value(mutant: Mutant) -> bool:
    return mutant.family not in APART or (mutant.family == "isolation" and not mutant.harmful)


def _agreement(name: str, behaviours: list[Behaviour]) -> list[Behaviour]:
    """The failing cases on which the mutant does what the target did; none if it contradicts a passing case."""
    mutant, functions = find(name), load(name)

    def alike(b: Behaviour) -> bool:
        case = b.case
        if not mutant.triggers(case.operation.name, case.array_shapes, case.call_options, case.dtype):
            return not b.failing  # there it answers as the reference does
        return same(outcome_of(functions[case.op], case), b.outcome, bitwise=b.bitwise)

    agreed = []
    for b in behaviours:
        if b.failing and alike(b):
            agreed.append(b)
        elif b.failing and "+" in name:
            return []
    return agreed if agreed and all(alike(b) for b in behaviours if not b.failing) else []
