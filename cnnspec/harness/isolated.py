"""A target in a worker process, which is replaced when the target has brought it down."""

from __future__ import annotations

import os
import socket
import sys
import time
import weakref
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnspec import errors
from cnnspec.errors import CnnspecError, TargetError
from cnnspec.harness.capture import printed
from cnnspec.harness.channel import ChannelError, Message, scratch_file
from cnnspec.harness.interpreter import examined
from cnnspec.harness.messages import read_observation
from cnnspec.harness.process import SUPPORTED, Ended, Process, spawned
from cnnspec.harness.resident import half_of_the_machine
from cnnspec.harness.state import FLOATING_POINT
from cnnspec.harness.target import AHEAD, LOADER, Target
from cnnspec.harness.template import SUPPORTED as FORKS, Template, TemplateLost
from cnnspec.implementation import Claims, Facts, Observation
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.typing import Array

__all__ = ["SUPPORTED", "WorkerTarget"]

LOAD_TIMEOUT = 120.0
"""Seconds that a target may take to load; importing a large framework from a cold disk takes tens of them."""

GREETING = AHEAD
"""The slot of the greeting; the others may hold arrays of calls that wait for a new worker."""


@dataclass
class _Request:
    """A call under way: what was asked, in which slot, and where a long request's text may stand in that slot."""

    message: Message
    slot: int
    free: int


PROBE = 5.0
"""The longest that one small call may take while a target is loaded, in seconds."""


class Lost(TargetError):
    """A worker ended while it loaded a target."""

    def __init__(self, target: str, message: str, said: str) -> None:
        super().__init__(f"{target} cannot be loaded: {message}{said}")
        self.message = message


class WorkerTarget(Target):
    """A target in a worker process of its own; see :func:`~cnnspec.harness.target.open_target`.

    Attributes
    ----------
    timeout
        The most seconds that a call may take; a change holds for the calls that are still to be collected.
    """

    def __init__(
        self,
        target: str,
        *,
        timeout: float = 10.0,
        memory: int | None = None,
        op: str | None = None,
        python: str | None = None,
        loader: str = LOADER,
        load_timeout: float = LOAD_TIMEOUT,
    ) -> None:
        self._hello: Message = {"cmd": "hello", "slot": GREETING, "target": target, "op": op, "loader": loader,
                                "probe": min(timeout, PROBE)}  # fmt: skip
        if python is None:
            self._hello["path"] = sys.path
        self._python = None if python is None else examined(python)
        self._target, self.timeout, self._load_timeout = target, timeout, load_timeout
        self._memory = half_of_the_machine() if memory is None else memory
        self._slots = [scratch_file() for _ in range(AHEAD + 1)]
        self._files = [scratch_file() for _ in range(3)]
        self._under_way: dict[int, _Request] = {}
        self._seen: dict[int, Observation | CnnspecError] = {}
        self._tickets, self._since, self._closed, self._forks = 0, 0.0, False, FORKS
        self._running: list[Process] = []  # at most one; shared with the finaliser, which must not hold self
        self._templates: list[Template] = []  # the same
        handles = [*self._slots, *self._files]
        self._finish = weakref.finalize(self, _clean_up, self._running, self._templates, handles)
        try:
            hello = self._load()
        except BaseException:
            self._finish()
            raise
        self.name, self.version, self.notes = hello["name"], hello["version"], tuple(hello["notes"])
        self.claims, self.functions = Claims.from_json(hello["claims"]), tuple(hello["functions"])
        self._hello["dtypes"] = {name: claim.dtypes for name, claim in self.claims.operations.items()}

    @property
    def pid(self) -> int | None:
        """The worker's process id; ``None`` while there is none."""
        return self._running[0].pid if self._running else None

    def _load(self) -> Message:
        """Start a worker; where the target ends it while it is tried out, start one that does not try it out."""
        try:
            return self._start()
        except Lost as lost:
            self._hello["careful"] = f"a small call ended the process ({lost.message})"
            try:
                return self._start()
            except TargetError:
                raise lost from None

    def _start(self) -> Message:
        """Start a worker and have it load the target; give its answer to ``hello``.

        Every one but the first is the fork of a template, where the target allows for that.
        """
        if self._closed:
            raise TargetError(f"{self._target} has been closed")
        if not self._forks or "dtypes" not in self._hello:
            return self._spawn()
        if not self._templates:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with ExitStack() as unused, theirs:
                unused.enter_context(ours)
                hello = self._spawn(theirs)
                self._forks = hello["forks"]
                if not self._forks:
                    return hello
                unused.pop_all()
            self._templates.append(Template(ours, self._running.pop().kill))
        try:
            self._running.append(Process(self._templates[0].fork, self._files, self._slots, self._memory))
        except TemplateLost:
            self._templates.pop().kill()
            return self._spawn()
        return {}

    def _spawn(self, control: socket.socket | None = None) -> Message:
        """Start a worker in a new interpreter; with a ``control`` socket it becomes a template if it can."""
        try:
            start = spawned(self._python, self._files, self._slots, None if control is None else control.fileno())
            process = Process(start, self._files, self._slots, self._memory)
            self._running.append(process)
            process.send(self._hello, GREETING, 0)
            hello = process.receive(self._load_timeout, time.monotonic())
        except Ended as end:
            self._running.clear()
            said = f"\n{end.output.rstrip()}" if end.output.strip() else self._last_complaint()
            raise Lost(self._target, end.message, said) from None
        if "failed" in hello:
            self._lose()
            raise TargetError(f"{self._target} cannot be loaded: {hello['failed']}")
        return hello

    def _last_complaint(self) -> str:
        """The last line of what a worker that could not start wrote to its standard error, as the end of a sentence."""
        lines = [line for line in printed(self._files[1]).splitlines() if line.strip()]
        return f": {lines[-1].strip()}" if lines else ""

    def _worker(self) -> Process:
        """The worker; a new one when there is none, with the calls that the last one had not come to."""
        if not self._running:
            self._load()
            self.restarts += 1
            self._since = time.monotonic()
            for request in self._under_way.values():
                self._running[0].send(request.message, request.slot, request.free)
        return self._running[0]

    def _lose(self) -> None:
        for process in self._running:
            process.kill()
        self._running.clear()

    def submit(self, case: Case, *, repeat: bool = False, before: Case | None = None) -> int:
        """Send a case's one line."""
        message = {"cmd": "run", "case": str(case), "repeat": repeat}
        return self._submit(message if before is None else {**message, "before": str(before)}, {})

    def submit_call(
        self, op: str, arrays: Mapping[str, Array], options: Mapping[str, Any], *, repeat: bool = False
    ) -> int:
        """Send arrays through a slot, and options as JSON."""
        message = {"cmd": "call", "op": op, "options": dict(options), "repeat": repeat}
        return self._submit({**message, "returns": len(find(op)[0].returns)}, arrays)

    def _submit(self, message: Message, arrays: Mapping[str, Array]) -> int:
        worker = self._worker()
        while len(self._under_way) >= AHEAD:
            self._receive()
            worker = self._worker()
        taken = {request.slot for request in self._under_way.values()}
        slot = next(slot for slot in range(AHEAD) if slot not in taken)
        self._tickets += 1
        found, free = worker.channel.put(slot, arrays)
        request = _Request({"id": self._tickets, "slot": slot, "arrays": found, **message}, slot, free)
        if not self._under_way:
            self._since = time.monotonic()
        worker.send(request.message, slot, free)
        self._under_way[self._tickets] = request
        return self._tickets

    def collect(self, ticket: int) -> Observation:
        """Wait for the answers up to that of ``ticket``."""
        while ticket not in self._seen:
            if ticket not in self._under_way:
                raise KeyError(f"ticket {ticket} was never given, or has been collected")
            self._receive()
        seen = self._seen.pop(ticket)
        if isinstance(seen, CnnspecError):
            raise seen
        return seen

    def _receive(self) -> None:
        """Take the answer to the oldest call under way, or the end that it made of the worker."""
        ticket, request = next(iter(self._under_way.items()))
        worker = self._worker()
        seen: Observation | CnnspecError
        try:
            answer = worker.receive(self.timeout, self._since)
            seen = _error(answer) if "error" in answer else read_observation(worker.channel, request.slot, answer)
            if answer["id"] != ticket:
                raise ChannelError(f"call {ticket} was answered as {answer['id']}")
        except Ended as end:
            seen = Observation(end.kind, message=end.message, facts=Facts(output=end.output))
            self._running.clear()
        except (ChannelError, KeyError, TypeError, ValueError) as error:
            seen = Observation("crashed", message=f"the target wrote into the worker's own channel ({error})")
            self._lose()
        if isinstance(seen, Observation) and FLOATING_POINT in seen.facts.state_changed:
            self._lose()
        del self._under_way[ticket]
        self._since = time.monotonic()
        self._seen[ticket] = seen

    def restart(self) -> None:
        """End the worker; the next call has a new one, which remembers nothing."""
        while self._under_way:
            self._receive()
        if self._running:
            self._running.pop().stop()

    def close(self) -> None:
        """End the worker, with the calls that were under way."""
        self._closed = True
        if self._running:
            self._running.pop().stop()
        self._finish()


def _error(answer: Message) -> CnnspecError:
    """The exception that the harness itself, not the target, raised in the worker."""
    kind = getattr(errors, answer.get("type", ""), CnnspecError)
    return kind(answer["error"]) if issubclass(kind, CnnspecError) else CnnspecError(answer["error"])


def _clean_up(running: list[Process], templates: list[Template], handles: list[int]) -> None:
    for process in running:
        process.kill()
    for template in templates:
        template.kill()
    running.clear()
    templates.clear()
    for handle in handles:
        os.close(handle)
