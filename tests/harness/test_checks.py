"""One check for each law of each operation, run once, agreeing with the run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnspec.errors import NonConforming, UsageError
from cnnspec.harness.checks import Check, checks
from cnnspec.harness.session import run
from cnnspec.harness.verdicts import BAD, Verdict
from cnnspec.mutants import load


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def target(calls: list[str]) -> dict[str, Any]:
    """A convolution that flips its kernel and a right relu, both counting their calls."""
    flipped = load("kernel_flipped")["conv2d"]

    def conv2d(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
        calls.append("conv2d")
        return flipped(x, w, b, **options)

    def relu(x: Any) -> Any:
        calls.append("relu")
        return np.where(x > 0, x, x.dtype.type(0))

    return {"conv2d": conv2d, "relu": relu}


def found(target: Any, **options: Any) -> dict[str, Check]:
    made = checks(target, isolate="none", **{"cases": 40, **options})
    return {check.id: check for check in made}


def test_ids_are_operation_and_law_and_each_is_there_once(target: dict[str, Any]) -> None:
    made = checks(target, isolate="none", cases=12)
    ids = [check.id for check in made]
    assert len(set(ids)) == len(ids)
    assert {"conv2d-CORR-1", "relu-RELU-1", "relu-PURE-1"} <= set(ids)
    assert ids == [check.id for check in checks(target, isolate="none", cases=12, seed=9)]
    assert repr(made[0]) == f"<Check {ids[0]}>"


def test_an_operations_cases_are_run_once_and_when_they_are_needed(target: dict[str, Any], calls: list[str]) -> None:
    made = found(target)
    made["relu-RELU-1"].session.start()
    loading = len(calls)  # the target's form of call and its arithmetic are found out
    made["relu-RELU-1"]()
    assert len(calls) >= loading + 40
    assert "conv2d" not in calls[loading:]
    after = len(calls)
    for name, check in made.items():
        if name.startswith("relu-"):
            check()
    assert len(calls) == after


def test_checks_agree_with_the_run(target: dict[str, Any]) -> None:
    result = run(target, isolate="none", cases=40)
    bad = {f"{op}-{law}" for (op, law), tally in result.tallies.items() if tally.verdict in BAD}
    failing = {name for name, check in found(target).items() if check.outcome().failed}
    assert failing == bad
    assert "conv2d-CORR-1" in failing
    verdicts = {f"{op}-{law}": tally.verdict for (op, law), tally in result.tallies.items() if law}
    for name, check in found(target).items():
        assert check.outcome().tally.verdict is verdicts[name]


def test_a_broken_law_raises_with_its_finding(target: dict[str, Any]) -> None:
    made = found(target)
    with pytest.raises(NonConforming, match=r"(?s)conv2d-CORR-1: the sum over .*\n  conv2d:x="):
        made["conv2d-CORR-1"]()
    outcome = made["conv2d-CORR-1"].outcome()
    assert [(finding.law, finding.looks_like[0][0]) for finding in outcome.findings] == [("CORR-1", "kernel_flipped")]


def test_a_law_that_fails_on_the_same_cases_points_to_the_finding(target: dict[str, Any]) -> None:
    outcome = found(target)["conv2d-CORR-3"].outcome()
    assert outcome.failed
    assert [finding.law for finding in outcome.findings] == ["CORR-1"]


def test_a_check_gives_its_verdict(target: dict[str, Any]) -> None:
    made = found(target)
    assert made["relu-RELU-1"]() is Verdict.PASSED
    one = found(target, cases=1, operations=("relu",))
    assert Verdict.VACUOUS in {check() for check in one.values()}


def test_a_wrong_option_is_refused_and_the_target_closed() -> None:
    with pytest.raises(UsageError, match="no operation matches"):
        checks("reference", operations=("con2d",))
