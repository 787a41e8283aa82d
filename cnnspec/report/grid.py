"""Expected and got, side by side: plane by plane, with the wrong elements marked.

``[7]`` is the first wrong element, ``(7)`` another wrong one; nothing is told by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np

from cnnspec.report.words import count, element, number, times

if TYPE_CHECKING:
    from cnnspec.report.model import FindingEntry, Values
    from cnnspec.typing import Array, Shape

MOST_PLANES, MOST_ROWS = 3, 8
DIGITS = (4, 6, 9, 17)

Mark = Literal["", "first", "wrong"]
FRAMES = {"": (" ", " "), "first": ("[", "]"), "wrong": ("(", ")")}


@dataclass(frozen=True)
class Part:
    """A plane of both results, or the part of it that is shown: texts by row, and the marks of what was got."""

    label: str
    expected: list[list[str]]
    got: list[list[str]]
    marks: list[list[Mark]]
    cut: str = ""


@dataclass(frozen=True)
class Compared:
    """The planes with wrong elements, how many more there are, and how many elements are wrong."""

    parts: list[Part]
    more: int
    wrong: int


def compare(finding: FindingEntry, *, columns: int, name: str = "y", rows: int = MOST_ROWS) -> Compared | None:
    """The expected and got values of a finding, where they have one shape and are known."""
    if finding.expected is None or finding.got is None or finding.expected.shape != finding.got.shape:
        return None
    expected, got = finding.expected.array(), finding.got.array()
    if expected is None or got is None or not expected.size:
        return None
    wrong = _wrong(expected, got, None if finding.bound is None else finding.bound.array())
    first = finding.where or (tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.any() else None)
    flat = expected.ndim < 2
    if flat:
        expected, got, wrong = (np.atleast_2d(a) for a in (expected, got, wrong))
        first = None if first is None else (0, *first) if first else (0, 0)
    texts = _texts(expected, got, wrong)
    every = list(product(*map(range, expected.shape[:-2])))
    leads = [lead for lead in every if wrong[lead].any()] or every[:1]
    parts = []
    for lead in leads[:MOST_PLANES]:
        inside = first[-2:] if first is not None and first[:-2] == lead else None
        label = name if flat else element(name, lead)
        parts.append(_part(label, (texts[0][lead], texts[1][lead], wrong[lead]), inside, rows, columns))
    return Compared(parts, len(leads) - len(parts), int(wrong.sum()))


def _wrong(expected: Array, got: Array, bound: Array | None) -> Array:
    with np.errstate(invalid="ignore"):
        if bound is not None:
            return np.asarray(~(np.abs(got - expected) <= bound))
        return np.asarray((expected != got) & ~(np.isnan(expected) & np.isnan(got)))


def _texts(expected: Array, got: Array, wrong: Array) -> tuple[Array, Array]:
    """Both arrays as text: few digits, and still enough to tell the wrong elements from the expected ones."""
    pairs = list(zip(expected[wrong].tolist(), got[wrong].tolist(), strict=True))
    digits = next((d for d in DIGITS if all(number(a, d) != number(b, d) for a, b in pairs)), DIGITS[-1])
    written = [np.array([number(v, digits) for v in a.ravel().tolist()], object) for a in (expected, got)]
    return written[0].reshape(expected.shape), written[1].reshape(got.shape)


def _part(label: str, plane: tuple[Array, Array, Array], first: Shape | None, most_rows: int, most: int) -> Part:
    expected, got, wrong = plane
    anchor = first or tuple(int(i) for i in (np.argwhere(wrong)[0] if wrong.any() else (0, 0)))
    rows, columns = _range(wrong.shape[0], anchor[0], most_rows), _range(wrong.shape[1], anchor[1], most)
    marks: list[list[Mark]] = [
        ["first" if (r, c) == first else "wrong" if wrong[r, c] else "" for c in columns] for r in rows
    ]
    whole = (len(rows), len(columns)) == wrong.shape
    cut = "" if whole else f"(rows {_span(rows)} and columns {_span(columns)} of {times(wrong.shape)})"
    shown = [[[str(a[r, c]) for c in columns] for r in rows] for a in (expected, got)]
    return Part(label, shown[0], shown[1], marks, cut)


def _range(extent: int, anchor: int, most: int) -> range:
    start = min(max(anchor - most // 2, 0), max(extent - most, 0))
    return range(start, min(start + most, extent))


def _span(positions: range) -> str:
    return f"{positions[0]} to {positions[-1]}"


def side_by_side(finding: FindingEntry, width: int = 76, name: str = "y") -> list[str]:
    """The expected and the got values of a finding as lines, or their shapes where those differ."""
    if finding.expected is None or finding.got is None:
        return []
    if finding.expected.shape != finding.got.shape:
        return [*_alone("expected", finding.expected, width), *_alone("got", finding.got, width)]
    compared, columns = compare(finding, columns=12, name=name), 12
    while compared is not None and columns > 1 and max(map(_width, compared.parts)) > width:
        columns -= 1
        compared = compare(finding, columns=columns, name=name)
    if compared is None:
        return []
    lines = [line for part in compared.parts for line in _lines(part)]
    if compared.more:
        lines.append(f"and {count(compared.more, 'more plane')} with wrong elements")
    as_well = "   ( ) wrong as well" if compared.wrong > 1 else ""
    return [*lines, *[f"[ ] the first wrong element{as_well}"] * bool(compared.wrong)]


def _alone(word: str, values: Values, width: int) -> list[str]:
    array = values.array()
    shape = times(values.shape) or "a single number"
    if array is None or array.size > 36:
        return [f"{word}: {shape}"]
    text = np.array2string(array, separator=", ", formatter={"all": number}, max_line_width=width)
    return [f"{word}: {shape}", *(f"    {line}" for line in text.splitlines())]


def _width(part: Part) -> int:
    return max(map(len, _lines(part)))


def _lines(part: Part) -> list[str]:
    cell = max(len(text) for texts in (*part.expected, *part.got) for text in texts)
    margin, block = len(part.label) + 3, max(len(part.expected[0]) * (cell + 2), len("expected"))
    lines = [f"{part.label:<{margin}}{'expected':<{block}}    got"]
    for expected, got, marks in zip(part.expected, part.got, part.marks, strict=True):
        left = "".join(f" {text:>{cell}} " for text in expected)
        right = "".join(
            f"{FRAMES[mark][0]}{text}{FRAMES[mark][1]}".rjust(cell + 2) for text, mark in zip(got, marks, strict=True)
        )
        lines.append(f"{'':<{margin}}{left:<{block}}    {right}".rstrip())
    return [*lines, *[f"{'':<{margin}}{part.cut}"] * bool(part.cut)]
