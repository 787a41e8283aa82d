"""What every face sums a report up with: a row for each operation, a column for each lane, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from cnnspec.errors import CnnspecError
from cnnspec.operations import find
from cnnspec.report.model import BAD, Report, TallyEntry
from cnnspec.report.words import count

LANE_HEADS = {
    "purity": "purity", "shape": "shape", "exact": "exact", "gradient": "grad", "bounded": "bounds",
    "special": "special", "metamorphic": "relate", "reject": "reject",
}  # fmt: skip
"""The lanes in the order of the table, with their heads."""

LANE_WORDS = {
    "purity": "nothing but the result: inputs unchanged, same call same answer",
    "shape": "the output shape",
    "exact": "integers, no error allowed",
    "gradient": "gradients against their forward operation",
    "bounded": "real numbers within a derived bound",
    "special": "NaN, infinities, empty batches",
    "metamorphic": "relations between calls",
    "reject": "invalid calls are refused",
}
"""What each lane looks at."""

MARKS = {"good": ("✓", "ok"), "bad": ("✗", "FAIL"), "vacuous": ("○", "?"), "error": ("!", "!"), "none": ("–", "-")}
"""A mark for each outcome, and its words where a terminal has no such characters."""

CELL_WORDS = {
    "good": "checks held",
    "bad": "checks failed",
    "vacuous": "ran, could not tell",
    "error": "the harness failed",
    "none": "nothing to check",
}
"""What each mark means."""

Cell = tuple[str, int]
"""An outcome, and how many checks ended so."""


def lanes_of(report: Report) -> list[str]:
    """The lanes in which anything was checked."""
    return [lane for lane in LANE_HEADS if any(tally.lane == lane for tally in report.tallies)]


def lane_words(lane: str) -> str:
    """What a lane looks at, in words."""
    return LANE_WORDS.get(lane, lane)


def rows_of(report: Report, lanes: list[str], *, every: bool = False) -> Iterator[tuple[str, str, list[Cell]]]:
    """A row for each operation: its name, its ranks, a cell for each lane; ranks with the same outcomes share one
    unless ``every`` is set.
    """
    order = {op: place for place, op in enumerate(report.operations)}
    listed = sorted((tally for tally in report.tallies if tally.op in order), key=lambda tally: order[tally.op])
    by_name: dict[str, dict[tuple[str, ...], list[tuple[int | None, list[Cell]]]]] = {}
    for op, tallies in groupby(listed, lambda tally: tally.op):
        mine = list(tallies)
        name, rank = _named(op)
        cells = [_outcome([tally for tally in mine if tally.lane == lane]) for lane in lanes]
        key = (*(kind for kind, _ in cells), *([op] if every else []))
        by_name.setdefault(name, {}).setdefault(key, []).append((rank, cells))
    for name, rows in by_name.items():
        for group in rows.values():
            totals = [(column[0][0], sum(n for _, n in column)) for column in zip(*(c for _, c in group), strict=True)]
            yield name, _ranks([rank for rank, _ in group if rank]), totals


def legend_of(report: Report) -> list[tuple[str, str]]:
    """The outcomes that the table shows, with their words."""
    seen = {kind for _, _, cells in rows_of(report, lanes_of(report)) for kind, _ in cells}
    return [(kind, words) for kind, words in CELL_WORDS.items() if kind in seen]


def _named(op: str) -> tuple[str, int | None]:
    try:
        operation, rank = find(op)
    except CnnspecError:  # a report of another version
        return op, None
    return operation.name, rank


def _ranks(ranks: list[int]) -> str:
    if not ranks:
        return ""
    whole = len(ranks) > 2 and ranks == list(range(ranks[0], ranks[-1] + 1))
    return f"{ranks[0]}-{ranks[-1]}d" if whole else f"{','.join(map(str, ranks))}d"


def _outcome(tallies: list[TallyEntry]) -> Cell:
    """The worst outcome of a lane, and how many checks ended so."""
    if any(t.verdict in BAD for t in tallies):
        return "bad", sum(t.failed for t in tallies)
    if any(t.verdict == "error" for t in tallies):
        return "error", sum(t.verdict == "error" for t in tallies)
    held = sum(t.checked for t in tallies)
    if held:
        return "good", held
    return ("vacuous", sum(t.vacuous for t in tallies)) if any(t.verdict == "vacuous" for t in tallies) else ("none", 0)


def not_checked(report: Report) -> list[tuple[str, list[str]]]:
    """What was left out, by reason: operations with their ranks gathered, and laws that need an unclaimed option."""
    reasons: dict[str, list[str]] = {}
    for entry in report.unclaimed:
        reasons.setdefault(entry.reason, []).append(entry.op)
    found = [(reason, families(ops)) for reason, ops in reasons.items()]
    laws: dict[str, dict[str, list[str]]] = {}
    for tally in report.tallies:
        if tally.verdict == "unclaimed":
            laws.setdefault(tally.reason, {}).setdefault(tally.law, []).append(tally.op)
    found += [
        (reason, [f"{law} on {', '.join(families(ops))}" for law, ops in by_law.items()])
        for reason, by_law in laws.items()
    ]
    return found


def harness_errors(report: Report) -> list[str]:
    """Where a check itself broke, which says nothing about the target: by law and reason."""
    places: dict[tuple[str, str], list[str]] = {}
    for tally in report.tallies:
        if tally.verdict == "error":
            places.setdefault((tally.law, tally.reason), []).append(tally.op)
    return [f"{law} on {', '.join(families(ops))}: {reason}" for (law, reason), ops in places.items()]


def families(ops: Iterable[str]) -> list[str]:
    """Operations with their ranks gathered.

    Examples
    --------
    >>> families(["conv1d", "conv3d", "relu"])
    ['conv 1,3d', 'relu']
    """
    gathered: dict[str, list[int]] = {}
    for op in ops:
        name, rank = _named(op)
        gathered.setdefault(name, []).extend([rank] if rank else [])
    return [f"{name} {_ranks(ranks)}".strip() for name, ranks in gathered.items()]


def worth(report: Report) -> list[str]:
    """How much a pass says, in sentences."""
    said = []
    if words := report.confidence.get("words"):
        said.append(f"{words[0].upper()}{words[1:]}.")
    pairs = report.coverage.get("pairs", {})
    if pairs.get("of"):
        said.append(f"The cases visited {pairs['seen']:,} of {count(pairs['of'], 'pair')} of features.")
    return said


def precision_words(report: Report) -> list[str]:
    """How the target computes, in the measured cards' own sentences."""
    cards = [card for card in report.precision.values() if isinstance(card, Mapping)]
    return [str(card["words"]) for card in cards if card.get("words")]
