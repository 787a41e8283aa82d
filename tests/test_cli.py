"""The command line: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from cnnspec.cli import cli
from cnnspec.report.json import schema

HEAVY = ("numpy", "scipy", "hypothesis", "rich", "jinja2", "ml_dtypes")

ABSOLUTE = "import numpy as np\ndef relu(x):\n    return np.abs(x)\n"
SLOW = """
import numpy as np, time
calls = []
def relu(x):
    calls.append(0)
    if len(calls) == 60:
        open(READY, "w").close()
    time.sleep(0.01)
    return np.maximum(x, 0)
"""
"""It says when it has been called a while, and takes long enough to be interrupted."""

CASE = "conv2d:x=1x1x2x3,w=1x1x2x2,f64,iota"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), env={"COLUMNS": "80"})


def command(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "cnnspec", *arguments]
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(line, capture_output=True, text=True, check=False, env=environment, **options)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.py"
    path.write_text(ABSOLUTE)
    return path


@pytest.mark.parametrize(
    "arguments", [("--help",), ("check", "--help"), ("--version",), ("chek",), ("check", "--nosuch")]
)
def test_a_short_answer_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    said = "import sys, atexit; atexit.register(lambda: print('modules:', *sys.modules))"
    code = f"{said}; from cnnspec.cli import main; main()"
    answer = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    loaded = answer.stdout.rpartition("modules:")[2].split()
    assert "click" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_help_names_every_command_in_order() -> None:
    text = call("--help").output
    at = [text.index(f"\n  {name} ") for name in ("check", "replay", "explain", "shape", "laws")]
    assert at == sorted(at)
    assert max(map(len, text.splitlines())) <= 80


def test_the_reference_conforms_with_exit_code_0() -> None:
    answer = call("check", "-o", "relu", "--effort", "quick")
    assert answer.exit_code == 0
    assert "CONFORMS  1 operation" in answer.output
    assert "the same run again   cnnspec check reference -o relu --effort quick --seed 0" in answer.output


def test_a_wrong_file_fails_with_exit_code_1_and_the_finding(wrong: Path) -> None:
    answer = command("check", str(wrong), "--effort", "quick")
    assert answer.returncode == 1
    assert "RELU-1  negative numbers become 0" in answer.stdout
    assert "\x1b" not in answer.stdout + answer.stderr
    assert answer.stderr.startswith("relu: ")


def test_the_replay_line_replays(wrong: Path) -> None:
    shown = command("check", wrong.name, "--effort", "quick", cwd=wrong.parent).stdout
    line = next(line for line in shown.splitlines() if line.startswith("  cnnspec replay "))
    again = command(*line.split()[1:], cwd=wrong.parent)
    assert again.returncode == 1
    assert "RELU-1" in again.stdout
    wrong.write_text(ABSOLUTE.replace("np.abs(x)", "np.maximum(x, 0)"))
    mended = command(*line.split()[1:], cwd=wrong.parent)
    assert mended.returncode == 0
    assert "passed     RELU-1" in mended.stdout


def test_a_report_is_replayed_finding_by_finding(wrong: Path, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    assert call("check", str(wrong), "--effort", "quick", "-q", "--report", f"json={report}").exit_code == 1
    again = call("replay", str(report))
    assert (again.exit_code, "STILL FAILS" in again.output, "FIXED" in again.output) == (1, True, False)
    wrong.write_text(ABSOLUTE.replace("np.abs(x)", "np.maximum(x, 0)"))
    mended = call("replay", str(report))
    assert (mended.exit_code, "STILL FAILS" in mended.output, "FIXED" in mended.output) == (0, False, True)


def test_a_report_on_the_standard_output_is_alone_there(wrong: Path) -> None:
    answer = command("check", str(wrong), "--effort", "quick", "--report", "json=-")
    data = json.loads(answer.stdout)
    Draft202012Validator(schema()).validate(data)
    assert data["exit_code"] == answer.returncode == 1
    assert "DOES NOT CONFORM" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("chek",), 2, "there is no command 'chek'; do you mean check?"),
        (("layers.py",), 2, "'layers.py' is no command; to check it write: cnnspec check layers.py"),
        (("check", "-o", "con2d"), 2, "no operation is called 'con2d'; do you mean conv2d?"),
        (("check", "-l", "COR-1"), 2, "no law is called 'COR-1'; do you mean CORR-1?"),
        (("check", "--time", "soon"), 2, "a time reads 90, 60s, 2m or 1h; got 'soon'"),
        (("check", "--report", "pdf=a"), 2, "a report reads FORMAT=FILE"),
        (("check", "--profile", "harsh"), 2, "'harsh' is not one of"),
        (("check", "tocrh"), 3, "Do you mean 'torch'?"),
        (("check", "no/such/file.py"), 3, "there is no file no/such/file.py"),
        (("replay", "conv2d:x=1"), 2, "the case 'conv2d:x=1' says no shape for w"),
        (("replay", "gone.json"), 2, "there is no file gone.json"),
        (("explain", CASE, "--at", "9,9,9,9"), 2, "which has no element [9, 9, 9, 9]"),
        (("explain", "conv2d:x=1x1x1x1,w=1x1x2x2,f64"), 2, "no window fits on spatial axis 0"),
        (("shape", "conv2d", "--input", "7"), 2, "conv2d needs --kernel"),
        (("laws", "NONE-1"), 2, "no law is called 'NONE-1'"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence(arguments: tuple[str, ...], code: int, words: str) -> None:
    answer = call(*arguments)
    assert answer.exit_code == code
    assert words in answer.output
    assert "Traceback" not in answer.output


def test_a_file_that_cannot_be_imported_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def relu(:\n")
    answer = call("check", str(tmp_path / "bad.py"))
    assert answer.exit_code == 3
    assert "line 1" in answer.output


@pytest.mark.parametrize("send", ["ctrl-c", "terminate"])
def test_an_interrupt_leaves_a_valid_partial_report(send: str, tmp_path: Path) -> None:
    """Ctrl-C reaches the whole process group, the worker included; SIGTERM the command alone."""
    ready, report = tmp_path / "ready", tmp_path / "r.json"
    (tmp_path / "slow.py").write_text(SLOW.replace("READY", repr(str(ready))))
    line = [sys.executable, "-m", "cnnspec", "check", "slow.py", "-n", "9999", "-o", "relu", "--report", "json=r.json"]
    process = subprocess.Popen(
        line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not ready.exists():
        assert process.poll() is None, process.communicate()
    if send == "ctrl-c":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGTERM)
    output, errors = process.communicate()
    data = json.loads(report.read_text())
    Draft202012Validator(schema()).validate(data)
    assert (process.returncode, data["exit_code"], data["complete"]) == (4, 4, False), errors
    assert data["cases"] > 0
    assert "INCOMPLETE" in output
    assert list(tmp_path.glob(".*part")) == []


def test_explain_draws_the_window_and_the_sum() -> None:
    answer = call("explain", CASE, "--at", "0,0,0,1")
    assert answer.exit_code == 0
    assert "[2] [3]" in answer.output
    assert answer.output.rstrip().endswith("sum                           = 47")


def test_explain_shows_what_a_target_gave(wrong: Path) -> None:
    answer = call("explain", "relu:x=1x1x3,f64,data.x=1_-2_3", "--target", str(wrong))
    assert "y[0,0,1] =\n    x[0,0,1] = -2, not positive: 0    got 2" in answer.output


def test_shape_prints_the_arithmetic() -> None:
    answer = call("shape", "conv2d", "--input", "7x7", "--kernel", "3", "--stride", "2", "--padding", "1")
    assert answer.exit_code == 0
    assert "conv2d: 7×7 -> 4×4" in answer.output
    assert "m = ⌊(N - k') / s⌋ + 1  = ⌊(9 - 3) / 2⌋ + 1 = 4" in answer.output


def test_a_shape_without_a_window_is_a_mistake() -> None:
    answer = call("shape", "conv1d", "--input", "2", "--kernel", "3")
    assert answer.exit_code == 2
    assert "no window fits" in answer.output


def test_laws_are_listed_and_shown_in_full() -> None:
    table = call("laws").output
    assert ["CORR-1", "the", "sum", "over", "channels", "and", "taps", "exact"] in [
        line.split() for line in table.splitlines()
    ]
    assert max(map(len, table.splitlines())) <= 80
    one = call("laws", "corr-1").output
    for part in (
        "the kernel is not flipped",
        "Σ_c Σ_j",
        "Dive into Deep Learning",
        "[[[[19, 25], [37, 43]]]]",
        "kernel_flipped:",
    ):
        assert part in one
    assert "POOL-1" in call("laws", "POOL-*").output


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    line = f"{sys.executable} -m cnnspec laws | head -1"
    answer = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert "Traceback" not in answer.stderr
