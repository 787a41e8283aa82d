"""Several processes on one run: this one and others share out the blocks of cases, and explain what they showed.

Whoever is free takes the next block; the records are handed on in the order of the blocks.  So the result is that of a
run in one process, but for targets that remember earlier calls.  What a lost helper was about is done by another.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cnnspec.harness.card import Asked
from cnnspec.harness.causes import Seen
from cnnspec.harness.diagnose import diagnose
from cnnspec.harness.plain import plain_seen, read_finding
from cnnspec.harness.records import KEPT_CASES, Key, Record
from cnnspec.harness.runner import Limits, Unit
from cnnspec.harness.tasks import Helper, HelperLost, task_of
from cnnspec.harness.verdicts import Finding

if TYPE_CHECKING:
    from cnnspec.harness.session import Session

PATIENCE = 0.5
"""Seconds between two looks at the clock while another process is waited for."""

MOST_AHEAD = 128
"""Records that may wait for an earlier one: more would be a matter of memory."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What an operation showed, to be explained."""

    op: str
    seen: Seen


class Sharing(ABC):
    """The blocks of a session, shared out; used in a ``with`` statement.

    Parameters
    ----------
    session
        The session whose blocks are run.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: deque[Unit] = deque()
        self._known: set[Key] = set()
        self._done: dict[Key, Record] = {}
        self._wanted: Key | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._offer([unit for units in session.units.values() for unit in units])

    def _offer(self, units: list[Unit]) -> None:
        """Let others begin with units that are not yet known."""
        with self._changed:
            new = [unit for unit in units if unit.key not in self._known]
            self._waiting.extend(new)
            self._known |= {unit.key for unit in new}
            self._changed.notify_all()

    def _claim(self, fits: Callable[[Unit], bool]) -> Unit | None:
        """The next block that fits."""
        with self._changed:
            for unit in self._waiting:
                if fits(unit):
                    self._waiting.remove(unit)
                    return unit
        return None

    def _for_others(self, unit: Unit) -> bool:
        """Whether others may run a block now; cases kept from earlier runs are known to this process alone."""
        return unit.block != KEPT_CASES and (len(self._done) < MOST_AHEAD or unit.key == self._wanted)

    def _give_back(self, unit: Unit) -> None:
        """Let somebody else run what was claimed."""
        with self._changed:
            self._waiting.appendleft(unit)
            self._changed.notify_all()

    def _take(self, unit: Unit, answer: dict[str, Any]) -> None:
        """Keep what somebody else has answered."""
        record = Record.from_json(answer["record"])
        with self._changed:
            self._session.result.restarts += answer["restarts"]
            self._done[unit.key] = record
            self._changed.notify_all()

    @abstractmethod
    def _mine(self) -> Unit | None:
        """What this process had better run itself, now that it waits."""

    def records(self, units: list[Unit], limits: Limits, each: Callable[[Record], None]) -> Iterator[Record]:
        """The records of some units in order."""
        self._offer(units)
        for unit in units:
            with self._changed:
                self._wanted = unit.key
                self._changed.notify_all()
            while unit.key not in self._done:
                if limits.up:
                    return
                mine = self._mine()
                if mine is not None:
                    self._done.update((record.key, record) for record in self._session.run_units([mine], limits, each))
                    continue
                with self._changed:
                    if unit.key not in self._done:
                        self._changed.wait(PATIENCE)
            self._known.discard(unit.key)
            yield self._done.pop(unit.key)

    def cards(self, asked: list[Asked]) -> dict[Asked, dict[str, Any]]:
        """What is measured of the target before its blocks are run."""
        return self._session.measuring.cards(asked)

    def rest(self) -> list[Record]:
        """The records that nobody has asked for yet."""
        return list(self._done.values())

    @abstractmethod
    def _close(self) -> None:
        """End what was started."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        self._close()


class Pool(Sharing):
    """The blocks of a session, shared out among this process and its helpers on the same machine.

    Parameters
    ----------
    session
        The session whose blocks are run.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._asked, self._cards = deque(session.measuring.asked), dict[Asked, dict[str, Any]]()
        self._unexplained, self._findings = dict[str, Seen](), dict[str, list[Finding]]()
        self._threads = [threading.Thread(target=self._feed, args=(one,), daemon=True) for one in session.helpers]
        for thread in self._threads:
            thread.start()

    def _feed(self, helper: Helper) -> None:
        """Hand cards and blocks to one helper until it is lost or all is over; what it had not done goes back."""
        task: Asked | Shown | Unit | None = None
        try:
            hello = helper.answer()
            if "failed" in hello:
                with self._changed:
                    self._session.result.notes.append(f"a helper could not open the target: {hello['failed']}")
                return
            while (task := self._next_card()) is not None:
                answer = helper.ask({"card": task})
                self._take_card(task, answer["card"], answer["restarts"])
            if (task := self._next()) is not None:
                helper.ask({"dialects": self._session.measuring.dialects})
            while task is not None:
                if isinstance(task, Unit):
                    self._take(task, helper.ask(task_of(task)))
                else:
                    self._take_findings(task.op, helper.ask({"explain": plain_seen(task.seen)}))
                task = self._next()
        except (HelperLost, KeyError, ValueError):  # or what it said is no answer
            if isinstance(task, Unit):
                self._give_back(task)
            elif isinstance(task, Shown):
                self.offer(task.op, task.seen)
            elif task is not None:
                with self._changed:
                    self._asked.append(task)

    def _next_card(self) -> Asked | None:
        """The next card that nobody measures yet."""
        with self._changed:
            return self._asked.popleft() if self._asked else None

    def _take_card(self, asked: Asked, card: dict[str, Any], restarts: int = 0) -> None:
        with self._changed:
            self._session.result.restarts += restarts
            self._cards[asked] = card
            self._changed.notify_all()

    def cards(self, asked: list[Asked]) -> dict[Asked, dict[str, Any]]:
        """Measure, and take what the helpers have measured meanwhile."""
        while len(self._cards) < len(asked):
            if (mine := self._next_card()) is not None:
                self._take_card(mine, self._session.measuring.cards([mine])[mine])
                continue
            with self._changed:
                self._changed.wait_for(lambda: self._asked or len(self._cards) == len(asked), PATIENCE)
        return {one: self._cards[one] for one in asked}

    def _for_others(self, unit: Unit) -> bool:
        return not self._session.measuring.asked and super()._for_others(unit)

    def _next(self) -> Shown | Unit | None:
        """What is to be explained, or the next block, waited for; nothing when all is over."""
        with self._changed:
            while not self._closed:
                if self._unexplained:
                    return self._claim_shown(next(iter(self._unexplained)))
                if (unit := self._claim(self._for_others)) is not None:
                    return unit
                self._changed.wait(PATIENCE)
        return None

    def offer(self, op: str, seen: Seen) -> None:
        """Let a helper begin to explain what an operation showed."""
        with self._changed:
            self._unexplained[op] = seen
            self._changed.notify_all()

    def _claim_shown(self, op: str) -> Shown:
        return Shown(op, self._unexplained.pop(op))

    def _take_findings(self, op: str, answer: dict[str, Any]) -> None:
        found = [read_finding(one) for one in answer["findings"]]
        with self._changed:
            self._session.result.restarts += answer["restarts"]
            self._findings[op] = found
            self._changed.notify_all()

    def explained(self, op: str) -> list[Finding]:
        """The findings of what was offered; what nobody has begun, this or another operation, is explained here."""
        while op not in self._findings:
            with self._changed:
                mine = None
                if self._unexplained:
                    mine = self._claim_shown(op if op in self._unexplained else next(iter(self._unexplained)))
                elif op not in self._findings:
                    self._changed.wait(PATIENCE)
            if mine is not None:
                self._findings[mine.op] = diagnose(mine.seen, self._session.target)
        return self._findings.pop(op)

    def has_explained(self, op: str) -> bool:
        """Whether the findings of what was offered are there."""
        return op in self._findings

    def _mine(self) -> Unit | None:
        """What nobody has begun."""
        return self._claim(lambda _: True)

    def _close(self) -> None:
        """End the helpers, with what they were about."""
        for helper in self._session.helpers:
            helper.kill()
        for thread in self._threads:
            thread.join()
        for helper in self._session.helpers:
            helper.close()
