"""What blocks of cases showed joins to what the whole showed, in one piece or several, as data or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from cnnspec.harness.causes import KEPT, Seen, hurried
from cnnspec.harness.plain import plain_finding, read_finding
from cnnspec.harness.plan import make_plan
from cnnspec.harness.records import Record
from cnnspec.harness.runner import BLOCK, run_units, units_of
from cnnspec.harness.session import Session, run
from cnnspec.harness.target import open_target
from cnnspec.harness.verdicts import GRAVITY, RunResult, Tally, Verdict
from cnnspec.mutants import load


def faulty(op: str, name: str) -> dict[str, Callable[..., Any]]:
    return {op: load(name)[op]}


def records(target: Any, **choice: Any) -> list[Record]:
    with open_target(target, isolate="none") as opened:
        plan = make_plan(opened.claims, **choice)
        return list(run_units(opened, units_of(plan), 5, plan.profile.strict))


def plain(result: RunResult) -> dict[str, Any]:
    """Everything of a result but times."""
    return {
        "tallies": {key: (t.checked, t.failed, t.vacuous, t.verdict, t.reason) for key, t in result.tallies.items()},
        "findings": [(f.law, f.op, f.verdict, str(f.case), str(f.first_case), f.failure.message, f.cases, f.also,
                      f.looks_like) for f in result.findings],
        "cases": result.cases, "checks": result.checks, "coverage": result.coverage, "complete": result.complete,
        "notes": result.notes,
    }  # fmt: skip


def test_a_tally_keeps_the_gravest_verdict_with_its_reason() -> None:
    tally = Tally()
    for verdict, reason in (
        ("passed", ""),
        ("failed", "first"),
        ("vacuous", "no"),
        ("failed", "second"),
        ("passed", ""),
    ):
        tally.add(Verdict(verdict), reason)
    assert (tally.checked, tally.failed, tally.vacuous) == (4, 2, 1)
    assert (tally.verdict, tally.reason) == (Verdict.FAILED, "first")


def test_every_verdict_has_its_weight() -> None:
    assert set(GRAVITY) == set(Verdict)


def test_tallies_join_in_whatever_pieces() -> None:
    verdicts = [Verdict.PASSED, Verdict.VACUOUS, Verdict.FAILED, Verdict.REFUSED]
    for told in product(verdicts, repeat=4):
        whole = Tally()
        for at, verdict in enumerate(told):
            whole.add(verdict, f"{at}")
        for cut in range(5):
            first, second = Tally(), Tally()
            for at, verdict in enumerate(told):
                (first if at < cut else second).add(verdict, f"{at}")
            first.join(second)
            assert first == whole, (told, cut)


def test_records_come_back_from_json() -> None:
    for record in records(faulty("conv2d", "kernel_flipped"), cases=60):
        data = json.loads(json.dumps(record.to_json()))
        again = Record.from_json(data)
        assert json.loads(json.dumps(again.to_json())) == data
        assert again.tallies == record.tallies
        assert again.coverage.to_json() == record.coverage.to_json()


def test_blocks_say_which_cases_they_ran() -> None:
    one, other = (records("reference", operations=("relu", "conv1d"), cases=60) for _ in range(2))
    assert [r.digest for r in one] == [r.digest for r in other]
    assert len({r.digest for r in one}) == len(one) == 4
    assert [(r.op, r.block, r.cases) for r in one][2:] == [("relu", 0, BLOCK), ("relu", 1, 20)]


def test_what_is_seen_joins_in_whatever_pieces() -> None:
    """More failing cases than are kept, in four blocks: the same are kept as when all came in one."""
    pieces = records(faulty("conv2d", "kernel_flipped"), cases=4 * BLOCK)
    whole = Seen()
    for record in pieces:
        whole.join(record.seen)
    left, right = Seen(), Seen()
    for record in pieces[:2]:
        left.join(record.seen)
    for record in pieces[2:]:
        right.join(record.seen)
    left.join(right)
    assert left == whole
    assert max(len(cause.cases) for cause in whole.causes.values()) == KEPT


def test_a_session_is_a_run_operation_by_operation() -> None:
    target = {**faulty("conv2d", "kernel_flipped"), **faulty("relu", "relu_leaks")}
    choice: dict[str, Any] = {"cases": 50, "isolate": "none", "seed": 4}
    with Session(target, **choice) as session:
        for op in ("relu", "conv2d", "relu"):
            assert session.check(op)
        session.finish()
    whole = plain(run(target, **choice))
    single = plain(session.result)
    for name in ("cases", "checks", "coverage"):
        assert single[name] == whole[name]
    assert single["tallies"] == whole["tallies"]
    assert sorted(map(str, single["findings"])) == sorted(map(str, whole["findings"]))


def test_an_interrupt_leaves_what_was_found() -> None:
    def stop(op: str, done: int, planned: int, result: RunResult) -> None:
        if op == "conv2d" and done == 30:
            raise KeyboardInterrupt

    target = {
        **faulty("conv1d", "kernel_flipped"),
        **faulty("conv2d", "kernel_flipped"),
        "relu": load("relu_leaks")["relu"],
    }
    result = run(target, isolate="none", cases=60, progress=stop)
    assert (result.complete, result.cases) == (False, 90)
    assert result.exit_code == 4
    assert {finding.op for finding in result.findings} == {"conv1d", "conv2d"}
    assert "interrupted" in result.notes[-1]
    assert result.tallies["conv2d", "CORR-1"].failed


def test_an_interrupted_run_without_findings_is_incomplete() -> None:
    def stop(op: str, done: int, planned: int, result: RunResult) -> None:
        raise KeyboardInterrupt

    assert run("reference", isolate="none", cases=60, progress=stop).exit_code == 4


def test_findings_in_a_hurry_are_the_first_cases() -> None:
    seen = records(faulty("conv2d", "kernel_flipped"), cases=20)[0].seen
    for finding, cause in zip(hurried(seen), seen.causes.values(), strict=True):
        assert finding.case is finding.first_case is cause.cases[0]
        assert finding.cases == cause.count
        assert finding.failure is cause.failure


@pytest.mark.parametrize("cases", [30, 90])
def test_when_the_time_is_up_the_result_is_incomplete(cases: int) -> None:
    result = run("reference", isolate="none", cases=cases, seconds=0.0)
    assert (result.complete, result.cases, result.exit_code) == (False, 0, 4)
    assert result.notes[-1].startswith("the time was up after 0 of ")


def test_a_finding_survives_as_plain_data() -> None:
    found = run(faulty("conv2d", "kernel_flipped"), isolate="none", cases=40).findings
    assert found
    for finding in found:
        read = read_finding(json.loads(json.dumps(plain_finding(finding))))
        for name in ("expected", "got", "bound"):
            there, here = getattr(read.failure, name), getattr(finding.failure, name)
            assert (there is None) == (here is None)
            assert there is None or (there.dtype, there.tolist()) == (here.dtype, here.tolist())
        assert (str(read.case), str(read.first_case)) == (str(finding.case), str(finding.first_case))
        parts = {"failure": finding.failure, "case": finding.case, "first_case": finding.first_case}
        assert replace(read, **parts) == finding
        assert (read.failure.message, read.failure.where) == (finding.failure.message, finding.failure.where)
