"""From what the harness holds to the result model: arrays become values, laws sentences, cases worked sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.cases.arrays import make_arrays
from cnnspec.errors import CnnspecError, UsageError
from cnnspec.harness.probe import reference_outputs
from cnnspec.laws.compare import rounded
from cnnspec.laws.registry import every_law
from cnnspec.report.arithmetic import shape_arithmetic
from cnnspec.report.explain import worked
from cnnspec.report.model import (
    FindingEntry,
    LawEntry,
    Likeness,
    Report,
    TallyEntry,
    Unclaimed,
    Values,
    plain,
)
from cnnspec.report.script import script
from cnnspec.report.words import clean, command

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.harness.verdicts import Finding, RunResult
    from cnnspec.laws.law import Law
    from cnnspec.typing import Array

Replay = Callable[[str], str]
"""The line that replays a case on the target of a run."""


def make_report(result: RunResult, *, repeat: str = "", replay: Replay | None = None) -> Report:
    """The report of a run.

    Parameters
    ----------
    result
        What the harness found.
    repeat
        The command that repeats the run; ``cnnspec check TARGET --seed SEED`` if empty.
    replay
        Gives the line that replays a case; ``cnnspec replay CASE TARGET`` by default.
    """
    line = replay or (lambda case: command("cnnspec", "replay", case, result.target))
    laws = {law.id: law for law in every_law()}
    told = {law.id for law in result.laws} | {law for _, law in result.tallies}
    return Report(
        target=result.target,
        name=clean(result.name),
        version=clean(result.version),
        seed=result.seed,
        effort=result.effort,
        profile=result.profile,
        command=repeat or command("cnnspec", "check", result.target, "--seed", str(result.seed)),
        complete=result.complete,
        exit_code=result.exit_code,
        cases=result.cases,
        checks=result.checks,
        seconds=round(result.seconds, 3),
        restarts=result.restarts,
        claims=plain(result.claims.to_json()),
        laws=tuple(_law(law) for law in laws.values() if law.id in told),
        tallies=tuple(
            TallyEntry(op, law, laws[law].lane, str(t.verdict), t.checked, t.failed, t.vacuous, clean(t.reason))
            for (op, law), t in result.tallies.items()
            if law in laws
        ),
        unclaimed=tuple(
            Unclaimed(op, clean(tally.reason)) for (op, law), tally in result.tallies.items() if law not in laws
        ),
        findings=tuple(_finding(finding, laws[finding.law], line, result) for finding in result.findings),
        notes=tuple(map(clean, result.notes)),
        coverage=plain(result.coverage),
        confidence=plain(result.confidence),
        precision=plain(result.precision),
        expectations=plain(result.expectations),
        environment=dict(result.environment),
        evidence=plain(result.evidence),
    )


def _law(law: Law) -> LawEntry:
    return LawEntry(law.id, law.title, law.statement, law.formula, law.source, law.lane)


def _finding(finding: Finding, law: Law, replay: Replay, result: RunResult) -> FindingEntry:
    failure, case = finding.failure, str(finding.case)
    return FindingEntry(
        law=law.id,
        title=law.title,
        statement=law.statement,
        op=finding.op,
        verdict=str(finding.verdict),
        message=clean(failure.message),
        case=case,
        first_case=str(finding.first_case),
        cases=finding.cases,
        call=clean(failure.call),
        where=None if failure.where is None else tuple(failure.where),
        expected=None if failure.expected is None else Values.of(failure.expected),
        got=None if failure.got is None else Values.of(failure.got),
        bound=None if failure.bound is None else Values.of(failure.bound),
        worked=tuple(worked_out(finding, law.lane)),
        also=finding.also,
        looks_like=tuple(Likeness(name, agree, of, mutant_sentence(name)) for name, agree, of in finding.looks_like),
        facts=tuple(map(clean, finding.facts)),
        replay=replay(case),
        script=script(finding, law, result.claims, target=result.target, replay=replay(case), notes=result.notes),
    )


def worked_out(finding: Finding, lane: str) -> list[str]:
    """The first wrong element worked out, or the output shape; nothing where neither is what was compared."""
    failure, case = finding.failure, finding.case
    try:
        if failure.call or lane == "metamorphic":
            return []
        if lane == "shape":
            return shape_arithmetic(case)
        if failure.where is None or failure.expected is None or failure.got is None:
            return []
        if not _own(case, failure.expected, failure.got):
            return []
        return worked(case, failure.where, got=failure.got[failure.where])
    except CnnspecError:
        return []


def _own(case: Case, expected: Array, got: Array) -> bool:
    """Whether the check compared with the case's own result, and not with that of another call."""
    own = reference_outputs(case, make_arrays(case))[0]
    if not own.shape == expected.shape == got.shape:
        return False
    return bool(np.array_equal(rounded(own, got), rounded(expected, got), equal_nan=got.dtype.kind in "fc"))


def mutant_sentence(name: str) -> str:
    """What the fault ``name`` does, in a sentence; empty where the zoo does not know it."""
    from cnnspec import mutants

    try:
        return mutants.find(name).sentence
    except (UsageError, ImportError):
        return ""
