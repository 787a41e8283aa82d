"""All laws, by id, in the order of their chapters."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module

from cnnspec.errors import UsageError
from cnnspec.laws.law import LANES, REGISTRY, Law

CHAPTERS = (
    "purity", "unusual", "shape", "extents", "correlation", "signal", "padding", "pooling", "pooling_edges",
    "activation", "translation", "special", "transpose", "gradients", "backward", "adjoints", "structure", "learning",
    "quantised", "declared", "arguments",
)  # fmt: skip
"""The law files, in the order in which a reader meets them."""


@cache
def every_law() -> tuple[Law, ...]:
    """Every law, in the order of the chapters.

    Examples
    --------
    >>> every_law()[0].id
    'PURE-1'
    """
    order = {import_module(f"cnnspec.laws.{chapter}").__name__: place for place, chapter in enumerate(CHAPTERS)}
    # not as they were registered: whoever imports one chapter alone registers it first
    return tuple(sorted(REGISTRY.values(), key=lambda law: order[(law.prove or law.check).__module__]))


def find_law(identifier: str) -> Law:
    """The law of that id.

    Raises
    ------
    UsageError
        If there is none.
    """
    for law in every_law():
        if law.id == identifier.upper():
            return law
    raise UsageError(f"there is no law {identifier!r}; 'cnnspec laws' lists them all")


def select(patterns: tuple[str, ...] = ()) -> tuple[Law, ...]:
    """The laws that match one of the patterns (``CORR-*``), or all; the most telling lane first.

    Raises
    ------
    UsageError
        If a pattern matches no law.
    """
    chosen = every_law()
    for pattern in patterns:
        if not any(fnmatchcase(law.id, pattern.upper()) for law in chosen):
            raise UsageError(f"no law matches {pattern!r}; 'cnnspec laws' lists them all")
    if patterns:
        chosen = tuple(law for law in chosen if any(fnmatchcase(law.id, p.upper()) for p in patterns))
    return tuple(sorted(chosen, key=lambda law: LANES.index(law.lane)))
