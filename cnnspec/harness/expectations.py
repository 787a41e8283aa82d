"""Known failures that do not rot: an expectations file, ``cnnspec.expect.toml``.

    [[expect]]
    operation = "conv*"                                  # patterns, one or a list; all operations by default
    law = "CORR-*"                                       # the same for laws
    when = "max(dilation) > 1 and groups > 1"            # a condition on cases; all of them by default
    reason = "dilation is ignored where there are groups"
    issue = "https://example.org/issues/12"              # optional
    expires = 2027-01-31                                 # optional: from the day after, the rule is gone
    witnesses = ["conv2d:x=1x2x3x3,w=2x1x2x2,dilation=2x2,groups=2,f64,ints:8"]

A rule is kept honest by its witnesses: cases that fail.  They run first, as they are; once all of them pass, the rule
is stale, and the run says so whatever else it finds.  What a rule covers is left out of the cases that are drawn (or,
where the rule names laws, those laws are), everything else is checked as before, and the report says how large that
share is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnspec.cases.case import Case
from cnnspec.errors import CaseError, UsageError
from cnnspec.harness.plan import Plan, matches_operation
from cnnspec.harness.predicate import WORDS, Predicate, read
from cnnspec.laws.registry import every_law
from cnnspec.operations import find, spelled_names

if TYPE_CHECKING:
    from cnnspec.laws.law import Law

FILE = "cnnspec.expect.toml"
"""The name by which an expectations file goes."""

FIELDS = ("operation", "law", "when", "reason", "issue", "expires", "witnesses")


@dataclass(frozen=True, slots=True)
class Rule:
    """One known failure; ``number`` counts the rules of the file from 1."""

    number: int
    operations: tuple[str, ...]
    laws: tuple[str, ...]
    when: Predicate
    reason: str
    witnesses: tuple[Case, ...]
    issue: str = ""
    expires: date | None = None

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"rule {self.number} ({self.reason})"

    @property
    def whole(self) -> bool:
        """Whether it covers every law, so that its cases need not be run at all."""
        return "*" in self.laws

    def concerns(self, op: str) -> bool:
        """Whether it speaks of an operation."""
        return any(matches_operation(op, pattern) for pattern in self.operations)

    def holds_back(self, law: str) -> bool:
        """Whether it speaks of a law."""
        return any(fnmatchcase(law, pattern.upper()) for pattern in self.laws)

    def covers(self, case: Case) -> bool:
        """Whether it speaks of a case."""
        return self.concerns(case.op) and self.when(case)


@dataclass(frozen=True, slots=True)
class Expectations:
    """The rules of a file that are in force, and those that have expired.

    ``text`` is the file's, for those who need the same rules elsewhere.
    """

    source: str
    text: str
    rules: tuple[Rule, ...]
    expired: tuple[Rule, ...] = ()

    def left(self, case: Case, laws: tuple[Law, ...], masked: dict[str, int]) -> tuple[Law, ...]:
        """The laws that no rule holds back on this case; counts the case for each rule that holds some back."""
        for rule in self.rules:
            if rule.covers(case):
                masked[str(rule.number)] = masked.get(str(rule.number), 0) + 1
                laws = () if rule.whole else tuple(law for law in laws if not rule.holds_back(law.id))
        return laws

    def masks(self, case: Case, law: Law) -> bool:
        """Whether a failure of that law on that case is expected."""
        return any(rule.holds_back(law.id) and rule.covers(case) for rule in self.rules)

    def check_against(self, plan: Plan, claimed: Iterable[str]) -> None:
        """Refuse a rule that can match nothing of a target that claims these operations.

        Raises
        ------
        UsageError
            If there is one.
        """
        known = set(claimed)
        for rule in self.rules:
            if not any(rule.concerns(op) for op in known):
                raise UsageError(
                    f"{self.source}: {rule.name} matches nothing: the target has none of {', '.join(rule.operations)};"
                    " take the rule out, or mend its operation"
                )


def load(path: str | Path, *, today: date | None = None) -> Expectations:
    """The rules in a file.

    Raises
    ------
    UsageError
        If it cannot be read, or a rule is incomplete, wrong, or matches none of its own witnesses.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the expectations file {path} cannot be read: {error}") from None
    return loads(text, str(path), today=today)


def loads(text: str, source: str = FILE, *, today: date | None = None) -> Expectations:
    """The rules in the text of a file."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source} is no TOML: {error}") from None
    entries = data.pop("expect", [])
    if data or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{source} holds [[expect]] tables and nothing else; got {', '.join(data) or 'expect'}")
    rules = [_rule(entry, number, f"{source}: rule {number}") for number, entry in enumerate(entries, start=1)]
    now = today or datetime.now(UTC).date()
    gone = tuple(rule for rule in rules if rule.expires is not None and rule.expires < now)
    return Expectations(source, text, tuple(rule for rule in rules if rule not in gone), gone)


def _rule(entry: Mapping[str, Any], number: int, where: str) -> Rule:
    if unknown := [name for name in entry if name not in FIELDS]:
        raise UsageError(f"{where} has no field {unknown[0]!r}; it has {', '.join(FIELDS)}")
    reason, when = entry.get("reason", ""), entry.get("when", "1")
    if not isinstance(reason, str) or not reason.strip():
        raise UsageError(f"{where} needs a reason: why is the failure expected?")
    if not isinstance(when, str):
        raise UsageError(f"{where}: when is a condition in quotes, got {when!r}")
    expires = entry.get("expires")
    if expires is not None and type(expires) is not date:
        raise UsageError(f"{where}: expires is a date such as 2027-01-31, without quotes; got {expires!r}")
    operations = _patterns(entry, "operation", where)
    laws = _patterns(entry, "law", where)
    try:
        rule = Rule(number, operations, laws, read(when), " ".join(reason.split()), _witnesses(entry, where),
                    str(entry.get("issue", "")), expires)  # fmt: skip
        _check_rule(rule, where)
    except UsageError as error:
        raise UsageError(str(error) if str(error).startswith(where) else f"{where}: {error}") from None
    return rule


def _patterns(entry: Mapping[str, Any], field: str, where: str) -> tuple[str, ...]:
    given = entry.get(field, "*")
    patterns = (given,) if isinstance(given, str) else given
    if not isinstance(patterns, list | tuple) or not patterns or not all(isinstance(p, str) for p in patterns):
        raise UsageError(f"{where}: {field} is a pattern or a list of patterns, got {given!r}")
    return tuple(patterns)


def _witnesses(entry: Mapping[str, Any], where: str) -> tuple[Case, ...]:
    given = entry.get("witnesses", [])
    if not isinstance(given, list) or not given or not all(isinstance(case, str) for case in given):
        raise UsageError(f"{where} needs witnesses: a list of cases that fail (`cnnspec expect add CASE` writes one)")
    try:
        return tuple(Case.parse(case) for case in given)
    except CaseError as error:
        raise UsageError(f"{where}: {error}") from None


def _check_rule(rule: Rule, where: str) -> None:
    """Refuse a rule that matches nothing there is."""
    ops = [op for op in spelled_names() if rule.concerns(op)]
    if not ops:
        raise UsageError(f"{where} matches nothing: no operation is called {', '.join(rule.operations)}")
    if not any(rule.holds_back(law.id) for law in every_law()):
        raise UsageError(f"{where} matches nothing: no law is called {', '.join(rule.laws)}")
    options = {option.name for op in ops for option in find(op)[0].options} | set(WORDS) | {"kernel_size"}
    if absent := sorted(rule.when.names - options):
        raise UsageError(f"{where} matches nothing: {', '.join(rule.operations)} have no {absent[0]}")
    for case in rule.witnesses:
        if not case.valid or not rule.covers(case):
            raise UsageError(f"{where} does not cover its own witness {case}")
