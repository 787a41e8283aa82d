"""Cases that the run has not drawn, of the kind that it has: what a name has to stand before it is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import TypeVar

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.cases.dice import seeded
from cnnspec.cases.fills import fnv1a
from cnnspec.cases.strategies import draw_case
from cnnspec.harness.outcomes import Outcome, goes_too_far, outcome_of, same
from cnnspec.harness.probe import Target
from cnnspec.mutants import load

FRESH = 400
"""Cases drawn."""

T = TypeVar("T")


def fresh_cases(known: Sequence[Case], target: Target) -> Iterator[Case]:
    """New cases of the operations of these, with the dtypes and options that stand in them."""
    claims = target.claims.operations
    ops = sorted({case.op for case in known if case.op in claims})
    dice = {op: seeded(fnv1a(f"fresh/{op}")) for op in ops}
    dtypes, options = {case.dtype for case in known}, set[str]().union(*map(_used, known))
    strict = any(case.pokes for case in known)
    for number in range(FRESH if ops else 0):
        op = ops[number % len(ops)]
        case = draw_case(dice[op], op, claims[op], strict)
        if case.dtype in dtypes and _used(case) <= options and not outside(case, target.claims):
            yield case


def _used(case: Case) -> set[str]:
    """The options that differ from their defaults."""
    rank = case.rank
    defaults = {o.name: o.default_for(rank, case.options) for o in case.operation.options if o.default is not ...}
    return {name for name, default in defaults.items() if case.options[name] != default}


class Remembered(Iterable[T]):
    """What can be gone through again and again, where each thing is made when it is first come to."""

    def __init__(self, source: Iterable[T]) -> None:
        self._source, self._made = iter(source), list[T]()

    def __iter__(self) -> Iterator[T]:
        for at in count():
            if at == len(self._made):
                try:
                    self._made.append(next(self._source))
                except StopIteration:
                    return
            yield self._made[at]


def refuted(name: str, seen: Iterable[tuple[Case, Outcome]], *, alone: bool) -> bool:
    """Whether a mutant does on some case what the target does not.

    It goes too far where it is also wrong where the target is right, or raises where the target returns; it is too
    narrow where it is right and the target wrong, which tells against it only if the target shows no other fault, and
    it is thus ``alone``.
    """
    functions = load(name)
    for case, outcome in seen:
        mutant, right = outcome_of(functions[case.op], case), outcome_of(case.operation.reference, case)
        if same(mutant, outcome):
            continue
        if goes_too_far(right, outcome, mutant) or same(outcome, right) or (alone and same(mutant, right)):
            return True
        if isinstance(mutant, str) and not isinstance(outcome, str):  # it ends without a result
            return True
    return False
