"""The proofs stand on this: unknown integers compute as Python's do, and no answer is no proof."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proofs import symbolic
from tests.proofs.symbolic import Unknown, counterexample

pytest.importorskip("z3")


def expressions(a: Any) -> list[Any]:
    numbers = [a + 3, 3 + a, a - 3, 3 - a, -a, 2 * a, a * 2, max(a, 1), min(a, -1), -(-a // 3)]
    numbers += [q for c in (1, 2, 3, 7) for q in (a // c, a % c, (a - 1) // c * c)]
    return [*numbers, *(int(bool(t)) for t in (a < 2, a <= 2, a > 2, a >= 2, a == 2, a != 2, (a < 2) & (a > -3)))]


def test_unknowns_compute_as_integers_do() -> None:
    for value in range(-9, 10):
        known = expressions(value)
        for at, expected in enumerate(known):
            wrong = counterexample(lambda a, at=at: expressions(a)[at] == expected, lambda a: a == value, "a")  # noqa: B023
            assert wrong is None
            other = counterexample(lambda a, at=at: expressions(a)[at] != expected, lambda a: a == value, "a")  # noqa: B023
            assert other == {"a": value}


def test_every_branch_is_taken() -> None:
    def steps(a: Any) -> bool:
        seen.add((bool(a < 0), bool(a > 9)))
        return True

    seen: set[tuple[bool, bool]] = set()
    assert counterexample(steps, lambda a: True, "a") is None
    assert seen == {(True, False), (False, True), (False, False)}


def test_a_counterexample_keeps_to_what_is_given() -> None:
    assert counterexample(lambda a, b: a + b != 7, lambda a, b: (a >= 4) & (b >= 3), "a b") == {"a": 4, "b": 3}
    assert counterexample(lambda a: -(-a // 3) == a // 3 + 1, lambda a: (a > 3) & (a < 7), "a") == {"a": 6}
    assert counterexample(lambda a: a // 3 * 3 <= a, lambda a: a >= -7, "a") is None
    assert counterexample(lambda a: False, lambda a: (a > 0) & (a < 1), "a") is None


def test_no_answer_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbolic, "EFFORT", 1)
    with pytest.raises(AssertionError, match="the solver cannot say whether"):
        counterexample(lambda a, b: 6 * a + 10 * b != 15, lambda a, b: True, "a b")


@pytest.mark.parametrize("divisor", [0, -2])
def test_only_positive_divisors_floor(divisor: int) -> None:
    with pytest.raises(AssertionError):
        Unknown("a") // divisor
