"""The notes in ``docs/decisions`` as one page: in full in English, each in a few sentences in Chinese."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from docs.pages.texts import digest, table

FOLDER = Path(__file__).parent.parent / "decisions"
SOURCE = "docs/decisions"
UNTOLD = "（摘要尚未写成中文，或已经过时；下面是英文原文。）"


class Note(NamedTuple):
    """A decision: its number, title and text."""

    number: str
    title: str
    text: str
    file: str

    @property
    def digest(self) -> str:
        """What a summary was made from."""
        return digest(self.title, self.text)


def notes() -> list[Note]:
    """Every decision in order, without the template."""
    found = []
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        head, _, text = path.read_text(encoding="utf-8").partition("\n")
        number, _, title = head.removeprefix("# ").partition(": ")
        if number not in ("0000", "NNNN"):
            found.append(Note(number, title.strip(), text.strip(), path.name))
    return found


def decisions(language: str) -> str:
    """All decisions, the newest first."""
    return "\n\n".join(_section(note, language) for note in reversed(notes()))


def summary(note: Note) -> tuple[str, str] | None:
    """The Chinese title and summary of a note, unless they are missing or stale."""
    entry = table("decisions").get(note.number, {})
    return (entry["title"], entry["summary"]) if entry.get("of") == note.digest else None


def _section(note: Note, language: str) -> str:
    told = summary(note) if language == "zh" else None
    if told:
        title, text = told
        body = f"{text.strip()}\n\n英文原文：`{SOURCE}/{note.file}`"
    else:
        title = note.title[0].upper() + note.title[1:]
        body = note.text if language == "en" else f"{UNTOLD}\n\n{note.text}"
    # a heading inside a note is a level below its title here
    body = re.sub(r"^(#+) ", r"##\1 ", body, flags=re.MULTILINE)
    return f"## {int(note.number)} · {title} {{ #d{note.number} }}\n\n{body}"
