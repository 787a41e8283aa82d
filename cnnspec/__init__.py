"""A verified, executable specification of the CNN operators, and a conformance suite for implementations of them.

The public names are loaded when they are first used: ``import cnnspec`` itself loads neither NumPy nor Hypothesis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from cnnspec.errors import *

_NAMES: dict[str, tuple[str, ...]] = {
    "cnnspec.errors": (
        *("CnnspecError", "ShapeError", "ParameterError", "DTypeError", "Unsupported"),
        *("CaseError", "UsageError", "TargetError", "NonConforming"),
    ),
}
"""Every module that gives public names, and the names; the imports above say the same to type checkers."""

_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - they are strings, all of them

if not TYPE_CHECKING:  # to a type checker, __getattr__ would make every misspelt name exist

    def __getattr__(name: str) -> object:
        """Load the module that holds ``name``, once."""
        if name not in _HOME:
            raise AttributeError(f"module 'cnnspec' has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_HOME[name]), name)
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
