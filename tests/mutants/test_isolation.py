"""The mutants that show beside the result, and those that end or stop the process."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnspec import mutants
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.harness.state import watched
from tests.mutants.battery import CASES

EVERY = [mutants.find(name) for name in mutants.names()]


def ids(mutant: mutants.Mutant) -> str:
    return mutant.name


def triggered(mutant: mutants.Mutant, case: Case) -> bool:
    return mutant.triggers(case.operation.name, case.array_shapes, case.call_options, case.dtype)


def same(function: Any, case: Case) -> bool:
    """Whether the result is the reference's, in kind and in every number."""
    right = case.operation.reference(*make_arrays(case).values(), **case.call_options)
    try:
        result = function(*make_arrays(case).values(), **case.call_options)
    except (ArithmeticError, LookupError, RuntimeError, ValueError):
        return False
    if type(result) is not type(right):
        return False
    pairs = zip(right, result, strict=False) if isinstance(right, tuple) else [(right, result)]
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("mutant", [m for m in EVERY if m.family == "isolation"], ids=ids)
def test_it_shows_beside_the_result(mutant: mutants.Mutant, capfd: pytest.CaptureFixture[str]) -> None:
    functions = mutants.load(mutant.name)
    for op in mutant.operations:
        shown = False
        for case in (case for case in CASES if case.operation.name == op and not case.pokes):
            with watched() as changed:
                equal = same(functions[case.op], case)
            seen = not equal or bool(changed) or any(capfd.readouterr())
            assert triggered(mutant, case) or not seen
            shown = shown or seen
        assert shown, op


class Reached(Exception):
    """Stands for the end of the process."""


def options(mutant: mutants.Mutant, case: Case) -> dict[str, Any]:
    """What is wrong with the call on which the mutant shows, where something must be."""
    return {"stride": (0,) * case.rank} if mutant.refused and "stride" in case.options else {}


@pytest.mark.parametrize("mutant", [m for m in EVERY if m.family == "process"], ids=ids)
def test_it_would_end_or_stop_the_process(mutant: mutants.Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(*anything: Any) -> Any:
        raise Reached

    for name in ("os.abort", "os._exit", "time.sleep", "ctypes.string_at"):
        monkeypatch.setattr(f"cnnspec.mutants.process.{name}", reached)
    if mutant.name == "takes_all_memory":
        monkeypatch.setattr("cnnspec.mutants.process.np.empty", reached)
    functions = mutants.load(mutant.name)
    case = next(case for case in CASES if triggered(mutant, case.with_options(**options(mutant, case))))
    case = case.with_options(**options(mutant, case))
    with pytest.raises((Reached, SystemExit, KeyboardInterrupt)):
        functions[case.op](*make_arrays(case).values(), **case.call_options)
