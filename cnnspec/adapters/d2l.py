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

from cnnspec.adapters.parameters import OF_OPTIONS
from cnnspec.adapters.signatures import ALIASES, plain

CONV = ("corr2d_multi_in_out", "corr2d_multi_in", "corr2d")
"""The most general first."""

STRIDES = ("stride", *ALIASES["stride"])
MODES = ("mode", "poolmode", "pooltype", "type", "method", "kind", "pooling", "poolingmode", "poolingtype", "op")
MODE_WORDS = {"max_pool2d": ("max", "maximum"), "avg_pool2d": ("avg", "average", "mean")}
"""The words for the two modes."""


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
        pools = {op: pool for op, pool in poolings(_member(owner, "pool2d")).items() if op not in taken}
        notes += [f"{op} is pool2d here" for op in pools]
        found |= pools
    return found


def _member(owner: Any, name: str) -> Any:
    if isinstance(owner, Mapping):
        member = owner.get(name)
    else:
        member = getattr(owner, name, None) or (owner if getattr(owner, "__name__", "") == name else None)
    return member if callable(member) else None


def poolings(pool: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The maximum of a function that pools, and the average where the function has a mode and names it.

    Examples
    --------
    >>> def pooling(x, size, pool_type="max"): return x.max() if pool_type == "max" else x.mean() * ("mean" == "mean")
    >>> list(poolings(pooling)), list(poolings(lambda x, size: x.max()))
    (['max_pool2d', 'avg_pool2d'], ['max_pool2d'])
    """
    try:
        names = list(signature(pool).parameters)
    except (TypeError, ValueError):
        names = []
    mode = next((name for name in names if plain(name) in MODES), "")
    found: dict[str, Callable[..., Any]] = {}
    said = {word.lower(): word for word in _strings(getattr(pool, "__code__", None))}
    for op, words in MODE_WORDS.items():
        if mode:
            found[op] = partial(pool, **{mode: next((said[w] for w in words if w in said), words[0])})
        else:
            found["max_pool2d"] = pool
    whole = set(map(plain, STRIDES)) & set(map(plain, names)) or any(OF_OPTIONS.search(name.lower()) for name in names)
    return found if whole else {op: _by_one(function) for op, function in found.items()}


def _strings(code: Any) -> list[str]:
    """The strings that a function's code and its defaults hold."""
    consts = getattr(code, "co_consts", ())
    return [c for c in consts if isinstance(c, str)] + [s for c in consts if hasattr(c, "co_code") for s in _strings(c)]


def _by_one(function: Callable[..., Any]) -> Callable[..., Any]:
    """A pooling whose window moves by one, as one with strides."""

    def pool(x: Any, *, kernel_size: Any, stride: Any) -> Any:
        y = function(x, kernel_size)
        rows, columns = (stride, stride) if isinstance(stride, int) else stride
        return y[..., ::rows, ::columns] if hasattr(y, "ndim") else y

    return pool
