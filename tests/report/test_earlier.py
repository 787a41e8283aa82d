"""A report, a folder of reports and a folder of kept cases are run again; other files are left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cnnspec.cli import cli
from cnnspec.errors import UsageError
from cnnspec.report.earlier import earlier

WRONG = "import numpy as np\n\n\ndef relu(x):\n    return np.abs(x)\n"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A wrong file with a database and a folder of two reports."""
    (tmp_path / "layers.py").write_text(WRONG)
    (tmp_path / "reports").mkdir()
    for name in ("a", "b"):
        line = ["check", str(tmp_path / "layers.py"), "--effort", "quick", "-q", "--isolate", "none"]
        line += ["--report", f"json={tmp_path / 'reports' / name}.json", "--database", str(tmp_path / "kept")]
        assert CliRunner().invoke(cli, line).exit_code == 1
    return tmp_path


@pytest.mark.parametrize("what", ["reports", "reports/a.json", "kept"])
def test_findings_are_run_again(what: str, kept: Path) -> None:
    again = CliRunner().invoke(cli, ["replay", str(kept / what), "--isolate", "none"])
    assert (again.exit_code, again.output.count("STILL FAILS")) == (1, 1)
    (kept / "layers.py").write_text(WRONG.replace("abs(x)", "maximum(x, 0)"))
    mended = CliRunner().invoke(cli, ["replay", str(kept / what), "--isolate", "none"])
    assert (mended.exit_code, mended.output.count("FIXED")) == (0, 1)


def test_a_folder_is_only_read(kept: Path) -> None:
    others = {"cases/mine.json": '{"a": 1}', "cases/broken.json": "{", "notes.json": "[]", "list.json": '{"case": 3}'}
    for name, text in others.items():
        (kept / "kept" / name).write_text(text)
    found = earlier(str(kept / "kept"))
    assert found is not None
    assert [law for law, _ in found.findings] == ["RELU-1"]
    assert {name: (kept / "kept" / name).read_text() for name in others} == others


def test_what_cannot_be_replayed(kept: Path) -> None:
    assert earlier("relu:x=1x1x1,f64") is None
    (kept / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no finding to replay: neither reports nor kept cases"):
        earlier(str(kept / "empty"))
    with pytest.raises(UsageError, match="there is no file gone/"):
        earlier("gone/")
    (case,) = (kept / "kept" / "cases").glob("*.json")
    data = json.loads(case.read_text())
    (kept / "kept" / "cases" / "other.json").write_text(json.dumps({**data, "target": "torch"}))
    answer = CliRunner().invoke(cli, ["replay", str(kept / "kept")])
    assert (answer.exit_code, "several targets; say which one to ask" in answer.output) == (2, True)


def test_memory_is_in_megabytes(kept: Path) -> None:
    """A limit of 1 MB ends every worker; of as many bytes it would too, so a real one is tried as well."""
    case = "relu:x=1x1x1,f64,data.x=-1"
    for memory, word in (("1M", "used more than 1 MB"), ("2G", "RELU-1")):
        answer = CliRunner().invoke(cli, ["replay", case, str(kept / "layers.py"), "--memory", memory])
        assert word in answer.output, answer.output
