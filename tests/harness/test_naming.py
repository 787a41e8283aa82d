"""What a name has to stand before it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnnspec.cases.case import Case
from cnnspec.harness.fresh import Known, fresh_cases
from cnnspec.harness.outcomes import goes_too_far, outcome_of, same
from cnnspec.harness.session import run
from cnnspec.harness.target import InlineTarget
from cnnspec.mutants import load
from cnnspec.reference.activation import relu
from cnnspec.reference.adaptive_pooling import global_max_pool

RIGHT = (np.array([[1.0, 2.0, np.nan]]),)


def arrays(*rows: Any) -> tuple[Any, ...]:
    return tuple(np.array([row]) for row in rows)


@pytest.mark.parametrize(
    ("target", "mutant", "far"),
    [
        (arrays([1.0, 5.0, np.nan]), arrays([1.0, 5.0, np.nan]), False),
        (arrays([1.0, 5.0, np.nan]), arrays([1.0, 5.0, 0.0]), True),
        (RIGHT, arrays([1.0, 5.0, np.nan]), True),
        (arrays([1.0, 7.0, np.nan]), arrays([1.0, 5.0, 0.0]), False),
        (RIGHT, arrays([1.0, 2.0]), False),
        (RIGHT, "raised", True),
        ("raised", "raised", False),
    ],
)
def test_a_mutant_that_is_also_wrong_where_the_target_is_right_goes_too_far(
    target: Any, mutant: Any, far: bool
) -> None:
    assert goes_too_far(RIGHT, target, mutant) == far


def test_text_is_no_number() -> None:
    text = outcome_of(lambda x: np.array(["1.0"]), Case.parse("relu:x=1x1x1,f64"))
    assert text == "malformed"
    assert not same(text, RIGHT)


def named(function: Callable[..., Any], op: str) -> set[str]:
    findings = run({op: function}, isolate="none", profile="strict", cases=120).findings
    assert findings
    return {like[0] for finding in findings for like in finding.looks_like}


def test_what_keeps_nan_is_not_what_loses_it() -> None:
    assert named(lambda x: np.where((x <= 1) & (x > 0), x.dtype.type(0), relu(x)), "relu") == set()
    assert named(load("relu_begins_at_one")["relu"], "relu") == {"relu_begins_at_one"}


def test_half_of_a_fault_is_no_name() -> None:
    """A minimum for a maximum: where it is the larger in size, it is that mutant's result."""
    assert named(lambda x: x.min(axis=tuple(range(2, x.ndim)), keepdims=True), "global_max_pool") == set()
    assert "max_by_absolute_value" in named(load("max_by_absolute_value")["global_max_pool"], "global_max_pool")
    assert global_max_pool(np.ones((1, 1, 2))).item() == 1


def test_two_faults_are_named_in_the_order_in_which_they_work() -> None:
    for order in ("relu_cuts_at_six+relu_shrinks", "relu_shrinks+relu_cuts_at_six"):
        assert named(load(order)["relu"], "relu") == {order}


def test_fresh_cases_are_of_the_kind_of_those_known() -> None:
    known = [
        Case.parse("conv2d:x=1x2x5x5,w=2x1x2x2,stride=2x1,padding=1.0_0.0,groups=2,f32"),
        Case.parse("conv2d:x=1x1x5x5,w=1x1x2x2,f64"),
    ]
    target = InlineTarget("reference")
    fresh = list(fresh_cases(known, target))
    assert len(fresh) > 5
    assert {case.op for case in fresh} == {"conv2d"}
    assert {case.dtype for case in fresh} <= {"float32", "float64"}
    assert {case.options["dilation"] for case in fresh} == {(1, 1)}
    assert len({case.options["stride"] for case in fresh}) > 1
    assert [str(case) for case in fresh] == [str(case) for case in fresh_cases(known, target)]


def test_a_name_that_is_too_narrow_stands_only_beside_another_fault() -> None:
    case = Case.parse("relu:x=1x1x3,f64,data.x=-1_2_3")
    seen = [(case, outcome_of(np.abs, case))]
    assert not Known(seen).refutes("relu_is_absolute_value", alone=True)
    assert Known(seen).refutes("relu_cuts_at_six", alone=True)
    assert not Known(seen).refutes("relu_cuts_at_six", alone=False)


def test_what_always_raises_never_returns() -> None:
    """An empty batch that comes back in a wrong shape is not what a function gives that raises whatever it gets."""
    case = Case.parse("relu:x=0x3x2,f32")
    seen = [(case, (np.zeros((0, 3), np.float32),))]
    assert Known(seen).refutes("always_raises", alone=False)
    assert not Known([(case, "raised")]).refutes("always_raises", alone=True)
