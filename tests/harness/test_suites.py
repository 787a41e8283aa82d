"""Other suites on mutants: what they can reach, what they catch, and that nothing a mutant does ends the run."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from cnnspec.errors import UsageError
from cnnspec.harness import suites
from cnnspec.harness.suites import Check, Functions, kill_by, load_suite


def flat(functions: Functions) -> None:
    assert functions["relu"](np.array([[[1.0, -2.0]]])).tolist() == [[[1, 0]]]


def ones(functions: Functions) -> None:
    y = functions["conv1d"](
        np.ones((1, 1, 3)), np.ones((1, 1, 2)), stride=(1,), padding=((0, 0),), dilation=(1,), groups=1
    )
    assert y.tolist() == [[[2, 2]]]


def wrong(functions: Functions) -> None:
    raise ValueError("not even the reference passes")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = SimpleNamespace(checks=lambda: [Check(f.__name__, f) for f in (flat, wrong, ones)], version=lambda: "1")
    monkeypatch.setitem(suites.SUITES, "small", "small")
    real = suites.import_module
    monkeypatch.setattr(suites, "import_module", lambda name: module if name == "small" else real(name))
    load_suite.cache_clear()
    yield
    load_suite.cache_clear()


def test_checks_that_the_reference_fails_are_left_out_with_the_reason() -> None:
    suite = load_suite("small")
    assert [(check.name, called) for check, called in suite.checks] == [("flat", {"relu"}), ("ones", {"conv"})]
    assert suite.left_out == {"wrong": "ValueError: not even the reference passes"}


def test_a_suite_catches_what_its_checks_show_and_no_more() -> None:
    caught = kill_by("small", "relu_is_absolute_value")
    assert caught is not None
    assert (caught.law, caught.cases, caught.suite) == ("flat", 1, "small")
    through = kill_by("small", "kernel_flipped")  # a kernel of ones is its own reversal
    assert through is not None
    assert not through.killed


def test_a_mutant_of_an_operation_that_no_check_calls_is_out_of_reach() -> None:
    assert kill_by("small", "average_counts_overhang") is None


@pytest.mark.parametrize(
    ("name", "verdict"), [("exits", "crashed"), ("calls_sys_exit", "refused"), ("prints", "passed")]
)
def test_what_ends_a_process_ends_a_copy(name: str, verdict: str, capfd: pytest.CaptureFixture[str]) -> None:
    found = kill_by("small", name)
    assert found is not None
    assert found.verdict == verdict
    assert capfd.readouterr().out == ""


def test_what_never_answers_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suites, "PATIENCE", 0.3)
    found = kill_by("small", "hangs")
    assert found is not None
    assert (found.law, found.verdict) == ("flat", "timeout")


def test_an_unknown_suite_is_refused() -> None:
    with pytest.raises(UsageError, match="the suite must be one of cnnspec, onnx, opinfo"):
        load_suite("pytest")


def test_converted_tests_of_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    from cnnspec.harness import suite_onnx

    monkeypatch.setattr(suite_onnx, "KINDS", ("pytorch-converted",))
    suite = load_suite("onnx")
    assert {"conv", "conv_transpose", "max_pool", "avg_pool", "pad", "relu"} <= suite.operations
    assert not suite.left_out
    caught = kill_by("onnx", "kernel_flipped")
    assert caught is not None
    assert "Conv" in caught.law
    through = kill_by("onnx", "index_in_padded_plane")
    assert through is None or not through.killed


def test_samples_of_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("expecttest")
    from cnnspec.harness import suite_opinfo

    chosen = ("nn.functional.relu", "nn.functional.conv1d")
    monkeypatch.setattr(suite_opinfo, "DTYPES", ("float64", "bfloat16"))
    monkeypatch.setattr(suite_opinfo, "READERS", {name: suite_opinfo.READERS[name] for name in chosen})
    suite = load_suite("opinfo")
    assert suite.operations == {"relu", "conv", "conv_input_grad", "conv_weight_grad"}
    assert not suite.left_out
    caught = kill_by("opinfo", "kernel_flipped")
    assert caught is not None
    assert caught.law.startswith("nn.functional.conv1d")
