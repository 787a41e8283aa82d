"""The command ``cnnspec certify``: the layers of a network on a target, one line for each layer and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from cnnspec.errors import UsageError
from cnnspec.harness.certify import FORMS, RESULTS, Certified, certify as run
from cnnspec.harness.verdicts import Verdict
from cnnspec.report.commands import stop_when_asked
from cnnspec.report.console import Indented
from cnnspec.report.options import outputs
from cnnspec.report.words import count
from cnnspec.report.write import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

    from cnnspec.harness.certify import Certification

FINE = (Verdict.PASSED, Verdict.UNCLAIMED, Verdict.VACUOUS)
STYLES = {Verdict.PASSED: "green", Verdict.UNCLAIMED: "dim", Verdict.VACUOUS: "dim"}
WORDS = {Verdict.PASSED: "right", Verdict.FAILED: "wrong"}
HEADS = {"forward": "forward", "input gradient": "input grad.", "weight gradient": "weight grad."}
AXES = {"weight gradient": ("output channel", "input channel", "tap")}
MOST_WRONG = 8
"""Wrong elements of one result that are shown."""


def certify(
    target: str,
    *,
    layers: str,
    results: tuple[str, ...] = (),
    forms: tuple[str, ...] = (),
    report: tuple[str, ...] = (),
    verbosity: int = 0,
    **options: Any,
) -> int:
    """Certify the layers on the target, print what was found, write JSON files if asked; the exit code."""
    files = [path for kind, path in outputs(report) if _is_json(kind)]
    console = Console(stderr="-" in files)
    with stop_when_asked(), _watching(Console(stderr=True), layers, quiet=verbosity < 0) as progress:
        whole = run(
            target, layers=layers, results=results or RESULTS, forms=forms or FORMS, progress=progress, **options
        )  # fmt: skip
    for part in parts(whole, verbosity):
        console.print(part, highlight=False)
    text = json.dumps(whole.to_json(), indent=1, allow_nan=False) + "\n"
    for path in replace(text, files):
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)
    return whole.exit_code


def _is_json(kind: str) -> bool:
    if kind != "json":
        raise UsageError(f"certificates are reported as json=FILE; got {kind}")
    return True


@contextmanager
def _watching(console: Console, layers: str, *, quiet: bool) -> Iterator[Callable[[Certified, int, int], None]]:
    """A bar on a terminal, a line for each layer elsewhere; what is wrong is said at once in both."""
    live = console.is_terminal and not console.is_dumb_terminal
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn(),
               TimeRemainingColumn(compact=True))  # fmt: skip
    seen: list[Certified] = []
    with Progress(*columns, console=console, transient=True, expand=True, disable=quiet or not live) as bar:
        task = bar.add_task(layers, total=None)

        def progress(row: Certified, done: int, planned: int) -> None:
            bar.update(task, completed=done, total=planned, description=row.layer.name)
            if quiet or live:
                return
            if seen and seen[-1].layer is not row.layer:
                _tell(console, seen)
            seen.append(row)
            if done == planned:
                _tell(console, seen)

        yield progress


def _tell(console: Console, seen: list[Certified]) -> None:
    bad = sum(row.verdict not in FINE for row in seen)
    console.print(f"{seen[0].layer.name}: {count(len(seen), 'result')}{f', {bad} not right' if bad else ''}",
                  highlight=False, soft_wrap=True)  # fmt: skip
    seen.clear()


def parts(whole: Certification, verbosity: int = 0) -> Iterator[RenderableType]:
    """A table with a line for each layer; what is not right, element by element; and the whole in one sentence."""
    if verbosity >= 0:
        yield _table(whole)
    for row in whole.rows:
        if row.verdict not in FINE:
            yield Text(f"\n{row.layer.name}, {row.result}, {row.form} form: {_word(row)}", "bold red")
            yield Indented(Text("\n".join(elements(row))))
        elif verbosity > 0:
            yield Text(f"\n{row.layer.name}, {row.result}, {row.form} form: {_word(row)}", "bold")
            yield Indented(Text(row.words))
    if not whole.complete:
        yield Text("\nINCOMPLETE: interrupted; the rest did not run", "bold magenta")
    yield Text(f"\n{whole.words}.", "bold")


def _table(whole: Certification) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    results = list(dict.fromkeys(row.result for row in whole.rows))
    exact = any(row.form == "exact" for row in whole.rows)
    table.add_column("layer", no_wrap=True, overflow="ellipsis", ratio=1)
    for result in results:
        table.add_column(HEADS[result], no_wrap=True)
    if exact:
        table.add_column("missed", no_wrap=True, justify="right")
    for layer, group in groupby(whole.rows, key=lambda row: row.layer):
        rows = list(group)
        cells = [_cell([row for row in rows if row.result == result]) for result in results]
        table.add_row(layer.name, *cells, *([_missed(rows)] if exact else []))
    return table


def _cell(rows: Sequence[Certified]) -> Text:
    """One word for both forms where that is the same, else a word for each."""
    if len({row.verdict for row in rows}) == 1:
        return Text(_word(rows[0]), STYLES.get(rows[0].verdict, "bold red"))
    pieces = [Text(f"{_word(row)} ({row.form})", STYLES.get(row.verdict, "bold red")) for row in rows]
    return Text("\n").join(pieces)


def _word(row: Certified) -> str:
    return WORDS.get(row.verdict, str(row.verdict))


def _missed(rows: Sequence[Certified]) -> str:
    """The largest probability that a wrong element of an exact result went unseen."""
    chances = [row.certificate.miss for row in rows if row.certificate is not None and row.form == "exact"]
    return f"{max(chances):.0e}" if chances else ""


def elements(row: Certified) -> Iterator[str]:
    """What is wrong with one result, a sentence for each element.

    Examples
    --------
    >>> from cnnspec.numerics.tables import layer_table
    >>> row = Certified(layer_table("vgg16").layers[0], "forward", "float", Verdict.CRASHED, message="it has gone")
    >>> list(elements(row))
    ['it has gone']
    """
    c = row.certificate
    if c is None:
        yield row.message
        return
    yield f"wrong at {c.alarms - c.unconfirmed} of {c.places} places:"
    first, second, third = AXES.get(row.result, ("sample", "channel", "position"))
    for w in c.wrong[:MOST_WRONG]:
        a, b, *rest = w.index
        where = f"{first} {a}, {second} {b}, {third} ({', '.join(map(str, rest))})"
        yield f"{where} is {w.got:.9g}, not {w.right:.9g}{f': {w.times}' if w.allowed else ''}"
    if len(c.wrong) > MOST_WRONG:
        yield f"and {len(c.wrong) - MOST_WRONG} more elements that were computed anew"
