"""The face of the kill matrix: tables that fit 80 columns, by family and by law, and what was not caught."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from cnnspec.mutants import automatic, find
from cnnspec.mutants.equivalent import KINDS, listed, reasons
from cnnspec.report.console import CODE, Indented, Verbatim
from cnnspec.report.words import count

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cnnspec.harness.kill import Kill


def survivors(kills: Iterable[Kill], suite: str) -> list[Kill]:
    """The runs of a suite in which a mutant was not caught, those left out of which it is written why none can be."""
    return [kill for kill in kills if kill.suite == suite and not kill.killed and not equivalent(kill.mutant)]


def equivalent(name: str) -> str:
    """Why no run can tell the mutant from the reference; an empty string where one should."""
    return reasons().get(name, "") if name.startswith(automatic.PREFIX) else ""


def word(name: str) -> str:
    """How a report says that no run tells the mutant from the reference: equivalent, allowed or not asked for."""
    return KINDS[listed()[name].kind]


def parts(kills: Sequence[Kill], *, whole: bool, verbose: bool) -> Iterator[RenderableType]:
    """What is printed."""
    suites = list(dict.fromkeys(kill.suite for kill in kills))
    if verbose:
        yield from _each(kills)
    else:
        yield _families(kills, suites)
        yield ""
    ours = [kill for kill in kills if kill.suite == "cnnspec" and kill.killed]
    if ours and not verbose:
        yield _laws(ours, whole)
        yield ""
    for suite in suites:
        yield from _verdict([kill for kill in kills if kill.suite == suite], suite)


def _families(kills: Sequence[Kill], suites: Sequence[str]) -> Table:
    """A row per family: how many mutants, how many each suite caught, and after how many cases and seconds ours did."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("family", no_wrap=True)
    for head in ("faults", *suites, "cases", "most", "seconds", "most"):
        table.add_column(head, justify="right", no_wrap=True)
    groups: dict[str, list[Kill]] = {}
    for kill in kills:
        groups.setdefault(find(kill.mutant).family, []).append(kill)
    for family, group in [*groups.items(), ("all", list(kills))]:
        table.add_row(family, str(len({kill.mutant for kill in group})), *_row(group, suites))
    return table


def _row(group: Sequence[Kill], suites: Sequence[str]) -> list[str]:
    cells = [caught(group, suite) for suite in suites]
    ours = [kill for kill in group if kill.suite == "cnnspec" and kill.killed]
    if not ours:
        return [*cells, "", "", "", ""]
    cases, seconds = [kill.cases for kill in ours], [kill.seconds for kill in ours]
    return [*cells, f"{median(cases):.0f}", f"{max(cases)}", f"{median(seconds):.2f}", f"{max(seconds):.2f}"]


def caught(group: Sequence[Kill], suite: str) -> str:
    """How many mutants the suite caught with every seed, of how many it can reach where that is not all."""
    runs = [kill for kill in group if kill.suite == suite and not (equivalent(kill.mutant) and not kill.killed)]
    reached = {kill.mutant for kill in runs}
    missed = {kill.mutant for kill in runs if not kill.killed}
    every = reached == {kill.mutant for kill in group}
    return f"{len(reached - missed)}" if every else f"{len(reached - missed)} of {len(reached)}"


def _laws(kills: Sequence[Kill], whole: bool) -> Table:
    """A row per law: how many mutants it caught first (any time, of whole runs), and some of them."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=True)
    table.add_column("law", no_wrap=True)
    table.add_column("caught" if whole else "first", justify="right", no_wrap=True)
    table.add_column("among them", ratio=1, no_wrap=True, overflow="ellipsis", style="dim")
    by_law: dict[str, Counter[str]] = {}
    for kill in kills:
        for law in kill.laws if whole else [kill.law]:
            by_law.setdefault(law, Counter())[kill.mutant] += 1
    for law, found in sorted(by_law.items(), key=lambda item: (-len(item[1]), item[0])):
        table.add_row(law, str(len(found)), ", ".join(name for name, _ in found.most_common(4)))
    return table


def _each(kills: Sequence[Kill]) -> Iterator[RenderableType]:
    for kill in kills:
        head = f"{kill.mutant}  " + (f"({kill.suite}) " if kill.suite != "cnnspec" else "")
        if not kill.killed:
            why = equivalent(kill.mutant)
            words = word(kill.mutant) if why else "NOT CAUGHT"
            yield Text.assemble((head, "bold"), (words, "" if why else "bold red"), f", {_runs(kill)}")
            yield Indented(why or find(kill.mutant).sentence)
            continue
        yield Text.assemble((head, "bold"), f"{kill.law} {kill.verdict}, {_runs(kill)} and {kill.seconds:.2f} s")
        if kill.case is not None:
            yield Verbatim(f"  {kill.case}", CODE)
        if len(kill.laws) > 1:
            yield Indented(f"breaks {', '.join(sorted(kill.laws))}")
    yield ""


def _runs(kill: Kill) -> str:
    seed = f" with seed {kill.seed}" if kill.seed else ""
    return f"after {count(kill.cases, 'case' if kill.suite == 'cnnspec' else 'test')}{seed}"


def _verdict(kills: Sequence[Kill], suite: str) -> Iterator[RenderableType]:
    """The last lines: what a suite caught, and what it let through."""
    missed = survivors(kills, suite)
    faults = {kill.mutant for kill in kills}
    same = {kill.mutant for kill in kills if not kill.killed and equivalent(kill.mutant)}
    seeds = len({kill.seed for kill in kills})
    through = {kill.mutant for kill in missed}
    words = f"{suite}: {len(faults - same - through)} of {count(len(faults - same), 'fault')} caught"
    words += f" with each of {seeds} seeds" if seeds > 1 else ""
    kinds = Counter(map(word, sorted(same)))
    words += f"; not counted: {', '.join(f'{kinds[k]} {k}' for k in KINDS.values() if kinds[k])}" if same else ""
    yield Text(words, "bold red" if missed and suite == "cnnspec" else "bold")
    if suite == "cnnspec":
        for name in dict.fromkeys(kill.mutant for kill in missed):
            seeds_missed = ", ".join(str(kill.seed) for kill in missed if kill.mutant == name)
            yield Indented(f"NOT CAUGHT {name} (seed {seeds_missed}): {find(name).sentence}")
