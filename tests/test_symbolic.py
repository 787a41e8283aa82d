"""Definition and reference are one polynomial.

A definition runs on any numbers, so it runs on symbols: every output is then a polynomial in the elements of the
arrays, and no choice of data can hide a term.  The reference takes numbers alone, but both are affine in each array,
and such a map is known everywhere once it is known where every array is zero or one of its unit arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pytest

from cnnspec.cases.case import Case
from cnnspec.reference import gradients, padding, pooling_gradients, transpose_gradients
from cnnspec.spec import (
    gradients as spec_gradients,
    padding as spec_padding,
    pooling_gradients as spec_pooling_gradients,
    transpose_gradients as spec_transpose_gradients,
)

Variable = tuple[str, int]  # the array and the flat index of its element


class Polynomial:
    """Exact sums of products: a coefficient for each sorted tuple of variables."""

    def __init__(self, terms: dict[tuple[Variable, ...], Any]) -> None:
        self.terms = {monomial: c for monomial, c in terms.items() if c}

    def __add__(self, other: Any) -> Polynomial:
        terms = dict(self.terms)
        for monomial, c in _terms(other).items():
            terms[monomial] = terms.get(monomial, 0) + c
        return Polynomial(terms)

    def __mul__(self, other: Any) -> Polynomial:
        total = Polynomial({})
        for (a, c), (b, e) in product(self.terms.items(), _terms(other).items()):
            total += Polynomial({tuple(sorted(a + b)): c * e})
        return total

    def __truediv__(self, other: int) -> Polynomial:
        return self * Fraction(1, other)

    def __call__(self, values: dict[Variable, int]) -> Any:
        """The value where every variable that is not named is 0."""
        return sum(c * prod(values.get(v, 0) for v in monomial) for monomial, c in self.terms.items())

    __radd__, __rmul__ = __add__, __mul__


def _terms(value: Any) -> dict[tuple[Variable, ...], Any]:
    return value.terms if isinstance(value, Polynomial) else {(): value}


def symbols(name: str, shape: tuple[int, ...]) -> Any:
    """An array whose elements are variables of that name."""
    elements = np.empty(prod(shape), dtype=object)
    elements[:] = [Polynomial({((name, at),): 1}) for at in range(prod(shape))]
    return elements.reshape(shape)


def points(shapes: dict[str, tuple[int, ...]]) -> Iterator[dict[Variable, int]]:
    """Every choice of at most one element of each array to be 1, the others being 0; and some numbers everywhere.

    Those are multiples of 60, so that sums of averages are exact too.
    """
    choices = [[None, *range(prod(shape))] for shape in shapes.values()]
    for ones in product(*choices):
        yield {(name, at): 1 for name, at in zip(shapes, ones, strict=True) if at is not None}
    rng = np.random.default_rng(3)
    yield {(name, at): 60 * int(rng.integers(-9, 10)) for name, shape in shapes.items() for at in range(prod(shape))}


def difference(definition: Any, reference: Any, shapes: dict[str, tuple[int, ...]], dtype: str, **options: Any) -> Any:
    """The first output and point at which the two differ, with both values; ``None`` where they are one polynomial."""
    polynomials = definition(*(symbols(name, shape) for name, shape in shapes.items()), **options)
    for values in points(shapes):
        arrays = {name: np.zeros(shape, dtype) for name, shape in shapes.items()}
        for (name, at), value in values.items():
            arrays[name].flat[at] = value
        got = reference(*arrays.values(), **options)
        assert got.shape == polynomials.shape
        for at, polynomial in np.ndenumerate(polynomials):
            expected = Polynomial({(): 0}) + polynomial
            # an average in the reference is rounded once
            if got[at] != np.array(float(expected(values))).astype(got.dtype):
                return at, values, got[at], expected(values)
    return None


CASES = [
    "conv1d:x=2x3x5,w=4x3x2,b,stride=2,padding=1.0,i64",
    "conv1d:x=1x4x6,w=6x2x3,stride=3,padding=2.3,dilation=2,groups=2,i64",
    "conv1d:x=1x3x7,w=6x1x2,padding=-1.2,groups=3,i64",
    "conv1d:x=1x1x4,w=1x1x2,b,stride=3,padding=3.4,i64",
    "conv2d:x=1x2x3x4,w=3x2x2x3,b,stride=2x1,padding=1.0_0.1,i64",
    "conv2d:x=1x2x5x3,w=2x1x2x2,dilation=3x1,stride=1x2,padding=0.2_1.1,groups=2,i64",
    "conv2d:x=1x2x4x3,w=4x1x3x1,b,stride=3x2,padding=1.2_0.0,groups=2,i64",
    "conv2d:x=1x1x4x5,w=2x1x2x3,padding=-1.0_2.-1,dilation=2x1,i64",
    "conv3d:x=1x2x2x3x2,w=2x2x2x1x2,stride=1x2x1,padding=1.0_0.1_0.0,i64",
    "conv3d:x=1x2x2x3x3,w=2x1x2x2x1,b,dilation=1x2x1,padding=0.1_1.0_0.0,groups=2,stride=1x1x2,i64",
    "conv_transpose1d:x=2x3x4,w=3x2x3,b,stride=2,padding=1.0,output_padding=1,i64",
    "conv_transpose1d:x=1x4x3,w=4x2x2,stride=3,dilation=2,padding=-1.2,output_padding=2,groups=2,i64",
    "conv_transpose2d:x=1x2x3x2,w=2x3x2x3,b,stride=2x1,padding=0.1_1.0,i64",
    "conv_transpose2d:x=1x2x2x3,w=2x2x3x2,stride=3x2,dilation=1x2,padding=1.1_0.1,output_padding=2x1,groups=2,i64",
    "conv_transpose3d:x=1x2x2x1x3,w=2x1x2x2x1,stride=2x1x2,padding=1.0_0.0_0.0,output_padding=1x0x1,groups=2,i64",
    "conv1d_input_grad:x=2x3x7,w=2x3x2,stride=3,padding=1.0,i64",
    "conv2d_input_grad:x=1x4x4x5,w=2x2x2x3,stride=2x3,padding=1.0_0.2,dilation=2x1,groups=2,i64",
    "conv3d_input_grad:x=1x2x3x2x3,w=2x2x2x1x2,stride=2x1x1,padding=0.1_0.0_1.0,i64",
    "conv1d_weight_grad:x=2x3x7,w=2x3x2,stride=3,padding=1.0,i64",
    "conv2d_weight_grad:x=1x4x4x3,w=2x2x2x3,stride=2x1,padding=1.0_0.2,dilation=2x1,groups=2,i64",
    "conv3d_weight_grad:x=1x2x3x2x3,w=2x2x2x1x2,stride=2x1x1,padding=0.1_0.0_1.0,i64",
    *(f"{op}:{shapes},mode={mode},i64"
      for op in ("convolve", "cross_correlate")
      for shapes in ("x=5,k=2", "x=2,k=5", "x=3x4,k=2x3", "x=2x3x3,k=2x1x2")
      for mode in ("full", "same", "valid")),
    "avg_pool1d:x=2x3x7,kernel_size=3,stride=2,padding=1.0,ceil_mode=1,count_include_pad=0,f64",
    "avg_pool2d:x=1x2x4x5,kernel_size=3x2,stride=2x3,padding=1.0_0.1,ceil_mode=1,f64",
    "avg_pool2d:x=1x2x5x4,kernel_size=1x2,stride=3x3,padding=0.-2_1.0,ceil_mode=1,f64",
    "avg_pool3d:x=1x2x3x2x4,kernel_size=2x1x3,stride=1x2x2,padding=1.0_0.0_0.1,count_include_pad=0,f64",
    "avg_pool2d_input_grad:x=1x2x3x3,kernel_size=3x2,stride=2x3,padding=1.0_0.1,ceil_mode=1,f64",
    "adaptive_avg_pool2d:x=1x2x5x3,output_size=3x4,f64",
    "global_avg_pool:x=2x3x2x4,f64",
    *(f"pad:x=1x2x3x4,padding=2.1_0.3,mode={mode},i64"
      for mode in ("reflect", "symmetric", "replicate", "circular", "constant")),
    *(f"pad:x=1x2x2,padding=5.7,mode={mode},i64" for mode in ("reflect", "symmetric", "replicate", "circular")),
    "pad:x=1x2x5,padding=-2.3,value=7,i64",
]  # fmt: skip


@pytest.mark.parametrize("text", CASES)
def test_definition_and_reference_are_one_polynomial(text: str) -> None:
    case = Case.parse(text)
    operation = case.operation
    assert not difference(
        operation.definition, operation.reference, case.array_shapes, case.dtype, **case.call_options
    )  # fmt: skip


MODES = ("constant", "reflect", "symmetric", "replicate", "circular")
FURTHER: list[tuple[Any, Any, dict[str, tuple[int, ...]], dict[str, Any]]] = [
    (
        spec_transpose_gradients.conv_transpose_input_grad, transpose_gradients.conv_transpose_input_grad,
        {"grad_output": (1, 4, 6, 4), "w": (2, 2, 2, 3)},
        {"input_size": (3, 2), "stride": (2, 3), "padding": ((0, 1), (1, 1)), "output_padding": (1, 0), "groups": 2},
    ),
    (
        spec_transpose_gradients.conv_transpose_weight_grad, transpose_gradients.conv_transpose_weight_grad,
        {"grad_output": (1, 4, 6, 4), "x": (1, 2, 3, 2)},
        {"kernel_size": (2, 3), "stride": (2, 3), "padding": ((0, 1), (1, 1)), "output_padding": (1, 0), "groups": 2},
    ),
    (spec_gradients.conv_bias_grad, gradients.conv_bias_grad, {"grad_output": (2, 3, 4, 5)}, {}),
    *(
        (spec_padding.pad_input_grad, padding.pad_input_grad, {"grad_output": (1, 2, 9, 5)},
         {"input_size": (3, 4), "padding": ((2, 4), (1, 0)), "mode": mode})
        for mode in MODES
    ),
    (
        spec_pooling_gradients.adaptive_avg_pool_input_grad, pooling_gradients.adaptive_avg_pool_input_grad,
        {"grad_output": (1, 2, 3, 4), "x": (1, 2, 5, 2)}, {"output_size": (3, 4)},
    ),
    (
        spec_pooling_gradients.global_avg_pool_input_grad, pooling_gradients.global_avg_pool_input_grad,
        {"grad_output": (2, 3, 1, 1), "x": (2, 3, 2, 3)}, {},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "reference", "shapes", "options"), FURTHER)
def test_further_gradients_are_one_polynomial(definition: Any, reference: Any, shapes: Any, options: Any) -> None:
    assert not difference(definition, reference, shapes, "float64", **options)


def test_a_missing_term_shows() -> None:
    """A kernel element that is dropped at one output, which numbers with a zero there would hide."""
    case = Case.parse("conv2d:x=1x2x3x4,w=3x2x2x3,b,stride=2x1,padding=1.0_0.1,i64")

    def faulty(x: Any, w: Any, b: Any, **options: Any) -> Any:
        y = case.operation.reference(x, w, b, **options)
        y[0, 2, 0, 1] -= x[0, 1, 0, 2] * w[2, 1, 1, 1]
        return y

    found = difference(case.operation.definition, faulty, case.array_shapes, case.dtype, **case.call_options)
    assert found == ((0, 2, 0, 1), {("x", 14): 1, ("w", 34): 1}, 0, 1)


def test_polynomials_are_polynomials() -> None:
    a, b = symbols("a", (2,))
    assert ((a + 2 * b + 1) * (a + b * -3)).terms == {
        (("a", 0), ("a", 0)): 1, (("a", 0), ("a", 1)): -1, (("a", 1), ("a", 1)): -6,
        (("a", 0),): 1, (("a", 1),): -3,
    }  # fmt: skip
    assert ((a + a) / 4).terms == {(("a", 0),): Fraction(1, 2)}
    assert (a + a * -1).terms == {}
    assert (a * b + 5)({("a", 0): 3, ("a", 1): 4}) == 17
