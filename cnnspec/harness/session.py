"""One run from a target string to a result: open the target, plan, run, explain."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cnnspec.cases.features import Coverage, whole
from cnnspec.harness.campaign import Campaign
from cnnspec.harness.confidence import confidence
from cnnspec.harness.database import Database, Replayed
from cnnspec.harness.detect import held
from cnnspec.harness.expectations import Expectations, load
from cnnspec.harness.explained import Explained
from cnnspec.harness.measuring import Measuring
from cnnspec.harness.parallel import Pool, Sharing
from cnnspec.harness.plan import Item, make_plan
from cnnspec.harness.records import Record
from cnnspec.harness.runner import UNLIMITED, Each, Limits, Progress, Source, Unit, digest_of, run_units, units_of
from cnnspec.harness.shards import Shard, evidence, share
from cnnspec.harness.target import open_target
from cnnspec.harness.tasks import Helper, setup_of
from cnnspec.harness.verdicts import BAD, Finding, RunResult, Tally, Verdict
from cnnspec.harness.versions import environment
from cnnspec.harness.witnesses import Watch


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
    jobs
        Processes that share out the cases; those beside this one are started at once, and load the target meanwhile.
    **choice
        Operations, laws, profile, effort and cases, as for :func:`cnnspec.harness.plan.make_plan`.

    Attributes
    ----------
    target, plan, result
        The opened target, what is to be checked, and what came of it.
    units
        The blocks of cases to run, by operation.
    visited
        What the cases had that were run, by operation.
    findings
        What explains the failures that were seen.
    source
        Where the records of blocks come from: from this process, unless told otherwise.
    measuring
        How the target computes, measured before the first block.
    helpers
        The other processes.
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
        jobs: int = 1,
        **choice: Any,
    ) -> None:
        opening: dict[str, Any] = {"op": op, "isolate": isolate, "timeout": timeout, "memory": memory}
        self.options, self.named, self.shard = {**opening, **choice, "seed": seed}, target, shard
        self._rules = load(expect) if isinstance(expect, str | Path) else expect
        self._opened = ExitStack()
        try:
            self.helpers = [self._opened.enter_context(Helper(sys.path, setup_of(self))) for _ in range(jobs - 1)]
            self.target = self._opened.enter_context(closing(open_target(target, **opening)))
            self.plan = held(make_plan(self.target.claims, **choice), self.target.claims, choice.get("laws", ()))
            self.result = self._empty_result(target, seed, choice.get("effort", "default"))
            self._watch = Watch(self._rules, self.target, self.plan) if self._rules is not None else None
            self._replayed = None if database is None else self._open_database(database)
            self.units: dict[str, list[Unit]] = {item.op: [] for item in self.plan.items}
            for unit in share(units_of(self.plan, self._replayed.cases if self._replayed else {}), shard):
                self.units[unit.item.op].append(unit)
            if shard:
                blocks = f"{sum(map(len, self.units.values()))} of {len(units_of(self.plan))} blocks of cases"
                self.result.notes.append(f"this is shard {shard[0]} of {shard[1]}, with {blocks}")
        except BaseException:
            self.close()
            raise
        self.visited: dict[str, Coverage] = {}
        self._stale: list[Finding] | None = None
        self._under_way: Record | None = None
        self._records: list[Record] = []
        self.source: Source = self.run_units
        self.measuring = Measuring(self.target, self.plan, self.result, dialects)
        masks = self._watch.rules.masks if self._watch else None
        self.findings = Explained(self.target, self.plan, self.result, masks, self._replayed)

    def _empty_result(self, target: Any, seed: int, effort: str) -> RunResult:
        opened, plan = self.target, self.plan
        laws = tuple({law.id: law for item in plan.items for law in item.laws}.values())
        name = target if isinstance(target, str) else opened.name
        return RunResult(
            name, opened.name, opened.version, opened.claims, seed, effort, plan.profile.name, laws,
            tallies={(op, law): Tally(verdict=Verdict.UNCLAIMED, reason=why) for op, law, why in plan.unclaimed},
            notes=list(opened.notes), environment=environment(),
        )  # fmt: skip

    def _confidence(self) -> dict[str, Any]:
        """What the exact cases of the operations without a finding are worth."""
        strict, seed = self.plan.profile.strict, self.result.seed
        sound = self.findings.sound(self.units)
        return confidence(case for op in sound for unit in self.units[op] for case in unit.cases(seed, strict))

    def _open_database(self, folder: str | Path) -> Replayed:
        database = Database(folder)
        replayed = Replayed(database, self.result.target, self.plan)
        self.result.notes += database.notes
        return replayed

    @property
    def recipe(self) -> dict[str, Any]:
        """What another process needs to open the same session."""
        return {
            "target": self.named if isinstance(self.named, str) else None,
            "options": self.options,
            "expect": self._rules.text if self._rules is not None else None,
        }

    @property
    def expects(self) -> bool:
        """Whether there are expectations."""
        return self._watch is not None

    def start(self) -> list[Finding]:
        """Measure, and run the witnesses of the expectations, once: a finding for each rule that is stale."""
        if self._stale is None:
            self.measuring.run()
            self._stale = self._watch.run_witnesses(self.result) if self._watch else []
        return self._stale

    def run(
        self,
        *,
        progress: Progress | None = None,
        seconds: float | None = None,
        rounds: int | None = None,
        stop_at_first: bool = False,
        dask: str | None = None,
    ) -> RunResult:
        """Check every operation of the plan, and go on in rounds where there is time or a number of them.

        An interrupt leaves what was found so far, incomplete.
        """
        started = time.monotonic()
        limits = Limits(None if seconds is None else started + seconds, stop_at_first, progress)
        campaign = Campaign(self, limits, rounds)
        with self._sharing(dask) as pool:
            if pool:
                self.source, self.measuring.source = pool.records, pool.cards
            self.findings.others = pool if isinstance(pool, Pool) else None
            try:
                self.start()
                self.result.complete = self._run_all(limits)
                if self.result.complete:
                    campaign.run()
            except KeyboardInterrupt:
                self.result.interrupted = True
                self.result.notes.append("interrupted: what was checked so far stands, the rest did not run")
                self.findings.collect()
                for record in [*([self._under_way] if self._under_way else []), *(pool.rest() if pool else [])]:
                    self.fold(record)
        campaign.tell()
        return self.finish(time.monotonic() - started)

    def _sharing(self, dask: str | None) -> AbstractContextManager[Sharing | None]:
        """Who runs the blocks beside this process."""
        if dask is not None:
            from cnnspec.harness.cluster import Cluster

            self.measuring.run()
            return Cluster(self, dask)
        return Pool(self) if self.helpers else nullcontext()

    def _run_all(self, limits: Limits) -> bool:
        """Check and explain operation by operation; whether every one was checked to its end."""
        complete, waits = True, list[Item]()
        for item in self.plan.items:
            complete &= self._run_item(item, limits)
            if limits.up and not complete:
                done = f"{self.result.cases} of {sum(item.cases for item in self.plan.items)} cases"
                self.result.notes.append(f"the time was up after {done}")
                return False
            if self.findings.others and limits.deadline is None and not limits.stop_at_first:
                self.findings.offer(item.op)
                waits.append(item)
                continue
            found = self.findings.explain(item.op)
            complete &= item.op not in self.findings.slow
            if limits.stop_at_first and any(finding.verdict in BAD for finding in found):
                return complete and item is self.plan.items[-1]
        for item in waits:
            self.findings.explain(item.op)
            complete &= item.op not in self.findings.slow
        return complete

    def _run_item(self, item: Item, limits: Limits) -> bool:
        """Run the cases of one operation; whether all of them were."""
        units = self.units[item.op]
        before = self.result.cases
        if units:
            for law in item.laws:
                self.result.tallies.setdefault((item.op, law.id), Tally())

        told = before

        def tell(cases: int) -> None:
            nonlocal told
            if limits.progress is not None and cases > told:  # a block that is at its end has told of its last case
                told = cases
                limits.progress(item.op, cases - before, item.cases, self.result)

        missing = {unit.key for unit in units}
        for record in self.records(units, limits, lambda at: tell(self.result.cases + at.cases * (at.op == item.op))):
            missing -= {record.key} if record.finished else set()
            tell(self.result.cases)
        return not missing

    def records(self, units: list[Unit], limits: Limits, each: Each) -> Iterator[Record]:
        """Run blocks, wherever that is; each record is handed on when it has been added to what was found."""

        def under_way(record: Record) -> None:
            self._under_way = record
            each(record)

        for record in self.source(units, limits, under_way):
            self.fold(record)
            yield record

    def run_units(self, units: list[Unit], limits: Limits = UNLIMITED, each: Each | None = None) -> Iterator[Record]:
        """Run blocks in this process."""
        strict, rules = self.plan.profile.strict, self._watch.rules if self._watch else None
        return run_units(self.target, units, self.result.seed, strict, rules=rules, deadline=limits.deadline, each=each)

    def digest(self, unit: Unit) -> int:
        """The digest of the cases of a block, as this session would run them."""
        rules = self._watch.rules if self._watch else None
        return digest_of(unit, self.result.seed, self.plan.profile.strict, rules)

    def fold(self, record: Record) -> None:
        """Add what one block showed."""
        self._under_way = None
        if self.shard:
            self._records.append(record)
        self.result.cases += record.cases
        self.result.checks += record.checks
        self.visited.setdefault(record.op, Coverage()).join(record.coverage)
        for law, tally in record.tallies.items():
            self.result.tallies.setdefault((record.op, law), Tally()).join(tally)
        self.findings.take(record)
        if self._watch:
            self._watch.take(record)
        if self._replayed and record.outcomes:
            self.result.notes += self._replayed.told(record)

    def check(self, op: str) -> list[Finding]:
        """Run one operation's cases and explain what they showed, once."""
        if op not in self.findings:
            self.start()
            self._run_item(next(item for item in self.plan.items if item.op == op), UNLIMITED)
        return self.findings.explain(op)

    def finish(self, seconds: float = 0.0) -> RunResult:
        """The result of what was run; what could not be explained any more is told as it was seen."""
        self.result.findings = self.findings.finish() + (self._stale or [])
        if self._watch:
            self.result.expectations = self._watch.to_json()
            self.result.notes += self._watch.notes()
        self.result.coverage = {**whole(self.visited.values()).to_json(), **self.result.coverage}
        if self.result.complete:
            self.result.confidence = self._confidence()
        self.result.restarts += self.target.restarts
        self.result.seconds = seconds
        if self.shard:
            self.result.evidence = evidence(
                {**self.recipe, "dialects": self.measuring.dialects}, self.shard, self._records, self.result
            )
        return self.result

    def close(self) -> None:
        """Close the target, and end the helpers."""
        self._opened.close()

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
    rounds: int | None = None,
    isolate: str = "auto",
    timeout: float = 10.0,
    memory: int | None = None,
    op: str | None = None,
    stop_at_first: bool = False,
    database: str | Path | None = None,
    expect: str | Path | Expectations | None = None,
    jobs: int = 1,
    dask: str | None = None,
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
    seconds, rounds
        Go on for so many seconds, or rounds (see :mod:`cnnspec.harness.campaign`); incomplete if the first is cut.
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
    jobs, dask
        Processes that share out the cases, or a Dask scheduler's address; the result is the same.
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
        If a pattern, profile, effort or cluster does not exist.
    TargetError
        If the target cannot be found or started.
    """
    options: dict[str, Any] = {
        "operations": operations, "laws": laws, "profile": profile, "effort": effort, "cases": cases, "seed": seed,
        "isolate": isolate, "timeout": timeout, "memory": memory, "op": op, "database": database, "expect": expect,
    }  # fmt: skip
    with Session(target, shard=shard, jobs=1 if dask else jobs, **options) as session:
        return session.run(progress=progress, seconds=seconds, rounds=rounds, stop_at_first=stop_at_first, dask=dask)
