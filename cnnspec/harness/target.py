"""A target, opened: what it is and claims, and calls of it that always end in an observation.

Whatever a target does when it is called (crash, hang, exit, print, eat memory, return anything) comes back as an
:class:`~cnnspec.implementation.Observation`; only a target that cannot be loaded at all raises.
"""

from __future__ import annotations

import io
import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cnnspec.errors import TargetError, UsageError
from cnnspec.harness.capture import excerpt
from cnnspec.harness.observe import observe, observe_case
from cnnspec.implementation import Claims, Implementation, Observation
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.typing import Array

LOADER = "cnnspec.adapters:load"
"""What makes an :class:`~cnnspec.implementation.Implementation` of a target: ``load(target, *, op=None)``."""

AHEAD = 4
"""How many calls may be under way at once."""


class Target(ABC):
    """What can be called: in a worker process, or here.

    Calls are made by ``run`` and ``call``; ``submit`` and ``collect`` are their two halves, so that the next cases can
    be drawn, and the last judged, while the target works.  A target serves one thread at a time.

    Attributes
    ----------
    name, version, claims, notes
        As the loaded implementation says.
    functions
        The spelled names of the operations that it has.
    restarts
        How many workers were lost and replaced so far.
    """

    name: str
    version: str
    claims: Claims
    notes: tuple[str, ...]
    functions: tuple[str, ...]
    restarts: int = 0

    @abstractmethod
    def submit(self, case: Case, *, repeat: bool = False, before: Case | None = None) -> int:
        """Begin the call that ``case`` says, and give its ticket; see :func:`~cnnspec.harness.observe.observe_case`."""

    @abstractmethod
    def submit_call(
        self, op: str, arrays: Mapping[str, Array], options: Mapping[str, Any], *, repeat: bool = False
    ) -> int:
        """Begin a call with arrays and options in canonical form, and give its ticket."""

    @abstractmethod
    def collect(self, ticket: int) -> Observation:
        """What was seen of a call that was begun, once."""

    def run(self, case: Case, *, repeat: bool = False, before: Case | None = None) -> Observation:
        """Make the call that ``case`` says."""
        return self.collect(self.submit(case, repeat=repeat, before=before))

    def call(
        self, op: str, arrays: Mapping[str, Array], options: Mapping[str, Any], *, repeat: bool = False
    ) -> Observation:
        """Make a call with arrays and options in canonical form."""
        return self.collect(self.submit_call(op, arrays, options, repeat=repeat))

    def stream(self, cases: Iterable[Case], *, repeat: bool = False) -> Iterator[tuple[Case, Observation]]:
        """Run many cases, a few of them ahead; the observations come in order."""
        under_way: deque[tuple[Case, int]] = deque()
        for case in cases:
            under_way.append((case, self.submit(case, repeat=repeat)))
            if len(under_way) >= AHEAD:
                first, ticket = under_way.popleft()
                yield first, self.collect(ticket)
        for case, ticket in under_way:
            yield case, self.collect(ticket)

    @abstractmethod
    def restart(self) -> None:
        """Forget everything that the target may have stored, as far as that is possible."""

    @abstractmethod
    def close(self) -> None:
        """End the worker; the target cannot be called any more."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_target(
    target: Any,
    *,
    isolate: str = "auto",
    timeout: float = 10.0,
    memory: int | None = None,
    op: str | None = None,
    python: str | None = None,
    loader: str = LOADER,
) -> Target:
    """Load a target, and make it ready to be called.

    Parameters
    ----------
    target
        A string that names it (``torch``, ``my_pkg.my_module:obj``, ``path/to/file.py``, …), or a Python object.
    isolate
        ``process``: in a worker process; ``none``: in this one; ``auto``: in a worker where it is named by a string
        and the system has what that needs.
    timeout
        The most seconds that one call may take in a worker.  In this process there is no limit.
    memory
        The most bytes that a worker and its children may have resident; by default half of the machine's.
    op
        The operation that a single function is.
    python
        The interpreter of the worker.  It needs NumPy and ml_dtypes, and what the target needs.  In a string:
        ``torch?python=/path/to/python``.
    loader
        Module and function that load the target.

    Returns
    -------
    Target
        To be closed, or used in a ``with`` statement.

    Raises
    ------
    TargetError
        If the target cannot be found, imported or started.
    UsageError
        If a Python object is to be isolated, or the word for ``isolate`` is unknown.
    """
    if isolate not in ("auto", "process", "none"):
        raise UsageError(f"isolate must be auto, process or none; got {isolate!r}")
    if isinstance(target, str) and python is None:
        target, python = _interpreter(target)
    named = isinstance(target, str)
    if isolate == "process" and not named:
        raise UsageError(
            "a Python object cannot be sent to a worker process; name it by a string, my_pkg.my_module:name or"
            " path/to/file.py:name, or use isolate='none'"
        )
    from cnnspec.harness.isolated import SUPPORTED, WorkerTarget

    if isolate == "process" or (isolate == "auto" and named and SUPPORTED):
        return WorkerTarget(target, timeout=timeout, memory=memory, op=op, python=python, loader=loader)
    if python is not None:
        raise UsageError("another interpreter can only be had with isolate='process'")
    return InlineTarget(target, op=op, loader=loader)


INTERPRETER = re.compile(r"(?P<before>[?&])python=(?P<python>[^&]+)(?P<after>&|$)")


def _interpreter(target: str) -> tuple[str, str | None]:
    """A target string without the interpreter that it names, and that.

    Examples
    --------
    >>> _interpreter("layers.py?python=/opt/old/bin/python&op=conv2d")
    ('layers.py?op=conv2d', '/opt/old/bin/python')
    """
    match = INTERPRETER.search(target) if not target.startswith("exec") else None
    if match is None:
        return target, None
    joint = match["before"] if match["after"] == "&" else ""
    return target[: match.start()] + joint + target[match.end() :], match["python"]


class InlineTarget(Target):
    """A target in this process: no limit on time or memory, and what ends the process ends everything."""

    def __init__(self, target: Any, *, op: str | None = None, loader: str = LOADER) -> None:
        module, _, function = loader.partition(":")
        load: Callable[..., Implementation] = getattr(import_module(module), function)
        self._load: Callable[[], Implementation] = lambda: load(target, op=op)
        self._seen: dict[int, Observation] = {}
        self._tickets = 0
        self.restart()

    def restart(self) -> None:
        """Load the target again; what it keeps in modules stays."""
        loaded = self._implementation = self._load()
        self.name, self.version, self.notes = loaded.name, loaded.version, tuple(loaded.notes)
        self.claims, self.functions = loaded.claims, tuple(sorted(loaded.functions))

    def submit(self, case: Case, *, repeat: bool = False, before: Case | None = None) -> int:
        """Make the call at once."""
        return self._keep(lambda: observe_case(self._implementation, case, repeat=repeat, before=before))

    def submit_call(
        self, op: str, arrays: Mapping[str, Array], options: Mapping[str, Any], *, repeat: bool = False
    ) -> int:
        """Make the call at once."""
        returns = len(find(op)[0].returns)
        return self._keep(lambda: observe(self._implementation, op, arrays, options, returns=returns, repeat=repeat))

    def _keep(self, make: Callable[[], Observation]) -> int:
        with redirect_stdout(io.StringIO()) as printed:
            observation = make()
        if text := printed.getvalue():
            data = text.encode("utf-8", "surrogateescape")
            output = excerpt(len(data), lambda count, start: data[start : start + count])
            observation = replace(observation, facts=replace(observation.facts, output=output))
        self._tickets += 1
        self._seen[self._tickets] = observation
        return self._tickets

    def collect(self, ticket: int) -> Observation:
        """What was seen of a call, once."""
        return self._seen.pop(ticket)

    def close(self) -> None:
        """Forget the target."""
        self._load = self._closed

    def _closed(self) -> Implementation:
        raise TargetError(f"{self.name} has been closed")
