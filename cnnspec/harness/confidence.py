"""How sure an exact pass is: the probability that a wrong wiring went unseen.

A fault of wiring (a tap taken from the wrong place, dropped, or used twice) computes another bilinear map than the
right one.  On random integers the difference of the two, at an output where they differ,

$$ D = \\sum_{i,j} d_{ij}\\,x_i\\,w_j \\ne 0 \\text{ as a polynomial}, $$

is 0 with a probability of at most

$$ p = 1 - (1 - \\alpha_x)(1 - \\alpha_w) $$

where $\\alpha$ is the probability of the likeliest value of an element: some $c_i = \\sum_j d_{ij} w_j$ is no zero
polynomial, and vanishes with probability at most $\\alpha_w$, whatever all but one of its $w_j$ are; where it does not
vanish, $\\sum_i x_i c_i$ does with probability at most $\\alpha_x$, for the same reason.  Dropping one product attains
it.  A fault in the bias alone is missed with probability at most $\\alpha_b$; one in both no more often than above.

Where the last rounding (or wrapping modulo $2^w$) gives several integers the same result, $D$ may be one of those
instead of 0, and $\\alpha_x$ counts once for each.  Cases of one geometry with different seeds are independent.

The reasoning is that of Schwartz and Zippel, https://doi.org/10.1145/322217.322225.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np

from cnnspec.cases.case import Case
from cnnspec.cases.fills import INTEGER_FILLS, split
from cnnspec.laws.arithmetic import LINEAR, terms
from cnnspec.numerics.precision import ACCUMULATOR, exact_limit, format_of
from cnnspec.operations import role

BILINEAR = (*LINEAR, "convolve", "cross_correlate")
"""Operations whose faults of wiring are bilinear maps."""

Geometry = tuple[str, str]


def atom(fill: str, part: str, *, unsigned: bool = False) -> float:
    """$\\alpha$: the probability of the likeliest value that ``fill`` gives an element of a ``part``.

    Examples
    --------
    >>> atom("ints:8", "data"), atom("ints:1", "bias"), atom("wide:9", "data"), atom("wide:9", "weight")
    (0.058823529..., 0.666666666..., 0.00390625, 0.75)
    """
    kind, bound = split(fill)
    if kind == "wide":
        return {"data": 2.0 ** -((bound - 2) + (not unsigned)), "weight": 0.75, "bias": 1.0}[part]
    if kind in ("high", "low"):
        return _share(bound // 8 + 1)
    if kind == "negative" and part == "data" and not unsigned:
        return _share(bound)
    if kind in ("ints", "negative"):
        count = bound + 1 if unsigned else 2 * bound + 1
        return min(
            1.0, _share(count) * (2 if part == "bias" else 1)
        )  # a bias is never 0, but the largest value instead
    return 1.0


def _share(count: int) -> float:
    """The likeliest of ``count`` values that 32 random bits are shared out among."""
    return -(-(2**32) // count) / 2**32


def largest(fill: str, part: str) -> int:
    """The largest size of an element of a ``part``."""
    kind, bound = split(fill)
    if kind == "wide":
        return {"data": 1 << bound, "weight": 1, "bias": 0}[part]
    return bound


def missed(case: Case) -> float:
    """$p$: the probability that this case does not show a wrong wiring that reaches one of its outputs; 1 if it cannot.

    Examples
    --------
    >>> round(missed(Case.parse("conv2d:x=1x1x5x7,w=2x1x3x3,f32,ints:1365")), 6)
    0.000732
    >>> missed(Case.parse("conv2d:x=1x1x5x7,w=2x1x3x3,f32,ones"))
    1.0
    """
    kind = split(case.fill)[0]
    told = case.operation.name in BILINEAR and kind in INTEGER_FILLS and not case.pokes
    if not told or "zero" in case.layouts.values() or case.dtype.startswith("complex"):
        return 1.0
    unsigned = case.dtype.startswith("u")
    roles = {name: role(name) for name in case.array_shapes}
    alphas = {n: 1.0 if n in case.data else atom(case.fill, part, unsigned=unsigned) for n, part in roles.items()}
    sizes = {
        n: max(map(abs, map(float, case.data[n]))) if n in case.data else largest(case.fill, p)
        for n, p in roles.items()
    }
    first, second, *bias = case.array_shapes
    total = products(case) * sizes[first] * sizes[second] + sum(sizes[name] for name in bias)
    lookalikes = _lookalikes(case.dtype, total)
    if lookalikes is None:
        return 1.0
    one, other = alphas[first], alphas[second]
    p = min(1 - (1 - min(1.0, one * lookalikes)) * (1 - other), 1 - (1 - one) * (1 - min(1.0, other * lookalikes)))
    return float(max(p, *(min(1.0, alphas[name] * lookalikes) for name in bias), 0.0))


def _lookalikes(dtype: str, total: float) -> int | None:
    """How many integers $D$ may be, zero among them, for a result to look right; ``None`` where sums are not exact."""
    if dtype not in ACCUMULATOR:
        modulus = 2 ** (8 * np.dtype(dtype).itemsize)
        return 2 * int(2 * total // modulus) + 1
    if total > exact_limit(dtype):
        return None
    significand = format_of(dtype).significand
    if total <= 2**significand:
        return 1
    spacing = 2 ** (int(np.ceil(np.log2(total))) - significand)
    return int(2 * spacing + 1)


def products(case: Case) -> int:
    """The most products that one output of the case adds."""
    shapes = case.array_shapes
    if case.operation.chapter == "signal":
        return min(prod(shapes["x"]), prod(shapes["k"]))
    return terms(case) - ("b" in case.shapes)


def geometry(case: Case) -> Geometry:
    """The operation and the geometry: what a wiring depends on, and dtype, fill, seed and layout do not change."""
    return case.op, f"{sorted(case.array_shapes.items())} {sorted(case.call_options.items())}"


class Confidence:
    """Gathers the cases of a run that passed, and says what an exact pass of them is worth.

    Examples
    --------
    >>> c = Confidence()
    >>> c.add(Case.parse("conv1d:x=1x1x5,w=2x1x3,f64,ints:8"))
    >>> c.to_json()["operations"]["conv1d"]["words"]
    'a wrong wiring in any of the 1 geometries visited went unseen with probability at most 1.1e-01'
    """

    def __init__(self) -> None:
        self._missed: dict[Geometry, float] = {}
        self._cases: dict[Geometry, str] = {}
        self._seen: set[str] = set()

    def add(self, case: Case) -> None:
        """Count one case; the same case again adds nothing."""
        if case.operation.name not in BILINEAR or not prod(case.output_shape) or str(case) in self._seen:
            return
        self._seen.add(str(case))
        at, p = geometry(case), missed(case)
        self._missed[at] = self._missed.get(at, 1.0) * p
        self._cases.setdefault(at, str(case))

    def to_json(self) -> dict[str, Any]:
        """By operation and for all: geometries, those never seen exactly, the worst probability, the median, words."""
        names = dict.fromkeys(op for op, _ in self._missed)
        by_operation = {op: self._summary([at for at in self._missed if at[0] == op]) for op in names}
        return {**self._summary(list(self._missed)), "operations": by_operation}

    def _summary(self, at: list[Geometry]) -> dict[str, Any]:
        told = sorted((self._missed[g], self._cases[g]) for g in at if self._missed[g] < 1)
        unseen = len(at) - len(told)
        if not told:
            words = "no exact case was run of a linear operation that passed, so no wiring is vouched for"
            return {"geometries": len(at), "inexact": unseen, "words": words}
        worst, case = told[-1]
        middle = told[len(told) // 2][0]
        words = f"a wrong wiring in any of the {len(told)} geometries visited"
        words += f" went unseen with probability at most {worst:.1e}"
        words += f" (median {middle:.0e})" * (len(told) > 1)
        words += f"; {unseen} more were visited with inexact data alone" * bool(unseen)
        return {
            "geometries": len(at), "inexact": unseen, "worst": worst, "worst_case": case, "median": middle,
            "words": words,
        }  # fmt: skip


def confidence(cases: Iterable[Case]) -> dict[str, Any]:
    """What an exact pass of these cases is worth; see :meth:`Confidence.to_json`.

    Examples
    --------
    >>> confidence([Case.parse("relu:x=1x1x3,f64")])["words"]
    'no exact case was run of a linear operation that passed, so no wiring is vouched for'
    """
    gathered = Confidence()
    for case in cases:
        gathered.add(case)
    return gathered.to_json()
