"""The table of laws: for each its definition, its example, its tests, the faults it must catch, and its place here.

The page shows it, and ``tests/test_law_table.py`` fails where a cell is empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cnnspec import mutants
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.laws.counterexamples import COUNTEREXAMPLES
from cnnspec.laws.registry import every_law
from cnnspec.operations import BY_NAME
from docs.pages.laws import chapters, operations
from docs.pages.words import TABLE_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from cnnspec.laws.law import Law
    from cnnspec.typing import Array

ROOT = Path(__file__).parent.parent.parent
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Row:
    """One law, and what stands behind it.

    Attributes
    ----------
    law
        The law.
    definitions
        The operations that it speaks of and that have a definition.
    by_hand
        Whether definition and reference both give its example as it was computed by hand.
    tests
        The test files that name it.
    catches
        The mutants it names that the zoo has.
    unknown
        Those that the zoo does not have.
    refutes
        The false sentences that it is told apart from: what a theorem has in place of a mutant.
    anchors
        The languages on whose page it has a place.
    """

    law: Law
    definitions: tuple[str, ...]
    by_hand: bool
    tests: tuple[str, ...]
    catches: tuple[str, ...]
    unknown: tuple[str, ...]
    refutes: tuple[str, ...]
    anchors: tuple[str, ...]

    @property
    def empty(self) -> tuple[str, ...]:
        """The cells in which nothing stands."""
        cells = {
            "definition": self.definitions,
            "example": self.by_hand,
            "test": self.tests,
            "mutant": self.refutes if self.law.prove else self.catches and not self.unknown,
            "anchor": len(self.anchors) == len(LANGUAGES),
        }
        return tuple(name for name, cell in cells.items() if not cell)


@cache
def rows() -> tuple[Row, ...]:
    """A row for every law."""
    return tuple(row(law) for law in every_law())


def row(law: Law) -> Row:
    """The row of one law."""
    known = tuple(name for name in law.mutants if name in mutants.names())
    return Row(
        law,
        tuple(name for name in law.operations if callable(BY_NAME[name].definition)),
        agrees(law),
        files_naming(law.id),
        known,
        tuple(name for name in law.mutants if name not in known),
        tuple(e.name for e in COUNTEREXAMPLES if e.law == law.id),
        tuple(language for language in LANGUAGES if f"{{ #{law.id.lower()} }}" in _page(language)),
    )


def agrees(law: Law) -> bool:
    """Whether definition and reference give the example of a law as it stands there."""
    text, hand = law.example
    case = Case.parse(text)
    with np.errstate(all="ignore"):
        results = [f(*make_arrays(case).values(), **case.call_options) for f in _both(case)]
    return all(_same(result if isinstance(hand, tuple) else _first(result), hand) for result in results)


def files_naming(identifier: str) -> tuple[str, ...]:
    """The test files of laws that name this one."""
    return tuple(name for name, text in _test_files() if re.search(rf"\b{identifier}\b", text))


def table(language: str) -> str:
    """The table as Markdown."""
    says = TABLE_PAGE[language]
    lines = ['<div class="cnn-dense" markdown>', "", "| " + " | ".join(says["head"]) + " |", "|" + "---|" * 5]
    return "\n".join([*lines, *(_line(r, language) for r in rows()), "", "</div>"])


def _line(r: Row, language: str) -> str:
    says = TABLE_PAGE[language]
    faults = _codes(r.catches) if r.catches else says["theorem"] + _codes(r.refutes)
    cells = (
        f"[{r.law.id}][]",
        operations(r.definitions, language),
        "✓" if r.by_hand else "",
        _codes(Path(name).stem for name in r.tests),
        faults if r.catches or r.refutes else "",
    )
    return "| " + " | ".join(cell or says["missing"] for cell in cells) + " |"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _both(case: Case) -> tuple[Any, Any]:
    return case.operation.definition, case.operation.reference


def _first(result: Any) -> Any:
    return result[0] if isinstance(result, tuple) else result


def _same(result: Any, hand: Any) -> bool:
    pairs = zip(result, hand, strict=True) if isinstance(hand, tuple) else [(result, hand)]
    return all(_equal(np.asarray(got).astype(complex), np.array(numbers, complex)) for got, numbers in pairs)


def _equal(got: Array, hand: Array) -> bool:
    return got.shape == hand.shape and bool(((got == hand) | (np.isnan(got) & np.isnan(hand))).all())


@cache
def _test_files() -> tuple[tuple[str, str], ...]:
    files = sorted((ROOT / "tests" / "laws").glob("test_*.py"))
    return tuple((file.name, file.read_text(encoding="utf-8")) for file in files)


@cache
def _page(language: str) -> str:
    """The page of laws as Markdown: what it says, and what it computes."""
    text = (ROOT / "docs" / language / "laws.md").read_text(encoding="utf-8")
    computed = chapters(language) if f'print(chapters("{language}"))' in text else ""
    return text + computed
