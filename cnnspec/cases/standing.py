"""Cases that are run whatever the dice say: non-finite numbers at every place of a window and in every channel.

Vector code treats eight or sixteen numbers alike and the rest one by one, and a maximum that compares may lose a NaN
that stands first or last.  Random single values meet such a fault late.  So windows that do not overlap are laid side
by side here, each with one non-finite number, until every place of a window has had it in every channel; one window in
each round has none, and shows what spreads.  What is reduced in blocks once it is large enough may lose a NaN there and
nowhere else: so one array of each maximum and mean has more than 4096 elements, and a few of them are NaN.  One call of
every operation has no sample at all, which few drawn cases of a short run have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import inside
from cnnspec.cases.dice import seeded
from cnnspec.cases.fills import fnv1a
from cnnspec.cases.strategies import draw_case
from cnnspec.numerics.precision import FORMATS
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.implementation import OperationClaims
    from cnnspec.typing import Shape

COUNTS = (1, 3, 7, 8, 16, 17)
"""Channels: one, fewer than a vector holds, just as many, and one more."""

FEW_COUNTS = (1, 7, 17)
"""The same in fewer shapes, where each shape is compiled."""

LARGE = 4096
"""Elements; from so many on JAX 0.10 reduces in another way."""

KERNELS: dict[int, Shape] = {1: (3,), 2: (3, 2), 3: (2, 1, 2)}
LAYERS = ("conv", "conv_transpose_input_grad")
POOLS = ("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")
WINDOWED = (*LAYERS, *POOLS)
PLANES = ("global_max_pool", "global_avg_pool", "relu")
SPREAD = ("conv_transpose", "conv_input_grad")
SUMMED = ("conv_weight_grad", "conv_transpose_weight_grad")

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
    dtype = _float(claim)
    makers = {**dict.fromkeys(WINDOWED, _windows), **dict.fromkeys(PLANES, _planes)}
    makers |= {**dict.fromkeys(SPREAD, _spread), **dict.fromkeys(SUMMED, _summed)}
    if not dtype or operation.name not in makers:
        return []
    counts = FEW_COUNTS if claim.compiled else COUNTS
    values = [(count, ("nan",)) for count in counts] + [(count, ("inf", "-inf")) for count in counts[-2:]]
    make = makers[operation.name]
    cases = [make(op, rank or 2, count, signs, dtype, claim) for count, signs in values]
    return inside(cases, claim)


def _float(claim: OperationClaims) -> str:
    """The claimed dtype that holds NaN, float32 before others; empty without one."""
    return next((name for name in ("float32", *claim.dtypes) if name in claim.dtypes and name in FORMATS), "")


def large_cases(op: str, claim: OperationClaims) -> list[Case]:
    """Planes of more than 4096 elements together, three of them NaN: in small windows, and in one that is the plane.

    Examples
    --------
    >>> from cnnspec.implementation import full_claims
    >>> for case in large_cases("max_pool1d", full_claims(find("max_pool1d")[0])):
    ...     print(case)
    max_pool1d:x=1x342x12,kernel_size=3,f32,ints:3,set.x=0.nan_1368.nan_4103.nan
    max_pool1d:x=1x342x12,kernel_size=12,f32,ints:3,set.x=0.nan_1368.nan_4103.nan
    """
    operation, rank = find(op)
    dtype = _float(claim)
    if not dtype or operation.name not in (*POOLS, *PLANES):
        return []
    plane = tuple(4 * k for k in KERNELS[rank or 2])
    shape = (1, LARGE // prod(plane) + 1, *plane)
    kernels = (KERNELS[rank or 2], plane) if operation.name in POOLS else (None,)
    options = [{"kernel_size": k, "stride": k} if k else {} for k in kernels]
    cases = [Case.build(op, {"x": shape}, o, dtype=dtype, fill="ints:3") for o in options]
    marked = [_set(case, iter((0, prod(shape) // 3, prod(shape) - 1)), ("nan",)) for case in cases]
    return inside(marked, claim)


def empty_batches(op: str, claim: OperationClaims) -> list[Case]:
    """A call without a sample, with options that are always the same.

    Examples
    --------
    >>> from cnnspec.implementation import full_claims
    >>> [case.shapes["x"][0] for case in empty_batches("relu", full_claims(find("relu")[0]))]
    [0]
    """
    if find(op)[0].chapter == "signal":
        return []
    drawn = draw_case(seeded(fnv1a(f"empty/{op}")), op, claim, strict=False)
    shapes = {**drawn.shapes, "x": (0, *drawn.shapes["x"][1:])}
    return [Case.build(op, shapes, drawn.options, dtype=drawn.dtype)]


def _windows(op: str, rank: int, channels: int, signs: tuple[str, ...], dtype: str, claim: OperationClaims) -> Case:
    """Every place of a window in every channel; where windows sum over channels, one window for each of them."""
    kernel, layer = KERNELS[rank], find(op)[0].name in LAYERS
    rounds = prod(kernel) + 1
    if layer:
        case, _ = _layer(op, rank, channels, channels * rounds, dtype, claim)
    else:
        extents = tuple(m * k for m, k in zip(_grid(rounds, rank), kernel, strict=True))
        options = {"kernel_size": kernel, "stride": kernel}
        case = Case.build(op, {"x": (1, channels, *extents)}, options, dtype=dtype, fill="ints:3")
    shape = next(iter(case.array_shapes.values()))

    def marked() -> Iterator[int]:
        for q, i in enumerate(product(*(range(n // k) for n, k in zip(shape[2:], kernel, strict=True)))):
            places = [divmod(q, rounds)] if layer else [(c, (q + c) % rounds) for c in range(channels)]
            for c, place in places:
                if c < channels and place < rounds - 1:
                    u = np.unravel_index(place, kernel)
                    at = (0, c, *(a * k + int(b) for a, b, k in zip(i, u, kernel, strict=True)))
                    yield int(np.ravel_multi_index(at, shape))

    return _set(case, marked(), signs)


def _planes(op: str, rank: int, channels: int, signs: tuple[str, ...], dtype: str, claim: OperationClaims) -> Case:
    """A sample for each place of the plane, and one without."""
    places = prod(KERNELS[rank])
    case = Case.build(op, {"x": (places + 1, channels, *KERNELS[rank])}, {}, dtype=dtype, fill="ints:3")
    return _set(case, ((n * channels + c) * places + n for n in range(places) for c in range(channels)), signs)


def _spread(op: str, rank: int, channels: int, signs: tuple[str, ...], dtype: str, claim: OperationClaims) -> Case:
    """Each element fills a window of the result: as many elements as channels, and one that has none in any."""
    case, count = _layer(op, rank, channels, channels + 1, dtype, claim)
    return _set(case, (c * count + c for c in range(channels)), signs)


def _summed(op: str, rank: int, channels: int, signs: tuple[str, ...], dtype: str, claim: OperationClaims) -> Case:
    """Each element enters a sum for every tap: every other channel of the cotangent has one, at places of its own."""
    outputs = max(channels, 2)
    case, count = _layer(op, rank, outputs, outputs, dtype, claim)
    return _set(case, (c * count + c % count for c in range(0, outputs, 2)), signs)


def _layer(op: str, rank: int, channels: int, least: int, dtype: str, claim: OperationClaims) -> tuple[Case, int]:
    """A layer whose windows, so many at least, do not overlap; with the elements of a plane of its first array."""
    kernel, counts = KERNELS[rank], _grid(least, rank)
    plane = counts if "transpose" in op else tuple(m * k for m, k in zip(counts, kernel, strict=True))
    shapes: dict[str, Shape] = {"x": (1, channels, *plane), "w": (channels, channels, *kernel)}
    if claim.bias == "required":
        shapes["b"] = (channels,)
    case = Case.build(op, shapes, {"stride": kernel}, dtype=dtype, fill="ints:3")
    return case, prod(next(iter(case.array_shapes.values()))[2:])


def _set(case: Case, places: Iterator[int], signs: tuple[str, ...]) -> Case:
    """The case with these elements of its first array set to the signs in turn."""
    pokes = tuple((at, signs[i % len(signs)]) for i, at in enumerate(sorted(places)))
    return replace(case, pokes={next(iter(case.array_shapes)): pokes})


def _grid(least: int, rank: int) -> Shape:
    """How many windows on each axis, so that there are at least so many."""
    return {1: (least,), 2: (-(-least // 3), 3), 3: (-(-least // 4), 2, 2)}[rank]
