"""What an earlier run found, to be run again: a report, or a folder of reports and of kept cases; only read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnspec.errors import CnnspecError, UsageError


@dataclass(frozen=True, slots=True)
class Earlier:
    """The findings of earlier runs as (law, case), the target of them all, if it is one, and the profile."""

    target: str
    profile: str
    findings: tuple[tuple[str, str], ...]


def earlier(what: str) -> Earlier | None:
    """The findings in the file or folder ``what``; ``None`` where that is a case.

    Raises
    ------
    UsageError
        If there is no such file, it is no report, or a folder holds no finding.
    """
    path = Path(what)
    if path.is_dir():
        return _folder(path)
    if path.is_file():
        return _report(path)
    if path.suffix == ".json" or what.endswith("/"):
        raise UsageError(f"there is no file {what}")
    return None


def _report(path: Path) -> Earlier:
    from cnnspec.report.json import loads

    report = loads(path.read_text("utf-8"))
    return Earlier(report.target, report.profile, tuple((f.law, f.case) for f in report.findings))


def _folder(folder: Path) -> Earlier:
    """The reports in a folder, and the cases that a database keeps there."""
    found: list[Earlier] = []
    for path in sorted({*folder.glob("*.json"), *(folder / "cases").glob("*.json")}):
        one = _kept(path)
        try:
            found.append(one or _report(path))
        except (CnnspecError, OSError, ValueError):
            continue
    findings = tuple(dict.fromkeys(finding for one in found for finding in one.findings))
    if not findings:
        raise UsageError(f"the folder {folder} holds no finding to replay: neither reports nor kept cases")
    return Earlier(_one(one.target for one in found), _one(one.profile for one in found), findings)


def _one(words: Iterable[str]) -> str:
    """The word that all say, as far as they say one; empty where they differ."""
    said = set(words) - {""}
    return said.pop() if len(said) == 1 else ""


def _kept(path: Path) -> Earlier | None:
    """A case as a database keeps it."""
    try:
        data: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    words = [str(data.get(name, "")) for name in ("target", "law", "case")] if isinstance(data, dict) else []
    return Earlier(words[0], "", ((words[1], words[2]),)) if words and all(words) else None
