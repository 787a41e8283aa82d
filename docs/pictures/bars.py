"""Signals as bars, one above each position; a bar may be stacked from several parts."""

from __future__ import annotations

from collections.abc import Sequence

from docs.pictures.svg import Part, line, rect, text

WIDE, TALL = 34, 96


def bars(values: Sequence[float], *, kind: str = "bar", largest: float | None = None, tall: float = TALL) -> Part:
    """One bar for each value, with the value above and the position below."""
    return stacked([[v] for v in values], kinds=[kind], largest=largest, tall=tall)


def stacked(
    columns: Sequence[Sequence[float]], *, kinds: Sequence[str], largest: float | None = None, tall: float = TALL
) -> Part:
    """One bar for each column, stacked from its parts, with the sum above and the position below."""
    most = largest or max(sum(column) for column in columns) or 1
    scale = tall / most
    body = ""
    for t, column in enumerate(columns):
        top, x = tall + 16.0, t * WIDE + 3
        for part, kind in zip(column, kinds, strict=True):
            top -= part * scale
            if part:
                body += rect(x, top, WIDE - 6, part * scale, kind)
        body += text(x + WIDE / 2 - 3, top - 4, f"{sum(column):g}", "value")
        body += text(x + WIDE / 2 - 3, tall + 32, t)
    body += line(0, tall + 16, len(columns) * WIDE, tall + 16, "rule")
    return Part(body, len(columns) * WIDE, tall + 36)
