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
