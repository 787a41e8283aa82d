"""Tasks, run by several processes and stored as they are done."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
SOURCES = ("cnnspec/**/*.py", "cnnspec/mutants/*.toml", "benchmarks/power/*.py", "tests/harness/variants.py",
           "tests/harness/adversary.py")  # fmt: skip
UNREAD = ("cnnspec/report/", "cnnspec/cli.py", "cnnspec/vectors/")
"""What no figure depends on."""

Row = dict[str, Any]
Task = tuple[Any, ...]
Progress = Callable[[int, int, Row], None]


@dataclass(frozen=True)
class Part:
    """One part: its tasks, what does one of them, and the figures that all of their rows give."""

    name: str
    tasks: Callable[[Settings], Sequence[Task]]
    measure: Callable[..., Row]
    figures: Callable[[list[Row], Settings], dict[str, Any]]


@dataclass(frozen=True)
class Settings:
    """How much is measured: seeds of the zoo, the efforts, and the sizes of samples (0 for everything)."""

    seeds: int = 10
    effort: str = "default"
    sample: int = 0
    pairs: int = 120
    outside: int = 60
    deep_seeds: int = 20
    deep_effort: str = "deep"
    folder: Path = field(default=ROOT / "build" / "power", compare=False)

    def chosen(self, names: Sequence[str], spread: int = 0) -> list[str]:
        """All names, or as many as the sample has, evenly spread."""
        most = spread or self.sample
        return list(names) if not most or most >= len(names) else [names[len(names) * i // most] for i in range(most)]


@cache
def state() -> str:
    """A digest of the source that the figures depend on."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in ROOT.glob(pattern)}):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(UNREAD):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def key(task: Task) -> str:
    """The text of a task."""
    return " ".join(map(str, task))


def stored(part: Part, settings: Settings) -> dict[str, Row]:
    """The rows that are there already, by task, of this state of the source."""
    path = settings.folder / f"{part.name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [_read(line) for line in lines]
    return {row["task"]: row for row in rows if row.get("state") == state()}


def _read(line: str) -> Row:
    """A line as it was written; nothing where a run was stopped in it."""
    try:
        row: Row = json.loads(line)
    except ValueError:
        return {}
    return row


def measured(part: Part, settings: Settings, jobs: int, progress: Progress) -> list[Row]:
    """The rows of all tasks of a part in order, those missing measured now; without ``jobs`` those that are there."""
    tasks = {key(task): task for task in part.tasks(settings)}
    rows = stored(part, settings)
    missing = [task for text, task in tasks.items() if text not in rows]
    if not jobs:
        return [rows[text] for text in tasks if text in rows]
    settings.folder.mkdir(parents=True, exist_ok=True)
    with (settings.folder / f"{part.name}.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" if file.tell() else "")  # a run may have been stopped in a line
        for task, row in _done(part, missing, jobs):
            rows[key(task)] = {"task": key(task), "state": state(), **row}
            file.write(json.dumps(rows[key(task)]) + "\n")
            file.flush()
            progress(len(tasks) - len(missing), len(tasks), rows[key(task)])
    return [rows[text] for text in tasks]


def _done(part: Part, tasks: Sequence[Task], jobs: int) -> Iterator[tuple[Task, Row]]:
    """Tasks with their rows, as they are done."""
    if jobs == 1:
        yield from ((task, timed(part.measure, task)) for task in tasks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting: dict[Future[Row], Task] = {pool.submit(timed, part.measure, task): task for task in tasks}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def timed(measure: Callable[..., Row], task: Task) -> Row:
    """The row of a task, with the seconds that it took."""
    started = time.perf_counter()
    row = measure(*task)
    return {**row, "spent": round(time.perf_counter() - started, 3)}
