"""How a target forms its sums, as it declares or as was detected, and how far they may lie from the exact ones."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.laws.compare import differs, sizes_of, values_at, within
from cnnspec.numerics import fourier
from cnnspec.numerics.arithmetic import Arithmetic
from cnnspec.numerics.bounds import sizes_of_operands, sum_of_products
from cnnspec.numerics.classify import looks_like
from cnnspec.numerics.precision import ACCUMULATOR, format_of

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.laws.law import Failure, Probe
    from cnnspec.typing import Array

TRANSPOSED_GRADIENTS = ("conv_transpose_input_grad", "conv_transpose_weight_grad")
LINEAR = ("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad", *TRANSPOSED_GRADIENTS)
TRANSFORMED = (*LINEAR, "convolve", "cross_correlate")
"""What a transform may compute."""


def terms(case: Case) -> int:
    """$K$: how many products one output adds, one more with a bias."""
    x, w, name = case.shapes["x"], case.shapes["w"], case.operation.name
    if name.endswith("weight_grad"):
        return x[0] * prod((x if "transpose" in name else case.array_shapes["grad_output"])[2:])
    per_group = w[1] if name in ("conv", "conv_transpose_input_grad") else w[0] // case.options["groups"]
    return per_group * prod(w[2:]) + ("b" in case.shapes)


def arithmetic_of(probe: Probe) -> Arithmetic:
    """The arithmetic of this case: what the operation's claim says, and the detected algorithm where it says none."""
    claim = probe.claims.operations.get(probe.case.op)
    declared = dict(claim.numerics) if claim is not None else {}
    if probe.case.operation.name in TRANSFORMED:
        declared.setdefault("algorithm", probe.dialect("num.algorithm", "direct"))
    return Arithmetic.of(probe.case.dtype, declared)


def mixes_windows(probe: Probe) -> bool:
    """Whether an algorithm is declared or was detected whose rounding errors cross from window to window."""
    floats = probe.case.operation.name in TRANSFORMED and probe.case.dtype in ACCUMULATOR
    return floats and arithmetic_of(probe).algorithm != "direct"


def rounds_before_bias(probe: Probe) -> bool:
    """Whether the bias is added to a sum that was rounded to the output's format, as the claim says."""
    return "b" in probe.arrays and probe.case.dtype in ACCUMULATOR and arithmetic_of(probe).bias_rounded


def sum_bound(probe: Probe) -> Array:
    """The largest error of each element of a linear operation, under the target's arithmetic."""
    arithmetic, case = arithmetic_of(probe), probe.case
    exact = probe.expected[0]
    before = None
    if rounds_before_bias(probe):
        before = exact - probe.arrays["b"].astype(np.float64).reshape(-1, *(1,) * case.rank)
    bound = sum_of_products(
        exact, probe.magnitude, terms(case), arithmetic, sizes=operand_sizes(probe), before_bias=before
    )
    if arithmetic.algorithm != "direct":
        # what any transform of full precision may add to the error of the sums; it covers Winograd's tiles too
        bound = bound + fourier.bound(
            case.operation, case.shapes, case.options, probe.arrays, arithmetic.accumulator.name
        )
    return bound


def bound_of_sums(probe: Probe, magnitude: Array, terms: int) -> Array:
    """The largest error of each element of a result that adds up elements, as products with 1."""
    return sum_of_products(probe.expected[0], magnitude, terms, arithmetic_of(probe), sizes=magnitude + terms)


def operand_sizes(probe: Probe) -> Array | None:
    """$\\sum|x| + \\sum|w|$ over the taps of each output, where subnormal numbers are declared to be taken as zero."""
    case = probe.case
    if not arithmetic_of(probe).ftz:
        return None
    return sizes_of_operands(partial(case.operation.reference, **case.call_options), tuple(probe.arrays.values()))


def only_subnormal(probe: Probe, failure: Failure) -> bool:
    """Whether only numbers that the target declares to take as zero differ: of no operation can more be asked then."""
    claim, expected, got = probe.claims.operations.get(probe.case.op), failure.expected, failure.got
    if claim is None or claim.numerics.get("ftz") != "yes" or expected is None or got is None:
        return False
    if probe.case.dtype not in ACCUMULATOR or expected.shape != got.shape:
        return False
    with np.errstate(invalid="ignore"):
        wrong = differs(expected, got) if failure.bound is None else ~(np.abs(got - expected) <= failure.bound)
        tiny = np.maximum(sizes_of(expected), sizes_of(got)) < format_of(probe.case.dtype).smallest_normal
    return bool(wrong.any() and tiny[wrong].all())


def imprecise(probe: Probe) -> Failure | None:
    """A failure unless every sum lies within its bound; it says how far off it is, and what that looks like."""
    arithmetic, case, exact = arithmetic_of(probe), probe.case, probe.expected[0]
    bound = sum_bound(probe)
    failure = within(exact, probe.got, bound, "the sums are less precise than claimed")
    if failure is None or failure.where is None or probe.got.dtype.kind == "c":
        return failure
    at = failure.where
    with np.errstate(all="ignore"):
        error = np.abs(probe.got - exact)
        ratio, wrong = float(error[at] / bound[at]), int((~(error <= bound)).sum())
    seen = looks_like(case.operation, case.shapes, case.call_options, probe.arrays, probe.got, terms(case), arithmetic)
    words = f"looks like {seen}" if seen else "no precision explains it"
    return replace(failure, message=f"{_far(ratio, arithmetic)}; {words}: {values_at(at, exact, probe.got, wrong)}")


def _far(ratio: float, arithmetic: Arithmetic) -> str:
    order = "any summation order" if arithmetic.depth == "any" else f"the declared {arithmetic.depth} summation"
    kind = "truncating " if arithmetic.rounding == "truncate" else ""
    times = f"{ratio:.2g}" if ratio < 100 else f"{ratio:.0f}" if ratio < 1e6 else f"{ratio:.1e}"
    return f"the error is {times} times what {order} of {kind}{arithmetic.accumulator.name} could give"
