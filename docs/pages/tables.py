"""Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], right: int) -> str:
    """A table, its last columns aligned to the right."""
    marks = ["---"] * (len(heads) - right) + ["--:"] * right
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in (heads, marks, *rows))
