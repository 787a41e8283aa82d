"""In small what ``benchmarks/soundness.py`` measures: no false alarm, and nothing beyond a bound is let through."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from benchmarks import soundness


@pytest.fixture(autouse=True)
def path_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.mark.parametrize("name", ["reference", "pairwise", "blocks of 8", "variant: im2col", "variant: FFT", "torch"])
def test_a_correct_target_has_no_failure(name: str) -> None:
    if name == "torch" and not find_spec("torch"):
        pytest.skip("torch is not installed")
    seen = soundness.on_correct(soundness.CORRECT[name], 30, seed=4)
    assert seen["failures"] == []
    assert seen["configurations"] >= 20
    assert seen["largest error / bound"] <= 1
    assert seen["exact passed"] > 0


@pytest.mark.parametrize("name", soundness.FAULTY)
def test_a_fault_beyond_the_bound_is_caught(name: str) -> None:
    seen = soundness.on_faulty(soundness.FAULTY[name], 60, seed=4)
    assert seen["missed"] == []
    assert seen["caught"] >= seen["beyond the bound"]
    assert seen["changed"] > 0
    if name != "mutant:accumulates_toward_zero":  # NUM-1 is for those
        assert seen["beyond the bound"] > 0
