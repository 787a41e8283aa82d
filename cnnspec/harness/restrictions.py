"""Restrictions between options that a target keeps and does not claim: found by calls beyond them, and by its failures.

The restrictions are those of :data:`cnnspec.implementation.LIMITS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside, within_limit
from cnnspec.errors import CnnspecError
from cnnspec.harness.causes import defined
from cnnspec.harness.probe import Target
from cnnspec.harness.verdicts import Finding
from cnnspec.implementation import LIMITS, Claims, OperationClaims
from cnnspec.operations import find

LEAST = 3
"""So many failing and so many passing cases tell a restriction from chance."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call beyond a restriction that is not claimed, and was refused."""

    limit: str
    op: str
    case: Case
    message: str


BEYOND: Mapping[str, Mapping[str, Any]] = {
    "half_kernel_padding": {"x": 5, "kernel": 3, "stride": 1, "padding": (2, 2)},
    "output_padding_below_stride": {"x": 3, "kernel": 2, "dilation": 2, "output_padding": 1},
    "reflect_pads_below_extent": {"x": 2, "padding": (2, 2), "mode": "reflect"},
    "circular_pads_within_extent": {"x": 2, "padding": (3, 3), "mode": "circular"},
    "depthwise_or_one_group": {"x": 3, "kernel": 2, "groups": 2},
    "stride_or_dilation": {"x": 5, "kernel": 2, "stride": 2, "dilation": 2},
    "one_stride": {"x": 4, "kernel": 2, "stride": 1, "stride_last": 2},
    "square_kernel": {"x": 4, "kernel": 2, "kernel_last": 3, "stride": 1},
    "square_input": {"x": 4, "x_last": 3, "kernel": 2, "stride": 1},
}
"""A call beyond each restriction, per spatial axis; ``..._last`` stands for the last axis alone."""


def refusals(target: Target) -> Iterator[Refusal]:
    """The restrictions that are not claimed, and under which a call inside the claims is refused."""
    for op, claim in target.claims.operations.items():
        for limit in BEYOND:
            case = None if limit in claim.limits else beyond(limit, op, claim)
            if case is None or outside(case, target.claims) or not defined(case):
                continue
            seen = target.run(case)
            if seen.kind in ("raised", "unsupported"):
                yield Refusal(limit, op, case, seen.message)


def beyond(limit: str, op: str, claim: OperationClaims) -> Case | None:
    """A call of an operation beyond a restriction, where it has one.

    Examples
    --------
    >>> from cnnspec.implementation import full_claims
    >>> str(beyond("square_kernel", "max_pool2d", full_claims(find("max_pool2d")[0])))
    'max_pool2d:x=1x1x4x4,kernel_size=2x3,stride=1x1,f64,ints:3'
    """
    operation, rank = find(op)
    axes, call = rank or 2, BEYOND[limit]
    if operation.chapter == "signal":
        return None

    def spread(name: str) -> tuple[Any, ...]:
        return (*(call[name],) * (axes - 1), call.get(f"{name}_last", call[name]))

    groups = call.get("groups", 1)
    shapes = {"x": (1, 2 * groups if groups > 1 else 1, *spread("x"))}
    if "w" in operation.geometry and "kernel" in call:
        shapes["w"] = (
            shapes["x"][1] if operation.transposed else groups,
            groups,
            *spread("kernel"),
        )
    if claim.bias == "required" and "w" in shapes:
        shapes["b"] = (shapes["w"][0],)
    kinds = {option.name: option.kind for option in operation.options}
    given = {"kernel_size" if name == "kernel" else name: name for name in call if not name.endswith("_last")}
    options = {
        name: spread(word) if kinds[name] in ("per_axis", "pairs") else call[word]
        for name, word in given.items() if name in kinds
    }  # fmt: skip
    try:
        case = Case.build(op, shapes, options, dtype=claim.dtypes[0], fill="ints:3")
        return None if within_limit(case, limit) or not case.valid else case
    except CnnspecError:
        return None


def restricted(finding: Finding, failing: list[Case], passing: list[Case], claims: Claims) -> Finding:
    """The finding, with the restriction that every failing case breaks and every passing one keeps, if there is one."""
    claim = claims.operations[finding.op]
    if len(failing) < LEAST or len(passing) < LEAST:
        return finding
    for limit, meaning in LIMITS.items():
        if limit in claim.limits or any(within_limit(case, limit) for case in failing):
            continue
        if all(within_limit(case, limit) for case in passing):
            fact = (f"every case that went wrong breaks a restriction that every other one keeps: {meaning}. Look"
                    f' there; or, where no more is meant, declare it: limits=["{limit}"]')  # fmt: skip
            return replace(finding, facts=(*finding.facts, fact))
    return finding
