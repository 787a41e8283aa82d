"""The reports of the shares of a run, joined to the report of the whole run.

Where the target can be opened, its findings are explained anew on all the evidence, as the whole run does.  Where it
cannot, what the shares found stands: one finding for each cause, with the smallest of their cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnspec.errors import TargetError, UsageError
from cnnspec.harness.causes import hurried
from cnnspec.harness.shards import merge as merge_evidence
from cnnspec.implementation import Claims, Implementation
from cnnspec.operations import find
from cnnspec.report import options as read
from cnnspec.report.build import make_report
from cnnspec.report.call import repeat_command, replay_command
from cnnspec.report.commands import consoles, finish, stop_when_asked
from cnnspec.report.json import loads
from cnnspec.report.model import BAD, FindingEntry, Report

if TYPE_CHECKING:
    from cnnspec.harness.verdicts import RunResult


def merge(files: Sequence[str], *, target: str | None, report: tuple[str, ...], verbosity: int) -> int:
    """Join the reports in some files, show the whole, write its reports; the exit code."""
    outputs = read.outputs(report)
    shares = [_read(file) for file in files]
    with stop_when_asked():
        whole = join(shares, target)
    return finish(whole, consoles(outputs)[0], outputs, verbosity)


def _read(file: str) -> Report:
    try:
        return loads(Path(file).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the report {file} cannot be read: {error}") from None


def join(shares: Sequence[Report], target: str | None = None) -> Report:
    """The report of the whole run from those of its shares.

    Parameters
    ----------
    shares
        Their reports, in any order.
    target
        What to explain findings on; by default the shares' own target.

    Raises
    ------
    UsageError
        If they are not shares of one run.
    """
    evidence = [share.evidence for share in shares]
    try:
        return _report(merge_evidence(evidence, target=target), shares)
    except TargetError as error:
        if target is not None:
            raise
        report = _report(merge_evidence(evidence, target=_absent(shares[0]), explain=hurried), shares)
        words = f"the target could not be opened here ({error}): findings stand as the shares explained them"
        found = joined(finding for share in shares for finding in share.findings)
        stale = report.exit_code == 0 and any(finding.verdict == "unexpected_pass" for finding in found)
        return replace(
            report, name=shares[0].name, version=shares[0].version, precision=shares[0].precision, findings=found,
            notes=(*report.notes, words), exit_code=5 if stale else report.exit_code,
        )  # fmt: skip


def _report(result: RunResult, shares: Sequence[Report]) -> Report:
    first = shares[0]
    result.target = first.target
    chosen: dict[str, Any] = {**first.evidence["options"], "expect": first.expectations.get("file")}
    chosen |= {name: tuple(chosen.get(name, ())) for name in ("operations", "laws")}
    if chosen["memory"] is not None:
        chosen["memory"] >>= 20
    line = repeat_command(first.target, **chosen)
    return make_report(result, repeat=line, replay=lambda case: replay_command(case, first.target, first.profile))


def _absent(share: Report) -> Implementation:
    """What the target claims, without the target."""

    def gone(*arrays: Any, **options: Any) -> Any:
        raise NotImplementedError("the target is not here")

    claims = Claims.from_json(share.claims)
    return Implementation(share.name, share.version, dict.fromkeys(claims.operations, gone), claims)


def joined(findings: Iterable[FindingEntry]) -> tuple[FindingEntry, ...]:
    """One finding for each cause: the same named fault, or the same law, of the same operation on any rank."""
    groups: dict[tuple[str, ...], list[FindingEntry]] = {}
    for finding in findings:
        if finding.verdict in BAD:
            name = finding.looks_like[0].mutant if finding.looks_like else f"{finding.law}/{finding.verdict}"
            groups.setdefault((find(finding.op)[0].name, name), []).append(finding)
    return tuple(map(_one, groups.values()))


def _one(group: list[FindingEntry]) -> FindingEntry:
    best = min(group, key=lambda finding: (len(finding.case), finding.case))
    also = {law for finding in group for law in (*finding.also, finding.law)} - {best.law}
    return replace(best, cases=sum(finding.cases for finding in group), also=tuple(sorted(also)))
