"""One block of cases as a message, and the helper process that runs it: for the jobs of one machine and for a cluster.

A helper obeys one JSON object a line: first what to open, then precision cards to measure, the dialects that were found
by them, and blocks of cases, one after another, each answered by its record.
:mod:`cnnspec.harness.helper` is what it runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from cnnspec.errors import UsageError
from cnnspec.harness.runner import Unit

if TYPE_CHECKING:
    from cnnspec.harness.plan import Item
    from cnnspec.harness.session import Session

START = "import sys; sys.path[:0] = sys.argv[1:]; from cnnspec.harness.helper import main; main()"

Task = dict[str, Any]
"""A block of drawn cases in plain data; cases kept from earlier runs are known to the first process alone."""


def setup_of(session: Session, dialects: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a helper needs to open the same session, with the dialects that were measured, if they are known by then.

    Raises
    ------
    UsageError
        If the target is a Python object, which no other process has.
    """
    if not isinstance(session.named, str):
        raise UsageError(
            "a Python object cannot be handed to other processes; name it by a string, my_pkg.my_module:name or"
            " path/to/file.py:name, or use one job"
        )
    return {**session.recipe, "dialects": dialects or {}, "folder": os.getcwd()}  # noqa: PTH109


def task_of(unit: Unit) -> Task:
    """The block as a message."""
    well = None if unit.well is None else f"{unit.well:x}"
    return {"op": unit.item.op, "block": unit.block, "cases": unit.item.cases, "ahead": unit.ahead, "well": well}


def unit_of(task: Task, items: Mapping[str, Item]) -> Unit:
    """The inverse of :func:`task_of`, for one who has made the same plan."""
    well = None if task["well"] is None else int(task["well"], 16)
    return Unit(replace(items[task["op"]], cases=task["cases"]), task["block"], ahead=task["ahead"], well=well)


class HelperLost(Exception):
    """A helper has ended, or what it said is cut short."""


class Helper:
    """A helper process, which begins at once to open what it is to run.

    Parameters
    ----------
    path
        Where it looks for modules before its own places.
    setup
        What it opens; the first :meth:`answer` says how that went.
    """

    def __init__(self, path: list[str], setup: Mapping[str, Any]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, *path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        with suppress(HelperLost):  # which its answer tells
            self._tell(setup)

    def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a message.

        Raises
        ------
        HelperLost
            If there is none.
        """
        self._tell(message)
        return self.answer()

    def _tell(self, message: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except (OSError, ValueError) as error:
            raise HelperLost(str(error)) from None

    def answer(self) -> dict[str, Any]:
        """The next answer.

        Raises
        ------
        HelperLost
            If there is none.
        """
        assert self.process.stdout is not None
        try:
            answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        except (OSError, ValueError) as error:
            raise HelperLost(str(error)) from None
        return answer

    def kill(self) -> None:
        """End it, with what it is about."""
        self.process.kill()

    def close(self) -> None:
        """End it, and leave nothing behind."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
