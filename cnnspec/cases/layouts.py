"""Memory layouts: the same logical values, stored in another way.

A function of arrays is a function of their values.  Each layout here is a view that NumPy users make every day; an
implementation that reads the base buffer instead of the view gives a wrong answer on one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cnnspec.typing import Array


def _contiguous(a: Array) -> Array:
    return np.ascontiguousarray(a)


def _fortran(a: Array) -> Array:
    return np.asfortranarray(a)


def _channels_last(a: Array) -> Array:
    return a if a.ndim < 2 else np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 1, -1)), -1, 1)


def _transposed(a: Array) -> Array:
    return a if a.ndim < 2 else np.ascontiguousarray(np.swapaxes(a, -1, -2)).swapaxes(-1, -2)


def _stepped(a: Array) -> Array:
    base = np.full((*a.shape[:-1], 2 * a.shape[-1]), _noise(a), a.dtype)
    base[..., ::2] = a
    return base[..., ::2]


def _reversed(a: Array) -> Array:
    return np.ascontiguousarray(np.flip(a))[(slice(None, None, -1),) * a.ndim]


def _offset(a: Array) -> Array:
    base = np.full(a.size + 3, _noise(a), a.dtype)
    base[3:] = a.ravel()
    return base[3:].reshape(a.shape)


def _broadcast(a: Array) -> Array:
    return np.broadcast_to(np.ascontiguousarray(a[:1]), a.shape)


def _read_only(a: Array) -> Array:
    a = np.ascontiguousarray(a)
    a.flags.writeable = False
    return a


def _noise(a: Array) -> float:
    """A value between the view's elements that shows when it is read."""
    return 77 if a.dtype.kind in "iu" else 1e3


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "C": _contiguous, "F": _fortran, "last": _channels_last, "T": _transposed, "step": _stepped,
    "rev": _reversed, "offset": _offset, "zero": _broadcast, "ro": _read_only,
}  # fmt: skip
"""Every layout by its name in a case: contiguous, Fortran, channels last, last two axes swapped in memory, every second
element, all axes reversed, offset into a larger buffer, stride 0 on the first axis, read-only."""
