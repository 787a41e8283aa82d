"""How far a correct floating-point sum of products may lie from the exact one: a bound per output element.

With the exact value $y$, $S = \\sum |x||w|$ over the taps of that output and $K$ terms,

$$ B = u_o |y| + (1 + u_o)(c_{in} + \\rho) S + \\eta + K\\,2^{-53} S $$

- $\\rho = K u_a$ bounds summation in *any* order by round-to-nearest; no condition on $K u_a$ is needed
  (Jeannerod and Rump 2013, https://doi.org/10.1137/120894488).
- $u_o |y|$ is the last rounding, to the output's format; it vanishes where accumulator and output are the same.
  It is $|y|$, not $S$: that tells float32 accumulation from float16 accumulation.
- $c_{in} = (1 + u_r)^2 - 1$ where the operands are declared to be rounded to a format of unit roundoff $u_r$.
- $\\eta$ covers underflow.
- The last term is the error of our own float64 reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.numerics.precision import ACCUMULATOR, format_of

if TYPE_CHECKING:
    from cnnspec.typing import Array


def sum_of_products(
    exact: Array,
    magnitude: Array,
    terms: int,
    dtype: str,
    *,
    accumulator: str | None = None,
    operands: str | None = None,
) -> Array:
    """The bound $B$ per output element.

    Parameters
    ----------
    exact
        The reference's value $y$, float64.
    magnitude
        $S$, of the same shape.
    terms
        $K$, the number of terms of this reduction, one more with a bias.
    dtype
        The dtype of inputs and output.
    accumulator
        The format in which sums are kept; by default float32 for 16-bit inputs, else the dtype itself.
    operands
        The format to which operands are declared to be rounded first, if any.

    Returns
    -------
    Array
        Float64, of the shape of ``exact``.

    Examples
    --------
    >>> float(sum_of_products(np.float64(1.0), np.float64(1.0), 9, "float32")) < 1e-6
    True
    """
    out, accumulate = format_of(dtype), format_of(accumulator or ACCUMULATOR[dtype])
    u_o = 0.0 if out.name == accumulate.name else out.unit
    c_in = (1 + format_of(operands).unit) ** 2 - 1 if operands else 0.0
    eta = (terms + 1) * 2.0 ** (out.min_exponent - 1)
    rho = terms * accumulate.unit
    bound: Array = u_o * np.abs(exact) + (1 + u_o) * (c_in + rho) * magnitude + eta + terms * 2.0**-53 * magnitude
    return bound


def mean(exact: Array, magnitude: Array, terms: int, dtype: str) -> Array:
    """How far the mean of a window may lie from the exact one, per output element.

    Some implementations divide the sum by $D$, some multiply it by a rounded $1/D$, and some multiply every term.
    With unit roundoff $u$ and $S = \\sum |x|$ over the window of $K$ terms, in any order of summation:

    - sum, then divide: $(K-1)u$ from the sum, $u$ from the quotient, $(K-1)u(1+u) + u$ in all;
    - sum, then multiply: $(K-1)u(1+u)^2 + 2u + u^2$;
    - a dot product with weights $\\frac1D(1+\\delta)$, $|\\delta| \\le u$: $Ku(1+u) + u$ (Jeannerod and Rump 2013);

    each times $S/D$, and each at most $(K+1)u(1+u)^2\\,S/D$.  The last rounding, underflow and the error of our own
    float64 value come on top, as in :func:`sum_of_products`.

    Parameters
    ----------
    exact
        The mean, float64.
    magnitude
        The mean of the absolute values, $S/D$.
    terms
        $K$, or more.
    dtype
        The dtype of input and output; sums of 16-bit floats are kept in float32.

    Returns
    -------
    Array
        Float64, of the shape of ``exact``.

    Examples
    --------
    >>> float(mean(np.float64(2.0), np.float64(2.0), 9, "float32")) < 2e-6
    True
    """
    out, accumulate = format_of(dtype), format_of(ACCUMULATOR[dtype])
    u_o, u = 0.0 if out.name == accumulate.name else out.unit, accumulate.unit
    rho = (terms + 1) * (u * (1 + u) ** 2 + 2.0**-53)
    bound: Array = u_o * np.abs(exact) + (1 + u_o) * rho * magnitude + (terms + 1) * 2.0 ** (out.min_exponent - 1)
    return bound


POWER_ERROR = 32
"""The relative error of a power function, in units of $u$: 16 ulp, the most that OpenCL 3.0 permits (section 7.4)."""


def norm(exact: Array, terms: int, dtype: str, p: float) -> Array:
    """How far the $p$-norm of a window may lie from the exact one, per output element.

    With $T = \\sum |x|^p$, $y = T^{1/p}$ and power functions of relative error at most $c u$, the computed sum is
    $T(1+\\alpha)$ with $|\\ln(1+\\alpha)| \\le a = -\\ln(1-cu) - (K-1)\\ln(1-u)$, and the computed exponent is
    $\\frac1p(1+\\delta)$ with $|\\delta| \\le u$.  Hence

    $$ |\\ln \\hat y - \\ln y| \\le L = (1+u)\\,a/p + u\\,|\\ln y| - \\ln(1-cu), \\qquad
    |\\hat y - y| \\le y\\,(e^L - 1). $$

    Powers that underflow take at most $K\\eta$ from $T$, and so at most $(K\\eta)^{1/p}$ from $y$.

    Parameters
    ----------
    exact
        The norm, float64.
    terms
        $K$, or more.
    dtype
        The dtype of input and output; sums of 16-bit floats are kept in float32.
    p
        The exponent, at least 1.

    Returns
    -------
    Array
        Float64, of the shape of ``exact``.

    Examples
    --------
    >>> float(norm(np.float64(5.0), 4, "float32", 2)) < 3e-5
    True
    """
    out, accumulate = format_of(dtype), format_of(ACCUMULATOR[dtype])
    u_o, u = 0.0 if out.name == accumulate.name else out.unit, accumulate.unit
    power = -np.log1p(-POWER_ERROR * u)
    sizes = np.abs(exact)
    logarithm = np.abs(np.log(np.where(sizes > 0, sizes, 1.0)))
    error = (1 + u) * (power - (terms - 1) * np.log1p(-u)) / p + u * logarithm + power
    eta = (terms * 2.0**accumulate.min_exponent) ** (1 / p) + 2.0**out.min_exponent
    bound: Array = u_o * sizes + (1 + u_o) * (sizes * np.expm1(error) + eta)
    return bound
