"""The console face: a summary and every finding, on a terminal or as plain text, 80 columns or what there is.

Marks and words carry the meaning; colour only repeats it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from cnnspec.errors import CnnspecError
from cnnspec.report.grid import side_by_side
from cnnspec.report.model import FindingEntry, Report
from cnnspec.report.summary import (
    LANE_HEADS,
    MARKS,
    harness_errors,
    lanes_of,
    legend_of,
    not_checked,
    precision_words,
    rows_of,
    worth,
)
from cnnspec.report.words import command, count, duration, short

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDTH = 80

MOST_LISTED = 8

ERRORS = "Checks of cnnspec that failed themselves, and say nothing about the target"

STYLES = {"good": "green", "bad": "bold red", "vacuous": "", "error": "bold magenta", "none": "dim"}
HEADLINE_STYLES = {0: "bold green", 1: "bold red", 4: "bold magenta", 5: "bold magenta"}
CODE = "cyan"


class Verbatim(Text):
    """A line to copy: broken by the terminal alone, never by us."""


class Indented:
    """Text wrapped with a margin at the left, and no blanks at the right."""

    def __init__(self, text: Text | str, by: int = 2) -> None:
        self.text = Text(text) if isinstance(text, str) else text
        self.by = by

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.text.wrap(console, max(options.max_width - self.by, 20)):
            line.rstrip()
            yield Text(" " * self.by, no_wrap=True) + line


def show(report: Report, console: Console, *, verbosity: int = 0) -> None:
    """Print the report.

    Parameters
    ----------
    report
        What to print.
    console
        Where to.
    verbosity
        Below 0 one line per finding, 0 the summary and the findings, above 0 everything.
    """
    for part in parts(report, verbosity, ascii_only=not has_unicode(console)):
        console.print(part, soft_wrap=isinstance(part, Verbatim), highlight=False)


def as_text(report: Report, *, width: int = WIDTH, verbosity: int = 0) -> str:
    """The same text without colour, as the message of an exception has it."""
    console = _recorder(width)
    show(report, console, verbosity=verbosity)
    return _recorded(console)


def has_unicode(console: Console) -> bool:
    """Whether the terminal shows more than ASCII."""
    return "utf" in (console.encoding or "").lower() and not console.legacy_windows


def finding_text(finding: FindingEntry, report: Report, *, width: int = WIDTH) -> str:
    """One finding alone, as plain text."""
    console = _recorder(width)
    for part in finding_parts(finding, report, report.findings.index(finding) + 1):
        console.print(part, soft_wrap=isinstance(part, Verbatim), highlight=False)
    return _recorded(console)


def _recorder(width: int) -> Console:
    return Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False, legacy_windows=False)


def _recorded(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def parts(report: Report, verbosity: int, *, ascii_only: bool = False) -> Iterator[RenderableType]:
    """What is printed, piece by piece."""
    if verbosity < 0:
        yield headline(report, ascii_only)
        for finding in report.findings:
            yield Verbatim.assemble("  ", (f"{finding.op} {finding.law}", "bold"), f"  {finding.message}")
        return
    yield _about(report)
    yield ""
    yield headline(report, ascii_only)
    if report.tallies:
        yield ""
        yield _table(report, ascii_only, every=verbosity > 0)
        yield _legend(report, ascii_only)
    yield from _unchecked(report, verbosity)
    for index, finding in enumerate(report.findings, start=1):
        yield ""
        yield from finding_parts(finding, report, index, verbosity)
    yield from _closing(report, ascii_only)


def headline(report: Report, ascii_only: bool = False) -> Text:
    """The outcome in one line."""
    mark = MARKS[{0: "good", 1: "bad"}.get(report.exit_code, "error")][ascii_only]
    counts = [count(len(report.findings), "finding")] * bool(report.findings)
    counts += [count(len(report.operations), "operation"), count(report.cases, "case"), duration(report.seconds)]
    rest = " · ".join(counts)
    rest = rest.replace("·", "-") if ascii_only else rest
    return Text.assemble((f"{mark} {report.headline}", HEADLINE_STYLES[report.exit_code]), f"  {rest}")


def _about(report: Report) -> Text:
    version = report.environment.get("cnnspec", "")
    name = report.target if report.name in (report.target, "") else f"{report.target} ({report.name})"
    what = Text.assemble(f"cnnspec {version}".strip(), " checks ", (f"{name} {report.version}".strip(), "bold"))
    drawn = "cases run again" if report.effort == "replay" else f"effort {report.effort}, seed {report.seed}"
    return what.append(f"\nprofile {report.profile}, {drawn}", "dim")


def _table(report: Report, ascii_only: bool, *, every: bool) -> Table:
    lanes = lanes_of(report)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", collapse_padding=True)
    table.add_column("operation", no_wrap=True)
    table.add_column("", no_wrap=True)
    for lane in lanes:
        table.add_column(LANE_HEADS[lane], no_wrap=True, justify="right", min_width=6)
    for name, ranks, cells in rows_of(report, lanes, every=every):
        table.add_row(name, ranks, *(_cell(kind, number, ascii_only) for kind, number in cells))
    return table


def _cell(kind: str, number: int, ascii_only: bool) -> Text:
    mark = MARKS[kind][ascii_only]
    return Text(mark if kind in ("none", "vacuous") else f"{mark} {short(number)}", STYLES[kind])


def _legend(report: Report, ascii_only: bool) -> Text:
    return Text("   ".join(f"{MARKS[kind][ascii_only]} {words}" for kind, words in legend_of(report)), "dim")


def _unchecked(report: Report, verbosity: int) -> Iterator[RenderableType]:
    """What was left out and noted, and how much the rest says."""
    left_out = not_checked(report)
    if left_out:
        yield Text("\nNot checked", "bold")
    for reason, what in left_out:
        most = len(what) if verbosity > 0 else MOST_LISTED
        more = f" and {len(what) - most} more" if len(what) > most else ""
        yield Indented(f"{reason}: {', '.join(what[:most])}{more}")
    said = worth(report) if verbosity > 0 or not report.findings else []
    broken = harness_errors(report)
    measured = precision_words(report) if verbosity > 0 or not report.findings else []
    for head, lines in (
        (ERRORS, broken),
        ("Notes", report.notes),
        ("What this says", said),
        ("How it computes", measured),
    ):
        if lines:
            yield Text(f"\n{head}", "bold")
            yield from (Indented(line) for line in lines)


def finding_parts(
    finding: FindingEntry, report: Report, index: int = 1, verbosity: int = 0
) -> Iterator[RenderableType]:
    """One finding, piece by piece."""
    says = VERDICT_WORDS.get(finding.verdict, finding.verdict)
    title = f"finding {index} of {len(report.findings)}: {finding.op} {says}"
    yield Rule(Text(title, "bold red"), align="left", style="red")
    yield Text.assemble((f"{finding.law}  {finding.title}", "bold"))
    yield Indented(finding.statement)
    yield ""
    yield Text.assemble(("smallest case", "bold"), f"   ({count(finding.cases, 'case')} failed this way)")
    yield Verbatim(f"  {finding.case}", CODE)
    for line in _inputs(finding):
        yield Verbatim(f"  {line}")
    if finding.first_case != finding.case and verbosity > 0:
        yield Verbatim(f"  first seen on {finding.first_case}", "dim")
    yield ""
    yield Text("what went wrong", "bold")
    yield Indented(finding.message)
    if finding.call:
        yield Indented(f"shown by a further call: {finding.call}")
    for lines in (side_by_side(finding, name=_output(finding)), finding.worked):
        if lines:
            yield ""
            yield from (Verbatim(f"  {line}".rstrip()) for line in lines)
    yield from _diagnosis(finding)
    yield ""
    yield Text("replay", "bold")
    yield Verbatim(f"  {finding.replay}", CODE)
    if finding.worked and finding.where is not None:
        at = ",".join(map(str, finding.where))
        yield Verbatim(f"  {command('cnnspec', 'explain', finding.case, '--at', at)}", CODE)
    if verbosity > 0 and finding.script:
        yield Text("\na script that shows it without cnnspec", "bold")
        yield from (Verbatim(f"  {line}") for line in finding.script.splitlines())


VERDICT_WORDS = {
    "failed": "is wrong", "crashed": "crashes", "timeout": "does not come back", "refused": "refuses a call it claims",
    "flaky": "answers the same call in two ways", "unexpected_pass": "passes where a failure was expected",
}  # fmt: skip
"""What each bad verdict says of an operation."""


def _output(finding: FindingEntry) -> str:
    return "result" if finding.call else "y"


def _inputs(finding: FindingEntry) -> list[str]:
    from cnnspec.cases.case import Case
    from cnnspec.report.explain import inputs

    try:
        return inputs(Case.parse(finding.case))
    except CnnspecError:
        return []


def _diagnosis(finding: FindingEntry) -> Iterator[RenderableType]:
    if finding.looks_like or finding.facts:
        yield ""
        yield Text("what it looks like", "bold")
    for likeness in finding.looks_like:
        words = f"behaves like {likeness.mutant} on {likeness.agree} of {count(likeness.compared, 'case')}"
        yield Indented(f"{words}: {likeness.sentence}" if likeness.sentence else words)
    for fact in finding.facts:
        yield Indented(fact)
    if finding.also:
        yield Indented(f"also broken on these cases: {', '.join(finding.also)}")


def _closing(report: Report, ascii_only: bool) -> Iterator[RenderableType]:
    yield ""
    if report.findings:
        yield headline(report, ascii_only)
        yield Verbatim.assemble("the law in full      ", (command("cnnspec", "laws", report.findings[0].law), CODE))
        yield Verbatim.assemble("pictures, scripts    ", (f"{report.command} --report html=report.html", CODE))
    elif report.exit_code:
        yield Text("Nothing that was checked failed, but not everything ran.", "bold")
    yield Verbatim.assemble("the same run again   ", (report.command, CODE))
