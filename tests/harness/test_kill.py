"""Which mutants the suite catches, when, and by what."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from cnnspec.harness.kill import Kill, kill, matrix


def test_a_mutant_is_caught_by_a_law_on_a_case() -> None:
    found = kill("kernel_flipped")
    assert found.killed
    assert found.law in ("CORR-1", "CORR-3")
    assert found.case is not None
    assert found.case.op.startswith("conv")
    assert found.cases >= 1


def test_a_whole_run_finds_every_law_and_counts_to_the_first() -> None:
    first, whole = kill("relu_of_first_channel"), kill("relu_of_first_channel", whole=True)
    assert (whole.law, whole.cases) == (first.law, first.cases)
    assert first.laws <= whole.laws
    assert len(whole.laws) > 1


def test_what_changes_nothing_is_not_caught() -> None:
    found = kill("auto:activation:0")  # x > 0 or x >= 0: the branches meet at 0
    assert not found.killed
    assert (found.law, found.case, found.errors) == ("", None, set())


def test_a_change_that_never_returns_is_stopped() -> None:
    found = kill("hangs")
    assert found.verdict == "timeout"


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_matrix_is_the_same_whoever_shares_the_work(jobs: int) -> None:
    def plain(found: Kill) -> dict[str, Any]:
        return {**asdict(found), "seconds": 0}

    found = list(matrix(["kernel_flipped", "groups_interleaved"], seeds=(0, 3), effort="quick", jobs=jobs))
    assert [(k.mutant, k.seed) for k in found] == [
        (m, s) for m in ("kernel_flipped", "groups_interleaved") for s in (0, 3)
    ]
    assert [plain(k) for k in found] == [plain(kill(k.mutant, seed=k.seed, effort="quick")) for k in found]
