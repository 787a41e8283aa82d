"""A look at a program's side of the protocol alone: what it does right, and what it does not, line by line.

Whether its results are right is for the laws (``cnnspec check``); here they are only held against the reference to
notice data in another byte order, or another order of elements.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from cnnspec.adapters.child import SUPPORTED, Child, Gone, command_line
from cnnspec.adapters.detection import EQUAL, probe_case
from cnnspec.adapters.exec import HELLO_SECONDS, Program
from cnnspec.adapters.hello import Hello
from cnnspec.adapters.protocol import Answer, Fault, Message, hello_request, printable, write_line
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import UNDER_WAY, Case
from cnnspec.errors import TargetError
from cnnspec.implementation import OperationClaims, every_dtype
from cnnspec.operations import find

SECONDS = 10.0
"""The longest that any of these small calls may take."""

MANY = 600
"""The batch of the large call: about half a megabyte in its line."""

WINDOWED = ("conv", "max_pool", "avg_pool", "lp_pool")

LARGEST_ID = 2**53 - 1
"""The largest integer that every JSON library holds exactly."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at: whether it is right, and in words what was found."""

    verdict: Literal["ok", "wrong", "note"]
    text: str

    def __str__(self) -> str:
        return f"{self.verdict:<6} {self.text}"


def check_protocol(target: str) -> list[Line]:
    """Talk with a program as the suite does, and say what it does right and wrong.

    Parameters
    ----------
    target
        ``exec:COMMAND`` or ``exec-once:COMMAND``.

    Returns
    -------
    list of Line
        In the order in which it was tried; the program speaks the protocol where none is ``wrong``.

    Raises
    ------
    TargetError
        If the target is no program, or cannot be started.
    """
    scheme, _, command = target.partition(":")
    if scheme not in ("exec", "exec-once"):
        raise TargetError(f"the protocol is that of programs, exec:COMMAND or exec-once:COMMAND; got {target!r}")
    if not SUPPORTED:
        raise TargetError("exec: needs a system with poll, which this one has not")
    return list(Talk(command_line(command), once=scheme == "exec-once").lines())


class Talk:
    """One look at one program."""

    def __init__(self, words: list[str], *, once: bool) -> None:
        self._words, self._once, self._heard = words, once, ""
        self._program = Program(words, once=once, seconds=SECONDS, tell=self._hear)

    def _hear(self, text: str) -> None:
        self._heard += text

    def lines(self) -> Iterator[Line]:
        """What is found, as it is found."""
        try:
            hello = self._program.greet()
        except TargetError as error:
            yield Line("wrong", str(error).removeprefix(f"{shlex.join(self._words)}: "))
            return
        yield from self._watched("hello", self._hello(hello))
        claims = hello.claims or self._program.probed()[0]
        for op, claim in claims.operations.items():
            yield from self._watched(op, self._run(op, claim))
        for op, claim in list(claims.operations.items())[:1]:
            yield from self._watched("large data", self._large(op, claim))
            yield from self._watched("requests", self._requests(op, claim))
        yield from self._watched("invalid call", self._invalid(claims.operations))
        self._program.close()
        if not self._once:
            yield from self._ends()

    def _watched(self, where: str, found: Iterator[Line]) -> Iterator[Line]:
        """What was found, and what was printed meanwhile."""
        yield from found
        if heard := self._heard + self._program.stray.decode("utf-8", "backslashreplace"):
            yield Line("wrong", f"{where}: its standard output is for answers alone, and it wrote {_quoted(heard)}")
        self._heard, self._program.stray = "", b""

    def _ask(self, request: Message, op: str) -> Answer | str:
        """The answer, or why there is none."""
        try:
            return self._program.ask(request, find(op)[0])
        except Gone as gone:
            return f"the call {gone}"
        except Fault as fault:
            return f"it returned {fault}"

    def _hello(self, hello: Hello) -> Iterator[Line]:
        says = ", ".join(part for part in (hello.name, hello.version, hello.language) if part)
        yield Line("ok", f"hello: {says}")
        if hello.claims is None:
            yield Line("note", "hello: it makes no claims, so the least is taken of every operation that answers")
        else:
            yield Line("ok", f"hello: it claims {', '.join(hello.claims.operations)}")

    def _run(self, op: str, claim: OperationClaims) -> Iterator[Line]:
        """One call in each claimed dtype, and one in a dtype that is not claimed."""
        for dtype in claim.dtypes:
            case = small_case(op, claim, dtype)
            yield _judged(f"{op} in {dtype}", case, self._ask(self._request(case), op))
        other = next((d for d in every_dtype(find(op)[0]) if d not in claim.dtypes), None)
        if other:
            case = small_case(op, claim, other)
            what, answer = f"{op} in {other}, which is not claimed", self._ask(self._request(case), op)
            if isinstance(answer, Answer) and answer.kind == "ok" and not _form(case, answer):
                yield Line("note", f"{what}: answered all the same; what is not claimed is not checked")
            else:
                yield _declined(what, answer, "unsupported")

    def _request(self, case: Case, **more: Any) -> Message:
        said = UNDER_WAY.set(str(case))
        try:
            request = self._program.request(case.op, tuple(make_arrays(case).values()), case.call_options)
        finally:
            UNDER_WAY.reset(said)
        return {**request, **more}

    def _large(self, op: str, claim: OperationClaims) -> Iterator[Line]:
        case = small_case(op, claim, claim.dtypes[0])
        case = case.with_shapes(x=(MANY, *case.shapes["x"][1:]))
        request = self._request(case)
        how = "in a file" if "results" in request else f"in a line of {len(write_line(request)) >> 10} KB"
        yield _judged(f"large data {how}", case, self._ask(request, op))

    def _requests(self, op: str, claim: OperationClaims) -> Iterator[Line]:
        case = small_case(op, claim, claim.dtypes[0])
        yield _judged(f"the id {LARGEST_ID}", case, self._ask(self._request(case, id=LARGEST_ID), op))
        yield _judged("a word it does not know in a request", case, self._ask(self._request(case, unknown=[1]), op))
        unknown = {**self._request(case), "op": "frobnicate2d"}
        yield _declined("an operation that does not exist", self._ask(unknown, op), "unsupported")

    def _invalid(self, operations: Any) -> Iterator[Line]:
        """A call without a window that fits."""
        op = next((name for name in operations if find(name)[0].name in WINDOWED), None)
        if op is None:
            yield Line("note", "invalid call: no claimed operation has a window that may not fit")
            return
        case = small_case(op, operations[op], operations[op].dtypes[0])
        case = case.with_options(padding=((0, 0),) * case.rank)
        arrays = make_arrays(case)
        arrays["x"] = np.ascontiguousarray(arrays["x"][..., :1])
        request = self._program.request(op, tuple(arrays.values()), case.call_options)
        yield _declined(f"{op} of an input that is smaller than its window", self._ask(request, op), "rejected")

    def _ends(self) -> Iterator[Line]:
        """Whether it ends when it is told to, and when its input is closed."""
        for words, request in (("stop", write_line({"cmd": "stop"})), ("the end of its input", b"")):
            child = Child(self._words)
            try:
                child.ask(write_line(hello_request()), seconds=HELLO_SECONDS)
            except Gone as gone:
                yield Line("wrong", f"a second start: the hello {gone}")
                return
            status = child.stop(request)
            if status == 0:
                yield Line("ok", f"{words}: it ended with exit status 0")
            else:
                how = "it did not end, and was killed" if status is None else f"it ended with exit status {status}"
                yield Line("wrong", f"{words}: {how}; it should end with exit status 0")


def small_case(op: str, claim: OperationClaims, dtype: str) -> Case:
    """A small valid call inside a claim."""
    operation, rank = find(op)
    padded = claim.padding != "none"
    taken = [name for name in claim.options if name not in claim.choices and (name != "padding" or padded)]
    case = probe_case(operation, rank or 2, taken, EQUAL, dtype=dtype, bias=claim.bias == "required")
    choices = {name: values[0] for name, values in claim.choices.items() if values}
    return replace(case.with_options(**choices), fill="ints:3", seed=1)


def _judged(what: str, case: Case, answer: Answer | str) -> Line:
    """Whether an answer to a valid call is one."""
    if isinstance(answer, str):
        return Line("wrong", f"{what}: {answer}")
    if answer.kind != "ok":
        return Line("wrong", f"{what}: a valid call was answered with {answer.kind} {_quoted(answer.message)}")
    if wrong := _form(case, answer):
        return Line("wrong", f"{what}: {wrong}")
    if _as_defined(case, answer.arrays[0]):
        return Line("ok", f"{what}: answered with the right shape and dtype")
    hint = "are they row-major and little-endian? whether they are right is for `cnnspec check`"
    return Line("note", f"{what}: answered, with other values than the definition's ({hint})")


def _form(case: Case, answer: Answer) -> str:
    """What is wrong with the shape and dtype of a result, if anything is."""
    y = answer.arrays[0]
    if y.shape == case.output_shape and y.dtype.name == case.dtype:
        return ""
    right = f"{case.dtype} of shape {case.output_shape}"
    return f"the result is {y.dtype.name} of shape {y.shape}, where {right} is right"


def _as_defined(case: Case, y: Any) -> bool:
    """Whether the values are those of the reference, roughly."""
    result = case.operation.reference(*make_arrays(case).values(), **case.call_options)
    expected = result[0] if isinstance(result, tuple) else result
    return bool(np.allclose(np.asarray(y, np.complex128), np.asarray(expected, np.complex128), rtol=0.05, atol=0.05))


def _declined(what: str, answer: Answer | str, kind: str) -> Line:
    """Whether a call that has no answer was declined in the right way."""
    if isinstance(answer, str):
        return Line("wrong", f"{what}: {answer}; `{kind}` is right")
    if answer.kind == kind or (answer.kind == "ok" and kind == "rejected" and not answer.arrays[0].size):
        return Line("ok", f"{what}: {answer.kind} {_quoted(answer.message)}")
    if answer.kind == "ok":
        return Line("wrong", f"{what}: answered with a result of shape {answer.arrays[0].shape}; `{kind}` is right")
    return Line("note", f"{what}: {answer.kind} {_quoted(answer.message)}; `{kind}` says it better")


def _quoted(text: str) -> str:
    return f'"{printable(text.strip(), 120)}"' if text.strip() else "without a message"
