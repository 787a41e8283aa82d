"""The matrix law × target on a terminal, the dialects that differ, and who agrees with whom where a law is broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from string import ascii_uppercase
from typing import TYPE_CHECKING, Self

from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from cnnspec.harness.dialects import FLAGS
from cnnspec.laws.registry import every_law
from cnnspec.operations import find
from cnnspec.report.build import make_report
from cnnspec.report.call import replay_command
from cnnspec.report.console import CODE, Indented, Verbatim, has_unicode
from cnnspec.report.model import HEADLINES
from cnnspec.report.states import STATES, cells, together
from cnnspec.report.words import clean, count, element, listing, number

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from cnnspec.harness.compare import Camp, Comparison, Disagreement
    from cnnspec.harness.verdicts import RunResult

STYLES = {"pass": "green", "fail": "bold red", "dialect": "yellow", "unclaimed": "dim", "not run": "magenta"}
FIRST = 16
"""The width of the column of laws."""


@dataclass(frozen=True)
class Shown:
    """A comparison as it is shown: for every (operation, law) the state of each target."""

    found: Comparison
    cells: dict[tuple[str, str], tuple[str, ...]]
    dialects: dict[str, dict[str, str]]

    @classmethod
    def of(cls, found: Comparison) -> Self:
        """Read the results."""
        states = {name: cells(make_report(result)) for name, result in found.results.items()}
        order = {law.id: place for place, law in enumerate(every_law())}
        keys = {key for mine in states.values() for key in mine}
        other = {name: "unclaimed" if name in states else "not run" for name in found.targets}
        return cls(
            found,
            {
                key: tuple(states.get(name, {}).get(key, other[name]) for name in found.targets)
                for key in sorted(keys, key=lambda key: (order.get(key[1], -1), key[0]))
                if key[1] in order
            },
            _dialects(found.results),
        )

    def rows(self) -> list[tuple[str, tuple[str, ...]]]:
        """Every law with the state of each target over all operations."""
        return [
            (law, tuple(map(together, zip(*(self.cells[key] for key in keys), strict=True))))
            for law, keys in groupby(self.cells, lambda key: key[1])
        ]


def _dialects(results: Mapping[str, RunResult]) -> dict[str, dict[str, str]]:
    """The dialects in which those differ of which an operation was checked that can be asked."""
    ran = {name: {find(op)[0].name for (op, law), tally in result.tallies.items() if law and tally.checked}
           for name, result in results.items()}  # fmt: skip
    found = {}
    for flag in FLAGS:
        asked = [name for name, ops in ran.items() if ops & set(flag.operations)]
        values = {name: results[name].claims.dialects.get(flag.name, flag.default) for name in asked}
        if len(set(values.values()) - {""}) > 1:
            found[flag.name] = {name: value for name, value in values.items() if value}
    return found


def show(shown: Shown, console: Console, *, verbosity: int = 0) -> None:
    """Print everything: below 0 a line for each disagreement, above 0 a row for every law."""
    for part in parts(shown, verbosity, ascii_only=not has_unicode(console)):
        console.print(part, soft_wrap=isinstance(part, Verbatim), highlight=False)


def parts(shown: Shown, verbosity: int, *, ascii_only: bool) -> Iterator[RenderableType]:
    """What is printed, piece by piece."""
    if verbosity >= 0:
        yield from _targets(shown)
        yield ""
        yield _table(shown, ascii_only, every=verbosity > 0)
        yield Text("   ".join(f"{STATES[state][ascii_only]} {state}" for state in STATES), "dim")
        yield from _differing(shown)
        for place, one in enumerate(shown.found.disagreements, start=1):
            yield ""
            yield from _disagreement(one, shown, place)
    else:
        for one in shown.found.disagreements:
            against = listing([name for camp in one.camps[1:] for name in camp.members])
            yield Verbatim.assemble(
                (f"{one.case.op} {one.law.id}", "bold"), f"  {one.sentence or against + ' against the reference'}"
            )
    yield ""
    yield from _verdict(shown)


def _targets(shown: Shown) -> Iterator[RenderableType]:
    results = shown.found.results
    first = next(iter(results.values()), None)
    if first is not None:
        yield Text(f"profile {first.profile}, effort {first.effort}, seed {first.seed}", "dim")
    for letter, name in zip(_heads(shown.found.targets), shown.found.targets, strict=True):
        result = results.get(name)
        words = f"{letter}  " if letter != name else ""
        version = "" if result is None or name.endswith(result.version) else result.version
        said = "not run" if result is None else (
            f"{HEADLINES[result.exit_code]}, {count(len(result.findings), 'finding')}, {count(result.cases, 'case')}"
        )  # fmt: skip
        yield Verbatim.assemble(words, (f"{name} {clean(version)}".strip(), "bold"), f"  {said}")


def _heads(targets: Sequence[str]) -> list[str]:
    """The names of the columns: the targets' own, or letters where these would not fit."""
    width = (80 - FIRST) // len(targets) - 1
    return list(targets) if max(map(len, targets)) <= width else [*ascii_uppercase[: len(targets)]]


def _table(shown: Shown, ascii_only: bool, *, every: bool) -> Table:
    targets = shown.found.targets
    words = (80 - FIRST) // len(targets) >= 12
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("law", no_wrap=True, width=FIRST - 1)
    for head in _heads(targets):
        table.add_column(head, no_wrap=True, min_width=11 if words else 1)
    for name, states in _gathered(shown.rows(), every=every):
        marks = (Text(f"{STATES[s][ascii_only]}{' ' + s if words else ''}", STYLES[s]) for s in states)
        table.add_row(name, *marks)
    return table


def _gathered(rows: list[tuple[str, tuple[str, ...]]], *, every: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The rows; neighbours of one chapter with the same states share one.

    Examples
    --------
    >>> rows = [("CORR-1", ("pass",)), ("CORR-2", ("pass",)), ("CORR-4", ("pass",)), ("PAD-1", ("pass",))]
    >>> [name for name, _ in _gathered(rows, every=False)]
    ['CORR-1,2,4', 'PAD-1']
    """
    if every:
        yield from rows
        return
    for (chapter, states), group in groupby(rows, lambda row: (row[0].partition("-")[0], row[1])):
        numbers = sorted(int(law.partition("-")[2]) for law, _ in group)
        while numbers:
            took = len(numbers)
            while len(f"{chapter}-{_numbers(numbers[:took])}") >= FIRST:
                took -= 1
            yield f"{chapter}-{_numbers(numbers[:took])}", states
            numbers = numbers[took:]


def _numbers(numbers: Sequence[int]) -> str:
    """Numbers in a few characters: three or more in a row as a range."""
    text, rest = [], list(numbers)
    while rest:
        run = next(n for n in range(len(rest), 0, -1) if rest[:n] == list(range(rest[0], rest[0] + n)))
        text += [f"{rest[0]}-{rest[run - 1]}"] if run > 2 else [str(n) for n in rest[:run]]
        rest = rest[run:]
    return ",".join(text)


def _differing(shown: Shown) -> Iterator[RenderableType]:
    """The dialects in which the targets differ: permitted, and no finding."""
    questions = {flag.name: flag for flag in FLAGS}
    if shown.dialects:
        yield Text("\nPermitted choices in which they differ", "bold")
    for name, values in shown.dialects.items():
        flag = questions[name]
        yield Indented(f"{name}, {flag.question}")
        for value in dict.fromkeys(values.values()):
            who = ", ".join(target for target, mine in values.items() if mine == value)
            yield Indented(f"{flag.values.get(value, value)}: {who}", 4)


def _disagreement(one: Disagreement, shown: Shown, place: int) -> Iterator[RenderableType]:
    total = len(shown.found.disagreements)
    title = f"disagreement {place} of {total}: {one.case.op}"
    yield Rule(Text(title, "bold red"), align="left", style="red")
    yield Text.assemble((f"{one.law.id}  {one.law.title}", "bold"))
    yield Verbatim(f"  {one.case}", CODE)
    if one.sentence:
        yield Text(f"  {one.sentence}", "bold magenta" if one.alone else "bold")
    wrong = next((camp for camp in one.camps[1:] if camp.failure is not None), None)
    for camp in one.camps:
        yield Indented(f"{_says(camp, wrong)}:  {', '.join(camp.members)}")
    reasons: dict[str, list[str]] = {}
    for name, reason in one.silent.items():
        reasons.setdefault(re.sub(r"^\w+: ", "", clean(reason)) or "could not tell", []).append(name)
    for reason, names in reasons.items():
        yield Indented(f"not asked, {reason}:  {', '.join(names)}")
    who = one.camps[1].members[0]
    profile = shown.found.results[who].profile if who in shown.found.results else "standard"
    yield Verbatim(f"  {replay_command(str(one.case), who, profile)}", CODE)


def _says(camp: Camp, wrong: Camp | None) -> str:
    """What a camp answers, in few words: the first element in which they differ where there is one."""
    failure = camp.failure if camp.failure is not None or wrong is None else wrong.failure
    if failure is not None and failure.where is not None and failure.expected is not None and failure.got is not None:
        array = failure.got if camp.failure is not None else failure.expected
        if array.shape == failure.got.shape:
            return f"{element('y', failure.where)} = {number(array[tuple(failure.where)])}"
    return "the law holds" if camp.failure is None else clean(camp.failure.message)


def _verdict(shown: Shown) -> Iterator[RenderableType]:
    found = shown.found
    ran = [name for name in found.targets if name in found.results]
    conform = [name for name in ran if found.results[name].exit_code == 0]
    if not found.complete:
        left = [name for name in found.targets if name not in found.results]
        words = f"; not run: {', '.join(left)}" if left else ""
        yield Text(f"INCOMPLETE: what was checked so far stands{words}", "bold magenta")
    alone = [one for one in found.disagreements if one.alone]
    if alone:
        yield Text(
            f"in {count(len(alone), 'case')} the reference stands alone against all: look at the specification first",
            "bold magenta",
        )
    some = f"{', '.join(conform)} conform" + ("s" if len(conform) == 1 else "") if conform else "none conforms"
    rest = count(len(found.disagreements), "disagreement")
    yield Text(f"{some}; {rest}" if found.complete else rest, "bold")
