"""Correct implementations have no finding, whichever way they are built."""

from __future__ import annotations

import pytest

from cnnspec.harness.session import run
from cnnspec.harness.verdicts import Verdict
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
