"""Cases that the run has not drawn, of the kind that it has: what a name has to stand before it is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.cases.dice import seeded
from cnnspec.cases.fills import fnv1a
from cnnspec.cases.strategies import draw_again, draw_case
from cnnspec.harness.outcomes import Outcome, goes_too_far, outcome_of, same
from cnnspec.harness.probe import Target
from cnnspec.mutants import load

FRESH = 400
"""Cases drawn."""

ALIKE = 8
"""So many in a row have one geometry where each new one is compiled."""


def fresh_cases(known: Sequence[Case], target: Target) -> Iterator[Case]:
    """New cases of the operations of these, with the dtypes and options that stand in them."""
    claims = target.claims.operations
    ops = sorted({case.op for case in known if case.op in claims})
    dice = {op: seeded(fnv1a(f"fresh/{op}")) for op in ops}
    dtypes, options = {case.dtype for case in known}, set[str]().union(*map(_used, known))
    strict = any(case.pokes for case in known)
    last: dict[str, Case] = {}
    for number in range(FRESH if ops else 0):
        op = ops[number % len(ops)]
        if claims[op].compiled and number // len(ops) % ALIKE:
            case = draw_again(dice[op], last[op], claims[op], strict)
        else:
            case = last[op] = draw_case(dice[op], op, claims[op], strict)
        if case.dtype in dtypes and _used(case) <= options and not outside(case, target.claims):
            yield case


def _used(case: Case) -> set[str]:
    """The options that differ from their defaults."""
    rank = case.rank
    defaults = {o.name: o.default_for(rank, case.options) for o in case.operation.options if o.default is not ...}
    return {name for name, default in defaults.items() if case.options[name] != default}


class Known:
    """What a target does on some cases, each asked when it is first come to; and what that says of mutants.

    Parameters
    ----------
    seen
        Cases, each with its outcome.
    """

    def __init__(self, seen: Iterable[tuple[Case, Outcome]]) -> None:
        self._seen, self._told = iter(seen), list[tuple[Case, Outcome, Outcome]]()

    def refutes(self, name: str, *, alone: bool) -> bool:
        """Whether a mutant does on some case what the target does not.

        It goes too far where it is also wrong where the target is right, or raises where the target returns; it is too
        narrow where it is right and the target wrong, which tells against it only if the target shows no other fault,
        and it is thus ``alone``.  A case that has told against one is asked first about the next.
        """
        functions = load(name)
        for at, (case, outcome, right) in enumerate(self._each()):
            mutant = outcome_of(functions[case.op], case)
            if same(mutant, outcome):
                continue
            beyond = goes_too_far(right, outcome, mutant) or same(outcome, right) or (alone and same(mutant, right))
            if beyond or (isinstance(mutant, str) and not isinstance(outcome, str)):  # it ends without a result
                self._told.insert(0, self._told.pop(at))
                return True
        return False

    def _each(self) -> Iterator[tuple[Case, Outcome, Outcome]]:
        yield from self._told
        for case, outcome in self._seen:
            self._told.append((case, outcome, outcome_of(case.operation.reference, case)))
            yield self._told[-1]
