"""A run in shares: of n blocks of cases one on each of n machines, and the union of what they showed.

A share's result carries its evidence: the record of each of its blocks.  :func:`merge` puts the records in the order of
the blocks and explains them on the target, as the whole run does; so the union has the cases and the findings of the
whole run, and not n opinions of the same fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cnnspec.errors import UsageError
from cnnspec.harness.records import KEPT_CASES, Key, Record
from cnnspec.harness.runner import Unit

if TYPE_CHECKING:
    from cnnspec.harness.causes import Seen
    from cnnspec.harness.verdicts import Finding, RunResult

Shard = tuple[int, int]
"""Which share of how many, from (1, n) to (n, n)."""

REPLAYED = ("STILL FAILS", "FIXED")
"""What notes of replayed cases begin with."""

SAME = ("target", "options", "expect", "of", "cnnspec")
"""What the evidence of shares of one run has in common."""


def read_shard(text: str) -> Shard:
    """A share as the command line says it.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> read_shard("2/8")
    (2, 8)
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(f"a shard reads I/N with I from 1 to N, such as 2/8; got {text!r}")
    return int(match[1]), int(match[2])


def share(units: list[Unit], shard: Shard | None) -> list[Unit]:
    """The blocks of one share: one of every n, each time the next, since an operation's last block is a short one.

    Cases kept from earlier runs are run by the first share.
    """
    if shard is None:
        return units
    i, n = shard
    drawn = [unit for unit in units if unit.block != KEPT_CASES]
    mine = {unit.key for at, unit in enumerate(drawn) if (at + at // n) % n == i - 1}
    return [unit for unit in units if unit.key in mine or (i == 1 and unit.block == KEPT_CASES)]


def evidence(recipe: Mapping[str, Any], shard: Shard, records: Iterable[Record], result: RunResult) -> dict[str, Any]:
    """What one share hands to the others: what was run, and the record of each block."""
    return {
        **recipe, "shard": shard[0], "of": shard[1], "records": [record.to_json() for record in records],
        "cnnspec": result.environment["cnnspec"], "environment": dict(result.environment),
        "restarts": result.restarts, "seconds": result.seconds, "complete": result.complete,
        "replayed": [note for note in result.notes if note.startswith(REPLAYED)],
    }  # fmt: skip


def merge(
    shares: Iterable[Mapping[str, Any]], *, target: Any = None, explain: Callable[[Seen], list[Finding]] | None = None
) -> RunResult:
    """The result of the whole run from the evidence of its shares.

    Parameters
    ----------
    shares
        The ``evidence`` of the shares' results, in any order.
    target
        What to explain findings on; by default the shares' own target string.
    explain
        What to explain them by, where the target itself is not there.

    Returns
    -------
    RunResult
        That of the whole run; incomplete where a share is missing or did not finish.

    Raises
    ------
    UsageError
        If they are not shares of one run, or a share is there twice and differs.
    TargetError
        If the target cannot be found or started.
    """
    from cnnspec.harness.session import Session

    given = [dict(one) for one in shares]
    if not given or not all("records" in one for one in given):
        raise UsageError("merging needs reports of `cnnspec check --shard I/N --report json=FILE`, and got another")
    first = given[0]
    for one in given[1:]:
        if different := [name for name in SAME if one[name] != first[name]]:
            raise UsageError(f"these are no shares of one run: their {different[0]} differ")
    records = _records(given)
    options: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in first["options"].items()}
    target = first["target"] if target is None else target
    if target is None:
        raise UsageError("the shares are of a Python object, which their reports do not hold: give the target again")
    if not isinstance(target, str):
        options["isolate"] = "none"
    known = None if explain is None else first["dialects"]
    with Session(target, expect=_rules(first), dialects=known, **options) as session:
        _check_cases(session, records)
        if explain is not None:
            session.findings.explainer = lambda seen, _: explain(seen)
        session.source = lambda units, limits, each: [records[unit.key] for unit in units if unit.key in records]
        for op, kept in _kept(records):
            session.units[op].insert(0, Unit(session.units[op][0].item, kept))
        result = session.run()
        missing = sorted(set(range(1, first["of"] + 1)) - {one["shard"] for one in given})
        if missing:
            result.notes.append(f"shards missing of {first['of']}: {', '.join(map(str, missing))}")
        result.complete = result.complete and not missing and all(one["complete"] for one in given)
        result.restarts += sum(one["restarts"] for one in given)
        result.seconds = max(one["seconds"] for one in given)
        result.notes += [note for one in given for note in one["replayed"]]
        result.notes += different_versions([one["environment"] for one in given], "the shares")
    return result


def _rules(one: Mapping[str, Any]) -> Any:
    from cnnspec.harness.expectations import loads

    return None if one["expect"] is None else loads(one["expect"])


def _records(given: list[dict[str, Any]]) -> dict[Key, Record]:
    records: dict[Key, Record] = {}
    for one in given:
        for data in one["records"]:
            record = Record.from_json(data)
            before = records.setdefault(record.key, record)
            if before.digest != record.digest:
                raise UsageError(f"two shares hold block {record.block} of {record.op}, with different cases")
    return records


def _kept(records: Mapping[Key, Record]) -> list[Key]:
    return [key for key in records if key[1] == KEPT_CASES]


def _check_cases(session: Any, records: Mapping[Key, Record]) -> None:
    """Refuse records of cases that are not the ones that this version draws."""
    planned = {unit.key: unit for units in session.units.values() for unit in units}
    for key, record in records.items():
        if key[1] == KEPT_CASES:
            continue
        if key not in planned or (record.finished and session.digest(planned[key]) != record.digest):
            raise UsageError(f"block {key[1]} of {key[0]} does not hold the cases that this run has: the shares are of"
                             " another version, or the target's claims have changed")  # fmt: skip


def different_versions(environments: list[Mapping[str, str]], whose: str) -> list[str]:
    """A note for each version that is not the same in all environments.

    Examples
    --------
    >>> different_versions([{"numpy": "2.1"}, {"numpy": "2.0"}], "the shares")
    ['the shares ran under different versions of numpy: 2.0, 2.1']
    """
    found = []
    for name in environments[0]:
        there = sorted({str(one.get(name, "")) for one in environments})
        if len(there) > 1:
            found.append(f"{whose} ran under different versions of {name}: {', '.join(there)}")
    return found
