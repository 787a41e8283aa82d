"""The window on the input as an inline SVG picture, for pages: the same view as the terminal draws.

Colours are CSS variables with defaults, so that a page's light and dark themes apply.  What is read is told by a thick
frame, padding by a dashed one, and by words in the picture's own description; never by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import product
from typing import TYPE_CHECKING

from cnnspec.report.drawing import DIGITS, planes_of, shown_positions
from cnnspec.report.words import count, number

if TYPE_CHECKING:
    from cnnspec.geometry import TapKind
    from cnnspec.report.drawing import Plane
    from cnnspec.report.terms import View
    from cnnspec.typing import Array

HEIGHT, LETTER, GAP = 30, 8, 28
MOST_ROWS, MOST_COLUMNS, MOST_PLANES = 12, 14, 4

STYLE = """
.cs-cell{fill:none;stroke:var(--line,#9aa4b2);stroke-width:1}
.cs-real{fill:var(--mark,#ffe9a8);stroke:var(--ink,#1b2430);stroke-width:2.5}
.cs-padding{fill:none;stroke:var(--ink,#1b2430);stroke-width:2;stroke-dasharray:5 3}
.cs-overhang{fill:none;stroke:var(--ink,#1b2430);stroke-width:2;stroke-dasharray:1 4}
.cs-outside{fill:none;stroke:var(--line,#9aa4b2);stroke-width:1;stroke-dasharray:2 4}
.cs-text{font:14px ui-monospace,monospace;fill:var(--ink,#1b2430);text-anchor:middle}
.cs-on{fill:var(--mark-ink,#1b2430);font-weight:700}
.cs-axis{font:11px ui-monospace,monospace;fill:var(--soft,#5b6675);text-anchor:middle}
.cs-name{font:13px ui-monospace,monospace;fill:var(--soft,#5b6675)}
"""


def window_svg(view: View, arrays: Mapping[str, Array], kernel: tuple[str, Array] | None = None) -> str:
    """The planes of a view with the window on them, the kernel at the right, as one ``<svg>`` element."""
    pictures = [_plane(plane) for plane in planes_of(view, arrays)[:MOST_PLANES]]
    if kernel is not None:
        pictures.insert(1, _kernel(*kernel))
    parts, x, height = [], 4.0, 0.0
    for body, width, tall in pictures:
        parts.append(f'<g transform="translate({x:g},0)">{body}</g>')
        x, height = x + width + GAP, max(height, tall)
    width = x - GAP + 4
    says = escape(describe(view))
    return (
        f'<svg class="cs-window" viewBox="0 0 {width:g} {height + 6:g}" width="{width:g}" height="{height + 6:g}"'
        f' role="img" aria-label="{says}" xmlns="http://www.w3.org/2000/svg"><title>{says}</title>'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>"
    )


def describe(view: View) -> str:
    """The picture in words."""
    kinds = list(view.taps.values())
    said = [count(kinds.count("real"), "element") + f" of {view.name} read"]
    said += [f"{count(kinds.count('padding'), 'tap')} on padding"] * ("padding" in kinds)
    said += [f"{count(kinds.count('overhang'), 'tap')} beyond the padding"] * ("overhang" in kinds)
    return ", ".join(said)


Picture = tuple[str, float, float]
"""SVG text, width and height."""


def _plane(plane: Plane) -> Picture:
    rows = shown_positions(0, plane.extents, plane.pads, plane.taps, MOST_ROWS)
    columns = shown_positions(1, plane.extents, plane.pads, plane.taps, MOST_COLUMNS)
    cut = (len(rows), len(columns)) != tuple(n + sum(p) for n, p in zip(plane.extents, plane.pads, strict=True))
    texts = {at: plane.text(at, DIGITS) for at in product(rows, columns)}
    wide = _wide([*texts.values(), *map(str, columns)])
    margin = 0 if plane.flat else max(len(str(r)) for r in rows) * 7 + 8
    name = f"{plane.name}, around the window" if cut else plane.name
    body = [f'<text class="cs-name" x="{margin}" y="14">{escape(name)}</text>']
    for k, c in enumerate(columns):
        body.append(f'<text class="cs-axis" x="{margin + (k + 0.5) * wide:g}" y="30">{c}</text>')
    for i, r in enumerate(rows):
        top = 36 + i * HEIGHT
        if not plane.flat:
            body.append(f'<text class="cs-axis" x="{margin - 10}" y="{top + 19:g}">{r}</text>')
        for k, c in enumerate(columns):
            body.append(_cell(margin + k * wide, top, wide, texts[r, c], plane.taps.get((r, c)), plane.real((r, c))))
    marked = [part for part in body if "cs-real" in part or "cs-padding" in part or "cs-overhang" in part]
    plain = [part for part in body if part not in marked]
    width = max(margin + len(columns) * wide, len(name) * LETTER + margin)
    return "".join(plain + marked), width, 36 + len(rows) * HEIGHT


def _wide(texts: list[str]) -> int:
    return max(max(map(len, texts)) * LETTER + 14, 34)


def _cell(x: float, y: float, wide: float, text: str, kind: TapKind | None, real: bool) -> str:
    style = f"cs-{kind}" if kind else "cs-cell" if real else "cs-outside"
    on = " cs-on" if kind == "real" else ""
    return (
        f'<rect class="{style}" x="{x + 1:g}" y="{y + 1:g}" width="{wide - 2:g}" height="{HEIGHT - 2}"/>'
        f'<text class="cs-text{on}" x="{x + wide / 2:g}" y="{y + 20:g}">{escape(text)}</text>'
    )


def _kernel(name: str, array: Array) -> Picture:
    rows = array.reshape(-1, array.shape[-1])[:MOST_ROWS, :MOST_COLUMNS]
    texts = [[number(v, DIGITS) for v in row] for row in rows.tolist()]
    wide = _wide([text for row in texts for text in row])
    body = [f'<text class="cs-name" x="0" y="14">{escape(name)}</text>']
    for i, row in enumerate(texts):
        body += [_cell(k * wide, 36 + i * HEIGHT, wide, text, None, True) for k, text in enumerate(row)]
    return "".join(body), max(len(texts[0]) * wide, len(name) * LETTER), 36 + len(texts) * HEIGHT
