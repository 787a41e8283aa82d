"""The blocks of a session as tasks of an existing Dask cluster.

Each task is what a helper process of one machine is told (:mod:`cnnspec.harness.tasks`), and a Dask worker hands it to
a helper of its own, one for each of its threads; so a worker's threads do not share a target, and a crash is none of
the worker's.  Dask runs the tasks of a lost worker again; what it gives up is run by this process, and so is everything
where the cluster is lost altogether.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

from cnnspec.errors import CnnspecError, TargetError, UsageError
from cnnspec.harness.parallel import PATIENCE, Sharing
from cnnspec.harness.records import KEPT_CASES, Key, Record
from cnnspec.harness.runner import Unit
from cnnspec.harness.shards import different_versions
from cnnspec.harness.tasks import Helper, HelperLost, Task, setup_of, task_of
from cnnspec.harness.versions import environment

if TYPE_CHECKING:
    from cnnspec.harness.session import Session

CONNECT = 10.0
"""Seconds to wait for the scheduler, and for its first worker."""

DEEP = 2
"""Tasks under way for each thread of the cluster: one that runs, and one that waits."""

ATTEMPTS = 3
"""How often a block is tried on the cluster before this process runs it."""

ALONE = 30.0
"""Seconds without any worker after which the cluster counts as lost."""

IDLE = 120.0
"""Seconds after which a worker ends a helper that nobody has asked anything."""


# ------------------------------------------------------------------------------------------------------ on the workers


class Helpers:
    """The helpers of one Dask worker that are not busy, by what they have opened."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._over: set[str] = set()
        self._idle: dict[str, list[tuple[float, Helper]]] = {}
        threading.Thread(target=self._sweep, daemon=True).start()

    def run(self, name: str, setup: dict[str, Any], task: Task) -> dict[str, Any]:
        """The answer of a helper that has opened ``setup``."""
        helper = self._borrow(name)
        try:
            if helper is None:
                helper = Helper(sys.path, setup)
                hello = helper.answer()
                if "failed" in hello:
                    helper.close()
                    return hello
            answer = helper.ask(task)
        except BaseException:
            if helper is not None:
                helper.close()
            raise
        with self._lock:
            if name not in self._over:
                self._idle.setdefault(name, []).append((time.monotonic(), helper))
                return answer
        helper.close()
        return answer

    def _borrow(self, name: str) -> Helper | None:
        with self._lock:
            waiting = self._idle.get(name)
            return waiting.pop()[1] if waiting else None

    def close(self, name: str) -> None:
        """End the helpers of one campaign: those that are idle now, the others when they are."""
        with self._lock:
            self._over.add(name)
            ending = self._idle.pop(name, [])
        for _, helper in ending:
            helper.close()

    def _sweep(self) -> None:
        """End helpers of campaigns that have gone away without a word."""
        while True:
            time.sleep(IDLE / 4)
            with self._lock:
                old = [one for each in self._idle.values() for one in each if one[0] < time.monotonic() - IDLE]
                self._idle = {name: [one for one in each if one not in old] for name, each in self._idle.items()}
            for _, helper in old:
                helper.close()


_helpers: list[Helpers] = []
_making = threading.Lock()


def _here() -> Helpers:
    with _making:
        if not _helpers:
            _helpers.append(Helpers())
        return _helpers[0]


def run_task(name: str, setup: dict[str, Any], task: Task) -> dict[str, Any]:
    """Run one task on a Dask worker; its record, or why the target cannot be opened there."""
    try:
        return _here().run(name, setup, task)
    except HelperLost as error:
        raise RuntimeError(f"a helper process was lost: {error}") from None


def end_helpers(name: str) -> None:
    """End the helpers of one campaign on a Dask worker."""
    _here().close(name)


# ------------------------------------------------------------------------------------------------------ in this process


class Cluster(Sharing):
    """The blocks of a session, run by the workers of a Dask cluster.

    Parameters
    ----------
    session
        The session whose blocks are run; its target must be named by a string that means the same on every worker.
    address
        That of the scheduler, such as ``tcp://10.0.0.1:8786``, or the file in which it has written it.

    Raises
    ------
    UsageError
        If the target is a Python object, Dask is not installed here, nobody answers at the address, or a worker has
        another cnnspec or none.
    """

    def __init__(self, session: Session, address: str) -> None:
        self._setup = setup_of(session, session.measuring.dialects)
        super().__init__(session)
        self._client = connected(address)
        try:
            session.result.notes += check_workers(self._client, address)
        except BaseException:
            self._client.close()
            raise
        self._name = f"cnnspec-{self._client.id}"
        self._under_way: dict[str, tuple[Unit, Any]] = {}
        self._arrived: Queue[Any] = Queue()
        self._tries: dict[Key, int] = {}
        self._agreed: set[str] = set()
        self._alone_since: float | None = None
        self._lost = ""
        self._refused: CnnspecError | None = None
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def _feed(self) -> None:
        """Keep every thread of the cluster busy, and take what comes, until all is over."""
        while not (self._closed or self._lost or self._refused):
            try:
                self._submit()
                self._take_future(self._arrived.get(timeout=PATIENCE))
            except Empty:
                pass
            except Exception as error:  # noqa: BLE001  whatever the connection dies of: the rest is run here
                self._lost = str(error) or type(error).__name__
            if self._client.status not in ("running", "connecting"):
                self._lost = self._lost or "the scheduler does not answer"
        with self._changed:
            self._waiting.extendleft(unit for unit, _ in self._under_way.values())
            if self._lost and not self._closed:
                words = f"the Dask cluster was lost ({self._lost}); the rest was run by the process that asked it"
                self._session.result.notes.append(words)
            self._changed.notify_all()

    def _submit(self) -> None:
        """Hand over as many blocks as the cluster can have under way."""
        threads = sum(self._client.nthreads().values())
        self._alone_since = None if threads else self._alone_since or time.monotonic()
        if self._alone_since is not None and time.monotonic() > self._alone_since + ALONE:
            self._lost = "it has no workers any more"
            return
        while len(self._under_way) < DEEP * threads and (unit := self._claim(self._for_others)) is not None:
            future = self._client.submit(run_task, self._name, self._setup, task_of(unit), pure=False)
            self._under_way[future.key] = unit, future
            future.add_done_callback(self._arrived.put)

    def _take_future(self, future: Any) -> None:
        """Take what became of a task: a record, or a reason to have its block run again."""
        unit, _ = self._under_way.pop(future.key)
        try:
            answer = future.result(timeout=CONNECT)
            if "failed" in answer:
                raise TargetError(f"the workers of the cluster cannot open the target: {answer['failed']}")
            self._check_cases(unit, Record.from_json(answer["record"]))
            self._take(unit, answer)
        except CnnspecError as error:
            self._failed(unit, str(error))
            if not self._agreed:
                self._refused = error
        except Exception as error:  # noqa: BLE001  whatever became of the task, its block is to be run
            self._failed(unit, str(error) or type(error).__name__)

    def _failed(self, unit: Unit, why: str) -> None:
        tries = self._tries[unit.key] = self._tries.get(unit.key, 0) + 1
        words = f"the cluster could not run a block, which was then run by the process that asked: {why}"
        with self._changed:
            if tries == ATTEMPTS and words not in self._session.result.notes:
                self._session.result.notes.append(words)
        self._give_back(unit)

    def _check_cases(self, unit: Unit, record: Record) -> None:
        """Refuse a worker that draws other cases under the same version; looked at once for each operation."""
        if unit.item.op not in self._agreed and record.finished and record.digest != self._session.digest(unit):
            raise UsageError(
                f"a worker of the cluster draws other cases of {unit.item.op} than this process: its cnnspec has the"
                " same version and is another one; install the same everywhere"
            )
        self._agreed.add(unit.item.op)

    def _for_others(self, unit: Unit) -> bool:
        return super()._for_others(unit) and self._tries.get(unit.key, 0) < ATTEMPTS

    def _mine(self) -> Unit | None:
        """What the cluster cannot run; everything where it is lost."""
        if self._refused is not None:
            raise self._refused
        return self._claim(
            lambda unit: bool(self._lost) or unit.block == KEPT_CASES or self._tries.get(unit.key, 0) >= ATTEMPTS
        )

    def _close(self) -> None:
        """Take back what is under way, and end the helpers on the workers."""
        self._thread.join(CONNECT)
        with suppress(Exception):
            self._client.cancel([future for _, future in self._under_way.values()])
            self._under_way.clear()
            if not self._lost:
                self._client.run(end_helpers, self._name, on_error="ignore")
        with suppress(Exception):
            self._client.close(timeout=CONNECT)


def connected(address: str) -> Any:
    """A client of the cluster at an address.

    Raises
    ------
    UsageError
        If Dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("--dask needs Dask, which is not installed here: pip install 'cnnspec[dask]'") from None
    where = {"scheduler_file": address} if Path(address).is_file() else {"address": address}
    try:
        if "address" in where and re.fullmatch(r"([a-z]+://)?[^\s/]+:\d+", address) is None:
            raise ValueError("that is no address")
        return Client(**where, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError, KeyError, ImportError) as error:
        words = f"no Dask scheduler answers at {address!r}: {str(error).strip() or type(error).__name__}"
        way_out = "give the address that `dask scheduler` prints, such as tcp://10.0.0.1:8786"
        raise UsageError(f"{words}; {way_out}") from None


def own_version() -> str:
    """The version of this package as its installation says it; a worker is asked the same."""
    return metadata.version("cnnspec")


def check_workers(client: Any, address: str) -> list[str]:
    """Whether every worker has this cnnspec; notes on what else is of other versions.

    Raises
    ------
    UsageError
        If there is no worker, or one that has another version of cnnspec or none.
    """
    try:
        client.wait_for_workers(1, timeout=CONNECT)
    except TimeoutError:
        raise UsageError(f"the Dask cluster at {address!r} has no workers; start one: dask worker {address}") from None
    mine = own_version()
    for worker, answer in client.run(metadata.version, "cnnspec", on_error="return").items():
        if answer == mine:
            continue
        has = f"cnnspec {answer}" if isinstance(answer, str) else "no cnnspec"
        raise UsageError(f"the Dask worker {worker} has {has}, and this process {mine}; install {mine} on every worker")
    there = client.run(environment, on_error="ignore").values()
    return different_versions([environment(), *there], "this process and the workers")
