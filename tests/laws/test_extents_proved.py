"""The extent theorems for every n, k and pads, without a bound, at every stride and dilation up to 16.

The functions of :mod:`cnnspec.geometry` themselves run on symbols.  Where they branch, both ways are taken in turn,
each with the condition under which it is taken, and Z3 shows that no integers break the statement on any of the ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from cnnspec import geometry
from cnnspec.geometry import Window, adaptive_window, ceil_div, same_pads

z3 = pytest.importorskip("z3")

MOST = 16
STEPS = range(1, MOST + 1)


class Ways:
    """The ways through a function: at each branch both sides that some integers can take, one after the other."""

    def __init__(self, *assumptions: Any) -> None:
        self.solver = z3.Solver()
        self.solver.add(*assumptions)
        self.taken: list[bool] = []
        self.open: list[bool] = []
        self.conditions: list[Any] = []

    def possible(self, *conditions: Any) -> bool:
        return bool(self.solver.check(*self.conditions, *conditions) == z3.sat)

    def decide(self, condition: Any) -> bool:
        at = len(self.conditions)
        if at == len(self.taken):
            yes, no = self.possible(condition), self.possible(z3.Not(condition))
            self.taken.append(yes)
            self.open.append(yes and no)
        self.conditions.append(condition if self.taken[at] else z3.Not(condition))
        return self.taken[at]

    def all(self, run: Callable[[], Any]) -> Iterator[tuple[list[Any], Any]]:
        """Every way, with its conditions and its result."""
        self.taken, self.open = [], []
        while True:
            self.conditions = []
            result = run()
            yield list(self.conditions), result
            while self.open and not self.open[-1]:
                self.taken.pop()
                self.open.pop()
            if not self.open:
                return
            self.taken[-1], self.open[-1] = False, False


class Symbol:
    """An integer that is not known."""

    def __init__(self, term: Any, ways: Ways) -> None:
        self.term, self.ways = term, ways

    def _other(self, other: Any) -> Any:
        return other.term if isinstance(other, Symbol) else other

    def _new(self, term: Any) -> Symbol:
        return Symbol(term, self.ways)

    def __add__(self, other: Any) -> Symbol:
        return self._new(self.term + self._other(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Symbol:
        return self._new(self.term - self._other(other))

    def __rsub__(self, other: Any) -> Symbol:
        return self._new(self._other(other) - self.term)

    def __mul__(self, other: Any) -> Symbol:
        return self._new(self.term * self._other(other))

    __rmul__ = __mul__

    def __neg__(self) -> Symbol:
        return self._new(-self.term)

    def __floordiv__(self, other: int) -> Symbol:
        assert other > 0  # where Z3's division floors, as Python's does
        return self._new(self.term / other)

    def __mod__(self, other: int) -> Symbol:
        assert other > 0
        return self._new(self.term % other)

    def __lt__(self, other: Any) -> bool:
        return self.ways.decide(self.term < self._other(other))

    def __le__(self, other: Any) -> bool:
        return self.ways.decide(self.term <= self._other(other))

    def __gt__(self, other: Any) -> bool:
        return self.ways.decide(self.term > self._other(other))

    def __ge__(self, other: Any) -> bool:
        return self.ways.decide(self.term >= self._other(other))


def term(value: Any) -> Any:
    return value.term if isinstance(value, Symbol) else value


def proved(ways: Ways, run: Callable[[], Any], statement: Callable[[Any], Any]) -> int:
    """Show the statement on every way; the number of ways."""
    count = 0
    for conditions, result in ways.all(run):
        broken = ways.solver.check(*conditions, z3.Not(statement(result)))
        assert broken == z3.unsat, ways.solver.model()
        count += 1
    return count


N, K, LO, HI, J, M = z3.Ints("n k lo hi j m")
SENSIBLE = (K >= 1, N >= 0, J >= 0, M >= 1, N + LO + HI >= 0)


def window(ways: Ways, s: int, d: int) -> Window:
    return Window(Symbol(K, ways), s, d, Symbol(LO, ways), Symbol(HI, ways))  # type: ignore[arg-type]


@pytest.mark.parametrize("s", STEPS)
@pytest.mark.parametrize("d", STEPS)
def test_the_floor_rule_counts_the_windows_that_fit(s: int, d: int) -> None:
    ways = Ways(*SENSIBLE)
    fits = s * J + (K - 1) * d + 1 <= N + LO + HI
    count = lambda: window(ways, s, d).count(Symbol(N, ways))  # type: ignore[arg-type]  # noqa: E731
    assert proved(ways, count, lambda m: (term(m) > J) == fits) == 2


@pytest.mark.parametrize("s", STEPS)
@pytest.mark.parametrize("d", STEPS)
def test_the_ceil_rule_counts_the_windows_that_start_in_time(s: int, d: int) -> None:
    ways = Ways(*SENSIBLE)
    cropped = z3.If(HI < 0, HI, 0)
    starts = z3.And(s * J < N + LO + HI - ((K - 1) * d + 1) + s, s * J < N + LO + cropped)
    count = lambda: window(ways, s, d).count(Symbol(N, ways), ceil_mode=True)  # type: ignore[arg-type]  # noqa: E731
    assert proved(ways, count, lambda m: (term(m) > J) == starts) > 2


@pytest.mark.parametrize("s", STEPS)
@pytest.mark.parametrize("d", STEPS)
def test_same_pads_are_the_least_that_give_one_output_per_stride(s: int, d: int) -> None:
    ways = Ways(K >= 1, N >= 1)
    m, span = (N + s - 1) / s, (K - 1) * d + 1

    def statement(pads: Any) -> Any:
        lo, hi = map(term, pads)
        padded = N + lo + hi
        enough = z3.And((m - 1) * s + span <= padded, m * s + span > padded)
        least = z3.Or(hi == 0, (m - 1) * s + span == padded)
        return z3.And(lo >= 0, lo <= hi, hi <= lo + 1, enough, least)

    def pads(upper: bool) -> Any:
        return same_pads(Symbol(N, ways), Symbol(K, ways), s, d, upper=upper)  # type: ignore[arg-type]

    assert proved(ways, lambda: pads(True), statement)
    assert proved(ways, lambda: pads(False)[::-1], statement)


@pytest.mark.parametrize("s", STEPS)
@pytest.mark.parametrize("d", STEPS)
def test_the_transposed_extent_is_the_least_input_of_its_count(s: int, d: int) -> None:
    ways = Ways(*SENSIBLE)

    def run() -> Any:
        axis, n = window(ways, s, d), Symbol(N, ways)
        return axis.count(n), axis.remainder(n), axis.transposed_extent(Symbol(M, ways))  # type: ignore[arg-type]

    def statement(found: Any) -> Any:
        count, remainder, least = map(term, found)
        return z3.And((count == M) == z3.And(least <= N, least + s > N), z3.Implies(count == M, least + remainder == N))

    assert proved(ways, run, statement) == 2


@pytest.mark.parametrize("m", STEPS)
def test_adaptive_windows_hold_their_shares_and_no_more(monkeypatch: pytest.MonkeyPatch, m: int) -> None:
    monkeypatch.setattr(geometry, "range", lambda start, stop: (start, stop), raising=False)
    ways = Ways(N >= 1)
    windows = [tuple(map(term, adaptive_window(i, Symbol(N, ways), m))) for i in range(m)]  # type: ignore[arg-type]
    shares = [
        z3.And(start * m <= i * N, (start + 1) * m > i * N, (stop - 1) * m < (i + 1) * N, stop * m >= (i + 1) * N)
        for i, (start, stop) in enumerate(windows)
    ]
    inside = [z3.And(start >= 0, start < stop, stop <= N) for start, stop in windows]
    joined = [after[0] <= before[1] for before, after in pairwise(windows)]
    whole = [windows[0][0] == 0, windows[-1][1] == N]
    assert proved(ways, lambda: None, lambda _: z3.And(*shares, *inside, *joined, *whole)) == 1


def test_division_upward() -> None:
    for s in STEPS:
        ways = Ways()
        q = term(ceil_div(Symbol(N, ways), s))  # type: ignore[arg-type]
        assert proved(ways, lambda: None, lambda _, q=q, s=s: z3.And(q * s >= N, q * s < N + s)) == 1


def test_a_wrong_formula_is_refuted() -> None:
    ways = Ways(*SENSIBLE)
    # as C counts, truncated toward zero: one window where the kernel is a little too large
    room = N + LO + HI - K
    truncated = z3.If(room >= 0, room / 3, -(-room / 3)) + 1
    with pytest.raises(AssertionError):
        proved(ways, lambda: window(ways, 3, 1).count(Symbol(N, ways)), lambda m: term(m) == truncated)  # type: ignore[arg-type]
