"""What a call must leave as it was, beside its arguments: the state of the process.

Each row of :data:`WATCHED` is read before a call and after it; what differs is told by name and put back.
"""

from __future__ import annotations

import ctypes
import locale
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.random import get_bit_generator  # type: ignore[attr-defined]

FLOATING_POINT = "floating-point mode"
"""The one change that cannot be undone from Python: a process in which it happened is not to be used again."""


class Watched(NamedTuple):
    """One part of the process's state: how to read it, how to put it back, and what is no change to speak of."""

    name: str
    read: Callable[[], Any]
    restore: Callable[[Any], object]
    imports_may: bool = False
    fewer_is_fine: bool = False


def _nothing(value: Any) -> None:
    """Nothing can be, or needs to be, put back."""


def _directory() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return ""


def _environment() -> dict[Any, Any]:
    # The mapping behind os.environ: copying that one is a hundred times faster than decoding 40 variables.
    return dict(vars(os.environ).get("_data", os.environ))


def _set_environment(value: dict[Any, Any]) -> None:
    os.environ.clear()
    os.environ.update({os.fsdecode(name): os.fsdecode(text) for name, text in value.items()})


def _random() -> bytes:
    """NumPy's global generator, raw: reading it in the documented way takes a sixth of a whole call."""
    generator = get_bit_generator()
    size = 625 * 4 if type(generator).__name__ == "MT19937" else 0
    return ctypes.string_at(generator.ctypes.state_address, size)


def _set_random(value: bytes) -> None:
    ctypes.memmove(get_bit_generator().ctypes.state_address, value, len(value))


def _locale() -> str:
    return locale.setlocale(locale.LC_ALL)


def _set_locale(value: str) -> None:
    locale.setlocale(locale.LC_ALL, value)


def _floating_point() -> tuple[float, ...]:
    """Whether subnormals are kept, and which way sums are rounded; operands from a list, or Python would fold them."""
    one, tiny, smallest = _OPERANDS
    return smallest / 2, one + tiny, -one - tiny, one / 3


_OPERANDS = [1.0, 2.0**-60, sys.float_info.min]


def _children() -> int:
    """0 when the process has no children that it has not waited for, else 1 + the forks so far."""
    if not hasattr(os, "waitid"):
        return 0
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except OSError:
        return 0
    return 1 + len(_FORKS)


_FORKS: list[None] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_parent=lambda: _FORKS.append(None))


WATCHED = (
    Watched("NumPy error state", np.geterr, lambda value: np.seterr(**value)),
    Watched("working directory", _directory, os.chdir),
    Watched("environment", _environment, _set_environment, imports_may=True),
    Watched("NumPy random state", _random, _set_random),
    Watched("locale", _locale, _set_locale, imports_may=True),
    Watched("warning filters", lambda: list(warnings.filters), _nothing, imports_may=True),
    Watched("threads", threading.active_count, _nothing, imports_may=True, fewer_is_fine=True),
    Watched("child processes", _children, _nothing, fewer_is_fine=True),
    Watched(FLOATING_POINT, _floating_point, _nothing, imports_may=True),
)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Run a block under NumPy's and Python's own defaults; the list that is given says, at its end, what it changed.

    A call in which a module was imported for the first time is not blamed for what imports usually do (set a
    variable, add a warning filter, start a pool of threads); a call that does it again is.  The state is put back.
    """
    changed: list[str] = []
    with warnings.catch_warnings(), np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
        warnings.simplefilter("ignore")
        modules = len(sys.modules)
        before = [part.read() for part in WATCHED]
        try:
            yield changed
        finally:
            imported = len(sys.modules) != modules
            for part, value in zip(WATCHED, before, strict=True):
                now = part.read()
                if now == value or (imported and part.imports_may) or (part.fewer_is_fine and now < value):
                    continue
                changed.append(part.name)
                with suppress(Exception):
                    part.restore(value)
