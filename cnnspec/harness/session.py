"""One run from a target string to a result: open the target, plan, run, explain."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cnnspec.cases.features import Coverage
from cnnspec.harness.card import detected_dialects, precision_cards
from cnnspec.harness.causes import Seen, hurried, merged
from cnnspec.harness.confidence import confidence
from cnnspec.harness.database import Database, Replayed
from cnnspec.harness.detect import Dialects, held
from cnnspec.harness.diagnose import diagnose
from cnnspec.harness.expectations import Expectations, load
from cnnspec.harness.parallel import Pool
from cnnspec.harness.plan import Item, make_plan
from cnnspec.harness.records import Record
from cnnspec.harness.runner import Progress, Unit, digest_of, run_units, units_of
from cnnspec.harness.shards import Shard, evidence, share
from cnnspec.harness.target import open_target
from cnnspec.harness.verdicts import BAD, Finding, RunResult, Tally, Verdict
from cnnspec.harness.witnesses import Watch
from cnnspec.implementation import Claims


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run stops: a point of :func:`time.monotonic`, the first finding; and who is told how far it is."""

    deadline: float | None = None
    stop_at_first: bool = False
    progress: Progress | None = None


UNLIMITED = Limits()
Each = Callable[[Record], None]
Source = Callable[[list[Unit], Limits, Each], Iterable[Record]]
"""Where the records of units come from: run here by default."""


class Session:
    """An opened target with its plan, and what was found of it so far; to be closed, or used in a ``with`` statement.

    Parameters
    ----------
    target, op, isolate, timeout, memory
        As for :func:`cnnspec.harness.target.open_target`.
    seed
        The same seed gives the same cases.
    database
        A folder: failing cases are kept there, and run first.
    expect
        Known failures: a file, or the rules that were read from one.
    shard
        ``(i, n)``: the i-th of n shares of the blocks; see :mod:`cnnspec.harness.shards`.
    dialects
        What another process has measured, which is then not measured again.
    **choice
        Operations, laws, profile, effort and cases, as for :func:`cnnspec.harness.plan.make_plan`.

    Attributes
    ----------
    target, plan, result
        The opened target, what is to be checked, and what came of it.
    units
        The blocks of cases to run, by operation.
    """

    def __init__(
        self,
        target: Any = "reference",
        *,
        op: str | None = None,
        isolate: str = "auto",
        timeout: float = 10.0,
        memory: int | None = None,
        seed: int = 0,
        database: str | Path | None = None,
        expect: str | Path | Expectations | None = None,
        shard: Shard | None = None,
        dialects: Mapping[str, str] | None = None,
        **choice: Any,
    ) -> None:
        opening: dict[str, Any] = {"op": op, "isolate": isolate, "timeout": timeout, "memory": memory}
        self.options, self.named, self.shard = {**opening, **choice, "seed": seed}, target, shard
        self.target = open_target(target, **opening)
        try:
            self.plan = held(make_plan(self.target.claims, **choice), self.target.claims, choice.get("laws", ()))
            self._cards = self._measure() if dialects is None else {}
            self._know(detected_dialects(self._cards.values()) if dialects is None else dialects)
            self.result = self._empty_result(target, seed, choice.get("effort", "default"))
            self._watch = None if expect is None else self._open_expectations(expect)
            self._replayed = None if database is None else self._open_database(database)
            self._dialects = Dialects(self.target, self.plan)
            self.units: dict[str, list[Unit]] = {item.op: [] for item in self.plan.items}
            for unit in share(units_of(self.plan, self._replayed.cases if self._replayed else {}), shard):
                self.units[unit.item.op].append(unit)
            if shard:
                blocks = f"{sum(map(len, self.units.values()))} of {len(units_of(self.plan))} blocks of cases"
                self.result.notes.append(f"this is shard {shard[0]} of {shard[1]}, with {blocks}")
        except BaseException:
            self.target.close()
            raise
        self._coverage = Coverage()
        self._stale: list[Finding] | None = None
        self._seen: dict[str, Seen] = {}
        self._found: dict[str, list[Finding]] = {}
        self._under_way: Record | None = None
        self._records: list[Record] = []
        self.source: Source = self.run_units
        self.explainer: Callable[[Seen, Any], list[Finding]] = diagnose

    def _empty_result(self, target: Any, seed: int, effort: str) -> RunResult:
        opened, plan = self.target, self.plan
        laws = tuple({law.id: law for item in plan.items for law in item.laws}.values())
        name = target if isinstance(target, str) else opened.name
        return RunResult(
            name, opened.name, opened.version, opened.claims, seed, effort, plan.profile.name, laws,
            tallies={(op, law): Tally(verdict=Verdict.UNCLAIMED, reason=why) for op, law, why in plan.unclaimed},
            notes=list(opened.notes), environment=environment(), precision=self._cards,
        )  # fmt: skip

    def _measure(self) -> dict[str, Any]:
        """How the target computes: its precision cards."""
        return precision_cards(self.target, Claims({item.op: item.claim for item in self.plan.items}))

    def _know(self, dialects: Mapping[str, str]) -> None:
        """Take what was found out as claimed, but where something else is declared."""
        claims = self.target.claims
        self.target.claims = replace(claims, dialects={**dialects, **claims.dialects})

    def _confidence(self) -> dict[str, Any]:
        """What the exact cases of the operations without a finding are worth."""
        strict, seed = self.plan.profile.strict, self.result.seed
        sound = [op for op in self.units if not self._found.get(op)]
        return confidence(case for op in sound for unit in self.units[op] for case in unit.cases(seed, strict))

    def _open_database(self, folder: str | Path) -> Replayed:
        database = Database(folder)
        replayed = Replayed(database, self.result.target, self.plan)
        self.result.notes += database.notes
        return replayed

    def _open_expectations(self, given: str | Path | Expectations) -> Watch:
        rules = given if isinstance(given, Expectations) else load(given)
        return Watch(rules, self.target, self.plan)

    @property
    def recipe(self) -> dict[str, Any]:
        """What another process needs to open the same session."""
        text = self._watch.rules.text if self._watch else None
        target = self.named if isinstance(self.named, str) else None
        return {
            "target": target,
            "options": self.options,
            "expect": text,
            "dialects": dict(self.target.claims.dialects),
        }

    @property
    def expects(self) -> bool:
        """Whether there are expectations."""
        return self._watch is not None

    def start(self) -> list[Finding]:
        """Run the witnesses of the expectations, once: a finding for each rule that is stale."""
        if self._stale is None:
            self._stale = self._watch.run_witnesses(self.result) if self._watch else []
        return self._stale

    def run(
        self,
        *,
        progress: Progress | None = None,
        seconds: float | None = None,
        stop_at_first: bool = False,
        jobs: int = 1,
    ) -> RunResult:
        """Check every operation of the plan; an interrupt leaves what was found so far, incomplete."""
        started = time.monotonic()
        limits = Limits(None if seconds is None else started + seconds, stop_at_first, progress)
        with Pool(self, jobs - 1) if jobs > 1 else nullcontext() as pool:
            self.source = pool.records if pool else self.source
            try:
                self.start()
                self.result.complete = self._run_all(limits)
            except KeyboardInterrupt:
                self.result.interrupted = True
                self.result.notes.append("interrupted: what was checked so far stands, the rest did not run")
                for record in [*([self._under_way] if self._under_way else []), *(pool.rest() if pool else [])]:
                    self._fold(record)
        return self.finish(time.monotonic() - started)

    def _run_all(self, limits: Limits) -> bool:
        """Check operation by operation; whether every one was checked to its end."""
        complete = True
        for item in self.plan.items:
            complete &= self._run_item(item, limits)
            if limits.deadline is not None and time.monotonic() > limits.deadline and not complete:
                done = f"{self.result.cases} of {sum(item.cases for item in self.plan.items)} cases"
                self.result.notes.append(f"the time was up after {done}")
                return False
            found = self.explain(item.op)
            if limits.stop_at_first and any(finding.verdict in BAD for finding in found):
                return complete and item is self.plan.items[-1]
        return complete

    def _run_item(self, item: Item, limits: Limits) -> bool:
        """Run the cases of one operation; whether all of them were."""
        units = self.units[item.op]
        before = self.result.cases
        if units:
            for law in item.laws:
                self.result.tallies.setdefault((item.op, law.id), Tally())

        def each(record: Record) -> None:
            self._under_way = record
            if limits.progress is not None and record.op == item.op:
                limits.progress(item.op, self.result.cases - before + record.cases, item.cases, self.result)

        missing = {unit.key for unit in units}
        for record in self.source(units, limits, each):
            self._fold(record)
            missing -= {record.key} if record.finished else set()
        return not missing

    def run_units(self, units: list[Unit], limits: Limits = UNLIMITED, each: Each | None = None) -> Iterator[Record]:
        """Run blocks in this process."""
        strict, rules = self.plan.profile.strict, self._watch.rules if self._watch else None
        return run_units(self.target, units, self.result.seed, strict, rules=rules, deadline=limits.deadline, each=each)

    def digest(self, unit: Unit) -> int:
        """The digest of the cases of a block, as this session would run them."""
        rules = self._watch.rules if self._watch else None
        return digest_of(unit, self.result.seed, self.plan.profile.strict, rules)

    def _fold(self, record: Record) -> None:
        """Add what one block showed."""
        self._under_way = None
        if self.shard:
            self._records.append(record)
        self.result.cases += record.cases
        self.result.checks += record.checks
        self._coverage.join(record.coverage)
        for law, tally in record.tallies.items():
            self.result.tallies.setdefault((record.op, law), Tally()).join(tally)
        if record.op not in self._seen:
            self._seen[record.op] = Seen(masks=self._watch.rules.masks if self._watch else None)
        self._seen[record.op].join(record.seen)
        if self._watch:
            self._watch.take(record)
        if self._replayed and record.outcomes:
            self.result.notes += self._replayed.told(record)

    def explain(self, op: str) -> list[Finding]:
        """The findings of one operation whose cases have been run."""
        if op not in self._found:
            seen = self._seen.get(op, Seen())
            self._found[op] = self._dialects.told(op, self.explainer(seen, self.target), seen, self.result)
            if self._replayed:
                self._replayed.keep(self._found[op])
        return self._found[op]

    def check(self, op: str) -> list[Finding]:
        """Run one operation's cases and explain what they showed, once."""
        if op not in self._found:
            self.start()
            self._run_item(next(item for item in self.plan.items if item.op == op), Limits())
        return self.explain(op)

    def finish(self, seconds: float = 0.0) -> RunResult:
        """The result of what was run; what could not be explained any more is told as it was seen."""
        for op, seen in self._seen.items():
            if op not in self._found:
                self._found[op] = hurried(seen)
                if self._replayed:
                    self._replayed.keep(self._found[op])
        found = merged([finding for found in self._found.values() for finding in found])
        self.result.findings = found + (self._stale or [])
        if self._watch:
            self.result.expectations = self._watch.to_json()
            self.result.notes += self._watch.notes()
        self.result.coverage = self._coverage.to_json()
        if self.result.complete:
            self.result.confidence = self._confidence()
        self.result.restarts += self.target.restarts
        self.result.seconds = seconds
        if self.shard:
            self.result.evidence = evidence(self.recipe, self.shard, self._records, self.result)
        return self.result

    def close(self) -> None:
        """Close the target."""
        self.target.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def run(
    target: Any = "reference",
    *,
    operations: tuple[str, ...] = (),
    laws: tuple[str, ...] = (),
    profile: str = "standard",
    effort: str = "default",
    cases: int | None = None,
    seed: int = 0,
    seconds: float | None = None,
    isolate: str = "auto",
    timeout: float = 10.0,
    memory: int | None = None,
    op: str | None = None,
    stop_at_first: bool = False,
    database: str | Path | None = None,
    expect: str | Path | Expectations | None = None,
    jobs: int = 1,
    shard: Shard | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Check a target and return everything that was found, as data.

    Parameters
    ----------
    target
        A target string, or a Python object: a function, a module, a class instance or a dict of functions.
    operations, laws
        Patterns to choose by (``conv2d``, ``CORR-*``); all that is claimed if empty.
    profile
        ``core``, ``standard`` or ``strict``.
    effort
        ``quick``, ``default`` or ``deep``; ``cases`` sets the number of cases per operation instead.
    seed
        The same seed gives the same cases.
    seconds
        Stop drawing after so many seconds; the result is then incomplete.
    isolate
        ``process`` (a worker), ``none`` (in this process) or ``auto``.
    timeout, memory
        Limits on one call: seconds, and bytes.
    op
        The operation that a single function implements, where its name does not say.
    stop_at_first
        Stop at the first finding.
    database
        A folder in which failing cases are kept, one small file each; those that are there are run first, and the
        notes say of each whether it is FIXED or STILL FAILS.  Nothing is written without it.
    expect
        A file of known failures; see :mod:`cnnspec.harness.expectations`.
    jobs
        Processes that share out the cases; the result is the same.
    shard
        ``(i, n)``: run the i-th of n shares alone; :func:`cnnspec.harness.shards.merge` joins them.
    progress
        Called after every case.

    Returns
    -------
    RunResult
        Tallies by operation and law, and the findings.

    Raises
    ------
    UsageError
        If a pattern, profile or effort does not exist.
    TargetError
        If the target cannot be found or started.
    """
    options: dict[str, Any] = {
        "operations": operations, "laws": laws, "profile": profile, "effort": effort, "cases": cases, "seed": seed,
        "isolate": isolate, "timeout": timeout, "memory": memory, "op": op, "database": database, "expect": expect,
    }  # fmt: skip
    with Session(target, shard=shard, **options) as session:
        return session.run(progress=progress, seconds=seconds, stop_at_first=stop_at_first, jobs=jobs)


def environment() -> dict[str, str]:
    """The versions that a report states, for a finding to be reproduced with."""
    packages = ("cnnspec", "numpy", "hypothesis", "ml_dtypes")
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        **{name: metadata.version(name) for name in packages},
    }
