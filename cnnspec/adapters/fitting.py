"""Finding out how a function wants its arrays: their layout, the shape of its bias, tensors, a word for padding.

A function that gives the right shape on arrays as this package lays them out is left as it is.  Of any other the same
is tried in every way of the tables below, by a probe whose extents all differ, so that hardly a wrong way gives the
right shape.  Only shapes are looked at: whether the values are right is for the laws to say.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any

import numpy as np

from cnnspec.adapters.claiming import LETTERS
from cnnspec.adapters.detection import DISTINCT, SQUARE, Detective, Failed, Sizes, attempt
from cnnspec.adapters.layouts import Layout, rearranged
from cnnspec.adapters.results import is_tensor, leniently, unwrapped, words_of
from cnnspec.adapters.signatures import ALIASES, Mismatch, plain, read
from cnnspec.adapters.styles import Form, adapt, candidates
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.geometry import same_pads
from cnnspec.operations import Operation, find

Function = Callable[..., Any]

KNOWN = (
    ("NCHW", ""), ("CHW", ""), ("CHW", "IHW"), ("HW", "HW"),
    ("NHWC", "HWIO"), ("NHWC", "OHWI"), ("HWC", "HWIO"), ("HWC", "OHWI"), ("HWC", "HWI"),
)  # fmt: skip
"""The layouts that are tried, in this order; of a signal ``HW`` is ``L``."""

BIASES: tuple[tuple[Any, ...], ...] = (("O",), ("O", 1), (1, "O"), (1, 1, 1, "O"), (1, "O", 1, 1))
"""The shapes of a bias that are tried."""

NO_PADDING = "padding_none_or_same"
"""The limit of a function whose padding is a word."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of calling a function: in a layout, with a bias of a shape, on tensors, with padding as a word."""

    data: str = "NCHW"
    weights: str = ""
    bias: tuple[Any, ...] = ("O",)
    tensors: bool = False
    word: str = ""

    def of(self, function: Function, operation: Operation) -> Function:
        """``function`` as one that is called in this package's way."""
        if self.word:
            function = _with_word(function, self.word)
        if self.tensors:
            function = _on_tensors(function)
        if self.bias != ("O",):
            function = _with_bias(function, operation, self.bias)
        return function if (self.data, self.weights) == ("NCHW", "") else self.laid(function, operation)

    def laid(self, function: Function, operation: Operation) -> Function:
        """``function`` in the layout."""
        return rearranged(function, operation, Layout.of(self.data, self.weights))

    def words(self, spelled: str) -> Iterator[str]:
        """What differs from this package's way, in words."""
        if self.data != "NCHW" or self.weights:
            yield _layout_words(self.data, self.weights if "w" in find(spelled)[0].geometry else "")
        if self.bias != ("O",):
            yield f"the bias has the shape ({', '.join(map(str, self.bias))})"
        if self.tensors:
            yield "it takes torch.Tensors, which are made of the arrays"


def fitted(function: Function, spelled: str, declared: dict[str, Any], notes: list[str]) -> Function:
    """``function``, called as its author declares; or as its shapes tell, where it fits in no other way.

    What is found out is noted, and what narrows the claims is put into ``declared``.
    """
    operation, rank = find(spelled)
    if set(LETTERS) & set(declared):
        return _as_declared(function, spelled, declared, notes)
    if rank is None or "style" in declared:
        return function
    way, wrapping = _find(function, operation, rank)
    if way is None:
        return function
    notes += [f"{spelled}: {words} (detected)" for words in way.words(spelled)]
    if wrapping:
        notes.append(f"{spelled}: {words_of(wrapping)} (detected)")
    call = way.of(unwrapped(function, wrapping) if wrapping else function, operation)
    return _word_claimed(call, way, operation, rank, declared, notes) if way.word else call


def _as_declared(function: Function, spelled: str, declared: dict[str, Any], notes: list[str]) -> Function:
    operation, rank = find(spelled)
    data, weights = declared.get("layout", "NCHW"), declared.get("weights", "")
    said = {"layout.data": data} | ({"layout.weight": weights} if weights else {})
    declared["dialects"] = {**declared.get("dialects", {}), **said}
    way, seen = Way(data, weights), list[str]()
    lenient = way.laid(leniently(function, len(operation.returns), seen), operation)
    if rank is not None and _shape(lenient, operation, rank, way) and seen[-1]:
        notes.append(f"{spelled}: {words_of(seen[-1])} (detected)")
        function = unwrapped(function, seen[-1])
    return way.laid(function, operation)


def _find(function: Function, operation: Operation, rank: int) -> tuple[Way | None, str]:
    """The first way that gives the right shape, on square images if on no others, else roughly; and what the result is
    wrapped in.
    """
    for sizes, roughly in ((DISTINCT, False), (SQUARE, False), (DISTINCT, True)):
        for way in _ways(function, operation, rank):
            seen: list[str] = []
            lenient = leniently(function, len(operation.returns), seen)
            if _shape(way.of(lenient, operation), operation, rank, way, sizes, roughly=roughly):
                return (None, "") if way == Way() and not seen[-1] else (way, seen[-1])
    return None, ""


def _ways(function: Function, operation: Operation, rank: int) -> Iterator[Way]:
    """Every way that is tried; the plainest first."""
    weighted = "w" in operation.geometry
    layouts = KNOWN if weighted else tuple(dict.fromkeys((data, "") for data, _ in KNOWN))
    spaces = {1: "L", 2: "HW", 3: "DHW"}
    layouts = tuple((d.replace("HW", spaces[rank]), w.replace("HW", spaces[rank])) for d, w in layouts)
    layouts = (("NCHW", ""), *layouts[1:])
    for tensors in (False, True)[: 1 + ("torch" in sys.modules)]:
        for word in ("", *_words_for_padding(function)):
            for data, weights in layouts:
                way = Way(data, weights, tensors=tensors, word=word)
                yield way
                if operation.optional and "C" in data and _raises(way.of(function, operation), operation, rank, way):
                    yield from (replace(way, bias=shape) for shape in BIASES[1:])


def _detective(function: Function, operation: Operation, way: Way) -> Detective | None:
    try:
        return Detective(function, operation, read(function, operation), ("padding",) * bool(way.word))
    except Mismatch:
        return None


def _shape(
    function: Function, operation: Operation, rank: int, way: Way, sizes: Sizes = DISTINCT, *, roughly: bool = False
) -> bool:
    """Whether the function gives the right shape in any form of its options; or, roughly, the right number of axes.

    A bias is handed over wherever there may be one.
    """
    detective = _detective(function, operation, way)
    if detective is None:
        return False
    case = detective.case(rank, sizes, bias=detective.binding.bias != "no" and "C" in way.data)
    for form in candidates(operation, detective.options, rank):
        y = detective.first(case, form)
        if not isinstance(y, Failed) and (y.ndim == rank + 2 if roughly else y.shape == case.output_shape):
            return True
    return False


def _raises(function: Function, operation: Operation, rank: int, way: Way) -> bool:
    """Whether a bias as it is here makes every call raise, and there is one."""
    detective = _detective(function, operation, way)
    if detective is None or detective.binding.bias == "no":
        return False
    case = detective.case(rank, DISTINCT, bias=True)
    return all(
        isinstance(detective.first(case, form), Failed) for form in candidates(operation, detective.options, rank)
    )


def _layout_words(data: str, weights: str) -> str:
    lacking = [word for letter, word in (("N", "samples"), ("C", "channels")) if letter not in data]
    looped = f"; {' and '.join(lacking)} are looped over here" if lacking else ""
    return f"the layout is {data}{f', weights {weights}' * bool(weights)}{looped}"


# ------------------------------------------------------------------------------------------------------- bias, tensors


def _with_bias(function: Function, operation: Operation, shape: tuple[Any, ...]) -> Function:
    place = len(operation.arrays) - 1

    @wraps(function)
    def call(*arrays: Any, **options: Any) -> Any:
        arrays = tuple(
            a.reshape([a.size if n == "O" else n for n in shape]) if i == place and isinstance(a, np.ndarray) else a
            for i, a in enumerate(arrays)
        )
        named = {n: v.reshape([v.size if m == "O" else m for m in shape]) if n in ("b", "bias") and v is not None else v
                 for n, v in options.items()}  # fmt: skip
        return function(*arrays, **named)

    return call


def _on_tensors(function: Function) -> Function:
    @wraps(function)
    def call(*arrays: Any, **options: Any) -> Any:
        import torch

        made = [torch.tensor(a.copy()) if isinstance(a, np.ndarray) else a for a in arrays]
        y = function(*made, **options)
        return y.detach().numpy() if is_tensor(y) else y

    return call


# --------------------------------------------------------------------------------------------------- padding as a word


def _words_for_padding(function: Function) -> list[str]:
    """The parameter of padding, where its default is a word."""
    try:
        parameters = signature(function).parameters.values()
    except (ValueError, TypeError):
        return []
    known = {plain(word) for word in ("padding", *ALIASES["padding"])}
    return [p.name for p in parameters
            if plain(p.name) in known and isinstance(p.default, str) and p.kind is not p.POSITIONAL_ONLY]  # fmt: skip


def _with_word(function: Function, word: str) -> Function:
    """A function whose padding is ``valid`` where there is none, and ``same`` where there is some."""
    parameters = list(signature(function).parameters.values())
    mine = next(p for p in parameters if p.name == word)
    valid, same = ("VALID", "SAME") if mine.default.isupper() else ("valid", "same")

    @wraps(function)
    def call(*arrays: Any, **options: Any) -> Any:
        pads = options.pop(word, 0)
        return function(*arrays, **{word: same if np.any(pads) else valid}, **options)

    after = parameters.index(mine)
    changed = [
        p.replace(kind=p.KEYWORD_ONLY, default=0 if p is mine else p.default)
        if i >= after and p.kind is Parameter.POSITIONAL_OR_KEYWORD else p
        for i, p in enumerate(parameters)
    ]  # fmt: skip
    call.__signature__ = Signature(sorted(changed, key=lambda p: p.kind))  # type: ignore[attr-defined]
    return call


def _word_claimed(
    call: Function, way: Way, operation: Operation, rank: int, declared: dict[str, Any], notes: list[str]
) -> Function:
    """The function whose padding is a word, with ``same`` claimed where it keeps the extents."""
    declared["limits"] = (*declared.get("limits", ()), NO_PADDING)
    spelled = operation.spelled(rank)
    if _same_fits(call, way, operation, rank):
        notes.append(f"{spelled}: {way.word} is a word, and 'valid' and, at stride 1, 'same' are checked (detected)")
        return call
    notes.append(f"{spelled}: {way.word} is a word, and 'valid' alone is checked (detected)")
    parameters = [p for p in signature(call).parameters.values() if p.name != way.word]

    @wraps(call)
    def without(*arrays: Any, **options: Any) -> Any:
        return call(*arrays, **options)

    without.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return without


def _same_fits(call: Function, way: Way, operation: Operation, rank: int) -> bool:
    detective = _detective(call, operation, way)
    if detective is None:
        return False
    case = detective.case(rank, DISTINCT)
    kernel = case.shapes["w"][2:] if "w" in case.shapes else case.options["kernel_size"]
    pads = tuple(same_pads(n, k) for n, k in zip(case.shapes["x"][2:], kernel, strict=True))
    case = case.with_options(padding=pads, stride=(1,) * rank)
    return any(_result_shape(detective, case, form) == case.output_shape
               for form in candidates(operation, detective.options, rank))  # fmt: skip


def _result_shape(detective: Detective, case: Case, form: Form) -> tuple[int, ...]:
    """The shape that a call with padding gives; empty where it raises."""
    adapted = adapt(detective.function, detective.operation, case.op, detective.binding, form, rank=case.rank)
    options = {n: v for n, v in case.call_options.items() if n in (*detective.options, "padding")}
    y = attempt(lambda: np.asarray(adapted(*make_arrays(case).values(), **options)))
    return () if isinstance(y, Failed) else y.shape
