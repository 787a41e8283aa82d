"""What few cases of a run have had, and cases that have it: the later rounds of a campaign look for these.

Let $n_{o,p}$ be how many cases of the operation $o$ have had $p$, a pair of attribute values or a three-way cell of
:mod:`cnnspec.cases.features`.  $p$ is *thin* on $o$ where

$$ n_{o,p} < \\tfrac14 \\operatorname{median}\\,\\{\\, n_{o',q} : n_{o',q} > 0 \\,\\}. $$

What is not thin has been visited well.  That is one bit for each $p$, so that it is cheap to tell others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from statistics import median_low
from typing import TYPE_CHECKING

from cnnspec.cases.case import Case
from cnnspec.cases.features import ATTRIBUTES, CELLS, Coverage
from cnnspec.cases.strategies import draw_case

if TYPE_CHECKING:
    from cnnspec.cases.dice import Dice
    from cnnspec.implementation import OperationClaims

CANDIDATES = 4
"""Cases drawn for one that looks for what is thin."""

SHARE = 4
"""One in so many of the median is where thin ends."""

_VALUES = [(name, value) for name, values in ATTRIBUTES.items() for value in values]
_NAMES = [(one, other) for one, other in combinations(_VALUES, 2) if one[0] != other[0]] + list(CELLS)
BITS: dict[object, int] = {name: 1 << i for i, name in enumerate(_NAMES)}
"""The bit of each pair, in the order of the attributes, and of each cell."""


def bits_of(coverage: Coverage, least: int = 1) -> int:
    """What ``least`` cases had, as bits.

    Examples
    --------
    >>> coverage = Coverage()
    >>> coverage.add(Case.parse("conv1d:x=1x1x5,w=1x1x3,f64"))
    >>> bits_of(coverage).bit_count(), bits_of(coverage, least=2)
    (91, 0)
    """
    found = 0
    for counts in (coverage.pairs, coverage.cells):
        for name, count in counts.items():
            if count >= least:
                found |= BITS[name]
    return found


def end_of_thin(coverages: Iterable[Coverage]) -> int:
    """From how many cases on a pair or cell is not thin: a quarter of the median, rounded up.

    Examples
    --------
    >>> coverage = Coverage()
    >>> for seed in range(9):
    ...     coverage.add(Case.parse(f"relu:x=1x1x3,f64,seed={seed}"))
    >>> end_of_thin([coverage]), end_of_thin([])
    (3, 1)
    """
    counts = [count for one in coverages for count in (*one.pairs.values(), *one.cells.values()) if count]
    return max(-(-median_low(counts) // SHARE), 1) if counts else 1


def visited_well(coverages: Mapping[str, Coverage]) -> dict[str, int]:
    """What is not thin, as bits, by operation."""
    least = end_of_thin(coverages.values())
    return {op: bits_of(coverage, least) for op, coverage in coverages.items()}


def thin_ones(coverages: Mapping[str, Coverage]) -> dict[str, int]:
    """How many of the pairs and cells that an operation was seen with are thin, by operation."""
    well = visited_well(coverages)
    return {op: (bits_of(coverage) & ~well[op]).bit_count() for op, coverage in coverages.items()}


def draw_thin(dice: Dice, op: str, claim: OperationClaims, strict: bool, well: int) -> Case:
    """Of some drawn cases the one with the most that is thin; the first of several."""
    return max((draw_case(dice, op, claim, strict) for _ in range(CANDIDATES)), key=lambda case: novelty(case, well))


def novelty(case: Case, well: int) -> int:
    """How many pairs and cells a case has that were not visited well.

    Examples
    --------
    >>> case = Case.parse("conv1d:x=1x1x5,w=1x1x3,f64")
    >>> novelty(case, 0), novelty(case, -1)
    (91, 0)
    """
    own = Coverage()
    own.add(case)
    return (bits_of(own) & ~well).bit_count()
