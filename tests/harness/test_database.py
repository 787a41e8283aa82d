"""Kept cases come back, survive a kill at any moment, and heal."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnspec.cases.case import Case
from cnnspec.errors import UsageError
from cnnspec.harness.database import DEFAULT, Database, Kept, default
from cnnspec.harness.session import run
from cnnspec.harness.verdicts import RunResult
from cnnspec.mutants import load

CASE = Case.parse("conv2d:x=1x1x3x4,w=1x1x2x1,f64,data.x=1_2")
KEPT = Kept("layers.py", "CORR-1", CASE, "failed")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "cases").glob("*"))


def test_a_case_comes_back_for_its_target_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "new")
    assert database.load("layers.py") == []
    assert not (tmp_path / "new").exists()
    for kept in (KEPT, KEPT, Kept("torch", "CORR-1", CASE, "crashed")):
        database.keep(kept)
    assert Database(tmp_path / "new").load("layers.py") == [KEPT]
    database.drop(KEPT)
    database.drop(KEPT)
    assert database.load("layers.py") == []
    assert len(database.load("torch")) == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "3", '"x"', '{"cnnspec": 1}', '{"cnnspec": "1"}', "\x00\xff", "{}" * 9, "[" * 50_000],
)
def test_what_is_broken_is_taken_out_and_said(tmp_path: Path, text: str) -> None:
    database = Database(tmp_path)
    database.keep(KEPT)
    (tmp_path / "cases" / "conv2d-CORR-1-0000000000000000.json").write_bytes(text.encode("latin-1"))
    assert database.load("layers.py") == [KEPT]
    assert len(database.notes) == 1
    assert "conv2d-CORR-1-0000000000000000.json was taken out" in database.notes[0]
    assert files(tmp_path) == [KEPT.name]


@pytest.mark.parametrize("field", ["target", "law", "case", "verdict"])
def test_every_cut_and_every_change_of_a_file_is_seen(tmp_path: Path, field: str) -> None:
    database = Database(tmp_path)
    database.keep(KEPT)
    path = tmp_path / "cases" / KEPT.name
    whole = path.read_text()
    for cut in range(0, len(whole) - 2, 7):
        path.write_text(whole[:cut])
        assert database.load("layers.py") == []
        assert not path.exists()
    path.write_text(json.dumps({**json.loads(whole), field: 7}))
    assert database.load("layers.py") == []
    assert not path.exists()
    if field != "verdict":
        other = {"target": "torch", "law": "CORR-2", "case": str(CASE.with_options(groups=1)) + ",seed=3"}
        path.write_text(json.dumps({**json.loads(whole), field: other[field]}))
        database.load(other["target"])
        assert not path.exists()


def test_a_file_of_a_later_version_and_a_strangers_stay(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.keep(KEPT)
    (tmp_path / "cases" / "later.json").write_text('{"cnnspec": 2, "what": "ever"}')
    (tmp_path / "cases" / "README").write_text("mine")
    assert database.load("layers.py") == [KEPT]
    assert files(tmp_path) == ["README", KEPT.name, "later.json"]
    assert database.notes == []


def test_what_a_killed_process_left_is_cleared_but_not_what_another_writes(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.keep(KEPT)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "cases" / f".a.json.{gone.pid}.part").write_text("{")
    (tmp_path / "cases" / f".b.json.{os.getppid()}.part").write_text("{")
    database.load("layers.py")
    assert files(tmp_path) == [f".b.json.{os.getppid()}.part", KEPT.name]


WRITER = """
import sys
from cnnspec.cases.case import Case
from cnnspec.harness.database import Database, Kept

database = Database(sys.argv[1])
print("ready", flush=True)
for n in range(int(sys.argv[2]), 10**9):
    kept = Kept("t", "CORR-1", Case.parse(f"relu:x=1x1x{n % 50 + 1},f64,seed={n}"), "failed")
    database.keep(kept)
    print(n, flush=True)
    if n % 3 == 0:
        database.drop(kept)
        print(-n, flush=True)
"""


def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    """Killed in the middle of writing, again and again: what was said to be kept is there, whole."""
    dice, start = random.Random(4), 1
    kept: set[int] = set()
    for _ in range(25):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(start)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        for _ in range(dice.randint(0, 12)):
            writer.stdout.readline()
        for _ in range(dice.randint(0, 3000)):  # somewhere in the next one
            pass
        writer.send_signal(signal.SIGKILL)
        told = [int(line) for line in writer.stdout.read().split("\n")[:-1] if line]
        writer.wait()
        writer.stdout.close()
        database = Database(tmp_path)
        found = {kept.case.seed for kept in database.load("t")}
        assert database.notes == []
        assert not [name for name in files(tmp_path) if name.endswith(".part")]
        last = max(map(abs, told), default=start)
        missing = {n for n in kept if n not in found}
        assert not missing
        start = max(found | {last, start}) + 1
        kept = {n for n in found if n % 3}
    assert len(kept) > 20


def checked(folder: Path, target: Any, **options: Any) -> RunResult:
    chosen: dict[str, Any] = {"cases": 24, "isolate": "none", "database": folder, **options}
    return run(target, **chosen)


def test_a_found_case_is_replayed_first_until_it_is_mended(tmp_path: Path) -> None:
    right = load("kernel_flipped")["conv1d"]  # right where it is symmetric alone
    broken = {"conv1d": right}
    found = checked(tmp_path, broken)
    assert len(files(tmp_path)) == 1
    case = str(found.findings[0].case)

    again = checked(tmp_path, broken, cases=1, seed=3)  # one drawn case: the kept one fails whatever that does
    assert again.exit_code == 1
    assert again.notes[-1] == f"STILL FAILS  CORR-1  {case}"
    assert again.cases == 2
    assert len(files(tmp_path)) == 1  # nothing new for a fault that is known

    from cnnspec.reference.convolution import conv1d

    mended = checked(tmp_path, {"conv1d": conv1d})
    assert mended.exit_code == 0
    assert mended.notes[-1] == f"FIXED  CORR-1  {case}"
    assert files(tmp_path) == []
    assert not [note for note in checked(tmp_path, {"conv1d": conv1d}).notes if "FIXED" in note]


def test_kept_cases_outside_the_run_stay(tmp_path: Path) -> None:
    broken = {"conv1d": load("kernel_flipped")["conv1d"], "relu": load("relu_leaks")["relu"]}
    checked(tmp_path, broken)
    before = files(tmp_path)
    assert {name.split("-")[0] for name in before} == {"conv1d", "relu"}
    result = checked(tmp_path, broken, operations=("relu",), laws=("PURE-*",))
    assert files(tmp_path) == before
    assert not [note for note in result.notes if "FIXED" in note]


def test_healing_is_noted_in_the_result(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "x.json").write_text("{")
    result = checked(tmp_path, {"relu": lambda x: np.maximum(x, x.dtype.type(0))})
    assert any("x.json was taken out of the database" in note for note in result.notes)


def test_an_interrupted_run_keeps_what_it_saw(tmp_path: Path) -> None:
    def stop(op: str, done: int, planned: int, result: RunResult) -> None:
        if done == 20:
            raise KeyboardInterrupt

    result = checked(tmp_path, {"conv1d": load("kernel_flipped")["conv1d"]}, progress=stop)
    kept = {json.loads((tmp_path / "cases" / name).read_text())["case"] for name in files(tmp_path)}
    assert kept == {str(finding.case) for finding in result.findings}
    assert kept


def test_nothing_is_written_unless_a_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default() is None
    run({"relu": load("relu_leaks")["relu"]}, isolate="none", cases=12)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / DEFAULT).mkdir()
    assert default() == Path(DEFAULT)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"the database .*file is a file; name a folder"):
        Database(tmp_path / "file")
