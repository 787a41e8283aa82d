"""The hostile target of this folder, in a worker process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from cnnspec.cases.case import Case
from cnnspec.harness.isolated import SUPPORTED, WorkerTarget
from cnnspec.implementation import Facts, Observation

PLAIN = Case.parse("relu:x=1x1x3,f64,data.x=-1_0_2")
GOOD = np.array([[[0.0, 0.0, 2.0]]])


@pytest.fixture(scope="session")
def hostile() -> Iterator[ModuleType]:
    """The module, importable here and, as workers are told this path, there."""
    folder = str(Path(__file__).parent)
    sys.path.insert(0, folder)
    yield import_module("hostile")
    sys.path.remove(folder)


@pytest.fixture(scope="session")
def open_hostile(hostile: ModuleType) -> Callable[..., WorkerTarget]:
    if not SUPPORTED:
        pytest.skip("worker processes need pipes that can be polled")

    def opened(name: str = "hostile", **options: Any) -> WorkerTarget:
        return WorkerTarget(name, **{"loader": "hostile:load", "timeout": 60, "memory": 200 << 20, **options})

    return opened


@pytest.fixture(scope="module")
def target(open_hostile: Callable[..., WorkerTarget]) -> Iterator[WorkerTarget]:
    with open_hostile() as opened:
        yield opened


@pytest.fixture(scope="session")
def asking(hostile: ModuleType) -> Callable[..., Case]:
    """The case that asks for one behaviour."""

    def case(name: str, layout: str = "C", fill: str = "iota") -> Case:
        return Case.parse(f"relu:x={hostile.batch(name)}x1x3,f64,{fill},layout.x={layout}")

    return case


@pytest.fixture(scope="module")
def misbehave(asking: Callable[..., Case]) -> Callable[..., Observation]:
    """Ask for one behaviour, then for a plain call; the second must be answered as if nothing had been."""

    def ask(
        target: WorkerTarget, name: str, *, layout: str = "C", repeat: bool = False, timeout: float = 60
    ) -> Observation:
        target.timeout = timeout
        seen = target.run(asking(name, layout), repeat=repeat)
        target.timeout = 60
        then = target.run(PLAIN)
        assert (then.kind, then.facts) == ("returned", Facts())
        assert np.array_equal(then.outputs[0], GOOD)
        return seen

    return ask
