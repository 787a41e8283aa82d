"""Rounding to a number format, on float64 values: what a narrower machine would hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.numerics.precision import format_of

if TYPE_CHECKING:
    from typing import Literal

    from cnnspec.typing import Array

    Rounding = Literal["nearest", "truncate"]


def round_to(a: Array | float, name: str, rounding: Rounding = "nearest", *, flush: bool = False) -> Array:
    """Every value rounded to a format, as float64.

    With $2^{e} \\le |a| < 2^{e+1}$ and the format's $p$ and smallest subnormal $2^{e_{min}}$ the result is

    $$ q \\operatorname{rnd}(a/q), \\qquad q = 2^{\\max(e - p + 1,\\ e_{min})} $$

    Parameters
    ----------
    a
        Any shape, any real dtype that float64 holds.
    name
        A name of :data:`cnnspec.numerics.precision.FORMATS`, ``tf32`` among them.
    rounding
        ``nearest``, ties to even, or ``truncate``, toward zero.
    flush
        Whether results below the smallest normal number become 0.

    Returns
    -------
    Array
        Float64, of the shape of ``a``.  What is too large becomes infinite; where it is truncated, the largest number.

    Raises
    ------
    DTypeError
        If there is no format of that name.

    References
    ----------
    IEEE 754-2019, section 4.3.

    Examples
    --------
    >>> round_to([513.0, 515.0, 70000.0], "float16").tolist(), round_to(1 + 2**-8 + 2**-20, "bfloat16").item()
    ([513.0, 515.0, inf], 1.0078125)
    >>> round_to([2.0**-24, 2.0**-14], "float16", flush=True).tolist()
    [0.0, 6.103515625e-05]
    """
    fmt = format_of(name)
    values = np.asarray(a, np.float64)
    if name == "float64" and not flush:
        return values
    finite = np.where(np.isfinite(values), values, 0.0)
    exponent = np.frexp(finite)[1]  # |a| < 2^exponent
    step = np.ldexp(1.0, np.maximum(exponent - fmt.significand, fmt.min_exponent))
    turn = np.rint if rounding == "nearest" else np.trunc
    result = turn(finite / step) * step
    over = np.abs(result) > fmt.largest
    limit = np.inf if rounding == "nearest" else fmt.largest
    result = np.where(over, np.copysign(limit, result), result)
    if flush:
        result = np.where(np.abs(result) < fmt.smallest_normal, np.copysign(0.0, result), result)
    return np.where(np.isfinite(values), result, values)
