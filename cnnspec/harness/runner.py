"""The run of blocks of cases: draw them, call the target, let the laws judge, record what that showed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.cases.dice import seeded
from cnnspec.cases.fills import fnv1a
from cnnspec.cases.long_axes import long_axes
from cnnspec.cases.long_sums import long_sums
from cnnspec.cases.nothing_read import nothing_read
from cnnspec.cases.rule_corners import rule_corners
from cnnspec.cases.standing import empty_batches, large_cases, special_cases
from cnnspec.cases.strategies import draw_again, draw_case
from cnnspec.cases.thin import draw_thin
from cnnspec.harness.judge import Forms, judge
from cnnspec.harness.plan import Item, Plan
from cnnspec.harness.probe import Target
from cnnspec.harness.records import KEPT_CASES, Key, Record, chained
from cnnspec.implementation import Claims
from cnnspec.laws.declared import standing_cases

if TYPE_CHECKING:
    from cnnspec.harness.verdicts import RunResult
    from cnnspec.laws.law import Law

BLOCK = 40
"""Cases drawn with one seed; the unit that shards and workers share out."""

SHARED = 3
"""Cases in a row that have one geometry where each new one is compiled; only the first asks for others beside it."""

Progress = Callable[[str, int, int, "RunResult"], None]
"""Told the operation, cases done and cases planned of it, and the result so far."""


Each = Callable[[Record], None]
Source = Callable[["list[Unit]", "Limits", Each], Iterable[Record]]
"""Where the records of units come from: some other process, or this one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run stops: a point of :func:`time.monotonic`, the first finding; and who is told how far it is."""

    deadline: float | None = None
    stop_at_first: bool = False
    progress: Progress | None = None

    @property
    def up(self) -> bool:
        """Whether the time is up."""
        return self.deadline is not None and time.monotonic() > self.deadline


UNLIMITED = Limits()


class Rules(Protocol):
    """What the run needs to know of the expectations."""

    def left(self, case: Case, laws: tuple[Law, ...], masked: dict[str, int]) -> tuple[Law, ...]:
        """The laws that no rule holds back on this case; counts the case for the rules that hold some back."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One block of an operation's cases: those drawn with its number, or the ``kept`` ones.

    In a later round of a campaign the seed is ``ahead`` by so much, and ``well`` says what was visited well before; see
    :mod:`cnnspec.cases.thin`.
    """

    item: Item
    block: int
    kept: tuple[Case, ...] = ()
    ahead: int = 0
    well: int | None = None

    @property
    def key(self) -> Key:
        """What identifies it within a run."""
        return self.item.op, self.block

    @property
    def planned(self) -> int:
        """How many cases it has, but for those that turn out not to be claimed."""
        return len(self.kept) or min(BLOCK, self.item.cases - self.block * BLOCK)

    def cases(self, seed: int, strict: bool) -> Iterable[Case]:
        """Its cases."""
        return self.kept or draw_block(self.item, self.block, seed + self.ahead, strict, self.well)


def units_of(plan: Plan, kept: Mapping[str, tuple[Case, ...]] | None = None) -> list[Unit]:
    """Every unit of a plan in order; an operation's cases ``kept`` from earlier runs come first."""
    found = []
    for item in plan.items:
        if cases := (kept or {}).get(item.op, ()):
            found.append(Unit(item, KEPT_CASES, tuple(cases)))
        found += [Unit(item, block) for block in range(-(-item.cases // BLOCK))]
    return found


def run_units(
    target: Target,
    units: Iterable[Unit],
    seed: int,
    strict: bool,
    *,
    rules: Rules | None = None,
    deadline: float | None = None,
    each: Callable[[Record], None] | None = None,
) -> Iterator[Record]:
    """Run blocks one after another; a record is given when its block is done.

    Parameters
    ----------
    target
        The loaded target.
    units
        The blocks.
    seed, strict
        What the cases are drawn with.
    rules
        The expectations: what they cover is left out.
    deadline
        A point of :func:`time.monotonic` after which no case is judged any more; the record of the block under way
        is given as it is then, unfinished, and nothing after it.
    each
        Called after every case with the record of its block.
    """
    begun: deque[tuple[Record, tuple[Law, ...], Forms]] = deque()

    def source() -> Iterator[Case]:
        for unit in units:
            record, forms = Record(*unit.key), Forms(compiled=unit.item.claim.compiled)
            for case in unit.cases(seed, strict):
                laws = unit.item.laws
                record.drawn += 1
                if rules is not None:
                    laws = rules.left(case, laws, record.masked)
                if laws:
                    begun.append((record, laws, forms))
                    yield case
            begun.append((record, (), forms))

    def finished() -> Iterator[Record]:
        while begun and not begun[0][1]:
            yield begun.popleft()[0]

    for case, observation in target.stream(source(), repeat=True):
        yield from finished()
        record, laws, forms = begun.popleft()
        if deadline is not None and time.monotonic() > deadline:
            record.finished = False
            yield record
            return
        record.take(case, judge(case, target, laws, observation, forms))
        if each is not None:
            each(record)
    yield from finished()


def digest_of(unit: Unit, seed: int, strict: bool, rules: Rules | None) -> int:
    """The digest that the record of a block has when all its cases were run."""
    digest = 0
    for case in unit.cases(seed, strict):
        if rules is None or rules.left(case, unit.item.laws, {}):
            digest = chained(digest, case)
    return digest


def draw(item: Item, seed: int, strict: bool) -> Iterator[Case]:
    """The cases of one operation, block by block; the same for the same seed, whoever runs which block."""
    for block in range(-(-item.cases // BLOCK)):
        yield from draw_block(item, block, seed, strict)


def draw_block(item: Item, block: int, seed: int, strict: bool, well: int | None = None) -> list[Case]:
    """One block of cases; the first two end with those that stand for the whole operation, where there is room.

    Where it is known what was visited ``well`` before, those have been run, and every other case looks for the rest.
    They come from our own dice, not from Hypothesis, whose draws depend on its version and on which modules are
    loaded, and which keeps a folder of its own under the current one.
    """
    dice = seeded(fnv1a(f"{seed}/{item.op}/{block}"))
    size = min(BLOCK, item.cases - block * BLOCK)
    standing = _standing(item, block, size, strict) if well is None else []
    drawn: list[Case] = []
    for i in range(size - len(standing)):
        if item.claim.compiled and i % SHARED:
            drawn.append(draw_again(dice, drawn[-1], item.claim, strict))
        elif well is None or i % 2:
            drawn.append(draw_case(dice, item.op, item.claim, strict))
        else:
            drawn.append(draw_thin(dice, item.op, item.claim, strict, well))
    return [case for case in drawn + standing if not outside_item(case, item)]


def _standing(item: Item, block: int, size: int, strict: bool) -> list[Case]:
    """The cases that are run whatever the dice say; at most every other one of a block, the rest is for drawn ones."""
    long = long_axes(item.op, item.claim)
    later = item.cases - BLOCK >= 2 * len(long)
    first = [make(item.op, item.claim) for make in (standing_cases, rule_corners, nothing_read)]
    if strict:
        first += [make(item.op, item.claim) for make in (special_cases, large_cases, long_sums, empty_batches)]
    found: list[Case] = []
    for cases in {0: [*first, *([] if later else [long])], 1: [long] if later else []}.get(block, []):
        found += cases if size >= 2 * len(found + cases) else []
    return found


def outside_item(case: Case, item: Item) -> str:
    """Why a drawn case is outside the item's claim, if it is."""
    return outside(case, Claims({item.op: item.claim}))
