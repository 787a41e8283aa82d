"""Finding out which dialects a target follows, and holding what it declares to that.

Each flag of :mod:`cnnspec.harness.dialects` is asked by its smallest calls.  What is declared and not followed is a
finding; what is followed and not declared is said beside the findings that come of it, with the words that declare it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.harness.causes import Seen
from cnnspec.harness.dialects import BY_FLAG, FLAGS, Flag
from cnnspec.harness.plan import Item, Plan
from cnnspec.harness.probe import Target
from cnnspec.harness.restrictions import Refusal, restricted
from cnnspec.harness.verdicts import Finding, RunResult, Tally, Verdict
from cnnspec.implementation import Claims
from cnnspec.laws.law import Failure, Law
from cnnspec.laws.registry import find_law, select
from cnnspec.operations import find


@dataclass(frozen=True, slots=True)
class Answer:
    """What a target does where the field disagrees.

    Attributes
    ----------
    flag
        The question.
    op, cases
        The operation that was asked, and the calls, in their text form.
    value
        The value that was found; empty where the calls show none of the flag's values.
    declared
        What the target declares; empty where it declares nothing.
    seen
        What the calls gave, in words.
    """

    flag: Flag
    op: str
    cases: tuple[Case, ...]
    value: str
    declared: str
    seen: str

    @property
    def wrong(self) -> bool:
        """Whether the target does something else than it declares."""
        return bool(self.declared) and self.value != self.declared

    @property
    def undeclared(self) -> bool:
        """Whether it follows another dialect than the default, and does not say so."""
        return not self.declared and bool(self.flag.default) and self.value not in ("", self.flag.default)

    @property
    def message(self) -> str:
        """What is wrong with a declaration, and how to write it."""
        name, known = self.flag.name, ", ".join(self.flag.values)
        if self.declared not in self.flag.values:
            start = f"the dialect {name} = {self.declared!r} is declared, and there is no such value ({known})"
        else:
            meaning = self.flag.values[self.declared]
            start = f"the dialect {name} = {self.declared!r} is declared ({self.flag.question}: {meaning})"
        if not self.value:
            return f"{start}; {self.op} gives {self.seen}, which is none of {known}"
        way = f'write dialects={{"{name}": "{self.value}"}}'
        way = "leave it out, since that is the default" if self.value == self.flag.default else way
        return f"{start}; {self.op} gives {self.seen}, which is {self.value!r}: {way}"


def ask(flag: Flag, target: Target, ops: Iterable[str] | None = None) -> Answer | None:
    """Ask a target one question; ``None`` where it claims nothing that could be asked.

    Examples
    --------
    >>> from cnnspec.harness.target import open_target
    >>> ask(BY_FLAG["pool.max.nan"], open_target("reference", isolate="none")).value
    'propagate'
    """
    claims = target.claims
    names = [op for op in (ops or claims.operations) if op in claims.operations]
    order = sorted((op for op in names if find(op)[0].name in flag.operations), key=lambda op: _order(op, flag))
    for op in order:
        cases = flag.cases(op, claims.operations[op])
        if not cases or any(outside(case, claims) for case in cases):
            continue
        seen = [target.run(case) for case in cases]
        if any(one.kind == "unsupported" for one in seen):
            continue
        words = ", ".join(f"{one.outputs[0].ravel()[:8].tolist()}" if one.kind == "returned" else f"{one.kind}:"
                          f" {one.message}" for one in seen)  # fmt: skip
        declared = claims.dialects.get(flag.name, "")
        return Answer(flag, op, tuple(cases), flag.read(cases, seen), declared, words)
    return None


def _order(op: str, flag: Flag) -> tuple[int, int]:
    operation, rank = find(op)
    return flag.operations.index(operation.name), (2, 1, 3, None).index(rank)


def detect(target: Target) -> list[Answer]:
    """The answer to every question that the target can be asked."""
    return [answer for flag in FLAGS if (answer := ask(flag, target)) is not None]


# ----------------------------------------------------------------------------------------------------- what to declare


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is to be declared so that the claims are what the target does."""

    dialects: Mapping[str, str]
    limits: Mapping[str, tuple[str, ...]]
    """By operation."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to declare."""
        return not self.dialects and not self.limits

    def words(self, op: str = "") -> str:
        """The arguments of the decorator: of one operation, or of all in one."""
        every = tuple(dict.fromkeys(name for names in self.limits.values() for name in names))
        limits = self.limits.get(op, ()) if op else every
        parts = [f"limits={json.dumps(list(limits))}"] * bool(limits)
        parts += [f"dialects={json.dumps(dict(self.dialects))}"] * bool(self.dialects)
        return ", ".join(parts)


def declaration(claims: Claims, answers: Iterable[Answer], refused: Iterable[Refusal] = ()) -> Declaration:
    """The dialects and restrictions of a target, those that it declares rightly included."""
    known = {name: value for name, value in claims.dialects.items() if name not in BY_FLAG}
    other = [a for a in answers if a.value and (a.declared or a.undeclared) and a.value != a.flag.default]
    told = {a.flag.name: a.value for a in other}
    limits: dict[str, tuple[str, ...]] = {op: claim.limits for op, claim in claims.operations.items() if claim.limits}
    for refusal in refused:
        limits[refusal.op] = (*limits.get(refusal.op, ()), refusal.limit)
    return Declaration({**known, **told}, limits)


# ------------------------------------------------------------------------------------------------------------ in a run


class Dialects:
    """The dialects of the target of a run: what is declared is asked, and what is not is said beside findings."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self._target, self._ops = target, [item.op for item in plan.items]
        self._laws = {item.op: {law.id for law in item.laws} for item in plan.items}
        self._answers: dict[str, Answer | None] = {}

    def _answer(self, flag: Flag) -> Answer | None:
        if flag.name not in self._answers:
            self._answers[flag.name] = ask(flag, self._target, self._ops)
        return self._answers[flag.name]

    def told(self, op: str, found: list[Finding], seen: Seen, result: RunResult) -> list[Finding]:
        """The findings of an operation: wrong declarations first, and with the others what could be declared."""
        answers = [answer for flag in _declared(self._target.claims) if (answer := self._answer(flag)) is not None]
        mine = [answer for answer in answers if answer.op == op and answer.flag.laws[0] in self._laws[op]]
        for answer in mine:
            tally = result.tallies.setdefault((op, answer.flag.laws[0]), Tally())
            tally.add(Verdict.FAILED if answer.wrong else Verdict.PASSED, answer.message if answer.wrong else "")
        causes = {key: cause.cases for key, cause in seen.causes.items()}
        others = [
            restricted(
                self.advised(finding), causes.get((finding.law, finding.verdict), []), seen.passing, self._target.claims
            )
            for finding in found
        ]
        return [_wrong(answer) for answer in mine if answer.wrong] + others

    def advised(self, finding: Finding) -> Finding:
        """The finding, with the dialect that the target follows and does not declare, if that is what it shows."""
        for flag in FLAGS:
            name = finding.case.operation.name
            answer = self._answer(flag) if finding.law in flag.laws and name in flag.operations else None
            if answer is not None and answer.undeclared:
                words = Declaration({flag.name: answer.value}, {}).words()
                fact = (f"it follows another dialect, {flag.name} = {answer.value!r} ({flag.question}:"
                        f" {flag.values[answer.value]}); where that is meant, declare it: {words}")  # fmt: skip
                return replace(finding, facts=(*finding.facts, fact))
        return finding


def _declared(claims: Claims) -> list[Flag]:
    return [flag for flag in FLAGS if flag.name in claims.dialects]


def held(plan: Plan, claims: Claims, laws: tuple[str, ...] = ()) -> Plan:
    """The plan with the laws of every declared dialect, in whatever profile, as far as ``laws`` are chosen."""
    chosen = {law.id for law in select(laws)}

    def more(item: Item) -> list[Law]:
        here = {law.id for law in item.laws}
        asked = [flag.laws[0] for flag in _declared(claims) if find(item.op)[0].name in flag.operations]
        return [find_law(name) for name in dict.fromkeys(asked) if name in chosen - here]

    return replace(plan, items=tuple(replace(item, laws=(*item.laws, *more(item))) for item in plan.items))


def replayed(case: Case, target: Target) -> list[Finding]:
    """The findings of wrong declarations that this very case shows."""
    flags = [f for f in _declared(target.claims) if case.operation.name in f.operations]
    flags = [f for f in flags if case in f.cases(case.op, target.claims.operations[case.op])]
    answers = [answer for flag in flags if (answer := ask(flag, target, [case.op])) is not None]
    return [_wrong(answer) for answer in answers if answer.wrong]


def _wrong(answer: Answer) -> Finding:
    """The finding of a wrong declaration, under the law that holds a target to it."""
    law, case = find_law(answer.flag.laws[0]), answer.cases[0]
    return Finding(law.id, answer.op, Verdict.FAILED, case, case, Failure(answer.message))
