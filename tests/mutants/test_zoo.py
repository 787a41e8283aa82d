"""Every mutant of the zoo: it shows where it says that it does, and nowhere else.

The battery is literal: one line per call.  A mutant must answer exactly as the reference on every call outside its
trigger region, and differently on at least one call inside it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from cnnspec import mutants
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import CnnspecError
from tests.mutants.battery import CASES

EVERY = [mutants.find(name) for name in mutants.names()]
APART = ("errors", "isolation", "process")
"""Families that show otherwise than in the result of a valid call."""


def ids(mutant: mutants.Mutant) -> str:
    return mutant.name


def seen(function: Callable[..., Any], case: Case, refusal: type[Exception] = CnnspecError) -> list[Any]:
    """Everything that three calls show: twice the same, then once more with the numbers changed in place."""
    arrays = make_arrays(case)
    evidence: list[Any] = []
    results = []
    for turn in range(3):
        if turn == 2:
            for a in arrays.values():
                if a.flags.writeable and a.size:
                    a[...] = a.ravel()[::-1].reshape(a.shape)
        with np.errstate(all="ignore"):
            try:
                results.append(function(*arrays.values(), **case.call_options))
            except refusal as error:
                evidence.append(type(error))
                continue
        evidence.append(told(results[-1]))
        evidence.append([a.tobytes() for a in arrays.values()])
        evidence.append([np.shares_memory(y, a) for y in parts(results[-1]) for a in arrays.values()])
    if results:
        evidence.append(told(results[0]))
    return evidence


def parts(result: Any) -> list[np.ndarray]:
    return [y for y in (result if isinstance(result, tuple) else (result,)) if isinstance(y, np.ndarray)]


def told(result: Any) -> Any:
    if isinstance(result, tuple):
        return [told(item) for item in result]
    if isinstance(result, np.ndarray):
        plain = result + result.dtype.type(0) if result.dtype.kind not in "OUSb" else result  # -0 is 0
        return type(result), result.dtype, result.shape, plain.tobytes()
    return type(result)


@cache
def right(case: Case) -> list[Any]:
    return seen(case.operation.reference, case)


def triggered(mutant: mutants.Mutant, case: Case) -> bool:
    return mutant.triggers(case.operation.name, case.array_shapes, case.call_options, case.dtype)


@pytest.mark.parametrize("mutant", [m for m in EVERY if m.family not in APART], ids=ids)
def test_it_shows_inside_its_trigger_region_and_nowhere_else(mutant: mutants.Mutant) -> None:
    functions = mutants.load(mutant.name)
    refusal = ValueError if "refuses" in mutant.name else CnnspecError  # of a changed call that means nothing
    shown = set()
    for case in CASES:
        if case.operation.name in mutant.operations:
            same = seen(functions[case.op], case, refusal) == right(case)
            assert same or triggered(mutant, case), f"{case} is outside of: {mutant.trigger}"
            shown |= set() if same else {case.operation.name}
    assert set(mutant.operations) - shown == set(), "no call of the battery shows it on these"


@pytest.mark.parametrize("mutant", EVERY, ids=ids)
def test_it_says_what_it_is(mutant: mutants.Mutant) -> None:
    assert mutant.name.isidentifier()
    assert len(mutant.sentence) > 10
    assert mutant.sentence[-1] != "."
    assert mutant.trigger
    assert set(mutant.operations) <= {case.operation.name for case in CASES}
    assert all("#" in report or " " in report for report in mutant.reports)


def test_there_are_enough_of_them() -> None:
    assert len(mutants.names()) == len(set(mutants.names()))
    assert len(mutants.names()) >= 120
