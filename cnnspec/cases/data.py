"""Drawing what a case's arrays hold: dtype, fill, special values, memory layouts and the seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import isqrt, prod

from cnnspec.cases.case import Case
from cnnspec.cases.dice import Dice, Weighted
from cnnspec.geometry import Window
from cnnspec.implementation import OperationClaims
from cnnspec.numerics.precision import FORMATS, exact_range

DTYPE_WEIGHTS = {
    "float32": 35, "float64": 26, "float16": 9, "bfloat16": 8,
    "int32": 5, "int64": 7, "int8": 4, "uint8": 3, "int16": 1, "complex128": 4, "complex64": 2,
}  # fmt: skip
SIGNAL_WEIGHTS = {**DTYPE_WEIGHTS, "complex128": 14, "complex64": 8}
"""Signals are complex more often: the kernel's conjugate and the imaginary part show nowhere else."""

LINEAR: Weighted[str] = (
    ("ints", 16), ("exact", 42), ("real", 24), ("bell", 5), ("negative", 4), ("wide", 5), ("cancel", 4)
)  # fmt: skip
ORDERED: Weighted[str] = (("ints", 40), ("real", 30), ("bell", 8), ("negative", 22))
LAYOUTS: Weighted[str] = (
    ("C", 52), ("T", 8), ("last", 6), ("step", 10), ("rev", 7), ("offset", 8), ("F", 5), ("zero", 2), ("ro", 2)
)  # fmt: skip
SPECIALS: Weighted[str] = (("nan", 60), ("inf", 20), ("-inf", 20))
SMALL: Weighted[int] = ((1, 20), (2, 30), (3, 30), (8, 20))
BITS = (6, 8, 9, 11, 12, 14, 18, 22)


LOST_ABOVE = {"int64": 53, "int32": 24}
"""The bits of the float that numbers of an integer dtype go through with those who are not careful."""


def draw_data(dice: Dice, case: Case, claim: OperationClaims, *, strict: bool) -> Case:
    """The case with a claimed dtype, a fill, layouts, a seed and, if ``strict``, sometimes non-finite values."""
    weights = SIGNAL_WEIGHTS if case.operation.chapter == "signal" else DTYPE_WEIGHTS
    dtypes = tuple((name, weight) for name, weight in weights.items() if name in claim.dtypes)
    case = replace(case, dtype=dice.pick(dtypes))
    if "int" in case.dtype and case.options.get("value", 0) not in (0, 1, 7):
        # a dtype without fractions, or without negative numbers, has no such pad
        case = case.with_options(value=2 if "u" in case.dtype or case.options["value"] > 0 else -2)
    case = replace(case, fill=_fill(dice, case), seed=dice.integer(0, 2**32 - 1), layouts=_layouts(dice, case))
    if "b" in case.shapes and dice.chance(6):
        case = replace(case, data={"b": ("0",)})
    elif case.dtype in LOST_ABOVE and dice.chance(25):
        case = _with_long_integers(dice, case)
    if strict and case.dtype in FORMATS and dice.chance(10):
        case = replace(case, fill="ints:3", pokes=_pokes(dice, case))
    return case


def _fill(dice: Dice, case: Case) -> str:
    linear = "w" in case.shapes or "k" in case.shapes
    kind = dice.pick(LINEAR if linear else ORDERED)
    if case.dtype not in FORMATS:
        if kind in ("ints", "negative"):
            return f"{kind}:{dice.pick(SMALL)}"
        if linear and case.dtype in LOST_ABOVE and (kind != "exact" or dice.chance(50)):
            return f"{dice.choose(['high', 'low'])}:{_beyond(dice, case)}"
        return f"ints:{_integer_range(case)}" if kind == "exact" else "ints:8"
    if kind in ("ints", "negative"):
        return f"{kind}:{dice.pick(SMALL)}"
    if kind == "exact":
        return f"ints:{max(exact_range(_most_terms(case), case.dtype), 1)}"
    if kind == "wide":
        bits = [b for b in BITS if b <= FORMATS[case.dtype].significand]
        return f"wide:{dice.choose(bits)}"
    return kind


def _beyond(dice: Dice, case: Case) -> int:
    return beyond(case, dice.pick(((5, 70), (10, 20), (20, 10))))


def beyond(case: Case, quarters: int = 5) -> int:
    """The bound of integers of one sign whose sums a float of as many bits cannot hold, though the dtype can.

    The largest sum is about so many quarters of $2^p$, in the float's $p$ bits.
    """
    most = 2 ** (LOST_ABOVE[case.dtype] - 2) * quarters
    return max(isqrt(most // max(_most_terms(case), 1)), 1)


def _with_long_integers(dice: Dice, case: Case) -> Case:
    """The case with single integers that a float cannot hold: in the bias, or in data that are moved or compared."""
    if "b" in case.shapes:
        return with_long_bias(case)
    name, odd = next(iter(case.array_shapes)), 2 ** LOST_ABOVE[case.dtype] + 1
    if "w" in case.shapes or "k" in case.shapes or not prod(case.array_shapes[name]):
        return case
    places = _places(dice, case, name)
    return replace(case, pokes={name: tuple((place, str(dice.choose([odd, odd + 4, -odd]))) for place in places)})


def with_long_bias(case: Case) -> Case:
    """The case with small integers, and a bias that no float of as many bits holds."""
    odd = 2 ** LOST_ABOVE[case.dtype] + 1
    return replace(case, fill="ints:8", data={"b": (str(odd), str(-odd - 2))})


def _integer_range(case: Case) -> int:
    """The widest integers whose sums of products stay inside an integer dtype, so that nothing wraps."""
    bits = {"int8": 7, "uint8": 8, "int16": 15, "int32": 31, "int64": 63}.get(case.dtype, 8)
    return min(max(isqrt((2**bits - 1) // max(_most_terms(case), 1)), 1), 2**31)


def _most_terms(case: Case) -> int:
    """The most terms that one element of the result of a linear operation has: products, and one for the bias."""
    x, w = case.shapes["x"], case.shapes.get("w", case.shapes.get("k", ()))
    if case.operation.chapter == "signal":
        return min(prod(x), prod(w))
    of_weights = case.operation.name.endswith("_weight_grad")
    channels = x[0] if of_weights else w[1] if _gathers(case) else w[0] // case.options["groups"]
    return channels * prod(_most_taps(case)) + 1


def _gathers(case: Case) -> bool:
    """Whether every element of the result is one position of the window; it is one element that windows read else."""
    return case.operation.name in ("conv", "conv_transpose_input_grad")


def _most_taps(case: Case) -> list[int]:
    """How many products along each axis one element of the result adds at most: pairs $i, j$ that lead to a $t$.

    With $t = s i + d j - p_{lo}$ they share $i$ where windows are gathered, $j$ in the gradient of the weights, and
    $t$ where windows are scattered.
    """
    o, name = case.options, case.operation.name
    x, y = case.shapes["x"][2:], case.array_shapes.get("grad_output", case.output_shape)[2:]
    positions, extents = (x, y) if case.operation.transposed else (y, x)
    shared = 1 if name.endswith("_weight_grad") else 0 if _gathers(case) else 2
    columns = zip(case.shapes["w"][2:], o["stride"], o["dilation"], o["padding"], positions, extents, strict=True)
    found = []
    for k, s, d, (lo, hi), m, n in columns:
        taps = Window(k, s, d, lo, hi).taps
        met = [(i, j, t) for i in range(m) for j, t in enumerate(taps(i)) if 0 <= t < n]
        found.append(max(Counter(place[shared] for place in met).values(), default=0))
    return found


def _layouts(dice: Dice, case: Case) -> dict[str, str]:
    drawn = {name: dice.pick(LAYOUTS) for name in case.array_shapes} if dice.chance(60) else {}
    return {name: layout for name, layout in drawn.items() if layout != "C" and 0 not in case.array_shapes[name]}


def _pokes(dice: Dice, case: Case) -> dict[str, tuple[tuple[int, str], ...]]:
    names = list(case.array_shapes)
    # what a maximum sends back hangs on the numbers it compared
    compared = case.operation.name.endswith("max_pool_input_grad")
    first = dice.choose(names[:2]) if dice.chance(90 if compared else 25) else names[0]
    if not prod(case.array_shapes[first]):
        return {}
    return {first: tuple((place, dice.pick(SPECIALS)) for place in _places(dice, case, first))}


def _places(dice: Dice, case: Case, name: str) -> list[int]:
    """One to three elements of an array that is not empty."""
    last = prod(case.array_shapes[name]) - 1
    return sorted({dice.integer(0, last) for _ in range(dice.integer(1, 3))})
