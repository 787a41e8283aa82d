"""Draw one axis and the windows on it, from the same arithmetic that the package checks others with."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnspec.geometry import Window

CELL, GAP, ROW, LEFT = 38, 6, 30, 64


def axis(window: Window, extent: int, *, title: str) -> str:
    """An SVG: the padded input, and under it what each window reads."""
    count = window.count(extent)
    places = range(-window.lo, extent + window.hi)
    width = LEFT + len(places) * (CELL + GAP) + 10
    height = CELL + 22 + count * ROW
    parts = [_cell(t, window, extent) for t in places]
    for i in range(count):
        parts += _reads(i, window, extent, y=CELL + 26 + i * ROW)
    name = _text(LEFT - 14, CELL / 2 + 5, "x", "label", "end")
    return (
        f'<div class="cnn-picture"><svg role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<title>{escape(title)}</title>{name}{''.join(parts)}</svg></div>"
    )


def _left(t: int, window: Window) -> float:
    return LEFT + (t + window.lo) * (CELL + GAP)


def _cell(t: int, window: Window, extent: int) -> str:
    kind = window.kind(t, extent)
    x = _left(t, window)
    box = f'<rect class="{kind}" x="{x + 1}" y="1" width="{CELL - 2}" height="{CELL - 2}" rx="5"/>'
    if kind == "real":
        return box + _text(x + CELL / 2, CELL / 2 + 5, str(t), "on-real")
    return box + _text(x + CELL / 2, CELL / 2 + 5, "0", "label")


def _reads(i: int, window: Window, extent: int, y: float) -> list[str]:
    taps = window.taps(i)
    first, last = _left(taps[0], window), _left(taps[-1], window)
    bar = f'<rect class="reach" x="{first}" y="{y - 9}" width="{last - first + CELL}" height="18" rx="9"/>'
    dots = [
        f'<circle class="{window.kind(t, extent)}" cx="{_left(t, window) + CELL / 2}" cy="{y}" r="5.5"/>' for t in taps
    ]
    return [_text(LEFT - 14, y + 5, f"y[{i}]", "label", "end"), bar, *dots]


def _text(x: float, y: float, words: str, kind: str, anchor: str = "middle") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
