"""New workers as forks of one that has loaded the target; or not, where a fork would not be as new."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnspec.cases.case import Case
from cnnspec.harness.isolated import WorkerTarget
from cnnspec.harness.template import SUPPORTED
from tests.harness.processes import eventually, gone, parent

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="the system has no descriptors of processes")

CASE = Case.parse("relu:x=1x1x3,f64,data.x=-1_0_2")
RELU = """
import numpy as np
calls = []

def relu(x):
    calls.append(1)
    {body}
    return np.maximum(x, 0)
"""
WHILE_LOADING = {
    "a thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "a process": "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=-1)",
    "a file": "kept = open(__file__)",
}
ENDING = "import threading, time; threading.Thread(target=time.sleep, args=(0.1,), daemon=True).start()"

Write = Callable[..., WorkerTarget]


@pytest.fixture
def opened(tmp_path: Path) -> Write:
    def target(body: str = "pass", loading: str = "") -> WorkerTarget:
        file = tmp_path / "layers.py"
        file.write_text(RELU.format(body=body) + loading)
        return WorkerTarget(str(file), timeout=60)

    return target


def restarted(target: WorkerTarget) -> int:
    """The parent of a new worker."""
    target.restart()
    assert target.run(CASE).kind == "returned"
    return parent(target.pid)


def test_one_template_forks_every_worker_but_the_first(opened: Write) -> None:
    with opened() as target:
        assert target.run(CASE).kind == "returned"
        assert parent(target.pid) == os.getpid()
        template = restarted(target)
        assert template != os.getpid()
        assert restarted(target) == template
    assert not Path(f"/proc/{template}").exists()


@pytest.mark.parametrize("kept", WHILE_LOADING)
def test_a_target_that_starts_or_opens_something_while_it_loads_is_loaded_anew(kept: str, opened: Write) -> None:
    with opened(loading=WHILE_LOADING[kept]) as target:
        assert [restarted(target), restarted(target)] == [os.getpid()] * 2


def test_a_thread_that_is_about_to_end_is_waited_for(opened: Write) -> None:
    with opened(loading=ENDING) as target:
        assert restarted(target) != os.getpid()


def test_a_fork_has_kept_nothing_and_draws_its_own_numbers(opened: Write) -> None:
    with opened("return x * 0 + np.random.rand() / 2 + len(calls)") as target:
        drawn = []
        for _ in range(3):
            target.restart()
            drawn.append(float(target.run(CASE).outputs[0].max()))
    assert len(set(drawn)) == 3
    assert len(set(map(int, drawn))) == 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_template_that_is_lost_is_done_without(
    how: signal.Signals, opened: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as target:
        template = restarted(target)
        os.kill(template, how)
        with monkeypatch.context() as patch:
            patch.setattr("cnnspec.harness.template.PATIENCE", 0.5)
            assert restarted(target) == os.getpid()
        assert restarted(target) not in (os.getpid(), template)


@pytest.mark.parametrize(("end", "message"), [("os._exit(7)", "exit status 7"), ("os.abort()", "(SIGABRT)")])
def test_how_a_fork_ends_is_known(end: str, message: str, opened: Write) -> None:
    with opened(f"import os; {end}") as target:
        for _ in range(3):
            seen = target.run(CASE)
            assert (seen.kind, message in seen.message) == ("crashed", True)


def test_a_template_does_not_outlive_the_harness(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text(RELU.format(body="pass"))
    code = f"""
import time
from cnnspec.cases.case import Case
from cnnspec.harness.isolated import WorkerTarget
target = WorkerTarget({str(file)!r})
target.restart()
target.run(Case.parse({str(CASE)!r}))
stat = open(f"/proc/{{target.pid}}/stat").read()
print(target.pid, stat.rpartition(")")[2].split()[1], flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as harness:
        assert harness.stdout is not None
        worker, template = map(int, harness.stdout.readline().split())
        assert template != harness.pid
        harness.kill()
    assert eventually(lambda: gone(worker) and gone(template))
