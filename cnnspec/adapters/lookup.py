"""Finding the operations of a Python object by their names, and saying clearly where there are none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from cnnspec.adapters.d2l import poolings, textbook
from cnnspec.adapters.layers import layer_function
from cnnspec.adapters.names import guess, meant, member, names, way_out, written
from cnnspec.errors import TargetError
from cnnspec.implementation import by_name
from cnnspec.operations import OPERATIONS, find, spelled_names

LIBRARIES = ("numpy", "scipy", "torch", "jax", "tensorflow", "cnnspec", "builtins")
"""A function of these that a module merely imported is not the module's own."""


@dataclass(frozen=True, slots=True)
class Found:
    """One function under one spelled name; ``shared`` where it goes by the rank-free name and serves other ranks too,
    and ``beside`` where a function that names its rank is there as well; ``nearly`` where the name only stands for it.
    """

    function: Callable[..., Any]
    shared: bool = False
    beside: bool = False
    nearly: bool = False


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
    near, ranks_said = _nearly(owner, functions, notes)
    functions, exact = functions | near, exact | ranks_said
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
    skipped = [(other, guess(other)) for other in _own(owner) if op is None and other not in said]
    notes += [f"{other} is not checked: is it meant to be {like}? Name it so, or check it as {name}:{other}?op={like}"
              for other, like in skipped if like and like not in functions]  # fmt: skip
    ranked = {find(spelled)[0].name for spelled in exact}
    return {
        spelled: Found(
            function, spelled not in exact and find(spelled)[0].ranked, find(spelled)[0].name in ranked, spelled in near
        )
        for spelled, function in chosen.items()
    }


def _nearly(owner: Any, taken: Mapping[str, Any], notes: list[str]) -> tuple[dict[str, Callable[..., Any]], set[str]]:
    """The functions of ``owner`` whose names mean operations that are not ``taken``, by spelled name, and which of
    those names say their rank; the first of several is taken.
    """
    found: dict[str, Callable[..., Any]] = {}
    exact: set[str] = set()
    for name in sorted(_own(owner), key=lambda n: isinstance(member(owner, n), type)):  # functions before classes
        function, what = member(owner, name), meant(name)
        if not what or (name == what and not isinstance(function, type)):
            continue
        if isinstance(function, type):
            layer = layer_function(function, what if what[:4] != "pool" else "max_pool2d")
            if layer is None:
                continue
            function = layer
        if what in ("pool", "pool2d"):
            parts = {op: f for op, f in poolings(function).items() if op not in taken and op not in found}
        else:
            parts = {op: f for op, f in by_name({what: function}.get).items() if op not in taken and op not in found}
        if parts:
            a_class = "the class " * isinstance(member(owner, name), type)
            notes.append(f"{a_class}{name} is taken as {' and '.join(parts) if what[:4] == 'pool' else what}")
            found |= parts
            exact |= set(parts) if what[:4] == "pool" or what in parts else set()
        elif what not in taken:
            notes.append(
                f"{name} is not checked, since another function is {what}; choose it as TARGET:{name}?op={what}"
            )
    return found, exact


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
    """The functions that a module defines itself, in their order."""
    if not isinstance(owner, ModuleType):
        return []
    order = list(vars(owner))
    mine = [n for n in names(owner) if getattr(member(owner, n), "__module__", None) == owner.__name__]
    return sorted(mine, key=lambda n: order.index(n) if n in order else len(order))


def _nothing_found(owner: Any, name: str, op: str | None, there: list[str], notes: list[str]) -> str:
    listing = ", ".join(there[:12]) + (", …" if len(there) > 12 else "") or "no function at all"
    looked = f"no function {op}" if op else "none of the functions that are checked (conv2d, max_pool2d, relu, …)"
    said = "".join(f"{note}. " for note in notes)
    return f"{name} has {looked}; it has {listing}. {said}{way_out(owner, name, there)}"
