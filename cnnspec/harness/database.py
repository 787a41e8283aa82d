"""Failing cases kept from run to run: one small file each, in ``cases`` under a folder that the user named.

A file is written beside its place, brought to the disk and moved there in one step, so that a process that is killed
at any moment leaves the old state or the new one.  What is no file of ours any more (cut short by a full disk, edited
into something else) is taken out when the folder is read, and said; files of a later version are left alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cnnspec.cases.case import Case
from cnnspec.cases.fills import fnv1a
from cnnspec.errors import UsageError
from cnnspec.harness.plan import Plan
from cnnspec.harness.records import Record
from cnnspec.harness.runner import outside_item
from cnnspec.harness.verdicts import BAD, Finding, Verdict

VERSION = 1
"""What a file says that it is; a reader leaves later ones alone."""

DEFAULT = ".cnnspec"
"""The folder that is used without being named, where the user has made it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A case on which a target broke a law."""

    target: str
    law: str
    case: Case
    verdict: str

    @property
    def name(self) -> str:
        """The name of its file: the same for the same target, law and case."""
        return f"{self.case.op}-{self.law}-{fnv1a(f'{self.target} {self.law} {self.case}'):016x}.json"


def default() -> Path | None:
    """The folder ``.cnnspec`` where the current one has it; nothing is kept where it has not."""
    return Path(DEFAULT) if Path(DEFAULT).is_dir() else None


class Database:
    """The cases kept in one folder.

    Parameters
    ----------
    folder
        Made when the first case is kept; its ``cases`` holds the files.

    Attributes
    ----------
    notes
        What was found wrong with the files, in sentences.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     database = Database(folder)
    ...     database.keep(Kept("torch", "RELU-1", Case.parse("relu:x=1x1x1,f64"), "failed"))
    ...     [str(kept.case) for kept in Database(folder).load("torch")]
    ['relu:x=1x1x1,f64,ints:8']
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder) / "cases"
        self.notes: list[str] = []
        if Path(folder).exists() and not Path(folder).is_dir():
            raise UsageError(f"the database {folder} is a file; name a folder")

    def keep(self, kept: Kept) -> None:
        """Keep a case; one that is kept already stays.

        Raises
        ------
        UsageError
            If the folder cannot be written to.
        """
        data = {"cnnspec": VERSION, "target": kept.target, "law": kept.law, "case": str(kept.case),
                "verdict": kept.verdict}  # fmt: skip
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.folder / kept.name, json.dumps(data, indent=1) + "\n")
        except OSError as error:
            raise UsageError(f"the database {self.folder} cannot be written to: {error.strerror}") from None

    def drop(self, kept: Kept) -> None:
        """Keep a case no more."""
        (self.folder / kept.name).unlink(missing_ok=True)

    def load(self, target: str) -> list[Kept]:
        """The cases of one target in a fixed order; what lies in the folder and is broken is taken out and noted."""
        found = []
        for path in sorted(self.folder.glob("*")) if self.folder.is_dir() else ():
            if path.suffix == ".part":
                _clear(path)
            elif path.suffix == ".json":
                kept = self._read(path)
                if kept is not None and kept.target == target:
                    found.append(kept)
        return found

    def _read(self, path: Path) -> Kept | None:
        try:
            data = json.loads(path.read_text("utf-8"))
            if data["cnnspec"] > VERSION:
                return None
            kept = Kept(data["target"], data["law"], Case.parse(data["case"]), data["verdict"])
            if all(isinstance(word, str) for word in (kept.target, kept.law, kept.verdict)) and kept.name == path.name:
                return kept
            why = "its contents are not what its name says"
        except FileNotFoundError:  # another process has just dropped it
            return None
        except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
            why = f"it cannot be read ({type(error).__name__})"
        path.unlink(missing_ok=True)
        self.notes.append(f"the kept case {path.name} was taken out of the database: {why}")
        return None


class Replayed:
    """The kept cases of one run: which to run first, what became of them, and which new ones to keep.

    Parameters
    ----------
    database
        Where they are kept.
    target
        Under which name.
    plan
        What is checked; kept cases outside of it stay as they are.
    """

    def __init__(self, database: Database, target: str, plan: Plan) -> None:
        self._database, self._target = database, target
        items = {item.op: item for item in plan.items}
        self._kept = [
            kept
            for kept in database.load(target)
            if kept.case.op in items and kept.case.valid and not outside_item(kept.case, items[kept.case.op])
        ]
        self._failing: set[tuple[str, str]] = set()

    @property
    def cases(self) -> dict[str, tuple[Case, ...]]:
        """The cases to run first, by operation."""
        return {op: tuple(cases) for op, cases in by_operation(kept.case for kept in self._kept).items()}

    def told(self, record: Record) -> list[str]:
        """What became of the kept cases of a block, in sentences; those that are mended are kept no more."""
        words = []
        for kept in self._kept:
            said = record.outcomes.get(str(kept.case))
            if said is None:
                continue
            if any(verdict in BAD for verdict in said.values()):
                self._failing.add((kept.case.op, kept.law))
                words.append(f"STILL FAILS  {kept.law}  {kept.case}")
            elif said.get(kept.law) is Verdict.PASSED:
                self._database.drop(kept)
                words.append(f"FIXED  {kept.law}  {kept.case}")
        return words

    def keep(self, findings: Iterable[Finding]) -> None:
        """Keep the smallest case of each finding, but of those that a kept case still shows."""
        for finding in findings:
            if finding.verdict in BAD and (finding.op, finding.law) not in self._failing:
                self._database.keep(Kept(self._target, finding.law, finding.case, finding.verdict))


def by_operation(cases: Iterable[Case]) -> dict[str, list[Case]]:
    """Cases by operation, each once."""
    found: dict[str, dict[Case, None]] = {}
    for case in cases:
        found.setdefault(case.op, {})[case] = None
    return {op: list(several) for op, several in found.items()}


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a kill at any moment leaves the old one or the new one, never a part."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _clear(part: Path) -> None:
    """Remove what a killed process has left half written; one that still runs may be about to finish it."""
    pid = part.stem.rpartition(".")[2]
    if not (pid.isdigit() and _runs(int(pid))):
        part.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
