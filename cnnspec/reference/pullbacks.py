"""What the windows of a pooling give back to their taps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.errors import ShapeError
from cnnspec.reference import windows
from cnnspec.reference.arithmetic import rounded
from cnnspec.reference.unpooling import scatter

if TYPE_CHECKING:
    from cnnspec.typing import Array


def check_cotangent(g: Array, x: Array, axes: Sequence[windows.Axis]) -> None:
    """Raise :class:`ShapeError` unless the cotangent has the output's shape."""
    output = (*x.shape[:2], *(axis.count for axis in axes))
    if g.shape != output:
        raise ShapeError(f"grad_output must have the shape {output} of the output, got {g.shape} (GRAD-1)")


def to_first_maximum(g: Array, x: Array, axes: Sequence[windows.Axis]) -> Array:
    """Every window's cotangent, added at its first maximal tap."""
    check_cotangent(g, x, axes)
    return scatter(g, windows.first_maximum(x, axes)[1], x)


def evenly(g: Array, x: Array, axes: Sequence[windows.Axis], divisors: Array | int) -> Array:
    """Every window's cotangent over its divisor, added at each of its taps."""
    check_cotangent(g, x, axes)
    return rounded(windows.spread(g.astype(np.float64) / divisors, axes), x.dtype)
