"""The choices that implementations make where the field disagrees, each with the smallest calls that tell them apart.

A flag asks one question.  Its calls are cases like any other, so that each can be replayed; what they give is read as
one of the flag's values, or as none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from cnnspec.cases.case import Case
from cnnspec.implementation import EVERY_FLOAT, Observation, OperationClaims
from cnnspec.operations import find

Read = Callable[[Sequence[Case], Sequence[Observation]], str]


@dataclass(frozen=True, slots=True)
class Flag:
    """One question, with the calls that answer it.

    Attributes
    ----------
    name, default
        The flag, and the value that is taken where nothing is declared; empty where every value is permitted.
    question
        What is asked, in a few words.
    operations
        Rank-free names of the operations that can be asked, the most telling first.
    laws
        The laws that hold a target to its choice.
    values
        Every value, with what it means.
    data, extents, options
        Of the calls: the data of each array, the extent of input and kernel on every axis, options.
    dtypes
        The dtypes to ask in, the first that is claimed.
    read
        The value that a call's result shows; empty where it shows none of them.
    """

    name: str
    default: str
    question: str
    operations: tuple[str, ...]
    laws: tuple[str, ...]
    values: Mapping[str, str]
    data: tuple[Mapping[str, tuple[str, ...]], ...]
    read: Read
    extents: tuple[int, int] = (2, 2)
    options: Mapping[str, Any] = field(default_factory=dict)
    dtypes: tuple[str, ...] = EVERY_FLOAT

    def cases(self, op: str, claim: OperationClaims) -> list[Case]:
        """The calls of one operation; none where its claims have no dtype for them."""
        dtype = next((dtype for dtype in self.dtypes if dtype in claim.dtypes), None)
        return [self._case(op, dtype, data) for data in self.data] if dtype else []

    def _case(self, op: str, dtype: str, data: Mapping[str, tuple[str, ...]]) -> Case:
        operation, rank = find(op)
        axes = rank or 2
        n, k = self.extents
        names = {option.name for option in operation.options}
        shapes = {"x": (*self._leading(), *(n,) * axes)}
        if "w" in operation.geometry:
            shapes["w"] = (1, 1, *(k,) * axes)
        wanted = {"kernel_size": k, "output_size": 1, **self.options}
        spread = {option.name for option in operation.options if option.kind in ("per_axis", "pairs")}
        given = {name: (value,) * axes if name in spread else value for name, value in wanted.items() if name in names}
        case = Case.build(op, shapes, given, dtype=dtype)
        return Case(case.op, case.shapes, case.options, dtype, data=_filled(case, data))

    def _leading(self) -> tuple[int, int]:
        return (2, 2) if self.name == "pool.max.indices" else (1, 1)


def _filled(case: Case, data: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The data of every array: ``...`` repeats what stands before it until only what comes after it is left."""
    found = {}
    for name, shape in case.array_shapes.items():
        words = data.get(name, ("1",))
        if "..." in words:
            at = words.index("...")
            more = prod(shape) - (len(words) - 1)
            words = (*words[:at], *(words[at - 1],) * more, *words[at + 1 :])
        found[name] = words[: prod(shape)]
    return found


def _first(seen: Observation) -> float:
    return float(np.asarray(seen.outputs[0], np.float64).flat[0])


def _choose(*choices: tuple[str, Callable[[float], bool]]) -> Read:
    """A reading of the first element of every call: the value whose test all of them pass."""

    def read(cases: Sequence[Case], seen: Sequence[Observation]) -> str:
        if any(one.kind != "returned" or not one.outputs[0].size for one in seen):
            return ""
        numbers = [_first(one) for one in seen]
        return next((value for value, test in choices if all(map(test, numbers))), "")

    return read


def _is(value: float) -> Callable[[float], bool]:
    return lambda number: number == value or bool(np.isnan(number) and np.isnan(value))


def _index_kind(cases: Sequence[Case], seen: Sequence[Observation]) -> str:
    if seen[0].kind != "returned" or len(seen[0].outputs) < 2:
        return ""
    samples, channels, *extents = cases[0].shapes["x"]
    plane = np.arange(prod(extents))
    n, c = np.arange(samples).reshape(-1, 1, 1), np.arange(channels).reshape(-1, 1)
    flat = {"plane": plane, "tensor": plane + (n * channels + c) * plane.size, "nhwc": plane * channels + c}
    ways = {name: np.broadcast_to(way, (samples, channels, plane.size)) for name, way in flat.items()}
    got = np.asarray(seen[0].outputs[1]).reshape(samples, channels, -1)
    return next((name for name, way in ways.items() if np.array_equal(got, way)), "")


def _tie(cases: Sequence[Case], seen: Sequence[Observation]) -> str:
    if seen[0].kind != "returned":
        return ""
    flat = np.asarray(seen[0].outputs[0], np.float64).ravel()
    whole = float(flat.size)  # the cotangent is 4, the windows have 2 or 4 or 8 elements
    ways = {"first": [4.0, *[0.0] * (flat.size - 1)], "last": [*[0.0] * (flat.size - 1), 4.0],
            "split": [4.0 / whole] * flat.size, "all": [4.0] * flat.size}  # fmt: skip
    return next((name for name, way in ways.items() if flat.tolist() == way), "")


def _empty(cases: Sequence[Case], seen: Sequence[Observation]) -> str:
    if seen[0].kind in ("raised", "unsupported"):
        return "refused"
    if seen[0].kind != "returned" or not seen[0].outputs[0].size:
        return ""
    return _choose(("-inf", _is(-np.inf)), ("nan", _is(np.nan)), ("0", _is(0.0)))(cases, seen)


def _overflow(cases: Sequence[Case], seen: Sequence[Observation]) -> str:
    """What becomes of 100 · 2 in int8."""
    if seen[0].kind != "returned" or not seen[0].outputs[0].size:
        return ""
    got = seen[0].outputs[0]
    kept = got.dtype.name == "int8"
    return {(-56.0, True): "wrap", (200.0, False): "widen", (127.0, True): "saturate"}.get((_first(seen[0]), kept), "")


def _alias(cases: Sequence[Case], seen: Sequence[Observation]) -> str:
    if seen[0].kind != "returned":
        return ""
    return "yes" if seen[0].facts.aliases else "no"


def _last_corner(cases: Sequence[Case], seen: Sequence[Observation]) -> str:
    """The last window of each axis holds one element of two."""
    if seen[0].kind != "returned" or not seen[0].outputs[0].size:
        return ""
    last = float(np.asarray(seen[0].outputs[0], np.float64).flat[-1])
    return {1.0: "sum", float(2 ** cases[0].rank): "scaled"}.get(last, "")


MAXIMA = ("max_pool", "max_pool_with_indices", "adaptive_max_pool", "global_max_pool")

FLAGS = (
    Flag(
        "pool.max.nan", "propagate", "the maximum of a window that holds a NaN", MAXIMA, ("POOL-8",),
        {"propagate": "it is NaN", "ignore": "it is that of the other elements"},
        ({"x": ("nan", "1", "...")}, {"x": ("1", "...", "nan")}),
        _choose(("propagate", np.isnan), ("ignore", _is(1.0))),
    ),
    Flag(
        "pool.max.identity", "-inf", "the maximum of elements that are all -inf", MAXIMA, ("POOL-10",),
        {"-inf": "it is -inf", "lowest": "it is the lowest finite number, where the search starts"},
        ({"x": ("-inf", "...")},),
        _choose(("-inf", _is(-np.inf)), ("lowest", lambda number: -np.inf < number < -1e4)),
    ),
    Flag(
        "pool.max.indices", "plane", "what the index of a maximum counts through", ("max_pool_with_indices",),
        ("POOL-5",),
        {"plane": "the plane of its sample and channel", "tensor": "the whole tensor",
         "nhwc": "its sample, channels last"},
        ({"x": ("1", "...")},), _index_kind, extents=(2, 1),
    ),
    Flag(
        "pool.max.grad_tie", "first", "where the cotangent of a window goes whose maximum is there more than once",
        ("max_pool_input_grad",), ("GRAD-4", "GRAD-7"),
        {"first": "to the first maximum", "last": "to the last one", "split": "to all, in equal parts",
         "all": "to all, whole to each"},
        ({"x": ("1", "..."), "grad_output": ("4",)},), _tie,
    ),
    Flag(
        "pool.lp.abs", "yes", "whether absolute values are summed, for an odd power", ("lp_pool",), ("POOL-6",),
        {"yes": "|x|^p is summed", "no": "x^p is summed"},
        ({"x": ("-1", "2", "0", "...")},), _choose(("yes", _is(3.0)), ("no", _is(1.0))), options={"p": 1},
    ),
    Flag(
        "pool.lp.partial", "sum", "a window that overhangs under the ceil rule", ("lp_pool",), ("POOL-6",),
        {"sum": "the sum of what is there", "scaled": "that sum, scaled up to a whole window"},
        ({"x": ("1",)},),
        _last_corner, extents=(3, 2), options={"p": 1, "stride": 2, "ceil_mode": True},
    ),
    Flag(
        "pool.empty_window", "", "a window that holds padding alone", ("max_pool", "avg_pool"), ("POOL-2",),
        {"refused": "the call raises", "-inf": "it gives -inf", "nan": "it gives NaN", "0": "it gives 0"},
        ({"x": ("1",)},), _empty, extents=(1, 1), options={"padding": (1, 1), "stride": 1},
    ),
    Flag(
        "act.relu.nan", "propagate", "relu of a NaN", ("relu",), ("RELU-5",),
        {"propagate": "it is NaN", "zero": "it is 0"},
        ({"x": ("nan", "1", "...")},), _choose(("propagate", np.isnan), ("zero", _is(0.0))),
    ),
    Flag(
        "num.int", "wrap", "integer sums beyond the range of their dtype", ("conv",), ("PURE-5",),
        {"wrap": "they wrap around", "widen": "the result is of a wider dtype", "saturate": "they stay at the limit"},
        ({"x": ("100",), "w": ("2",)},), _overflow, extents=(1, 1), dtypes=("int8",),
    ),
    Flag(
        "num.nonfinite", "ieee", "infinity times 0 in a sum", ("conv",), ("NAN-1", "INF-1"),
        {"ieee": "it is NaN", "skip": "a weight of 0 is skipped"},
        ({"x": ("inf",), "w": ("0",)},), _choose(("ieee", np.isnan), ("skip", _is(0.0))), extents=(1, 1),
    ),
    Flag(
        "mem.output_alias", "no", "whether a result may be the input itself", ("relu", "pad", "max_pool"), ("PURE-2",),
        {"no": "it is a new array", "yes": "it may share the input's memory"},
        ({"x": ("1",)},), _alias, extents=(2, 1), options={"padding": (0, 0), "mode": "constant"},
    ),
)  # fmt: skip
"""Every flag that can be asked about."""


BY_FLAG = {flag.name: flag for flag in FLAGS}
