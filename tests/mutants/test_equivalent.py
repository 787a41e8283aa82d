"""The list of changes that nobody can tell from the reference names changes that there are."""

from __future__ import annotations

from cnnspec.mutants import automatic
from cnnspec.mutants.equivalent import reasons, stale


def test_every_entry_names_a_change_and_gives_a_reason() -> None:
    assert stale() == []
    assert all(len(reason) > 10 for reason in reasons().values())


def test_entries_are_found_by_their_text() -> None:
    (name,) = (change.id for change in automatic.changes("activation") if change.after == "x >= 0" and change.line < 60)
    assert reasons()[name] == "at 0 both branches give 0"


def test_only_changes_that_an_operation_can_reach_are_listed() -> None:
    assert set(reasons()) <= set(automatic.names())
