"""The command ``cnnspec mutants``: run suites against mutants, show which law catches which fault, write it down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cnnspec.errors import UsageError
from cnnspec.harness.kill import Kill, matrix
from cnnspec.mutants import FAMILIES, automatic, find, names
from cnnspec.report.console import Verbatim
from cnnspec.report.matrix import equivalent, parts, survivors, word
from cnnspec.report.options import outputs
from cnnspec.report.words import count

if TYPE_CHECKING:
    from rich.progress import TaskID

FEW = 12
"""Up to so many mutants each has its own lines."""

SCHEMA = "cnnspec-mutants-1"


def mutants(
    patterns: Sequence[str], *, seeds: int, effort: str, suites: tuple[str, ...], whole: bool, jobs: int,
    report: tuple[str, ...], verbose: bool,
) -> int:  # fmt: skip
    """Run the suites against the mutants, show what came of it, write the file; the exit code."""
    files = [path for kind, path in outputs(report) if _is_json(kind)]
    chosen = select(patterns)
    console, told = Console(stderr="-" in files), Console(stderr=True)
    suites = suites or ("cnnspec",)
    total = len(chosen) * sum(seeds if suite == "cnnspec" else 1 for suite in suites)
    kills: list[Kill] = []
    complete = True
    with Bar(told, total) as bar:
        try:
            for kill in matrix(chosen, suites=suites, seeds=range(seeds), effort=effort, whole=whole, jobs=jobs):
                kills.append(kill)
                bar.step(kill)
        except KeyboardInterrupt:
            complete = False
    for part in parts(kills, whole=whole, verbose=verbose or len(chosen) <= FEW):
        console.print(part, soft_wrap=isinstance(part, Verbatim), highlight=False)
    data = to_data(kills, seeds=seeds, effort=effort, complete=complete)
    for path in files:
        text = json.dumps(data, indent=1) + "\n"
        console.file.write(text) if path == "-" else Path(path).write_text(text, encoding="utf-8")
    if not complete:
        console.print("INCOMPLETE: interrupted", style="bold magenta")
        return 4
    return 1 if survivors(kills, "cnnspec") else 0


def _is_json(kind: str) -> bool:
    if kind != "json":
        raise UsageError(f"mutants are reported as json=FILE; got {kind}")
    return True


def select(patterns: Sequence[str]) -> list[str]:
    """The mutants that some pattern names: by name, by family, or ``auto:*`` for changes made by rule; all by default.

    Raises
    ------
    UsageError
        If a pattern matches none.

    Examples
    --------
    >>> select(["kernel_flip*"])
    ['kernel_flipped', 'kernel_flipped_on_last_axis']
    """
    zoo = names()
    found: dict[str, None] = {}
    for pattern in patterns or ("*",):
        pool = automatic.names() if pattern.startswith(automatic.PREFIX) else zoo
        matching = [name for name in pool if fnmatchcase(name, pattern) or find(name).family == pattern]
        if not matching:
            matching = [find(pattern).name]  # two at once, or an error that says what is near
        found |= dict.fromkeys(matching)
    return list(found)


class Bar:
    """Progress: a bar on a terminal, elsewhere one line for each family."""

    def __init__(self, console: Console, total: int) -> None:
        self._console, self._family, self._done, self._missed = console, "", 0, 0
        self._live = console.is_terminal and not console.is_dumb_terminal
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn(),
                   TimeRemainingColumn(compact=True))  # fmt: skip
        self._progress = Progress(*columns, console=console, transient=True, expand=True, disable=not self._live)
        self._task: TaskID = self._progress.add_task("", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()
        self._line()

    def step(self, kill: Kill) -> None:
        """One more mutant was run."""
        family = find(kill.mutant).family
        if family != self._family:
            self._line()
            self._family, self._done, self._missed = family, 0, 0
        self._done += 1
        self._missed += not kill.killed
        self._progress.update(self._task, advance=1, description=f"{family:<18}")

    def _line(self) -> None:
        if self._done and not self._live:
            missed = f", {self._missed} not caught" if self._missed else ""
            self._console.print(f"{self._family}: {count(self._done, 'run')}{missed}", highlight=False)


def to_data(kills: Sequence[Kill], *, seeds: int, effort: str, complete: bool) -> dict[str, Any]:
    """Everything as plain data."""
    from cnnspec import __version__
    from cnnspec.harness.versions import environment

    return {
        "schema": SCHEMA, "version": __version__, "environment": dict(environment()), "seeds": seeds,
        "effort": effort, "profile": "strict", "complete": complete,
        "mutants": {
            name: {
                "family": find(name).family, "sentence": find(name).sentence, "equivalent": equivalent(name),
                "why": word(name) if equivalent(name) else "",
            }
            for name in dict.fromkeys(kill.mutant for kill in kills)
        },
        "families": [*FAMILIES, "automatic"],
        "kills": [
            {
                "mutant": kill.mutant, "suite": kill.suite, "seed": kill.seed, "law": kill.law,
                "verdict": str(kill.verdict), "cases": kill.cases, "seconds": round(kill.seconds, 3),
                "case": "" if kill.case is None else str(kill.case), "laws": sorted(kill.laws),
                "errors": sorted(kill.errors),
            }
            for kill in kills
        ],
    }  # fmt: skip
