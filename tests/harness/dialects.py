"""Correct implementations that choose otherwise where the field disagrees, in every operation that the choice is of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from cnnspec.adapters.builtin import reference
from cnnspec.geometry import Window
from cnnspec.numerics.precision import FORMATS
from cnnspec.operations import find

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]
Maker = Callable[[str], Function]

RIGHT = reference().functions


def named(*operations: str) -> tuple[str, ...]:
    """The spelled names of rank-free ones."""
    return tuple(name for name in RIGHT if find(name)[0].name in operations)


MAXIMA = named("max_pool", "max_pool_with_indices", "adaptive_max_pool", "global_max_pool")
GRADIENTS = named("max_pool_input_grad", "adaptive_max_pool_input_grad", "global_max_pool_input_grad")


def of_values(change: Callable[[Array], Array], op: str) -> Function:
    """The right function with its first result changed, where that holds floats."""

    def function(x: Array, **options: Any) -> Any:
        made = RIGHT[op](x, **options)
        if x.dtype.name not in FORMATS:
            return made
        return (change(made[0]), *made[1:]) if isinstance(made, tuple) else change(made)

    return function


def without_nan(op: str, nothing: float) -> Function:
    """A maximum of what is a number, and ``nothing`` where nothing is."""

    def function(x: Array, **options: Any) -> Any:
        if x.dtype.name not in FORMATS:
            return RIGHT[op](x, **options)
        gaps = np.isnan(x.astype(float))
        some = RIGHT[op.replace("_with_indices", "")](np.where(gaps, 0.0, 1.0), **options) > 0
        return of_values(lambda y: np.where(some, y, np.asarray(nothing, y.dtype)), op)(
            np.where(gaps, np.asarray(-np.inf, x.dtype), x), **options
        )

    return function


def at_least_lowest(op: str) -> Function:
    """A search that starts at the lowest finite number."""
    return of_values(lambda y: np.maximum(y, np.asarray(-FORMATS[y.dtype.name].largest, y.dtype)), op)


def counting(through: str) -> Maker:
    """Indices of another count."""

    def maker(op: str) -> Function:
        def function(x: Array, **options: Any) -> Any:
            y, index = RIGHT[op](x, **options)
            n, c = np.indices(index.shape, sparse=True)[:2]
            channels, plane = x.shape[1], prod(x.shape[2:])
            return y, index + (n * channels + c) * plane if through == "tensor" else index * channels + c

        return function

    return maker


def windows(op: str, extents: tuple[int, ...], options: dict[str, Any]) -> tuple[list[list[int]], tuple[int, ...]]:
    """The flat indices of every window, row by row, and how many windows each axis has."""
    each: list[list[Any]] = []
    for a, n in enumerate(extents):
        if "kernel_size" in options:
            pads, dilation = (options.get(name, [one] * 9)[a] for name, one in (("padding", (0, 0)), ("dilation", 1)))
            window = Window(options["kernel_size"][a], options["stride"][a], dilation, *pads)
            count = window.count(n, ceil_mode=options.get("ceil_mode", False))
            each.append([[t for t in window.taps(i) if 0 <= t < n] for i in range(count)])
        else:
            m = options["output_size"][a] if "output_size" in options else 1
            each.append([range(i * n // m, -(-(i + 1) * n // m)) for i in range(m)])
    taps = [[int(np.ravel_multi_index(t, extents)) for t in product(*window)] for window in product(*each)]
    return taps, tuple(map(len, each))


def planes(x: Array) -> Iterator[tuple[int, Array]]:
    """The planes of an array, flat, with their numbers."""
    yield from enumerate(x.reshape(prod(x.shape[:2]), prod(x.shape[2:])))


def sharing(ways: str) -> Maker:
    """The gradient of a maximum that treats ties otherwise."""

    def maker(op: str) -> Function:
        def function(g: Array, x: Array, **options: Any) -> Array:
            RIGHT[op](g, x, **options)  # refuses what is no call
            real = x.dtype.name in FORMATS
            found = np.zeros((prod(x.shape[:2]), prod(x.shape[2:])), float if real else int)
            taps, _ = windows(op, x.shape[2:], options)
            flat = g.reshape(len(found), len(taps)).astype(found.dtype)
            for plane, values in planes(x.astype(float) if real else x):
                for cotangent, window in zip(flat[plane], taps, strict=True):
                    seen = values[window]
                    hit = np.array(window)[np.isnan(seen) if np.isnan(seen).any() else seen == seen.max()]
                    hit = hit[-1:] if ways == "last" else hit
                    share = cotangent if ways != "split" else cotangent / len(hit) if real else cotangent // len(hit)
                    np.add.at(found[plane], hit, share)
            return found.reshape(x.shape).astype(x.dtype)

        return function

    return maker


def signed_powers(op: str) -> Function:
    """An Lp pooling that adds powers of the numbers as they are, for whole powers."""

    def function(x: Array, **options: Any) -> Array:
        p = options["p"]
        if not np.isfinite(x.astype(float)).all() or p % 1 or np.isinf(p):
            return RIGHT[op](x, **options)
        RIGHT[op](x, **options)
        taps, counts = windows(op, x.shape[2:], options)
        flat = x.reshape(*x.shape[:2], prod(x.shape[2:])).astype(float)
        with np.errstate(invalid="ignore"):
            y = np.stack([(flat[..., window] ** p).sum(-1) ** (1 / p) for window in taps], -1)
        return y.reshape(*x.shape[:2], *counts).astype(x.dtype)

    return function


def passing_over_zeros(op: str) -> Function:
    """A convolution in which a weight of 0 is no term, whatever it would meet."""

    def function(x: Array, w: Array, b: Array | None = None, **options: Any) -> Array:
        if x.dtype.name not in FORMATS or np.isfinite(x.astype(float)).all():
            return RIGHT[op](x, w, b, **options)
        wide, weights = x.astype(float), w.astype(float)

        def meets(one: Array, other: Array) -> Array:
            return RIGHT[op](one.astype(float), other.astype(float), **options) > 0

        up, down, gap = wide == np.inf, wide == -np.inf, np.isnan(wide)
        rising = meets(up, weights > 0) | meets(down, weights < 0)
        falling = meets(up, weights < 0) | meets(down, weights > 0)
        y = RIGHT[op](np.where(np.isfinite(wide), x, np.zeros((), x.dtype)), w, b, **options).astype(float)
        y = np.where(falling, -np.inf, np.where(rising, np.inf, y))
        return np.where(meets(gap, weights != 0) | (rising & falling), np.nan, y).astype(x.dtype)

    return function


def sharing_memory(op: str) -> Function:
    """What gives its input back where nothing is to be done."""

    def function(x: Array, **options: Any) -> Any:
        y = RIGHT[op](x, **options)
        return x if y.shape == x.shape and y.tobytes() == x.tobytes() else y

    return function


FOLLOWED: tuple[tuple[str, str, tuple[str, ...], Maker], ...] = (
    ("pool.max.nan", "ignore", MAXIMA, lambda op: without_nan(op, np.nan)),
    ("pool.max.nan", "ignore", MAXIMA, lambda op: without_nan(op, -np.inf)),
    ("pool.max.identity", "lowest", MAXIMA, at_least_lowest),
    ("pool.max.indices", "tensor", named("max_pool_with_indices"), counting("tensor")),
    ("pool.max.indices", "nhwc", named("max_pool_with_indices"), counting("nhwc")),
    *(("pool.max.grad_tie", ways, GRADIENTS, sharing(ways)) for ways in ("last", "split", "all")),
    ("pool.lp.abs", "no", named("lp_pool"), signed_powers),
    ("act.relu.nan", "zero", ("relu",), lambda op: lambda x: np.where(x > 0, x, np.zeros((), x.dtype))),
    ("num.nonfinite", "skip", named("conv"), passing_over_zeros),
    ("mem.output_alias", "yes", named("relu", "pad", "max_pool", "avg_pool"), sharing_memory),
)
"""Flag, value, operations, and what makes the function of each."""
