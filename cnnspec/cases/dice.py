"""Weighted choices, made from integers that come from a seed or from Hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, TypeVar

from cnnspec.cases.fills import GAMMA, MASK, mix_one

T = TypeVar("T")
Weighted = tuple[tuple[T, int], ...]
"""Alternatives with their weights in percent, the simplest first."""


@lru_cache(maxsize=1024)
def _table(alternatives: Weighted[Any]) -> tuple[list[int], list[Any]]:
    return list(accumulate(weight for _, weight in alternatives)), [value for value, _ in alternatives]


class Dice:
    """Draws from weighted tables.

    Parameters
    ----------
    integer
        Gives an integer in [lo, hi]; where it shrinks, it shrinks to ``lo``.
    """

    def __init__(self, integer: Callable[[int, int], int]) -> None:
        self._integer = integer

    def integer(self, lo: int, hi: int) -> int:
        """An integer in [lo, hi], shrinking to ``lo``."""
        return self._integer(lo, hi) if hi > lo else lo

    def pick(self, alternatives: Weighted[T]) -> T:
        """One of the weighted alternatives, shrinking to the first."""
        edges, values = _table(alternatives)
        at = self.integer(0, edges[-1] - 1)
        chosen: T = next(value for edge, value in zip(edges, values, strict=True) if at < edge)
        return chosen

    def choose(self, items: Sequence[T]) -> T:
        """One of the items, each as likely, shrinking to the first."""
        return items[self.integer(0, len(items) - 1)]

    def chance(self, percent: int) -> bool:
        """True in so many percent of the draws, shrinking to False."""
        return self.integer(0, 99) >= 100 - percent


def seeded(seed: int) -> Dice:
    """Dice that fall the same for the same seed, on every machine and under every version of every library.

    The $i$-th throw in [lo, hi] is $lo + \\lfloor u_i\\,(hi - lo + 1) / 2^{64} \\rfloor$ with SplitMix64's words
    $u_i = \\operatorname{mix}(\\text{seed} + i\\,\\gamma)$, as in :mod:`cnnspec.cases.fills`.

    Examples
    --------
    >>> dice = seeded(7)
    >>> [dice.integer(1, 6) for _ in range(8)]
    [3, 1, 6, 4, 3, 2, 3, 2]
    """
    state, step = seed & MASK, int(GAMMA)

    def integer(lo: int, hi: int) -> int:
        nonlocal state
        state = (state + step) & MASK
        return lo + (mix_one(state) * (hi - lo + 1) >> 64)

    return Dice(integer)
