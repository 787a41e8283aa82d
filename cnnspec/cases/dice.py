"""Weighted choices drawn through Hypothesis, each shrinking to its first alternative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
Weighted = tuple[tuple[T, int], ...]
"""Alternatives with their weights in percent, the simplest first."""


@lru_cache(maxsize=4096)
def _integers(lo: int, hi: int) -> st.SearchStrategy[int]:
    return st.integers(lo, hi)


@lru_cache(maxsize=1024)
def _table(alternatives: Weighted[Any]) -> tuple[list[int], list[Any]]:
    return list(accumulate(weight for _, weight in alternatives)), [value for value, _ in alternatives]


class Dice:
    """Draws from weighted tables.

    Parameters
    ----------
    draw
        Hypothesis's draw function, as a composite strategy gets it.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw

    def integer(self, lo: int, hi: int) -> int:
        """An integer in [lo, hi], shrinking to ``lo``."""
        value: int = self._draw(_integers(lo, hi)) if hi > lo else lo
        return value

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
