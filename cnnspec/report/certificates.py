"""The command ``cnnspec certify``: the layers of a network on a target, one line for each layer and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from cnnspec.harness.certify import FORMS, RESULTS, Certified, certify as run
from cnnspec.harness.verdicts import Verdict

if TYPE_CHECKING:
    from cnnspec.harness.certify import Certification

FINE = (Verdict.PASSED, Verdict.UNCLAIMED, Verdict.VACUOUS)
STYLES = {Verdict.PASSED: "green", Verdict.UNCLAIMED: "dim", Verdict.VACUOUS: "dim"}
WORDS = {Verdict.PASSED: "right", Verdict.FAILED: "wrong"}


def certify(
    target: str,
    *,
    layers: str,
    results: tuple[str, ...] = (),
    forms: tuple[str, ...] = (),
    report: str | None = None,
    verbose: bool = False,
    **options: Any,
) -> int:
    """Certify the layers on the target, print what was found, write a JSON file if asked; the exit code."""
    shown = Console(stderr=report == "-")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(layers)

        def progress(row: Certified, done: int, planned: int) -> None:
            bar.update(task, completed=done, total=planned, description=row.layer.name)
            if row.verdict not in FINE:
                bar.console.print(_line(row), soft_wrap=True, highlight=False)

        whole = run(
            target, layers=layers, results=results or RESULTS, forms=forms or FORMS, progress=progress, **options
        )  # fmt: skip
    for part in parts(whole, verbose=verbose):
        shown.print(part, soft_wrap=True, highlight=False)
    if report:
        text = json.dumps(whole.to_json(), indent=1) + "\n"
        if report == "-":
            print(text, end="")
        else:
            Path(report).write_text(text, encoding="utf-8")
    return whole.exit_code


def parts(whole: Certification, *, verbose: bool = False) -> Iterator[Text]:
    """A line for each layer with the word for each result, and the whole in one sentence."""
    width = max((len(row.layer.name) for row in whole.rows), default=0)
    for layer, rows in groupby(whole.rows, key=lambda row: row.layer):
        line = Text(f"{layer.name:{width}}  ")
        rows_of = list(rows)
        for i, row in enumerate(rows_of):
            line.append("; " if i and row.result != rows_of[i - 1].result else ", " if i else "")
            before = "" if i and row.result == rows_of[i - 1].result else f"{row.result}: "
            line.append(before)
            line.append(f"{WORDS.get(row.verdict, row.verdict)} ({row.form})", STYLES.get(row.verdict, "bold red"))
        yield line
        told = rows_of if verbose else [row for row in rows_of if row.verdict not in FINE]
        for row in told:
            yield Text.assemble("  ", _line(row))
    if not whole.complete:
        yield Text("interrupted: the rest did not run", "bold red")
    yield Text(f"\n{whole.words}.", "bold")


def _line(row: Certified) -> Text:
    return Text(f"{row.layer.name}, {row.result}, {row.form}: {row.words}", STYLES.get(row.verdict, "red"))
