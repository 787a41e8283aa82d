"""The closed set of outcomes, and what a run holds: plain data, from which every report is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cnnspec.cases.case import Case
from cnnspec.implementation import Claims
from cnnspec.laws.law import Failure

if TYPE_CHECKING:
    from cnnspec.laws.law import Law


class Verdict(StrEnum):
    """What became of one law on one operation of a target."""

    PASSED = "passed"
    FAILED = "failed"
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    """The target rejected a call inside its claims."""
    UNCLAIMED = "unclaimed"
    """Nothing that the law speaks of is claimed."""
    EXPECTED = "expected"
    """Failed, and a rule of the expectations file says so."""
    UNEXPECTED_PASS = "unexpected_pass"
    """A rule says that it fails, and its witness passes."""
    VACUOUS = "vacuous"
    """It ran and could not have failed: says nothing."""
    FLAKY = "flaky"
    """The same case had two outcomes."""
    ERROR = "error"
    """The harness itself failed."""


BAD = frozenset(
    {Verdict.FAILED, Verdict.CRASHED, Verdict.TIMEOUT, Verdict.REFUSED, Verdict.FLAKY, Verdict.UNEXPECTED_PASS}
)
"""The verdicts of a target that does not conform."""

GRAVITY = {
    verdict: weight
    for weight, verdict in enumerate(
        (
            Verdict.VACUOUS, Verdict.UNCLAIMED, Verdict.PASSED, Verdict.EXPECTED, Verdict.UNEXPECTED_PASS,
            Verdict.FLAKY, Verdict.REFUSED, Verdict.FAILED, Verdict.TIMEOUT, Verdict.CRASHED, Verdict.ERROR,
        )
    )
}  # fmt: skip
"""How verdicts of one law on several cases add up: the gravest stands."""

CONFORMS, FAILS, USAGE, NO_TARGET, INCOMPLETE, STALE = range(6)
"""The exit codes: conforms, does not, wrong usage, target not loaded, incomplete, stale expectations only."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause of failure: the law it breaks first, its smallest case, and what was seen.

    Attributes
    ----------
    law, op
        The id of the law and the spelled operation name.
    verdict
        One of the bad verdicts.
    case
        The smallest case found.
    first_case
        The case that showed it first.
    failure
        What the check said of the smallest case.
    cases
        How many drawn cases showed this cause.
    also
        Other laws that failed on those cases.
    looks_like
        The mutants that behave the same, best first, as (name, agreeing, compared).
    facts
        What the diagnosis found besides, in sentences.
    """

    law: str
    op: str
    verdict: Verdict
    case: Case
    first_case: Case
    failure: Failure
    cases: int = 1
    also: tuple[str, ...] = ()
    looks_like: tuple[tuple[str, int, int], ...] = ()
    facts: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """How often one law was checked on one operation, and how that ended: the gravest verdict, with its reason."""

    checked: int = 0
    failed: int = 0
    vacuous: int = 0
    verdict: Verdict = Verdict.VACUOUS
    reason: str = "no drawn case could show it"

    def add(self, verdict: Verdict, reason: str = "") -> None:
        """Count what the law said of one case."""
        told_nothing = verdict in (Verdict.VACUOUS, Verdict.UNCLAIMED)
        self.join(Tally(not told_nothing, verdict in BAD, told_nothing, verdict, reason))

    def join(self, other: Tally) -> None:
        """Count what the law said of the cases that came after these.

        Examples
        --------
        >>> tally = Tally(3, 1, 0, Verdict.FAILED)
        >>> tally.join(Tally(2, 0, 1, Verdict.PASSED))
        >>> tally.checked, tally.verdict
        (5, <Verdict.FAILED: 'failed'>)
        """
        if not other.checked and not other.vacuous:
            return
        if not (self.checked or self.vacuous) or GRAVITY[other.verdict] > GRAVITY[self.verdict]:
            self.verdict, self.reason = other.verdict, other.reason
        self.checked, self.failed = self.checked + other.checked, self.failed + other.failed
        self.vacuous += other.vacuous


@dataclass(slots=True)
class RunResult:
    """Everything a run found.

    ``tallies`` is keyed by (operation, law id); ``notes`` says in sentences what was detected or not claimed.
    ``evidence`` is what a shard hands to the others; see :mod:`cnnspec.harness.shards`.
    """

    target: str
    name: str
    version: str
    claims: Claims
    seed: int
    effort: str
    profile: str
    laws: tuple[Law, ...]
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cases: int = 0
    checks: int = 0
    seconds: float = 0.0
    restarts: int = 0
    complete: bool = False
    interrupted: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    coverage: Mapping[str, Any] = field(default_factory=dict)
    confidence: Mapping[str, Any] = field(default_factory=dict)
    precision: Mapping[str, Any] = field(default_factory=dict)
    expectations: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """The exit code that this result means; an interrupted run says nothing of the target as a whole."""
        if self.interrupted:
            return INCOMPLETE
        verdicts = {finding.verdict for finding in self.findings}
        if any(t.verdict is Verdict.ERROR for t in self.tallies.values()) or not self.complete:
            return FAILS if verdicts & (BAD - {Verdict.UNEXPECTED_PASS}) else INCOMPLETE
        if verdicts & (BAD - {Verdict.UNEXPECTED_PASS}):
            return FAILS
        return STALE if Verdict.UNEXPECTED_PASS in verdicts else CONFORMS
