"""A program in any language as a target: ``exec:./engine --stdio``, ``exec-once:./program``.

The program is started once and speaks the protocol of :mod:`cnnspec.adapters.protocol`; with ``exec-once:`` it is
started for every call, reads one request and answers it.  A program that breaks the protocol, or dies, is started
anew for the next call.  A hanging call is ended with the worker in which this adapter runs.
"""

from __future__ import annotations

import mmap
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from cnnspec.adapters.child import SUPPORTED, Child, Gone, command_line
from cnnspec.adapters.detection import EQUAL, probe_case
from cnnspec.adapters.hello import Hello, not_claimed, read_claim, read_hello
from cnnspec.adapters.protocol import (
    DTYPES,
    Answer,
    Fault,
    Message,
    excerpt,
    hello_request,
    little_endian,
    read_answer,
    run_request,
    write_line,
)
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import UNDER_WAY
from cnnspec.errors import CnnspecError, DTypeError, ParameterError, ShapeError, TargetError, Unsupported
from cnnspec.implementation import Claims, Implementation, Observation, OperationClaims
from cnnspec.operations import Operation, find, spelled_names

if TYPE_CHECKING:
    from cnnspec.typing import Array

HELLO_SECONDS = 30.0
"""The longest that a program may take to start and say hello."""

PROBE_SECONDS = 10.0
"""The longest that a small call may take of which nothing is claimed yet."""

LARGE = 1 << 16
"""Inputs of so many bytes go by file, where the program can read one."""

REFUSALS: dict[str, type[CnnspecError]] = {"shape": ShapeError, "value": ParameterError, "type": DTypeError}


class ProgramError(Exception):
    """The program answered that it failed."""


def implementation(command: str, *, once: bool = False) -> Implementation:
    """The program that ``command`` starts, with the claims of its hello.

    Raises
    ------
    TargetError
        If it cannot be started, does not say hello, or claims what cannot be claimed.
    """
    if not SUPPORTED:
        raise TargetError("exec: needs a system with poll, which this one has not")
    program = Program(command_line(command), once=once)
    hello = program.greet()
    notes = [f"written in {hello.language}"] * bool(hello.language)
    if stray := program.stray:
        notes.append(f"it wrote to its standard output beside its hello, where answers alone belong: {excerpt(stray)}")
        program.stray = b""
    claims, others = (hello.claims, "") if hello.claims else program.probed()
    if not claims.operations:
        raise TargetError(f"{command}: no operation gave a result, and its hello claims none ({others}, …)")
    if hello.claims is None:
        notes.append("its hello makes no claims: the least is taken of every operation that answers")
    for name, claim in claims.operations.items():
        missing = not_claimed(find(name)[0], claim)
        notes += [f"{name}: {missing}"] * bool(missing)
    functions = {name: partial(program.call, name) for name in claims.operations}
    return Implementation(hello.name, hello.version, functions, claims, tuple(notes))


class Program:
    """A program that answers calls, started when there is none.

    Attributes
    ----------
    stray
        What it wrote to its standard output beside its answers, and ``tell`` was not told yet (by default it is
        printed, so that it is seen as output of the call).
    starts
        How often it was started.
    """

    def __init__(
        self,
        words: list[str],
        *,
        once: bool = False,
        seconds: float | None = None,
        tell: Callable[[str], object] | None = None,
    ) -> None:
        self._words, self._once, self._seconds = words, once, seconds
        self._write = tell or _print
        self._child: Child | None = None
        self._numbers, self._files, self._path = 0, False, ""
        self.stray, self.starts = b"", 0
        self._inputs, self._results = Shared(), Shared()

    def greet(self) -> Hello:
        """Start it and have it say hello.

        Raises
        ------
        TargetError
            If it does not, or not in the words of the protocol.
        """
        name = shlex.join(self._words)
        try:
            line = self._line(write_line(hello_request()), HELLO_SECONDS)
            hello = read_hello(line)
        except Gone as gone:
            if self._once and gone.kind == "crashed":
                return Hello(os.path.basename(self._words[-1]))  # noqa: PTH119
            raise TargetError(f"{name}: the hello {gone}{self._told()}{_flush(gone)}") from None
        except Fault as fault:
            self.close()
            if self._once and b'"name"' not in line:
                return Hello(os.path.basename(self._words[-1]))  # noqa: PTH119
            raise TargetError(f"{name}: its hello has {fault}") from None
        self._files = hello.files and bool(self._inputs.path and self._results.path)
        return hello

    def probed(self) -> tuple[Claims, str]:
        """The least claim of every operation of which a small call gives a result, and what the others gave."""
        claims: dict[str, OperationClaims] = {}
        others: dict[str, str] = {}
        limit, self._seconds = self._seconds, PROBE_SECONDS
        for name in spelled_names():
            operation, rank = find(name)
            claim = read_claim(operation, {})
            case = probe_case(operation, rank or 2, claim.options, EQUAL, dtype="float32")
            try:
                result = self.call(name, *make_arrays(case).values(), **case.call_options)
            except (CnnspecError, ProgramError) as error:
                others[name] = str(error)
                continue
            if isinstance(result, Observation) and result.kind != "malformed":
                others[name] = f"the call {result.message}"
            else:
                claims[name] = claim
        self._seconds = limit
        return Claims(claims), "; ".join(f"{name}: {words}" for name, words in list(others.items())[:3])

    def call(self, op: str, *arrays: Array, **options: Any) -> Any:
        """Call one operation; its results, or what was seen instead.

        Raises
        ------
        Unsupported, ShapeError, ParameterError, DTypeError, ProgramError
            As the program answers.
        """
        operation, rank = find(op)
        if foreign := [array.dtype for array in arrays if array.dtype.name not in DTYPES]:
            raise DTypeError(f"the protocol has no dtype {foreign[0]}; it has {', '.join(DTYPES)}")
        axes = rank or max(arrays[0].ndim - 2, 0)
        complete: dict[str, Any] = {}
        for option in operation.options:
            name = option.name
            complete[name] = options[name] if name in options else option.default_for(axes, complete)
        attrs = {**{name: options[name] for name in operation.derived if name in options}, **complete}
        try:
            answer = self.ask(self.request(op, arrays, attrs), operation)
        except Gone as gone:
            return Observation(gone.kind, message=f"{gone}{self._told()}")
        except Fault as fault:
            return Observation("malformed", message=f"{fault}{self._told()}")
        finally:
            self._tell()
        return self._result(answer)

    def request(self, op: str, arrays: tuple[Array, ...], attrs: Mapping[str, Any]) -> Message:
        """The request for a call, with an id of its own; large data in a file where the program can read one."""
        self._numbers += 1
        request = run_request(self._numbers, op, find(op)[0], arrays, attrs, case=UNDER_WAY.get())
        if self._files and sum(array.nbytes for array in arrays) >= LARGE:
            self._inputs.hold(request, arrays)
            self._results.clear()
            request["results"] = {"file": self._results.path}
        return request

    def ask(self, request: Message, operation: Operation) -> Answer:
        """Send a request, and read the answer; a program that breaks the protocol is ended.

        Raises
        ------
        Gone, Fault
            If there is no answer, or none that can be read.
        """
        line = self._line(write_line(request), self._seconds)
        try:
            return read_answer(line, request["id"], operation, self._results.read if self._files else None)
        except Fault:
            self.close()
            raise

    def _result(self, answer: Answer) -> Any:
        if answer.kind == "unsupported":
            raise Unsupported(answer.message)
        if answer.kind == "rejected":
            raise REFUSALS[answer.category](answer.message)
        if answer.kind == "error":
            raise ProgramError(answer.message)
        return answer.arrays[0] if len(answer.arrays) == 1 else answer.arrays

    # ------------------------------------------------------------------------------------------------------- the child

    def _line(self, request: bytes, seconds: float | None) -> bytes:
        """Send a line and receive one, from a child that has said hello if it is to live on."""
        greeting = b"" if self._once or self._child is not None else write_line(hello_request())
        if self._child is None:
            self._child = Child(self._words)
            self.starts += 1
            if greeting and request != greeting:
                self._exchange(greeting, HELLO_SECONDS)
        return self._exchange(request, seconds)

    def _exchange(self, request: bytes, seconds: float | None) -> bytes:
        child = self._child
        assert child is not None
        try:
            line = child.ask(request, last=self._once, seconds=seconds)
            wrong = child.finish() if self._once else ""
        except Gone:
            self.stray += child.take_stray()
            self._child = None
            raise
        self.stray += child.take_stray()
        if self._once:
            self._child = None
        if wrong:
            raise Gone("crashed", wrong)
        return line

    def _told(self) -> str:
        """The stray output as the end of a sentence."""
        return f"; beside its answers it wrote {excerpt(self.stray)}" if self.stray else ""

    def _tell(self) -> None:
        """Pass on what the program wrote beside its answers."""
        stray, self.stray = self.stray, b""
        if stray:
            self._write(stray.decode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """End the child; the next call starts another."""
        if self._child is not None:
            self.stray += self._child.take_stray()
            self._child.kill()
            self._child = None

    def stop(self) -> int | None:
        """Send ``stop``; the exit status of the child, ``None`` where it had to be killed or there is none."""
        child, self._child = self._child, None
        return child.stop(write_line({"cmd": "stop"})) if child is not None else None


class Shared:
    """A file in memory without a name, which a child opens through ``/proc``; ``path`` is empty where there is none."""

    def __init__(self) -> None:
        self.path, self._handle = "", -1
        if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):  # noqa: PTH112
            self._handle = os.memfd_create("cnnspec-tensors")
            self.path = f"/proc/{os.getpid()}/fd/{self._handle}"

    def __del__(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)

    def clear(self) -> None:
        """Forget what was here."""
        os.ftruncate(self._handle, 0)

    def hold(self, request: Message, arrays: tuple[Array, ...]) -> None:
        """Put the data of a request here instead of into its line."""
        at = 0
        self.clear()
        for entry, array in zip(request["inputs"].values(), arrays, strict=True):
            data = little_endian(array)
            os.pwrite(self._handle, data, at)
            del entry["data"]
            entry |= {"file": self.path, "offset": at}
            at += -(-len(data) // mmap.PAGESIZE) * mmap.PAGESIZE

    def read(self, path: str, offset: int, count: int) -> bytes:
        """Results that a program has put here."""
        if path != self.path:
            raise Fault(f"results in the file {path!r}, where {self.path} was offered")
        return os.pread(self._handle, count, offset)


def _print(text: str) -> None:
    sys.stdout.write(text)  # looked up at every call: a test or a worker may have replaced it


def _flush(gone: Gone) -> str:
    return " (is the output flushed after each line?)" if gone.kind == "timeout" else ""
