"""How an implementation says that it computes: the words of ``numerics=`` in its claims, and what they mean.

| word | values | default |
|---|---|---|
| ``accumulator`` | the format that sums are kept in; ``own``: that of the operands | float32 for 16-bit floats |
| ``operands`` | a format that operands are rounded to first (``tf32``, ``bfloat16``) | none |
| ``rounding`` | of operands, sums and the result: ``nearest``, ``truncate`` (or not known) | ``nearest`` |
| ``depth`` | ``any``; ``pairwise``; ``blocked:B``, sums of $B$ products each, added up; a number | ``any`` |
| ``algorithm`` | ``direct``; ``winograd:M``, $M$ outputs an axis; ``fft``; ``transform``, any of them | ``direct`` |
| ``bias`` | ``fused``: one more term; ``rounded``: added to the sum after that was rounded | ``fused`` |
| ``ftz`` | ``no``; ``yes``, subnormal operands and results are taken as zero | ``no`` |
| ``batch`` | ``any``; ``invariant``: a sample gives the same bits alone and in a batch | ``any`` |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, inf, log2
from typing import TYPE_CHECKING

from cnnspec.errors import UsageError
from cnnspec.numerics.precision import ACCUMULATOR, FORMATS, Format, format_of

if TYPE_CHECKING:
    from cnnspec.numerics.rounding import Rounding

WORDS: dict[str, str] = {
    "accumulator": "|".join(["own", *FORMATS]),
    "operands": "|".join(FORMATS),
    "rounding": "nearest|truncate",
    "depth": r"any|pairwise|blocked:[1-9]\d*|[1-9]\d*",
    "algorithm": r"direct|winograd:[2-9]|fft|transform",
    "bias": "fused|rounded",
    "ftz": "no|yes",
    "batch": "any|invariant",
}
"""Every word that may be declared, with the pattern of its values."""


def check_numerics(declared: Mapping[str, str]) -> dict[str, str]:
    """What is declared, after checking every word and value.

    Raises
    ------
    UsageError
        If a word or a value does not exist.

    Examples
    --------
    >>> check_numerics({"operands": "tf32"})
    {'operands': 'tf32'}
    >>> check_numerics({"depth": "0"})
    Traceback (most recent call last):
    cnnspec.errors.UsageError: numerics: depth is any|pairwise|blocked:[1-9]\\d*|[1-9]\\d*; got '0' (CORR-3)
    """
    for word, value in declared.items():
        if word not in WORDS:
            raise UsageError(f"numerics has no word {word!r}; it has {', '.join(WORDS)} (CORR-3)")
        if not re.fullmatch(WORDS[word], str(value)):
            raise UsageError(f"numerics: {word} is {WORDS[word]}; got {value!r} (CORR-3)")
    return {word: str(value) for word, value in declared.items()}


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The arithmetic in which one dtype's sums of products are formed.

    Attributes
    ----------
    output
        The format of inputs and output.
    accumulator
        The format of the sums.
    operands
        The format that operands are rounded to first, if any.
    rounding, depth, algorithm, ftz
        As the table above says.
    bias_rounded
        Whether the bias is added to the sum after that was rounded to the output's format.
    """

    output: Format
    accumulator: Format
    operands: Format | None = None
    rounding: Rounding = "nearest"
    depth: str = "any"
    algorithm: str = "direct"
    ftz: bool = False
    bias_rounded: bool = False

    @classmethod
    def of(cls, dtype: str, declared: Mapping[str, str] | None = None) -> Arithmetic:
        """The arithmetic of a dtype under a declaration.

        Raises
        ------
        DTypeError
            If the dtype is no floating-point type.
        UsageError
            If the declaration has an unknown word or value.

        Examples
        --------
        >>> Arithmetic.of("float16").accumulator.name
        'float32'
        """
        said = check_numerics(declared or {})
        own = format_of(dtype)
        accumulator = said.get("accumulator", ACCUMULATOR.get(dtype, dtype))
        return cls(
            own,
            format_of(dtype if accumulator == "own" else accumulator),
            format_of(said["operands"]) if "operands" in said else None,
            "truncate" if said.get("rounding") == "truncate" else "nearest",
            said.get("depth", "any"),
            said.get("algorithm", "direct"),
            said.get("ftz") == "yes",
            said.get("bias") == "rounded",
        )

    @property
    def rounds_output(self) -> float:
        """$u_o$: the error of the last rounding, 0 where the accumulator is in the output's format."""
        return 0.0 if self.accumulator.name == self.output.name else self._once(self.output)

    @property
    def rounds_operands(self) -> float:
        """$c_{in} = (1 + u_r)^2 - 1$, for two operands rounded to a format of unit roundoff $u_r$."""
        return 0.0 if self.operands is None else (1 + self._once(self.operands)) ** 2 - 1

    @property
    def rounds_sums(self) -> float:
        """The error of one operation in the accumulator."""
        return self._once(self.accumulator)

    def _once(self, fmt: Format) -> float:
        """The relative error of one rounding: $u$ to nearest, $2u$ toward zero."""
        return 2 * fmt.unit if self.rounding == "truncate" else fmt.unit

    def height(self, terms: int) -> int:
        """$h$: the most roundings that one product meets on its way into a sum of $K$ of them, its own included.

        In any order $h \\le K$.  Pairwise, $h = \\lceil \\log_2 K \\rceil + 1$; in blocks of $B$,
        $h = B + \\lceil K/B \\rceil - 1$.

        Examples
        --------
        >>> [Arithmetic.of("float32", {"depth": d}).height(1000) for d in ("any", "pairwise", "blocked:32", "5")]
        [1000, 11, 63, 5]
        """
        if terms <= 1 or self.depth == "any":
            return terms
        if self.depth == "pairwise":
            return ceil(log2(terms)) + 1
        if self.depth.startswith("blocked:"):
            block = min(int(self.depth.removeprefix("blocked:")), terms)
            return block + ceil(terms / block) - 1
        return min(int(self.depth), terms)

    def sums(self, terms: int) -> float:
        """$\\rho$: the error of a sum of $K$ products, relative to $S = \\sum |x||w|$.

        - Rounding to nearest, any order: $K u$, whatever $K u$ is (Jeannerod and Rump 2013).
        - Rounding to nearest at a declared height: $\\gamma_h = hu/(1-hu)$, where that is less (Higham 2002,
          lemma 3.1: a product that meets $h$ roundings is multiplied by $\\prod (1+\\delta_i)$, $|\\delta_i| \\le u$).
        - Truncation, or rounding of an unknown kind: $\\delta_i$ may be twice as large, hence
          $2hu/(1-2hu)$; nothing is required where $2hu \\ge 1$.

        References
        ----------
        Jeannerod and Rump, Improved error bounds for inner products in floating-point arithmetic, SIAM J. Matrix
        Anal. Appl. 34, 2013, https://doi.org/10.1137/120894488; Higham, Accuracy and Stability of Numerical
        Algorithms, 2nd ed., 2002.

        Examples
        --------
        >>> Arithmetic.of("float32").sums(9) == 9 * 2**-24
        True
        """
        h, u = self.height(terms), self.accumulator.unit
        if self.rounding == "truncate":
            return gamma(h, 2 * u)
        return terms * u if self.depth == "any" else min(terms * u, gamma(h, u))


def gamma(n: int, u: float) -> float:
    """$\\gamma_n = nu/(1-nu)$; infinite where $nu \\ge 1$.

    Examples
    --------
    >>> gamma(1, 0.5), gamma(2, 0.5)
    (1.0, inf)
    """
    return n * u / (1 - n * u) if n * u < 1 else inf
