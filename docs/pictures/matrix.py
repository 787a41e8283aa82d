"""A layer as a matrix: a square for each entry, one shade for each weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from docs.pictures.svg import Part, line, rect, text

if TYPE_CHECKING:
    from cnnspec.typing import Array


def matrix(entries: Array, *, cell: float = 16, rows: int = 0, columns: int = 0, numbers: bool = False) -> Part:
    """A matrix whose entries are 0 or the number of a weight, from 1; blocks of so many rows and columns are ruled."""
    values = np.asarray(entries)
    height, width = values.shape
    body = rect(0, 0, width * cell, height * cell, "frame")
    for r, c in np.argwhere(values != 0):
        shade = f"shade s{int(values[r, c] - 1) % 9}"
        body += rect(c * cell + 1, r * cell + 1, cell - 2, cell - 2, shade, round_by=2)
        if numbers:
            body += text((c + 0.5) * cell, (r + 0.5) * cell + 4, int(values[r, c]), "value small")
    for step, most, across in ((rows, height, True), (columns, width, False)):
        for i in range(step, most, step) if step else ():
            x = i * cell
            body += line(0, x, width * cell, x, "rule") if across else line(x, 0, x, height * cell, "rule")
    return Part(body, width * cell, height * cell)
