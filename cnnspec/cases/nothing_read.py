"""Cases that are run whatever the dice say: layers whose every tap lies in the padding, or is cropped.

A compiler may find out that such a sum has no terms and leave it away, with the memory of its result unwritten.  Fresh
memory is often zeros, which are right; so another call with a result of that shape, and with numbers in it, comes
before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import inside, usual_dtype
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.implementation import OperationClaims

SOMETHING, NOTHING = {False: (1, 0), True: (1, 1)}, {False: (7, 3), True: (3, 2)}
"""Stride and pad with which the one window of 2 taps on 2 elements reads something, and nothing; where transposed."""


def nothing_read(op: str, claim: OperationClaims) -> list[Case]:
    """Two cases of an operation inside a claim, or none: what reads nothing comes second.

    The last axis is the one on which nothing is read; every axis where they must be alike.  Where each shape is
    compiled, two dimensions alone have them.

    Examples
    --------
    >>> from cnnspec.implementation import full_claims
    >>> for case in nothing_read("conv2d_weight_grad", full_claims(find("conv2d_weight_grad")[0])):
    ...     print(case)
    conv2d_weight_grad:x=2x3x5x2,w=4x3x3x2,f32,ints:8,seed=1
    conv2d_weight_grad:x=2x3x5x2,w=4x3x3x2,stride=1x7,padding=0.0_3.3,f32,ints:8,seed=2
    """
    operation, rank = find(op)
    if "w" not in operation.geometry or rank is None or (claim.compiled and rank != 2):
        return []
    transposed = operation.transposed
    others = 0 if claim.uniform else rank - 1
    shapes = {
        "x": (2, 3, *(5,) * others, *(2,) * (rank - others)),
        "w": (*((3, 4) if transposed else (4, 3)), *(3,) * others, *(2,) * (rank - others)),
    }
    found = []
    for seed, (stride, pad) in enumerate((SOMETHING[transposed], NOTHING[transposed]), start=1):
        options = {
            "stride": (*(1,) * others, *(stride,) * (rank - others)),
            "padding": (*((0, 0),) * others, *((pad, pad),) * (rank - others)),
        }
        found.append(Case.build(op, shapes, options, dtype=usual_dtype(claim), fill="ints:8", seed=seed))
    both = inside(found, claim)
    return both if len(both) == len(found) else []
