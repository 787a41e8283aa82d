"""Cases that are run whatever the dice say: non-finite numbers at every place of a window and in every channel.

Vector code treats eight or sixteen numbers alike and the rest one by one, and a maximum that compares may lose a NaN
that stands first or last.  Random single values meet such a fault late.  So windows that do not overlap are laid side
by side here, each with one non-finite number, until every place of a window has had it in every channel; one window in
each round has none, and shows what spreads.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.implementation import Claims
from cnnspec.numerics.precision import FORMATS
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.implementation import OperationClaims
    from cnnspec.typing import Shape

COUNTS = (1, 3, 7, 8, 16, 17)
"""Channels: one, fewer than a vector holds, just as many, and one more."""

KERNELS: dict[int, Shape] = {1: (3,), 2: (3, 2), 3: (2, 1, 2)}
WINDOWED = ("conv", "max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")
PLANES = ("global_max_pool", "global_avg_pool", "relu")

Poke = tuple[int, str]


def special_cases(op: str, claim: OperationClaims) -> list[Case]:
    """The cases of an operation inside a claim: NaN with every number of channels, infinities with two of them.

    Examples
    --------
    >>> from cnnspec.implementation import full_claims
    >>> cases = special_cases("max_pool1d", full_claims(find("max_pool1d")[0]))
    >>> len(cases), str(cases[0])
    (8, 'max_pool1d:x=1x1x12,kernel_size=3,f32,ints:3,set.x=0.nan_4.nan_8.nan')
    """
    operation, rank = find(op)
    dtypes = [name for name in ("float32", *claim.dtypes) if name in claim.dtypes and name in FORMATS]
    if not dtypes or operation.name not in (*WINDOWED, *PLANES):
        return []
    values = [(count, ("nan",)) for count in COUNTS] + [(count, ("inf", "-inf")) for count in COUNTS[-2:]]
    make = _windows if operation.name in WINDOWED else _planes
    cases = [make(op, rank or 2, count, signs, dtypes[0], claim) for count, signs in values]
    return [case for case in cases if not outside(case, Claims({op: claim}))]


def _windows(op: str, rank: int, channels: int, signs: tuple[str, ...], dtype: str, claim: OperationClaims) -> Case:
    kernel, layer = KERNELS[rank], find(op)[0].name == "conv"
    rounds = prod(kernel) + 1
    counts = _grid(channels * rounds if layer else rounds, rank)
    shape = (1, channels, *(m * k for m, k in zip(counts, kernel, strict=True)))
    shapes: dict[str, Shape] = {"x": shape}
    options: dict[str, Any] = {"stride": kernel}
    if layer:
        shapes |= {"w": (channels, channels, *kernel)} | ({"b": (channels,)} if claim.bias == "required" else {})
    else:
        options["kernel_size"] = kernel

    def marked() -> Iterator[int]:
        for q, i in enumerate(product(*map(range, counts))):
            places = [divmod(q, rounds)] if layer else [(c, (q + c) % rounds) for c in range(channels)]
            for c, place in places:
                if c < channels and place < rounds - 1:
                    u = np.unravel_index(place, kernel)
                    at = (0, c, *(a * k + int(b) for a, b, k in zip(i, u, kernel, strict=True)))
                    yield int(np.ravel_multi_index(at, shape))

    return _poked(op, shapes, options, dtype, marked(), signs)


def _grid(least: int, rank: int) -> Shape:
    """How many windows on each axis, so that there are at least so many."""
    return {1: (least,), 2: (-(-least // 3), 3), 3: (-(-least // 4), 2, 2)}[rank]


def _planes(op: str, rank: int, channels: int, signs: tuple[str, ...], dtype: str, claim: OperationClaims) -> Case:
    """A sample for each place of the plane, and one without."""
    places = prod(KERNELS[rank])
    shape = (places + 1, channels, *KERNELS[rank])
    marked = ((n * channels + c) * places + n for n in range(places) for c in range(channels))
    return _poked(op, {"x": shape}, {}, dtype, marked, signs)


def _poked(
    op: str,
    shapes: dict[str, Shape],
    options: dict[str, Any],
    dtype: str,
    places: Iterator[int],
    signs: tuple[str, ...],
) -> Case:
    pokes = tuple((at, signs[i % len(signs)]) for i, at in enumerate(sorted(places)))
    return Case.build(op, shapes, options, dtype=dtype, fill="ints:3", pokes={"x": pokes})
