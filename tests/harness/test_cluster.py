"""A real Dask cluster gives the same report, loses a worker and nothing else, and is refused where it is not fit."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnnspec.errors import TargetError, UsageError
from cnnspec.harness import cluster
from cnnspec.harness.cluster import Cluster, Helpers, check_workers, connected
from cnnspec.harness.database import Database
from cnnspec.harness.session import Session, run
from cnnspec.harness.tasks import HelperLost, setup_of, task_of
from cnnspec.harness.verdicts import RunResult
from cnnspec.report import call as report
from cnnspec.report.json import dumps, loads
from cnnspec.report.merging import join
from tests.harness.told import told

distributed = pytest.importorskip("distributed")

LAYERS = '''
"""A relu that lets a little through, and a right padding."""
import numpy as np
from cnnspec.mutants import load

relu = load("relu_leaks")["relu"]

def pad(x, *, padding):
    return np.pad(x, [(0, 0), (0, 0), *padding])
'''
OPTIONS: dict[str, Any] = {"cases": 45, "isolate": "none", "seed": 6}


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("layers") / "layers.py"
    path.write_text(LAYERS)
    return str(path)


@pytest.fixture(scope="module")
def whole(layers: str) -> dict[str, Any]:
    """What one process says of three rounds."""
    result = run(layers, rounds=3, **OPTIONS)
    assert result.findings
    return told(result)


def local(workers: int) -> Any:
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    )


@pytest.fixture(scope="module")
def two() -> Iterator[Any]:
    with local(2) as started:
        yield started


# ------------------------------------------------------------------------------------------------------------ the work


def test_a_cluster_gives_the_same_report(two: Any, layers: str, whole: dict[str, Any]) -> None:
    assert told(run(layers, rounds=3, dask=two.scheduler_address, **OPTIONS)) == whole


def test_the_written_report_is_the_same_by_whatever_means(two: Any, layers: str) -> None:
    """One process, helpers, a cluster, and shares: one of them by a cluster too."""

    def written(**more: Any) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(dumps(report.run(layers, **OPTIONS, **more)))
        return made

    def timeless(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "seconds": 0, "evidence": {}}

    address = two.scheduler_address
    one = timeless(written())
    assert timeless(written(jobs=2)) == one
    assert timeless(written(dask=address)) == one
    shares = [loads(json.dumps(written(shard=f"{i}/2", dask=address if i == 1 else None))) for i in (1, 2)]
    assert timeless(json.loads(dumps(join(shares)))) == one


def test_a_lost_workers_blocks_are_run_again(two: Any, layers: str, whole: dict[str, Any]) -> None:
    killed: list[int] = []

    def kill(op: str, done: int, planned: int, result: RunResult) -> None:
        if op.startswith("round") and not killed:
            killed.append(next(iter(two.workers.values())).process.pid)
            os.kill(killed[0], signal.SIGKILL)

    assert told(run(layers, rounds=3, dask=two.scheduler_address, progress=kill, **OPTIONS)) == whole
    assert killed


def test_a_lost_cluster_leaves_the_rest_to_this_process(
    layers: str, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with local(1) as one:

        def end(op: str, done: int, planned: int, result: RunResult) -> None:
            if op == "round 2" and one.status.name == "running":
                monkeypatch.setattr(cluster, "CONNECT", 1.0)
                one.close()

        result = run(layers, rounds=3, dask=one.scheduler_address, progress=end, **OPTIONS)
    (note,) = [note for note in result.notes if "the Dask cluster was lost" in note]
    result.notes.remove(note)
    assert told(result) == whole


def test_kept_cases_are_run_by_the_process_that_has_them(two: Any, layers: str, tmp_path: Path) -> None:
    first = run(layers, database=tmp_path, **OPTIONS)
    assert len(Database(tmp_path).load(layers)) == len(first.findings)
    notes = [run(layers, database=tmp_path, **OPTIONS, **more).notes for more in ({}, {"dask": two.scheduler_address})]
    assert sum("STILL FAILS" in note for note in notes[0]) == len(first.findings)
    assert notes[0] == notes[1]


def test_ctrl_c_keeps_what_was_found(two: Any, layers: str, tmp_path: Path) -> None:
    """A real SIGINT to a real process, in its second round."""
    command = [sys.executable, "-m", "cnnspec", "check", layers, "-n", "45", "--isolate", "none", "--time", "9h"]
    process = subprocess.Popen(
        [*command, "--dask", two.scheduler_address, "--report", "md=-"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    told_live: list[str] = []
    for line in process.stderr:
        told_live.append(line)
        if line.startswith("round 2: "):
            process.send_signal(signal.SIGINT)
            break
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 4
    assert any(line.startswith("finding: RELU-1 failed  relu:") for line in told_live), told_live
    assert "interrupted" in output
    assert "RELU-1" in output
    assert [kept.law for kept in Database(tmp_path / ".cnnspec").load(layers)] == ["RELU-1"]


def test_helpers_end_with_the_run(two: Any, layers: str) -> None:
    def held() -> list[int]:
        from cnnspec.harness.cluster import _here

        return [sum(map(len, _here()._idle.values()))]

    run(layers, dask=two.scheduler_address, **OPTIONS)
    with connected(two.scheduler_address) as client:
        assert list(client.run(held).values()) == [[0], [0]]


# ------------------------------------------------------------------------------------------------------------ refusals


def test_without_dask_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'cnnspec\[dask\]'"):
        connected("tcp://127.0.0.1:8786")


def test_dask_is_imported_when_asked_for_alone() -> None:
    code = (
        "import sys, cnnspec.harness.cluster, cnnspec.report.commands; print({'dask', 'distributed'} & {*sys.modules})"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize("address", ["", "nonsense", "tcp://", "127.0.0.1", "tcp://127.0.0.1:port"])
def test_a_word_that_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match=r"no Dask scheduler answers at .*such as tcp://"):
        connected(address)


def test_the_command_ends_with_2(layers: str) -> None:
    command = [sys.executable, "-m", "cnnspec", "check", layers, "-o", "relu", "-n", "12", "--dask", "nowhere"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert answer.stderr.startswith("cnnspec: no Dask scheduler answers at 'nowhere'")


def test_an_address_where_nobody_is_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(UsageError, match=f"no Dask scheduler answers at '{address}'"):
        run("reference", operations=("relu",), dask=address, **OPTIONS)


def test_a_cluster_without_workers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with local(0) as none, pytest.raises(UsageError, match="has no workers; start one: dask worker tcp://"):
        run("reference", operations=("relu",), dask=none.scheduler_address, **OPTIONS)


def test_workers_with_another_version_are_refused(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "own_version", lambda: "99.1")
    with pytest.raises(UsageError, match=r"the Dask worker tcp://\S+ has cnnspec \S+, and this process 99\.1; install"):
        run("reference", operations=("relu",), dask=two.scheduler_address, **OPTIONS)


def test_workers_without_it_are_refused(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers are asked for a package that is not there."""
    here = cluster.own_version()
    with connected(two.scheduler_address) as client:
        ask = client.run
        monkeypatch.setattr(client, "run", lambda f, *a, **o: ask(f, *(["no-such-package"] if a else []), **o))
        with pytest.raises(
            UsageError, match=rf"has no cnnspec, and this process {here}; install {here} on every worker"
        ):
            check_workers(client, two.scheduler_address)


def test_other_versions_of_other_packages_are_noted(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "environment", lambda: {"numpy": "9.9"})
    with connected(two.scheduler_address) as client:
        here = cluster.own_version()
        monkeypatch.setattr(client, "run", lambda f, *a, **o: {"w": {"numpy": "9.8"} if not a else here})
        (note,) = check_workers(client, "here")
    assert note == "this process and the workers ran under different versions of numpy: 9.8, 9.9"


def test_an_object_cannot_be_sent() -> None:
    with pytest.raises(UsageError, match="a Python object cannot be handed to other processes"):
        run({"relu": abs}, dask="tcp://127.0.0.1:1", **OPTIONS)


def test_a_target_that_the_workers_cannot_open_is_refused(two: Any, tmp_path: Path) -> None:
    path = tmp_path / "gone.py"
    path.write_text(LAYERS)
    with Session(str(path), **OPTIONS) as session:
        path.unlink()
        with pytest.raises(TargetError, match="the workers of the cluster cannot open the target"):
            session.run(dask=two.scheduler_address)


def test_workers_that_draw_other_cases_are_refused(two: Any, layers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "digest", lambda session, unit: 0)
    with pytest.raises(UsageError, match=r"draws other cases of \w+ than this process"):
        run(layers, dask=two.scheduler_address, **OPTIONS)


# ------------------------------------------------------------------------------------------------------ on one worker


def test_helpers_are_kept_for_the_next_task_and_ended(layers: str) -> None:
    with Session(layers, **OPTIONS) as session:
        setup, tasks = setup_of(session), [task_of(unit) for unit in session.units["relu"]]
    helpers = Helpers()
    first = helpers.run("a", setup, tasks[0])
    ((_, helper),) = helpers._idle["a"]
    assert helpers.run("a", setup, tasks[0])["record"] == first["record"]
    assert [one for _, one in helpers._idle["a"]] == [helper]
    helper.kill()
    helper.process.wait()
    with pytest.raises(HelperLost):
        helpers.run("a", setup, tasks[1])
    assert helpers._idle["a"] == []
    assert helpers.run("a", setup, tasks[1])["record"]["block"] == tasks[1]["block"]
    helpers.close("a")
    assert "a" not in helpers._idle
    assert helpers.run("a", setup, tasks[0])["record"] == first["record"], "too late, and ended at once"
    assert "a" not in helpers._idle


def test_what_the_cluster_gives_up_is_run_here(
    two: Any, layers: str, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every task of one operation ends in an error."""
    give = Cluster._take_future

    def fail(self: Cluster, future: Any) -> None:
        if self._under_way[future.key][0].item.op == "relu":
            unit, _ = self._under_way.pop(future.key)
            self._failed(unit, "out of memory")
        else:
            give(self, future)

    monkeypatch.setattr(Cluster, "_take_future", fail)
    result = run(layers, rounds=3, dask=two.scheduler_address, **OPTIONS)
    (note,) = [note for note in result.notes if "the cluster could not run a block" in note]
    assert note.endswith("out of memory")
    result.notes.remove(note)
    assert told(result) == whole


def test_no_thread_is_left_behind(two: Any, layers: str) -> None:
    before = {thread.name for thread in threading.enumerate()}
    run(layers, dask=two.scheduler_address, **OPTIONS)
    left = {thread.name for thread in threading.enumerate()} - before
    assert not [name for name in left if "_feed" in name]
