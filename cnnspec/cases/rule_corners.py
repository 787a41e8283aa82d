"""Cases that are run whatever the dice say where each shape is compiled: corners of the rules that few shapes meet.

Elsewhere every case has a geometry of its own, and some of them come to each of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import inside, usual_dtype
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.implementation import OperationClaims
    from cnnspec.typing import Shape

PADS = {
    "constant": (((2, 3), (0, 1)),),
    "reflect": (((2, 0), (3, 4)), ((0, 2), (1, 3))),
    "replicate": (((2, 0), (5, 6)),),
    "circular": (((1, 0), (0, 4)), ((0, 1), (9, 11))),
    "symmetric": (((1, 0), (0, 4)), ((0, 1), (9, 11))),
}
"""By mode: pads of a plane of 1 by 4, which reach over its ends once, or where that is claimed several times."""

PLANE = (1, 4)


def rule_corners(op: str, claim: OperationClaims) -> list[Case]:
    """Every mode of pads on an axis of extent 1, far over the ends and on one side; strides beyond the kernel.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from cnnspec.implementation import full_claims
    >>> claim = replace(full_claims(find("conv2d_input_grad")[0]), compiled=True)
    >>> print(*rule_corners("conv2d_input_grad", claim))
    conv2d_input_grad:x=2x2x9x12,w=3x2x1x2,stride=3x4,f32,ints:3,seed=1
    """
    if not claim.compiled:
        return []
    dtype = usual_dtype(claim)
    found = [
        Case.build(op, shapes, options, dtype=dtype, fill="ints:3", seed=seed)
        for seed, (shapes, options) in enumerate(_geometries(op), start=1)
    ]
    return inside(found, claim)


def _geometries(op: str) -> list[tuple[dict[str, Shape], dict[str, Any]]]:
    operation, rank = find(op)
    if operation.chapter == "padding":
        x: dict[str, Shape] = {"x": (2, 2, *PLANE)}
        return [(x, {"padding": pads, "mode": mode}) for mode, several in PADS.items() for pads in several]
    if "w" not in operation.geometry or rank is None:
        return []
    kernel, stride, extents = (2, 1, 2)[-rank:], (4, 3, 4)[-rank:], (8, 9, 12)[-rank:]
    channels = (2, 3) if "transpose" in op else (3, 2)
    return [({"x": (2, 2, *extents), "w": (*channels, *kernel)}, {"stride": stride})]
