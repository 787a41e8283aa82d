"""The window on the input, drawn with characters: which elements are read, and which taps fall on padding.

``[3]`` is an element that is read, ``(·)`` a tap on padding, ``{·}`` one beyond the padding; ``·`` alone is padding
that this window does not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product, zip_longest
from typing import TYPE_CHECKING

from cnnspec.report.words import element, number

if TYPE_CHECKING:
    from cnnspec.geometry import TapKind
    from cnnspec.report.terms import View
    from cnnspec.typing import Array, Shape

FRAMES = {"real": ("[", "]"), "padding": ("(", ")"), "overhang": ("{", "}"), None: (" ", " ")}
LEGEND = {"real": "[ ] read", "padding": "( ) a tap on padding", "overhang": "{ } a tap beyond the padding"}
MOST_ROWS, MOST_PICTURES = 13, 4
NOTHING = "·"
DIGITS = 4


def draw(
    view: View, arrays: Mapping[str, Array], width: int = 76, beside: tuple[str, Array] | None = None
) -> list[str]:
    """The planes of a view with the window on them, as lines.

    Parameters
    ----------
    view
        Which planes of which array, and which taps.
    arrays
        The arrays by name.
    width
        The longest line.
    beside
        A small array with its name to draw at the right of the first picture, such as the kernel.
    """
    array = arrays[view.name]
    pictures: list[list[str]] = []
    prefixes = sorted({tap[:-2] for tap in view.taps}) or [()]
    places = list(product(view.planes, prefixes))
    right = _kernel(*beside) if beside is not None else []
    wide = max(map(len, right), default=0) + 4 * bool(right)
    alone = wide > width // 2
    room = width if alone else width - wide
    for plane, prefix in places[:MOST_PICTURES]:
        pictures.append(_picture(array[plane], element(view.name, (*plane, *prefix)), prefix, view, room))
    if alone:
        pictures.append(right)
    elif right:
        pictures[0] = _joined(pictures[0], right)
    lines = [line for picture in pictures for line in (*picture, "")]
    if len(places) > MOST_PICTURES:
        lines.append(f"and {len(places) - MOST_PICTURES} more planes with the same window")
    kinds = dict.fromkeys(view.taps.values())
    return [*lines, "   ".join(LEGEND[kind] for kind in LEGEND if kind in kinds)]


def _picture(plane: Array, name: str, prefix: Shape, view: View, width: int) -> list[str]:
    """One plane with a header of positions; ``plane`` still has the leading spatial axes."""
    flat = len(plane.shape) == 1
    taps = {t[-2:] if not flat else (0, *t): kind for t, kind in view.taps.items() if t[:-2] == prefix or flat}
    extents = plane.shape[-2:] if not flat else (1, *plane.shape)
    pads = view.pads[-2:] if not flat else ((0, 0), *view.pads)
    inside = all(0 <= p < n for p, n in zip(prefix, plane.shape, strict=False))
    values = (plane[prefix] if inside else None) if not flat else plane.reshape(extents)
    rows = _shown(0, extents, pads, taps, MOST_ROWS)
    texts = {(r, c): _text(values, (r, c), extents) for r, c in product(rows, _positions(extents[1], pads[1]))}
    cell = max([len(t) for t in texts.values()] + [len(str(p)) for p in _positions(extents[1], pads[1])]) + 2
    margin = max((len(str(r)) for r in rows), default=1) + 2
    columns = _shown(1, extents, pads, taps, max((width - margin) // (cell + 1), 1))
    head = " " * margin + " ".join(f"{c:>{cell - 1}} " for c in columns)
    lines = [name if not _cut(rows, columns, extents, pads) else f"{name}, the part around the window", head.rstrip()]
    for r in rows:
        cells = [_cell(texts[r, c], taps.get((r, c)), cell) for c in columns]
        lines.append((" " * margin if flat else f"{r:>{margin - 2}}  ") + " ".join(cells).rstrip())
    return lines


def _cut(rows: list[int], columns: list[int], extents: Shape, pads: tuple[tuple[int, int], ...]) -> bool:
    return [rows, columns] != [list(_positions(n, p)) for n, p in zip(extents, pads, strict=True)]


def _positions(extent: int, pads: tuple[int, int]) -> range:
    return range(-pads[0], extent + pads[1])


def _shown(
    axis: int, extents: Shape, pads: tuple[tuple[int, int], ...], taps: Mapping[Shape, TapKind], most: int
) -> list[int]:
    """The positions of an axis to draw: all, or where there are many those around the taps."""
    every = list(_positions(extents[axis], pads[axis]))
    if len(every) <= most:
        return every
    first = min((t[axis] for t in taps), default=0)
    last = max((t[axis] for t in taps), default=0)
    spare = max(most - (last - first + 1), 0)
    start = min(max(every.index(first) - spare // 2, 0), len(every) - most) if first in every else 0
    return every[start : start + most]


def _text(values: Array | None, at: Shape, extents: Shape) -> str:
    real = values is not None and all(0 <= p < n for p, n in zip(at, extents, strict=True))
    return number(values[at], DIGITS) if real and values is not None else NOTHING


def _cell(text: str, kind: TapKind | None, width: int) -> str:
    left, right = FRAMES[kind]
    return f"{left}{text}{right}".rjust(width)


def _kernel(name: str, array: Array) -> list[str]:
    """A small array of one or two axes as lines."""
    rows = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
    texts = [[number(v, DIGITS) for v in row] for row in rows]
    width = max(len(t) for row in texts for t in row)
    return [name, "", *("  ".join(t.rjust(width) for t in row) for row in texts)]


def _joined(left: list[str], right: list[str]) -> list[str]:
    width = max(map(len, left)) + 4
    return [f"{a:<{width}}{b}".rstrip() for a, b in zip_longest(left, right, fillvalue="")]
