"""A campaign: after the first round of a run come others, for as long as there is time, with seeds that advance.

Let $c_o$ be the cases that the plan has for the operation $o$, and $m_o$ how many pairs and cells are thin on it after
the rounds before (:mod:`cnnspec.cases.thin`).  Round $r = 1, 2, \\dots$ after the first has

$$ \\frac{g_r}2 \\Bigl(c_o + \\frac{m_o}{\\sum_q m_q} \\sum_q c_q\\Bigr), \\quad g_r = \\min(2^{r-1}, 8) $$

cases of $o$, drawn with the seed $s + r$, every other one of them the thinnest of a few.  A round begins when the one
before is over.  So its cases depend on the seed and the claims alone, and not on who runs them, or on how many there
are.  What is kept in memory does not grow with the number of rounds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cnnspec.cases.thin import end_of_thin, thin_ones, visited_well
from cnnspec.errors import UsageError
from cnnspec.harness.runner import BLOCK, Limits, Unit
from cnnspec.harness.verdicts import BAD

if TYPE_CHECKING:
    from cnnspec.harness.plan import Item
    from cnnspec.harness.records import Record
    from cnnspec.harness.session import Session

MOST_GROWTH = 8
"""A round has at most about so many times the cases of the first."""


class Campaign:
    """The rounds of a session after its first.

    Parameters
    ----------
    session
        The session; it runs its first round itself.
    limits
        Where it stops.
    rounds
        How many rounds there are, the first among them; ``None`` for as many as there is time for.

    Raises
    ------
    UsageError
        If the number is below 1, or the session is a share.
    """

    def __init__(self, session: Session, limits: Limits, rounds: int | None) -> None:
        if rounds is not None and rounds < 1:
            raise UsageError(f"a campaign has at least 1 round, got {rounds}")
        if session.shard and rounds is not None and rounds > 1:
            raise UsageError(
                "a share has one round, since what later ones look for depends on the whole of those before; leave out"
                " --shard, and share the cases out with -j N or --dask ADDRESS"
            )
        self._session, self._limits = session, limits
        self._rounds = 1 if session.shard or (rounds is None and limits.deadline is None) else rounds
        self._told = not session.shard and (rounds is not None or limits.deadline is not None)
        self._begun, self._cut = 1, False

    def run(self) -> None:
        """Run the later rounds, explaining at the end of each what it showed for the first time."""
        while self._begun != self._rounds and not self._limits.up and not self._cut:
            self._begun += 1
            units = units_of_round(self._session, self._begun - 1)
            try:
                self._cut = not self._run_round(units)
            except KeyboardInterrupt:
                self._cut = True
                raise
            for op in self._session.findings.outdated():
                self._session.findings.explain(op)

    def _run_round(self, units: list[Unit]) -> bool:
        """Run one round; whether it came to its end."""
        session, limits = self._session, self._limits
        before, planned = session.result.cases, sum(unit.planned for unit in units)

        def tell(cases: int) -> None:
            if limits.progress is not None:
                limits.progress(f"round {self._begun}", cases - before, planned, session.result)

        left = len(units)
        for record in session.records(units, limits, lambda at: tell(session.result.cases + at.cases)):
            tell(session.result.cases)
            left -= record.finished
            if limits.stop_at_first and _bad(record):
                break
        return not left

    def tell(self) -> None:
        """Say in the result how far the campaign came, and what is still thin."""
        session, result = self._session, self._session.result
        if not self._told or not result.complete:
            return
        seeds = result.seed, result.seed + self._begun - 1
        thin, least = thin_ones(session.visited), end_of_thin(session.visited.values())
        seen = sum(len(one.pairs) + sum(map(bool, one.cells.values())) for one in session.visited.values())
        result.coverage = {
            "campaign": {
                "rounds": self._begun, "cut": self._cut, "seeds": list(seeds), "cases": result.cases,
                "visited": seen, "thin": sum(thin.values()), "thin_below": least, "thin_by_operation": thin,
            }
        }  # fmt: skip
        rounds = "1 round" if self._begun == 1 else f"{self._begun} rounds{', the last cut short' * self._cut}"
        drawn = f"seed {seeds[0]}" if self._begun == 1 else f"seeds {seeds[0]} to {seeds[1]}"
        result.notes.append(
            f"{rounds}, {drawn}, {result.cases} cases; {sum(thin.values())} of the {seen} pairs and cells of features"
            f" that operations were visited with are thin: fewer than {least} cases had them"
        )


def units_of_round(session: Session, number: int) -> list[Unit]:
    """The blocks of a later round: each operation's first, then each one's second, and so on.

    So a round that is cut short has run about the same part of every operation's cases.
    """
    well = visited_well(session.visited)
    items = shared_out(session.plan.items, thin_ones(session.visited), min(2 ** (number - 1), MOST_GROWTH))
    units = [
        Unit(item, block, ahead=number, well=well.get(item.op, 0))
        for item in items
        for block in range(-(-item.cases // BLOCK))
    ]
    return sorted(units, key=lambda unit: unit.block)


def shared_out(items: tuple[Item, ...], thin: dict[str, int], growth: int) -> list[Item]:
    """The items with the cases of a later round: half as planned, half where much is thin."""
    total, every = growth * sum(item.cases for item in items), sum(thin.get(item.op, 0) for item in items)
    if not every:
        return [replace(item, cases=growth * item.cases) for item in items]
    return [
        replace(item, cases=growth * item.cases // 2 + total * thin.get(item.op, 0) // (2 * every)) for item in items
    ]


def _bad(record: Record) -> bool:
    return any(tally.verdict in BAD for tally in record.tallies.values())
