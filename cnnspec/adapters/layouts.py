"""Functions whose arrays lie differently: channels last, no batch, or plain planes.

A layout is written in letters.  Of data: ``N`` samples, ``C`` channels, and the spatial axes, ``HW`` in two
dimensions; of weights: ``O`` output and ``I`` input channels, and the spatial axes.  ``NCHW`` with ``OIHW`` is what
this package uses; ``NHWC`` with ``HWIO`` is channels last.  An axis that is left out is looped over here: with ``HW``
and ``HW`` a function correlates one plane with one kernel, and sums over channels are formed here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.adapters.claiming import SPACE, letters as check
from cnnspec.errors import ShapeError, Unsupported, UsageError
from cnnspec.operations import Operation

if TYPE_CHECKING:
    from cnnspec.typing import Array

GOES_WITH = {"NHWC": "HWIO", "HWC": "HWIO", "HW": "HW"}
"""The layout of weights that goes with one of data where nothing else is said; this package's own with all others."""

MOST = 128
"""A call that would need more calls of the function is not made: such functions are slow, and learn nothing by it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The letters of data and of weights, with ``S`` for all spatial axes; none for weights as they are here."""

    data: str = "NCS"
    weights: str = ""

    @classmethod
    def of(cls, data: str, weights: str = "") -> Layout:
        """The layout that two words say, of any rank.

        Raises
        ------
        UsageError
            If a word is none, or the two do not go together.

        Examples
        --------
        >>> Layout.of("NDHWC")
        Layout(data='NSC', weights='SIO')
        """
        weights = weights or GOES_WITH.get(SPACE.sub("HW", data), "")
        letters = SPACE.sub("S", check("layout", data)), SPACE.sub("S", check("weights", weights or "OIHW"))
        if ("C" in letters[0]) != ("I" in letters[1]):
            raise UsageError(f"claims: the layout {data} and the weights {weights or 'OIHW'} do not go together:"
                             " C of the one is I of the other")  # fmt: skip
        if "C" not in letters[0] and "O" in letters[1]:
            raise UsageError(f"claims: the layout {data} has no place for the O of the weights {weights}")
        return cls(letters[0], letters[1] if weights else "")


@dataclass(frozen=True, slots=True)
class Axes:
    """The letters of every array of an operation, as this package lays them out: ``C`` and ``O`` are the channels
    before and after, wherever they are.
    """

    arrays: tuple[str, ...]
    result: str

    @classmethod
    def of(cls, operation: Operation) -> Axes:
        """Those of an operation."""
        weighted = "w" in operation.geometry
        after = "NOS" if weighted else "NCS"
        letters = {"x": "NCS", "grad_output": after, "w": "COS" if operation.transposed else "OCS"}
        result = letters["w"] if operation.name.endswith("_weight_grad") else (
            "NCS" if operation.name.endswith("_input_grad") else after
        )  # fmt: skip
        return cls(tuple(letters[name] for name in operation.arrays if name in letters), result)


def rearranged(function: Callable[..., Any], operation: Operation, layout: Layout) -> Callable[..., Any]:
    """``function``, which wants its arrays in ``layout``, as one that takes them as this package lays them out.

    Its signature stays what it was.  Options go through untouched; a bias cannot be handed over where channels are
    looped over.
    """
    axes = Axes.of(operation)
    looped = [*"N" * ("N" not in layout.data), *"C" * ("C" not in layout.data)]
    looped += [*"O" * ("w" in operation.geometry and "O" not in (layout.weights or "O"))]

    def order(letters: str) -> str:
        """The letters of an array, in the function's order and without those that are looped over."""
        weights = "O" in letters and "C" in letters
        mine = (layout.weights.replace("I", "C") or letters) if weights else layout.data
        mine = mine if weights or "C" in letters else mine.replace("C", "O")
        return "".join(letter for letter in mine if letter in letters and letter not in looped)

    @wraps(function)
    def call(*arrays: Any, **options: Any) -> Any:
        given, rest = arrays[: len(axes.arrays)], arrays[len(axes.arrays) :]
        if looped != ["N"] * len(looped) and (any(b is not None for b in rest) or options.get("groups", 1) != 1):
            raise Unsupported("neither a bias nor groups, where the channels are looped over")
        rank = given[0].ndim - 2
        sizes = _sizes(given, axes.arrays, looped)
        count = prod(sizes[letter] for letter in looped)
        if count > MOST:
            raise Unsupported(
                f"it takes {count} calls; at most {MOST} are made where samples or channels are looped over"
            )
        parts = []
        for index in product(*(range(sizes[letter]) for letter in looped)):
            at = dict(zip(looped, index, strict=True))
            views = [_view(a, letters, order(letters), at, rank) for a, letters in zip(given, axes.arrays, strict=True)]
            found = function(*views, *rest, **options)
            results = found if isinstance(found, tuple) else (found,)
            arrays_alone = looped or all(isinstance(result, np.ndarray) for result in results)
            if not arrays_alone or any(getattr(y, "ndim", -1) != len(order(axes.result)) - 1 + rank for y in results):
                return found
            back = [_back(np.asarray(y), order(axes.result), axes.result, rank) for y in results]
            if not looped:
                return tuple(back) if isinstance(found, tuple) else back[0]
            parts.append((at, back))
        if not parts:
            raise Unsupported("there is no plane to call it on")
        wholes = tuple(_gathered(parts, place, axes.result, sizes) for place in range(len(parts[0][1])))
        return wholes if len(wholes) > 1 else wholes[0]

    return call


def _sizes(arrays: Iterable[Array], letters: Iterable[str], looped: Collection[str]) -> dict[str, int]:
    """How many samples and channels there are; those that are looped over here must fit, since nobody else looks."""
    sizes: dict[str, int] = {}
    for array, named in zip(arrays, letters, strict=True):
        for axis, letter in enumerate(named):
            if letter in looped and sizes.get(letter, array.shape[axis]) != array.shape[axis]:
                word = "samples" if letter == "N" else "channels"
                raise ShapeError(f"one array has {sizes[letter]} {word}, another {array.shape[axis]} (SHAPE-4)")
            if letter != "S":
                sizes[letter] = array.shape[axis]
    return sizes


def _view(array: Array, letters: str, order: str, at: Mapping[str, int], rank: int) -> Array:
    """The part of an array at an index of the looped letters, its axes in the function's order."""
    part = array[tuple(at.get(letter, slice(None)) for letter in letters)]
    left = [letter for letter in letters if letter not in at]
    return part.transpose(_axes(left, order, rank))


def _back(array: Array, order: str, letters: str, rank: int) -> Array:
    """A result with its axes in the order of ``letters``, of which those that are looped over are not there."""
    return array.transpose(_axes(list(order), "".join(c for c in letters if c in order), rank))


def _axes(have: list[str], want: str, rank: int) -> list[int]:
    """The permutation from one order of letters to another, ``S`` standing for ``rank`` axes."""
    starts, at = {}, 0
    for letter in have:
        starts[letter] = at
        at += rank if letter == "S" else 1
    return [axis for letter in want for axis in range(starts[letter], starts[letter] + (rank if letter == "S" else 1))]


def _gathered(
    parts: list[tuple[dict[str, int], list[Array]]], place: int, letters: str, sizes: Mapping[str, int]
) -> Array:
    """The whole result: parts side by side along the looped letters that it has, and summed over the others."""
    first = parts[0][1][place]
    kept = [letter for letter in letters if letter in parts[0][0]]
    whole = np.empty((*(sizes[letter] for letter in kept), *first.shape), first.dtype)
    begun: set[tuple[int, ...]] = set()
    for at, results in parts:
        index = tuple(at[letter] for letter in kept)
        whole[index] = whole[index] + results[place] if index in begun else results[place]  # 0 + -0 would be 0
        begun.add(index)
    have = [*kept, *(letter for letter in letters if letter not in kept)]
    return whole.transpose(_axes(have, letters, first.ndim - (len(letters) - 1 - len(kept))))
