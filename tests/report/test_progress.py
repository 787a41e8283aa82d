"""Progress: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from cnnspec.harness.session import run
from cnnspec.harness.verdicts import RunResult
from cnnspec.report.progress import planned_by, watching

OPTIONS = {"operations": ("relu", "pad"), "profile": "standard", "effort": "quick", "cases": 5}


def shown(*, terminal: bool, quiet: bool = False, target: str = "reference") -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=80, _environ={"TERM": "xterm"})
    with watching(console, planned_by(**OPTIONS), quiet=quiet) as progress:
        run(target, progress=progress, isolate="none", **OPTIONS)
    return console.file.getvalue()


def test_a_line_for_each_operation_where_there_is_no_terminal() -> None:
    lines = shown(terminal=False).splitlines()
    assert [line.split(",")[0] for line in lines] == ["pad: 5 cases", "relu: 5 cases"]
    assert all(line.endswith(" laws: ok") for line in lines)


def test_broken_laws_are_told_at_once() -> None:
    lines = shown(terminal=False, target="mutant:relu_is_absolute_value").splitlines()
    assert lines[0].endswith("ok")
    assert "broken" in lines[1]


def test_bars_on_a_terminal_count_the_operation_and_the_whole() -> None:
    text = shown(terminal=True)
    assert "all operations" in text
    assert "10/10" in text
    assert "\x1b" in text


def test_quiet_is_silent() -> None:
    assert shown(terminal=False, quiet=True) == ""


def test_an_interrupted_operation_has_its_line_too() -> None:
    console = Console(file=io.StringIO(), width=80)

    def stop(op: str, done: int, planned: int, result: RunResult) -> None:
        watched(op, done, planned, result)
        if done == 3:
            raise KeyboardInterrupt

    with watching(console, planned_by(**OPTIONS)) as watched:
        result = run("reference", progress=stop, isolate="none", **OPTIONS)
    assert console.file.getvalue().startswith("pad: 3 cases")
    assert result.exit_code == 4


@pytest.mark.parametrize("operations", [(), ("conv2d",), ("conv*", "relu")])
def test_the_plan_is_the_runs_own(operations: tuple[str, ...]) -> None:
    counted: dict[str, int] = {}
    options = {"operations": operations, "profile": "core", "cases": 1, "effort": "quick"}

    def count(op: str, done: int, planned: int, result: RunResult) -> None:
        counted[op] = planned
        assert planned_by(**options)(result)[op] == planned

    run("reference", progress=count, isolate="none", laws=("SHAPE-3",), **options)
    assert counted


def campaign(*, terminal: bool, target: str = "mutant:relu_is_absolute_value") -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120, _environ={"TERM": "xterm"})
    with watching(console, planned_by(**OPTIONS), findings=True) as progress:
        run(target, progress=progress, isolate="none", rounds=3, **OPTIONS)
    return console.file.getvalue()


def test_rounds_have_lines_and_findings_are_told_once() -> None:
    lines = campaign(terminal=False).splitlines()
    assert [line.split(":")[0] for line in lines] == ["pad", "finding", "relu", "round 2", "round 3"]
    assert re.fullmatch(r"finding: RELU-1 failed  relu:\S+  \(relu_is_absolute_value\)", lines[1])
    assert re.fullmatch(r"round 2: (\d+) cases, (\d+) in all: \d laws? broken", lines[3])
    ten = [int(re.search(r"(\d+) in all", line)[1]) for line in lines[3:]]
    assert ten == sorted(ten)
    assert ten[0] < 25


def test_a_round_has_one_bar_and_findings_stand_above_it() -> None:
    text = campaign(terminal=True)
    assert "round 3" in text
    assert text.count("finding: RELU-1 failed") == 1
    assert "finding" not in campaign(terminal=True, target="reference")
