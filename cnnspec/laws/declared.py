"""What a target says of its arithmetic, against what experiments show.

Bounds alone do not tell: sums that are cut instead of rounded stay within the bound of rounded ones on most data.  So
:mod:`cnnspec.laws.measure` asks for each property by a call that is made for it, and the law holds the answers against
the words of ``numerics=`` and their defaults.  One case of each dtype stands for the whole operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import inside
from cnnspec.implementation import Observation
from cnnspec.laws.law import CallEnded, Failure, Probe, Vacuous, law
from cnnspec.laws.measure import benches
from cnnspec.laws.precision import contradictions, look, summary
from cnnspec.numerics.precision import ACCUMULATOR
from cnnspec.operations import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnspec.implementation import OperationClaims
    from cnnspec.typing import Array

SIDE = {1: 20, 2: 7, 3: 5}
"""The input's extents of the standing cases: those of the first layer that is measured."""


def standing_case(op: str, dtype: str, *, bias: bool = False) -> Case:
    """The one case of an operation and dtype on which its arithmetic is measured.

    Examples
    --------
    >>> str(standing_case("conv2d", "float32"))
    'conv2d:x=1x3x7x7,w=4x3x2x2,f32,real'
    """
    rank = find(op)[1] or 2
    shapes = {"x": (1, 3, *(SIDE[rank],) * rank), "w": (4, 3, *(2,) * rank)}
    return Case.build(op, {**shapes, **({"b": (4,)} if bias else {})}, {}, dtype=dtype, fill="real")


def standing_cases(op: str, claim: OperationClaims) -> list[Case]:
    """The standing cases inside a claim: none where the operation has no experiments."""
    if find(op)[0].name != "conv":
        return []
    dtypes = [dtype for dtype in claim.dtypes if dtype in ACCUMULATOR and not dtype.startswith("complex")]
    cases = [standing_case(op, dtype, bias=claim.bias == "required") for dtype in dtypes]
    return inside(cases, claim)


def _stands(case: Case) -> bool:
    floats = case.dtype in ACCUMULATOR and not case.dtype.startswith("complex")
    return floats and case == standing_case(case.op, case.dtype, bias="b" in case.shapes)


class _Asked:
    """A probe's target, as the experiments call it."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def call(self, op: str, arrays: Mapping[str, Array], options: Mapping[str, Any]) -> Observation:
        """The target on these arrays."""
        shapes = {name: array.shape for name, array in arrays.items()}
        case = Case.build(op, shapes, options, dtype=self._probe.case.dtype)
        try:
            return Observation("returned", (self._probe.ask(case, arrays, description="an experiment"),))
        except Vacuous as reason:
            return Observation("unsupported", message=str(reason))
        except CallEnded as ended:
            return ended.observation


@law(
    "NUM-1",
    title="the arithmetic is the one that is declared",
    formula="$2^m + 1 - 2^m = 1$ for $m < p_a$, in any order; $x \\cdot 1 = x$ for operands of $p_r$ bits",
    source="Fasi, Higham, Mikaitis and Pranesh, Numerical behavior of NVIDIA tensor cores; https://doi.org/10.7717/peerj-cs.330",
    operations=("conv",),
    lane="bounded",
    applies=_stands,
    example=("conv1d:x=1x1x3,w=1x1x1,f64,data.x=4097_1_-4096,data.w=1", [[[4097, 1, -4096]]]),
    mutants=("accumulates_toward_zero", "rounds_operands_to_tf32", "drops_elements_at_random"),
)
def as_declared(probe: Probe) -> Failure | None:
    """Operands and sums keep the bits that are promised, are rounded as promised, and a call repeats bit for bit."""
    case, claim = probe.case, probe.claims.operations[probe.case.op]
    layers = benches(_Asked(probe), case.op, case.dtype, case.rank, bias="b" in case.shapes)
    seen = [look(bench) for bench in (layers if claim.numerics else layers[:1])]  # who promises more is asked more
    found = summary(seen, case.dtype)
    if found["algorithm"] is None and found["deterministic"] is None:
        raise Vacuous("; ".join(found["notes"]) or "nothing could be measured")
    broken = contradictions(found, case.dtype, claim.numerics)
    return Failure("; ".join(broken)) if broken else None
