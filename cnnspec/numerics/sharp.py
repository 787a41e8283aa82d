"""Sums of random data: far closer to the exact ones than the worst case, by laws of large numbers.

The bounds of :mod:`cnnspec.numerics.bounds` hold for any data.  On *seeded random* data rounding errors behave like
independent random numbers of mean 0, so they add up like $\\sqrt K$ and not like $K$.  What is said here must never be
held against a user's own data.

Model (Higham and Mary 2019): one rounding has a relative error $\\delta$ with $|\\delta| \\le u$, mean 0 and, being
spread out evenly, a variance of at most $u^2/3$; different roundings are independent.  For the error $e$ of one
output with $K$ products this gives

$$ P\\big(|e| > \\lambda\\sqrt{K+1}\\,u\\,S\\big) \\le 2e^{-\\lambda^2/2}, \\qquad
\\operatorname{E} e^2 \\le \\tfrac13 (K+1)\\,u^2 S^2 $$

since to first order $e = \\sum_k \\delta_k s_k + \\sum_k \\delta'_k x_k w_k$ with partial sums $|s_k| \\le S$, the
first by Azuma's inequality.  Both are held at the share $\\beta$ of errors that a run may waste on bad luck: for $N$
outputs

$$ |e| \\le \\min(K, \\lambda\\sqrt{K+1})\\,u\\,S, \\quad \\lambda^2 = 2\\ln(2N/\\beta) \\qquad\\text{and}\\qquad
\\operatorname{rms}\\frac{e}{uS} \\le \\sqrt{\\tfrac13(K+1)\\,(1 + 2\\sqrt{z/N} + 2z/N)}, \\quad z = \\ln(1/\\beta) $$

with the tail of a sum of squares after Laurent and Massart 2000, lemma 1.

References: Higham and Mary, A new approach to probabilistic rounding error analysis, SIAM J. Sci. Comput. 41, 2019,
https://doi.org/10.1137/18M1226312; Laurent and Massart, Ann. Statist. 28, 2000, https://doi.org/10.1214/aos/1015957395.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnspec.typing import Array

BUDGET = 1e-9
"""$\\beta$: the probability, over all checks of a run that rest on chance, of calling correct sums wrong."""

LEAST_OUTPUTS = 1000
"""Below this number of outputs the tail of their mean square says too little."""

SPREAD = 8.0
"""$|t|$ of 24 draws above which a mean is not 0: by Student's distribution with 23 degrees of freedom that is less
likely than 1e-7, and it is confirmed on fresh draws before it is said."""


@dataclass(frozen=True, slots=True)
class Sharpness:
    """Errors of $N$ sums in units of $uS$: the largest, the root mean square and the median, with what is allowed."""

    outputs: int
    largest: float
    most: float
    rms: float
    most_rms: float
    median: float

    @property
    def sharp(self) -> bool:
        """Whether both are within what chance allows."""
        return self.largest <= self.most and self.rms <= self.most_rms


def sharpness(
    exact: Array, magnitude: Array, got: Array, terms: int, unit: float, *, budget: float = BUDGET
) -> Sharpness:
    """How precise sums of random data are, and how precise they must be.

    Parameters
    ----------
    exact, magnitude, got
        $y$, $S$ and $\\hat y$, of one shape; outputs with $S = 0$ do not count.
    terms
        $K$.
    unit
        $u$ of the accumulator; the output's own format must not be a narrower one.
    budget
        $\\beta$.

    Returns
    -------
    Sharpness
        In units of $uS$.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, w = rng.standard_normal((2, 50, 2000)).astype(np.float32)
    >>> exact, magnitude = (x.astype(float) * w).sum(0), np.abs(x.astype(float) * w).sum(0)
    >>> [sharpness(exact, magnitude, (x * w).sum(0), 50, 2.0**-p).sharp for p in (24, 35)]
    [True, False]
    """
    filled = magnitude > 0
    r = np.abs(got.astype(np.float64) - exact)[filled] / (unit * magnitude[filled])
    n = max(r.size, 1)
    z = log(1 / budget)
    slack = sqrt(2 * log(2 * n / budget) * (terms + 1))
    return Sharpness(
        outputs=int(r.size),
        largest=float(np.max(r, initial=0)),
        most=min(float(terms), slack),
        rms=float(np.sqrt(np.mean(r**2))) if r.size else 0.0,
        most_rms=sqrt((terms + 1) / 3 * (1 + 2 * sqrt(z / n) + 2 * z / n)),
        median=float(np.median(r)) if r.size else 0.0,
    )


def bias(draws: Sequence[float]) -> float:
    """Student's $t$ of the mean of independent draws: means of $\\operatorname{sign}(y)\\,e$ over a random case each.

    Rounding to nearest has no direction; truncation makes every sum smaller.  Direct algorithms only.

    Examples
    --------
    >>> round(bias([1.0, -1.0, 0.5, -0.5]), 3), bias([1.0, 1.1, 0.9, 1.0]) > 8
    (0.0, True)
    """
    values = np.asarray(draws, np.float64)
    spread = float(values.std(ddof=1)) / sqrt(len(values))
    middle = float(values.mean())
    return middle / spread if spread else (0.0 if middle == 0 else float(np.copysign(np.inf, middle)))
