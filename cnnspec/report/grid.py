"""Expected and got, side by side: plane by plane, with the wrong elements marked.

``[7]`` is the first wrong element, ``(7)`` another wrong one; nothing is told by colour alone.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.report.words import count, element, number, times

if TYPE_CHECKING:
    from cnnspec.report.model import FindingEntry, Values
    from cnnspec.typing import Array, Shape

MOST_PLANES, MOST_ROWS = 3, 8
DIGITS = (4, 6, 9, 17)


def side_by_side(finding: FindingEntry, width: int = 76, name: str = "y") -> list[str]:
    """The expected and the got values of a finding as lines, or their shapes where those differ."""
    if finding.expected is None or finding.got is None:
        return []
    if finding.expected.shape != finding.got.shape:
        return [*_alone("expected", finding.expected, width), *_alone("got", finding.got, width)]
    expected, got = finding.expected.array(), finding.got.array()
    if expected is None or got is None or not expected.size:
        return []
    wrong = _wrong(expected, got, None if finding.bound is None else finding.bound.array())
    first = finding.where or (tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.any() else None)
    return _planes(expected, got, wrong, first, width, name)


def _alone(word: str, values: Values, width: int) -> list[str]:
    array = values.array()
    shape = times(values.shape) or "a single number"
    if array is None or array.size > 36:
        return [f"{word}: {shape}"]
    text = np.array2string(array, separator=", ", formatter={"all": number}, max_line_width=width)
    return [f"{word}: {shape}", *(f"    {line}" for line in text.splitlines())]


def _wrong(expected: Array, got: Array, bound: Array | None) -> Array:
    with np.errstate(invalid="ignore"):
        if bound is not None:
            return np.asarray(~(np.abs(got - expected) <= bound))
        return np.asarray((expected != got) & ~(np.isnan(expected) & np.isnan(got)))


def _planes(expected: Array, got: Array, wrong: Array, first: Shape | None, width: int, name: str) -> list[str]:
    flat = expected.ndim < 2
    if flat:
        expected, got, wrong = (np.atleast_2d(a) for a in (expected, got, wrong))
        first = None if first is None else (0, *first) if first else (0, 0)
    digits = _digits(expected, got, wrong)
    every = list(product(*map(range, expected.shape[:-2])))
    leads = [lead for lead in every if wrong[lead].any()] or every[:1]
    lines: list[str] = []
    for lead in leads[:MOST_PLANES]:
        label = name if flat else element(name, lead)
        inside = first[-2:] if first is not None and first[:-2] == lead else None
        lines += _plane(label, (expected[lead], got[lead], wrong[lead]), inside, digits, width)
    if len(leads) > MOST_PLANES:
        lines.append(f"and {count(len(leads) - MOST_PLANES, 'more plane')} with wrong elements")
    marked = int(wrong.sum())
    return lines + (["[ ] the first wrong element" + ("   ( ) wrong as well" if marked > 1 else "")] if marked else [])


def _digits(expected: Array, got: Array, wrong: Array) -> int:
    """Few digits, and still enough to tell the wrong elements from the expected ones."""
    pairs = list(zip(expected[wrong].tolist(), got[wrong].tolist(), strict=True))
    return next((d for d in DIGITS if all(number(a, d) != number(b, d) for a, b in pairs)), DIGITS[-1])


def _plane(label: str, plane: tuple[Array, Array, Array], first: Shape | None, digits: int, width: int) -> list[str]:
    expected, got, wrong = plane
    texts = [[[number(v, digits) for v in row] for row in part.tolist()] for part in (expected, got)]
    cell = max(len(t) for part in texts for row in part for t in row)
    margin = len(label) + 3
    fitting = max((width - margin - 4) // 2 // (cell + 2), 1)
    anchor = first or tuple(int(i) for i in (np.argwhere(wrong)[0] if wrong.any() else (0, 0)))
    rows = _range(expected.shape[0], anchor[0], MOST_ROWS)
    columns = _range(expected.shape[1], anchor[1], fitting)
    block = max(len(columns) * (cell + 2), len("expected"))
    lines = [f"{label:<{margin}}{'expected':<{block}}    got"]
    for r in rows:
        left = "".join(f" {texts[0][r][c]:>{cell}} " for c in columns)
        right = "".join(_marked(texts[1][r][c], cell, bool(wrong[r, c]), (r, c) == first) for c in columns)
        lines.append(f"{'':<{margin}}{left:<{block}}    {right}".rstrip())
    if (len(rows), len(columns)) != expected.shape:
        lines.append(f"{'':<{margin}}(rows {_span(rows)} and columns {_span(columns)} of {times(expected.shape)})")
    return lines


def _marked(text: str, cell: int, wrong: bool, first: bool) -> str:
    left, right = ("[", "]") if first else ("(", ")") if wrong else (" ", " ")
    return f"{left}{text}{right}".rjust(cell + 2)


def _range(extent: int, anchor: int, most: int) -> range:
    start = min(max(anchor - most // 2, 0), max(extent - most, 0))
    return range(start, min(start + most, extent))


def _span(positions: range) -> str:
    return f"{positions[0]} to {positions[-1]}"


def first_values(finding: FindingEntry) -> tuple[Any, Any] | None:
    """The expected and the got value at the first wrong element, where both are known."""
    if finding.where is None or finding.expected is None or finding.got is None:
        return None
    expected, got = finding.expected.array(), finding.got.array()
    if expected is None or got is None or expected.shape != got.shape:
        return None
    return expected[finding.where], got[finding.where]
