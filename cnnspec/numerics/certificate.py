"""Certificates: whether a real layer's result is right, for a small part of what it costs to compute.

Let $r$ be a random vector over the channels of the result.  Then $\\sum_o r_o\\,y[n,o,i]$ is a layer with one output
channel, with the weights $\\sum_o r_o w[o]$, and is compared place by place.  $r$ is drawn here, after the result is
there.

**Exact form**, integer data.  $r_o$ uniform in $\\{\\pm1, \\dots, \\pm R\\}$ with $R = \\lfloor 2^{53} / (O
\\max(|y|_{max}, K a b)) \\rfloor$, where $a$, $b$ bound the factors: then both sides are integers below $2^{53}$ and
exact in float64, whatever the order of summation.  A wrong place has $\\sum_o r_o E_o = 0$ for at most one value of
the last $r_o$ with $E_o \\ne 0$, of $2R$: it is missed with probability at most $(2R)^{-t}$ in $t$ trials (Freivalds
1979).

**Float form**.  $r_o = \\pm1$.  The errors of correct sums give $|\\sum_o r_o e_o| \\le \\lambda\\sqrt{\\sum_o e_o^2}$
but for a probability of $2e^{-\\lambda^2/2}$ (Hoeffding), with $e_o$ of variance at most $\\frac13(K+1)u_a^2 S_o^2$
(:mod:`cnnspec.numerics.sharp`), and $S_o \\le \\|\\text{patch}\\|_2\\|w_o\\|_2$ (Cauchy and Schwarz).  So the alarm is

$$ T = \\lambda\\Big[(1+u_o)\\sqrt{\\tfrac13(K+1)}\\;u_a\\,\\|\\text{patch}\\|_2\\|w\\|_F + u_o\\|y\\|_2\\Big]
+ (2O + K_g)\\sqrt O\\;2^{-53}\\,\\|\\text{patch}\\|_2\\|w\\|_F $$

where $\\lambda$ follows from the number of places and a budget of $10^{-9}$, the patch norm from a box filter of
$\\sum_c x_c^2$, and the last term is this computation's own error ($K_g$ terms over all groups).

A first look does all this in float32, with its own error in the alarm by the same reasoning.  Sums over $O$ channels,
of the result and of the weights, and then over $C$ channels and $\\prod k$ taps have partial sums of mean square
$\\sum y_o^2$ and less, since the signs are random.  They add
$2\\sqrt{\\frac13(O+1)} + \\rho\\sqrt{\\frac13(C+\\prod k+4)}$ to the root in $T$, where
$\\rho = \\|\\sum_o r_o w_o\\|_F/\\|w\\|_F$.  Only if that look finds anything, all is computed again in float64.

An error above $2T$ is missed with probability at most $2^{-t}$: of the two values of its $r_o$ at most one leaves the
sum below $T$.

An alarm is no verdict.  Each place that raises one is computed anew, for every channel, and only an element beyond the
hard bound of :func:`cnnspec.numerics.bounds.sum_of_products` (or different at all, in the exact form) is called wrong.

References: Freivalds, Fast probabilistic algorithms, MFCS 1979, https://doi.org/10.1007/3-540-09526-8_5; Hoeffding,
J. Amer. Statist. Assoc. 58, 1963, https://doi.org/10.1080/01621459.1963.10500830.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import shake_128
from math import isfinite, log, sqrt
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cnnspec.errors import ParameterError
from cnnspec.numerics.arithmetic import Arithmetic
from cnnspec.numerics.bounds import sum_of_products
from cnnspec.numerics.precision import ACCUMULATOR, format_of
from cnnspec.numerics.projection import parts
from cnnspec.numerics.sharp import BUDGET

if TYPE_CHECKING:
    from cnnspec.numerics.mixing import Side
    from cnnspec.numerics.problems import Problem
    from cnnspec.typing import Array

Form = Literal["exact", "float"]

EXACT = 2**53
MOST_PLACES = 64
"""How many alarms are computed anew, the largest first."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong element: its index in the result, what it is, what is right, and the largest error allowed."""

    index: tuple[int, ...]
    got: float
    right: float
    allowed: float

    def __str__(self) -> str:
        where = ", ".join(map(str, self.index))
        words = f"[{where}] is {self.got:.9g} where {self.right:.9g} is right"
        return f"{words}, {self.times}" if self.allowed else words

    @property
    def times(self) -> str:
        """How large the error is, in words."""
        return f"an error of {abs(self.got - self.right) / self.allowed:.3g} times the largest allowed"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the projections said.

    Attributes
    ----------
    name, form, trials, seed
        The operation; ``exact`` or ``float``; how many projections, and the seed of their signs.
    places, outputs
        How many places were compared, and how many elements they hold.
    miss
        The probability that one wrong element, or one whose error is above ``visible``, went unseen.
    visible
        The error from which on that holds: 0 in the exact form, the median of $2T$ over a sample of places in the
        float form.
    relative
        ``visible`` in units of the root mean square of a sample of the result.
    alarms
        How many places raised an alarm.
    wrong
        Wrong elements, as found by computing up to :data:`MOST_PLACES` of those places anew.
    unconfirmed
        Alarms whose every element turned out to be within its bound.
    """

    name: str
    form: Form
    trials: int
    seed: int
    places: int
    outputs: int
    miss: float
    visible: float
    relative: float
    alarms: int
    wrong: tuple[Wrong, ...]
    unconfirmed: int

    @property
    def right(self) -> bool:
        """Whether nothing wrong was found."""
        return not self.wrong

    def __bool__(self) -> bool:
        return self.right

    def __str__(self) -> str:
        if not self.right:
            more = self.alarms - self.unconfirmed
            return f"{self.name}: wrong at {more} of {self.places} places; {self.wrong[0]}"
        how = f"{self.trials} {self.form} projection{'s' * (self.trials > 1)}, seed {self.seed}"
        words = f"{self.name}: right, by {how}; "
        if self.form == "exact":
            words += f"a wrong element was missed with probability at most {self.miss:.1e}"
        else:
            words += (
                f"an error above {self.visible:.2g} ({self.relative:.1g} of the result's root mean square) was missed"
                f" with probability at most {self.miss:.1e}"
            )
        if self.unconfirmed:
            words += f"; {self.unconfirmed} places stood out and were computed anew, all within their bounds"
        return words


def certificate(
    problem: Problem,
    *,
    exact: bool | None = None,
    trials: int = 2,
    seed: int | None = None,
    numerics: Mapping[str, str] | None = None,
) -> Certificate:
    """Certify a result.

    Parameters
    ----------
    problem
        The result with its arguments.
    exact
        Whether to use the exact form; by default where all numbers are integers and small enough.
    trials
        How many projections.
    seed
        Of the random vectors; drawn by the system if not given, and kept in the certificate.
    numerics
        The arithmetic that is declared, see :mod:`cnnspec.numerics.arithmetic`; float form only.

    Returns
    -------
    Certificate
        True in a boolean context if nothing wrong was found.

    Raises
    ------
    ParameterError
        If the exact form is asked for and the arguments are no integers or too large, or ``trials`` is below 1, or the
        float form would meet arguments that are not finite.
    """
    if trials < 1:
        raise ParameterError(f"trials must be >= 1, got {trials}")
    seed = secrets.randbits(63) if seed is None else seed
    limit = 0 if exact is False else exact_multiplier(problem)
    if exact and limit < 1:
        raise ParameterError(
            f"the exact form of {problem.name} needs integers whose sums are exact; use exact=False, or smaller"
            " integers"
        )
    if limit >= 1:
        strays = stray(problem)
        if exact or not strays:
            return _exact(problem, limit, strays, trials, seed)
    return _float(problem, trials, seed, numerics)


def integers(a: Array) -> bool:
    """Whether every element is an integer; looks at a few first."""
    if a.dtype.kind in "iu":
        return True
    flat = a.reshape(-1)
    for part in (slice(64), *parts(flat.size, 1)):
        wide = flat[part].astype(np.float64)
        if not (np.isfinite(wide).all() and (wide == np.rint(wide)).all()):
            return False
    return True


def _largest(a: Array) -> int:
    return max(int(a.max()), -int(a.min())) if a.size else 0


def _sums(problem: Problem) -> int:
    """The largest size that a sum of such integers may have."""
    a, b = map(_largest, problem.factors)
    return problem.terms * a * b + (0 if problem.bias is None else _largest(problem.bias))


def exact_multiplier(problem: Problem) -> int:
    """$R$, or 0 where the exact form cannot be had: no integers, too large, or rounded in the result's dtype."""
    arrays = [*problem.factors, *([] if problem.bias is None else [problem.bias])]
    if not all(map(integers, arrays)):
        return 0
    sums, dtype = _sums(problem), problem.result.dtype
    held = 2 ** format_of(dtype.name).significand if dtype.name in ACCUMULATOR else int(np.iinfo(dtype).max)
    return 0 if sums > held else int(EXACT // max(problem.channels * sums, 1))


def stray(problem: Problem) -> list[tuple[int, ...]]:
    """Elements of the result that no sum of such integers can be: fractions, NaN, too large ones; a few of them."""
    y, limit = problem.result, _sums(problem)
    flat = y.reshape(-1)
    found: list[tuple[int, ...]] = []
    for part in parts(flat.size, 1):
        with np.errstate(invalid="ignore"):
            wide = flat[part].astype(np.float64, copy=False)
            bad = np.flatnonzero(~((np.abs(wide) <= limit) & (wide == np.rint(wide))))
        found += [tuple(map(int, np.unravel_index(part.start + i, y.shape))) for i in bad[:MOST_PLACES].tolist()]
        if len(found) >= MOST_PLACES:
            break
    return found


def _exact(problem: Problem, limit: int, strays: list[tuple[int, ...]], trials: int, seed: int) -> Certificate:
    limit, rng = min(limit, EXACT), np.random.default_rng(seed)
    suspects = list(dict.fromkeys(map(problem.place, strays)))
    places = problem.result.size // max(problem.channels, 1)
    if not suspects:
        r = rng.integers(1, limit, (trials, problem.channels), endpoint=True).astype(np.float64)
        r *= np.where(rng.random(r.shape) < 0.5, -1.0, 1.0)
        difference = problem.project(r)
        difference -= problem.compute(r).sums
        suspects = list(map(tuple, np.argwhere((difference != 0).any(axis=0)).tolist()))
    wrong: list[Wrong] = []
    for place in suspects[:MOST_PLACES]:
        indices, right, _ = problem.at(place)
        for index, value in zip(indices, right.tolist(), strict=True):
            got = float(problem.result[index])
            if got != value:
                wrong.append(Wrong(index, got, value, 0.0))
    return _summary(problem, "exact", trials, seed, float(2 * limit) ** -trials, 0.0, places, len(suspects), wrong, 0)


def _float(problem: Problem, trials: int, seed: int, numerics: Mapping[str, str] | None) -> Certificate:
    arithmetic = Arithmetic.of(problem.result.dtype.name, numerics)
    r = _signs(seed, trials, problem.channels)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        fast = problem.groups == 1 and all(f.dtype.itemsize <= 4 for f in problem.factors)
        over, alarm = _compared(problem, r, arithmetic, np.float32 if fast else np.float64)
        if fast and not (_within(over) and np.isfinite(alarm.max(initial=0))):  # a second look, as precise as can be
            over, alarm = _compared(problem, r, arithmetic, np.float64)
    if not np.isfinite(alarm.max(initial=0)):
        raise ParameterError(f"{problem.name} cannot be certified: its arguments are not finite, or too large")
    suspects: Any = []
    if not _within(over):
        loud = ~(over <= 1)
        suspects = np.argwhere(loud)[np.argsort(-np.nan_to_num(over[loud], nan=np.inf))]
    wrong, unconfirmed = [], 0
    for place in suspects[:MOST_PLACES]:
        found = _beyond(problem, tuple(place.tolist()), arithmetic)
        wrong += found
        unconfirmed += not found
    visible = 2 * _middle(alarm.reshape(-1)[:: max(alarm.size // 2**8, 1)]) if alarm.size else 0.0
    return _summary(
        problem, "float", trials, seed, 2.0**-trials, visible, alarm.size, len(suspects), wrong, unconfirmed
    )


def _signs(seed: int, trials: int, channels: int) -> Array:
    """Random signs, (t, O), from a hash: a generator of NumPy's costs more than a small layer's certificate may."""
    count = trials * channels
    drawn = shake_128(str(seed).encode()).digest(-(-count // 8))
    return 1.0 - 2.0 * np.unpackbits(np.frombuffer(drawn, np.uint8), count=count).reshape(trials, channels)


def _middle(values: Array) -> float:
    """The upper median; NumPy's own takes longer than these few values are worth."""
    return float(np.partition(values, len(values) // 2)[len(values) // 2])


def _within(over: Array) -> bool:
    """Whether no difference is above $T$, and none is NaN."""
    return bool(over.max(initial=0) <= 1)


def _compared(problem: Problem, r: Array, arithmetic: Arithmetic, dtype: Any) -> tuple[Array, Array]:
    """The largest difference of all trials at each place in units of $T$, and $T$; computed in ``dtype``."""
    difference = problem.project(r, dtype)
    side = problem.compute(r, dtype)
    difference -= side.sums
    np.abs(difference, out=difference)
    over = difference[0] if len(r) == 1 else difference.max(axis=0)
    alarm = threshold(problem, side, len(r), arithmetic, dtype)
    over /= alarm
    return over, alarm


def threshold(problem: Problem, side: Side, trials: int, arithmetic: Arithmetic, dtype: Any = np.float64) -> Array:
    """$T$ for every place; see the head of this module."""
    wide, k, norms = problem.channels, problem.terms, side.norms
    chance = sqrt(2 * log(2 * max(norms.size, 1) * trials / BUDGET))
    u_o = arithmetic.rounds_output
    unit = arithmetic.rounds_sums
    spread = k if arithmetic.rounding == "truncate" else sqrt((k + 1) / 3)  # truncation has a direction and adds up
    own = (2 * wide + k * problem.groups) * sqrt(wide) * 2.0**-53
    if np.dtype(dtype) == np.float32:
        own += chance * (sqrt((side.terms + 4) / 3) * side.ratio + 2 * sqrt((wide + 1) / 3)) * 2.0**-24
    alarm = norms * (chance * ((1 + u_o) * spread * unit + arithmetic.rounds_operands) + own)
    if u_o:
        rounded = np.sqrt(problem.squared())
        alarm = alarm + chance * u_o * np.where(np.isfinite(rounded), rounded, 0)  # what is not finite is an alarm
    alarm += k * 2.0**arithmetic.accumulator.min_exponent + wide * 2.0**arithmetic.output.min_exponent
    if arithmetic.ftz:
        sums, least = arithmetic.accumulator.smallest_normal, arithmetic.output.smallest_normal
        alarm += wide * (2 * k * sums + (1 + _sizes(problem)) * least)
    return alarm


def _sizes(problem: Problem) -> float:
    """The most that the operands of one result add up to in size, $\\sum|x| + \\sum|w|$."""
    return problem.terms * sum(float(np.max(np.abs(a), initial=0)) for a in problem.factors)


def _beyond(problem: Problem, place: tuple[int, ...], arithmetic: Arithmetic) -> list[Wrong]:
    """The elements at a place that are beyond their hard bound."""
    indices, right, size = problem.at(place)
    sizes = _sizes(problem) if arithmetic.ftz else None
    bound = sum_of_products(right, size, problem.terms, arithmetic, sizes=sizes)
    got = np.array([float(problem.result[index]) for index in indices])
    with np.errstate(invalid="ignore"):
        bad = ~(np.abs(got - right) <= bound)
    return [Wrong(indices[i], float(got[i]), float(right[i]), float(bound[i])) for i in np.flatnonzero(bad).tolist()]


def _summary(
    problem: Problem, form: Form, trials: int, seed: int, miss: float, visible: float, places: int, alarms: int,
    wrong: list[Wrong], unconfirmed: int,
) -> Certificate:  # fmt: skip
    y = problem.result
    sample = y.reshape(-1)[:: max(y.size // 2**8, 1)].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        rms = float(np.sqrt(np.mean(sample**2))) if sample.size else 0.0
    return Certificate(
        problem.name, form, trials, seed, places, y.size, miss, visible,
        visible / rms if rms and isfinite(rms) else 0.0, alarms, tuple(wrong), unconfirmed,
    )  # fmt: skip
