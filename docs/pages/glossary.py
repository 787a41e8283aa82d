"""The glossary, in both languages."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from docs.pages.texts import DOCS

HEADS = {"en": "| word | in Chinese | meaning |", "zh": "| 词 | 英文 | 意思 |"}


@cache
def groups() -> list[dict[str, Any]]:
    """The groups of terms."""
    return tomllib.loads((DOCS / "glossary.toml").read_text(encoding="utf-8"))["group"]


def glossary(language: str) -> str:
    """All groups as Markdown, with headings."""
    parts = []
    for group in groups():
        rows = [_row(term, language) for term in group["terms"]]
        parts.append("\n".join([f"## {group[language]}", "", HEADS[language], "|---|---|---|", *rows]))
    return "\n\n".join(parts)


def _row(term: list[str], language: str) -> str:
    english, chinese, meaning, meaning_zh = term
    return f"| {english} | {chinese} | {meaning} |" if language == "en" else f"| {chinese} | {english} | {meaning_zh} |"
