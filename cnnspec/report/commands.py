"""What the commands do, and print; :mod:`cnnspec.commands` only reads their arguments."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from rich.console import Console

from cnnspec.errors import UsageError
from cnnspec.report import options as read
from cnnspec.report.console import CODE, Verbatim, show

if TYPE_CHECKING:
    from cnnspec.report.model import Report


def consoles(outputs: list[tuple[str, str]]) -> tuple[Console, Console]:
    """Where the report is shown and where progress is; a report file on the standard output has that to itself."""
    progress = Console(stderr=True)
    return (progress if any(path == "-" for _, path in outputs) else Console()), progress


@contextmanager
def stop_when_asked() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does: with what was found so far."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def check(
    target: str, *, report: tuple[str, ...], verbosity: int, operations: tuple[str, ...], laws: tuple[str, ...],
    **options: Any,
) -> int:  # fmt: skip
    """Run the suite, show the report, write the files; the exit code."""
    outputs = read.outputs(report)
    operations, laws = _patterns(operations), _patterns(laws)
    read.check_operations(operations)
    campaign = bool(options["seconds"] or options["rounds"]) and not options["shard"]
    if options.get("database") is None:
        from cnnspec.harness.database import DEFAULT, default

        options["database"] = DEFAULT if campaign else default()
    if laws:
        from cnnspec.laws.registry import every_law

        read.check_laws(laws, [law.id for law in every_law()])
    from cnnspec.report.call import run
    from cnnspec.report.progress import planned_by, watching

    console, progress = consoles(outputs)
    planned = planned_by(
        operations=operations, laws=laws, profile=options["profile"], effort=options["effort"], cases=options["cases"]
    )
    with stop_when_asked(), watching(progress, planned, quiet=verbosity < 0, findings=campaign) as callback:
        found = run(target, operations=operations, laws=laws, progress=callback, **options)
    return finish(found, console, outputs, verbosity)


def _patterns(texts: tuple[str, ...]) -> tuple[str, ...]:
    from cnnspec.report.call import patterns

    return patterns(texts)


def finish(report: Report, console: Console, outputs: list[tuple[str, str]], verbosity: int) -> int:
    """Show the report and write its files; the exit code."""
    from cnnspec.report.write import write

    show(report, console, verbosity=verbosity)
    for path in write(report, outputs):
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        _tell_github(report)
    return report.exit_code


def _tell_github(report: Report) -> None:
    """Annotations and the job summary, where GitHub Actions asks for them."""
    from cnnspec.report.markdown import render, workflow_commands

    for line in workflow_commands(report):
        sys.stdout.write(f"{line}\n")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(render(report))


def replay(
    what: str, target: str | None, *, report: tuple[str, ...], laws: tuple[str, ...], verbosity: int,
    profile: str | None, **limits: Any,
) -> int:  # fmt: skip
    """Run a case again, or every finding of a report; the exit code."""
    from cnnspec.report.earlier import earlier as read_earlier

    outputs = read.outputs(report)
    earlier = read_earlier(what)
    cases = [what] if earlier is None else list(dict.fromkeys(case for _, case in earlier.findings))
    if not cases:
        raise UsageError(f"the report {what} holds no finding to replay")
    if earlier is not None and not (target or earlier.target):
        raise UsageError(f"{what} has findings of several targets; say which one to ask: cnnspec replay {what} TARGET")
    target = target or (earlier.target if earlier else "reference")
    profile = profile or (earlier.profile if earlier else "") or "standard"
    from cnnspec.report.build import make_report
    from cnnspec.report.call import replay_command
    from cnnspec.report.replay import replay as run_again

    console, _ = consoles(outputs)
    limits["memory"] = limits["memory"] and limits["memory"] << 20
    with stop_when_asked():
        result = run_again(target, cases, laws=_patterns(laws), profile=profile, **limits)
    line = replay_command(what, target, profile)
    found = make_report(result, repeat=line, replay=lambda case: replay_command(case, target, profile))
    if earlier is not None:
        bad = {finding.case for finding in found.findings}
        for law, case in earlier.findings:
            words = "STILL FAILS" if case in bad else "FIXED"
            console.print(Verbatim.assemble((f"{words:<12} {law}  ", "bold"), (case, CODE)), soft_wrap=True)
    elif not found.findings and found.complete:
        _show_laws(console, found)
    return finish(found, console, outputs, verbosity)


def _show_laws(console: Console, report: Report) -> None:
    """Every law that was asked of the case, with what it said."""
    titles = {law.id: law.title for law in report.laws}
    for tally in report.tallies:
        reason = f"  ({tally.reason})" if tally.reason and tally.verdict != "passed" else ""
        console.print(
            Verbatim(f"{tally.verdict:<10} {tally.law:<8} {titles.get(tally.law, '')}{reason}"), soft_wrap=True
        )
    console.print()


def explain(case_text: str, *, at: str | None, target: str | None) -> int:
    """Draw the window and write out the sum of one element; the exit code."""
    from cnnspec.cases.case import Case
    from cnnspec.report.explain import explain as lines_of, first_element, inputs

    console = Console()
    case = Case.parse(case_text)
    case.output_shape  # noqa: B018  refuses an invalid case with the rule it breaks
    got = None if target is None else _got(case, target)
    where = read.index(at) if at is not None else _where(case, got) if got is not None else first_element(case)
    element = got[where] if got is not None and got.shape == case.output_shape else None
    width = max(console.width - 2, 40)
    for line in [*inputs(case, width), "", *lines_of(case, where, got=element, width=width)]:
        console.print(Verbatim(line), soft_wrap=True)
    if got is not None and got.shape != case.output_shape:
        console.print(f"{target} returned the shape {got.shape}, where {case.output_shape} is right", highlight=False)
    return 0


def _got(case: Any, target: str) -> Any:
    from cnnspec.harness.target import open_target

    with open_target(target) as opened:
        seen = opened.run(case)
    if seen.kind != "returned":
        raise UsageError(f"{target} did not return a result for this case: {seen.message}")
    return seen.outputs[0]


def _where(case: Any, got: Any) -> tuple[int, ...]:
    """The first element that differs from the reference, else the first."""
    from cnnspec.cases.arrays import make_arrays
    from cnnspec.harness.probe import reference_outputs
    from cnnspec.laws.compare import differs, first_index, rounded

    expected = reference_outputs(case, make_arrays(case))[0]
    if expected.shape != got.shape:
        return (0,) * expected.ndim
    wrong = differs(rounded(expected, got), got)
    return first_index(wrong)


def shape(op: str, *, input: str, **given: Any) -> int:  # noqa: A002  --input
    """Print the arithmetic of an output shape; the exit code."""
    from cnnspec.report.arithmetic import shape_arithmetic, summary
    from cnnspec.report.sizes import geometry, same_words

    case = geometry(op, input=input, **given)
    console = Console()
    remark = same_words(case)
    console.print(f"{summary(case)}{f'   ({remark})' if remark else ''}", style="bold", highlight=False)
    console.print()
    for line in shape_arithmetic(case, max(console.width - 2, 40)):
        console.print(Verbatim(line), soft_wrap=True)
    return 0 if case.valid else 2


def mutants(patterns: tuple[str, ...], **options: Any) -> int:
    """Run the kill matrix and show it; the exit code."""
    from cnnspec.report.mutants import mutants as run_matrix

    with stop_when_asked():
        return run_matrix(patterns, **options)


def version() -> str:
    """This version and the ones it stands on."""
    from cnnspec import __version__

    return f"cnnspec {__version__}, Python {sys.version.split()[0]}"
