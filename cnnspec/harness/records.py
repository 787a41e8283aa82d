"""What one block of cases showed, as plain data: the piece that workers and shards hand back.

Records of the blocks of a run, joined in the order of the blocks, are what the whole run shows, whoever ran which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnnspec.cases.case import Case
from cnnspec.cases.features import Coverage
from cnnspec.cases.fills import fnv1a
from cnnspec.harness.causes import Seen
from cnnspec.harness.judge import Ruling
from cnnspec.harness.plain import plain_seen, read_seen
from cnnspec.harness.verdicts import Tally, Verdict

KEPT_CASES = -1
"""The number of the block that holds cases kept from earlier runs."""

Key = tuple[str, int]
"""An operation and the number of a block of its cases."""


@dataclass(slots=True)
class Record:
    """What one block of cases of one operation showed.

    Attributes
    ----------
    op, block
        The spelled operation and the number of the block.
    cases, checks
        Cases that were run, and rulings on them.
    tallies
        By law id.
    seen
        The failures by cause, and cases that passed.
    coverage
        What the cases had.
    masked
        By expectation: how many drawn cases it left out, or held some law back from.
    drawn
        Cases that were drawn, those left out included.
    digest
        A number that two blocks share only if they ran the same cases.
    finished
        Whether every case of the block was run; else the time was up.
    outcomes
        Of cases kept from earlier runs: by case, what each law said.
    """

    op: str
    block: int
    cases: int = 0
    checks: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    coverage: Coverage = field(default_factory=Coverage)
    masked: dict[str, int] = field(default_factory=dict)
    drawn: int = 0
    digest: int = 0
    finished: bool = True
    outcomes: dict[str, dict[str, Verdict]] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """Which block of which operation it is."""
        return self.op, self.block

    def take(self, case: Case, rulings: list[Ruling]) -> None:
        """Take in what the laws said of one case."""
        self.cases += 1
        self.checks += len(rulings)
        self.digest = chained(self.digest, case)
        self.coverage.add(case)
        for ruling in rulings:
            self.tallies.setdefault(ruling.law.id, Tally()).add(ruling.verdict, ruling.reason)
        self.seen.gather(case, rulings)
        if self.block == KEPT_CASES:
            self.outcomes[str(case)] = {ruling.law.id: ruling.verdict for ruling in rulings}

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "op": self.op, "block": self.block, "cases": self.cases, "checks": self.checks, "drawn": self.drawn,
            "digest": f"{self.digest:016x}", "masked": self.masked, "coverage": self.coverage.counts(),
            "tallies": {law: [t.checked, t.failed, t.vacuous, t.verdict, t.reason] for law, t in self.tallies.items()},
            **plain_seen(self.seen), "outcomes": self.outcomes,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Record:
        """The inverse of :meth:`to_json`, but for the arrays of failures."""
        plain = {name: data[name] for name in ("op", "block", "cases", "checks", "drawn", "masked")}
        tallies = {
            law: Tally(int(checked), int(failed), int(vacuous), Verdict(verdict), reason)
            for law, (checked, failed, vacuous, verdict, reason) in data["tallies"].items()
        }
        coverage = Coverage.from_counts(data["coverage"])
        outcomes = {case: {law: Verdict(v) for law, v in laws.items()} for case, laws in data["outcomes"].items()}
        digest = int(data["digest"], 16)
        return cls(**plain, tallies=tallies, seen=read_seen(data), coverage=coverage, digest=digest, outcomes=outcomes)


def chained(digest: int, case: Case) -> int:
    """The digest of some cases and one more."""
    return fnv1a(f"{digest}/{case}")
