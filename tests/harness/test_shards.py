"""The union of the shares is the whole, and any number of processes gives the same report."""

from __future__ import annotations

import json
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cnnspec.errors import TargetError, UsageError
from cnnspec.harness import session as harness_session
from cnnspec.harness.parallel import Pool
from cnnspec.harness.runner import units_of
from cnnspec.harness.session import Session, run
from cnnspec.harness.shards import merge, read_shard, share
from cnnspec.harness.tasks import Helper
from cnnspec.harness.verdicts import RunResult
from tests.harness.told import told

LAYERS = '''
"""A flipped convolution where there are two axes, a relu that lets a little through, and a right padding."""
import numpy as np
from cnnspec.mutants import load

conv2d = load("kernel_flipped")["conv2d"]
relu = load("relu_leaks")["relu"]

def pad(x, *, padding):
    return np.pad(x, [(0, 0), (0, 0), *padding])
'''
RULE = """
[[expect]]
operation = "conv2d"
when = "groups > 1"
reason = "known"
witnesses = ["conv2d:x=1x2x1x2,w=2x1x1x2,groups=2,f64,data.x=1_2,data.w=0_1"]
"""
OPTIONS: dict[str, Any] = {"cases": 50, "isolate": "none", "seed": 6}


@pytest.fixture
def layers(tmp_path: Path) -> str:
    (tmp_path / "layers.py").write_text(LAYERS)
    return str(tmp_path / "layers.py")


@pytest.fixture
def rule(tmp_path: Path) -> str:
    (tmp_path / "known.toml").write_text(RULE)
    return str(tmp_path / "known.toml")


def shares(target: str, n: int, **options: Any) -> list[RunResult]:
    return [run(target, shard=(i, n), **{**OPTIONS, **options}) for i in range(1, n + 1)]


def as_read(results: list[RunResult]) -> list[dict[str, Any]]:
    """The evidence as a report on disk holds it."""
    return [json.loads(json.dumps(result.evidence)) for result in results]


def test_every_block_is_in_one_share() -> None:
    with Session("reference", cases=90, isolate="none") as session:
        units = units_of(session.plan)
    for n in (1, 2, 3, 7, len(units) + 2):
        parts = [share(units, (i, n)) for i in range(1, n + 1)]
        assert sorted(unit.key for part in parts for unit in part) == sorted(unit.key for unit in units)
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
        for part in parts:
            order = [units.index(unit) for unit in part]
            assert all(a < b for a, b in pairwise(order))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_union_of_the_shares_is_the_whole(layers: str, rule: str, n: int) -> None:
    whole = run(layers, expect=rule, **OPTIONS)
    parts = shares(layers, n, expect=rule)
    assert sum(part.cases for part in parts) == whole.cases
    digests = {(r["op"], r["block"]): r["digest"] for part in parts for r in part.evidence["records"]}
    with Session(layers, expect=rule, **OPTIONS) as session:
        expected = {unit.key: f"{session.digest(unit):016x}" for units in session.units.values() for unit in units}
    assert digests == expected
    assert whole.findings
    assert told(merge(reversed(as_read(parts)))) == told(whole)


def test_a_share_tells_of_itself_and_finds_by_itself(layers: str) -> None:
    one, other = shares(layers, 2)
    assert "this is shard 2 of 2, with 3 of 6 blocks of cases" in other.notes
    assert one.complete
    assert one.exit_code == other.exit_code == 1
    assert {finding.op for finding in one.findings} == {"conv2d", "relu"}


def test_a_missing_share_leaves_the_union_incomplete(layers: str) -> None:
    parts = as_read(shares("reference", 3, operations=("relu", "pad")))
    result = merge(parts[:2])
    assert (result.complete, result.exit_code) == (False, 4)
    assert "shards missing of 3: 3" in result.notes
    assert merge(parts).exit_code == 0
    parts[1]["complete"] = False
    assert merge(parts).exit_code == 4


def test_a_share_given_twice_counts_once(layers: str) -> None:
    parts = as_read(shares(layers, 2))
    assert told(merge([*parts, parts[0]])) == told(merge(parts))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one: one.update(options={**one["options"], "seed": 7}), "their options differ"),
        (lambda one: one.update(target="torch"), "their target differ"),
        (lambda one: one.update(of=3), "their of differ"),
        (lambda one: one.pop("records"), "merging needs reports"),
        (lambda one: one["records"][0].update(digest="0" * 16), "does not hold the cases that this run has"),
        (lambda one: one["records"].append({**one["records"][0], "digest": "1" * 16}), "with different cases"),
    ],
)
def test_what_does_not_belong_together_is_refused(layers: str, change: Any, words: str) -> None:
    parts = as_read(shares(layers, 2, cases=12))
    change(parts[1])
    with pytest.raises(UsageError, match=words):
        merge(parts)
    with pytest.raises(UsageError, match="merging needs reports"):
        merge([])


def test_other_versions_are_noted(layers: str) -> None:
    parts = as_read(shares(layers, 2, cases=12))
    parts[1]["environment"]["numpy"] = "9.9"
    assert any("different versions of numpy: 2" in note and "9.9" in note for note in merge(parts).notes)


def test_kept_cases_are_replayed_by_the_first_share(layers: str, tmp_path: Path) -> None:
    run(layers, database=tmp_path / "kept", **OPTIONS)
    parts = shares(layers, 2, database=tmp_path / "kept")
    assert sum("STILL FAILS" in note for note in parts[0].notes) == 2
    assert not [note for note in parts[1].notes if "STILL FAILS" in note]
    merged = merge(as_read(parts))
    assert sum("STILL FAILS" in note for note in merged.notes) == 2
    assert merged.cases == sum(part.cases for part in parts)


@pytest.mark.parametrize("text", ["", "2", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b"])
def test_a_share_is_read_or_refused(text: str) -> None:
    with pytest.raises(UsageError, match="a shard reads I/N"):
        read_shard(text)
    assert read_shard("3/3") == (3, 3)


@pytest.mark.parametrize("jobs", [2, 3])
def test_any_number_of_processes_gives_the_same_report(layers: str, rule: str, tmp_path: Path, jobs: int) -> None:
    options = {**OPTIONS, "expect": rule}
    assert told(run(layers, jobs=jobs, **options)) == told(run(layers, **options))


def test_helpers_give_the_records_of_this_process(layers: str) -> None:
    with Session(layers, jobs=2, **OPTIONS) as session, Pool(session) as pool:
        session.start()
        with pool._changed:
            assert pool._changed.wait_for(lambda: len(pool._done) > 1, 60)
        for record in pool.rest():
            (here,) = session.run_units([unit for unit in session.units[record.op] if unit.key == record.key])
            assert here.to_json() == record.to_json()


def test_a_lost_helpers_block_is_run_again(layers: str) -> None:
    """Both helpers are killed while they run the first blocks."""
    whole = told(run(layers, **OPTIONS))
    with Session(layers, jobs=3, **OPTIONS) as session, Pool(session) as pool:
        count = sum(map(len, session.units.values()))
        session.start()
        while len(pool._waiting) > count - 2:
            time.sleep(0.001)
        for helper in session.helpers:
            helper.kill()
        for thread in pool._threads:
            thread.join()
        assert len(pool._waiting) + len(pool._done) == count
        session.source = pool.records
        assert told(session.run()) == whole


@pytest.mark.parametrize("lost", [False, True])
def test_helpers_explain_and_what_a_lost_one_was_about_is_explained_here(
    lost: bool, layers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained, ask = list[str](), Helper.ask

    def asked(helper: Helper, message: Any) -> dict[str, Any]:
        if "explain" in message and lost:
            helper.kill()
        answer = ask(helper, message)
        explained.extend(one["op"] for one in answer.get("findings", ()))
        return answer

    whole = told(run(layers, **OPTIONS))
    monkeypatch.setattr(Helper, "ask", asked)
    assert told(run(layers, jobs=2, **OPTIONS)) == whole
    assert bool(explained) is not lost


def test_what_a_helper_has_explained_stays_when_the_run_is_interrupted(
    layers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained, take = threading.Event(), Pool._take_findings

    def taken(pool: Pool, op: str, answer: dict[str, Any]) -> None:
        take(pool, op, answer)
        explained.set()

    def progress(op: str, *_: object) -> None:
        if op == "relu":
            assert explained.wait(60)
            raise KeyboardInterrupt

    monkeypatch.setattr(Pool, "_take_findings", taken)
    result = run(layers, jobs=2, progress=progress, **OPTIONS)
    assert result.interrupted
    (flipped,) = [finding for finding in result.findings if finding.op == "conv2d"]
    assert flipped.looks_like[0][0] == "kernel_flipped"


def test_helpers_share_in_the_measuring_and_one_that_is_lost_gives_it_back() -> None:
    chosen = {"operations": ("conv1d",), "cases": 24, "profile": "strict"}
    whole = run("reference", **chosen)
    assert len(whole.precision) > 2
    with Session("reference", jobs=3, **chosen) as session, Pool(session) as pool:
        session.helpers[0].kill()
        with pool._changed:
            assert pool._changed.wait_for(lambda: len(pool._cards) == len(session.measuring.asked), 60)
        session.source, session.measuring.source = pool.records, pool.cards
        assert told(session.run()) == told(whole)


@pytest.mark.parametrize("target", ["no_such_module:layers", "{folder}/none.py"])
def test_a_target_that_cannot_be_opened_leaves_no_helper(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Helper] = []
    monkeypatch.setattr(harness_session, "Helper", lambda *args: started.append(Helper(*args)) or started[-1])
    with pytest.raises(TargetError):
        run(target.format(folder=tmp_path), cases=12, jobs=3)
    assert [helper.process.returncode is not None for helper in started] == [True, True]


def test_no_helper_is_left_behind(layers: str) -> None:
    with Session(layers, jobs=3, **OPTIONS) as session, Pool(session):
        processes = [helper.process for helper in session.helpers]
    assert [process.returncode is not None for process in processes] == [True, True]


def test_an_object_cannot_be_shared_out() -> None:
    with pytest.raises(UsageError, match="a Python object cannot be handed to other processes"):
        run({"relu": abs}, isolate="none", cases=12, jobs=2)
