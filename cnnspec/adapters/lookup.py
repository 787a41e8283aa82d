"""Finding the operations of a Python object by their names, and saying clearly where there are none."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from cnnspec.adapters.d2l import textbook
from cnnspec.adapters.names import guess, member, names, way_out, written
from cnnspec.errors import TargetError
from cnnspec.implementation import by_name
from cnnspec.operations import OPERATIONS, find, spelled_names

LIBRARIES = ("numpy", "scipy", "torch", "jax", "tensorflow", "cnnspec", "builtins")
"""A function of these that a module merely imported is not the module's own."""


@dataclass(frozen=True, slots=True)
class Found:
    """One function under one spelled name; ``shared`` where it goes by the rank-free name and serves other ranks too,
    and ``beside`` where a function that names its rank is there as well.
    """

    function: Callable[..., Any]
    shared: bool = False
    beside: bool = False


def operations_of(owner: Any, name: str, op: str | None, notes: list[str]) -> dict[str, Found]:
    """The operations of ``owner`` by spelled name, or the single function that it is.

    Raises
    ------
    TargetError
        If there is none; the message says what is there.
    """
    functions = by_name(lambda wanted: _take(owner, wanted, notes))
    exact = {spelled for spelled in functions if _take(owner, spelled, []) is not None}
    plain = textbook(owner, functions, notes)
    functions, exact = functions | plain, exact | set(plain)
    if not functions and callable(owner):
        called = str(op or getattr(owner, "__name__", ""))
        if called not in (*spelled_names(), *(operation.name for operation in OPERATIONS)):
            raise TargetError(_which_operation(name, called, asked=op is not None))
        functions = by_name({called: owner}.get)
        exact = {called}
    chosen = {spelled: f for spelled, f in functions.items() if op is None or op in (spelled, find(spelled)[0].name)}
    if not chosen:
        raise TargetError(_nothing_found(owner, name, op, sorted(functions) or names(owner), notes))
    said = " ".join(notes).split()
    skipped = [(near, guess(near)) for near in _own(owner) if op is None and near not in said]
    notes += [f"{near} is not checked: is it meant to be {meant}? Name it so, or check it as {name}:{near}?op={meant}"
              for near, meant in skipped if meant and meant not in functions]  # fmt: skip
    ranked = {find(spelled)[0].name for spelled in exact}
    return {
        spelled: Found(function, spelled not in exact and find(spelled)[0].ranked, find(spelled)[0].name in ranked)
        for spelled, function in chosen.items()
    }


def _take(owner: Any, wanted: str, notes: list[str]) -> Callable[..., Any] | None:
    """The function ``wanted``, unless a module only imported it from a library."""
    name = written(owner, wanted)
    function: Callable[..., Any] | None = member(owner, name)
    if not callable(function):
        return None
    library = _library_of(function, name)
    if isinstance(owner, ModuleType) and library and library != owner.__name__.partition(".")[0]:
        note = f"{wanted} is imported from {library} and not taken as this module's own"
        notes += [note] * (note not in notes)
        return None
    note = f"{name} is taken as {wanted}"
    notes += [note] * (name != wanted and note not in notes)
    return function


def _library_of(function: Callable[..., Any], wanted: str) -> str:
    """The library that holds this very object under this very name; empty for a function of the author's."""
    home = str(getattr(function, "__module__", None) or "")
    held = getattr(sys.modules.get(home), wanted, None)
    library = home.partition(".")[0]
    return library if held is function and library in LIBRARIES else ""


def _which_operation(name: str, called: str, *, asked: bool) -> str:
    names = [operation.spelled(2) for operation in OPERATIONS]
    near = get_close_matches(called, names, n=1, cutoff=0.5)
    guess = f"; do you mean {near[0]}?" if near else ""
    if asked:
        return f"no operation is called {called!r}{guess or ';'} there are {', '.join(names)} (and 1d, 3d or no digit)"
    return (f"{name}: which operation is the function {called!r}{guess or '?'} Name it like the operation, or say"
            f" op={near[0] if near else 'conv2d'!r}")  # fmt: skip


def _own(owner: Any) -> list[str]:
    """The functions that a module defines itself."""
    if not isinstance(owner, ModuleType):
        return []
    return [n for n in names(owner) if getattr(member(owner, n), "__module__", None) == owner.__name__]


def _nothing_found(owner: Any, name: str, op: str | None, there: list[str], notes: list[str]) -> str:
    listing = ", ".join(there[:12]) + (", …" if len(there) > 12 else "") or "no function at all"
    looked = f"no function {op}" if op else "none of the functions that are checked (conv2d, max_pool2d, relu, …)"
    said = "".join(f"{note}. " for note in notes)
    return f"{name} has {looked}; it has {listing}. {said}{way_out(owner, name, there)}"
