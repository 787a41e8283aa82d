"""A process that has loaded a target and is never asked to call it: new workers are forked from it.

Loading a framework takes a second, and a finding is told only of what fails in a new process.  A fork of a process that
has done nothing but load the target is as new as one that has loaded it itself, and is there at once.  That holds as
long as loading has started no thread or process and opened nothing, since a fork has no threads but its own and shares
with the template whatever is open; of other targets each worker loads its own.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

SUPPORTED = hasattr(os, "pidfd_open") and hasattr(socket, "send_fds") and Path("/proc/self/task").exists()
"""Whether this system has what it takes: Linux has."""

PATIENCE = 10.0
"""Seconds that a fork may take before the template counts as lost."""

MOMENT = 0.5
"""Seconds that threads which have been told to end may take: Python's own watchdog is one, and is not waited for."""

LONGEST = 64
"""Bytes of one message: two numbers."""


class Running(Protocol):
    """A process that was started: as much of :class:`subprocess.Popen` as is needed."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """The exit code, or minus the signal; ``None`` while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, as long as ``timeout`` says."""


class TemplateLost(Exception):
    """The template has ended, or does not answer."""


class Template:
    """The harness's end of a template: asks it for forks, and hears of their ends.

    Parameters
    ----------
    control
        A socket, the other end of which the template has.
    kill
        Ends the template.
    """

    def __init__(self, control: socket.socket, kill: Callable[[], None]) -> None:
        self._control, self._kill = control, kill
        self._codes: dict[int, int] = {}

    def fork(self, descriptors: Sequence[int]) -> Running:
        """A new process that has these descriptors, a session leader already.

        Raises
        ------
        TemplateLost
            If there is none within a few seconds.
        """
        self._control.settimeout(PATIENCE)
        try:
            socket.send_fds(self._control, [b"fork"], list(descriptors))
            while (pid := self._hear()) is None:
                pass
        except OSError as error:
            raise TemplateLost(str(error)) from None
        return _Fork(self, pid)

    def code(self, pid: int) -> int | None:
        """How a fork has ended; ``None`` while it runs, or where nobody can tell any more."""
        try:
            while pid not in self._codes and select.select([self._control], [], [], 0)[0]:
                self._hear()
        except (OSError, ValueError, TemplateLost):
            pass
        return self._codes.get(pid)

    def _hear(self) -> int | None:
        """Take one message: the number of a new process, or, kept for later, how one has ended."""
        pid, *code = map(int, self._control.recv(LONGEST).split())
        if not code:
            return pid
        self._codes[pid] = code[0]
        return None

    def kill(self) -> None:
        """End the template; its forks go on."""
        self._kill()
        self._control.close()


class _Fork:
    """A process that a template has forked."""

    def __init__(self, template: Template, pid: int) -> None:
        self._template, self.pid = template, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or minus the signal; ``None`` while it runs."""
        if self.returncode is None:
            self.returncode = self._template.code(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        end = time.monotonic() + (PATIENCE if timeout is None else timeout)
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("fork", timeout or PATIENCE)
            time.sleep(0.001)
        return code


# ----------------------------------------------------------------------------------------------------- in the template


def holdings() -> tuple[object, ...]:
    """What a fork would share with this process or not have: its threads, children and open files."""
    if not SUPPORTED:
        return ()
    own = Path("/proc/self")
    children = [(task / "children").read_text() for task in (own / "task").iterdir()]
    return len(children), "".join(children), sorted(handle.name for handle in (own / "fd").iterdir())


def unchanged(before: tuple[object, ...]) -> bool:
    """Whether this process holds what it held before, once the threads that are about to end have done so."""
    end = time.monotonic() + MOMENT
    while not (same := holdings() == before) and time.monotonic() < end:
        time.sleep(0.01)
    return same


def fork_on_demand(control: int, own: Sequence[int]) -> list[int]:
    """Fork for every message on the socket ``control``; comes back in each fork, with the descriptors it has got.

    ``own`` are the other descriptors of the template, which a fork has no business with.
    """
    line, children = socket.socket(fileno=control), dict[int, int]()
    poll = select.poll()
    poll.register(line, select.POLLIN | select.POLLHUP)
    while True:
        for handle, _ in poll.poll():
            if handle in children:
                pid = children.pop(handle)
                poll.unregister(handle)
                os.close(handle)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                line.send(f"{pid} {code}".encode())
                continue
            message, descriptors, *_ = socket.recv_fds(line, LONGEST, 3)
            if not message:
                os._exit(0)
            if not (pid := os.fork()):
                return _begin(line, descriptors, [*own, *children])
            for descriptor in descriptors:
                os.close(descriptor)
            children[watched := os.pidfd_open(pid)] = pid
            poll.register(watched, select.POLLIN)


def _begin(line: socket.socket, descriptors: list[int], foreign: Sequence[int]) -> list[int]:
    """In a new fork: become the leader of a session, say so, and let go of what is the template's."""
    os.setsid()
    line.send(str(os.getpid()).encode())
    line.close()
    for handle in foreign:
        os.close(handle)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed()  # as a process that has just imported it
    return descriptors
