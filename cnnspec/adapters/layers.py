"""Layers written as classes, as functions: an object is made for every call, and given its weights.

A class counts as a layer where its name means an operation (``Conv2D``, ``MaxPool``, ``ReLU``) and its objects have
``forward`` or can be called.  The parameters of its ``__init__`` are read as an operation's options, and as the
numbers of channels; weights and bias are those of its arrays that have the right size, or parameters themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from inspect import Parameter, Signature, signature
from typing import Any

import numpy as np

from cnnspec.adapters.claiming import ATTRIBUTE
from cnnspec.adapters.detection import Failed, attempt
from cnnspec.adapters.parameters import option_of, with_limit
from cnnspec.adapters.results import is_tensor
from cnnspec.adapters.signatures import ALIASES, plain
from cnnspec.errors import Unsupported
from cnnspec.operations import Operation, find

INPUTS = ("inchannels", "inputchannels", "channelsin", "cin", "inch", "nin", "indim", "inputdim", "inputdepth",
          "infeatures", "ninchannels", "nchannels", "numchannels", "channels", "inputs", "ic", "inc")  # fmt: skip
OUTPUTS = ("outchannels", "outputchannels", "channelsout", "cout", "outch", "nout", "outdim", "outputdim", "numfilters",
           "nfilters", "filters", "filtersnum", "numkernels", "nkernels", "depth", "outfeatures", "noutchannels",
           "outputs", "oc", "outc")  # fmt: skip
WEIGHTS = ("w", "weight", "weights", "kernel", "kernels", "filter")
BIASES = ("b", "bias", "biases")

BACKWARDS = ("backward", "backprop", "backward_pass", "bprop")
"""The names of a method that is the backward pass."""

BACKWARD = "__cnnspec_backward__"
"""Where a layer's function keeps the name of its class's backward pass."""

Place = tuple[Any, str]
"""Where an array is kept: an object or a dict, and its name there."""


@dataclass(frozen=True, slots=True)
class Made:
    """An object that was made for a call, and the arrays that it got, as it gets them."""

    held: Any
    x: Any
    w: Any
    b: Any


_CALLS: ContextVar[list[Made] | None] = ContextVar("_CALLS", default=None)


@contextmanager
def recorded() -> Iterator[list[Made]]:
    """The objects that are made meanwhile."""
    calls: list[Made] = []
    token = _CALLS.set(calls)
    try:
        yield calls
    finally:
        _CALLS.reset(token)


def layer_function(layer: type, spelled: str) -> Callable[..., Any] | None:
    """A class as a function of the operation, or ``None`` where its parameters are not understood.

    Examples
    --------
    >>> class MaxPool2D:
    ...     def __init__(self, pool_size=2): self.k = pool_size
    ...     def forward(self, x): return x[:, :, :: self.k]
    >>> str(signature(layer_function(MaxPool2D, "max_pool2d")))
    '(x, *, pool_size=2)'
    """
    operation = find(spelled)[0]
    weighted = "w" in operation.arrays
    if not (callable(getattr(layer, "forward", None)) or "__call__" in vars(layer)):
        return None
    try:
        parameters = list(signature(layer).parameters.values())
    except (TypeError, ValueError):
        return None
    roles = {p.name: _role(p, operation, weighted=weighted) for p in parameters}
    if any(not roles[p.name] and p.default is p.empty and p.kind.name[:3] != "VAR" for p in parameters):
        return None
    options = [p for p in parameters if roles[p.name] == "option"]

    def call(x: Any, *arrays: Any, **given: Any) -> Any:
        w, b = (*arrays, None, None)[:2]
        with _random_as_it_was():
            made = layer(**given) if w is None else next(_made(layer, roles, given, w, b), None)
        if made is None:
            raise Unsupported(f"{layer.__name__} has no weights of the shape {w.shape}")
        if (calls := _CALLS.get()) is not None:
            calls.append(Made(made, x, w, b))
        return _forward(made, x)

    arrays = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("x", "w")[: 1 + weighted]]
    arrays += [Parameter("b", Parameter.POSITIONAL_OR_KEYWORD, default=None)] * _has_bias(layer, roles, weighted)
    keywords = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in options]
    call.__signature__ = Signature([*arrays, *keywords])  # type: ignore[attr-defined]
    call.__name__ = call.__qualname__ = layer.__name__
    call.__module__ = layer.__module__
    setattr(call, ATTRIBUTE, dict(getattr(layer, ATTRIBUTE, {})))
    back = backward_of(layer)
    setattr(call, BACKWARD, f"{layer.__name__}.{back}" if back else "")
    if "kernel" in roles.values() and not _takes_pairs(call):
        with_limit(call, "square_kernel")
    return call


def backward_of(layer: Any) -> str:
    """The name of the backward pass of a class or of its objects; empty without one."""
    return next((name for name in BACKWARDS if callable(getattr(layer, name, None))), "")


def _takes_pairs(call: Callable[..., Any]) -> bool:
    """Whether a layer can be made with a kernel whose axes differ."""
    x, w = np.ones((1, 2, 5, 6)), np.ones((4, 2, 3, 2))
    return any(not isinstance(attempt(partial(call, *arrays)), Failed)
               for arrays in ((x, w), (x.transpose(0, 2, 3, 1), w.transpose(2, 3, 1, 0))))  # fmt: skip


@contextmanager
def _random_as_it_was() -> Iterator[None]:
    """Put NumPy's random state back: the weights that a layer begins with are nobody's result."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002


def _role(p: Parameter, operation: Operation, *, weighted: bool) -> str:
    """What a parameter of ``__init__`` is: ``in``, ``out``, ``kernel``, ``w``, ``b``, ``option``, or nothing."""
    word = plain(p.name)
    if weighted:
        if word in INPUTS:
            return "in"
        if word in OUTPUTS:
            return "out"
        if word in map(plain, ("kernel_size", *ALIASES["kernel_size"])) and not (word in WEIGHTS and _is_array(p)):
            return "kernel"
        if word in WEIGHTS and p.default is p.empty:
            return "w"
        if word in BIASES and p.default is p.empty:
            return "b"
    return "option" if option_of(p.name, operation) or (not weighted and word[:4] == "pool") else ""


def _is_array(p: Parameter) -> bool:
    return p.default is p.empty and p.name.isupper()


def _made(layer: type, roles: dict[str, str], options: dict[str, Any], w: Any, b: Any) -> Iterator[Any]:
    """Objects with these weights, in each order of axes that the weights may have."""
    for o, i, kernel in ((w.shape[0], w.shape[1], w.shape[2:]), (w.shape[-1], w.shape[-2], w.shape[:-2])):
        side = kernel[0] if len(set(kernel)) == 1 else tuple(kernel)
        bias = b if b is not None else w.new_zeros(o) if is_tensor(w) else np.zeros(o, w.dtype)
        known = {"in": i, "out": o, "kernel": side, "w": w, "b": bias}
        held = layer(**{name: known[role] for name, role in roles.items() if role in known}, **options)
        if "w" in roles.values():
            yield held
            return
        arrays = [(place, a) for place, a in arrays_of(held)]
        mine = next((place for place, a in arrays if tuple(a.shape) == tuple(w.shape)), None)
        if mine is None:
            continue
        _put(mine, w)
        biases = [(place, a) for place, a in arrays if place != mine and int(np.prod(tuple(a.shape))) == o]
        for place, a in biases[:1]:
            _put(place, bias.reshape(tuple(a.shape)))
        yield held


def arrays_of(held: Any) -> Iterator[tuple[Place, Any]]:
    """The arrays and tensors that an object keeps, in its own attributes or in a dict of them."""
    kept = dict(getattr(held, "_parameters", None) or {})  # torch.nn.Module
    for name, value in {**vars(held), **kept}.items():
        if isinstance(value, np.ndarray) or is_tensor(value):
            yield (held, name), value
        elif isinstance(value, dict) and name[:1] != "_":
            yield from (((value, key), a) for key, a in value.items() if isinstance(a, np.ndarray) or is_tensor(a))


def _put(place: Place, array: Any) -> None:
    holder, name = place
    old = holder[name] if isinstance(holder, dict) else getattr(holder, name)
    if is_tensor(old):
        import torch

        old.data = torch.tensor(np.array(array)) if isinstance(array, np.ndarray) else array
    elif isinstance(holder, dict):
        holder[name] = np.array(array)
    else:
        setattr(holder, name, np.array(array))


def _forward(held: Any, x: Any) -> Any:
    y = held(x) if "__call__" in vars(type(held)) or hasattr(held, "_parameters") else held.forward(x)
    return y.detach() if is_tensor(y) else y


def _has_bias(layer: type, roles: dict[str, str], weighted: bool) -> bool:
    """Whether an object of a layer keeps a bias, or takes one."""
    if not weighted or "b" in roles.values():
        return weighted
    w = np.zeros((5, 3, 2, 2))
    try:
        held = next(_made(layer, roles, {}, w, None), None) or next(_made(layer, roles, {}, w.T, None), None)
    except Exception:  # noqa: BLE001  the class is the author's
        return False
    return held is not None and any(tuple(a.shape) != w.shape and int(np.prod(tuple(a.shape))) == 5
                                    for _, a in arrays_of(held))  # fmt: skip
