"""Cases run again, as they are: what every law says of them now, with nothing drawn and nothing made smaller."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.harness.detect import replayed
from cnnspec.harness.judge import Ruling, judge
from cnnspec.harness.plan import PROFILES
from cnnspec.harness.target import open_target
from cnnspec.harness.verdicts import BAD, Finding, RunResult, Tally
from cnnspec.harness.versions import environment
from cnnspec.laws.law import Failure
from cnnspec.laws.registry import select


def replay(
    target: Any,
    cases: Iterable[str],
    *,
    op: str | None = None,
    laws: tuple[str, ...] = (),
    profile: str = "standard",
    isolate: str = "auto",
    timeout: float = 10.0,
    memory: int | None = None,
) -> RunResult:
    """Run cases again on a target; a case outside its claims leaves the result incomplete.

    Parameters
    ----------
    target, op, isolate, timeout, memory
        As for a run of :mod:`cnnspec.harness.session`: memory in bytes.
    cases
        Cases in their text form.
    laws, profile
        Which laws to ask.

    Raises
    ------
    CaseError
        If a case cannot be read.
    TargetError
        If the target cannot be found or started.
    """
    parsed = [Case.parse(case) for case in cases]
    asked = tuple(law for law in select(laws) if law.lane not in PROFILES[profile].lanes_without)
    started = time.monotonic()
    with open_target(target, isolate=isolate, timeout=timeout, memory=memory, op=op) as opened:
        name = target if isinstance(target, str) else opened.name
        result = RunResult(name, opened.name, opened.version, opened.claims, 0, "replay", profile, asked,
                           environment=environment(), complete=True)  # fmt: skip
        for case in parsed:
            if reason := outside(case, opened.claims):
                result.notes.append(f"not run, since it is outside the claims ({reason}): {case}")
                result.complete = False
                continue
            _take(result, case, judge(case, opened, asked))
            if not any(finding.case == case for finding in result.findings):
                result.findings += replayed(case, opened)
    result.seconds = time.monotonic() - started
    return result


def _take(result: RunResult, case: Case, rulings: list[Ruling]) -> None:
    result.cases += 1
    for ruling in rulings:
        result.tallies.setdefault((case.op, ruling.law.id), Tally()).add(ruling.verdict, ruling.reason)
        result.checks += 1
    bad = [ruling for ruling in rulings if ruling.verdict in BAD]
    if bad:
        first, also = bad[0], tuple(ruling.law.id for ruling in bad[1:])
        failure = first.failure or Failure("it failed")
        result.findings.append(Finding(first.law.id, case.op, first.verdict, case, case, failure, 1, also))
