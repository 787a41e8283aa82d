"""Correct implementations have no finding, whichever way they are built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.harness.session import run
from cnnspec.harness.verdicts import Verdict
from cnnspec.implementation import Claims, Implementation
from cnnspec.numerics.precision import FORMATS
from cnnspec.numerics.rounding import round_to
from tests.harness.dialects import FOLLOWED, RIGHT, Maker
from tests.harness.variants import VARIANTS


@pytest.mark.parametrize("profile", ["standard", "strict"])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_correct_variant_has_no_finding(name: str, profile: str) -> None:
    result = run({"conv2d": VARIANTS[name]}, isolate="none", profile=profile, cases=150, seed=3)
    assert [str(f.case) + " " + f.failure.message for f in result.findings] == []
    assert result.complete
    assert result.tallies["conv2d", "CORR-3"].verdict is Verdict.PASSED
    assert not [key for key, tally in result.tallies.items() if tally.verdict is Verdict.ERROR]


def test_the_reference_has_no_finding() -> None:
    result = run("reference", effort="quick", profile="strict", seed=11)
    assert [str(f.case) + " " + f.failure.message for f in result.findings] == []
    assert result.exit_code == 0


def flushed(a: Any) -> Any:
    """The array with its subnormal numbers taken as zero."""
    if not isinstance(a, np.ndarray) or a.dtype.name not in FORMATS:
        return a
    return np.where(np.abs(a) < FORMATS[a.dtype.name].smallest_normal, np.copysign(np.zeros_like(a), a), a)


def in_tf32(a: Any) -> Any:
    """The array rounded to TF32, as a tensor core takes float32."""
    return round_to(a, "tf32").astype(a.dtype) if getattr(a, "dtype", None) == np.float32 else a


def through(function: Callable[..., Any], operands: Callable[[Any], Any], result: Callable[[Any], Any]) -> Any:
    """``function`` of changed operands, its result changed too."""

    def call(*arrays: Any, **options: Any) -> Any:
        made = function(*map(operands, arrays), **options)
        return tuple(map(result, made)) if isinstance(made, tuple) else result(made)

    return call


@pytest.mark.parametrize(
    ("declared", "operands", "result"),
    [({"ftz": "yes"}, flushed, flushed), ({"operands": "tf32"}, in_tf32, lambda a: a)],
    ids=["subnormal numbers as zero", "operands in TF32"],
)
def test_declared_arithmetic_has_no_finding_in_any_operation(
    declared: dict[str, str], operands: Any, result: Any
) -> None:
    whole = reference()
    products = [name for name in whole.functions if name.startswith("conv")]
    names = list(whole.functions) if "ftz" in declared else products
    functions = {name: through(RIGHT[name], operands, result) for name in names}
    claims = {name: replace(whole.claims.operations[name], numerics=declared) for name in names}
    target = Implementation("declared", "1", functions, Claims(claims))
    made = run(target, isolate="none", profile="strict", seed=2)
    assert [str(f.case) + " " + f.failure.message for f in made.findings] == []
    assert not [key for key, tally in made.tallies.items() if tally.verdict is Verdict.ERROR]


@pytest.mark.parametrize(
    ("flag", "value", "operations", "maker"), FOLLOWED, ids=[f"{flag}={value}" for flag, value, *_ in FOLLOWED]
)
def test_a_dialect_that_is_followed_has_no_finding_in_any_operation(
    flag: str, value: str, operations: tuple[str, ...], maker: Maker
) -> None:
    claims = {op: reference().claims.operations[op] for op in operations}
    target = Implementation("other", "1", {op: maker(op) for op in operations}, Claims(claims, {flag: value}))
    made = run(target, isolate="none", profile="strict", seed=3)
    assert [str(f.case) + " " + f.failure.message for f in made.findings] == []
    assert not [key for key, tally in made.tallies.items() if tally.verdict is Verdict.ERROR]
