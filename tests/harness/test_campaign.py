"""Rounds after the first: the same for whoever runs them, looking for what is thin, and nothing found is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnspec import relu as right
from cnnspec.errors import UsageError
from cnnspec.harness.campaign import shared_out, units_of_round
from cnnspec.harness.database import Database
from cnnspec.harness.runner import Limits
from cnnspec.harness.session import Session, run
from cnnspec.harness.tasks import task_of, unit_of
from cnnspec.harness.verdicts import RunResult
from cnnspec.typing import Array
from tests.harness.told import told

SMALL: dict[str, Any] = {"operations": ("relu", "pad"), "cases": 45, "isolate": "none"}


def drawn(session: Session, number: int) -> list[str]:
    strict, seed = session.plan.profile.strict, session.result.seed
    return [str(case) for unit in units_of_round(session, number) for case in unit.cases(seed, strict)]


class Late:
    """A relu that is wrong for one shape, which a later round is the first to draw."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def relu(self, x: Array) -> Array:
        return np.abs(x) if x.shape == self.shape else right(x)


@pytest.fixture(scope="module")
def late() -> Late:
    """Wrong for a shape that round 3 is the first to draw, and not the first of its cases."""
    seen = set[tuple[int, ...]]()
    with Session(Late(()), cases=40, isolate="none") as session:
        for _ in session.records(session.units["relu"], Limits(), lambda _: None):
            pass
        seen |= {case.shapes["x"] for case in session.units["relu"][0].cases(0, False)}
        second = units_of_round(session, 1)
        seen |= {case.shapes["x"] for unit in second for case in unit.cases(0, False)}
        for _ in session.records(second, Limits(), lambda _: None):
            pass
        third = [case for unit in units_of_round(session, 2) for case in unit.cases(0, False)]
    return Late(next(c.shapes["x"] for c in third[2:] if c.shapes["x"] not in seen and c.shapes["x"][0]))


# ------------------------------------------------------------------------------------------------------------- rounds


@pytest.mark.parametrize("jobs", [2, 3])
def test_any_number_of_processes_gives_the_same_campaign(jobs: int) -> None:
    one = run("mutant:relu_leaks", rounds=3, **SMALL)
    assert one.findings
    assert told(run("mutant:relu_leaks", rounds=3, jobs=jobs, **SMALL)) == told(one)


def test_another_process_with_other_hashes_writes_the_same_report(tmp_path: Path) -> None:
    """Sets have another order in each of them."""
    command = [sys.executable, "-m", "cnnspec", "check", "mutant:relu_leaks", "-o", "relu", "-n", "30", "--rounds", "2"]
    written = []
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.json"
        answer = subprocess.run(
            [*command, "--isolate", "none", "-q", "--database", "kept", "--report", f"json={path}"],
            cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert answer.returncode == 1
        written.append({**json.loads(path.read_text()), "seconds": 0})
        shutil.rmtree(tmp_path / "kept")
    assert written[0] == written[1]


def test_the_first_round_is_the_run_without_a_campaign() -> None:
    plain, first, two = (run("reference", **SMALL, **more) for more in ({}, {"rounds": 1}, {"rounds": 2}))
    assert plain.cases == first.cases < two.cases
    assert {**first.coverage, "campaign": 0} == {**plain.coverage, "campaign": 0}
    assert "campaign" not in plain.coverage
    assert plain.notes == []
    assert (first.coverage["campaign"]["seeds"], two.coverage["campaign"]["seeds"]) == ([0, 0], [0, 1])
    assert first.notes[0].startswith("1 round, seed 0, ")
    assert two.notes[0].startswith(f"2 rounds, seeds 0 to 1, {two.cases} cases; ")
    assert two.exit_code == 0
    assert two.confidence == plain.confidence


def test_seeds_advance_and_the_blocks_of_operations_take_turns() -> None:
    with Session("reference", **SMALL) as session:
        list(session.records([u for units in session.units.values() for u in units], Limits(), lambda _: None))
        rounds = [set(drawn(session, number)) for number in (1, 2, 3)]
        units = units_of_round(session, 3)
        first = {str(c) for units in session.units.values() for u in units for c in u.cases(0, False)}
    assert all(not one & other for one in rounds for other in [first, *rounds] if one is not other)
    assert [unit.block for unit in units] == sorted(unit.block for unit in units)
    assert {unit.ahead for unit in units} == {3}
    items = {item.op: item for item in session.plan.items}
    for unit in units:
        assert unit_of(task_of(unit), items) == unit


def test_what_is_thin_gets_more_cases() -> None:
    with Session("reference", **SMALL) as session:
        items = session.plan.items
    names = [item.op for item in items]
    assert names == ["pad", "relu"]
    assert [item.cases for item in shared_out(items, {"pad": 30, "relu": 10}, 1)] == [22 + 33, 22 + 11]
    assert [item.cases for item in shared_out(items, {}, 4)] == [180, 180]


def test_rounds_leave_less_thin_than_as_many_cases_drawn_blindly() -> None:
    options: dict[str, Any] = {"operations": ("avg_pool2d", "relu"), "isolate": "none", "laws": ("SHAPE-3",)}
    rounds = run("reference", cases=60, rounds=3, **options)
    blind = run("reference", cases=rounds.cases // 2, rounds=1, **options)
    assert abs(rounds.cases - blind.cases) <= 2
    assert rounds.coverage["pairs"]["seen"] > blind.coverage["pairs"]["seen"]
    shares = [r.coverage["campaign"]["thin"] / r.coverage["campaign"]["visited"] for r in (rounds, blind)]
    assert shares[0] < shares[1]


def test_what_standing_cases_show_is_shown_once() -> None:
    options: dict[str, Any] = {"operations": ("max_pool1d",), "cases": 40, "profile": "strict", "isolate": "none"}
    with Session("reference", **options) as session:
        (unit,) = session.units["max_pool1d"]
        list(session.records([unit], Limits(), lambda _: None))
        first, later = {str(case) for case in unit.cases(0, True)}, drawn(session, 1)
    assert not first & set(later)
    assert len(set(later)) == len(later)


# ---------------------------------------------------------------------------------------------------------------- ends


def test_a_fault_that_shows_late_is_found_explained_and_kept(late: Late, tmp_path: Path) -> None:
    options: dict[str, Any] = {"cases": 40, "isolate": "none", "database": tmp_path}
    assert run(late, rounds=2, **options).exit_code == 0
    result = run(late, rounds=4, **options)
    assert result.exit_code == 1
    (finding,) = result.findings
    assert finding.case.shapes["x"] == late.shape
    assert "look" not in finding.failure.message, "it was looked into"
    kept = Database(tmp_path).load(result.target)
    assert [k.case for k in kept] == [finding.case]
    assert sum("STILL FAILS" in note for note in run(late, **options).notes) == 1, "the next run replays it"


def test_stopping_at_the_first_finding_ends_the_campaign(late: Late) -> None:
    result = run(late, cases=40, isolate="none", rounds=9, stop_at_first=True)
    assert (result.coverage["campaign"]["rounds"], result.coverage["campaign"]["cut"]) == (3, True)
    assert result.exit_code == 1
    assert "3 rounds, the last cut short, seeds 0 to 2" in result.notes[0]


def test_an_interrupted_round_keeps_what_it_found(late: Late, tmp_path: Path) -> None:
    def stop(op: str, done: int, planned: int, result: RunResult) -> None:
        if op == "round 3" and any(t.failed for t in result.tallies.values()):
            raise KeyboardInterrupt

    result = run(late, cases=40, isolate="none", rounds=9, progress=stop, database=tmp_path)
    assert (result.exit_code, result.interrupted) == (4, True)
    assert [finding.first_case.shapes["x"] for finding in result.findings] == [late.shape]
    assert len(Database(tmp_path).load(result.target)) == 1
    assert any(note.startswith("3 rounds, the last cut short") for note in result.notes)


def test_the_time_ends_a_later_round_and_the_run_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def up(limits: Limits) -> bool:
        asked.append(1)
        return len(asked) > 4

    monkeypatch.setattr(Limits, "up", property(up))
    result = run("reference", operations=("relu",), cases=45, isolate="none", seconds=1e6)
    assert (result.complete, result.exit_code) == (True, 0)
    assert 2 <= result.coverage["campaign"]["rounds"] <= 4


def test_a_first_round_that_is_cut_is_incomplete() -> None:
    result = run("reference", operations=("relu",), cases=45, isolate="none", seconds=0.0)
    assert (result.complete, result.exit_code) == (False, 4)
    assert "campaign" not in result.coverage
    assert result.notes[-1].startswith("the time was up after ")


def test_counts_of_findings_go_on(late: Late) -> None:
    one, more = (run("mutant:relu_leaks", rounds=rounds, **SMALL).findings for rounds in (1, 3))
    assert [(f.law, str(f.case)) for f in one] == [(f.law, str(f.case)) for f in more]
    assert more[0].cases > 2 * one[0].cases


def test_a_share_has_one_round() -> None:
    with pytest.raises(UsageError, match="a share has one round"):
        run("reference", shard=(1, 2), rounds=2, **SMALL)
    with pytest.raises(UsageError, match="at least 1 round, got 0"):
        run("reference", rounds=0, **SMALL)
    result = run("reference", shard=(1, 2), seconds=1e6, **SMALL)
    assert result.complete
    assert "campaign" not in result.coverage
