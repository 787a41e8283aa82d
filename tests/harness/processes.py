"""What the system says of processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def _stat(pid: int | None) -> list[str]:
    """The fields that follow the name."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def gone(pid: int | None) -> bool:
    """Whether a process has ended, or is only waiting to be counted out by its parent."""
    try:
        return _stat(pid)[0] == "Z"
    except OSError:
        return True


def parent(pid: int | None) -> int:
    """The process that started another one."""
    return int(_stat(pid)[1])


def eventually(condition: Callable[[], bool]) -> bool:
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False
