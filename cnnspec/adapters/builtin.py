"""The built-in targets: the reference, and the reference with one fault of the zoo.

Their claims are written down here, not found out: a reference that lost a dtype would otherwise lose the claim with it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from cnnspec import __version__
from cnnspec.errors import TargetError, UsageError
from cnnspec.implementation import Claims, Implementation, OperationClaims, full_claims
from cnnspec.operations import find, spelled_names


def reference() -> Implementation:
    """The reference, with every operation that it has."""
    functions = {name: function for name in spelled_names() if (function := _reference_of(name))}
    return Implementation("reference", __version__, functions, _claims(functions))


def mutant(name: str) -> Implementation:
    """The reference with the fault ``name``.

    Raises
    ------
    TargetError
        If the zoo has no such fault.
    """
    mutants = import_module("cnnspec.mutants")
    try:
        functions: dict[str, Callable[..., Any]] = mutants.load(name)
    except UsageError as error:
        raise TargetError(str(error)) from error
    return Implementation(f"mutant:{name}", __version__, functions, _claims(functions))


def _reference_of(spelled: str) -> Callable[..., Any] | None:
    """The function with the rank in its name, which refuses other ranks."""
    operation, _ = find(spelled)
    try:
        chapter = import_module(f"cnnspec.reference.{operation.chapter}")
    except ModuleNotFoundError:
        return None
    function: Callable[..., Any] | None = getattr(chapter, spelled, None) or getattr(chapter, operation.name, None)
    return function


def _claims(functions: dict[str, Callable[..., Any]]) -> Claims:
    return Claims({name: _claim(name) for name in functions})


@cache
def _claim(spelled: str) -> OperationClaims:
    return full_claims(find(spelled)[0])
