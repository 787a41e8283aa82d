"""What a case has, in the words of the coverage table: its attribute values, and the cells worth a visit.

About half of all reported bugs of this kind need one feature to show, a third need two, an eighth three.  A report
therefore counts attribute values, pairs of them, and the three-way cells in which bugs were found again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from math import prod
from typing import Any, TypeVar

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import padding_kind
from cnnspec.cases.fills import split
from cnnspec.geometry import Window, same_pads

T = TypeVar("T")

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "extents": ("all equal", "different"),
    "stride": ("1", "above 1", "mixed"),
    "remainder": ("none", "some"),
    "kernel": ("all 1", "even", "odd", "mixed"),
    "kernel against stride": ("smaller", "not smaller"),
    "dilation": ("1", "above 1"),
    "padding": ("none", "symmetric", "same_upper", "same_lower", "asymmetric", "whole window", "negative"),
    "groups": ("1", "some", "depthwise", "depthwise with multiplier"),
    "channels": ("multiple of 4", "tail"),
    "batch": ("0", "1", "more"),
    "bias": ("none", "zero", "some"),
    "output_padding": ("0", "some", "at least the stride"),
    "ceil_mode": ("off", "on", "overhang"),
    "count_include_pad": ("on", "off"),
    "values": ("ints", "negative", "wide", "real", "bell", "cancel", "not finite"),
    "dtype": ("float64", "float32", "16-bit float", "integer", "complex"),
    "layout": ("contiguous", "a view"),
}
"""Every attribute with the values that it can have."""


def features(case: Case) -> dict[str, str]:
    """The attribute values of a case; attributes that its operation does not have are left out.

    Examples
    --------
    >>> features(Case.parse("conv2d:x=1x4x7x5,w=2x4x3x2,stride=2x1,f64"))["stride"]
    'mixed'
    """
    found = {"values": _values(case), "dtype": _dtype(case), "layout": "a view" if case.layouts else "contiguous"}
    if case.operation.chapter == "signal":
        return found
    x = case.shapes["x"]
    found["extents"] = "all equal" if len(set(x[1:])) == 1 else "different"
    found["batch"] = {0: "0", 1: "1"}.get(x[0], "more")
    found["channels"] = "multiple of 4" if x[1] % 4 == 0 else "tail"
    if "stride" in case.options:
        found |= _windowed(case)
    if "groups" in case.options:
        found["groups"] = _groups(case)
    if "b" in case.operation.optional:
        found["bias"] = ("zero" if case.data.get("b") == ("0",) else "some") if "b" in case.shapes else "none"
    if "output_padding" in case.options:
        pairs = list(zip(case.options["output_padding"], case.options["stride"], strict=True))
        found["output_padding"] = (
            "at least the stride" if any(e >= s for e, s in pairs) else "some" if any(e for e, _ in pairs) else "0"
        )
    if "count_include_pad" in case.options:
        found["count_include_pad"] = "on" if case.options["count_include_pad"] else "off"
    return found


def axes_of(case: Case) -> list[tuple[int, Window]]:
    """Extent and window of every spatial axis of a windowed operation."""
    o = case.options
    kernels = o["kernel_size"] if "kernel_size" in o else case.shapes["w"][2:]
    dilations = o.get("dilation", (1,) * case.rank)
    columns = zip(case.shapes["x"][2:], kernels, o["stride"], dilations, o["padding"], strict=True)
    return [(n, Window(k, s, d, lo, hi)) for n, k, s, d, (lo, hi) in columns]


def _windowed(case: Case) -> dict[str, str]:
    axes = axes_of(case)
    strides = {w.stride > 1 for _, w in axes}
    kernels = {"all 1" if w.kernel == 1 else "odd" if w.kernel % 2 else "even" for _, w in axes}
    found = {
        "stride": "mixed" if len(strides) > 1 else "above 1" if True in strides else "1",
        "remainder": "some" if any(w.remainder(n) for n, w in axes) else "none",
        "kernel": kernels.pop() if len(kernels) == 1 else "mixed",
        "kernel against stride": "smaller" if any(w.kernel < w.stride for _, w in axes) else "not smaller",
        "dilation": "above 1" if any(w.dilation > 1 for _, w in axes) else "1",
        "padding": _padding(case, axes),
    }
    if "ceil_mode" in case.options:
        overhang = case.options["ceil_mode"] and any(w.count(n, ceil_mode=True) > w.count(n) for n, w in axes)
        found["ceil_mode"] = "overhang" if overhang else "on" if case.options["ceil_mode"] else "off"
    if "dilation" not in case.options:
        del found["dilation"]
    return found


def _padding(case: Case, axes: list[tuple[int, Window]]) -> str:
    kind = padding_kind(case.options["padding"])
    if kind in ("none", "negative"):
        return kind
    if any(w.span > 1 and max(w.lo, w.hi) >= w.span for _, w in axes):
        return "whole window"
    if kind == "asymmetric":
        for upper in (True, False):
            if all((w.lo, w.hi) == same_pads(n, w.kernel, w.stride, w.dilation, upper=upper) for n, w in axes):
                return "same_upper" if upper else "same_lower"
    return kind


def _groups(case: Case) -> str:
    groups, channels = case.options["groups"], case.shapes["x"][1]
    if groups == 1:
        return "1"
    if groups < channels:
        return "some"
    outputs = case.shapes["w"][1] if case.operation.transposed else case.shapes["w"][0] // groups
    return "depthwise" if outputs == 1 else "depthwise with multiplier"


def _values(case: Case) -> str:
    kind = split(case.fill)[0]
    return "not finite" if case.pokes else kind if kind in ATTRIBUTES["values"] else "ints"


def _dtype(case: Case) -> str:
    kinds = {"float16": "16-bit float", "bfloat16": "16-bit float", "float32": "float32", "float64": "float64"}
    return kinds.get(case.dtype, "complex" if case.dtype.startswith("complex") else "integer")


def _has(**wanted: tuple[str, ...]) -> Callable[[Case, dict[str, str]], bool]:
    names = {name.replace("_against_", " against "): values for name, values in wanted.items()}
    return lambda case, found: all(found.get(name) in values for name, values in names.items())


def _gradient(case: Case, found: dict[str, str]) -> bool:
    return case.op.endswith("_grad")


STRIDED = ("above 1", "mixed")
GROUPED = ("some", "depthwise", "depthwise with multiplier")

CELLS: dict[str, Callable[[Case, dict[str, str]], bool]] = {
    "stride × groups × gradient": lambda c, f: _gradient(c, f) and _has(stride=STRIDED, groups=GROUPED)(c, f),
    "dilation × low padding × max pooling": lambda c, f: (
        c.op.startswith("max_pool") and f["dilation"] == "above 1" and any(lo for lo, _ in c.options["padding"])
    ),
    "ceil × asymmetric padding × count_include_pad": _has(
        ceil_mode=("overhang",), padding=("asymmetric", "same_upper", "same_lower"), count_include_pad=("on",)
    ),
    "kernel < stride × same × gradient": lambda c, f: (
        _gradient(c, f) and _has(kernel_against_stride=("smaller",), padding=("none", "same_upper", "same_lower"))(c, f)
    ),
    "output_padding × dilation × stride 1": _has(output_padding=("at least the stride",), dilation=("above 1",)),
    "1×1 × stride × gradient": lambda c, f: _gradient(c, f) and _has(kernel=("all 1",), stride=STRIDED)(c, f),
    "depthwise × multiplier × dilation": _has(groups=("depthwise with multiplier",), dilation=("above 1",)),
    "channel tail × 1×1": _has(channels=("tail",), kernel=("all 1",)),
    "same × stride × even extent": lambda c, f: (
        _has(padding=("same_upper", "same_lower"), stride=STRIDED)(c, f) and c.shapes["x"][2] % 2 == 0
    ),
}
"""Three-way cells in which bugs were reported again and again."""


class Coverage:
    """Counts of attribute values, pairs and cells over the cases of a run.

    Examples
    --------
    >>> coverage = Coverage()
    >>> coverage.add(Case.parse("relu:x=1x1x3,f64"))
    >>> coverage.to_json()["values"]["dtype"]
    {'float64': 1}
    """

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], int] = {}
        self.pairs: dict[tuple[tuple[str, str], tuple[str, str]], int] = {}
        self.cells: dict[str, int] = dict.fromkeys(CELLS, 0)
        self.work = 0

    def add(self, case: Case) -> None:
        """Count one case."""
        found = features(case)
        items = [(name, found[name]) for name in ATTRIBUTES if name in found]
        for item in items:
            self.values[item] = self.values.get(item, 0) + 1
        for pair in combinations(items, 2):
            self.pairs[pair] = self.pairs.get(pair, 0) + 1
        for name, visits in CELLS.items():
            self.cells[name] += visits(case, found)
        self.work += prod(case.output_shape)

    def join(self, other: Coverage) -> None:
        """Count the cases of another one too."""
        _add(self.values, other.values)
        _add(self.pairs, other.pairs)
        _add(self.cells, other.cells)
        self.work += other.work

    def counts(self) -> list[Any]:
        """Everything that is counted, as JSON has it."""
        pairs = [[*one, *other, count] for (one, other), count in self.pairs.items()]
        return [[[*item, count] for item, count in self.values.items()], pairs, dict(self.cells), self.work]

    @classmethod
    def from_counts(cls, counts: list[Any]) -> Coverage:
        """The inverse of :meth:`counts`."""
        read = cls()
        read.values = {(name, value): count for name, value, count in counts[0]}
        read.pairs = {((a, b), (c, d)): count for a, b, c, d, count in counts[1]}
        read.cells |= counts[2]
        read.work = counts[3]
        return read

    def to_json(self) -> dict[str, object]:
        """Counts by attribute value, pairs seen of all pairs, and counts by cell."""
        by_attribute: dict[str, dict[str, int]] = {}
        for name, values in ATTRIBUTES.items():
            counts = {value: self.values[name, value] for value in values if (name, value) in self.values}
            if counts:
                by_attribute[name] = counts
        possible = sum(len(ATTRIBUTES[a]) * len(ATTRIBUTES[b]) for a, b in combinations(by_attribute, 2))
        return {"values": by_attribute, "pairs": {"seen": len(self.pairs), "of": possible}, "cells": dict(self.cells)}


def whole(parts: Iterable[Coverage]) -> Coverage:
    """The counts of several together."""
    joined = Coverage()
    for part in parts:
        joined.join(part)
    return joined


def _add(mine: dict[T, int], theirs: dict[T, int]) -> None:
    for key, count in theirs.items():
        mine[key] = mine.get(key, 0) + count
