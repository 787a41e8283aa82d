"""Changes made by rule that nobody can tell from the reference, each with the reason: ``equivalent.toml``.

An entry names a change by its text, ``MODULE.FUNCTION`` and ``BEFORE -> AFTER``, since numbers move when the source
does.  Where a function has the same text several times, ``BEFORE -> AFTER #2`` is the second; without a number all of
them are meant.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from cnnspec.mutants.automatic import Change, changes


@cache
def reasons() -> dict[str, str]:
    """Why nobody can tell it, by the change's id, ``auto:MODULE:N``."""
    return {change.id: reason for where, text, reason in _entries() for change in _meant(where, text)}


def stale() -> list[str]:
    """Entries that name no change, since the source has moved on."""
    return [f"{where}: {text}" for where, text, _ in _entries() if not _meant(where, text)]


def _entries() -> Iterator[tuple[str, str, str]]:
    """Place, change and reason of each."""
    read = tomllib.loads(files("cnnspec.mutants").joinpath("equivalent.toml").read_text(encoding="utf-8"))
    for group in read["same"]:
        for text in group["changes"]:
            yield group["where"], text, group["reason"]


def _meant(where: str, text: str) -> list[Change]:
    module, function = where.split(".")
    seen: Counter[str] = Counter()
    found = []
    for change in changes(module):
        if change.function == function:
            words = f"{change.before} -> {change.after}"
            seen[words] += 1
            if text in (words, f"{words} #{seen[words]}"):
                found.append(change)
    return found
