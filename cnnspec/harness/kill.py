"""The power of the suite: which mutants it catches, by which law, on which case, and how soon."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Literal

from cnnspec.cases.case import Case
from cnnspec.harness.judge import judge
from cnnspec.harness.plan import Item, make_plan
from cnnspec.harness.runner import draw
from cnnspec.harness.target import Target, open_target
from cnnspec.harness.verdicts import BAD, Verdict
from cnnspec.mutants import find

WORKER_FAMILIES = ("process", "isolation", "state", "automatic")
"""Families whose mutants run in a worker process: they harm the process that they run in, or may never return."""


@dataclass(slots=True)
class Kill:
    """What became of one mutant: the law and case that caught it first, and every law that it broke.

    ``cases`` counts those up to that one, or all if none did; ``seconds`` runs from the first case drawn to the first
    failure, the loading of the worker left out.  Of another ``suite`` the law is the name of the test that failed, and
    ``cases`` counts tests.
    """

    mutant: str
    seed: int
    law: str = ""
    verdict: Verdict = Verdict.PASSED
    case: Case | None = None
    cases: int = 0
    seconds: float = 0.0
    suite: str = "cnnspec"
    laws: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)

    @property
    def killed(self) -> bool:
        """Whether a law caught it."""
        return bool(self.law)


def kill(
    name: str,
    *,
    seed: int = 0,
    effort: str = "default",
    profile: str = "strict",
    whole: bool = False,
    isolate: Literal["auto", "process", "none"] = "auto",
) -> Kill:
    """Run the suite against one mutant, up to the first failure, or to the end if ``whole``.

    Parameters
    ----------
    name
        A mutant of the zoo.
    seed, effort, profile
        As for :func:`cnnspec.harness.session.run`.
    whole
        Whether to go on after the first failure, to learn every law that the mutant breaks.
    isolate
        ``auto`` runs the families that harm a process in a worker, and the others here.
    """
    mutant = find(name)
    if isolate == "auto":
        isolate = "process" if mutant.family in WORKER_FAMILIES else "none"
    result = Kill(name, seed)
    with open_target(f"mutant:{name}", isolate=isolate, timeout=2.0) as target:
        plan = make_plan(target.claims, operations=mutant.operations, profile=profile, effort=effort)
        started = time.perf_counter()
        for item, case in interleaved(plan.items, seed, plan.profile.strict):
            result.cases += not result.killed
            _look(result, item, case, target, started)
            if result.killed and not whole:
                break
    return result


def interleaved(items: Iterable[Item], seed: int, strict: bool) -> Iterator[tuple[Item, Case]]:
    """One case of each operation in turn, so that a fault of the last one is met as soon as one of the first."""
    streams = [(item, draw(item, seed, strict)) for item in items]
    while streams:
        alive = []
        for item, stream in streams:
            case = next(stream, None)
            if case is not None:
                yield item, case
                alive.append((item, stream))
        streams = alive


def _look(result: Kill, item: Item, case: Case, target: Target, started: float) -> None:
    observation = target.run(case, repeat=True)
    for ruling in judge(case, target, item.laws, observation):
        if ruling.verdict is Verdict.ERROR:
            result.errors.add(f"{ruling.law.id}: {ruling.reason}")
        if ruling.verdict not in BAD:
            continue
        result.laws.add(ruling.law.id)
        if not result.killed:
            result.law, result.verdict, result.case = ruling.law.id, ruling.verdict, case
            result.seconds = time.perf_counter() - started


def matrix(
    names: Iterable[str],
    *,
    suites: Sequence[str] = ("cnnspec",),
    seeds: Sequence[int] = (0,),
    effort: str = "default",
    whole: bool = False,
    jobs: int = 1,
) -> Iterator[Kill]:
    """One :class:`Kill` for every mutant and seed, and for every other suite that can catch the mutant; in order.

    Parameters
    ----------
    names
        Mutants.
    suites
        ``cnnspec``, or others of :data:`cnnspec.harness.suites.SUITES`, which know no seeds.
    seeds, effort, whole
        As for :func:`kill`.
    jobs
        How many processes to share the work among.

    Raises
    ------
    UsageError
        If a suite is not known, or what it needs is not installed.
    """
    work = [
        (suite, name, seed, effort, whole)
        for name in names
        for suite in suites
        for seed in (seeds if suite == "cnnspec" else (0,))
    ]
    if jobs == 1:
        yield from filter(None, map(_one, work))
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        try:
            yield from filter(None, pool.map(_one, work))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one(work: tuple[str, str, int, str, bool]) -> Kill | None:
    suite, name, seed, effort, whole = work
    if suite == "cnnspec":
        return kill(name, seed=seed, effort=effort, whole=whole)
    from cnnspec.harness.suites import kill_by

    return kill_by(suite, name)
