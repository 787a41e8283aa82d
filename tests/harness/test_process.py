"""The end of a worker process, whoever brings it about."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cnnspec.cases.case import Case
from cnnspec.errors import TargetError
from cnnspec.harness.isolated import WorkerTarget
from cnnspec.implementation import Observation
from tests.harness.processes import eventually, gone

PLAIN = Case.parse("relu:x=1x1x3,f64,data.x=-1_0_2")
GOOD = np.array([[[0.0, 0.0, 2.0]]])
FOLDER = Path(__file__).parent

Open = Callable[..., WorkerTarget]
Ask = Callable[..., Observation]
Asking = Callable[..., Case]

ENDS = {
    "segfault": ("crashed", "killed by signal 11 (SIGSEGV), in segfault (hostile.py, line "),
    "abort": ("crashed", "killed by signal 6 (SIGABRT), in abort (hostile.py, line "),
    "kill_itself": ("crashed", "killed by signal 15 (SIGTERM)"),
    "leave": ("crashed", "the process ended with exit status 0 in mid-call"),
    "leave_with_3": ("crashed", "the process ended with exit status 3 in mid-call"),
    "leaves_after_fork": ("crashed", "the process ended with exit status 0 in mid-call"),
    "hang": ("timeout", "no answer within 0.5 s, in hang (hostile.py, line "),
    "hang_in_c": ("timeout", "no answer within 0.5 s, in hang_in_c (hostile.py, line "),
    "ignore_signals": ("timeout", "no answer within 0.5 s, in ignore_signals (hostile.py, line "),
    "print_without_end": ("crashed", "printed more than 64 MB, in print_without_end (hostile.py, line "),
    "closes_everything": ("crashed", "the target closed the worker's channel"),
    "writes_to_every_descriptor": ("crashed", "the target wrote into the worker's own channel (no message: b'}{')"),
}


@pytest.mark.parametrize("name", ENDS)
def test_an_end_of_the_process_is_seen_and_the_worker_replaced(target: WorkerTarget, name: str, misbehave: Ask) -> None:
    restarts = target.restarts
    kind, message = ENDS[name]
    seen = misbehave(target, name, timeout=0.5 if kind == "timeout" else 60)
    assert (seen.kind, seen.message[: len(message)], seen.outputs) == (kind, message, ())
    assert target.restarts == restarts + 1


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc to tell a process's memory")
@pytest.mark.parametrize("name", ["eat_memory", "eat_memory_in_a_child"])
def test_a_blow_up_of_memory_is_ended(
    name: str,
    open_hostile: Open,
    misbehave: Ask,
) -> None:
    with open_hostile() as target:
        seen = misbehave(target, name)
    assert (seen.kind, seen.message.partition(", in ")[0]) == ("crashed", "used more than 200 MB of memory")


def test_the_place_and_what_was_printed_come_with_a_crash(target: WorkerTarget, misbehave: Ask) -> None:
    seen = misbehave(target, "prints_and_aborts")
    assert seen.facts.output.startswith("to output\nto errors\nmost recent call first:\n  File ")
    assert "line" in seen.facts.output
    assert str(FOLDER.parent.parent / "cnnspec") not in seen.facts.output


def test_a_restarted_worker_remembers_nothing(target: WorkerTarget, asking: Asking) -> None:
    case = asking("counts")
    target.restart()
    first, second = target.run(case), target.run(case)
    pid, restarts = target.pid, target.restarts
    target.restart()
    third = target.run(case)
    assert [seen.outputs[0].tolist() for seen in (first, second, third)] == [[1], [2], [1]]
    assert gone(pid)
    assert target.restarts == restarts + 1


def test_a_closed_target_leaves_no_process_and_no_descriptor(open_hostile: Open, asking: Asking) -> None:
    open_files = Path("/proc/self/fd")
    before = len(list(open_files.iterdir())) if open_files.exists() else 0
    with open_hostile() as target:
        case = asking("forks_and_hangs")
        target.run(case)
        target.run(asking("leave"))
        child = int(target.run(asking("forks_and_tells")).outputs[0][0])
        pid = target.pid
        assert not gone(child)
    assert gone(pid)
    assert eventually(lambda: gone(child))
    with pytest.raises(TargetError, match="has been closed"):
        target.run(PLAIN)
    target.close()
    assert not open_files.exists() or len(list(open_files.iterdir())) == before


def test_a_forgotten_target_is_cleaned_up(open_hostile: Open) -> None:
    target = open_hostile()
    pid = target.pid
    del target
    gc.collect()
    assert gone(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("name", ["normal", "hang_in_c", "forks_and_hangs"])
def test_a_worker_does_not_outlive_the_harness(name: str, hostile: ModuleType) -> None:
    """Not even one that hangs in C with the interpreter's lock held, nor its children."""
    batch = 1 if name == "normal" else hostile.batch(name)
    code = f"""
import sys, time
sys.path.insert(0, {str(FOLDER)!r})
from cnnspec.cases.case import Case
from cnnspec.harness.isolated import WorkerTarget
target = WorkerTarget("hostile", loader="hostile:load", timeout=60)
target.submit(Case.parse("relu:x={batch}x1x3,f64"))
time.sleep(0.2)
children = open(f"/proc/{{target.pid}}/task/{{target.pid}}/children").read().split()
print(target.pid, *children, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as harness:
        pids = [int(pid) for pid in harness.stdout.readline().split()]
        assert len(pids) == 1 + (name == "forks_and_hangs")
        harness.kill()
    assert eventually(lambda: all(gone(pid) for pid in pids))
