"""How far a correct floating-point sum of products may lie from the exact one: a bound per output element.

With the exact value $y$, $S = \\sum |x||w|$ over the taps of that output and $K$ terms,

$$ B = u_o |y| + (1 + u_o)\\,(c_{in} + \\rho\\,(1 + c_{in}))\\,S + \\eta + K\\,2^{-53} S $$

- $\\rho$ bounds summation: $K u_a$ in *any* order by round-to-nearest
  (:meth:`cnnspec.numerics.arithmetic.Arithmetic.sums` has the others).
- $u_o |y|$ is the last rounding, to the output's format; it vanishes where accumulator and output are the same.
  It is $|y|$, not $S$: that tells float32 accumulation from float16 accumulation.
- $c_{in} = (1 + u_r)^2 - 1$ where the operands are declared to be rounded to a format of unit roundoff $u_r$.
- $\\eta$ covers underflow.
- The last term is the error of our own float64 reference.

No constant here is chosen: each is a theorem or a property of a format, and the tests draw the cases that attain it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.errors import UsageError
from cnnspec.numerics.arithmetic import Arithmetic

if TYPE_CHECKING:
    from cnnspec.typing import Array


def sum_of_products(
    exact: Array,
    magnitude: Array,
    terms: int,
    arithmetic: Arithmetic | str,
    *,
    sizes: Array | float | None = None,
    before_bias: Array | None = None,
    reference_error: bool = True,
) -> Array:
    """The bound $B$ per output element.

    The products $\\hat x_i \\hat w_i$ of rounded operands have magnitude at most $(1 + c_{in})S$ and sum to within
    $c_{in}S$ of $y$; adding them up errs by at most $\\rho(1+c_{in})S$, and the last rounding by $u_o$ times what it
    rounds, at most $u_o(|y| + c_{in}S + \\rho(1+c_{in})S)$.  Collected:

    $$ B = u_o|y| + (1+u_o)\\,(c_{in} + \\rho\\,(1 + c_{in}))\\,S + \\eta + K\\,2^{-53}S $$

    A product of normal numbers may underflow, and then errs by at most half the smallest subnormal $\\mu$; sums never
    do; so $\\eta = \\frac12 K\\mu_a$, and $\\frac12\\mu_o$ more where the last rounding is to another format.  Operands
    that are rounded to a format of their own may underflow there: $\\frac12\\mu_r(\\sum|x| + \\sum|w|)$, counted where
    ``sizes`` is given.  Under declared flush-to-zero every operand, product, sum and result below the smallest normal
    number $\\lambda$ of its format may become 0: $2K\\lambda_a + \\lambda_o + \\lambda_o(\\sum|x| + \\sum|w|)$ more.

    Where the sum is rounded to the output's format before the bias is added, the same reasoning holds for the value $z$
    before the bias, and once more for the addition: $B + (1+u_o)\\,u_o|z|$, and all other terms times $1 + u_o$.

    Where the sums may overflow, $|\\text{partial sum}| \\le (1+c_{in})(1+\\rho)S$, nothing is required: $B = \\infty$.

    Laws: CORR-3, GRAD-1.

    Parameters
    ----------
    exact
        The reference's value $y$, float64.
    magnitude
        $S$, float64, of the same shape.
    terms
        $K$, the number of terms of this reduction, one more with a bias.
    arithmetic
        How the sums are formed; a dtype's name stands for its default arithmetic.
    sizes
        $\\sum|x| + \\sum|w|$ over the taps of each output, of the same shape.
    before_bias
        $z$, the exact sum without its bias, where ``arithmetic`` rounds that first.
    reference_error
        Whether ``exact`` is itself a float64 sum; if not, the last term is left out.

    Returns
    -------
    Array
        Float64, of the shape of ``exact``.

    Raises
    ------
    UsageError
        If flush-to-zero is declared and ``sizes`` is missing.

    References
    ----------
    Jeannerod and Rump 2013, https://doi.org/10.1137/120894488; Higham 2002, sections 2.7 and 3.1.

    Examples
    --------
    >>> float(sum_of_products(np.float64(1.0), np.float64(1.0), 9, "float32")) < 1e-6
    True
    """
    a = _arithmetic(arithmetic)
    u_o, c_in, rho = a.rounds_output, a.rounds_operands, a.sums(terms)
    with np.errstate(invalid="ignore", over="ignore"):
        sums = c_in + rho * (1 + c_in)
        bound = (1 + u_o) * sums * magnitude + _underflow(a, terms, sizes)
        if a.bias_rounded and before_bias is not None:
            bound = (1 + u_o) * (bound + u_o * np.abs(before_bias))
        bound = u_o * np.abs(exact) + bound
        if reference_error:
            bound = bound + terms * (2.0**-53 * magnitude + 2.0**-1074)
        overflows = magnitude * (1 + sums) >= a.accumulator.largest
        overflows |= np.abs(exact) + bound >= a.output.largest
    result: Array = np.where(overflows, np.inf, bound)
    return result


def _arithmetic(said: Arithmetic | str) -> Arithmetic:
    return Arithmetic.of(said) if isinstance(said, str) else said


def sizes_of_operands(sums: Callable[..., Array], arrays: Sequence[Array]) -> Array:
    """$\\sum|x| + \\sum|w|$ over the taps of each output of an operation that is linear in its first two ``arrays``.

    Examples
    --------
    >>> sizes_of_operands(np.convolve, [np.array([1.0, -2.0]), np.array([3.0])]).tolist()
    [4.0, 5.0]
    """
    sizes = [np.abs(a).astype(np.float64) for a in arrays]
    total: Array = np.zeros(())
    for i in range(2):
        alone = [a if j in (i, 2) else np.ones(a.shape) for j, a in enumerate(sizes)]
        total = total + sums(*alone)
    return total


def _underflow(a: Arithmetic, terms: int, sizes: Array | float | None) -> Array | float:
    """$\\eta$; twice as much where what underflows is truncated."""
    share = 1.0 if a.rounding == "truncate" else 0.5
    eta: Array | float = share * (terms * 2.0**a.accumulator.min_exponent)
    eta += share * 2.0**a.output.min_exponent if a.rounds_output else 0.0
    if a.operands is not None and sizes is not None:
        eta = eta + share * 2.0**a.operands.min_exponent * sizes
    if a.ftz:
        if sizes is None:
            raise UsageError("a bound under flush-to-zero needs sizes, the sums of |x| and of |w| (CORR-3)")
        least = a.output.smallest_normal
        eta = eta + 2 * terms * a.accumulator.smallest_normal + least + least * sizes
    return eta


def mean(exact: Array, magnitude: Array, terms: int, arithmetic: Arithmetic | str) -> Array:
    """How far the mean of a window may lie from the exact one, per output element.

    Some implementations divide the sum by $D$, some multiply it by a rounded $1/D$, and some multiply every term.
    With an error of $u$ in each operation and $S = \\sum |x|$ over the window of $K$ terms, in any order of summation:

    - sum, then divide: $(K-1)u$ from the sum, $u$ from the quotient, $(K-1)u(1+u) + u$ in all;
    - sum, then multiply: $(K-1)u(1+u)^2 + 2u + u^2$;
    - a dot product with weights $\\frac1D(1+\\delta)$, $|\\delta| \\le u$: $Ku(1+u) + u$ (Jeannerod and Rump 2013);

    each times $S/D$, and each at most $(K+1)u(1+u)^2\\,S/D$.  The last rounding, underflow and the error of our own
    float64 value come on top, as in :func:`sum_of_products`; under declared flush-to-zero each of the $K$ elements,
    each of the at most $2(K+1)$ intermediate results and the mean itself may become 0.

    Parameters
    ----------
    exact
        The mean, float64.
    magnitude
        The mean of the absolute values, $S/D$.
    terms
        $K$, or more.
    arithmetic
        How the sums are formed; a dtype's name stands for its default arithmetic.

    Returns
    -------
    Array
        Float64, of the shape of ``exact``.

    Examples
    --------
    >>> float(mean(np.float64(2.0), np.float64(2.0), 9, "float32")) < 2e-6
    True
    """
    a = _arithmetic(arithmetic)
    u_o, u = a.rounds_output, a.rounds_sums
    rho = (terms + 1) * (u * (1 + u) ** 2 + 2.0**-53)
    eta = (terms + 1) * 2.0 ** (a.output.min_exponent - (a.rounding == "nearest"))
    if a.ftz:
        eta += (terms + 1) * (a.output.smallest_normal + 2 * a.accumulator.smallest_normal)
    bound: Array = u_o * np.abs(exact) + (1 + u_o) * rho * magnitude + eta
    return bound


POWER_ERROR = 32
"""The relative error of a power function, in units of $u$: 16 ulp, the most that OpenCL 3.0 permits (section 7.4)."""


def norm(exact: Array, terms: int, arithmetic: Arithmetic | str, p: float) -> Array:
    """How far the $p$-norm of a window may lie from the exact one, per output element.

    With $T = \\sum |x|^p$, $y = T^{1/p}$ and power functions of relative error at most $c u$, the computed sum is
    $T(1+\\alpha)$ with $|\\ln(1+\\alpha)| \\le a = -\\ln(1-cu) - (K-1)\\ln(1-u)$, and the computed exponent is
    $\\frac1p(1+\\delta)$ with $|\\delta| \\le u$.  Hence

    $$ |\\ln \\hat y - \\ln y| \\le L = (1+u)\\,a/p + u\\,|\\ln y| - \\ln(1-cu), \\qquad
    |\\hat y - y| \\le y\\,(e^L - 1). $$

    Powers that underflow take at most $K\\eta$ from $T$, and so at most $(K\\eta)^{1/p}$ from $y$; under declared
    flush-to-zero $\\eta$ is two smallest normal numbers, for a power and for a sum, and $K + 1$ more are lost with
    elements and the norm itself.  For $p = \\infty$ the norm is one of the $|x|$, and nothing is rounded.

    Parameters
    ----------
    exact
        The norm, float64.
    terms
        $K$, or more.
    arithmetic
        How powers and sums are formed; a dtype's name stands for its default arithmetic.
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
    a = _arithmetic(arithmetic)
    lost = a.output.smallest_normal if a.ftz else 0.0
    if np.isinf(p):
        return np.full(np.shape(exact), lost)
    u_o, u = a.rounds_output, a.rounds_sums
    power = -np.log1p(-POWER_ERROR * u)
    sizes = np.abs(exact)
    logarithm = np.abs(np.log(np.where(sizes > 0, sizes, 1.0)))
    error = (1 + u) * (power - (terms - 1) * np.log1p(-u)) / p + u * logarithm + power
    least = 2 * a.accumulator.smallest_normal if a.ftz else 2.0**a.accumulator.min_exponent
    eta = (terms * least) ** (1 / p) + 2.0**a.output.min_exponent + (terms + 1) * lost
    bound: Array = u_o * sizes + (1 + u_o) * (sizes * np.expm1(error) + eta)
    return bound
