"""Draw one axis and the windows on it, from the same arithmetic that the package checks others with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from docs.pictures.svg import Part, circle, picture, rect, text

if TYPE_CHECKING:
    from cnnspec.geometry import Window

CELL, GAP, ROW, LEFT = 38, 6, 30, 64


def axis(window: Window, extent: int, *, title: str, ceil_mode: bool = False) -> str:
    """A picture: the padded input, and under it what each window reads."""
    return picture(windows(window, extent, ceil_mode=ceil_mode), title=title)


def windows(
    window: Window, extent: int, *, ceil_mode: bool = False, values: Sequence[object] | None = None, pad: object = 0
) -> Part:
    """The padded input, its positions or ``values`` in it, and under it a row for each window with its taps."""
    count = window.count(extent, ceil_mode=ceil_mode)
    last = max((window.taps(i)[-1] for i in range(count)), default=0)
    places = range(-window.lo, max(extent + window.hi, last + 1))
    body = text(LEFT - 14, CELL / 2 + 5, "x", "label", "end")
    body += "".join(_cell(t, window, extent, values, pad) for t in places)
    body += "".join(_reads(i, window, extent, y=CELL + 26 + i * ROW) for i in range(count))
    return Part(body, LEFT + len(places) * (CELL + GAP), CELL + 18 + count * ROW)


def _left(t: int, window: Window) -> float:
    return LEFT + (t + window.lo) * (CELL + GAP)


def _cell(t: int, window: Window, extent: int, values: Sequence[object] | None, pad: object) -> str:
    kind = window.kind(t, extent)
    x = _left(t, window)
    box = rect(x + 1, 1, CELL - 2, CELL - 2, kind, round_by=5)
    if kind == "real":
        return box + text(x + CELL / 2, CELL / 2 + 5, t if values is None else values[t], "on-real")
    return box + (text(x + CELL / 2, CELL / 2 + 5, pad) if kind == "padding" else "")


def _reads(i: int, window: Window, extent: int, y: float) -> str:
    taps = window.taps(i)
    first, last = _left(taps[0], window), _left(taps[-1], window)
    bar = rect(first, y - 9, last - first + CELL, 18, "reach", round_by=9)
    dots = (circle(_left(t, window) + CELL / 2, y, 5.5, window.kind(t, extent)) for t in taps)
    return text(LEFT - 14, y + 5, f"y[{i}]", "label", "end") + bar + "".join(dots)
