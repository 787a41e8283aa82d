"""The command ``cnnspec mutants``: what it chooses, prints and writes, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cnnspec.cli import cli
from cnnspec.errors import UsageError
from cnnspec.harness.kill import Kill
from cnnspec.harness.verdicts import Verdict
from cnnspec.mutants import automatic, find, names
from cnnspec.mutants.equivalent import listed
from cnnspec.report import mutants as command
from cnnspec.report.mutants import select

MISSED = Kill("kernel_flipped", 3, cases=480)
CAUGHT = Kill("kernel_flipped", 0, "CORR-1", Verdict.FAILED, None, 7, 0.25, laws={"CORR-1", "CORR-3"})


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["mutants", *arguments], env={"COLUMNS": "80"})


def told(monkeypatch: pytest.MonkeyPatch, *kills: Kill) -> None:
    monkeypatch.setattr(command, "matrix", lambda *arguments, **options: iter(kills))


def test_mutants_are_chosen_by_name_family_and_rule() -> None:
    assert select([]) == names()
    assert set(select(["groups"])) == {name for name in names() if find(name).family == "groups"}
    assert select(["kernel_flipped", "kernel_f*"])[0] == "kernel_flipped"
    assert select(["auto:activation:*"]) == automatic.names("activation")
    assert select(["kernel_flipped+bias_subtracted"]) == ["kernel_flipped+bias_subtracted"]
    with pytest.raises(UsageError, match="do you mean kernel_flipped"):
        select(["kernel_fliped"])


def test_a_few_are_shown_one_by_one_with_the_case() -> None:
    answer = call("relu_is_absolute_value", "kernel_flipped", "--effort", "quick")
    assert answer.exit_code == 0
    assert "kernel_flipped  CORR-" in answer.output
    assert " failed, after " in answer.output
    assert "\n  conv" in answer.output
    assert "cnnspec: 2 of 2 faults caught" in answer.output


def test_families_and_laws_fit_80_columns() -> None:
    answer = call("pad_modes", "--effort", "quick")
    assert max(map(len, answer.output.splitlines())) <= 80
    assert "pad_modes" in answer.output
    assert "PAD-1" in answer.output


def test_whole_runs_tell_every_law() -> None:
    assert "  breaks RELU-1, RELU-" in call("relu_leaks", "--whole", "--effort", "quick").output


def test_a_survivor_is_named_and_the_exit_code_is_1(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, CAUGHT, MISSED)
    answer = call("kernel")
    assert answer.exit_code == 1
    assert "cnnspec: 0 of 1 fault caught with each of 2 seeds" in answer.output
    assert "NOT CAUGHT kernel_flipped (seed 3): the kernel is flipped on every axis" in answer.output


def test_what_another_suite_misses_is_its_own_affair(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, CAUGHT, Kill("kernel_flipped", 0, cases=153, suite="onnx"))
    answer = call("kernel", "--suite", "cnnspec", "--suite", "onnx")
    assert answer.exit_code == 0
    assert "onnx: 0 of 1 fault caught" in answer.output


def test_what_nobody_can_tell_is_no_survivor(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, Kill("auto:activation:0", 0, cases=30))
    answer = call("auto:activation:0")
    assert answer.exit_code == 0
    assert "equivalent, after 30 cases" in answer.output
    assert "0 of 0 faults caught; not counted: 1 equivalent" in answer.output


def test_a_fault_that_shows_in_no_call_that_is_asked_for_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    name = next(name for name, entry in listed().items() if entry.kind == "unasked")
    told(monkeypatch, Kill(name, 0, cases=30))
    answer = call(name)
    assert answer.exit_code == 0
    assert "not asked for, after 30 cases" in answer.output


def test_an_interrupt_leaves_what_was_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def matrix(*arguments: object, **options: object) -> object:
        yield CAUGHT
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "matrix", matrix)
    answer = call("kernel", "--report", f"json={tmp_path / 'm.json'}")
    assert answer.exit_code == 4
    assert "INCOMPLETE" in answer.output
    data = json.loads((tmp_path / "m.json").read_text())
    assert (data["complete"], len(data["kills"])) == (False, 1)


def test_everything_is_written_as_data(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    assert call("kernel_flipped", "--seeds", "2", "--effort", "quick", "--report", f"json={path}").exit_code == 0
    data = json.loads(path.read_text())
    assert data["schema"] == "cnnspec-mutants-1"
    assert [(k["mutant"], k["seed"], k["law"][:5]) for k in data["kills"]] == [
        ("kernel_flipped", 0, "CORR-"), ("kernel_flipped", 1, "CORR-"),
    ]  # fmt: skip
    assert data["mutants"]["kernel_flipped"]["family"] == "kernel"


def test_other_formats_are_refused(tmp_path: Path) -> None:
    answer = call("--report", f"html={tmp_path / 'm.html'}")
    assert answer.exit_code == 2
    assert "mutants are reported as json=FILE" in answer.output
