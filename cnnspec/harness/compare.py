"""Several targets held to the same laws, and their answers held against one another where any of them fails.

A finding says that a target and the specification differ.  On the smallest case of each, every target that claims the
case is asked, and those that give the same stand together: a fault of the specification itself would show as the
reference alone against all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.claimed import outside
from cnnspec.harness.judge import Ruling, rule
from cnnspec.harness.probe import CaseProbe, Target
from cnnspec.harness.session import Session
from cnnspec.harness.verdicts import BAD, Finding, RunResult, Verdict
from cnnspec.laws.registry import find_law

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.harness.runner import Progress
    from cnnspec.laws.law import Failure, Law
    from cnnspec.typing import Array

REFERENCE = "reference"
"""How our own side is called."""


@dataclass(frozen=True, slots=True)
class Camp:
    """Those that answer a case alike: the reference and the targets that hold the law, or targets that break it alike.

    Attributes
    ----------
    members
        The targets; ``reference`` first where they give what the specification says.
    verdict
        ``passed``, or how the law ended.
    failure
        What the law said of the first member; ``None`` where it holds.
    """

    members: tuple[str, ...]
    verdict: Verdict
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One cause: a law of one operation, its smallest case, and who answers that alike.

    ``silent`` holds the targets that were not asked or could not tell, with the reason.
    """

    law: Law
    case: Case
    camps: tuple[Camp, ...]
    silent: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """Who stands against whom, where one side stands alone.

        Examples
        --------
        >>> from cnnspec.cases.case import Case
        >>> law, case = find_law("RELU-1"), Case.parse("relu:x=1x1x1,f64")
        >>> ours, theirs = Camp(("reference",), Verdict.PASSED), Camp(("torch", "jax"), Verdict.FAILED)
        >>> Disagreement(law, case, (ours, theirs)).sentence
        'the reference stands alone against torch, jax'
        """
        ours, others = self.camps[0], self.camps[1:]
        against = ", ".join(name for camp in others for name in camp.members)
        if ours.members == (REFERENCE,) and len(others) == 1 and len(others[0].members) > 1:
            return f"the reference stands alone against {against}"
        if len(ours.members) > 1 and len(others) == 1 and len(others[0].members) == 1:
            return f"{against} stands alone against the reference, {', '.join(ours.members[1:])}"
        return ""

    @property
    def alone(self) -> bool:
        """Whether the reference is alone, and every target that was asked gives the same."""
        return self.sentence.startswith("the reference stands alone")


@dataclass(slots=True)
class Comparison:
    """The result of every target that was run, in order, and where they disagree."""

    targets: tuple[str, ...]
    results: dict[str, RunResult] = field(default_factory=dict)
    disagreements: list[Disagreement] = field(default_factory=list)
    complete: bool = False


def compare(
    targets: Sequence[str], *, progress: Callable[[Target], Progress | None] = lambda target: None, **options: Any
) -> Comparison:
    """Run the suite over every target with the same seed, then ask all of them the smallest cases of each.

    Parameters
    ----------
    targets
        Target strings.  All are opened before the first is run.
    progress
        Gives what is called after every case of a target.
    **options
        Those of :class:`~cnnspec.harness.session.Session`, the same for all.

    Returns
    -------
    Comparison
        After an interrupt what was there; ``complete`` is then false.

    Raises
    ------
    UsageError
        If a pattern, profile or effort does not exist.
    TargetError
        If a target cannot be found or started.
    """
    found = Comparison(tuple(targets))
    with ExitStack() as stack:
        sessions = {name: stack.enter_context(Session(name, **options)) for name in targets}
        try:
            for name, session in sessions.items():
                result = found.results[name] = session.run(progress=progress(session.target))
                if result.interrupted:
                    raise KeyboardInterrupt
            opened = {name: session.target for name, session in sessions.items()}
            for disagreement in disagreements(found.results, opened):
                found.disagreements.append(disagreement)
            found.complete = all(result.complete for result in found.results.values())
        except KeyboardInterrupt:
            found.complete = False
    return found


def disagreements(results: Mapping[str, RunResult], opened: Mapping[str, Target]) -> Iterator[Disagreement]:
    """The causes over all findings, each with its smallest case: a finding is told by an earlier one where its target
    breaks the same law of the same operation there too.
    """
    findings = [(name, finding) for name, result in results.items() for finding in result.findings]
    told: dict[tuple[str, str], set[str]] = {}
    for name, finding in sorted(findings, key=lambda item: (len(str(item[1].case)), str(item[1].case))):
        if finding.verdict not in BAD - {Verdict.FLAKY, Verdict.UNEXPECTED_PASS}:
            continue
        cause = finding.law, finding.case.operation.name
        if name in told.setdefault(cause, set()):
            continue
        asked = ask(finding.case, find_law(finding.law), opened, {name: finding})
        told[cause] |= {member for camp in asked.camps[1:] for member in camp.members}
        yield asked


def ask(case: Case, law: Law, opened: Mapping[str, Target], known: Mapping[str, Finding] | None = None) -> Disagreement:
    """What every target that claims the case answers, as the law sees it; ``known`` are failures that need no call."""
    ours: list[str] = [REFERENCE]
    camps: list[tuple[list[str], Verdict, Failure | None]] = []
    silent: dict[str, str] = {}
    for name, target in opened.items():
        finding = (known or {}).get(name)
        ruling = Ruling(law, finding.verdict, finding.failure) if finding else _ruling(case, law, target)
        verdict, failure, reason = ruling.verdict, ruling.failure, ruling.reason
        if verdict in BAD:
            camp = next((c for c in camps if c[1] is verdict and alike(c[2], failure)), None)
            camp[0].append(name) if camp else camps.append(([name], verdict, failure))
        elif verdict is Verdict.PASSED:
            ours.extend([name] if name != REFERENCE else [])
        else:
            silent[name] = reason
    return Disagreement(
        law, case, (Camp(tuple(ours), Verdict.PASSED), *(Camp(tuple(m), v, f) for m, v, f in camps)), silent
    )


def _ruling(case: Case, law: Law, target: Target) -> Ruling:
    """What the law says of a target on a case, where the case is inside its claims."""
    reason = outside(case, target.claims)
    claim = target.claims.operations.get(case.op)
    if not reason and claim is not None and not set(law.needs) <= set(claim.options):
        reason = f"{', '.join(law.needs)} is not claimed"
    if reason:
        return Ruling(law, Verdict.UNCLAIMED, reason=reason)
    return rule(law, CaseProbe(case, target))


def alike(first: Failure | None, second: Failure | None) -> bool:
    """Whether two failures of one law on one case are the same answer: equal results, as far as rounding tells; the
    same sentence where there are none.

    Examples
    --------
    >>> from cnnspec.laws.law import Failure
    >>> one, near = Failure("", np.zeros(2), np.array([1.0, 2.0])), Failure("", np.zeros(2), np.array([1.0, 2.5]))
    >>> alike(one, one), alike(one, near)
    (True, False)
    """
    if first is None or second is None:
        return first is second
    if first.got is None or second.got is None:
        return first.got is second.got and _plain(first.message) == _plain(second.message)
    if first.got.shape != second.got.shape:
        return False
    a, b = _wide(first.got), _wide(second.got)
    slack = 0.0 if first.bound is None else 2 * np.asarray(first.bound, np.float64)
    with np.errstate(invalid="ignore"):
        return bool(np.all((a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= slack)))


def _plain(message: str) -> str:
    """What a sentence says before the words of one library's own message."""
    return message.partition(", and was refused with ")[0].partition(":")[0]


def _wide(array: Array) -> Array:
    return np.asarray(array, np.complex128 if array.dtype.kind == "c" else np.float64)
