"""The plain functions of a textbook, under the names that Dive into Deep Learning gives them.

| operation | function |
|---|---|
| ``conv2d`` | ``corr2d(X, K)``, ``corr2d_multi_in(X, K)``, ``corr2d_multi_in_out(X, K)`` |
| ``conv_transpose2d`` | ``trans_conv(X, K)`` |
| ``max_pool2d``, ``avg_pool2d`` | ``pool2d(X, pool_size, mode="max")`` |

They take single planes, or channels without a batch; :mod:`cnnspec.adapters.layouts` finds out which.  A ``pool2d``
without a stride moves its window by one: larger strides are taken out of that result.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from inspect import signature
from typing import Any

from cnnspec.adapters.signatures import ALIASES

CONV = ("corr2d_multi_in_out", "corr2d_multi_in", "corr2d")
"""The most general first."""

STRIDES = ("stride", *ALIASES["stride"])


def textbook(owner: Any, taken: Collection[str], notes: list[str]) -> dict[str, Callable[..., Any]]:
    """The operations that ``owner`` has under the names of the book, or that it is, beside those already ``taken``.

    Examples
    --------
    >>> def pool2d(X, pool_size, mode="max"): ...
    >>> list(textbook(pool2d, (), []))
    ['max_pool2d', 'avg_pool2d']
    """
    found: dict[str, Callable[..., Any]] = {}
    there = [name for name in CONV if _member(owner, name)]
    if there and "conv2d" not in taken:
        found["conv2d"] = _member(owner, there[0])
        others = f", and {' and '.join(there[1:])} can be checked as TARGET:NAME" * (len(there) > 1)
        notes.append(f"conv2d is {there[0]} here{others}")
    if _member(owner, "trans_conv") and "conv_transpose2d" not in taken:
        found["conv_transpose2d"] = _member(owner, "trans_conv")
        notes.append("conv_transpose2d is trans_conv here")
    if _member(owner, "pool2d"):
        poolings = {op: pool for op, pool in _poolings(_member(owner, "pool2d")).items() if op not in taken}
        notes += [f"{op} is pool2d here" for op in poolings]
        found |= poolings
    return found


def _member(owner: Any, name: str) -> Any:
    if isinstance(owner, Mapping):
        member = owner.get(name)
    else:
        member = getattr(owner, name, None) or (owner if getattr(owner, "__name__", "") == name else None)
    return member if callable(member) else None


def _poolings(pool: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The maximum, and the average where the function has a mode."""
    try:
        names = list(signature(pool).parameters)
    except (TypeError, ValueError):
        names = []
    modes = {"max_pool2d": {"mode": "max"}, "avg_pool2d": {"mode": "avg"}} if "mode" in names else {"max_pool2d": {}}
    found: dict[str, Callable[..., Any]] = {op: partial(pool, **mode) for op, mode in modes.items()}
    return found if set(STRIDES) & set(names) else {op: _by_one(function) for op, function in found.items()}


def _by_one(function: Callable[..., Any]) -> Callable[..., Any]:
    """A pooling whose window moves by one, as one with strides."""

    def pool(x: Any, *, kernel_size: Any, stride: Any) -> Any:
        y = function(x, kernel_size)
        rows, columns = (stride, stride) if isinstance(stride, int) else stride
        return y[..., ::rows, ::columns] if hasattr(y, "ndim") else y

    return pool
