"""Several processes on one run: this one and its helpers share out the blocks of cases.

Whoever is free takes the next block; the records are handed on in the order of the blocks.  So the result is that of a
run in one process, but for targets that remember earlier calls.  A block whose helper is lost is run by another.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cnnspec.errors import UsageError
from cnnspec.harness.records import KEPT_CASES, Key, Record
from cnnspec.harness.runner import Unit

if TYPE_CHECKING:
    from cnnspec.harness.session import Limits, Session

START = "import sys; sys.path[:0] = sys.argv[1:]; from cnnspec.harness.helper import main; main()"

PATIENCE = 0.5
"""Seconds between two looks at the clock while another process is waited for."""


class Pool:
    """The blocks of a session, shared out among this process and some helpers; used in a ``with`` statement.

    Parameters
    ----------
    session
        The session whose blocks are run; its target must be named by a string.
    helpers
        How many processes to start beside this one.

    Raises
    ------
    UsageError
        If the target is a Python object, which no other process has.
    """

    def __init__(self, session: Session, helpers: int) -> None:
        if not isinstance(session.named, str):
            raise UsageError(
                "a Python object cannot be handed to other processes; name it by a string, my_pkg.my_module:name or"
                " path/to/file.py:name, or use one job"
            )
        self._session = session
        self._waiting = deque(unit for units in session.units.values() for unit in units)
        self._done: dict[Key, Record] = {}
        self._changed = threading.Condition()
        self._processes = [self._start() for _ in range(min(helpers, max(len(self._waiting) - 1, 0)))]
        self._threads = [threading.Thread(target=self._feed, args=(p,), daemon=True) for p in self._processes]
        for thread in self._threads:
            thread.start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", START, *sys.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def _feed(self, process: subprocess.Popen[bytes]) -> None:
        """Hand blocks to one helper until there are none, or it is lost; what it had not done goes back."""
        unit: Unit | None = None
        with suppress(OSError, ValueError, KeyError):  # the helper is gone, or what it said is cut short
            hello = _ask(process, {**self._session.recipe, "path": sys.path})
            if "failed" in hello:
                with self._changed:
                    self._session.result.notes.append(f"a helper could not open the target: {hello['failed']}")
                return
            while (unit := self._claim(anywhere=False)) is not None:
                answer = _ask(process, unit.key)
                record = Record.from_json(answer["record"])
                with self._changed:
                    self._session.result.restarts += answer["restarts"]
                    self._done[unit.key] = record
                    unit = None
                    self._changed.notify_all()
        with self._changed:
            if unit is not None:
                self._waiting.appendleft(unit)
            self._changed.notify_all()

    def _claim(self, *, anywhere: bool) -> Unit | None:
        """The next block; cases kept from earlier runs are known to this process alone."""
        with self._changed:
            for unit in self._waiting:
                if anywhere or unit.block != KEPT_CASES:
                    self._waiting.remove(unit)
                    return unit
        return None

    def records(self, units: list[Unit], limits: Limits, each: Callable[[Record], None]) -> Iterator[Record]:
        """The records of some units in order; while one is waited for, this process runs what nobody has begun."""
        for unit in units:
            while unit.key not in self._done:
                if limits.deadline is not None and time.monotonic() > limits.deadline:
                    return
                mine = self._claim(anywhere=True)
                if mine is not None:
                    self._done.update((record.key, record) for record in self._session.run_units([mine], limits, each))
                    continue
                with self._changed:
                    if unit.key not in self._done and not self._waiting:
                        self._changed.wait(PATIENCE)
            yield self._done.pop(unit.key)

    def rest(self) -> list[Record]:
        """The records that nobody has asked for yet."""
        return list(self._done.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the helpers, with what they were about."""
        with self._changed:
            self._waiting.clear()
        for process in self._processes:
            process.kill()
        for thread in self._threads:
            thread.join()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]


def _ask(process: subprocess.Popen[bytes], message: Any) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer
