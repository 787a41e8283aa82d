"""The run: draw cases, call the target, let the laws judge, gather failures by cause, and shrink each cause once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.harness.judge import Ruling, judge, rule
from cnnspec.harness.plan import Item, Plan
from cnnspec.harness.probe import CaseProbe, Target
from cnnspec.harness.shrink import shrink
from cnnspec.harness.verdicts import BAD, Finding, RunResult, Tally, Verdict
from cnnspec.laws.law import Law

BLOCK = 40
"""Cases drawn with one Hypothesis seed; the unit that shards and workers share out."""

KEPT = 60
"""Failing cases kept per cause for the diagnosis."""


@dataclass(slots=True)
class Cause:
    """Cases on which the same law of the same operation failed in the same way."""

    law: Law
    verdict: Verdict
    count: int = 0
    cases: list[Case] = field(default_factory=list)
    also: set[str] = field(default_factory=set)


Progress = Callable[[str, int, int, RunResult], None]
"""Told the operation, cases done and cases planned of it, and the result so far."""


def run_plan(
    target: Target,
    plan: Plan,
    result: RunResult,
    *,
    progress: Progress | None = None,
    deadline: float | None = None,
    stop_at_first: bool = False,
    find: Callable[[Cause, Target], list[Finding]] | None = None,
) -> RunResult:
    """Carry out the plan, filling ``result`` as it goes; an interrupt leaves what was found so far, incomplete.

    Parameters
    ----------
    target
        The loaded target.
    plan
        What to check.
    result
        Filled in place.
    progress
        Called after every case.
    deadline
        A point of :func:`time.monotonic` at which to stop drawing.
    stop_at_first
        Stop at the first finding.
    find
        Turns a cause into findings; by default :func:`smallest`.
    """
    started = time.monotonic()
    find = find or (lambda cause, target: [smallest(cause, target)])
    try:
        for item in plan.items:
            causes = run_item(target, item, plan, result, progress, deadline)
            result.findings += [finding for cause in causes.values() for finding in find(cause, target)]
            if stop_at_first and any(finding.verdict in BAD for finding in result.findings):
                break
        else:
            result.complete = True
    except KeyboardInterrupt:
        result.notes.append("interrupted: what was checked so far stands, the rest did not run")
    result.seconds = time.monotonic() - started
    result.findings = merged(result.findings)
    return result


def run_item(
    target: Target, item: Item, plan: Plan, result: RunResult, progress: Progress | None, deadline: float | None
) -> dict[tuple[str, Verdict], Cause]:
    """Check one operation; the causes of failure by law and verdict."""
    causes: dict[tuple[str, Verdict], Cause] = {}
    tallies = {law.id: result.tallies.setdefault((item.op, law.id), Tally()) for law in item.laws}
    for done, case in enumerate(draw(item, result.seed, plan.profile.strict), start=1):
        if deadline is not None and time.monotonic() > deadline:
            result.notes.append(f"{item.op}: the time was up after {done - 1} of {item.cases} cases")
            break
        rulings = judge(case, target, item.laws)
        result.cases += 1
        for ruling in rulings:
            _count(tallies[ruling.law.id], ruling)
            result.checks += 1
        _gather(case, rulings, causes)
        if progress is not None:
            progress(item.op, done, item.cases, result)
    return causes


def draw(item: Item, seed: int, strict: bool) -> Iterator[Case]:
    """The cases of one operation, block by block; the same for the same seed, whoever runs which block."""
    for block in range(-(-item.cases // BLOCK)):
        size = min(BLOCK, item.cases - block * BLOCK)
        yield from draw_block(item, crc32(f"{seed}/{item.op}/{block}".encode()), size, strict)


def draw_block(item: Item, seed: int, size: int, strict: bool) -> list[Case]:
    """One block of cases, drawn by Hypothesis with one seed."""
    import hypothesis
    from hypothesis import HealthCheck, Phase, settings

    from cnnspec.cases.strategies import cases

    drawn: list[Case] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=size, phases=[Phase.generate], database=None, deadline=None, derandomize=False,
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    @hypothesis.given(cases(item.op, item.claim, strict=strict))
    def collect(case: Case) -> None:
        drawn.append(case)

    collect()
    return [case for case in drawn if not outside_item(case, item)][:size]


def outside_item(case: Case, item: Item) -> str:
    """Why a drawn case is outside the item's claim, if it is."""
    from cnnspec.implementation import Claims

    return outside(case, Claims({item.op: item.claim}))


def _count(tally: Tally, ruling: Ruling) -> None:
    severity = list(Verdict)
    tally.reason = ruling.reason or tally.reason
    if ruling.verdict in (Verdict.VACUOUS, Verdict.UNCLAIMED):
        tally.vacuous += 1
        if tally.checked == 0:
            tally.verdict = ruling.verdict
        return
    tally.checked += 1
    tally.failed += ruling.verdict in BAD
    if tally.checked == 1 or (ruling.verdict is not Verdict.PASSED and tally.verdict is Verdict.PASSED):
        tally.verdict = ruling.verdict
    elif ruling.verdict in BAD and severity.index(ruling.verdict) < severity.index(tally.verdict):
        tally.verdict = ruling.verdict


def _gather(case: Case, rulings: list[Ruling], causes: dict[tuple[str, Verdict], Cause]) -> None:
    bad = [ruling for ruling in rulings if ruling.verdict in BAD]
    for ruling in bad:
        cause = causes.setdefault((ruling.law.id, ruling.verdict), Cause(ruling.law, ruling.verdict))
        cause.count += 1
        cause.also |= {other.law.id for other in bad} - {ruling.law.id}
        if len(cause.cases) < KEPT:
            cause.cases.append(case)


def smallest(cause: Cause, target: Target) -> Finding:
    """The finding of one cause: its first case made small, and judged once more."""
    first = min(cause.cases, key=lambda case: len(str(case)))

    def fails(case: Case) -> Ruling | None:
        if outside(case, target.claims) or not cause.law.concerns(case):
            return None
        ruling = rule(cause.law, CaseProbe(case, target))
        return ruling if ruling.verdict is cause.verdict else None

    if fails(first) is None:
        from cnnspec.laws.law import Failure

        words = "the same case failed once and passed when it was run again: the target has hidden state or is not deterministic"
        return Finding(cause.law.id, first.op, Verdict.FLAKY, first, first, Failure(words), cause.count)
    case = shrink(first, lambda simpler: fails(simpler) is not None)
    ruling = fails(case)
    assert ruling is not None and ruling.failure is not None
    return Finding(
        cause.law.id, case.op, cause.verdict, case, first, ruling.failure, cause.count, tuple(sorted(cause.also))
    )


def merged(findings: list[Finding]) -> list[Finding]:
    """One finding per cause over all ranks: the same law and verdict of the same operation, smallest rank kept."""
    by_cause: dict[tuple[Any, ...], list[Finding]] = {}
    for finding in findings:
        key = (finding.case.operation.name, finding.law, finding.verdict, finding.looks_like[:1] and finding.looks_like[0][0])
        by_cause.setdefault(key, []).append(finding)
    return [_one(group) for group in by_cause.values()]


def _one(group: list[Finding]) -> Finding:
    from dataclasses import replace

    best = min(group, key=lambda f: (len(str(f.case)), str(f.case)))
    also = sorted({law for finding in group for law in finding.also})
    return replace(best, cases=sum(finding.cases for finding in group), also=tuple(also))
