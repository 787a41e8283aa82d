"""The numbers of a theorem: small geometry and small integers, from a seed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from cnnspec.cases.fills import int_range, words
from cnnspec.geometry import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnspec.typing import Array, Shape

T = TypeVar("T")


class Draws:
    """Numbers drawn one after the other from a seed; the same seed gives the same numbers.

    Examples
    --------
    >>> draws = Draws(7)
    >>> draws.integer(1, 6), draws.array((2,), 3).tolist() == Draws(7).array((2,), 3).tolist()
    (4, False)
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0

    def _words(self, count: int) -> Array:
        self._count += 1
        return words(f"draw {self._count}", count, self._seed)

    def integer(self, lo: int, hi: int) -> int:
        """An integer in [lo, hi]."""
        return int(int_range(self._words(1), lo, hi)[0])

    def choice(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.integer(0, len(items) - 1)]

    def array(self, shape: Shape, bound: int = 5) -> Array:
        """Integers in [-bound, bound], as Python's own."""
        size = int(np.prod(shape, dtype=np.int64))
        return int_range(self._words(size), -bound, bound).astype(object).reshape(shape)

    def window(self, *, kernel: int = 3, stride: int = 3, dilation: int = 2, pad: int = 2) -> Window:
        """A window whose numbers are at most these."""
        return Window(
            self.integer(1, kernel), self.integer(1, stride), self.integer(1, dilation),
            self.integer(0, pad), self.integer(0, pad),
        )  # fmt: skip

    def extent(self, window: Window, most: int = 7) -> int:
        """An extent, at most ``most`` where that is enough, on which the window fits."""
        return max(self.integer(1, most), window.span - window.lo - window.hi, 1)
