"""Other suites on the same mutants: what the tests of ONNX and the sample inputs of PyTorch let through.

A suite is a list of checks; each runs some functions and compares their results as the suite itself does.  A check that
does not pass on the reference says nothing here and is left out, with its name.  A suite *can* catch a mutant if one of
its checks calls an operation that the mutant touches, and catches it if a check fails, raises, or does not come back.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

from cnnspec.errors import UsageError
from cnnspec.harness.kill import WORKER_FAMILIES, Kill
from cnnspec.harness.verdicts import Verdict
from cnnspec.mutants import find, load
from cnnspec.operations import find as find_operation, spelled_names

SUITES = {"onnx": "cnnspec.harness.suite_onnx", "opinfo": "cnnspec.harness.suite_opinfo"}
"""Where each suite is; the module has ``checks()`` and ``version()``."""

PATIENCE = 10.0
"""Seconds for one check that runs in a process of its own."""

ROOM = 2**31
"""Bytes that such a process may take beyond what it has."""

Functions: TypeAlias = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Check:
    """One test of a suite: ``run`` raises where the functions fail it."""

    name: str
    run: Callable[[Functions], None]


@dataclass(frozen=True)
class Suite:
    """A suite, loaded: its checks that pass on the reference with the operations each calls, and those left out."""

    name: str
    version: str
    checks: tuple[tuple[Check, frozenset[str]], ...]
    left_out: Mapping[str, str]

    @property
    def operations(self) -> frozenset[str]:
        """Every operation that some check calls."""
        return frozenset().union(*(called for _, called in self.checks))

    def of(self, operations: Sequence[str]) -> Iterator[Check]:
        """The checks that call one of these operations."""
        return (check for check, called in self.checks if called & set(operations))


@cache
def load_suite(name: str) -> Suite:
    """The suite ``onnx`` or ``opinfo``.

    Raises
    ------
    UsageError
        If there is no such suite, or what it needs is not installed.
    """
    if name not in SUITES:
        raise UsageError(f"the suite must be one of cnnspec, {', '.join(SUITES)}; got {name!r}")
    module = import_module(SUITES[name])
    passing, left_out = [], {}
    for check in module.checks():
        called: set[str] = set()
        try:
            check.run(_listening(called))
        except Exception as error:  # noqa: BLE001  whatever it is, the check says nothing of a mutant
            left_out[check.name] = f"{type(error).__name__}: {error}".splitlines()[0][:120]
            continue
        if called:
            passing.append((check, frozenset(called)))
    return Suite(name, module.version(), tuple(passing), left_out)


def _listening(called: set[str]) -> dict[str, Callable[..., Any]]:
    """The reference, noting which operations are called."""

    def noted(spelled: str) -> Callable[..., Any]:
        operation = find_operation(spelled)[0]

        def function(*arrays: Any, **options: Any) -> Any:
            called.add(operation.name)
            return operation.reference(*arrays, **options)

        return function

    return {spelled: noted(spelled) for spelled in spelled_names()}


def kill_by(suite: str, name: str) -> Kill | None:
    """What the suite makes of one mutant: a :class:`~cnnspec.harness.kill.Kill` with the check as its law.

    ``None`` where the suite calls no operation that the mutant touches.
    """
    mutant, loaded = find(name), load_suite(suite)
    checks = list(loaded.of(mutant.operations))
    if not checks:
        return None
    started = time.perf_counter()
    alone = mutant.family in WORKER_FAMILIES
    caught, count, verdict = _in_a_process(checks, name) if alone else first_failure(checks, name)
    result = Kill(name, 0, caught, verdict, cases=count, suite=suite)
    result.seconds = time.perf_counter() - started if caught else 0.0
    return result


def first_failure(
    checks: Sequence[Check], name: str, tell: Callable[[int], None] = lambda at: None
) -> tuple[str, int, Verdict]:
    """The first check that the mutant fails, how many were run, and how it failed."""
    functions = load(name)
    for at, check in enumerate(checks):
        tell(at)
        try:
            check.run(functions)
        except BaseException as error:  # noqa: BLE001  a mutant may raise anything
            wrong = isinstance(error, AssertionError)
            return check.name, at + 1, Verdict.FAILED if wrong else Verdict.REFUSED
    return "", len(checks), Verdict.PASSED


def _in_a_process(checks: Sequence[Check], name: str) -> tuple[str, int, Verdict]:
    """As :func:`first_failure`, in a copy of this process, which may die or never answer."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(there, checks, name), daemon=True)
    with warnings.catch_warnings():
        for kind in (DeprecationWarning, RuntimeWarning):  # of forking beside threads: Python's own, JAX's
            warnings.simplefilter("ignore", kind)
        process.start()
    there.close()
    at = 0
    try:
        while here.poll(PATIENCE):
            message = here.recv()
            if isinstance(message, tuple):
                return message
            at = message
        return checks[at].name, at + 1, Verdict.TIMEOUT
    except EOFError:
        return checks[at].name, at + 1, Verdict.CRASHED
    finally:
        process.kill()
        process.join()


def _answer(pipe: Connection, checks: Sequence[Check], name: str) -> None:
    import resource
    from pathlib import Path

    quiet = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):  # what a mutant prints would stand among our lines
        os.dup2(quiet, descriptor)
    sys.stdout = sys.stderr = io.StringIO()
    with suppress(OSError):  # a system that does not tell how large a process is
        most = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + ROOM
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    pipe.send(first_failure(checks, name, pipe.send))
