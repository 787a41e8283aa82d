"""The five states of a law on an operation, told from a report: what a matrix of several targets shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cnnspec.harness.dialects import FLAGS
from cnnspec.operations import find
from cnnspec.report.model import BAD

if TYPE_CHECKING:
    from cnnspec.report.model import Report, TallyEntry

STATES = {
    "pass": ("✓", "ok", "every check held"),
    "fail": ("✗", "FAIL", "a check failed"),
    "dialect": ("≈", "~", "held, in a permitted dialect other than the default"),
    "unclaimed": ("–", "-", "not claimed"),
    "not run": ("○", "?", "claimed, and nothing was told"),
}
"""Each state: its sign, that of a terminal without it, and what it means."""

GRAVEST = ("fail", "not run", "dialect", "pass", "unclaimed")
"""How states add up over operations: the first that occurs stands; "not run" only where nothing else was told."""


def state_of(tally: TallyEntry, dialects: Mapping[str, str]) -> str:
    """The state of one law on one operation of a target that follows these dialects."""
    if tally.verdict in BAD or tally.verdict == "expected":
        return "fail"
    if tally.verdict == "unclaimed":
        return "unclaimed"
    if tally.verdict == "error" or not tally.checked:
        return "not run"
    return "dialect" if followed(tally.op, tally.law, dialects) else "pass"


def followed(op: str, law: str, dialects: Mapping[str, str]) -> dict[str, str]:
    """The dialects, other than the default, that decide what a law asks of an operation.

    Examples
    --------
    >>> followed("max_pool2d", "POOL-8", {"pool.max.nan": "ignore"}), followed("conv2d", "CORR-1", {"num.int": "wrap"})
    ({'pool.max.nan': 'ignore'}, {})
    """
    name = find(op)[0].name
    return {
        flag.name: dialects[flag.name]
        for flag in FLAGS
        if law in flag.laws and name in flag.operations and dialects.get(flag.name, flag.default) != flag.default
    }


def cells(report: Report) -> dict[tuple[str, str], str]:
    """The state of every (operation, law) that the report speaks of."""
    dialects = report.claims.get("dialects", {})
    return {(tally.op, tally.law): state_of(tally, dialects) for tally in report.tallies}


def together(states: Iterable[str]) -> str:
    """One state for several.

    Examples
    --------
    >>> together(["pass", "not run"]), together(["pass", "dialect", "unclaimed"]), together([])
    ('pass', 'dialect', 'unclaimed')
    """
    found = set(states)
    if found & {"pass", "dialect"}:
        found -= {"not run"}
    return next((state for state in GRAVEST if state in found), "unclaimed")
