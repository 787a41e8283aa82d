"""The name of a fault that shows by value: which mutant gives what the target gives, on failing and passing cases.

A name is given only where a mutant agrees with the target on *every* compared case, at least :data:`LEAST` failing
ones, and on the passing cases too: a mutant that also goes wrong where the target is right is another fault.  It must
then stand fresh cases, and all that were kept, whatever law they break; see :mod:`cnnspec.harness.fresh`.  Where one
mutant accounts for some of the failing cases only, a pair may account for all of them, or several may share them out;
what does some of what the target does, and leaves the rest open, is no name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from cnnspec.cases.case import Case
from cnnspec.cases.fills import INTEGER_FILLS, split
from cnnspec.harness.causes import Cause
from cnnspec.harness.fresh import Known
from cnnspec.harness.outcomes import Outcome, observed, outcome_of, same
from cnnspec.harness.probe import Target
from cnnspec.implementation import DIVIDES
from cnnspec.mutants import Mutant, find, load, names

LEAST = 3
"""Failing cases on which a mutant must agree before its name is given, where there are so many."""

COMPARED = 20
"""Failing cases compared at first; a name that they give is held against the other ones that were kept."""

SMALL = 100
"""The largest integer in the data on which results are compared."""

LEADING = 3
"""Mutants that account for the most cases, each of which is tried together with every other one."""

APART = ("process", "isolation", "state", "errors")
"""Families that no single valid call shows by its values; see :mod:`cnnspec.harness.profile`."""

Named = tuple[str, "list[Behaviour]"]
"""A mutant, or two, with the failing cases that it accounts for; the name is empty where none does."""


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """What the target did on a case, which may be ``origin`` refilled, and whether that was right.

    ``bitwise`` stands where precision is the matter.
    """

    origin: Case
    case: Case
    outcome: Outcome
    failing: bool
    bitwise: bool = False


def behaviours(cause: Cause, cases: Iterable[Case], passing: Iterable[Case], target: Target) -> list[Behaviour]:
    """The target on failing and on passing cases; bit for bit where precision is the matter."""
    first = cause.cases[0]
    if cause.law.lane == "bounded" and first.operation.name not in DIVIDES:
        found = [_to_the_bit(case, target) for case in cases]
        return found + [Behaviour(case, case, observed(case, target), False) for case in passing]
    return [_behaviour(case, target, failed=True) for case in cases] + [_behaviour(case, target) for case in passing]


def _to_the_bit(case: Case, target: Target) -> Behaviour:
    """The target on a case, held against the reference bit for bit: where they agree, a law broke in a further call."""
    outcome = observed(case, target)
    right = same(outcome_of(case.operation.reference, case), outcome, bitwise=True)
    return Behaviour(case, case, outcome, not right, bitwise=True)


def _behaviour(origin: Case, target: Target, *, failed: bool = False) -> Behaviour:
    """The target on a case, its data exchanged for small integers, on which two ways of adding agree to the bit.

    So they do on sums that are not the right ones, too, which large integers may not leave exact.  A case that
    ``failed`` and does not with small integers is left as it was drawn.
    """
    case = origin
    kind, widest = split(case.fill)
    if (kind not in INTEGER_FILLS or widest > SMALL) and not case.data:
        case = replace(
            case, fill=f"ints:{SMALL}" if case.dtype[:5] in ("float", "int16", "int32", "int64") else "ints:8"
        )
    for tried in dict.fromkeys((case, origin)):
        outcome = observed(tried, target)
        failing = not same(outcome_of(tried.operation.reference, tried), outcome)
        if failing or not failed:
            return Behaviour(origin, tried, outcome, failing)
    return Behaviour(origin, tried, outcome, failing)


@dataclass
class Naming:
    """The search for the name of one cause.

    ``first`` are the behaviours that are compared at once, ``more`` gives those on the other failing cases, ``known``
    what the target does on all cases that were kept and on fresh ones, ``further`` whether a mutant breaks a law where
    the target breaks none; ``alone`` says that there is no other cause, ``before`` which names the others have: one
    fault is likelier than two.
    """

    first: list[Behaviour]
    more: Callable[[], list[Behaviour]]
    known: Callable[[], Known]
    further: Callable[[str], bool]
    alone: bool
    before: frozenset[str] = frozenset()
    refuted: dict[tuple[str, bool], bool] = field(default_factory=dict)

    def faults(self) -> list[Named]:
        """Named faults with the failing cases that each accounts for."""
        named = self._search(self.first)
        if len(named) == 1 and named[0][0] and (more := self.more()):
            name, explained = named[0]
            agreed = agreement(name, more)
            if len(agreed) == sum(b.failing for b in more):
                return [(name, explained + agreed)]
            return self._search(self.first + more)
        return named

    def _search(self, compared: list[Behaviour]) -> list[Named]:
        failing = [b for b in compared if b.failing]
        agreed = {name: agreement(name, compared) for name in candidates(failing[0].case.operation.name)}
        ranked = sorted(filter(agreed.get, agreed), key=lambda name: (-len(agreed[name]), name not in self.before))
        for name in ranked:
            if len(agreed[name]) == len(failing) and not self._is_refuted(name):
                return [(name, failing)]
        for name in _pairs(ranked[:LEADING], list(agreed)):
            if len(agreement(name, compared)) == len(failing) and not self._is_refuted(name):
                return [(name, failing)]
        parts = _told_apart(failing, ranked, agreed)
        doubtful = any(self._is_refuted(name, in_part=True) for name, _ in parts if name)
        return [("", failing)] if doubtful else parts

    def _is_refuted(self, name: str, *, in_part: bool = False) -> bool:
        alone = self.alone and not in_part
        if (name, alone) not in self.refuted:
            self.refuted[name, alone] = self.known().refutes(name, alone=alone) or self.further(name)
        return self.refuted[name, alone]


def _pairs(leading: list[str], others: list[str]) -> Iterator[str]:
    """Each of these together with every other one, in either order."""
    for first in leading:
        for second in others:
            yield from (f"{first}+{second}", f"{second}+{first}") if second != first else ()


def accounts(name: str, cause: Cause, target: Target) -> bool:
    """Whether a mutant does what the target does on the cases of a cause, as they were drawn."""
    functions = load(name)
    return all(same(outcome_of(functions[case.op], case), observed(case, target)) for case in cause.cases[:COMPARED])


def _told_apart(failing: list[Behaviour], ranked: list[str], agreed: dict[str, list[Behaviour]]) -> list[Named]:
    """Several mutants, each with the cases that it accounts for, where together they account for all."""
    rest, parts = list(failing), list[Named]()
    for name in ranked:
        explained = [b for b in agreed[name] if b in rest]
        if len(explained) >= LEAST and len(explained) * 4 >= len(failing):
            parts.append((name, explained))
            rest = [b for b in rest if b not in explained]
    return [("", failing)] if rest else parts


def candidates(op: str) -> list[str]:
    """The mutants that show in the values of valid calls of an operation, and those that refuse some."""
    return [name for name in names() if op in find(name).operations and _shows_by_value(find(name))]


def _shows_by_value(mutant: Mutant) -> bool:
    return mutant.family not in APART or (mutant.family == "isolation" and not mutant.harmful)


def agreement(name: str, compared: list[Behaviour]) -> list[Behaviour]:
    """The failing cases on which the mutant does what the target did; none if it contradicts a passing case."""
    mutant, functions = find(name), load(name)

    def alike(b: Behaviour) -> bool:
        case = b.case
        if not mutant.triggers(case.operation.name, case.array_shapes, case.call_options, case.dtype):
            return not b.failing  # there it answers as the reference does
        return same(outcome_of(functions[case.op], case), b.outcome, bitwise=b.bitwise)

    agreed = []
    for b in compared:
        if b.failing and alike(b):
            agreed.append(b)
        elif b.failing and "+" in name:
            return []
    return agreed if agreed and all(alike(b) for b in compared if not b.failing) else []
