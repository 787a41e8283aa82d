"""The precision of number formats, and the range in which integer arithmetic in them is exact."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from cnnspec.errors import DTypeError


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format.

    ``significand`` counts the hidden bit; ``min_exponent`` is the exponent of the smallest subnormal, $2^{e}$;
    ``max_exponent`` is that of the largest power of two.
    """

    name: str
    significand: int
    min_exponent: int
    max_exponent: int

    @property
    def unit(self) -> float:
        """The unit roundoff $u = 2^{-p}$."""
        return float(2.0**-self.significand)

    @property
    def smallest_normal(self) -> float:
        """The smallest normal number: below it, a format that flushes to zero has nothing."""
        return float(2.0 ** (self.min_exponent + self.significand - 1))

    @property
    def largest(self) -> float:
        """The largest finite number, $(2 - 2^{1-p})\\,2^{e_{max}}$."""
        return float((2 - 2 * self.unit) * 2.0**self.max_exponent)


FORMATS = {
    fmt.name: fmt
    for fmt in (
        Format("float64", 53, -1074, 1023),
        Format("float32", 24, -149, 127),
        Format("tf32", 11, -136, 127),
        Format("float16", 11, -24, 15),
        Format("bfloat16", 8, -133, 127),
    )
}

ACCUMULATOR = {"float64": "float64", "float32": "float32", "float16": "float32", "bfloat16": "float32",
               "complex64": "float32", "complex128": "float64"}  # fmt: skip
"""The accumulator that is assumed where none is declared."""


def format_of(dtype: str) -> Format:
    """The format of a real or complex dtype's components.

    Raises
    ------
    DTypeError
        If the dtype is no floating-point type.
    """
    name = {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)
    if name not in FORMATS:
        raise DTypeError(f"{dtype} is no floating-point dtype; there are {', '.join(FORMATS)}")
    return FORMATS[name]


def largest(dtype: str) -> float:
    """The largest finite number of a dtype, beyond which a correct sum may be infinite.

    Examples
    --------
    >>> largest("float16")
    65504.0
    """
    fmt = format_of(dtype)
    return float((2 - 2.0 ** (1 - fmt.significand)) * 2.0**fmt.max_exponent)


def exact_limit(dtype: str, accumulator: str | None = None) -> int:
    """The largest $S = \\sum |x||w|$ under which every partial sum of integers is exact: $2^{p_a}$.

    With every $|$partial sum$|\\le 2^{p_a}$, any order, blocking or fusing of the additions gives the same integer,
    and the only rounding is the last one, to the output's dtype; an output format of smaller range caps the limit.

    Examples
    --------
    >>> exact_limit("float32") == 2**24, exact_limit("float16") == 2**15
    (True, True)
    """
    accumulate = format_of(accumulator or ACCUMULATOR[dtype])
    return int(2 ** min(accumulate.significand, format_of(dtype).max_exponent))


def exact_range(terms: int, dtype: str) -> int:
    """The largest $a$ for which integers in $[-a, a]$ stay exact over a reduction of ``terms`` products.

    $K a^2 \\le 2^{p_a}$; the integers themselves must also be exact in the dtype, $a \\le 2^{p}$.

    Examples
    --------
    >>> exact_range(9, "float32")
    1365
    """
    return min(isqrt(exact_limit(dtype) // max(terms, 1)), 1 << format_of(dtype).significand)
