"""Changes made by rule that no run of the suite shows, each with the reason: ``equivalent*.toml``.

They are of three kinds: the ``same`` give every result that the reference gives; the ``allowed`` give another one that
conforms too; the ``unasked`` show only in calls that no target is asked to make, such as arrays of two dtypes.  Each
entry of the last two has an expression that tells the changed module from the reference.

An entry names a change by its text, ``MODULE.FUNCTION`` and ``BEFORE -> AFTER``, since numbers move when the source
does.  Where a function has the same text several times, ``BEFORE -> AFTER #2`` is the second; without a number all of
them are meant.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from cnnspec.mutants.automatic import Change, changes

KINDS = {"same": "equivalent", "allowed": "allowed", "unasked": "not asked for"}
"""What an entry can be, and in which word a report says so."""

FILES = ("equivalent.toml", "equivalent_shown.toml")
"""Where they stand; a kind stands in one of them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One text of the list.

    Attributes
    ----------
    kind, reason
        One of :data:`KINDS`, and why.
    where, text
        ``MODULE.FUNCTION`` and ``BEFORE -> AFTER``, perhaps with a number.
    shows
        A Python expression over the module's names and the reference's modules; empty for the same.
    """

    kind: str
    reason: str
    where: str
    text: str
    shows: str

    def meant(self) -> list[Change]:
        """The changes that it names."""
        module, function = self.where.split(".")
        seen: Counter[str] = Counter()
        found = []
        for change in changes(module):
            if change.function == function:
                words = f"{change.before} -> {change.after}"
                seen[words] += 1
                if self.text in (words, f"{words} #{seen[words]}"):
                    found.append(change)
        return found


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry of the list, in its order."""
    read: dict[str, list[dict[str, Any]]] = {}
    for name in FILES:
        read |= tomllib.loads(files("cnnspec.mutants").joinpath(name).read_text(encoding="utf-8"))
    return tuple(
        Entry(kind, group["reason"], group["where"], text, group.get("shows", ""))
        for kind in KINDS
        for group in read[kind]
        for text in group["changes"]
    )


@cache
def listed() -> dict[str, Entry]:
    """The entry of each change that is listed, by the change's id, ``auto:MODULE:N``."""
    return {change.id: entry for entry in entries() for change in entry.meant()}


def reasons() -> dict[str, str]:
    """Why no run shows it, by the change's id."""
    return {name: entry.reason for name, entry in listed().items()}


def stale() -> list[str]:
    """Entries that name no change, since the source has moved on."""
    return [f"{entry.where}: {entry.text}" for entry in entries() if not entry.meant()]
