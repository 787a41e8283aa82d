"""The report of merged shares is that of the whole run, and the commands around it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cnnspec.cli import cli
from cnnspec.errors import UsageError
from cnnspec.report.call import run
from cnnspec.report.json import dumps, loads
from cnnspec.report.merging import join
from cnnspec.report.model import Report

OPTIONS: dict[str, Any] = {"cases": 50, "isolate": "none"}


def plain(report: Report) -> dict[str, Any]:
    return {**json.loads(dumps(report)), "seconds": 0}


def shares(target: str, n: int = 2, **options: Any) -> list[Report]:
    made = [run(target, shard=f"{i}/{n}", **{**OPTIONS, **options}) for i in range(1, n + 1)]
    return [loads(dumps(report)) for report in made]


def test_merged_shares_are_the_whole_report(flipped: Path) -> None:
    whole = run(str(flipped), **OPTIONS)
    assert whole.exit_code == 1
    assert plain(join(shares(str(flipped), 3))) == plain(whole)


def test_without_the_target_the_shares_findings_stand(flipped: Path) -> None:
    target = str(flipped)
    parts = shares(target)
    whole = run(target, **OPTIONS)
    flipped.unlink()
    merged = join(parts)
    assert merged.exit_code == 1
    assert [(f.op, f.law, f.looks_like[0].mutant) for f in merged.findings] == [("conv2d", "CORR-1", "kernel_flipped")]
    assert merged.findings[0].case in {finding.case for part in parts for finding in part.findings}
    assert "the target could not be opened here" in merged.notes[-1]
    for name in ("tallies", "coverage", "cases", "checks", "confidence", "unclaimed", "precision", "name"):
        assert plain(merged)[name] == plain(whole)[name], name


def test_shares_of_a_conforming_target_conform() -> None:
    assert join(shares("reference", operations="relu,pad")).exit_code == 0
    with pytest.raises(UsageError, match="merging needs reports"):
        join([run("reference", operations="relu", **OPTIONS)])


def invoke(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, words)
    return result.exit_code, result.output


def test_the_command_merges_files(flipped: Path, tmp_path: Path) -> None:
    files = [str(tmp_path / f"{i}.json") for i in (1, 2)]
    for i, file in enumerate(files, start=1):
        words = ("check", str(flipped), "-n", "50", "--isolate", "none", "-q", "--shard", f"{i}/2")
        assert invoke(*words, "--report", f"json={file}")[0] == 1
    code, said = invoke("report", "merge", *files, "--report", f"json={tmp_path / 'm.json'}")
    assert code == 1
    assert "kernel_flipped" in said
    merged = loads((tmp_path / "m.json").read_text())
    assert plain(merged) == plain(run(str(flipped), **OPTIONS))
    assert invoke("report", "merge", files[0], "-q")[0] == 1
    for wrong, words in ((str(tmp_path / "no.json"), "cannot be read"), (str(flipped), "no JSON report")):
        code, said = invoke("report", "merge", wrong)
        assert (code, words in said) == (2, True)
    code, said = invoke("check", str(flipped), "--shard", "3/2")
    assert (code, said) == (2, "cnnspec: a shard reads I/N with I from 1 to N, such as 2/8; got '3/2'\n")


def test_expectations_from_the_command_line(flipped: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "known.toml")
    case = "conv2d:x=1x1x1x2,w=1x1x1x2,f64,data.x=0_1,data.w=0_1"
    code, said = invoke("expect", "add", case, "--reason", "the kernel is flipped", "--file", file, "--issue", "#1",
                        "--expires", "2999-01-01")  # fmt: skip
    assert code == 0
    assert "expires = 2999-01-01" in said
    words = ("check", str(flipped), "-n", "20", "--isolate", "none", "--expect", file)
    code, said = invoke(*words)
    assert code == 0
    assert "expectation 1 (the kernel is flipped) still fails as expected" in " ".join(said.split())
    assert invoke("expect", "prune", str(flipped), "--file", file) == (0, f"every rule of {file} still holds\n")
    flipped.write_text(flipped.read_text().replace("[:, :, ::-1, ::-1]", ""))
    assert invoke(*words)[0] == 5
    assert invoke("expect", "prune", str(flipped), "--file", file)[1].startswith("took out rule 1")
    assert invoke(*words)[0] == 0
    assert invoke("check", "reference", "--expect", str(tmp_path / "no.toml"))[0] == 2


def test_the_database_is_used_where_it_is(flipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("check", str(flipped), "-n", "20", "--isolate", "none")
    assert invoke(*words)[0] == 1
    assert not (tmp_path / ".cnnspec").exists()
    (tmp_path / ".cnnspec").mkdir()
    assert "STILL FAILS" not in invoke(*words)[1]
    assert "STILL FAILS" in invoke(*words)[1]
    assert "STILL FAILS" in invoke(*words, "--database", ".cnnspec")[1]


def test_several_jobs_say_the_same(flipped: Path) -> None:
    one, two = (run(str(flipped), **OPTIONS, jobs=jobs) for jobs in (1, 2))
    assert plain(one) == plain(two)


@pytest.mark.parametrize(
    ("number", "jobs", "target"),
    [
        (signal.SIGINT, "1", "reference"), (signal.SIGTERM, "2", "reference"), (signal.SIGINT, "2", "reference"),
        (signal.SIGTERM, "1", "mutant:kernel_flipped"),
    ],
)  # fmt: skip
def test_an_interrupt_leaves_a_valid_partial_report(number: int, jobs: str, target: str, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    command = [sys.executable, "-m", "cnnspec", "check", target, "--effort", "deep", "-j", jobs]
    process = subprocess.Popen(
        [*command, "--report", f"json={report}"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    line = process.stderr.readline()  # one operation is done
    assert " cases, " in line, line
    os.kill(process.pid, number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "INCOMPLETE" in output
    read = loads(report.read_text())
    assert (read.complete, read.exit_code, read.headline) == (False, 4, "INCOMPLETE")
    assert read.cases > 0
    assert "interrupted" in read.notes[-1]
    assert bool(read.findings) == (target != "reference")
