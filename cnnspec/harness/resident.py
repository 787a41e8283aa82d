"""How much memory a process and its children have resident."""

from __future__ import annotations

import os
from pathlib import Path


def resident_bytes(pid: int) -> int:
    """The resident memory of a process and all its descendants; 0 where the system has no ``/proc`` to tell it.

    Examples
    --------
    >>> resident_bytes(-1)
    0
    """
    process = Path("/proc") / str(pid)
    try:
        pages = int((process / "statm").read_text().split()[1])
        children = (process / "task" / str(pid) / "children").read_text().split()
    except OSError:
        return 0
    return pages * _PAGE + sum(resident_bytes(int(child)) for child in children)


def half_of_the_machine() -> int:
    """Half of the machine's memory in bytes, the limit where none is given."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * _PAGE // 2
    except (AttributeError, ValueError, OSError):
        return 1 << 62


_PAGE = os.sysconf("SC_PAGESIZE") if hasattr(os, "sysconf") else 4096
