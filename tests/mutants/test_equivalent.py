"""The list of changes that no run shows names changes that there are, and says of each what can be checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from cnnspec import mutants
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.harness.kill import kill
from cnnspec.mutants import automatic
from cnnspec.mutants.equivalent import Entry, entries, listed, reasons, stale

BATTERY = [Case.parse(line) for line in (Path(__file__).parent / "battery.txt").read_text().split()]
SHOWN = [(name, entry) for name, entry in listed().items() if entry.shows]
QUICK = 12
"""Every so many listed changes one is run against the whole suite."""


def attempt(call: Callable[[], Any]) -> str:
    """What a call returns, or the name of the error that it raises."""
    try:
        return repr(call())
    except Exception as error:  # noqa: BLE001  a changed module may raise anything
        return type(error).__name__


def told(entry: Entry, copies: automatic._Copies) -> str:
    """What the entry's expression is in these copies of the reference."""
    names = {name: copies.module(name) for name in automatic.modules()}
    names |= vars(copies.module(entry.where.split(".")[0]))
    names |= {"np": np, "bfloat16": np.dtype(ml_dtypes.bfloat16), "attempt": attempt}
    return attempt(lambda: eval(entry.shows, names))


def test_every_entry_names_a_change_and_gives_a_reason() -> None:
    assert stale() == []
    assert all(len(reason) > 10 for reason in reasons().values())


def test_no_change_is_listed_twice() -> None:
    found = [change.id for entry in entries() for change in entry.meant()]
    assert len(found) == len(set(found)) == len(listed())


def test_what_is_not_the_same_has_an_expression_and_the_same_has_none() -> None:
    assert all(bool(entry.shows) == (entry.kind != "same") for entry in entries())


def test_entries_are_found_by_their_text() -> None:
    (name,) = (change.id for change in automatic.changes("activation") if change.after == "x >= 0" and change.line < 60)
    assert reasons()[name] == "at 0 both branches give 0"


def test_only_changes_that_an_operation_can_reach_are_listed() -> None:
    assert set(listed()) <= set(automatic.names())


@pytest.mark.parametrize(("name", "entry"), SHOWN, ids=[name for name, _ in SHOWN])
def test_the_expression_tells_the_change_from_the_reference(name: str, entry: Entry) -> None:
    _, module, number = name.split(":")
    assert told(entry, automatic._Copies(module, int(number))) != told(entry, automatic._Copies("none", 0))


@pytest.mark.parametrize("name", [name for name, entry in listed().items() if entry.kind == "same"])
def test_the_same_is_the_same_on_the_battery(name: str) -> None:
    mutant, functions = mutants.find(name), mutants.load(name)
    for case in BATTERY:
        if case.operation.name in mutant.operations:
            assert _bytes(functions[case.op], case) == _bytes(case.operation.reference, case), str(case)


def _bytes(function: Callable[..., Any], case: Case) -> Any:
    result = function(*make_arrays(case).values(), **case.call_options)
    return [(y.dtype, y.shape, y.tobytes()) for y in (result if isinstance(result, tuple) else (result,))]


@pytest.mark.parametrize("name", list(listed())[::QUICK])
def test_a_quick_run_does_not_catch_what_is_listed(name: str) -> None:
    found = kill(name, effort="quick", isolate="none")
    assert not found.killed, found
    assert not found.errors
