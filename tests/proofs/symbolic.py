"""Ordinary Python on integers that are unknown: the run splits at every branch, and a solver says what is possible.

A claim is a function that returns a truth.  Called with plain integers it is one test; called with unknowns, which
stand for all integers, it is a proof.  Where the code asks whether a comparison holds (``if``, ``and``, ``min``) the
claim runs once for each answer that is possible there.  A possible run that ends in false is a counterexample.

Numbers are mathematical integers; ``//`` and ``%`` floor, and take a known, positive divisor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

try:
    import z3
except ModuleNotFoundError:  # what is built on this is skipped, and says why
    z3 = None


EFFORT = 1_000_000
"""What the solver may spend on one question, in its own units; a usual one takes a few thousand."""
SEEDS = range(10)


class Run:
    """One run of a claim: what has been answered so far, and what else could have been."""

    current: ClassVar[Run]

    def __init__(self, given: Any, prescribed: tuple[bool, ...]) -> None:
        self.solver = _solver(0)
        self.solver.add(given)
        self.prescribed = prescribed
        self.answers: tuple[bool, ...] = ()
        self.others: list[tuple[bool, ...]] = []

    def ask(self, condition: Any) -> bool:
        """Whether ``condition`` holds in this run; where both is possible, the other answer is left for another run."""
        if len(self.answers) < len(self.prescribed):
            answer = self.prescribed[len(self.answers)]
        else:
            answer = self.model(condition) is not None
            if answer and self.model(z3.Not(condition)) is not None:
                self.others.append((*self.answers, False))
        self.answers = (*self.answers, answer)
        self.solver.add(condition if answer else z3.Not(condition))
        return answer

    def model(self, condition: Any) -> Any:
        """Numbers with which ``condition`` holds after the answers so far; ``None`` where there are none."""
        for seed in SEEDS:
            found = self.solver.check(condition)
            if found != z3.unknown:
                return self.solver.model() if found == z3.sat else None
            # a search that wanders off is begun again elsewhere
            known, self.solver = self.solver.assertions(), _solver(seed + 1)
            self.solver.add(known)
        raise AssertionError(f"the solver cannot say whether {condition} is possible")


class Truth:
    """A comparison of unknowns; asked for its bool, it splits the run."""

    def __init__(self, condition: Any) -> None:
        self.condition = condition

    def __bool__(self) -> bool:
        return Run.current.ask(self.condition)

    def __eq__(self, other: object) -> Any:
        return Truth(self.condition == _condition(other))

    def __and__(self, other: Any) -> Truth:
        return Truth(z3.And(self.condition, _condition(other)))

    __rand__ = __and__
    __hash__ = None  # type: ignore[assignment]


class Unknown:
    """An integer of which only what a solver is told is known."""

    def __init__(self, term: Any) -> None:
        self.term = z3.Int(term) if isinstance(term, str) else term

    def __add__(self, other: Any) -> Unknown:
        return Unknown(self.term + _term(other))

    def __sub__(self, other: Any) -> Unknown:
        return Unknown(self.term - _term(other))

    def __rsub__(self, other: Any) -> Unknown:
        return Unknown(_term(other) - self.term)

    def __mul__(self, other: int) -> Unknown:
        return Unknown(self.term * _term(other))

    def __floordiv__(self, other: int) -> Unknown:
        # for a positive divisor the solver's quotient is the floor
        return Unknown(self.term / _positive(other))

    def __mod__(self, other: int) -> Unknown:
        return Unknown(self.term % _positive(other))

    def __neg__(self) -> Unknown:
        return Unknown(-self.term)

    def __lt__(self, other: Any) -> Truth:
        return Truth(self.term < _term(other))

    def __le__(self, other: Any) -> Truth:
        return Truth(self.term <= _term(other))

    def __gt__(self, other: Any) -> Truth:
        return Truth(self.term > _term(other))

    def __ge__(self, other: Any) -> Truth:
        return Truth(self.term >= _term(other))

    def __eq__(self, other: object) -> Any:
        return Truth(self.term == _term(other))

    def __ne__(self, other: object) -> Any:
        return Truth(self.term != _term(other))

    __radd__, __rmul__ = __add__, __mul__
    __hash__ = None  # type: ignore[assignment]


def counterexample(claim: Callable[..., Any], given: Callable[..., Any], names: str) -> dict[str, int] | None:
    """Integers of those names for which ``given`` holds and ``claim`` does not; ``None`` where there are none."""
    unknowns = {name: Unknown(name) for name in names.split()}
    todo: list[tuple[bool, ...]] = [()]
    while todo:
        run = Run.current = Run(_condition(given(**unknowns)), todo.pop())
        holds = _condition(claim(**unknowns))
        todo += run.others
        model = run.model(z3.Not(holds))
        if model is not None:
            return {name: model.eval(u.term, model_completion=True).as_long() for name, u in unknowns.items()}
    return None


def _solver(seed: int) -> Any:
    solver = z3.SimpleSolver()
    solver.set("rlimit", EFFORT)
    solver.set("random_seed", seed)
    return solver


def _term(value: Any) -> Any:
    return value.term if isinstance(value, Unknown) else value


def _condition(value: Any) -> Any:
    return value.condition if isinstance(value, Truth) else z3.BoolVal(value)


def _positive(divisor: Any) -> int:
    assert isinstance(divisor, int)
    assert divisor > 0
    return divisor
