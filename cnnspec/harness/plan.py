"""What a run will check: operations × laws inside the claims, how many cases of each, and under which profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from math import ceil

from cnnspec.errors import UsageError
from cnnspec.implementation import Claims, OperationClaims, PaddingClaim
from cnnspec.laws.law import Law
from cnnspec.laws.registry import select
from cnnspec.operations import find, spelled_names

EFFORTS = {"quick": 24, "default": 120, "deep": 900}
"""Cases for an operation of weight 1, by effort."""

COMPILED = 0.6
"""The part of them that is run where each shape is compiled; what that costs in power is measured (decision 0011)."""

RANK_SHARE = {1: 0.30, 2: 0.50, 3: 0.20, None: 0.50}
WEIGHTS = {"conv": 4.0, "conv_transpose": 3.0, "max_pool": 2.0, "max_pool_with_indices": 2.0, "avg_pool": 2.0,
           "conv_input_grad": 3.0, "conv_weight_grad": 3.0, "pad": 4.0, "relu": 2.0, "convolve": 3.0,
           "cross_correlate": 3.0, "max_pool_input_grad": 2.0, "avg_pool_input_grad": 1.5,
           "conv_transpose_input_grad": 1.5, "conv_transpose_weight_grad": 1.5, "pad_input_grad": 2.0,
           "relu_input_grad": 2.0}  # fmt: skip
LEAST = 12

NARROW = ("float16", "bfloat16", "int8", "uint8", "int16", "int32", "int64", "complex64", "complex128")


@dataclass(frozen=True, slots=True)
class Profile:
    """A part of the specification that a run holds a target to.

    ``without`` names options that stay at their defaults, ``dtypes_without`` dtypes that are not drawn, ``ranks`` the
    spatial ranks, ``operations`` the rank-free names (all if empty), ``lanes_without`` the lanes that are not held
    against the target, ``strict`` whether non-finite values and empty batches are drawn.
    """

    name: str
    sentence: str
    ranks: tuple[int, ...] = (1, 2, 3)
    operations: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    dtypes_without: tuple[str, ...] = ()
    padding: PaddingClaim = "negative"
    lanes_without: tuple[str, ...] = ("reject", "special")
    strict: bool = False


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            "core",
            "what every course asks: two dimensions, symmetric zero padding, stride, bias, max, average, ReLU",
            ranks=(2,),
            operations=("conv", "max_pool", "avg_pool", "relu"),
            without=("dilation", "groups", "ceil_mode"),
            dtypes_without=NARROW,
            padding="symmetric",
        ),
        Profile(
            "standard",
            "core, and groups, dilation, asymmetric pads, the ceil rule, transposed, gradients, other ranks",
            dtypes_without=NARROW,
        ),
        Profile(
            "strict",
            "standard, and non-finite values, empty batches, narrow and integer dtypes, refusal of invalid calls",
            lanes_without=(),
            strict=True,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Item:
    """One operation of the plan: its narrowed claim, its laws and the number of cases."""

    op: str
    claim: OperationClaims
    laws: tuple[Law, ...]
    cases: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The items of a run, and what is not among them as (operation, law, reason): no law for a whole operation."""

    items: tuple[Item, ...]
    profile: Profile
    unclaimed: tuple[tuple[str, str, str], ...]


def make_plan(
    claims: Claims,
    *,
    operations: tuple[str, ...] = (),
    laws: tuple[str, ...] = (),
    profile: str = "standard",
    effort: str = "default",
    cases: int | None = None,
) -> Plan:
    """The plan for a target with these claims.

    Raises
    ------
    UsageError
        If a pattern matches nothing, or the profile or effort is unknown.
    """
    if profile not in PROFILES:
        raise UsageError(f"the profile must be one of {', '.join(PROFILES)}, got {profile!r}")
    if effort not in EFFORTS:
        raise UsageError(f"the effort must be one of {', '.join(EFFORTS)}, got {effort!r}")
    spared = PROFILES[profile].lanes_without
    chosen, items, missing = tuple(law for law in select(laws) if law.lane not in spared), [], []
    for op in _matching(operations):
        claim = claims.operations.get(op)
        narrowed = claim and narrow(op, claim, PROFILES[profile])
        if not isinstance(narrowed, OperationClaims):
            missing.append((op, "", narrowed or "the target has no function of that name"))
            continue
        concerned = [law for law in chosen if find(op)[0].name in law.operations and law.lane != "proof"]
        held = tuple(law for law in concerned if set(law.needs) <= set(narrowed.options))
        missing += [(op, law.id, f"{_words(law, narrowed)} is not claimed") for law in concerned if law not in held]
        if held:
            base = EFFORTS[effort] * (COMPILED if narrowed.compiled else 1)
            items.append(Item(op, narrowed, held, cases or _case_count(op, base)))
    return Plan(tuple(items), PROFILES[profile], tuple(missing))


def _matching(patterns: tuple[str, ...]) -> list[str]:
    names = spelled_names()
    for pattern in patterns:
        if not any(matches_operation(name, pattern) for name in names):
            raise UsageError(f"no operation matches {pattern!r}; there are {', '.join(names)}")
    return [name for name in names if not patterns or any(matches_operation(name, p) for p in patterns)]


def matches_operation(name: str, pattern: str) -> bool:
    """Whether a spelled name is one that a pattern means: ``conv2d``, ``conv*``, or ``conv`` for every rank."""
    return fnmatchcase(name, pattern) or find(name)[0].name == pattern


def _words(law: Law, claim: OperationClaims) -> str:
    return " and ".join(name for name in law.needs if name not in claim.options)


def _case_count(op: str, base: float) -> int:
    operation, rank = find(op)
    return max(ceil(base * WEIGHTS.get(operation.name, 1.0) * RANK_SHARE[rank]), LEAST)


def narrow(op: str, claim: OperationClaims, profile: Profile) -> OperationClaims | str:
    """The part of a claim that the profile looks at, or why there is none."""
    operation, rank = find(op)
    if profile.operations and operation.name not in profile.operations:
        return f"not part of the profile {profile.name}"
    if rank is not None and rank not in profile.ranks:
        return f"not part of the profile {profile.name}"
    dtypes = tuple(name for name in claim.dtypes if name not in profile.dtypes_without)
    if not dtypes:
        return f"claims only dtypes outside the profile {profile.name}: {', '.join(claim.dtypes)}"
    padding = profile.padding if claim.allows_padding(profile.padding) else claim.padding
    options = tuple(name for name in claim.options if name not in profile.without)
    return replace(claim, dtypes=dtypes, padding=padding, options=options)
