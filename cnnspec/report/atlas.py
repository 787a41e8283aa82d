"""The laws as the command ``cnnspec laws`` shows them: a table, or one law in full."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from cnnspec.cases.case import Case
from cnnspec.laws.registry import every_law
from cnnspec.operations import BY_NAME
from cnnspec.report.build import mutant_sentence
from cnnspec.report.console import CODE, Indented, Verbatim
from cnnspec.report.formula import plain_math
from cnnspec.report.options import check_laws
from cnnspec.report.words import number

if TYPE_CHECKING:
    from typing import Any

    from cnnspec.laws.law import Law


def laws(pattern: str | None, *, short: bool = False) -> int:
    """Print the laws that match, all if no pattern is given, one in full; the exit code."""
    known = every_law()
    if pattern:
        check_laws([pattern], [law.id for law in known])
    chosen = [law for law in known if not pattern or fnmatchcase(law.id, pattern.upper())]
    console = Console()
    parts = in_full(chosen[0]) if len(chosen) == 1 else titles(chosen) if short else listed(chosen)
    for part in parts:
        console.print(part, highlight=False, soft_wrap=isinstance(part, Verbatim))
    return 0


def titles(chosen: list[Law]) -> Iterator[RenderableType]:
    """The laws of each chapter: id, title, kind of check."""
    for _, group in groupby(chosen, key=lambda law: law.id.partition("-")[0]):
        rows = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
        rows.add_column(width=9, no_wrap=True, style="bold")
        rows.add_column(ratio=1)
        rows.add_column(no_wrap=True, style="dim", justify="right")
        rows.expand = True
        for law in sorted(group, key=_number):
            rows.add_row(law.id, law.title, law.lane)
        yield rows
        yield ""
    yield Text("cnnspec laws ID shows a law in full: formula and example too", "dim")


def listed(chosen: list[Law]) -> Iterator[RenderableType]:
    """The laws of each chapter: id, title, kind of check, statement, operations and source."""
    for _, group in groupby(chosen, key=lambda law: law.id.partition("-")[0]):
        for law in sorted(group, key=_number):
            yield Text.assemble((f"{law.id}  {law.title}", "bold"), (f"   {law.lane}", "dim"))
            yield Indented(law.statement)
            yield Indented(Text("on " + operations_in_words(law), "dim"))
            yield Indented(Text(law.source, "dim"))
            yield ""
    yield Text("cnnspec laws ID adds formula and example, cnnspec laws --short keeps to the titles", "dim")


def operations_in_words(law: Law) -> str:
    """The operations of a law: their names, or that it holds for all."""
    return "every operation" if len(law.operations) == len(BY_NAME) else ", ".join(law.operations) or "the definitions"


def _number(law: Law) -> int:
    return int(law.id.rpartition("-")[2])


def in_full(law: Law) -> Iterator[RenderableType]:
    """One law: statement, formula, where it applies, its hand-computed example, and the faults it must catch."""
    yield Text.assemble((f"{law.id}  {law.title}", "bold"), (f"   {law.lane}", "dim"))
    yield Indented(law.statement)
    yield ""
    yield Verbatim(f"  {plain_math(law.formula)}")
    yield ""
    for head, text in (("operations", ", ".join(law.operations)), ("source", law.source)):
        yield Text(head, "bold")
        yield Indented(text)
    yield Text("example, computed by hand", "bold")
    yield Verbatim(f"  {law.example[0]}", CODE)
    for line in _example(*law.example):
        yield Verbatim(f"  {line}")
    if law.mutants:
        yield Text("faults that it must catch", "bold")
        for name in law.mutants:
            sentence = mutant_sentence(name)
            yield Indented(f"{name}: {sentence}" if sentence else name)


def _example(text: str, result: Any) -> list[str]:
    from cnnspec.report.explain import inputs

    try:
        lines = inputs(Case.parse(text))
    except ValueError:
        lines = []
    return [*lines, f"result = {_nested(result)}"]


def _nested(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_nested, value))}]"
    return number(value)
