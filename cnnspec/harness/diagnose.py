"""From causes to findings: each case made small, and the fault named where that can be done.

How a name is found: :mod:`cnnspec.harness.naming` by the values of single calls, :mod:`cnnspec.harness.profile` by the
laws that are broken.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from itertools import chain

from cnnspec.harness.causes import CHANGED, Cause, Seen, absorbed, smallest
from cnnspec.harness.fresh import Known, fresh_cases
from cnnspec.harness.judge import RETURNS, VALUE_LANES
from cnnspec.harness.naming import COMPARED, Named, Naming, accounts, behaviours
from cnnspec.harness.outcomes import observed
from cnnspec.harness.probe import Target
from cnnspec.harness.profile import Like, goes_further, name_under_laws
from cnnspec.harness.remembered import Remembered, as_new
from cnnspec.harness.verdicts import Finding, Verdict
from cnnspec.laws.registry import find_law
from cnnspec.mutants import find

ARITHMETIC = "NUM-1"
"""The law on how sums are rounded, which tells nothing of results that are other sums."""


def diagnose(seen: Seen, target: Target) -> list[Finding]:
    """One finding for each fault that an operation showed, its case made small and the fault named where it can be.

    Where results are right by the definition on the very cases that break a relation between results, and others of
    the operation are wrong, the relation broke in its further calls: it tells of the same fault.
    """
    target = _remembered(seen, target)
    causes, findings, behind = seen.distinct(target), list[Finding](), list[str]()
    valued = any(map(_by_value, causes))
    beside = name_under_laws([c for c in causes if _apart(c, valued)], seen.passing, target)
    for cause in causes:  # which grows: what a name does not account for is a cause of its own
        if _apart(cause, valued):
            name = beside or name_under_laws([cause], seen.passing, target)
            findings.append(_under_laws(absorbed(cause), name, seen, target))
            continue
        before = frozenset(like[0] for finding in findings for like in finding.looks_like)
        alone = len(causes) == 1
        named = _names(cause, seen, target, alone=alone, before=before) if _by_value(cause) else []
        if _steps_back(cause, causes, named):
            causes += cause.explained
            behind.append(cause.law.id)
            continue
        further = (
            (cause.law.lane == "metamorphic" or cause.law.id == CHANGED)
            and (beside or not named)
            and not any(name for name, _ in named)
        )
        if further and _tells(findings, cause):
            findings[0] = replace(findings[0], also=(*findings[0].also, cause.law.id))
        elif any(name for name, _ in named):
            causes += _left_over(cause, named, target)
            findings += _named(absorbed(cause), named, seen, target)
        else:
            name = beside if beside and not named else _whole_profile(cause, seen, target)
            findings.append(_under_laws(absorbed(cause), name, seen, target))
    findings = _one_flaky(_all_refusals_named(findings))
    return [replace(findings[0], also=(*findings[0].also, *behind)), *findings[1:]] if findings else []


def _remembered(seen: Seen, target: Target) -> Target:
    """The target, asked each question once where that is dear, and nothing was seen of what it keeps."""
    claims = target.claims.operations
    dear = all(claims[cause.cases[0].op].compiled for cause in seen.causes.values())
    pure = not any(cause.law.lane == "purity" for cause in seen.causes.values())
    return Remembered(target) if seen.causes and dear and pure else target


def _all_refusals_named(findings: list[Finding]) -> list[Finding]:
    """What is accepted and must be refused is named for every such law, or for none: it may well be one fault."""

    def refusal(finding: Finding) -> bool:
        return find_law(finding.law).lane == "reject"

    if all(finding.looks_like for finding in findings if refusal(finding)):
        return findings
    return [replace(finding, looks_like=()) if refusal(finding) else finding for finding in findings]


def _one_flaky(findings: list[Finding]) -> list[Finding]:
    """A target that changes its mind breaks now one law and now another: that is one finding.

    What else shows beside its results then comes of what it keeps, or has another name.
    """
    flaky = [finding for finding in findings if finding.verdict is Verdict.FLAKY]
    if not flaky:
        return findings
    findings = [replace(f, looks_like=()) if _names_no_state(f) else f for f in findings]
    shortest = min(flaky, key=lambda finding: len(str(finding.case)))
    also = {law for finding in flaky for law in (finding.law, *finding.also)} - {shortest.law}
    one = replace(shortest, cases=sum(finding.cases for finding in flaky), also=tuple(sorted(also)))
    return [*(finding for finding in findings if finding.verdict is not Verdict.FLAKY), one]


def _names_no_state(finding: Finding) -> bool:
    """Whether a finding of the purity lane is named by a mutant that keeps nothing."""
    named = [find(like[0]).family for like in finding.looks_like]
    return find_law(finding.law).lane == "purity" and any(family != "state" for family in named)


def _names(cause: Cause, seen: Seen, target: Target, *, alone: bool, before: frozenset[str]) -> list[Named]:
    """What the values of single calls tell of a cause; nothing where too few of its cases show it."""
    first, rest = cause.cases[:COMPARED], cause.cases[COMPARED:]
    compared = behaviours(cause, first, seen.passing[:COMPARED], target)
    shown = sum(b.failing for b in compared)
    if not shown or 2 * shown < len(first):
        return []

    more = partial(behaviours, cause, rest, (), target) if rest else list
    further = partial(goes_further, cases=seen.passing[:COMPARED], target=target)
    known = cache(partial(_known, cause, seen, target))
    return Naming(compared, more, known, further, alone, before).faults()


def _known(cause: Cause, seen: Seen, target: Target) -> Known:
    """What the target does on every case of a cause that was kept, on passing ones, and on fresh ones, in that order.

    It starts with nothing kept from earlier calls, as a mutant that is held against it does, and is called no further
    than somebody has asked.
    """
    kept = [*cause.cases, *(case for later in cause.explained for case in later.cases[:COMPARED]), *seen.passing]
    fresh = (case for case in fresh_cases(kept, target) if not (seen.masks and seen.masks(case, cause.law)))
    as_new(target)
    return Known((case, observed(case, target)) for case in chain(dict.fromkeys(kept), fresh))


def _whole_profile(cause: Cause, seen: Seen, target: Target) -> Like | None:
    """A mutant that breaks the very same laws: the name of a cause that shows in further calls alone."""
    if cause.verdict not in (Verdict.FAILED, Verdict.REFUSED):
        return None
    name = name_under_laws([cause], seen.passing, target, whole=True)
    return None if name is None or _known(cause, seen, target).refutes(name[0], alone=True) else name


def _steps_back(cause: Cause, causes: list[Cause], named: list[Named]) -> bool:
    """Whether what results say of the arithmetic comes after other laws, which do not suppose that sums are right."""
    if cause.law.id != ARITHMETIC or any(name for name, _ in named):
        return False
    others = (c for c in [*causes, *cause.explained] if c.law.id != ARITHMETIC)
    return any(other.law.lane in ("exact", "metamorphic") for other in others)


def _left_over(cause: Cause, named: list[Named], target: Target) -> list[Cause]:
    """The causes that this one seemed to explain and the mutant that it is named by does not; they leave it."""
    if len(named) != 1 or not named[0][0]:
        return []
    left = [later for later in cause.explained if not accounts(named[0][0], later, target)]
    cause.explained = [later for later in cause.explained if later not in left]
    return left


def _tells(findings: list[Finding], cause: Cause) -> bool:
    """Whether a finding is there that may tell of the same fault as a relation that broke in its further calls."""
    return bool(findings) and findings[0].verdict in (Verdict.FAILED, cause.verdict)


def _by_value(cause: Cause) -> bool:
    """Whether results of the calls themselves tell the fault: a wrong value or shape, or no result."""
    if cause.law.id == RETURNS:
        return cause.verdict is Verdict.REFUSED
    return cause.law.lane in VALUE_LANES and cause.verdict in (Verdict.FAILED, Verdict.REFUSED)


def _apart(cause: Cause, valued: bool) -> bool:
    """Whether the fault is told by the laws that it breaks: it shows beside the result, or in further calls.

    Where results are wrong too, so may be those of changed calls, with nothing kept.
    """
    if valued and cause.law.id == CHANGED:
        return False
    return not _by_value(cause) and cause.verdict in (Verdict.FAILED, Verdict.REFUSED)


def _under_laws(cause: Cause, name: Like | None, seen: Seen, target: Target) -> Finding:
    """The finding of one cause that its values do not tell, with the mutant that breaks the laws alike."""
    finding = smallest(cause, target, seen.passing)
    kept = name is not None and finding.verdict is Verdict.FLAKY and find(name[0]).family == "state"
    lasting = finding.verdict in (Verdict.FAILED, Verdict.REFUSED)
    return replace(finding, looks_like=(name,)) if name and (lasting or kept) else finding


def _named(cause: Cause, named: list[Named], seen: Seen, target: Target) -> list[Finding]:
    findings = []
    for name, explained in named:
        shown = [b.origin for b in explained if b.origin in cause.cases]
        looks_like = ((name, len(explained), len(explained)),) if name else ()
        part = replace(cause, cases=shown or cause.cases)
        findings.append(replace(smallest(part, target, seen.passing), looks_like=looks_like))
    return _share_counts(findings, cause.count)


def _share_counts(findings: list[Finding], count: int) -> list[Finding]:
    """The number of failing cases, shared out as the compared ones were."""
    compared = sum(f.looks_like[0][1] if f.looks_like else 1 for f in findings)
    return [replace(f, cases=max(count * (f.looks_like[0][1] if f.looks_like else 1) // compared, 1)) for f in findings]
