"""Literal pooling over tables of taps; see :mod:`cnnspec.mutants.plain`.

A window that holds no real tap, which the reference refuses, gives the least number (or 0 over 0) here: a faulty shape
leads there, and a faulty implementation computes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.mutants.plain import Tables, carried, inside, places, read, spread, tables
from cnnspec.reference.arithmetic import rounded

if TYPE_CHECKING:
    from cnnspec.mutants.call import Call
    from cnnspec.typing import Array


def least(dtype: np.dtype[Any]) -> Any:
    """The least number of a dtype, which stands for a tap that is not there."""
    return -np.inf if dtype.kind not in "iu" else np.iinfo(dtype).min


def pooled(call: Call, at: Tables, fill: Any = None) -> Any:
    """The pooling of ``call`` over another table of taps; ``fill`` is what a maximum sees where a tap is not real."""
    if call.op == "avg_pool":
        return averages(call, at, divisors(call, at))
    return norms(call, at) if call.op == "lp_pool" else maxima(call, at, fill)


def maxima(call: Call, at: Tables, fill: Any = None) -> Any:
    """The maximum of every window, and the index of its first real tap that holds it where the operation returns it."""
    flat, real = places(at, call.extents)
    v = read(call.x, at, least(call.x.dtype) if fill is None else fill)
    y = np.max(v, axis=-1)
    if len(call.operation.returns) == 1:
        return shaped(call, y, at)
    first = np.argmax(((v == y[..., None]) | (v != v)) & real, axis=-1)  # noqa: PLR0124  NaN is what differs from itself
    index = np.take_along_axis(np.broadcast_to(flat, v.shape), first[..., None], -1)[..., 0]
    return shaped(call, y, at), shaped(call, np.clip(index, 0, None), at)


def averages(call: Call, at: Tables, divisor: Any) -> Array:
    """The sum of the real taps of every window over ``divisor``, of shape (prod m,) or a number."""
    with np.errstate(all="ignore"):
        return rounded(shaped(call, sums(call.x, at) / divisor, at), call.x.dtype)


def sums(x: Array, at: Tables) -> Array:
    """The sum of the real taps of every window, (N, C, prod m)."""
    return np.asarray(read(carried(x), at).sum(axis=-1))


def norms(call: Call, at: Tables, root: float | None = None) -> Array:
    """The p-norm of every window, with another ``root`` where one is given."""
    v = np.abs(read(carried(call.x), at))
    with np.errstate(all="ignore"):
        y = v.max(axis=-1) if math.isinf(call.p) else (v**call.p).sum(axis=-1) ** (1 / call.p if root is None else root)
        return rounded(shaped(call, y, at), call.x.dtype)


def divisors(call: Call, at: Tables) -> Array:
    """The number of taps that an average counts in every window, (prod m,)."""
    return np.asarray((counted(call, at) if call.count_include_pad else inside(at, whole(call))).sum(axis=-1))


def counted(call: Call, at: Tables) -> Array:
    """Whether every tap is real or padding, (prod m, prod k)."""
    return inside(at, [(-lo, n + hi) for n, (lo, hi) in zip(call.extents, call.padding, strict=True)])


def whole(call: Call) -> list[tuple[int, int]]:
    """The bounds of the input on every axis."""
    return [(0, n) for n in call.extents]


def shaped(call: Call, y: Array, at: Tables) -> Array:
    """(N, C, prod m) -> (N, C, *m), C-contiguous."""
    assert y.shape[2] == prod(t.shape[0] for t in at)
    return np.ascontiguousarray(y).reshape(*y.shape[:2], *(t.shape[0] for t in at))


def handed_back(call: Call, share: Array, *, overwrite: bool = False, at: Tables | None = None) -> Any:
    """Every tap of a window gets its ``share`` (N, C, prod m, prod k) of the window's cotangent."""
    flat, real = places(at or usual(call), call.extents)
    g = carried(call.grad_output).reshape(*call.grad_output.shape[:2], prod(call.counts), 1)
    with np.errstate(all="ignore"):
        v = np.where(share != 0, g * share, g.dtype.type(0))
        return rounded(spread(v, flat, real, call.extents, overwrite=overwrite), call.x.dtype)


def returned(call: Call) -> Iterator[tuple[Any, Array]]:
    """What a maximum hands back, tap by tap: to which part of the flat plane, and the cotangents."""
    flat, real = places(usual(call), call.extents)
    v = np.where(first(hits(call)), carried(call.grad_output).reshape(*call.x.shape[:2], prod(call.counts), 1), 0)
    for j in range(real.shape[1]):
        yield flat[real[:, j], j], v[:, :, real[:, j], j]


def hits(call: Call, fill: Any = None) -> Array:
    """Which real taps hold the maximum of their window, (N, C, prod m, prod k); ``fill`` stands for the padding."""
    v = read(call.x, usual(call), least(call.x.dtype) if fill is None else fill)
    most = np.max(v, axis=-1, keepdims=True)
    real = inside(usual(call), whole(call))
    return np.asarray(((v == most) | (v != v)) & real)  # noqa: PLR0124  NaN is what differs from itself


def first(chosen: Array) -> Array:
    """The first tap of every window among those chosen, as 1 and 0."""
    return np.asarray(chosen & (np.cumsum(chosen, axis=-1) == 1))


def usual(call: Call) -> list[Array]:
    """The tables of the right windows."""
    return tables(call.axes, call.counts)


def overhanging(call: Call) -> bool:
    """Whether a window holds a tap beyond the padding."""
    return not counted(call, usual(call)).all()


def floating(call: Call) -> bool:
    """Whether the numbers are floating-point."""
    return "float" in call.dtype
