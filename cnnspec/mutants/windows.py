"""Faults of the pooling window where it meets the border."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant
from cnnspec.mutants.plain_pooling import overhanging, pooled, usual

MAXIMA = ("max_pool", "max_pool_with_indices")
POOLS = ("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")


@mutant(POOLS, "a low pad", lambda c: any(a.lo for a in c.axes), literal=True)
def window_moved_to_first_element(c: Call) -> Any:
    """A window that begins in the low padding is moved to the first element, whole."""
    return pooled(c, [t - np.minimum(t[:, :1], 0) for t in usual(c)])


@mutant(POOLS, "ceil_mode with an overhanging window", overhanging, literal=True)
def overhanging_window_moved_back(c: Call) -> Any:
    """The last window is moved back until it fits."""
    rows = zip(usual(c), c.axes, c.extents, strict=True)
    return pooled(c, [t - np.maximum(t[:, -1:] - (n + a.hi - 1), 0) for t, a, n in rows])


@mutant(POOLS, "ceil_mode with an overhanging window", overhanging, literal=True)
def overhanging_window_has_one_tap(c: Call) -> Any:
    """An overhanging window has a single tap."""
    rows = zip(usual(c), c.axes, c.extents, strict=True)
    return pooled(c, [np.where((t >= n + a.hi).any(axis=1, keepdims=True), t[:, :1], t) for t, a, n in rows])


@mutant(
    POOLS,
    "a window that reaches the last element or beyond",
    lambda c: any((t >= n - 1).any() for t, n in zip(usual(c), c.extents, strict=True)) and max(c.extents) > 1,
    literal=True,
)
def last_element_never_read(c: Call) -> Any:
    """A window may not end beyond the input: its end is cut off one element too early."""
    rows = zip(usual(c), c.extents, strict=True)
    return pooled(c, [np.where((t == n - 1) & (n > 1), -(10**6), t) for t, n in rows])


@mutant(POOLS, "ceil_mode with an overhanging window", overhanging, literal=True)
def ceil_mode_shifts_windows(c: Call) -> Any:
    """With ceil_mode the windows start earlier, so that the overhang is shared out."""
    rows = zip(usual(c), c.axes, c.extents, strict=True)
    return pooled(c, [t - -(-np.maximum(t.max() + 1 - n - a.hi, 0) // 2) for t, a, n in rows])


@mutant(MAXIMA, "windows of more than one tap", lambda c: prod(c.kernel) > 1, literal=True)
def max_reads_first_tap_only(c: Call) -> Any:
    """Every window gives its first tap."""
    return pooled(
        c, [np.where((t >= 0).any(axis=1, keepdims=True), np.maximum(t[:, :1], 0), t[:, :1]) for t in usual(c)]
    )
