"""Type aliases, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
ArrayLike: TypeAlias = "npt.ArrayLike"

Shape: TypeAlias = tuple[int, ...]
Pair: TypeAlias = tuple[int, int]
Pads: TypeAlias = tuple[Pair, ...]

PerAxis: TypeAlias = int | Sequence[int]
"""One int for every spatial axis, or one int per axis."""

Padding: TypeAlias = int | str | Sequence[int] | Sequence[Pair]
"""One int, one int per axis, one (lo, hi) pair per axis, or one of
``"valid"``, ``"same_upper"``, ``"same_lower"``, ``"causal"``."""

Mode: TypeAlias = Literal["full", "same", "valid"]
PadMode: TypeAlias = Literal["constant", "reflect", "symmetric", "replicate", "circular"]
