"""Whatever a target does in the middle of a run: it has its verdict, its case, and the run goes on to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec.harness.session import run
from cnnspec.harness.verdicts import Verdict

FILE = """
import ctypes, os, sys, threading, time
import numpy as np

KEPT = []

def relu(x):
    y = np.maximum(x, 0)
    if len(x) == 2:
{body}
    return y
"""

FAILED, CRASHED, TIMEOUT = Verdict.FAILED, Verdict.CRASHED, Verdict.TIMEOUT

BEHAVIOURS = {
    "segfault": ("ctypes.string_at(0)", "CALL-1", CRASHED, "SIGSEGV"),
    "abort": ("os.abort()", "CALL-1", CRASHED, "SIGABRT"),
    "os._exit(0)": ("os._exit(0)", "CALL-1", CRASHED, "exit status 0 in mid-call"),
    "sys.exit(0)": ("sys.exit(0)", "CALL-1", CRASHED, "called sys.exit(0) in mid-call"),
    "hang in C": ("ctypes.PyDLL(None).sleep(100)", "CALL-1", TIMEOUT, "no answer within 0.5 s"),
    "hang": ("while True: pass", "CALL-1", TIMEOUT, "no answer within 0.5 s"),
    "infinite output": ("while True: print('spam' * 4096)", "CALL-1", CRASHED, "printed more than 64 MB"),
    "memory blow-up": ("while True: KEPT.append(np.ones(1 << 20))", "CALL-1", CRASHED, "of memory"),
    "closed streams": ("sys.stdin.close(); os.close(1)", "PURE-6", FAILED, "standard streams"),
    "wrong shape": ("y = y[..., None]", "SHAPE-3", FAILED, "the shape"),
    "wrong dtype": ("y = y.astype(np.float16)", "PURE-5", FAILED, "dtype float16"),
    "ragged": ("y = [[1.0, 2.0], [3.0]]", "CALL-1", FAILED, "a ragged list"),
    "object array": ("y = y.astype(object)", "CALL-1", FAILED, "object"),
    "NaN-filled": ("y = np.full_like(y, np.nan)", "RELU-1", FAILED, "nan"),
    "error state": ("np.seterr(all='raise')", "PURE-6", FAILED, "NumPy error state"),
    "working directory": ("os.chdir('/')", "PURE-6", FAILED, "working directory"),
    "leaked thread": (
        "threading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
        "PURE-6",
        FAILED,
        "threads",
    ),
    "fork": ("os.fork()", "PURE-6", FAILED, "child processes"),
    "fork that stays": ("os.fork() or time.sleep(100)", "PURE-6", FAILED, "child processes"),
}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_it_has_its_verdict_and_the_run_goes_on(name: str, tmp_path: Path) -> None:
    """A batch of 2 misbehaves, and every other is good."""
    body, law, verdict, words = BEHAVIOURS[name]
    (tmp_path / "layers.py").write_text(FILE.format(body=f"        {body}"))
    timeout = 0.5 if verdict is TIMEOUT else 10.0
    memory = 400 << 20 if name == "memory blow-up" else None
    result = run(str(tmp_path / "layers.py"), profile="core", cases=10, memory=memory, timeout=timeout)
    assert result.complete
    assert result.cases == 10
    assert result.exit_code == 1
    found = [finding for finding in result.findings if finding.law == law]
    assert len(found) == 1, result.findings
    assert found[0].verdict is verdict
    assert words in found[0].failure.message
    assert found[0].case.shapes["x"][0] == 2
    assert result.tallies["relu", "RELU-1"].checked > result.tallies["relu", "RELU-1"].failed  # others were judged


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("os.abort()", "a small call ended the process (killed by signal 6 (SIGABRT), in relu (layers.py, line 10))"),
        ("while True: pass", "a small call took longer than 0.5 s"),
    ],
)
def test_what_ends_the_first_small_calls_is_said(body: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(FILE.format(body=f"        {body}"))
    result = run(str(tmp_path / "layers.py"), cases=1, timeout=0.5)
    assert any(note.startswith(f"{words}: no more was found out") for note in result.notes), result.notes
