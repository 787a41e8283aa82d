"""From failing cases to named faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cnnspec.harness.naming import candidates
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
        return x * (x > 0) + (len(calls) == 41)

    findings: list[Finding] = run({"relu": relu}, isolate="none", cases=60, laws=("RELU-*",)).findings
    assert [finding.verdict for finding in findings] == [Verdict.FLAKY]


def test_faults_that_harm_a_process_are_never_run_here() -> None:
    from cnnspec.harness import profile
    from cnnspec.mutants import find

    for choose in (candidates, profile.candidates):
        assert choose("conv")
        assert not [name for name in choose("conv") if find(name).harmful]
    assert find("exits").harmful
    assert find("exits+kernel_flipped").harmful


@pytest.mark.parametrize(
    ("name", "op"),
    [
        ("stale_cache", "max_pool2d"),
        ("writes_into_input", "relu"),
        ("accepts_zero_groups", "conv2d"),
        ("accepts_unknown_pad_mode", "pad"),
        ("refuses_even_kernels", "conv2d"),
        ("returns_values_alone", "max_pool2d_with_indices"),
    ],
)
def test_what_shows_beside_the_values_is_named_too(name: str, op: str) -> None:
    result = run(f"mutant:{name}", operations=(op,), isolate="none", profile="strict", cases=120)
    assert named(result) == {name}
    assert len(result.findings) == 1


def test_a_value_fault_beside_a_kept_state_is_a_finding_of_its_own() -> None:
    buffers: dict[Any, Any] = {}
    flipped = load("kernel_flipped")["conv2d"]

    def conv2d(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
        y = flipped(x, w, b, **options)
        kept = buffers.setdefault((y.shape, y.dtype.name), y)
        kept[...] = y
        return kept

    result = run({"conv2d": conv2d}, isolate="none", profile="strict", cases=120)
    assert named(result) == {"kernel_flipped", "result_buffer_reused"}


def test_every_ending_of_a_call_is_a_finding() -> None:
    endings: dict[Callable[..., Any], Verdict] = {
        lambda x: None: Verdict.FAILED,
        lambda x: "text": Verdict.FAILED,
        lambda x: 1 / 0: Verdict.REFUSED,
    }
    for function, verdict in endings.items():
        result = run(function, op="relu", isolate="none", cases=12)
        assert [(finding.law, finding.verdict) for finding in result.findings] == [("CALL-1", verdict)]
