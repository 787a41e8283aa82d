"""Whatever an implementation claims, and however it refuses all the rest, it has no finding where it is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.errors import CnnspecError
from cnnspec.harness.session import run
from cnnspec.harness.verdicts import Verdict
from cnnspec.implementation import LIMITS, PADDING_ORDER, Claims, Implementation, OperationClaims
from cnnspec.operations import find

RIGHT = reference()
MODES = {
    "pad": ("constant", "reflect", "replicate", "circular", "symmetric"),
    "signal": ("full", "same", "valid"),
}


def some_of(op: str, dice: Random) -> OperationClaims:
    """A part of what the reference claims of an operation."""
    operation, claim = find(op)[0], RIGHT.claims.operations[op]

    def maybe(percent: int) -> bool:
        return dice.random() * 100 < percent

    needed = [option.name for option in operation.options if option.default is ...]
    if maybe(50):
        claim = replace(claim, options=tuple(name for name in claim.options if name in needed or maybe(70)))
    if "padding" not in claim.options:
        claim = replace(claim, padding="none")
    elif maybe(60):
        kinds = [kind for kind in PADDING_ORDER if claim.allows_padding(kind)]
        claim = replace(claim, padding=dice.choice(kinds[1:] if op.startswith("pad") else kinds))
    if maybe(50):
        claim = replace(claim, dtypes=tuple(dice.sample(claim.dtypes, dice.randint(1, 3))))
    if operation.optional:
        claim = replace(claim, bias=dice.choice(("no", "optional", "required")))
    if "mode" in claim.options and maybe(60):
        modes = MODES["signal" if operation.chapter == "signal" else "pad"]
        claim = replace(claim, choices={"mode": tuple(dice.sample(modes, dice.randint(1, 2)))})
    limits = tuple(dice.sample(list(LIMITS), dice.randint(0, 2)))
    return replace(claim, limits=limits, uniform=maybe(30), compiled=maybe(25))


def call_of(op: str, arrays: tuple[Any, ...], options: dict[str, Any]) -> Case | None:
    """The call as a case; none for arrays that make no sense together."""
    operation = find(op)[0]
    given = {name: a.shape for name, a in zip(operation.arrays, arrays, strict=False) if a is not None}
    shapes = {name: shape for name, shape in given.items() if name in operation.geometry}
    try:
        groups, g = options.get("groups", 1), given.get("grad_output", ())
        if "x" not in shapes:
            channels = given["w"][0] if "transpose" in op else given["w"][1] * groups
            shapes["x"] = (g[0], channels, *options["input_size"])
        if "w" in operation.geometry and "w" not in shapes:
            ends = (shapes["x"][1], g[1]) if "transpose" in op else (g[1], shapes["x"][1])
            shapes["w"] = (ends[0], ends[1] // groups, *options["kernel_size"])
        names = {option.name for option in operation.options}
        known = {name: value for name, value in options.items() if name in names}
        case = Case.build(op, shapes, known, dtype=arrays[0].dtype.name)
        return case if case.valid else None
    except (CnnspecError, AttributeError, IndexError, KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def refusing(op: str, claims: Claims, error: type[Exception]) -> Callable[..., Any]:
    """The reference, which raises where a call is not claimed."""

    def function(*arrays: Any, **options: Any) -> Any:
        case = call_of(op, arrays, options)
        if case is not None and (reason := outside(case, claims)):
            raise error(reason)
        return RIGHT.functions[op](*arrays, **options)

    return function


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("error", [NotImplementedError, ValueError])
def test_who_refuses_what_is_not_claimed_has_no_finding(error: type[Exception], seed: int) -> None:
    dice = Random(f"{seed} {error.__name__}")
    claims = Claims({op: some_of(op, dice) for op in RIGHT.functions})
    target = Implementation("part", "1", {op: refusing(op, claims, error) for op in RIGHT.functions}, claims)
    made = run(target, isolate="none", effort="quick", profile=dice.choice(["standard", "strict"]), seed=seed)
    told = [f"{f.law} {f.case}: {f.failure.message}; {claims.operations[f.case.op]}" for f in made.findings]
    assert told == []
    assert not [key for key, tally in made.tallies.items() if tally.verdict is Verdict.ERROR]
