"""What the operations of a run have shown so far, and the findings that explain it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from cnnspec.harness.causes import ASKED_AGAIN, SLOW, Cause, Masks, Seen, fails, hurried, merged
from cnnspec.harness.detect import Dialects
from cnnspec.harness.diagnose import diagnose
from cnnspec.harness.verdicts import BAD, Finding, RunResult, Verdict

if TYPE_CHECKING:
    from cnnspec.harness.database import Replayed
    from cnnspec.harness.plan import Plan
    from cnnspec.harness.probe import Target
    from cnnspec.harness.records import Record

Kinds = dict[tuple[str, str], int]
"""The causes of an operation by law and verdict, with how often each was seen."""


class Explainers(Protocol):
    """Other processes that explain what operations showed."""

    def offer(self, op: str, seen: Seen) -> None:
        """Let one of them begin with it."""

    def explained(self, op: str) -> list[Finding]:
        """The findings of what was offered."""

    def has_explained(self, op: str) -> bool:
        """Whether they are there already."""


class Explained:
    """The findings of a run, operation by operation, each explained once; and anew where it shows another fault later.

    Parameters
    ----------
    target, plan, result
        Those of the run; notes and tallies of the result are added to.
    masks
        What is expected to fail.
    replayed
        The cases kept from earlier runs, to which those of new findings are added.

    Attributes
    ----------
    explainer
        What makes findings of what an operation showed.
    others
        Who else explains; they do while :attr:`explainer` is the usual one.
    slow
        The operations some of whose calls were answered in time only when they were made again; they are unchecked.
    """

    def __init__(
        self, target: Target, plan: Plan, result: RunResult, masks: Masks | None, replayed: Replayed | None
    ) -> None:
        self._target, self._result, self._masks, self._replayed = target, result, masks, replayed
        self._dialects = Dialects(target, plan)
        self._seen: dict[str, Seen] = {}
        self._found: dict[str, list[Finding]] = {}
        self._then: dict[str, Kinds] = {}
        self.explainer: Callable[[Seen, Target], list[Finding]] = diagnose
        self.others: Explainers | None = None
        self._offered: dict[str, Seen] = {}
        self.slow: set[str] = set()

    def take(self, record: Record) -> None:
        """Take in what one block showed."""
        if record.op not in self._seen:
            self._seen[record.op] = Seen(masks=self._masks)
        self._seen[record.op].join(record.seen)

    def masked(self, seen: Seen) -> Seen:
        """What another process has seen, with what is expected to fail."""
        whole = Seen(masks=self._masks)
        whole.join(seen)
        return whole

    def __contains__(self, op: object) -> bool:
        """Whether an operation has been explained."""
        return op in self._found

    def explain(self, op: str) -> list[Finding]:
        """The findings of one operation whose cases have been run."""
        if op not in self._found or self._news(op):
            again = op in self._found
            result = self._result
            told_in = replace(result, tallies={}) if again else result  # what is declared was counted the first time
            if self.others is not None and op in self._offered:
                seen = self._offered.pop(op)
                found = self.others.explained(op) if seen.causes else []
            else:
                seen = self._in_time(op)
                found = self.explainer(seen, self._target)
            found = self._dialects.told(op, found, seen, told_in)
            self._keep(found, self._found.get(op, ()))
            self._found[op], self._then[op] = found, _kinds(self._seen.get(op, Seen()))
            result.findings = self._all()
        return self._found[op]

    def offer(self, op: str) -> None:
        """Let others begin to explain an operation whose cases have been run, for the first time."""
        if self.others is not None and self.explainer is diagnose:
            seen = self._offered[op] = self._in_time(op)
            if seen.causes:
                self.others.offer(op, seen)

    def collect(self) -> None:
        """Take what others have explained so far."""
        for op in list(self._offered):
            if self.others is not None and (not self._offered[op].causes or self.others.has_explained(op)):
                self.explain(op)

    def _in_time(self, op: str) -> Seen:
        """What an operation showed, without what only came too late; that is noted."""
        seen = self._seen.get(op, Seen())
        late = {key: cause for key, cause in seen.causes.items() if self._late(cause)}
        self._tell_late(op, late.values())
        return replace(seen, causes={key: cause for key, cause in seen.causes.items() if key not in late})

    def _late(self, cause: Cause) -> bool:
        """Whether its calls were too slow once, and are not when they are made again."""
        few = sorted(cause.cases, key=lambda case: len(str(case)))[:ASKED_AGAIN]
        return cause.verdict is Verdict.TIMEOUT and not any(fails(cause, case, self._target) for case in few)

    def _tell_late(self, op: str, late: Iterable[Cause]) -> None:
        """Note what was too slow once, and count it as not checked."""
        for cause in late:
            self.slow.add(op)
            times = f"{cause.count} times" if cause.count > 1 else "once"
            self._result.notes.append(f"{op}: {cause.law.id} was not told {times}: {SLOW}; --timeout gives it longer")
            tally = self._result.tallies.get((op, cause.law.id))
            if tally is not None and tally.verdict is Verdict.TIMEOUT:
                tally.checked, tally.failed = max(tally.checked - cause.count, 0), max(tally.failed - cause.count, 0)
                other = Verdict.FAILED if tally.failed else Verdict.PASSED if tally.checked else Verdict.VACUOUS
                tally.verdict, tally.reason = other, "" if tally.checked else SLOW

    def outdated(self) -> list[str]:
        """The operations that have shown another kind of failure since they were explained."""
        return [op for op in self._found if self._news(op)]

    def sound(self, ops: Iterable[str]) -> Iterator[str]:
        """Those of some operations that have no finding."""
        return (op for op in ops if not self._found.get(op))

    def finish(self) -> list[Finding]:
        """Every finding, one for each cause; what was not explained is told as it was seen."""
        for op, seen in self._seen.items():
            then = self._then.get(op, {})
            new = Seen({key: cause for key, cause in seen.causes.items() if key not in then})
            if unread := hurried(new):
                self._keep(unread, ())
            self._found[op] = [_counted(one, then, _kinds(seen)) for one in self._found.get(op, ())] + unread
            self._then[op] = _kinds(seen)
        return self._all()

    def _news(self, op: str) -> bool:
        return bool(_kinds(self._seen.get(op, Seen())).keys() - self._then[op].keys())

    def _all(self) -> list[Finding]:
        return merged([finding for found in self._found.values() for finding in found])

    def _keep(self, found: Iterable[Finding], before: Iterable[Finding]) -> None:
        """Keep the cases of findings that were not there before."""
        if self._replayed:
            known = set(map(_identity, before))
            self._replayed.keep(finding for finding in found if _identity(finding) not in known)


def _identity(finding: Finding) -> tuple[str, ...]:
    return finding.law, finding.verdict, finding.looks_like[0][0] if finding.looks_like else ""


def _kinds(seen: Seen) -> Kinds:
    return {key: cause.count for key, cause in seen.causes.items()}


def _counted(finding: Finding, then: Kinds, now: Kinds) -> Finding:
    """The finding with its share of what its law has failed since it was explained."""
    key = finding.law, finding.verdict
    if finding.verdict not in BAD or not then.get(key):
        return finding
    return replace(finding, cases=finding.cases * now[key] // then[key])
