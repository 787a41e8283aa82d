"""The ``backward`` of a layer written as a class, as the operations that are its gradients.

It is called as in training, after ``forward`` on the same object.  Where the gradients are is found out once, by a
pass whose extents all differ: among what ``backward`` returns, among the arrays that the object keeps and that the
pass has changed, or, where a learning rate is a parameter, in the step that the weights have made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from inspect import Parameter, signature
from itertools import permutations
from typing import Any

import numpy as np

from cnnspec.adapters.detection import DISTINCT, EQUAL, GEOMETRIES, SQUARE, Failed, attempt, probe_case
from cnnspec.adapters.layers import arrays_of, backward_of, recorded
from cnnspec.adapters.signatures import plain
from cnnspec.cases.arrays import make_arrays
from cnnspec.errors import Unsupported
from cnnspec.implementation import OperationClaims
from cnnspec.operations import Operation, find, spelled_names

Function = Callable[..., Any]
Arrays = dict[str, Any]

RATES = ("lr", "learningrate", "learnrate", "eta", "alpha", "rate", "lrate", "stepsize")
"""The words for a learning rate; it is 1, and the weights are 0, so that their step is the gradient itself."""

WITH_WEIGHTS = ("conv", "conv_transpose")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a layer's backward pass is read: the order of its axes, and where each gradient is.

    Attributes
    ----------
    data, weights
        The layer's axes of data and weights, as numbers of ours; ``None`` where they are the same.
    places
        By ``x``, ``w``, ``b`` where its gradient is: ``result``, ``kept`` or ``step``, and the name there.
    axes
        The number of spatial axes of the pass by which this was found out.
    """

    data: tuple[int, ...] | None
    weights: tuple[int, ...] | None
    places: Mapping[str, tuple[str, str]]
    axes: int


@dataclass(frozen=True, slots=True)
class Pass:
    """One backward pass: what it returned, and what the object kept before and after it."""

    results: Mapping[str, Any]
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def at(self, place: tuple[str, str]) -> Any:
        """The array at a place."""
        kind, name = place
        if name not in (self.results if kind == "result" else self.after):
            raise ValueError(f"backward leaves no {kind} {name} this time")
        if kind == "step":
            return self.before[name] - self.after[name]
        return self.results[name] if kind == "result" else self.after[name]

    def places(self, *parameters: Any) -> Iterator[tuple[str, str]]:
        """Where a gradient may be: results first, then what has changed, then the step of the weights."""
        yield from (("result", name) for name in self.results)
        changed = [n for n, a in self.after.items() if n not in self.before or not np.array_equal(self.before[n], a)]
        given = [p.ravel() for p in parameters if p is not None]
        own = [n for n in changed if any(np.array_equal(np.ravel(self.before.get(n, ())), p) for p in given)]
        yield from (("kept", name) for name in changed if name not in own)
        yield from (("step", name) for name in own)


def gradients(
    forward: Function, spelled: str, claim: OperationClaims, layer: str
) -> tuple[dict[str, tuple[Function, OperationClaims]], str]:
    """The gradients of a layer by spelled name, with their claims, and in words what was found or why nothing was.

    ``forward`` is the layer as a function of this package's conventions, with the ``claim`` that was made for it.
    """
    operation, rank = find(spelled)
    known = set(spelled_names())
    wanted = {key: name for key, name in _names(operation, rank).items() if name in known}
    if not wanted:
        return {}, f"{layer} is not checked: the gradient of {operation.name} is not in the table"
    reading = _reading(forward, operation, rank or 2, claim)
    if isinstance(reading, str):
        return {}, f"{layer} is not checked: {reading}"
    made = Layer(forward, operation, reading, claim)
    input_grad = made.input_grad if operation.name in WITH_WEIGHTS else made.pulled_back
    functions = {"x": input_grad, "w": made.weight_grad, "b": made.bias_grad}
    found = {name: (functions[key], _claim(name, claim)) for key, name in wanted.items() if key in reading.places}
    missing = [name for key, name in wanted.items() if key not in reading.places and (key != "b" or claim.bias != "no")]
    words = f"{layer} is taken as {', '.join(found)}"
    words += f"; nothing of the shape of {' and '.join(missing)}'s result is returned or kept" * bool(missing)
    return found, words


def _names(operation: Operation, rank: int | None) -> dict[str, str]:
    """The gradients of an operation: which argument's, and the spelled name."""
    end = f"{rank}d" if operation.ranked and rank else ""
    names = {"x": f"{operation.name}{end}_input_grad"}
    if operation.name in WITH_WEIGHTS:
        names["w"] = f"{operation.name}{end}_weight_grad"
    return names | ({"b": "conv_bias_grad"} if operation.name == "conv" else {})


def _claim(name: str, claim: OperationClaims) -> OperationClaims:
    """The claim of a gradient: what its layer claims, as far as the gradient has it."""
    known = tuple(option.name for option in find(name)[0].options)
    options = tuple(option for option in claim.options if option in known)
    choices = {option: values for option, values in claim.choices.items() if option in known}
    return replace(claim, options=options, choices=choices, bias="no", numerics={})


def _reading(forward: Function, operation: Operation, rank: int, claim: OperationClaims) -> Reading | str:
    """How the backward pass is read, or why it cannot be."""
    failed: Any = None
    for sizes in (DISTINCT, SQUARE, EQUAL):
        for window in GEOMETRIES:
            taken, bias = (*operation.derived, *claim.options), claim.bias != "no"
            case = probe_case(operation, rank, taken, sizes, dtype=claim.dtypes[0], bias=bias, window=window)
            options = {name: value for name, value in case.call_options.items() if name in taken}
            found = attempt(partial(_read, forward, make_arrays(case), options))
            if not isinstance(found, Failed):
                return found  # type: ignore[no-any-return]
            failed = found
    return f"{type(failed.error).__name__}: {failed.error}"


def _read(forward: Function, arrays: Arrays, options: dict[str, Any]) -> Reading:
    with recorded() as calls:
        y = np.asarray(forward(*arrays.values(), **options))
    call = _only(calls)
    data = _order(call.x, arrays["x"])
    weights = _order(call.w, arrays["w"]) if "w" in arrays else None
    g = np.arange(1, y.size + 1).astype(y.dtype).reshape(y.shape)
    made = _back(call.held, g if data is None else g.transpose(data))
    shapes = {"x": call.x.shape} | ({"w": call.w.shape, "b": None} if "w" in arrays else {})
    places: dict[str, tuple[str, str]] = {}
    for key, shape in shapes.items():
        free = (place for place in made.places(call.w, call.b) if place not in places.values())
        if place := next((place for place in free if _fits(made.at(place), shape, y.shape[1])), None):
            places[key] = place
    if not places:
        raise Unsupported("it returns and keeps no array of the input's shape")
    return Reading(data, weights, places, arrays["x"].ndim - 2)


def _fits(a: Any, shape: tuple[int, ...] | None, outputs: int) -> bool:
    """Whether an array may be the gradient: of this shape, or of a bias of so many numbers."""
    return bool(a.size == outputs == max(a.shape, default=0)) if shape is None else bool(a.shape == shape)


def _only(calls: list[Any]) -> Any:
    if len(calls) != 1:
        raise Unsupported("the layer is called once for each sample")
    if not isinstance(calls[0].x, np.ndarray):
        raise Unsupported("its arrays are tensors")
    return calls[0]


def _order(native: Any, ours: Any) -> tuple[int, ...] | None:
    """The axes of ``native`` as numbers of ours; ``None`` where they are the same."""
    if np.array_equal(native, ours):
        return None
    for order in permutations(range(ours.ndim)):
        if np.array_equal(native, ours.transpose(order)):
            return order
    raise Unsupported("its arrays hold other numbers than those that were passed")


def _back(held: Any, g: Any) -> Pass:
    """Call the backward pass of an object that has made its forward one."""
    before = {name: np.array(a) for name, a in _kept(held)}
    back = getattr(held, backward_of(held))
    returned = back(g, *[1.0] * _takes_rate(back))
    results = list(returned.values()) if isinstance(returned, dict) else returned
    results = results if isinstance(results, (tuple, list)) else [results]
    return Pass({str(i): a for i, a in enumerate(results) if isinstance(a, np.ndarray)}, before, dict(_kept(held)))


def _kept(held: Any) -> Iterator[tuple[str, Any]]:
    """The arrays that an object keeps, by name; those in a dict after its own."""
    for (holder, name), a in arrays_of(held):
        if isinstance(a, np.ndarray):
            yield (f"dict {name}" if isinstance(holder, dict) else name), a


def _takes_rate(back: Function) -> bool:
    """Whether a learning rate comes second; anything else that has to be passed is not known."""
    rest = list(signature(back).parameters.values())[1:]
    needed = [p.name for p in rest if p.default is Parameter.empty and p.kind.name[:3] != "VAR"]
    if any(plain(name) not in RATES for name in needed) or len(needed) > 1:
        raise Unsupported(f"it needs {', '.join(needed)}")
    return bool(rest) and plain(rest[0].name) in RATES


def _pulled(forward: Function, reading: Reading, key: str, g: Any, arrays: Arrays, options: Mapping[str, Any]) -> Any:
    """The gradient of one argument, after a forward pass on these arrays."""
    if arrays["x"].ndim - 2 != reading.axes and (reading.data or reading.weights or "w" in arrays):
        raise Unsupported(f"the layer is known on {reading.axes} spatial axes, got {arrays['x'].ndim - 2}")
    with recorded() as calls:
        y = np.asarray(forward(*arrays.values(), **options))
    if y.shape != g.shape:
        raise ValueError(f"grad_output has the shape {g.shape} where the output has {y.shape}")
    call = _only(calls)
    made = _back(call.held, g if reading.data is None else g.transpose(reading.data))
    gradient = made.at(reading.places[key])
    if key == "b":
        return gradient.reshape(-1)
    order = reading.data if key == "x" else reading.weights
    return gradient if order is None else np.ascontiguousarray(gradient.transpose(np.argsort(order)))


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as a function of ours, and how its backward pass is read."""

    forward: Function
    operation: Operation
    reading: Reading
    claim: OperationClaims

    def _linear(self, key: str, g: Any, x: Any, w: Any, options: Mapping[str, Any]) -> Any:
        bias = {} if self.claim.bias == "no" else {"b": np.zeros(g.shape[1], g.dtype)}
        return _pulled(self.forward, self.reading, key, g, {"x": x, "w": w, **bias}, options)

    def _channels(self, inputs: int, outputs: int, groups: int) -> tuple[int, int]:
        """The first two extents of the weights."""
        return (inputs, outputs // groups) if self.operation.transposed else (outputs, inputs // groups)

    def input_grad(self, g: Any, w: Any, *, input_size: Any, **options: Any) -> Any:
        """The cotangent of a linear layer's input: where x is 0, the weights' step is none."""
        channels = w.shape[0] if self.operation.transposed else w.shape[1] * options.get("groups", 1)
        return self._linear("x", g, np.zeros((g.shape[0], channels, *input_size), g.dtype), w, options)

    def weight_grad(self, g: Any, x: Any, *, kernel_size: Any, **options: Any) -> Any:
        """The cotangent of the weights."""
        channels = self._channels(x.shape[1], g.shape[1], options.get("groups", 1))
        return self._linear("w", g, x, np.zeros((*channels, *kernel_size), g.dtype), options)

    def bias_grad(self, g: Any) -> Any:
        """The cotangent of the bias, by a window of one element."""
        axes = g.ndim - 2
        x, w = np.zeros((g.shape[0], 1, *g.shape[2:]), g.dtype), np.zeros((g.shape[1], 1, *[1] * axes), g.dtype)
        known: dict[str, Any] = {}
        options = {o.name: o.default_for(axes, known) for o in self.operation.options if o.name in self.claim.options}
        return self._linear("b", g, x, w, options)

    def pulled_back(self, g: Any, x: Any, **options: Any) -> Any:
        """The cotangent of the input of a layer without weights."""
        return _pulled(self.forward, self.reading, "x", g, {"x": x}, options)
