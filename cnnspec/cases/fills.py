"""Fills: the numbers of a case, from its seed alone, the same in every language.

Element $i$ of the array called ``name`` draws the 64-bit word

$$ u_i = \\operatorname{mix}(h + (i+1)\\,\\gamma), \\qquad
   h = \\operatorname{mix}(\\text{seed} + \\operatorname{fnv1a}(\\text{name})) $$

modulo $2^{64}$, with SplitMix64's $\\gamma$ = 0x9e3779b97f4a7c15 and finaliser ``mix`` (Steele, Lea and Flood 2014),
and the 64-bit FNV-1a hash of the name's bytes.  A fill turns words into values; ``range`` below is
$lo + \\lfloor (u_i \\gg 32)\\,(hi - lo + 1) / 2^{32} \\rfloor$.  Complex elements use the words $2i$ and $2i+1$.

| fill | data | weights | bias |
|---|---|---|---|
| ``ints:a`` | range [-a, a], for unsigned dtypes [0, a] | the same | the same, never 0 |
| ``negative:a`` | range [-a, -1] | as ``ints:a`` | as ``ints:a`` |
| ``high:a`` | range $[a - \\lfloor a/8 \\rfloor, a]$ | the same | the same |
| ``low:a`` | minus ``high:a``, for unsigned dtypes ``high:a`` | ``high:a`` | ``high:a`` |
| ``wide:L`` | odd, below $2^L$ in size | $\\pm 1$ at one tap in four, else 0 | 0 |
| ``real`` | $2 (u_i \\gg 11) / 2^{53} - 1$ | the same | the same |
| ``bell`` | sum of four 16-bit fields, centred, over $2^{15}$ | the same | the same |
| ``cancel`` | ``real``, times $2^{12}$ with alternating sign | 1 + ``real`` / 16 | ``real`` |
| ``iota`` | 1, 2, 3, … | the same | the same |
| ``ones`` | 1 | 1 | 1 |
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.operations import role

if TYPE_CHECKING:
    from cnnspec.typing import Array

GAMMA = np.uint64(0x9E3779B97F4A7C15)
MASK = (1 << 64) - 1


def mix(z: Array) -> Array:
    """SplitMix64's finaliser on an array of uint64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Array = z ^ (z >> np.uint64(31))
    return mixed


def mix_one(z: int) -> int:
    """SplitMix64's finaliser on one number.

    Examples
    --------
    >>> hex(mix_one(1))
    '0x5692161d100b05e5'
    """
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def fnv1a(name: str) -> int:
    """The 64-bit FNV-1a hash of a name.

    Examples
    --------
    >>> hex(fnv1a("x"))
    '0xaf63f54c86021707'
    """
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK
    return h


def words(name: str, count: int, seed: int) -> Array:
    """The first ``count`` 64-bit words of an array.

    Examples
    --------
    >>> [hex(int(u)) for u in words("x", 2, 0)]
    ['0x5bc0edcb8475dca7', '0xeceb1ba38d177fa5']
    """
    start = _start(name, seed & MASK)
    return mix(start + np.arange(1, count + 1, dtype=np.uint64) * GAMMA)


@lru_cache(maxsize=4096)
def _start(name: str, seed: int) -> np.uint64:
    return np.uint64(mix_one((seed + fnv1a(name)) & MASK))


def int_range(u: Array, lo: int, hi: int) -> Array:
    """Integers in [lo, hi], as int64, from 64-bit words by multiply and shift."""
    return ((u >> np.uint64(32)) * np.uint64(hi - lo + 1) >> np.uint64(32)).astype(np.int64) + lo


def _ints(u: Array, part: str, bound: int, unsigned: bool) -> Array:
    values = int_range(u, 0 if unsigned else -bound, bound)
    return np.where(values == 0, bound, values) if part == "bias" else values


def _negative(u: Array, part: str, bound: int, unsigned: bool) -> Array:
    return int_range(u, -bound, -1) if part == "data" and not unsigned else _ints(u, part, bound, unsigned)


def _high(u: Array, part: str, bound: int, unsigned: bool) -> Array:
    return int_range(u, bound - bound // 8, bound)


def _low(u: Array, part: str, bound: int, unsigned: bool) -> Array:
    high = _high(u, part, bound, unsigned)
    return -high if part == "data" and not unsigned else high


def _wide(u: Array, part: str, bits: int, unsigned: bool) -> Array:
    if part == "bias":
        return np.zeros(u.shape, np.int64)
    if part == "weight":
        return np.where(u & np.uint64(3) == 0, 1 - 2 * (u >> np.uint64(63)).astype(np.int64), 0)
    odd = (int_range(u, 1 << (bits - 2), (1 << (bits - 1)) - 1) << 1) | 1
    return odd if unsigned else np.where(u & np.uint64(1) == 0, odd, -odd)


def _real(u: Array, part: str, bound: int, unsigned: bool) -> Array:
    return (u >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0


def _bell(u: Array, part: str, bound: int, unsigned: bool) -> Array:
    fields = sum((u >> np.uint64(shift)) & np.uint64(0xFFFF) for shift in (0, 16, 32, 48))
    return (np.asarray(fields).astype(np.float64) - 131070.0) / 32768.0


def _cancel(u: Array, part: str, bound: int, unsigned: bool) -> Array:
    real = _real(u, part, bound, unsigned)
    if part == "weight":
        return 1 + real / 16
    return real if part == "bias" else real * np.where(np.arange(u.size) % 2, -4096.0, 4096.0)


def _iota(u: Array, part: str, bound: int, unsigned: bool) -> Array:
    return np.arange(1, u.size + 1)


def _ones(u: Array, part: str, bound: int, unsigned: bool) -> Array:
    return np.ones(u.size, np.int64)


FILLS: dict[str, Callable[[Array, str, int, bool], Array]] = {
    "ints": _ints, "negative": _negative, "high": _high, "low": _low, "wide": _wide, "real": _real,
    "bell": _bell, "cancel": _cancel, "iota": _iota, "ones": _ones,
}  # fmt: skip
"""Every fill by name."""

INTEGER_FILLS = ("ints", "negative", "high", "low", "wide", "iota", "ones")


def split(fill: str) -> tuple[str, int]:
    """A fill's name and its argument, 8 where it has none.

    Examples
    --------
    >>> split("ints:3")
    ('ints', 3)
    """
    name, _, argument = fill.partition(":")
    return name, int(argument or 8)


def values(fill: str, name: str, count: int, seed: int, dtype: np.dtype[np.generic]) -> Array:
    """The ``count`` values of the array called ``name``, flat, in ``dtype``."""
    kind, bound = split(fill)
    make, part = FILLS[kind], role(name)
    if dtype.kind == "c":
        pairs = make(words(name, 2 * count, seed), part, bound, False).astype(np.float64).reshape(-1, 2)
        return (pairs[:, 0] + 1j * pairs[:, 1]).astype(dtype)
    return make(words(name, count, seed), part, bound, dtype.kind == "u").astype(dtype)
