"""Checks: one law on one operation of a target, each with an id that stays.

A session runs an operation's cases once, and every law of that operation reads its outcome off the same cases.  A run
from the command line or by a call goes through the same session from the first operation to the last, so that all of
them agree on which law holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cnnspec.errors import NonConforming
from cnnspec.harness.session import Session
from cnnspec.harness.verdicts import BAD, Finding, Tally, Verdict
from cnnspec.laws.law import Law

__all__ = ["AnyCheck", "Check", "Outcome", "WitnessCheck", "checks", "checks_of", "plain_words"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one law on one operation: the count of its rulings, and the findings that tell of a failure.

    A finding tells of the laws that it breaks first and of those that fail on the same cases.
    """

    tally: Tally
    findings: tuple[Finding, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the target breaks the law."""
        return self.tally.verdict in BAD


@dataclass(frozen=True, slots=True)
class Check:
    """One law on one operation of a target.

    Calling it runs the operation's cases, unless another law of the operation has had them run, and raises
    :class:`~cnnspec.errors.NonConforming` where the law is broken.
    """

    session: Session
    op: str
    law: Law
    describe: Callable[[Check, Outcome], str]

    @property
    def id(self) -> str:
        """``conv2d-CORR-1``."""
        return f"{self.op}-{self.law.id}"

    def outcome(self) -> Outcome:
        """What became of it."""
        findings = self.session.check(self.op)
        tally = self.session.result.tallies[self.op, self.law.id]
        if tally.verdict not in BAD:
            return Outcome(tally)
        own = tuple(finding for finding in findings if finding.law == self.law.id)
        others = tuple(finding for finding in findings if self.law.id in finding.also)
        return Outcome(tally, own or others or tuple(findings))

    def __call__(self) -> Verdict:
        """The verdict, where the law holds, or could not be told; else an exception."""
        __tracebackhide__ = True
        outcome = self.outcome()
        if outcome.failed:
            raise NonConforming(self.describe(self, outcome))
        return outcome.tally.verdict

    def __repr__(self) -> str:
        return f"<Check {self.id}>"


@dataclass(frozen=True, slots=True)
class WitnessCheck:
    """Whether every rule of the expectations still holds: a check of the file, beside those of the target."""

    session: Session
    op: str = "expectations"
    id: str = "expectations"

    def outcome(self) -> Outcome:
        """What became of the rules."""
        stale = tuple(self.session.start())
        verdict = Verdict.UNEXPECTED_PASS if stale else Verdict.PASSED
        return Outcome(Tally(1, len(stale), 0, verdict, ""), stale)

    def __call__(self) -> Verdict:
        """``passed``, or an exception that names the rules that are stale."""
        __tracebackhide__ = True
        outcome = self.outcome()
        if outcome.failed:
            raise NonConforming("\n".join(finding.failure.message for finding in outcome.findings))
        return outcome.tally.verdict

    def __repr__(self) -> str:
        return "<Check expectations>"


AnyCheck = Check | WitnessCheck


def plain_words(check: Check, outcome: Outcome) -> str:
    """A failing check in two lines for each finding."""
    return "\n".join(
        f"{check.id}: {check.law.title}: {finding.failure.message}\n  {finding.case}" for finding in outcome.findings
    )


def checks_of(session: Session, describe: Callable[[Check, Outcome], str] = plain_words) -> list[AnyCheck]:
    """Every check of an opened session, in the order in which a run makes them."""
    first = [WitnessCheck(session)] if session.expects else []
    return [*first, *(Check(session, item.op, law, describe) for item in session.plan.items for law in item.laws)]


def checks(target: Any = "reference", **options: Any) -> list[AnyCheck]:
    """Every check of a target: one for each law of each operation inside its claims.

    Parameters
    ----------
    target
        A target string, or a Python object; it is opened here.  ``checks(…)[0].session.close()`` closes it again.
    **options
        Those of :class:`~cnnspec.harness.session.Session`: operations, laws, profile, effort, cases, seed, expect, …

    Returns
    -------
    list
        In the order of the operations and, within one, of the lanes; before them one of the expectations, if there are.

    Raises
    ------
    UsageError
        If a pattern, profile or effort does not exist.
    TargetError
        If the target cannot be found or started.

    Examples
    --------
    >>> found = checks("reference", operations=("relu",), laws=("RELU-*",), cases=12, isolate="none")
    >>> [check.id for check in found]
    ['relu-RELU-1', 'relu-RELU-3', 'relu-RELU-4']
    >>> found[0]()
    <Verdict.PASSED: 'passed'>
    """
    return checks_of(Session(target, **options))
