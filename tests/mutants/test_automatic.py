"""The changes made by rule: they are what they say, they stand apart from the reference, and most of them show."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from cnnspec import mutants
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import UsageError
from cnnspec.mutants import automatic
from cnnspec.operations import OPERATIONS
from cnnspec.reference import windows
from tests.mutants.battery import CASES


def result(function: Any, case: Case) -> Any:
    result = function(*make_arrays(case).values(), **case.call_options)
    return [(y.dtype, y.shape, y.tobytes()) for y in (result if isinstance(result, tuple) else (result,))]


def test_copies_without_a_change_are_the_reference() -> None:
    copies = automatic._Copies("none", 0)
    for case in CASES:
        function = getattr(copies.module(case.operation.chapter), case.op)
        assert result(function, case) == result(case.operation.reference, case)


def test_a_change_is_one_place_of_the_source() -> None:
    change = next(c for c in automatic.changes("activation") if c.before == "x > 0")
    assert change.after == "x >= 0"
    assert change.function == "relu"
    assert change.id == f"auto:activation:{change.number}"
    assert change.description in mutants.find(change.id).sentence


def test_it_computes_what_the_change_says_and_leaves_the_reference_alone() -> None:
    dropped = next(c for c in automatic.changes("windows") if (c.function, c.before) == ("maximum", "v = x[at]")
                   or (c.function == "total" and "np.add" in c.before and c.after == "pass"))  # fmt: skip
    function = mutants.load(dropped.id)["avg_pool1d"]
    x = np.array([[[1.0, 2.0, 3.0]]])
    assert np.array_equal(function(x, kernel_size=(2,)), [[[0.0]]])
    assert np.array_equal(windows.total(x, (), np.dtype(float)), x)
    assert np.array_equal(mutants.load("kernel_flipped")["avg_pool1d"](x, kernel_size=(2,)), [[[1.5]]])


def test_every_operation_can_be_reached_and_every_change_reaches_one() -> None:
    population = [mutants.find(name) for name in automatic.names()]
    assert {op for mutant in population for op in mutant.operations} == {operation.name for operation in OPERATIONS}
    assert all(mutant.operations for mutant in population)
    assert len({mutant.name for mutant in population}) == len(population)


@pytest.mark.parametrize("module", automatic.modules())
def test_the_changed_source_differs_in_that_place(module: str) -> None:
    whole = ast.unparse(automatic._tree(module)).splitlines()
    for change in automatic.changes(module)[::9]:
        changed = ast.unparse(automatic.changed_tree(module, change.number)).splitlines()
        assert changed != whole
        assert abs(len(changed) - len(whole)) < 5


@pytest.mark.parametrize("name", ["auto:nothing:0", "auto:windows:100000", "auto:windows", "auto:windows:x"])
def test_unknown_changes_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="auto:MODULE:N"):
        mutants.find(name)


def test_most_of_a_sample_show_on_the_battery() -> None:
    sample = automatic.names()[::15]
    shown = [name for name in sample if shows(mutants.find(name), mutants.load(name))]
    assert len(shown) >= 0.6 * len(sample)


def shows(mutant: mutants.Mutant, functions: dict[str, Any]) -> bool:
    for case in CASES:
        if case.operation.name in mutant.operations:
            try:
                if result(functions[case.op], case) != result(case.operation.reference, case):
                    return True
            except Exception:  # noqa: BLE001  a changed program may raise anything
                return True
    return False
