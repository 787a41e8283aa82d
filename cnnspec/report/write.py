"""Report files: every format by name, written whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnspec.report.model import Report


def _json(report: Report) -> str:
    from cnnspec.report.json import dumps

    return dumps(report)


def _html(report: Report) -> str:
    from cnnspec.report.html import render

    return render(report)


def _junit(report: Report) -> str:
    from cnnspec.report.junit import render

    return render(report)


def _markdown(report: Report) -> str:
    from cnnspec.report.markdown import render

    return render(report)


RENDER: dict[str, Callable[[Report], str]] = {"json": _json, "junit": _junit, "html": _html, "md": _markdown}
"""What each format makes of a report."""


def write(report: Report, outputs: Iterable[tuple[str, str]]) -> list[str]:
    """Write the report in every format asked for, and return the paths; ``-`` is the standard output.

    A file is replaced in one step, so that an interrupt leaves the old one or the new one, never half of it.
    """
    return [path for kind, path in outputs for path in replace(RENDER[kind](report), [path])]


def replace(text: str, paths: Iterable[str]) -> list[str]:
    """Write a text to every path, a file in one step, and return those that are files."""
    written = []
    for path in paths:
        if path == "-":
            sys.stdout.write(text)
            continue
        target = Path(path)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(target)
        written.append(path)
    return written
