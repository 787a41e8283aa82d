"""What one output element is made of: the terms that the definition adds, compares or copies, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, prod
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from cnnspec.report.words import fraction, is_nan

if TYPE_CHECKING:
    from cnnspec.geometry import TapKind
    from cnnspec.typing import Shape

Rule = Literal["sum", "max", "mean", "norm", "copy", "relu"]


class Factor(NamedTuple):
    """One element of one array, or a constant where ``name`` is empty."""

    name: str
    at: Shape
    value: Any


Term = tuple[Factor, ...]


@dataclass(frozen=True)
class View:
    """Where to look: positions of the spatial axes of array ``name``, in the planes of these leading indices."""

    name: str
    planes: tuple[Shape, ...]
    taps: Mapping[Shape, TapKind]
    pads: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Made:
    """One output element: the rule that makes it, its terms by group (a channel, say), and what is added or divided.

    ``divisor`` is that of a mean, ``words`` says where it comes from; ``power`` is that of a norm.
    """

    rule: Rule
    groups: Mapping[str, tuple[Term, ...]]
    bias: Factor | None = None
    divisor: int = 1
    words: str = ""
    power: float = 2
    view: View | None = None

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """All terms, in order."""
        return tuple(term for group in self.groups.values() for term in group)

    @cached_property
    def value(self) -> Any:
        """The element, exact where its terms are finite; ``None`` where there is no term to choose from."""
        products = [product_of(term) for term in self.terms]
        if self.rule != "sum" and not products:
            return None
        if self.rule == "max":
            return next((v for v in products if is_nan(v)), max(products))
        if self.rule == "relu":
            return products[0] if products[0] > 0 or is_nan(products[0]) else 0
        if self.rule == "copy":
            return products[0]
        if self.rule == "norm":
            sizes = [abs(v) for v in products]
            return max(sizes) if self.power == inf else sum(v**self.power for v in sizes) ** (1 / self.power)
        total = sum(products) + (0 if self.bias is None else fraction(self.bias.value))
        return total / self.divisor if self.divisor != 1 else total


def product_of(term: Term) -> Any:
    """The product of a term's factors, exact where they are finite."""
    return prod(fraction(f.value) for f in term)
