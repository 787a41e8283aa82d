"""Faults of the padding function: one mode for another, maps that are not total, corners, constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.geometry import source_index
from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import When, mutant, rewrite

PAD = ("pad",)


def mode(*words: str) -> When:
    """When there is padding, in one of these modes."""
    return lambda c: c.mode in words and any(p > 0 for pair in c.padding for p in pair)


def mapped(c: Call, source: Any) -> Any:
    """The input over the index map ``source(t, n)``."""
    axes = zip(c.padding, c.extents, strict=True)
    return np.array(c.x[:, :, *np.ix_(*([source(t, n) for t in range(-lo, n + hi)] for (lo, hi), n in axes))])


@rewrite(PAD, "reflect repeats the edge, as symmetric does", "mode reflect")
def reflect_repeats_the_edge(c: Call) -> dict[str, Any]:
    return {"mode": "symmetric" if c.mode == "reflect" else c.mode}


@rewrite(PAD, "symmetric leaves the edge out, as reflect does", "mode symmetric")
def symmetric_leaves_out_the_edge(c: Call) -> dict[str, Any]:
    return {"mode": "reflect" if c.mode == "symmetric" else c.mode}


@rewrite(PAD, "replicate mirrors the input", "mode replicate")
def replicate_mirrors(c: Call) -> dict[str, Any]:
    return {"mode": "symmetric" if c.mode == "replicate" else c.mode}


@rewrite(PAD, "circular repeats the edge", "mode circular")
def circular_repeats_the_edge(c: Call) -> dict[str, Any]:
    return {"mode": "replicate" if c.mode == "circular" else c.mode}


@rewrite(PAD, "the mode is ignored: the padding is constant", "a mode other than constant")
def pad_mode_ignored(c: Call) -> dict[str, Any]:
    return {"mode": "constant"}


@rewrite(PAD, "the constant is ignored: the padding is zero", "a constant other than 0")
def pad_value_ignored(c: Call) -> dict[str, Any]:
    return {"value": 0}


@rewrite(PAD, "the constant is negated", "a constant other than 0")
def pad_value_negated(c: Call) -> dict[str, Any]:
    return {"value": 0 - c.value if c.value and c.dtype[0] != "u" else c.value}


@mutant(PAD, "the constant fills the low side alone; the high side is zero", "a constant other than 0 and a high pad",
        lambda c: c.mode == "constant" and c.value != 0 and any(hi > 0 for _, hi in c.padding))  # fmt: skip
def pad_value_on_low_side_alone(c: Call) -> Any:
    y = c.copy()
    for axis, (_, hi) in enumerate(c.padding, start=2):
        if hi > 0:
            y[(*(slice(None),) * axis, slice(y.shape[axis] - hi, None))] = 0
    return y


@mutant(PAD, "reflect goes back and forth once: beyond that the edge is repeated", "mode reflect with pads of the extent or more",
        lambda c: c.mode == "reflect" and any(max(pair) >= n for pair, n in zip(c.padding, c.extents, strict=True)))  # fmt: skip
def reflect_once(c: Call) -> Any:
    return mapped(c, lambda t, n: min(max(-t if t < 0 else 2 * (n - 1) - t if t >= n else t, 0), n - 1))


@mutant(PAD, "circular goes around once: beyond that the edge is repeated", "mode circular with pads above the extent",
        lambda c: c.mode == "circular" and any(max(pair) > n for pair, n in zip(c.padding, c.extents, strict=True)))  # fmt: skip
def circular_once(c: Call) -> Any:
    return mapped(c, lambda t, n: min(max(t + n if t < 0 else t - n if t >= n else t, 0), n - 1))


@mutant(PAD, "circular takes the padding from the same side", "mode circular", mode("circular"))
def circular_from_same_side(c: Call) -> Any:
    return mapped(c, lambda t, n: (-t - 1) % n if t < 0 else (2 * n - 1 - t) % n if t >= n else t)


@mutant(PAD, "axes are padded one by one from the input: the corners stay zero", "pads on two axes or more, in a mode other than constant",
        lambda c: c.mode != "constant" and sum(any(p > 0 for p in pair) for pair in c.padding) > 1)  # fmt: skip
def corners_stay_zero(c: Call) -> Any:
    y, outside = c.copy(), np.zeros((), int)
    for (lo, hi), n in zip(c.padding, c.extents, strict=True):
        t = np.arange(-lo, n + hi)
        outside = np.add.outer(outside, ((t < 0) | (t >= n)).astype(int))
    return np.where(outside > 1, y.dtype.type(0), y)


@mutant(PAD, "an axis of extent 1 has nothing to reflect, and is padded with zeros", "mode reflect on an axis of extent 1",
        lambda c: mode("reflect")(c) and 1 in c.extents)  # fmt: skip
def reflect_of_one_is_zero(c: Call) -> Any:
    y = c.copy()
    for axis, ((lo, _), n) in enumerate(zip(c.padding, c.extents, strict=True), start=2):
        if n == 1:
            away = [i for i in range(y.shape[axis]) if i != lo]
            y[(*(slice(None),) * axis, away)] = 0
    return y


@rewrite(PAD, "only the last axis is padded", "pads before the last axis")
def only_last_axis_padded(c: Call) -> dict[str, Any]:
    return {"padding": (*((0, 0),) * (c.rank - 1), c.padding[-1])}


@mutant(PAD, "reflect starts one element late on the high side", "mode reflect and a high pad",
        lambda c: c.mode == "reflect" and any(hi > 0 for _, hi in c.padding))  # fmt: skip
def reflect_late_on_high_side(c: Call) -> Any:
    return mapped(c, lambda t, n: source_index(t + 1 if t >= n else t, n, "reflect"))
