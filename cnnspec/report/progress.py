"""Progress while a run goes on: bars on a terminal, one plain line per operation elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from cnnspec.harness.plan import make_plan
from cnnspec.harness.verdicts import BAD, Verdict
from cnnspec.report.words import count

if TYPE_CHECKING:
    from cnnspec.harness.verdicts import RunResult

Callback = Callable[[str, int, int, "RunResult"], None]
Planned = Callable[["RunResult"], dict[str, int]]
"""How many cases each operation of a run gets."""


def planned_by(
    *, operations: tuple[str, ...] = (), laws: tuple[str, ...] = (), profile: str, effort: str, cases: int | None = None
) -> Planned:
    """The plan that a run with these options makes, once its claims are known."""

    def plan(result: RunResult) -> dict[str, int]:
        made = make_plan(result.claims, operations=operations, laws=laws, profile=profile, effort=effort, cases=cases)
        return {item.op: item.cases for item in made.items}

    return plan


def broken(result: RunResult, op: str = "") -> int:
    """How many laws are broken so far, by one operation or by all."""
    return sum(tally.verdict in BAD for (name, _), tally in result.tallies.items() if op in ("", name))


@contextmanager
def watching(console: Console, planned: Planned, *, quiet: bool = False, findings: bool = False) -> Iterator[Callback]:
    """The callback to give to a run; what it shows goes away, or ends with a line, when the context does.

    With ``findings`` each of them is told as soon as it is explained.
    """
    news = News(console) if findings else None
    if quiet:
        yield _nothing
    elif console.is_terminal and not console.is_dumb_terminal:
        bars = Bars(console, planned, news)
        with bars.progress:
            yield bars
    else:
        lines = Lines(console, news)
        try:
            yield lines
        finally:
            lines.finish()


class News:
    """A line for each finding, once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: set[tuple[str, str, str]] = set()

    def __call__(self, result: RunResult) -> None:
        """Tell what is new."""
        for finding in result.findings:
            name = finding.looks_like[0][0] if finding.looks_like else ""
            identity = finding.case.operation.name, finding.law, name
            if identity not in self._told:
                self._told.add(identity)
                words = f"finding: {finding.law} {finding.verdict}  {finding.case}{f'  ({name})' * bool(name)}"
                self._console.print(words, highlight=False, markup=False, soft_wrap=True)


class Bars:
    """Two bars: the operation, and the whole run; in the later rounds of a campaign the round alone."""

    def __init__(self, console: Console, planned: Planned, news: News | None = None) -> None:
        self._news = news
        self.progress = Progress(
            TextColumn("{task.description}", table_column=Column(width=24, no_wrap=True)),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(compact=True),
            TextColumn("[red]{task.fields[broken]}"),
            console=console,
            transient=True,
            refresh_per_second=8,
            expand=True,
        )
        self._planned = planned
        self._plan: dict[str, int] = {}
        self._before = 0
        self._op = ""

    def __call__(self, op: str, done: int, planned: int, result: RunResult) -> None:
        """One more case is done."""
        if not self._plan:
            self._plan = self._planned(result)
            self._one = self.progress.add_task("", total=planned, broken="")
            self._all = self.progress.add_task("all operations", total=sum(self._plan.values()), broken="")
        if self._news:
            self._news(result)
        if op not in self._plan:  # a later round
            if op != self._op:
                self._op = op
                self.progress.update(self._one, visible=False)
                self.progress.reset(self._all, total=planned, description=op)
            words = f"{count(broken(result), 'law')} broken" if broken(result) else ""
            self.progress.update(self._all, completed=done, broken=words)
            return
        if op != self._op:
            earlier = list(self._plan)[: list(self._plan).index(op)]
            self._op, self._before = op, sum(self._plan[name] for name in earlier)
            self.progress.reset(self._one, total=planned, description=op, broken="")
        failing = broken(result)
        here = broken(result, op)
        words = f"{op}: shrinking" if done == planned and here else op
        self.progress.update(self._one, completed=done, description=words, broken=f"{here} broken" if here else "")
        total = f"{count(failing, 'law')} broken" if failing else ""
        self.progress.update(self._all, completed=self._before + done, broken=total)


class Rate(ProgressColumn):
    """Cases per second."""

    def render(self, task: Task) -> Text:
        """The rate as text."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", "dim")


class Lines:
    """A line when an operation is done, or a later round of a campaign."""

    def __init__(self, console: Console, news: News | None = None) -> None:
        self._console, self._news = console, news
        self._last: tuple[str, int, int, RunResult] | None = None

    def __call__(self, op: str, done: int, planned: int, result: RunResult) -> None:
        """One more case is done."""
        if self._last is not None and self._last[0] != op:
            self.finish()
        self._last = op, done, result.cases, result
        if self._news:
            self._news(result)

    def finish(self) -> None:
        """Print the line of the operation that was under way."""
        if self._last is None:
            return
        op, done, total, result = self._last
        if self._news:
            self._news(result)
        if " " in op:  # a round: every operation
            self._last = None
            failing = broken(result)
            words = f"{count(failing, 'law')} broken" if failing else "ok"
            line = f"{op}: {count(done, 'case')}, {total} in all: {words}"
            self._console.print(line, highlight=False, soft_wrap=True)
            return
        tallies = [tally for (name, _), tally in result.tallies.items() if name == op]
        laws = sum(tally.verdict not in (Verdict.UNCLAIMED, Verdict.VACUOUS) for tally in tallies)
        failing = broken(result, op)
        errors = sum(tally.verdict is Verdict.ERROR for tally in tallies)
        outcome = f"{count(failing, 'law')} broken" if failing else "ok"
        outcome += f", {count(errors, 'check')} failed in cnnspec itself" if errors else ""
        self._console.print(
            f"{op}: {count(done, 'case')}, {count(laws, 'law')}: {outcome}", highlight=False, soft_wrap=True
        )
        self._last = None


def _nothing(op: str, done: int, planned: int, result: RunResult) -> None:
    pass
