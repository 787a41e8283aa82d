"""Functions whose parameters are put together in other ways, as functions with an operation's own parameters.

| a function that takes | is called with |
|---|---|
| ``stride_h, stride_w`` or ``pool_height, pool_width`` | the parts of ``stride`` and ``kernel_size`` |
| a dict of options, ``conv(x, w, b, hparameters)`` | the dict, with the keys that it reads |
| the weights before the input, ``conv(filters, image)`` | its arrays in that order |
| the extent of its kernel beside the weights | that of the weights |
| no ``mode``, and is a convolution of signals | nothing, where the mode is that of its result |

Which keys a dict has is found out by small calls with a dict that remembers what it was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial, wraps
from inspect import Parameter, Signature, signature
from typing import Any

import numpy as np

from cnnspec.adapters.claiming import ATTRIBUTE
from cnnspec.adapters.detection import DISTINCT, Failed, attempt
from cnnspec.adapters.signatures import ALIASES, plain
from cnnspec.errors import Unsupported
from cnnspec.operations import Operation, find

Function = Callable[..., Any]

WEIGHTS = {"w", "weight", "weights", "filter", "filters", "kernel", "kernels", "kern", "k", "f"}
OF_OPTIONS = re.compile(r"param|conf|cfg|opt|arg|setting|attr")
PART = re.compile(r"(?P<stem>[a-z]+?)(?P<axis>height|width|depth|rows?|cols?|columns?|[hwd])")
LETTER = {"r": "h", "c": "w", "h": "h", "w": "w", "d": "d"}
LAST = {"d": -3, "h": -2, "w": -1}
"""The place of an axis among the spatial ones, counted from the end."""

STEMS = {"filter": "kernel_size", "kernel": "kernel_size", "pool": "kernel_size", "padding": "padding"}
TRIED: dict[str, Any] = {"kernel_size": 2, "stride": 1, "padding": 0, "dilation": 1, "groups": 1}
"""What a dict answers while its keys are found out."""


def gathered(function: Function, spelled: str, notes: list[str]) -> Function:
    """``function`` with the parameters of its operation; what was done is noted.

    Examples
    --------
    >>> notes = []
    >>> def max_pool2d(x, pool_h, pool_w): return pool_h, pool_w
    >>> gathered(max_pool2d, "max_pool2d", notes)("x", kernel_size=(3, 2)), notes
    ((3, 2), ['max_pool2d: pool_h, pool_w are the parts of kernel_size (adapted)'])
    """
    operation = find(spelled)[0]
    for step in (_with_dict, _with_parts, _with_kernel, _weights_first, _one_mode):
        try:
            parameters = list(signature(function).parameters.values())
        except (ValueError, TypeError):  # a compiled function that does not tell
            return function
        if found := step(function, parameters, operation):
            function, words = found
            notes.append(f"{spelled}: {words} (adapted)")
    return function


Found = tuple[Function, str] | None


def option_of(word: str, operation: Operation) -> str:
    """The option of an operation that a word means; empty where it means none.

    Examples
    --------
    >>> option_of("poolSize", find("max_pool2d")[0])
    'kernel_size'
    """
    every = (*operation.derived, *(option.name for option in operation.options))
    return next((name for name in every if plain(word) in map(plain, (name, *ALIASES.get(name, ())))), "")


def _part_of(word: str, operation: Operation) -> tuple[str, str]:
    """The option of which a word names one axis, and the letter of that axis; empty where it does not."""
    match = PART.fullmatch(plain(word))
    if not match or option_of(word, operation):
        return "", ""
    stem = match["stem"]
    option = option_of(stem, operation) or STEMS.get(stem, "")
    known = option in (option.name for option in operation.options)
    return (option, LETTER[match["axis"][0]]) if known else ("", "")


def _with_parts(function: Function, parameters: list[Parameter], operation: Operation) -> Found:
    """One option for its parts on each axis, where there is one for the rows and one for the columns."""
    parts: dict[str, dict[str, Parameter]] = {}
    for p in parameters[len(operation.arrays) - len(operation.optional) :]:
        option, letter = _part_of(p.name, operation)
        if option and p.kind is not p.POSITIONAL_ONLY:
            parts.setdefault(option, {})[letter] = p
    parts = {option: axes for option, axes in parts.items() if {"h", "w"} <= set(axes)}
    if not parts:
        return None

    @wraps(function)
    def call(*arrays: Any, **options: Any) -> Any:
        for option, axes in parts.items():
            if option in options:
                value = options.pop(option)
                options |= {p.name: value[LAST[letter]] for letter, p in axes.items()}
        return function(*arrays, **options)

    taken = [p for axes in parts.values() for p in axes.values()]
    merged = {
        option: Parameter.empty if any(p.default is p.empty for p in axes.values())
        else tuple(p.default for p in axes.values())
        for option, axes in parts.items()
    }  # fmt: skip
    names = "; ".join(f"{', '.join(p.name for p in axes.values())} are the parts of {o}" for o, axes in parts.items())
    return _signed(call, [p for p in parameters if p not in taken], merged), names


def _with_dict(function: Function, parameters: list[Parameter], operation: Operation) -> Found:
    """The keys of a dict of options as keywords."""
    count = len(operation.arrays) - len(operation.optional)
    holder = next((p for p in parameters[count:] if p.default is p.empty and OF_OPTIONS.search(p.name.lower())
                   and p.kind is p.POSITIONAL_OR_KEYWORD), None)  # fmt: skip
    if holder is None or option_of(holder.name, operation):
        return None
    keys = _keys(function, parameters, holder, operation)
    if not keys:
        return None

    @wraps(function)
    def call(*arrays: Any, **options: Any) -> Any:
        held = {key: options.pop(key) for key in keys if key in options}
        return function(*arrays, **{holder.name: held}, **options)

    words = f"{holder.name} is a dict with {', '.join(keys)}"
    return _signed(call, [p for p in parameters if p is not holder], dict.fromkeys(keys, Parameter.empty)), words


class _Asked(dict[str, Any]):
    """A dict that answers every word of an option, and remembers it."""

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self._operation = operation
        self.keys_read: list[str] = []

    def __getitem__(self, key: str) -> Any:
        option = option_of(str(key), self._operation) or _part_of(str(key), self._operation)[0]
        if not option:
            raise KeyError(key)
        self.keys_read += [key] * (key not in self.keys_read)
        return TRIED.get(option, 1)

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and bool(option_of(key, self._operation))


def _keys(function: Function, parameters: list[Parameter], holder: Parameter, operation: Operation) -> list[str]:
    """The keys that the function reads in small calls."""
    asked = _Asked(operation)
    required = [p for p in parameters if p.default is p.empty and p is not holder
                and p.kind is p.POSITIONAL_OR_KEYWORD]  # fmt: skip
    for shapes in _shapes(len(required)):
        arrays = {p.name: np.ones(shape) for p, shape in zip(required, shapes, strict=False)}
        attempt(partial(function, **arrays, **{holder.name: asked}))
    return asked.keys_read


def _shapes(count: int) -> Iterator[list[tuple[int, ...]]]:
    """Shapes of an input, of weights and of a bias: channels first and last, with and without samples."""
    x, w = DISTINCT["x"][:4], DISTINCT["w"][:4]
    n, c, *space = x
    o, _, *kernel = w
    yield [x, w, (o,)][:count]
    yield [(n, *space, c), (*kernel, c, o), (1, 1, 1, o)][:count]
    yield [(c, *space), w, (o,)][:count]
    yield [tuple(space), tuple(kernel), (1,)][:count]


def _with_kernel(function: Function, parameters: list[Parameter], operation: Operation) -> Found:
    """The extent of the kernel, where the weights are there to tell it."""
    if "w" not in operation.arrays or "kernel_size" in operation.derived:
        return None
    words = {plain(word) for word in ("kernel_size", *ALIASES["kernel_size"])}
    named = [p for p in parameters[2:] if plain(p.name) in words and p.default is p.empty]
    if len(named) != 1:
        return None

    @wraps(function)
    def call(*arrays: Any, **options: Any) -> Any:
        kernel = arrays[1].shape[-2:]
        if len(set(kernel)) > 1:
            raise Unsupported(f"{named[0].name} is one int for all axes here, and the kernel is {kernel}")
        return function(*arrays, **{named[0].name: kernel[0]}, **options)

    with_limit(call, "square_kernel")
    return _signed(call, [p for p in parameters if p is not named[0]], {}), f"{named[0].name} is that of the weights"


def with_limit(function: Function, limit: str) -> None:
    """Put a limit among the claims of a function."""
    said = getattr(function, ATTRIBUTE, {})
    setattr(function, ATTRIBUTE, {**said, "limits": (*said.get("limits", ()), limit)})


def _weights_first(function: Function, parameters: list[Parameter], operation: Operation) -> Found:
    """The input first, where names say that the weights are."""
    names = [plain(p.name) for p in parameters[:2]]
    if operation.arrays[:2] != ("x", "w") or len(names) < 2 or names[0] not in WEIGHTS or names[1] in WEIGHTS:
        return None

    @wraps(function)
    def call(x: Any, w: Any, *arrays: Any, **options: Any) -> Any:
        return function(w, x, *arrays, **options)

    first, second, *rest = parameters
    return _signed(call, [second, first, *rest], {}), f"{first.name} comes before {second.name}"


def _one_mode(function: Function, parameters: list[Parameter], operation: Operation) -> Found:
    """A convolution of signals that knows one mode: the one whose extents its result has."""
    names = {plain(p.name) for p in parameters}
    if operation.chapter != "signal" or "mode" in names or any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    mode = next((mode for n in (2, 1) for mode in ("full", "valid", "same") if _gives(function, mode, n)), "")
    if not mode:
        return None

    @wraps(function)
    def call(x: Any, k: Any, *, mode: str) -> Any:
        if mode != known:
            raise Unsupported(f"the mode is {known} here, got {mode}")
        return function(x, k)

    known = mode
    return _signed(call, parameters, {"mode": mode}), f"the mode is {mode}"


def _gives(function: Function, mode: str, rank: int) -> bool:
    """Whether the extents of a result are those of a mode."""
    x, k = (7, 6)[:rank], (3, 2)[:rank]
    extents = {"full": tuple(n + m - 1 for n, m in zip(x, k, strict=True)), "same": x,
               "valid": tuple(n - m + 1 for n, m in zip(x, k, strict=True))}  # fmt: skip
    y = attempt(lambda: np.asarray(function(np.ones(x), np.ones(k))))
    return not isinstance(y, Failed) and y.shape == extents[mode]


def _signed(call: Function, parameters: list[Parameter], more: dict[str, Any]) -> Function:
    """``call`` with these parameters, and more by keyword."""
    keywords = [Parameter(name, Parameter.KEYWORD_ONLY, default=value) for name, value in more.items()]
    in_order = sorted([*parameters, *keywords], key=lambda p: p.kind)
    call.__signature__ = Signature(in_order)  # type: ignore[attr-defined]
    return call
