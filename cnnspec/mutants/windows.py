"""Faults of the pooling window where it meets the border."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant
from cnnspec.mutants.plain_pooling import overhanging, pooled, usual

POOLS = ("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")


@mutant(POOLS, "a window that begins in the low padding is moved to the first element, whole", "a low pad",
        lambda c: any(a.lo for a in c.axes), literal=True)  # fmt: skip
def window_moved_to_first_element(c: Call) -> Any:
    return pooled(c, [t - np.minimum(t[:, :1], 0) for t in usual(c)])


@mutant(POOLS, "the last window is moved back until it fits", "ceil_mode with an overhanging window", overhanging, literal=True)
def overhanging_window_moved_back(c: Call) -> Any:
    rows = zip(usual(c), c.axes, c.extents, strict=True)
    return pooled(c, [t - np.maximum(t[:, -1:] - (n + a.hi - 1), 0) for t, a, n in rows])


@mutant(POOLS, "an overhanging window has a single tap", "ceil_mode with an overhanging window", overhanging, literal=True)
def overhanging_window_has_one_tap(c: Call) -> Any:
    rows = zip(usual(c), c.axes, c.extents, strict=True)
    return pooled(c, [np.where((t >= n + a.hi).any(axis=1, keepdims=True), t[:, :1], t) for t, a, n in rows])


@mutant(POOLS, "a window may not end beyond the input: its end is cut off one element too early", "a window that reaches the last element or beyond",
        lambda c: any((t >= n - 1).any() for t, n in zip(usual(c), c.extents, strict=True)) and max(c.extents) > 1, literal=True)  # fmt: skip
def last_element_never_read(c: Call) -> Any:
    rows = zip(usual(c), c.extents, strict=True)
    return pooled(c, [np.where((t == n - 1) & (n > 1), -(10**6), t) for t, n in rows])
