"""Literal sums over tables of taps: what a fault is built on that changed arguments cannot say.

A *table* holds the taps of one axis, (m, k): which element window $i$ reads with tap $j$.  A fault changes the table,
or what is done with the taps.  Sums are carried as the reference carries them, and rounded once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cnnspec.reference.arithmetic import rounded

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.mutants.call import Call
    from cnnspec.typing import Array, Shape

Tables: TypeAlias = "Sequence[Array]"


def along(axis: int, select: Any) -> Any:
    """The index that selects on one axis and takes the others whole."""
    return (*(slice(None),) * axis, select)


def tables(axes: Sequence[Window], counts: Shape) -> list[Array]:
    """The taps $s i + d j - p_{lo}$ of every window, one table (m, k) per axis."""
    return [
        np.arange(m)[:, None] * a.stride + np.arange(a.kernel) * a.dilation - a.lo
        for a, m in zip(axes, counts, strict=True)
    ]


def outer(parts: Tables, combine: Callable[[Array, Array], Array]) -> Array:
    """One table per axis, (m, k) each, combined into one of all windows and all taps, (prod m, prod k)."""
    spread = reduce(lambda a, b: combine(a[:, None, :, None], b[None, :, None, :]).reshape(
        a.shape[0] * b.shape[0], a.shape[1] * b.shape[1]), parts)  # fmt: skip
    return np.asarray(spread)


def places(at: Tables, extents: Shape) -> tuple[Array, Array]:
    """The flat position in the plane that every tap reads, and whether it is real, (prod m, prod k) each."""
    steps = [prod(extents[a + 1 :]) for a in range(len(extents))]
    flat = outer([t * step for t, step in zip(at, steps, strict=True)], np.add)
    return flat, inside(at, [(0, n) for n in extents])


def inside(at: Tables, bounds: Sequence[tuple[int, int]]) -> Array:
    """Whether every tap lies in [low, high) on all axes, (prod m, prod k)."""
    return outer([(t >= low) & (t < high) for t, (low, high) in zip(at, bounds, strict=True)], np.logical_and)


def read(x: Array, at: Tables, fill: Any = 0) -> Array:
    """What every tap reads, (N, C, *n) -> (N, C, prod m, prod k), with ``fill`` where it is not real."""
    flat, real = places(at, x.shape[2:])
    planes = x.reshape(*x.shape[:2], prod(x.shape[2:]))
    taps = np.full((*x.shape[:2], *real.shape), fill, x.dtype)
    taps[:, :, real] = planes[:, :, flat[real]]
    return taps


def carried(a: Array) -> Array:
    """``a`` in the dtype in which sums are carried: int64, float64 or complex128."""
    kinds = {"i": np.int64, "u": np.int64, "c": np.complex128}
    return a.astype(kinds.get(a.dtype.kind, np.float64))


def conv(x: Array, w: Array, at: Tables, groups: int) -> Array:
    """The layer over a table of taps, before the rounding, (N, O, *m)."""
    v = read(carried(x), at)  # (N, C, M, K)
    v = v.reshape(v.shape[0], groups, w.shape[1], *v.shape[2:])
    blocks = carried(w).reshape(groups, w.shape[0] // groups, w.shape[1], prod(w.shape[2:]))
    with np.errstate(all="ignore"):
        y = np.einsum("ngcmk,gqck->ngqm", v, blocks)
    return np.asarray(y.reshape(x.shape[0], w.shape[0], *(t.shape[0] for t in at)))


def scatter(g: Array, w: Array, at: Tables, extents: Shape, groups: int, *, overwrite: bool = False) -> Array:
    """The adjoint of :func:`conv`, before the rounding: (N, O, *m) -> (N, C, *n), added unless ``overwrite``."""
    n, o = g.shape[:2]
    flat, real = places(at, extents)
    blocks = carried(w).reshape(groups, o // groups, w.shape[1], prod(w.shape[2:]))
    with np.errstate(all="ignore"):
        v = np.einsum("ngqm,gqck->ngcmk", flat_groups(g, groups), blocks)
        return spread(v.reshape(n, groups * w.shape[1], *real.shape), flat, real, extents, overwrite=overwrite)


def flat_groups(g: Array, groups: int) -> Array:
    """The sums' dtype, blocks of channels and a flat plane: (N, O, *m) -> (N, g, O/g, prod m)."""
    return carried(g).reshape(g.shape[0], groups, g.shape[1] // groups, prod(g.shape[2:]))


def spread(v: Array, flat: Array, real: Array, extents: Shape, *, overwrite: bool = False) -> Array:
    """What every tap gives, (N, C, prod m, prod k), at the places of the plane: added, or the last one to come."""
    x = np.zeros((*v.shape[:2], prod(extents)), v.dtype)
    if overwrite:
        x[:, :, flat[real]] = v[:, :, real]
    else:
        np.add.at(x, np.s_[:, :, flat[real]], v[:, :, real])  # type: ignore[arg-type]  # any index will do
    return x.reshape(*v.shape[:2], *extents)


def contract(g: Array, x: Array, at: Tables, groups: int) -> Array:
    """The gradient of :func:`conv` with respect to its weights, before the rounding, (O, C/g, *k)."""
    n, o, c = g.shape[0], g.shape[1], x.shape[1] // groups
    v = read(carried(x), at).reshape(n, groups, c, prod(t.shape[0] for t in at), prod(t.shape[1] for t in at))
    with np.errstate(all="ignore"):
        w = np.einsum("ngqm,ngcmk->gqck", flat_groups(g, groups), v)
    return np.asarray(w.reshape(o, c, *(t.shape[1] for t in at)))


def finished(call: Call, y: Array) -> Array:
    """The sums with the bias of the call, rounded to its dtype."""
    if "b" in call.arrays:
        with np.errstate(all="ignore"):
            y = y + carried(call.b).reshape(-1, *(1,) * (y.ndim - 2))
    return rounded(y, next(iter(call.arrays.values())).dtype)


def layer(call: Call, at: Tables) -> Array:
    """The whole layer of ``call``, over another table of taps."""
    return finished(call, conv(call.x, call.w, at, call.groups))


def in_order(call: Call) -> Iterator[tuple[Any, Array]]:
    """The products that a linear operation adds, tap by tap: which part of the flat result each goes to, and itself."""
    at = tables(call.axes, call.shapes["x"][2:] if call.op == "conv_transpose" else call.counts)
    if call.op == "conv":
        return _gathered(call, at)
    return _contracted(call, at) if call.op == "conv_weight_grad" else _scattered(call, at)


def _gathered(call: Call, at: Tables) -> Iterator[tuple[Any, Array]]:
    v, w = read(carried(call.x), at), carried(call.w).reshape(*call.w.shape[:2], prod(call.kernel))
    group = np.arange(w.shape[0]) // (w.shape[0] // call.groups)
    for c, j in np.ndindex(*w.shape[1:]):
        yield slice(None), v[..., j][:, group * w.shape[1] + c] * w[:, c, j, None]


def _contracted(call: Call, at: Tables) -> Iterator[tuple[Any, Array]]:
    v, g = read(carried(call.x), at), flat_groups(call.grad_output, call.groups)[:, :, :, None]
    v = v.reshape(v.shape[0], call.groups, 1, v.shape[1] // call.groups, *v.shape[2:])
    for b, i in np.ndindex(v.shape[0], v.shape[4]):
        yield slice(None), (g[b, ..., i, None] * v[b, :, :, :, i]).reshape(call.out_channels, *v.shape[3::2])


def _scattered(call: Call, at: Tables) -> Iterator[tuple[Any, Array]]:
    g = flat_groups(call.x if call.op == "conv_transpose" else call.grad_output, call.groups)
    w = carried(call.w).reshape(call.groups, g.shape[2], call.w.shape[1], prod(call.kernel))
    flat, real = places(at, call.counts if call.op == "conv_transpose" else call.extents)
    for q, j in np.ndindex(g.shape[2], real.shape[1]):
        term = g[:, :, q, None][..., real[:, j]] * w[:, q, :, j, None]  # (N, g, C/g, some of m)
        yield flat[real[:, j], j], term.reshape(g.shape[0], call.groups * call.w.shape[1], term.shape[-1])
