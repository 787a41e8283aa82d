"""What imprecise sums look like: the arithmetic, among those that are known, that explains the errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.numerics import fourier
from cnnspec.numerics.arithmetic import Arithmetic
from cnnspec.numerics.bounds import sizes_of_operands, sum_of_products
from cnnspec.numerics.precision import FORMATS, Format
from cnnspec.numerics.rounding import round_to

if TYPE_CHECKING:
    from cnnspec.numerics.rounding import Rounding
    from cnnspec.operations import Operation
    from cnnspec.typing import Array, Shape


def looks_like(
    operation: Operation,
    geometry: Mapping[str, Shape],
    options: Mapping[str, Any],
    arrays: Mapping[str, Array],
    got: Array,
    terms: int,
    arithmetic: Arithmetic,
) -> str:
    """The less precise arithmetic that explains every element of ``got``, in words; an empty string if none does.

    Rounded operands are told with certainty: rounding is a function of the operand, so the results must lie within the
    bound of the *rounded* operands' own sums.  A narrower accumulator is told by the size of the median error: summing
    numbers of either sign one after the other leaves $|e|$ near $\\frac12 u S$ whatever $K$ is, since partial sums grow
    with $\\sqrt k$.  Where the median element is as precise as claimed, no precision explains the others.

    Parameters
    ----------
    operation, geometry, options
        Those of the case.
    arrays
        The arguments by name.
    got
        The results, floating-point.
    terms
        $K$, the terms of one sum.
    arithmetic
        What was claimed.

    Returns
    -------
    str
        ``operands rounded to tf32``, ``results rounded to float16``, ``float16 accumulation``, ``truncating
        accumulation`` and the like.

    Examples
    --------
    >>> from cnnspec.cases.arrays import make_arrays
    >>> from cnnspec.cases.case import Case
    >>> from cnnspec.numerics.simulated import conv
    >>> case = Case.parse("conv1d:x=1x4x9,w=2x4x3,f32,real,seed=1")
    >>> arrays = make_arrays(case)
    >>> for numerics in ({"operands": "tf32"}, {"accumulator": "float16"}, {}):
    ...     got = conv(*arrays.values(), numerics=numerics)
    ...     looks_like(case.operation, case.shapes, case.call_options, arrays, got, 12, Arithmetic.of("float32"))
    'operands rounded to tf32'
    'float16 accumulation'
    ''
    """
    wide = {name: np.asarray(a).astype(np.float64) for name, a in arrays.items()}

    def holds(assumed: Arithmetic, operands: Mapping[str, Array]) -> bool:
        exact = operation.reference(*operands.values(), **options)
        magnitude = operation.reference(*(np.abs(a) for a in operands.values()), **options)
        sums = partial(operation.reference, **options)
        sizes = sizes_of_operands(sums, tuple(operands.values())) if assumed.ftz else None
        bound = sum_of_products(exact, magnitude, terms, assumed, sizes=sizes)
        if assumed.algorithm == "transform":
            named = dict(zip(arrays, operands.values(), strict=True))
            bound = bound + fourier.bound(operation, geometry, options, named, assumed.output.name)
        return bool((np.abs(got.astype(np.float64) - exact) <= bound).all())

    with np.errstate(all="ignore"):
        exact = operation.reference(*wide.values(), **options)
        magnitude = operation.reference(*(np.abs(a) for a in wide.values()), **options)
        error = np.abs(got.astype(np.float64) - exact)
        middle = _median(error, magnitude)
        if holds(arithmetic, wide):
            return ""
        if (name := _rounded_operands(arithmetic, wide, holds)) or not np.isfinite(middle):
            return name
        if holds(replace(arithmetic, rounding="truncate"), wide):
            return "truncating accumulation"
        for fmt in _narrower(arithmetic):
            # a result in that format whose error is that of the last rounding alone
            if holds(replace(arithmetic, output=fmt), wide) and (round_to(got, fmt.name) == got).all():
                return f"results rounded to {fmt.name}"
        if middle > MOST_MEDIAN * arithmetic.accumulator.unit:
            nearest = min(_narrower(arithmetic), key=lambda fmt: abs(np.log2(middle / (fmt.unit / 2))), default=None)
            if nearest is not None and holds(replace(arithmetic, accumulator=nearest, depth="any"), wide):
                return f"{nearest.name} accumulation"
        if not _isolated(error) and holds(replace(arithmetic, algorithm="transform"), wide):
            return "a transform algorithm (FFT, Winograd) of full precision"
    return ""


MOST_MEDIAN = 1.1
"""The largest median of $|e|/(uS)$ over 1,000 and more outputs of random sums in the claimed precision.

The worst that was seen on correct libraries; a description rests on it, never a verdict.
"""


def _median(error: Array, magnitude: Array) -> float:
    filled = magnitude > 0
    return float(np.median(error[filled] / magnitude[filled])) if filled.any() else np.nan


def _narrower(arithmetic: Arithmetic) -> list[Format]:
    """Formats that sums may be kept in, less precise than the claimed one."""
    bits = arithmetic.accumulator.significand
    return [fmt for name, fmt in FORMATS.items() if fmt.significand < bits and name != "tf32"]


def _rounded_operands(
    arithmetic: Arithmetic, wide: Mapping[str, Array], holds: Callable[[Arithmetic, Mapping[str, Array]], bool]
) -> str:
    turns: tuple[Rounding, ...] = ("nearest", "truncate")
    for name in [name for name, fmt in FORMATS.items() if fmt.significand < arithmetic.output.significand]:
        for turn in turns:
            rounded = {n: a if n == "b" else round_to(a, name, turn) for n, a in wide.items()}
            if holds(arithmetic, rounded):
                return f"operands {'rounded' if turn == 'nearest' else 'cut'} to {name}"
    return ""


def _isolated(error: Array) -> bool:
    """Whether a few errors stand out: those of a transform are spread over its tile or plane, like noise."""
    return bool(np.max(error) > 30 * np.median(error))
