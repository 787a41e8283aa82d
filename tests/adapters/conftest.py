"""The program of this folder that misbehaves on request, and what it is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from cnnspec.adapters.exec import Program
from cnnspec.implementation import Observation

ENGINE = Path(__file__).with_name("engine.py")
X = np.array([[[-1.0, 0.0, 2.0]]], np.float32)
Observed = Callable[..., Observation]


@pytest.fixture
def engine() -> Callable[..., list[str]]:
    """The words of the command that starts it."""
    return lambda *behaviours: [sys.executable, "-S", "-E", str(ENGINE), *behaviours]


@pytest.fixture
def program(request: pytest.FixtureRequest, engine: Callable[..., list[str]]) -> Iterator[Program]:
    """The program with the behaviour that is the test's parameter."""
    opened = Program(engine(request.param), seconds=5)
    yield opened
    opened.close()


@pytest.fixture
def observed(engine: Callable[..., list[str]]) -> Observed:
    """What is seen of a call that goes wrong: always in clear words."""

    def observe(behaviour: str, *, seconds: float = 5) -> Observation:
        program = Program(engine(behaviour), seconds=seconds)
        seen = program.call("relu", X)
        program.close()
        assert isinstance(seen, Observation), seen
        assert seen.message.isprintable()
        assert len(seen.message) < 700
        return seen

    return observe


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has to end by itself gets less time than a user's program does."""
    monkeypatch.setattr("cnnspec.adapters.child.PATIENCE", 0.5)
