"""From failing cases to named faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cnnspec.harness.diagnose import candidates
from cnnspec.harness.session import run
from cnnspec.harness.verdicts import Finding, RunResult, Verdict
from cnnspec.mutants import load
from cnnspec.reference.convolution import conv


def check(name: str, op: str, **options: Any) -> RunResult:
    return run({op: load(name)[op]}, isolate="none", **{"cases": 120, **options})


def named(result: RunResult) -> set[str]:
    return {like[0] for finding in result.findings for like in finding.looks_like[:1]}


@pytest.mark.parametrize(
    ("name", "op"),
    [
        ("kernel_flipped", "conv2d"),
        ("stride_axes_swapped", "conv2d"),
        ("groups_interleaved", "conv2d"),
        ("bias_on_wrong_axis", "conv2d"),
    ],
)
def test_a_mutant_is_named_and_its_case_is_small(name: str, op: str) -> None:
    result = check(name, op)
    assert named(result) == {name}
    assert len(result.findings) == 1
    assert result.exit_code == 1


def test_two_faults_at_once_are_both_named() -> None:
    text = " ".join(named(check("kernel_flipped+later_groups_read_first", "conv2d", cases=200)))
    assert "kernel_flipped" in text
    assert "later_groups_read_first" in text


def test_a_fault_outside_the_zoo_gets_no_name() -> None:
    def conv2d(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
        y = conv(x, w, b, **options)
        return y + (x.shape[1] == 7) * (1 + y % 3)

    result = run({"conv2d": conv2d}, isolate="none", cases=200)
    assert result.findings
    assert not named(result)


def test_a_target_that_changes_its_mind_is_flaky() -> None:
    calls = []

    def relu(x: Any) -> Any:
        calls.append(1)
        return x * (x > 0) + (len(calls) == 40)

    findings: list[Finding] = run({"relu": relu}, isolate="none", cases=60, laws=("RELU-*",)).findings
    assert [finding.verdict for finding in findings] == [Verdict.FLAKY]


def test_faults_that_kill_a_process_are_never_run_here() -> None:
    from cnnspec.mutants import find

    assert not {find(name).family for name in candidates("conv")} & {"process", "state", "isolation"}


def test_every_ending_of_a_call_is_a_finding() -> None:
    endings: dict[Callable[..., Any], Verdict] = {
        lambda x: None: Verdict.FAILED,
        lambda x: [1, 2]: Verdict.FAILED,
        lambda x: 1 / 0: Verdict.REFUSED,
    }
    for function, verdict in endings.items():
        result = run(function, op="relu", isolate="none", cases=12)
        assert [(finding.law, finding.verdict) for finding in result.findings] == [("CALL-1", verdict)]
