"""The run: draw cases, call the target, let the laws judge, gather failures by cause, and shrink each cause once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.cases.dice import seeded
from cnnspec.cases.features import Coverage
from cnnspec.cases.fills import fnv1a
from cnnspec.cases.strategies import draw_case
from cnnspec.harness.causes import Seen, merged, smallest
from cnnspec.harness.judge import Ruling, judge
from cnnspec.harness.plan import Item, Plan
from cnnspec.harness.probe import Target
from cnnspec.harness.verdicts import BAD, Finding, RunResult, Tally, Verdict
from cnnspec.implementation import Claims

BLOCK = 40
"""Cases drawn with one seed; the unit that shards and workers share out."""

GRAVITY = {
    verdict: weight
    for weight, verdict in enumerate(
        [
            "vacuous",
            "unclaimed",
            "passed",
            "expected",
            "unexpected_pass",
            "flaky",
            "refused",
            "failed",
            "timeout",
            "crashed",
            "error",
        ]
    )
}
"""How verdicts of one law on several cases add up: the gravest stands."""

Progress = Callable[[str, int, int, RunResult], None]
"""Told the operation, cases done and cases planned of it, and the result so far."""

Explain = Callable[[Seen, Target], list[Finding]]


def run_plan(
    target: Target,
    plan: Plan,
    result: RunResult,
    *,
    progress: Progress | None = None,
    deadline: float | None = None,
    stop_at_first: bool = False,
    explain: Explain | None = None,
) -> RunResult:
    """Carry out the plan, filling ``result`` as it goes; an interrupt leaves what was found so far, incomplete.

    Parameters
    ----------
    target
        The loaded target.
    plan
        What to check.
    result
        Filled in place.
    progress
        Called after every case.
    deadline
        A point of :func:`time.monotonic` at which to stop drawing.
    stop_at_first
        Stop at the first finding.
    explain
        Turns what an operation showed into findings; by default one :func:`smallest` for each distinct cause.
    """
    started = time.monotonic()
    explain = explain or plainly
    coverage = Coverage()
    try:
        for item in plan.items:
            result.findings += explain(run_item(target, item, plan, result, coverage, progress, deadline), target)
            if stop_at_first and any(finding.verdict in BAD for finding in result.findings):
                break
        else:
            result.complete = True
    except KeyboardInterrupt:
        result.notes.append("interrupted: what was checked so far stands, the rest did not run")
    result.seconds = time.monotonic() - started
    result.findings = merged(result.findings)
    result.coverage = coverage.to_json()
    return result


def run_item(
    target: Target,
    item: Item,
    plan: Plan,
    result: RunResult,
    coverage: Coverage,
    progress: Progress | None = None,
    deadline: float | None = None,
) -> Seen:
    """Check one operation, and return what it showed."""
    seen = Seen()
    tallies = {law.id: result.tallies.setdefault((item.op, law.id), Tally()) for law in item.laws}
    observed = target.stream(draw(item, result.seed, plan.profile.strict), repeat=True)
    for done, (case, observation) in enumerate(observed, start=1):
        if deadline is not None and time.monotonic() > deadline:
            result.notes.append(f"{item.op}: the time was up after {done - 1} of {item.cases} cases")
            break
        rulings = judge(case, target, item.laws, observation)
        result.cases += 1
        coverage.add(case)
        for ruling in rulings:
            _count(tallies[ruling.law.id], ruling)
            result.checks += 1
        seen.gather(case, rulings)
        if progress is not None:
            progress(item.op, done, item.cases, result)
    return seen


def plainly(seen: Seen, target: Target) -> list[Finding]:
    """One finding for each distinct cause, its case made small."""
    return [smallest(cause, target) for cause in seen.distinct(target)]


def draw(item: Item, seed: int, strict: bool) -> Iterator[Case]:
    """The cases of one operation, block by block; the same for the same seed, whoever runs which block."""
    for block in range(-(-item.cases // BLOCK)):
        yield from draw_block(item, block, seed, strict)


def draw_block(item: Item, block: int, seed: int, strict: bool) -> list[Case]:
    """One block of cases.

    They come from our own dice, not from Hypothesis, whose draws depend on its version and on which modules are
    loaded, and which keeps a folder of its own under the current one.
    """
    dice = seeded(fnv1a(f"{seed}/{item.op}/{block}"))
    size = min(BLOCK, item.cases - block * BLOCK)
    drawn = [draw_case(dice, item.op, item.claim, strict) for _ in range(size)]
    return [case for case in drawn if not outside_item(case, item)]


def outside_item(case: Case, item: Item) -> str:
    """Why a drawn case is outside the item's claim, if it is."""
    return outside(case, Claims({item.op: item.claim}))


def _count(tally: Tally, ruling: Ruling) -> None:
    """Count a ruling; the tally keeps the gravest verdict, and the reason that was given with it."""
    told_nothing = ruling.verdict in (Verdict.VACUOUS, Verdict.UNCLAIMED)
    tally.vacuous += told_nothing
    tally.checked += not told_nothing
    tally.failed += ruling.verdict in BAD
    if GRAVITY[ruling.verdict] > GRAVITY[tally.verdict] or (told_nothing and tally.vacuous == 1):
        tally.verdict, tally.reason = ruling.verdict, ruling.reason
