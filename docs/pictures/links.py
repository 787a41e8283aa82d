"""Which inputs an output is joined with: dots in rows, one row per layer, and a line for each pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from docs.pictures.svg import Part, circle, line, text

if TYPE_CHECKING:
    from cnnspec.geometry import Window

STEP, RISE, LEFT = 30, 62, 46


def layers(
    extents: Sequence[int],
    joined: Callable[[int, int], Sequence[int]],
    chosen: int | None = None,
    *,
    spread: bool = False,
) -> Part:
    """Rows of dots, the input at the bottom; ``joined(l, i)`` are the dots of row ``l`` that dot ``i`` above reads.

    All that the dot ``chosen`` of the top row depends on is marked.  A dot stands above the middle of what it reads,
    or its row is spread evenly.
    """
    places = _places(extents, joined, spread)
    seen = _seen(extents, joined, chosen)
    faint = strong = dots = names = ""
    for level, extent in enumerate(extents):
        y = (len(extents) - 1 - level) * RISE + 14
        for i in range(extent):
            x, marked = places[level][i], i in seen[level]
            dots += circle(x, y, 8 if marked else 6.5, "dot on" if marked else "dot")
            for t in joined(level - 1, i) if level else ():
                drawn = line(places[level - 1][t], y + RISE, x, y, "link on" if marked else "link")
                faint, strong = (faint, strong + drawn) if marked else (faint + drawn, strong)
        names += text(LEFT - 30, y + 5, "x" if level == 0 else f"y{_small(level)}")
    return Part(names + faint + strong + dots, LEFT + max(extents) * STEP, (len(extents) - 1) * RISE + 30)


def sliding(windows: Sequence[Window], extent: int) -> tuple[list[int], Callable[[int, int], list[int]]]:
    """The extents of a stack of windows on one axis, and what each output reads, as :func:`layers` wants them."""
    extents = [extent]
    for window in windows:
        extents.append(window.count(extents[-1]))

    def joined(level: int, i: int) -> list[int]:
        return [t for t in windows[level].taps(i) if 0 <= t < extents[level]]

    return extents, joined


def _places(extents: Sequence[int], joined: Callable[[int, int], Sequence[int]], spread: bool) -> list[list[float]]:
    first = STEP * max(extents) / extents[0] if spread else STEP
    places = [[LEFT + (i + 0.5) * first for i in range(extents[0])]]
    for level, extent in enumerate(extents[1:]):
        step = STEP * max(extents) / extent
        even = [LEFT + (i + 0.5) * step for i in range(extent)]
        middle = [fmean(places[-1][t] for t in joined(level, i)) for i in range(extent)]
        places.append(even if spread else middle)
    return places


def _seen(extents: Sequence[int], joined: Callable[[int, int], Sequence[int]], chosen: int | None) -> list[set[int]]:
    seen: list[set[int]] = [set() for _ in extents]
    if chosen is not None:
        seen[-1] = {chosen}
        for level in range(len(extents) - 1, 0, -1):
            seen[level - 1] = {t for i in seen[level] for t in joined(level - 1, i)}
    return seen


def _small(level: int) -> str:
    return "₀₁₂₃₄₅₆₇₈₉"[level]
