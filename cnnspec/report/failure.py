"""One finding as text by itself: what a failing test shows."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.console import Console

from cnnspec.report.build import make_report
from cnnspec.report.call import address, replay_command
from cnnspec.report.console import WIDTH, Verbatim, finding_parts
from cnnspec.report.words import clean, command

if TYPE_CHECKING:
    from cnnspec.harness.checks import Check, Outcome
    from cnnspec.harness.verdicts import Finding


def text(check: Check, outcome: Outcome, target: Any = None, op: str | None = None) -> str:
    """The findings of a failing check.

    Parameters
    ----------
    check, outcome
        The check, and what became of it.
    target, op
        What the session was opened with, for the line that replays the case; by default its target string.
    """
    own = [finding for finding in outcome.findings if finding.law == check.law.id]
    if own:
        return "\n\n".join(_whole(check, finding, target, op) for finding in own)
    lines = [f"{check.law.id}  {check.law.title}: broken on {outcome.tally.failed} of {outcome.tally.checked} cases"]
    for finding in outcome.findings:
        lines += ["", f"the finding {finding.op}-{finding.law} says why: {clean(finding.failure.message)}"]
        lines += [f"  {_replay(check, finding, target, op)}"]
    return "\n".join(lines)


def _where(check: Check, target: Any, op: str | None) -> str | None:
    return address(check.session.result.target if target is None else target, op)


def _replay(check: Check, finding: Finding, target: Any, op: str | None) -> str:
    where, result = _where(check, target, op), check.session.result
    case = str(finding.case)
    return replay_command(case, where, result.profile) if where else f"cnnspec.check({result.name}, case={case!r})"


def _whole(check: Check, finding: Finding, target: Any, op: str | None) -> str:
    """Everything that a report says of one finding."""
    alone = replace(check.session.result, findings=[finding])
    alone.target = _where(check, target, op) or alone.target
    repeat = command("cnnspec", "check", alone.target)
    report = make_report(alone, repeat=repeat, replay=lambda case: _replay(check, finding, target, op))
    file = io.StringIO()
    console = Console(file=file, width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False)
    for part in list(finding_parts(report.findings[0], report))[1:]:
        console.print(part, soft_wrap=isinstance(part, Verbatim), highlight=False)
    return file.getvalue().rstrip()
