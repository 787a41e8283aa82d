"""The bug zoo: the reference with one realistic fault in it, once for every fault.

The faults are those of bug reports against real libraries, and others for the corners between them; a mutant names the
reports that it models.  The suite must catch each, and a finding is diagnosed by the mutant that it behaves like.  One
file per family; ``load`` gives the functions of one mutant, and ``name+name`` has two faults at once.

Left out, since no operation of the table has what they need: "same" pads as a word (functions take pads as (lo, hi)
pairs; what a wrong rule would pass is modelled instead), the divisor override of average pooling, gradients of a
transposed convolution, quantised zero points, separable layers.  Left out as well is what conforms: a maximum's
gradient that is split over equal maxima where that is declared, integers that saturate where that is declared,
subnormal numbers that are flushed to zero.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import cache, reduce
from importlib import import_module
from operator import add
from typing import Any

from cnnspec.errors import UsageError
from cnnspec.mutants import automatic
from cnnspec.mutants.mutant import REGISTRY, Mutant
from cnnspec.operations import find as find_operation, spelled_names

__all__ = ["FAMILIES", "Mutant", "automatic", "find", "load", "names"]

FAMILIES = (
    "stride", "dilation", "kernel", "tails", "padding", "same_pads", "extents", "groups", "channels", "bias",
    "transposed", "gradients", "backward", "windows", "maxima", "indices", "averages", "norms", "pooling_gradients",
    "adaptive", "activation", "pad_modes", "signal", "precision", "dtypes", "values", "layout", "state", "errors",
    "isolation", "process",
)  # fmt: skip
"""The files, in the order in which they are told; ``process`` holds the faults that kill or stop the process."""


@cache
def _every() -> dict[str, Mutant]:
    for family in FAMILIES:
        import_module(f"cnnspec.mutants.{family}")
    return REGISTRY


def names() -> list[str]:
    """The names of all mutants, family by family.

    Examples
    --------
    >>> "stride_axes_swapped" in names()
    True
    """
    return list(_every())


def find(name: str) -> Mutant:
    """The mutant of that name; ``name+name`` is both faults at once, ``auto:MODULE:N`` a change made by rule.

    Raises
    ------
    UsageError
        If there is none.

    Examples
    --------
    >>> find("kernel_flipped").sentence
    'the kernel is flipped on every axis, as in a true convolution'
    """
    parts = name.split("+")
    return reduce(add, map(_one, parts))


def _one(name: str) -> Mutant:
    if name.startswith(automatic.PREFIX):
        return automatic.find(name)
    if name not in _every():
        near = get_close_matches(name, _every(), n=1)
        guess = f"; do you mean {near[0]}?" if near else ""
        raise UsageError(f"no mutant is called {name!r}{guess} (`cnnspec mutants` lists them)")
    return _every()[name]


def load(name: str) -> dict[str, Callable[..., Any]]:
    """Every function of the reference by spelled name (``conv2d``), with the fault in those it touches.

    The functions take canonical arguments; those of a mutant that keeps a memory share none with another ``load``.

    Raises
    ------
    UsageError
        If there is no mutant of that name.
    """
    mutant = find(name)
    return {spelled: mutant.apply(_reference(spelled), find_operation(spelled)[0].name) for spelled in spelled_names()}


@cache
def _reference(spelled: str) -> Callable[..., Any]:
    chapter = import_module(f"cnnspec.reference.{find_operation(spelled)[0].chapter}")
    function: Callable[..., Any] = getattr(chapter, spelled)
    return function
