"""Faults of the padding function: one mode for another, maps that are not total, corners, constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.geometry import source_index
from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import When, mutant, rewrite
from cnnspec.mutants.plain import along

PAD = ("pad",)


def mode(*words: str) -> When:
    """When there is padding, in one of these modes."""
    return lambda c: c.mode in words and any(p > 0 for pair in c.padding for p in pair)


def mapped(c: Call, source: Any) -> Any:
    """The input over the index map ``source(t, n)``."""
    axes = zip(c.padding, c.extents, strict=True)
    return np.array(c.x[:, :, *np.ix_(*([source(t, n) for t in range(-lo, n + hi)] for (lo, hi), n in axes))])


@rewrite(PAD, "pads that differ between axes")
def pads_read_in_torch_order(c: Call) -> dict[str, Any]:
    """Pads are read from the last axis to the first, as torch's flat list has them."""
    return {"padding": c.padding[::-1]}


@mutant(PAD, "mode circular with a pad of 0", lambda c: c.mode == "circular" and any(hi == 0 for _, hi in c.padding))
def circular_zero_pad_drops_all(c: Call) -> Any:
    """The padding is cut off again with y[lo:-hi], and -0 leaves nothing."""
    return c.copy()[:, :, *(slice(0, None if hi else 0) for _, hi in c.padding)]


@mutant(PAD, "minus infinity as the constant", lambda c: c.value == -np.inf and c.dtype != "float64")
def minus_infinity_promotes(c: Call) -> Any:
    """A constant of minus infinity makes the result float64."""
    return c().astype(np.float64)


@rewrite(PAD, "mode reflect")
def reflect_repeats_the_edge(c: Call) -> dict[str, Any]:
    """Reflect repeats the edge, as symmetric does."""
    return {"mode": "symmetric" if c.mode == "reflect" else c.mode}


@rewrite(PAD, "mode symmetric")
def symmetric_leaves_out_the_edge(c: Call) -> dict[str, Any]:
    """Symmetric leaves the edge out, as reflect does."""
    return {"mode": "reflect" if c.mode == "symmetric" else c.mode}


@rewrite(PAD, "mode replicate")
def replicate_mirrors(c: Call) -> dict[str, Any]:
    """Replicate mirrors the input."""
    return {"mode": "symmetric" if c.mode == "replicate" else c.mode}


@rewrite(PAD, "mode circular")
def circular_is_replicate(c: Call) -> dict[str, Any]:
    """Circular repeats the edge."""
    return {"mode": "replicate" if c.mode == "circular" else c.mode}


@rewrite(PAD, "a mode other than constant")
def pad_mode_ignored(c: Call) -> dict[str, Any]:
    """The mode is ignored: the padding is constant."""
    return {"mode": "constant"}


@rewrite(PAD, "a constant other than 0")
def pad_value_ignored(c: Call) -> dict[str, Any]:
    """The constant is ignored: the padding is zero."""
    return {"value": 0}


@rewrite(PAD, "a constant other than 0")
def pad_value_negated(c: Call) -> dict[str, Any]:
    """The constant is negated."""
    return {"value": 0 - c.value if c.value and c.dtype[0] != "u" else c.value}


@mutant(
    PAD,
    "a constant other than 0 and a high pad",
    lambda c: c.mode == "constant" and c.value != 0 and any(hi > 0 for _, hi in c.padding),
)
def pad_value_on_low_side_alone(c: Call) -> Any:
    """The constant fills the low side alone; the high side is zero."""
    y = c.copy()
    for axis, (_, hi) in enumerate(c.padding, start=2):
        if hi > 0:
            y[along(axis, slice(y.shape[axis] - hi, None))] = 0
    return y


@mutant(
    PAD,
    "mode reflect with pads of the extent or more",
    lambda c: c.mode == "reflect" and any(max(pair) >= n for pair, n in zip(c.padding, c.extents, strict=True)),
)
def reflect_once(c: Call) -> Any:
    """Reflect goes back and forth once: beyond that the edge is repeated."""
    return mapped(c, lambda t, n: min(max(-t if t < 0 else 2 * (n - 1) - t if t >= n else t, 0), n - 1))


@mutant(
    PAD,
    "mode circular with pads above the extent",
    lambda c: c.mode == "circular" and any(max(pair) > n for pair, n in zip(c.padding, c.extents, strict=True)),
)
def circular_once(c: Call) -> Any:
    """Circular goes around once: beyond that the edge is repeated."""
    return mapped(c, lambda t, n: min(max(t + n if t < 0 else t - n if t >= n else t, 0), n - 1))


@mutant(PAD, "mode circular", mode("circular"))
def circular_from_same_side(c: Call) -> Any:
    """Circular takes the padding from the same side."""
    return mapped(c, lambda t, n: (-t - 1) % n if t < 0 else (2 * n - 1 - t) % n if t >= n else t)


@mutant(
    PAD,
    "pads on two axes or more, in a mode other than constant",
    lambda c: c.mode != "constant" and sum(any(p > 0 for p in pair) for pair in c.padding) > 1,
)
def corners_left_zero(c: Call) -> Any:
    """Axes are padded one by one from the input: the corners stay zero."""
    y, outside = c.copy(), np.zeros((), int)
    for (lo, hi), n in zip(c.padding, c.extents, strict=True):
        t = np.arange(-lo, n + hi)
        outside = np.add.outer(outside, ((t < 0) | (t >= n)).astype(int))
    return np.where(outside > 1, y.dtype.type(0), y)


@mutant(PAD, "mode reflect on an axis of extent 1", lambda c: mode("reflect")(c) and 1 in c.extents)
def reflect_of_one_is_zero(c: Call) -> Any:
    """An axis of extent 1 has nothing to reflect, and is padded with zeros."""
    y = c.copy()
    for axis, ((lo, _), n) in enumerate(zip(c.padding, c.extents, strict=True), start=2):
        if n == 1:
            away = [i for i in range(y.shape[axis]) if i != lo]
            y[along(axis, away)] = 0
    return y


@rewrite(PAD, "pads before the last axis")
def only_last_axis_padded(c: Call) -> dict[str, Any]:
    """Only the last axis is padded."""
    return {"padding": (*((0, 0),) * (c.rank - 1), c.padding[-1])}


@mutant(PAD, "mode reflect and a high pad", lambda c: c.mode == "reflect" and any(hi > 0 for _, hi in c.padding))
def reflect_late_on_high_side(c: Call) -> Any:
    """Reflect starts one element late on the high side."""
    return mapped(c, lambda t, n: source_index(t + 1 if t >= n else t, n, "reflect"))
