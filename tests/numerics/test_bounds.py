"""Each bound against the worst sums there are: some attain it, and a lower precision breaks it."""

from __future__ import annotations

from math import fsum

import numpy as np
import pytest

from cnnspec.errors import UsageError
from cnnspec.numerics.arithmetic import Arithmetic
from cnnspec.numerics.bounds import mean, norm, sum_of_products
from cnnspec.numerics.precision import FORMATS, format_of
from cnnspec.numerics.rounding import round_to
from cnnspec.numerics.simulated import dot

TERMS = 400


def ratio(
    x: np.ndarray, w: np.ndarray, dtype: str, declared: dict[str, str], real: dict[str, str] | None = None
) -> float:
    """The largest error of the arithmetic ``real``, in units of the bound of the arithmetic ``declared``."""
    x, w = np.broadcast_arrays(x.astype(float), w.astype(float))
    exact, magnitude = (np.array([fsum(column) for column in product.T]) for product in (x * w, np.abs(x * w)))
    sizes = np.abs(x).sum(0) + np.abs(w).sum(0)
    computed = dot(x, w, Arithmetic.of(dtype, declared if real is None else real))
    bound = sum_of_products(exact, magnitude, len(x), Arithmetic.of(dtype, declared), sizes=sizes)
    return float(np.max(np.abs(computed - exact) / bound))


def creeping(dtype: str, share: float, terms: int = TERMS) -> np.ndarray:
    """1, and then numbers that are each lost when they are added to it."""
    return np.concatenate([[1.0], np.full(terms - 1, share * format_of(dtype).unit)])[:, None]


def test_any_order_is_attained() -> None:
    """1 + u rounds to 1, every time (Jeannerod and Rump 2013)."""
    ones = np.ones((TERMS, 1))
    assert 0.99 < ratio(creeping("float32", 1.0), ones, "float32", {}) <= 1
    assert 0.99 / 2 < ratio(creeping("float64", 1.0), ones, "float64", {}) <= 1  # half of it is the reference's own


def test_truncation_is_attained() -> None:
    ones, declared = np.ones((TERMS, 1)), {"rounding": "truncate"}
    small = creeping("float32", 2 * (1 - 2.0**-20))
    assert 0.99 < ratio(small, ones, "float32", declared) <= 1
    assert ratio(small, ones, "float32", {}, declared) > 1.9  # undeclared, it breaks the bound


def test_a_declared_depth_is_attained() -> None:
    """Blocks of 20: in each 1 + u + u + …, and the sums of blocks made alike."""
    u, block = format_of("float32").unit, 20
    x = np.full((TERMS // block, block), u)
    x[:, 0] = 1
    x[1:, 0], x[1:, 1:] = u, u**2
    declared = {"depth": f"blocked:{block}"}
    attained = ratio(x.reshape(-1, 1), np.ones((TERMS, 1)), "float32", declared)
    assert 0.9 < attained <= 1
    everything = ratio(creeping("float32", 1.0), np.ones((TERMS, 1)), "float32", declared, {})
    assert everything > TERMS / (2 * block) / 1.1  # one after the other instead of in blocks


def test_declared_operands_are_attained() -> None:
    for name in ("tf32", "bfloat16"):
        worst = np.full((1, 1), 1 + format_of(name).unit)
        assert 0.98 < ratio(worst, worst, "float32", {"operands": name}) <= 1
        assert ratio(worst, worst, "float32", {}, {"operands": name}) > 1000
    bf16 = {"operands": "bfloat16"}
    worst = np.full((1, 1), 1 + format_of("bfloat16").unit)
    assert ratio(worst, worst, "float32", {"operands": "tf32"}, bf16) > 7


def test_the_last_rounding_is_attained() -> None:
    """It is |y| that is rounded at the end: the sum cancels and leaves a tie of the output's format."""
    for dtype in ("float16", "bfloat16"):
        tie = 1 + format_of(dtype).unit  # no number of the format, but of the accumulator
        x, w = np.array([[1.0], [format_of(dtype).unit]]), np.ones((2, 1))
        assert x.sum() == tie
        assert 0.95 < ratio(x, w, dtype, {}) <= 1


@pytest.mark.parametrize("accumulator", ["float16", "bfloat16"])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_narrow_accumulator_breaks_it(dtype: str, accumulator: str) -> None:
    if FORMATS[accumulator].significand > FORMATS[dtype].significand:
        pytest.skip("the output's own rounding hides it")
    rng = np.random.default_rng(5)
    x, w = round_to(rng.uniform(-1, 1, (2, 200, 50)), dtype)
    assert ratio(x, w, dtype, {}) <= 1
    assert ratio(x, w, dtype, {}, {"accumulator": accumulator}) > 3
    assert ratio(x, w, dtype, {"accumulator": accumulator}) <= 1


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize(
    "declared",
    [
        {}, {"depth": "pairwise"}, {"depth": "blocked:8"}, {"rounding": "truncate"}, {"operands": "bfloat16"},
        {"rounding": "truncate", "depth": "pairwise"}, {"accumulator": "bfloat16"}, {"ftz": "yes"},
    ],
)  # fmt: skip
def test_what_is_declared_is_within_its_bound(dtype: str, declared: dict[str, str]) -> None:
    rng = np.random.default_rng(6)
    for terms in (1, 2, 5, 60):
        for scale in (1.0, 2.0**-7 if dtype == "float16" else 2.0**-64):
            x, w = round_to(rng.standard_normal((2, terms, 40)) * scale, dtype)
            with np.errstate(invalid="ignore"):
                assert ratio(x, w, dtype, declared) <= 1


def test_underflow_is_attained() -> None:
    """Products just above half the smallest subnormal round up to it, or truncated, just below it to 0."""
    x, w = np.full((TERMS, 1), 2.0**-75 * (1 + 2.0**-20)), np.full((TERMS, 1), 2.0**-75)
    assert 0.99 < ratio(x, w, "float32", {}) <= 1
    x = np.full((TERMS, 1), 2.0**-74 * (1 - 2.0**-20))
    assert 0.99 < ratio(x, w, "float32", {"rounding": "truncate"}) <= 1


def test_flush_to_zero_is_attained() -> None:
    least = format_of("float32").smallest_normal
    operands = np.full((TERMS, 1), least * (1 - 2.0**-23))
    third = 1 / 3  # an operand, a product and a sum cannot all be flushed on the way of one term
    assert 0.99 * third < ratio(operands, np.ones((TERMS, 1)), "float32", {"ftz": "yes"}) <= 1
    assert ratio(operands, np.ones((TERMS, 1)), "float32", {}, {"ftz": "yes"}) > 1e4


def test_flush_to_zero_needs_sizes() -> None:
    with pytest.raises(UsageError, match="needs sizes"):
        sum_of_products(np.zeros(1), np.zeros(1), 1, Arithmetic.of("float32", {"ftz": "yes"}))


def test_where_the_sums_may_overflow_nothing_is_required() -> None:
    half = {"accumulator": "float16"}
    bound = sum_of_products(np.array([9e4, 3e4]), np.array([9e4, 3e4]), 3, Arithmetic.of("float32", half))
    assert (bound == np.inf).tolist() == [True, False]
    assert sum_of_products(np.array([65500.0]), np.array([65500.0]), 3, "float16") == np.inf


def test_means_and_norms_hold() -> None:
    rng = np.random.default_rng(7)
    for dtype in ("float32", "float16", "bfloat16"):
        fmt = format_of(dtype)
        x = round_to(rng.uniform(-1, 1, (49, 200)), dtype)
        exact = x.mean(0)
        total = np.float32(0)
        for row in x.astype(np.float32):
            total = total + row
        for computed in (total / np.float32(49), total * (np.float32(1) / np.float32(49))):
            error = np.abs(round_to(computed, dtype) - exact)
            assert (error <= mean(exact, np.abs(x).mean(0), 49, dtype)).all()
        narrow = np.abs(round_to(exact * (1 + 3 * fmt.unit), dtype) - exact)
        assert (narrow > mean(exact, np.abs(x).mean(0), 1, dtype)).any() or dtype == "float32"
        squares = np.sqrt((x.astype(np.float32) ** 2).sum(0, dtype=np.float32))
        exact = np.sqrt((x**2).sum(0))
        assert (np.abs(round_to(squares, dtype) - exact) <= norm(exact, 49, dtype, 2)).all()


def test_means_of_truncated_sums_hold_under_that_declaration_alone() -> None:
    x = round_to(np.random.default_rng(8).uniform(0.999, 1.02, (3, 20000)), "float32")
    cut = Arithmetic.of("float32", {"rounding": "truncate"})
    third = round_to(1 / 3, "float32", "truncate")
    error = np.abs(dot(x, np.full(x.shape, third), cut) - x.mean(0))
    assert (error <= mean(x.mean(0), x.mean(0), 3, cut)).all()
    assert (error > mean(x.mean(0), x.mean(0), 3, "float32")).any()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_bias_after_the_rounding_is_attained(dtype: str) -> None:
    """The sum rounds down by half a unit, and the bias takes nearly all of it away again."""
    u = format_of(dtype).unit
    x, w, b = np.array([[1.0], [u]]), np.ones((2, 1)), np.array([-1.0])
    declared = Arithmetic.of(dtype, {"bias": "rounded"})
    exact, magnitude = np.array([u]), np.array([2.0 + u])
    error = np.abs(dot(x, w, declared, b=b) - exact)
    assert error == u
    bound = sum_of_products(exact, magnitude, 3, declared, before_bias=np.array([1.0 + u]))
    assert 0.9 < (error / bound).item() <= 1
    assert error > 50 * sum_of_products(exact, magnitude, 3, dtype)


def test_sums_in_the_operands_own_format() -> None:
    for dtype in ("float64", "float32", "float16", "bfloat16"):
        assert Arithmetic.of(dtype, {"accumulator": "own"}).accumulator.name == dtype
