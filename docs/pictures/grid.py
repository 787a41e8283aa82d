"""Planes of numbers: cells in rows and columns, some of them marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from docs.pictures.svg import CHARACTER, Part, rect, text

CELL = 30

Marks = Mapping[tuple[int, int], str]
"""Classes of cells by position: ``hit`` is read, ``pad`` is padding, ``faint`` counts little, ``b1`` … tell blocks."""


def plane(
    rows: Any, marks: Marks | None = None, *, cell: float = CELL, wide: float = 0, pads: tuple[int, int] = (0, 0)
) -> Part:
    """A plane of numbers; one row may be given as a flat list.

    Cells are named from the first number of ``rows``, which stands at ``-pads`` of what the picture is about; where
    there are pads, cells outside the others are drawn as padding.
    """
    lines = rows if _nested(rows) else [rows]
    shown = [[number(v) for v in line] for line in lines]
    wide = max(wide or cell, max(len(v) for line in shown for v in line) * CHARACTER + 10)
    marks, body, on_top = dict(marks or {}), "", ""
    height, width = len(shown), len(shown[0])
    for r, line in enumerate(shown):
        for c, value in enumerate(line):
            outside = not (pads[0] <= r < height - pads[0] and pads[1] <= c < width - pads[1])
            kind = marks.get((r - pads[0], c - pads[1]), "pad" if outside else "")
            drawn = rect(c * wide + 1, r * cell + 1, wide - 2, cell - 2, f"cell {kind}".strip(), round_by=3)
            drawn += text((c + 0.5) * wide, (r + 0.5) * cell + 4.5, value, f"value {kind}".strip())
            if kind:
                on_top += drawn
            else:
                body += drawn
    return Part(body + on_top, width * wide, height * cell)


def window(
    first: Sequence[int], extents: Sequence[int], kind: str = "hit", step: int = 1
) -> dict[tuple[int, int], str]:
    """Marks for a window that begins at ``first``, ``step`` apart from tap to tap."""
    return {(first[0] + i * step, first[1] + j * step): kind for i in range(extents[0]) for j in range(extents[1])}


def number(value: Any) -> str:
    """A number as a cell shows it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Fraction) and value.denominator != 1:
        return f"{value.numerator}/{value.denominator}".replace("-", "−")
    whole = float(value) == int(value)
    return str(int(value)).replace("-", "−") if whole else f"{float(value):.3g}".replace("-", "−")


def _nested(rows: Any) -> bool:
    return hasattr(rows[0], "__len__") and not isinstance(rows[0], str)
