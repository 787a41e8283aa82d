"""From failing cases to causes: which failures are one fault, and the smallest case that shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.errors import CnnspecError
from cnnspec.harness.judge import VALUE_LANES, Ruling, rule
from cnnspec.harness.probe import CaseProbe, Target, reference_outputs
from cnnspec.harness.remembered import restart
from cnnspec.harness.shrink import MOST_TRIES, shrink
from cnnspec.harness.verdicts import BAD, Finding, Verdict
from cnnspec.laws.law import LANES, Failure, Law

DEFINING = ("shape", "exact", "gradient", "bounded")
"""The lanes that hold results against the definition; a failure there explains those of relations between results."""

CHANGED = "PURE-9"
"""The law on calls that differ in one thing: what it says of state, a wrong value says as well."""

KEPT = 60
"""Failing cases kept per cause, and passing cases kept per operation, for the diagnosis."""

ASKED_AGAIN = 3
"""Cases of a cause that are asked again before it counts as one that comes and goes."""

NEW_WORKERS = 10
"""Times that a target is started again to make a case smaller that fails in a new process, or to find what it needs."""

SLOW = "it was not answered in time, and was when it was asked again: the target is slow, or the machine busy"

DEAR_TRIES = 40
"""Cases tried to make one smaller that ends the worker, or that is waited for until the time is up."""

WAITS = 4
"""Of the latter so many may be waited for in vain: with the usual limit on a call, 40 s."""


Masks = Callable[[Case, Law], bool]
"""Whether a failure of that law on that case is expected, and so is none."""


@dataclass(slots=True)
class Cause:
    """Cases on which the same law of the same operation failed in the same way; ``failure`` is of the first.

    ``explained`` holds the causes of later lanes that :meth:`Seen.distinct` took to be this one; they are not counted.
    """

    law: Law
    verdict: Verdict
    count: int = 0
    cases: list[Case] = field(default_factory=list)
    also: set[str] = field(default_factory=set)
    failure: Failure | None = None
    masks: Masks | None = None
    explained: list[Cause] = field(default_factory=list)


@dataclass(slots=True)
class Seen:
    """What one operation showed: its causes by law and verdict, and some cases on which every law held."""

    causes: dict[tuple[str, Verdict], Cause] = field(default_factory=dict)
    passing: list[Case] = field(default_factory=list)
    masks: Masks | None = None

    def gather(self, case: Case, rulings: list[Ruling]) -> None:
        """Take in what the laws said of one case."""
        bad = [ruling for ruling in rulings if ruling.verdict in BAD]
        for ruling in bad:
            cause = self._cause(ruling.law, ruling.verdict, ruling.failure)
            cause.count += 1
            cause.also |= {other.law.id for other in bad} - {ruling.law.id}
            if len(cause.cases) < KEPT:
                cause.cases.append(case)
        if not bad and len(self.passing) < KEPT:
            self.passing.append(case)

    def join(self, later: Seen) -> None:
        """Take in what cases after these showed; in whatever pieces it comes, the whole is the same."""
        for other in later.causes.values():
            cause = self._cause(other.law, other.verdict, other.failure)
            cause.count += other.count
            cause.also |= other.also
            cause.cases += other.cases[: KEPT - len(cause.cases)]
        self.passing += later.passing[: KEPT - len(self.passing)]

    def _cause(self, law: Law, verdict: Verdict, failure: Failure | None) -> Cause:
        return self.causes.setdefault((law.id, verdict), Cause(law, verdict, failure=failure, masks=self.masks))

    def distinct(self, target: Target) -> list[Cause]:
        """The causes, without those that an earlier lane shows as well once the data are integers."""
        order = sorted(
            self.causes.values(),
            key=lambda cause: (cause.law.id == CHANGED, LANES.index(cause.law.lane), -cause.count),
        )
        kept: list[Cause] = []
        for cause in order:
            earlier = next((c for c in kept if _explains(c, cause, target)), None)
            if earlier is None:
                kept.append(cause)
            else:
                earlier.explained.append(cause)
        return kept


def absorbed(cause: Cause) -> Cause:
    """The cause with those that it explains counted in."""
    return replace(
        cause,
        count=cause.count + sum(later.count for later in cause.explained),
        also=cause.also | {later.law.id for later in cause.explained},
    )


def _explains(earlier: Cause, later: Cause, target: Target) -> bool:
    """Whether the later law's cases, refilled with integers or with real data, break the earlier law too."""
    lanes = earlier.law.lane, later.law.lane
    if lanes[0] not in DEFINING or lanes[1] not in VALUE_LANES or lanes[0] == lanes[1]:
        return False
    return all(
        any(
            fails(earlier, replace(case, fill=fill, pokes={}, data={}), target) is not None
            for fill in ("ints:8", "real")
        )
        for case in later.cases[:5]
    )


def defined(case: Case) -> bool:
    """Whether the operation defines the case: a pooling window without a real element, for one, is refused."""
    try:
        reference_outputs(case, make_arrays(case))
    except CnnspecError:
        return False
    return True


def fails(cause: Cause, case: Case, target: Target) -> Ruling | None:
    """The ruling, if the case breaks the cause's law with the cause's verdict."""
    if outside(case, target.claims) or not cause.law.concerns(case) or not defined(case):
        return None
    ruling = rule(cause.law, CaseProbe(case, target))
    return ruling if ruling.verdict is cause.verdict else None


def smallest(cause: Cause, target: Target, passing: Sequence[Case] = ()) -> Finding:
    """The finding of one cause: a short case made small, and judged once more by a target that has seen no other.

    Where it is right then, what it needs is sought among the cases that were kept, the ``passing`` ones too.
    """
    few = sorted(cause.cases, key=lambda case: len(str(case)))[:ASKED_AGAIN]
    first = next((case for case in few if fails(cause, case, target)), None)
    if first is None and cause.verdict is Verdict.TIMEOUT:
        return _finding(cause, few[0], few[0], Failure(SLOW))
    if first is None:
        return _after_others(cause, few[0], target, passing)
    dear = cause.verdict in (Verdict.CRASHED, Verdict.TIMEOUT)
    case = shrink(
        first,
        lambda simpler: fails(cause, simpler, target) is not None,
        tries=DEAR_TRIES if dear else MOST_TRIES,
        steps=WAITS if cause.verdict is Verdict.TIMEOUT else MOST_TRIES,
    )
    if ruling := _alone(cause, case, target):
        return _finding(cause, case, first, ruling.failure)
    if not _alone(cause, first, target):
        return _after_others(cause, first, target, passing)
    case = shrink(first, lambda simpler: _alone(cause, simpler, target) is not None, tries=NEW_WORKERS)
    ruling = _alone(cause, case, target)
    return _finding(cause, case, first, ruling.failure if ruling else None)


def _finding(cause: Cause, case: Case, first: Case, failure: Failure | None) -> Finding:
    also = tuple(sorted(cause.also))
    told = failure or Failure("it failed, and not every time")
    return Finding(cause.law.id, case.op, cause.verdict, case, first, told, cause.count, also)


def _alone(cause: Cause, case: Case, target: Target) -> Ruling | None:
    """The ruling, if the case breaks the law where no other call came before."""
    restart(target)
    return fails(cause, case, target)


def _after_others(cause: Cause, case: Case, target: Target, passing: Sequence[Case]) -> Finding:
    """The finding of a case that is right alone: what it is after other calls, with the fewest of them that do it."""
    others = [other for other in dict.fromkeys([*passing, *cause.cases]) if other != case]
    pool = [*others, *(replace(case, seed=case.seed + i, data={}, pokes={}) for i in range(1, 1 + ASKED_AGAIN))]
    calls, ruling = preceding(lambda: fails(cause, case, target), pool, target)
    words = "the case failed once and passed when it was run again: the target keeps state, or is not deterministic"
    if not ruling:
        first = f"{cause.failure.message}; " if cause.failure else ""
        return replace(_finding(cause, case, case, Failure(first + words)), verdict=Verdict.FLAKY)
    seen = ruling.failure or Failure("it fails")
    many = "the call" if len(calls) == 1 else f"{len(calls)} other calls, the last of them"
    words = f"right as the first call of a process, and wrong after {many} {calls[-1]}: {seen.message}"
    told = replace(seen, message=words)
    facts = ("it depends on earlier calls, so that a replay of the case alone shows nothing",)
    return replace(_finding(cause, case, case, told), verdict=Verdict.FLAKY, facts=facts)


def preceding(
    wrong: Callable[[], Ruling | None], pool: Sequence[Case], target: Target
) -> tuple[Sequence[Case], Ruling | None]:
    """Some of these calls after which something is ``wrong``, halved as long as it is; and what is said of it then."""

    def after(calls: Sequence[Case]) -> Ruling | None:
        restart(target)
        for call in calls:
            target.run(call, repeat=True)
        return wrong()

    told = after(pool) if pool else None
    for _ in range(NEW_WORKERS // 2):
        if not told or len(pool) == 1:
            break
        half = len(pool) // 2
        parts = ((part, after(part)) for part in (pool[half:], pool[:half]))
        found = next(((part, ruling) for part, ruling in parts if ruling), None)
        if found is None:
            break
        pool, told = found
    return pool, told


def hurried(seen: Seen) -> list[Finding]:
    """One finding for each cause, its first case as it was drawn: what an interrupted run can still say."""
    unread = Failure("it failed; the run was interrupted before this could be looked into")
    return [
        Finding(
            cause.law.id, cause.cases[0].op, cause.verdict, cause.cases[0], cause.cases[0], cause.failure or unread,
            cause.count, tuple(sorted(cause.also)),
        )
        for cause in seen.causes.values()
    ]  # fmt: skip


def merged(findings: list[Finding]) -> list[Finding]:
    """One finding per cause over all ranks: the same law, or the same named fault, of the same operation."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        name = finding.looks_like[0][0] if finding.looks_like else f"{finding.law}/{finding.verdict}"
        groups.setdefault((finding.case.operation.name, name), []).append(finding)
    named = [_one(group) for group in groups.values()]
    same: dict[tuple[str, str], list[Finding]] = {}
    for finding in named:
        same.setdefault((finding.law, str(finding.case)), []).append(finding)
    return [_one(group) for group in same.values()]


def _one(group: list[Finding]) -> Finding:
    best = min(group, key=lambda f: (len(str(f.case)), str(f.case), not f.looks_like))
    also = {law for finding in group for law in (*finding.also, finding.law)} - {best.law}
    return replace(best, cases=sum(finding.cases for finding in group), also=tuple(sorted(also)))
