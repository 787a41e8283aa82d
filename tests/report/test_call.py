"""The suite as a call, and cases run again."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec.errors import CaseError, NonConforming, TargetError, UsageError
from cnnspec.report.call import address, check, repeat_command, run

PASSES = "relu:x=1x1x2,f64,data.x=1_2"
FAILS = "relu:x=1x1x2,f64,data.x=1_-2"


def relu(x):
    return np.maximum(x, 0)


def ramp(x):
    return np.abs(x)


def test_a_function_that_conforms_gives_its_report() -> None:
    report = check(relu, effort="quick")
    assert (report.headline, report.operations) == ("CONFORMS", ("relu",))


def test_a_function_that_does_not_raises_with_the_finding() -> None:
    with pytest.raises(NonConforming) as raised:
        check(ramp, "relu", effort="quick")
    text = str(raised.value)
    assert text.startswith("tests.report.test_call.ramp does not conform") or "ramp does not conform" in text
    assert "RELU-1  negative numbers become 0" in text
    assert "\x1b" not in text


def test_a_local_function_is_replayed_by_a_call() -> None:
    def relu(x):
        return np.abs(x)

    report = run(relu, effort="quick")
    finding = report.findings[0]
    assert report.command.startswith("cnnspec.check(")
    assert finding.replay.startswith("cnnspec.check(")
    assert f"case={finding.case!r}" in finding.replay
    with pytest.raises(NonConforming, match="RELU-1"):
        check(relu, case=finding.case)


def test_one_case_alone() -> None:
    report = run(ramp, "relu", case=FAILS)
    assert (report.cases, report.exit_code, report.findings[0].law) == (1, 1, "RELU-1")
    assert report.findings[0].case == FAILS
    assert run(ramp, "relu", case=PASSES).exit_code == 0


def test_a_case_outside_the_claims_is_not_run() -> None:
    report = run(relu, case="relu:x=1x1x2,c64")
    assert (report.headline, report.cases) == ("INCOMPLETE", 0)
    assert "dtype complex64 is not claimed" in report.notes[-1]


def test_the_same_seed_draws_the_same_cases() -> None:
    first, again, other = (run(ramp, "relu", cases=8, seed=seed).findings[0].first_case for seed in (4, 4, 5))
    assert first == again != other


def test_progress_is_told_each_case() -> None:
    seen = []
    run(relu, cases=12, progress=lambda op, done, planned, result: seen.append((op, done, planned)))
    assert seen == [("relu", done, 12) for done in range(1, 13)]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"profile": "harsh"}, UsageError, "profile"),
        ({"effort": "lots"}, UsageError, "effort"),
        ({"laws": "NONE-1"}, UsageError, "no law matches 'NONE-1'"),
        ({"case": "relu:y=1"}, CaseError, "cannot read 'y=1'"),
    ],
)
def test_mistakes_are_errors(options: dict[str, str], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        run(relu, **options)


def test_a_target_that_is_not_there() -> None:
    with pytest.raises(TargetError, match="no_such_module"):
        run("no_such_module")


def test_the_command_that_repeats_a_run_leaves_defaults_out() -> None:
    assert repeat_command("reference") == "cnnspec check reference"
    options = {"profile": "core", "cases": 5, "seconds": 1.5, "stop_at_first": True, "operations": ("conv2d", "relu")}
    assert repeat_command("a.py", **options) == "cnnspec check a.py -o conv2d,relu --profile core -n 5 --time 1.5 -x"


def test_an_object_has_an_address_where_a_string_finds_it_again() -> None:
    assert address("torch") == "torch"
    assert address(np) == "numpy"
    assert address(lambda x: x) is None
    assert address(relu) in (f"{__name__}:relu", None)
