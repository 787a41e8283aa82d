"""One worker process as the harness sees it: started, listened to within limits, and brought to an end."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import cnnspec
from cnnspec.harness.capture import printed
from cnnspec.harness.channel import LOST, Channel, ChannelError, Message
from cnnspec.harness.resident import resident_bytes
from cnnspec.harness.template import Running
from cnnspec.implementation import OutcomeKind

SUPPORTED = hasattr(select, "poll") and hasattr(os, "pwrite")
"""Whether this system has what the worker's channel is made of (Windows has not)."""

TICK = 0.02
"""Seconds between two looks at a busy worker's memory and output."""

PRINTED = 1 << 26
"""A call that prints more bytes than this is ended."""

_START = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("cnnspec", sys.argv[1])
package = sys.modules["cnnspec"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
from cnnspec.harness.worker import main
main([int(item) for item in sys.argv[2:]])
"""
# Another interpreter finds this very package, and nothing else of ours: with PYTHONPATH it would find our NumPy too.

_PACKAGE = str(Path(cnnspec.__file__).parent)
_LIBRARY = re.compile(r"[/\\](lib[/\\]python3[^/\\]*|site-packages)[/\\]")
_PLACE = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)$', re.MULTILINE)


class Ended(Exception):
    """The worker died, or was ended for passing a limit, before it answered."""

    def __init__(self, kind: OutcomeKind, message: str, output: str) -> None:
        super().__init__(message)
        self.kind, self.message, self.output = kind, message, output


Start = Callable[[tuple[int, int, int]], Running]
"""Starts a worker that has three descriptors: requests, answers, and what tells it that the harness is gone."""


def spawned(python: str | None, files: Sequence[int], slots: Sequence[int], control: int | None = None) -> Start:
    """Start a new interpreter; one that has a ``control`` socket may become a template."""

    def start(theirs: tuple[int, int, int]) -> Running:
        shared = (-1 if control is None else control, *theirs, *files, *slots)
        # -u: neither Python nor the C library keeps back what a target that dies has printed
        command = [python or sys.executable, "-u", "-c", _START, str(cnnspec.__file__), *map(str, shared)]
        try:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=files[0], stderr=files[1],
                pass_fds=[one for one in shared if one >= 0], start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise Ended("crashed", f"{command[0]} cannot be started: {error.strerror}", "") from None

    return start


class Process:
    """A worker, the leader of a session and process group of its own.

    Parameters
    ----------
    start
        Starts it: a new interpreter, or a fork of a :class:`~cnnspec.harness.template.Template`.
    files
        Descriptors of the files that take what the target prints: output, errors, and where it was when it died.
    slots
        Descriptors of the channel's slots.
    memory
        The most that the worker and its children may have resident, in bytes.
    """

    def __init__(self, start: Start, files: Sequence[int], slots: Sequence[int], memory: int) -> None:
        self._files, self._memory = files, memory
        for handle in files:
            os.ftruncate(handle, 0)
        requests, writing = os.pipe()
        reading, answers = os.pipe()
        life, self._life = os.pipe()
        theirs = (requests, answers, life)
        self._ours: tuple[int, ...] = (writing, reading, self._life)
        try:
            self._process = start(theirs)
        except BaseException:
            for handle in self._ours:
                os.close(handle)
            raise
        finally:
            for handle in theirs:
                os.close(handle)
        self.channel = Channel(reading, writing, slots)
        self.pid = self._process.pid

    def send(self, message: Message, slot: int, at: int) -> None:
        """Send a request; a worker that is gone is noticed where its answer is awaited."""
        with suppress(BrokenPipeError):
            self.channel.send(message, slot, at=at)

    def receive(self, timeout: float, started: float) -> Message:
        """Wait for the next answer to a call that began at ``started``.

        Raises
        ------
        Ended
            If the worker died, ran out of ``timeout`` seconds, or passed the limit on memory or output.  It is
            brought to its end with all its children then.
        """
        while True:
            try:
                answer = self.channel.receive(TICK)
            except EOFError:
                self._died()
            except ChannelError as error:
                self._end("crashed", f"the target wrote into the worker's own channel ({error})")
            if answer is not None:
                return answer
            if self._process.poll() is not None and (answer := self._last_word()) is not None:
                return answer
            if time.monotonic() - started > timeout:
                self._end("timeout", f"no answer within {timeout:g} s", trace=True)
            if resident_bytes(self.pid) > self._memory:
                self._end("crashed", f"used more than {self._memory >> 20} MB of memory", trace=True)
            if sum(os.fstat(handle).st_size for handle in self._files) > PRINTED:
                self._end("crashed", f"printed more than {PRINTED >> 20} MB", trace=True)

    def _last_word(self) -> Message | None:
        """An answer that a worker which has just died had still sent; a forked child may hold the line open."""
        try:
            answer = self.channel.receive(0)
        except (EOFError, ChannelError):
            answer = None
        return answer or self._died()

    def _died(self) -> NoReturn:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        code = self._process.returncode
        if code is None or code == LOST:
            self._end("crashed", "the target closed the worker's channel")
        if code >= 0:
            self._end("crashed", f"the process ended with exit status {code} in mid-call")
        name = signal.Signals(-code).name if -code in set(signal.Signals) else "unknown"
        guess = ", perhaps for want of memory" if -code == signal.SIGKILL else ""
        self._end("crashed", f"killed by signal {-code} ({name}){guess}")

    def _end(self, kind: OutcomeKind, message: str, *, trace: bool = False) -> NoReturn:
        """Kill what is left, and raise with the place in the target where it was, as far as that is known."""
        if trace:
            self._trace()
        self.kill()
        output, errors, where = map(printed, self._files)
        stack = [place for place in _PLACE.finditer(where) if not place["file"].startswith((_PACKAGE, "<string>"))]
        own = [place for place in stack if not _LIBRARY.search(place["file"])]
        if stack:
            at = (own or stack)[0]
            message += f", in {at['function']} ({Path(at['file']).name}, line {at['line']})"
            output += errors + "most recent call first:\n" + "".join(f"{place[0]}\n" for place in stack)
        raise Ended(kind, message, output)

    def _trace(self) -> None:
        """Ask the worker's fault handler, which needs no interpreter lock, where the target is."""
        with suppress(OSError):
            os.kill(self.pid, signal.SIGUSR1)
        for _ in range(20):
            time.sleep(0.005)
            if os.fstat(self._files[-1]).st_size:
                break

    def stop(self) -> None:
        """End the worker in peace, within a second; then for certain."""
        self.send({"cmd": "stop"}, 0, 0)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self.kill()

    def kill(self) -> None:
        """Kill the worker's whole process group, and wait for the worker."""
        if not self._ours:
            return
        with suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        for handle in self._ours:
            os.close(handle)
        self._ours = ()
