"""Cases that are run whatever the dice say: integers whose sums just pass what a float holds.

Integers are often summed in floats, since those are faster, as long as the sums stay exact; whoever decides that must
count the terms.  In these cases each factor of that count is larger than what may be taken for it by mistake, so that
a count with another factor, or with one left out, is too small, and the sum is rounded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import inside
from cnnspec.cases.data import LOST_ABOVE, beyond, with_long_bias
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.implementation import OperationClaims
    from cnnspec.typing import Shape

POSITIONS = KERNEL = (3, 2, 2)
MANY, FEW = 5, 2
"""How many there are of what is summed over, and of what is not: samples, input channels, output channels."""

SEED = 2
"""A seed with which some of the longest sums are odd in every one of these cases."""

SUMMED = {
    "conv": 1, "conv_transpose": 1, "conv_input_grad": 2, "conv_transpose_input_grad": 2,
    "conv_weight_grad": 0, "conv_transpose_weight_grad": 0,
}  # fmt: skip
"""Which of the three each operation sums over."""


def long_sums(op: str, claim: OperationClaims) -> list[Case]:
    """The cases of an operation inside a claim: long sums, and where there is a bias a long one.

    Examples
    --------
    >>> from cnnspec.implementation import full_claims
    >>> for case in long_sums("conv1d", full_claims(find("conv1d")[0])):
    ...     print(case)
    conv1d:x=2x5x5,w=2x5x3,i64,high:26527107,seed=2
    conv1d:x=2x5x5,w=2x5x3,b,i64,ints:8,data.b=9007199254740993_-9007199254740995
    conv1d:x=2x5x5,w=2x5x3,i32,high:1144,seed=2
    conv1d:x=2x5x5,w=2x5x3,b,i32,ints:8,data.b=16777217_-16777219
    """
    operation, rank = find(op)
    if operation.name not in SUMMED:
        return []
    found = []
    for dtype in LOST_ABOVE:
        bare = Case.build(op, _shapes(operation.name, rank or 2), dtype=dtype)
        found.append(replace(bare, fill=f"high:{beyond(bare)}", seed=SEED))
        if "b" in operation.optional:
            found.append(with_long_bias(bare.with_shapes(b=(FEW,))))
    return inside(found, claim)


def _shapes(name: str, rank: int) -> dict[str, Shape]:
    samples, inputs, outputs = (MANY if place == SUMMED[name] else FEW for place in range(3))
    positions, kernel = POSITIONS[:rank], KERNEL[:rank]
    extents = tuple(m + k - 1 for m, k in zip(positions, kernel, strict=True))
    if name.startswith("conv_transpose"):
        return {"x": (samples, inputs, *positions), "w": (inputs, outputs, *kernel)}
    return {"x": (samples, inputs, *extents), "w": (outputs, inputs, *kernel)}
