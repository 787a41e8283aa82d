"""The window on the input, drawn with characters: which elements are read, and which taps fall on padding.

``[3]`` is an element that is read, ``(·)`` a tap on padding, ``{·}`` one beyond the padding; ``·`` alone is padding
that this window does not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import TYPE_CHECKING

from cnnspec.report.words import element, number

if TYPE_CHECKING:
    from cnnspec.geometry import TapKind
    from cnnspec.report.terms import View
    from cnnspec.typing import Array, Pads, Shape

FRAMES = {"real": ("[", "]"), "padding": ("(", ")"), "overhang": ("{", "}"), None: (" ", " ")}
LEGEND = {"real": "[ ] read", "padding": "( ) a tap on padding", "overhang": "{ } a tap beyond the padding"}
MOST_ROWS, MOST_PICTURES = 13, 4
NOTHING = "·"
DIGITS = 4


@dataclass(frozen=True)
class Plane:
    """Two axes of a view: the values, the taps among them, and how far padding reaches; one row if ``flat``."""

    name: str
    values: Array | None
    extents: Shape
    pads: Pads
    taps: Mapping[Shape, TapKind]
    flat: bool

    def real(self, at: Shape) -> bool:
        """Whether the array has an element there."""
        return self.values is not None and all(0 <= p < n for p, n in zip(at, self.extents, strict=True))

    def text(self, at: Shape, digits: int) -> str:
        """The element there as text, a dot where there is none."""
        return number(self.values[at], digits) if self.values is not None and self.real(at) else NOTHING


def planes_of(view: View, arrays: Mapping[str, Array]) -> list[Plane]:
    """The planes to look at: for every pair of batch and channel, those spatial slices that hold a tap."""
    array = arrays[view.name]
    prefixes = sorted({tap[:-2] for tap in view.taps}) or [()]
    return [_plane_of(array[lead], lead, prefix, view) for lead, prefix in product(view.planes, prefixes)]


def _plane_of(part: Array, lead: Shape, prefix: Shape, view: View) -> Plane:
    name = element(view.name, (*lead, *prefix))
    if part.ndim == 1:
        taps = {(0, *t): kind for t, kind in view.taps.items()}
        return Plane(name, part.reshape(1, -1), (1, *part.shape), ((0, 0), *view.pads), taps, flat=True)
    taps = {t[-2:]: kind for t, kind in view.taps.items() if t[:-2] == prefix}
    inside = all(0 <= p < n for p, n in zip(prefix, part.shape, strict=False))
    return Plane(name, part[prefix] if inside else None, part.shape[-2:], view.pads[-2:], taps, flat=False)


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
    planes = planes_of(view, arrays)
    right = _kernel(*beside, width) if beside is not None else []
    wide = max(map(len, right), default=0) + 4 * bool(right)
    alone = wide > width // 2
    pictures = [_picture(plane, width if alone else width - wide) for plane in planes[:MOST_PICTURES]]
    if alone:
        pictures.append(right)
    elif right:
        pictures[0] = _joined(pictures[0], right)
    lines = [line for picture in pictures for line in (*picture, "")]
    if len(planes) > MOST_PICTURES:
        lines.append(f"and {len(planes) - MOST_PICTURES} more planes with the same window")
    kinds = dict.fromkeys(view.taps.values())
    return [*lines, "   ".join(LEGEND[kind] for kind in LEGEND if kind in kinds)]


def _picture(plane: Plane, width: int) -> list[str]:
    """One plane with a header of positions."""
    rows = shown_positions(0, plane.extents, plane.pads, plane.taps, MOST_ROWS)
    every = _positions(plane.extents[1], plane.pads[1])
    texts = {at: plane.text(at, DIGITS) for at in product(rows, every)}
    cell = max([len(t) for t in texts.values()] + [len(str(p)) for p in every]) + 2
    margin = max((len(str(r)) for r in rows), default=1) + 2
    columns = shown_positions(1, plane.extents, plane.pads, plane.taps, max((width - margin) // (cell + 1), 1))
    whole = [rows, columns] == [list(_positions(n, p)) for n, p in zip(plane.extents, plane.pads, strict=True)]
    head = " " * margin + " ".join(f"{c:>{cell - 1}} " for c in columns)
    lines = [plane.name if whole else f"{plane.name}, the part around the window", head.rstrip()]
    for r in rows:
        cells = [_cell(texts[r, c], plane.taps.get((r, c)), cell) for c in columns]
        lines.append((" " * margin if plane.flat else f"{r:>{margin - 2}}  ") + " ".join(cells).rstrip())
    return lines


def _positions(extent: int, pads: tuple[int, int]) -> range:
    return range(-pads[0], extent + pads[1])


def shown_positions(axis: int, extents: Shape, pads: Pads, taps: Mapping[Shape, TapKind], most: int) -> list[int]:
    """The positions of an axis to draw: all, or where there are many those around the taps."""
    every = list(_positions(extents[axis], pads[axis]))
    if len(every) <= most:
        return every
    first = min((t[axis] for t in taps), default=0)
    last = max((t[axis] for t in taps), default=0)
    spare = max(most - (last - first + 1), 0)
    start = min(max(every.index(first) - spare // 2, 0), len(every) - most) if first in every else 0
    return every[start : start + most]


def _cell(text: str, kind: TapKind | None, width: int) -> str:
    left, right = FRAMES[kind]
    return f"{left}{text}{right}".rjust(width)


def _kernel(name: str, array: Array, width: int) -> list[str]:
    """A small array of one or two axes as lines; of a large one its first rows and columns."""
    rows = array.reshape(-1, array.shape[-1])
    texts = [[number(v, DIGITS) for v in row] for row in rows[:MOST_ROWS].tolist()]
    cell = max(len(t) for row in texts for t in row)
    most = max((width + 2) // (cell + 2), 1)
    shown = [row[:most] for row in texts]
    cut = len(shown) < len(rows) or len(shown[0]) < rows.shape[1]
    title = f"{name}: {len(shown)}x{len(shown[0])} of {rows.shape[0]}x{rows.shape[1]}" if cut else name
    return [title, "", *("  ".join(t.rjust(cell) for t in row) for row in shown)]


def _joined(left: list[str], right: list[str]) -> list[str]:
    width = max(map(len, left)) + 4
    return [f"{a:<{width}}{b}".rstrip() for a, b in zip_longest(left, right, fillvalue="")]
