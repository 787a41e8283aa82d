"""Ratios as marks on one line each, on a scale of doublings, with a line where 1 is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2

from docs.pictures.svg import Part, circle, line, rect, text

SCALE, ROW, SIZE = 76, 22, 5
"""Pixels of one doubling, of one row, and of half a mark."""


def _mark(series: int, x: float, y: float) -> str:
    """Filled circle, filled square, open circle, open square: the series' mark."""
    kind = "mark filled" if series < 2 else "mark open"
    if series % 2:
        return rect(x - SIZE, y - SIZE, 2 * SIZE, 2 * SIZE, kind)
    return circle(x, y, SIZE, kind)


def ratios(rows: Mapping[str, Sequence[float]], series: Sequence[str], *, least: float = 0.25, most: float = 2) -> Part:
    """One row for each name with the ratios of several series; what lies beyond the scale stands at its end."""
    low, high = log2(least), log2(most)
    names = max(map(len, rows)) * 7.1
    body, bottom, at = "", ROW * (len(rows) + 1) + 6, 0.0
    for i, name in enumerate(series):
        body += _mark(i, at + 8, 9) + text(at + 20, 13, name, anchor="start")
        at += 34 + len(name) * (7.1 if name.isascii() else 13.5)
    for step in range(round(low), round(high) + 1):
        x = names + SCALE * (step - low)
        body += line(x, ROW + 6, x, bottom, "rule" if step else "level")
        body += text(x, bottom + 16, f"{2.0**step:g}")
    for i, (name, values) in enumerate(rows.items(), start=1):
        y = ROW * i + ROW / 2 + 6
        body += text(names - 12, y + 4, name, anchor="end")
        for number, value in enumerate(values):
            body += _mark(number, names + SCALE * (min(max(log2(value), low), high) - low), y)
    return Part(body, max(names + SCALE * (high - low) + 20, at), bottom + 24)
