"""The fast gradients are the definitions, and the adjoints or derivatives of the forward poolings."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from cnnspec.errors import CnnspecError, DTypeError, ShapeError
from cnnspec.reference import adaptive_pooling, pooling, pooling_gradients
from cnnspec.shapes import pool_shape
from cnnspec.spec import pooling_gradients as definition
from cnnspec.spec.windows import sliding_places

EXACT = 2520 * 2520
"""A multiple of the size of every window drawn here: cotangents that are multiples of it divide without rounding."""


@st.composite
def pools(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """A cotangent, an input with ties, and a window that fits."""
    extents = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))

    def per_axis(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in extents)

    options = {
        "kernel_size": per_axis(1, 3),
        "stride": per_axis(1, 3),
        "padding": tuple(zip(per_axis(0, 1), per_axis(0, 1), strict=True)),
        "dilation": per_axis(1, 2),
        "ceil_mode": draw(st.booleans()),
    }
    shape = (draw(st.integers(0, 2)), draw(st.integers(1, 2)), *extents)
    try:
        sliding_places(shape, **options)
    except CnnspecError:
        assume(False)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    g = rng.integers(-9, 10, pool_shape(shape, **options))
    return g, rng.integers(-3, 4, shape), options


@settings(max_examples=800)
@given(pools())
def test_max_pooling(drawn: tuple[np.ndarray, np.ndarray, dict[str, Any]]) -> None:
    g, x, options = drawn
    expected = definition.max_pool_input_grad(g, x, **options)
    for dtype in (np.int8, np.float32):
        got = pooling_gradients.max_pool_input_grad(g.astype(dtype), x.astype(dtype), **options)
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, expected.astype(dtype))


@settings(max_examples=800)
@given(pools(), st.booleans(), st.sampled_from([None, None, 4]))
def test_average_pooling(
    drawn: tuple[np.ndarray, np.ndarray, dict[str, Any]], include: bool, override: int | None
) -> None:
    g, x, options = drawn
    options |= {"count_include_pad": include, "divisor_override": override}
    expected = definition.avg_pool_input_grad(g * EXACT, x, **options)
    got = pooling_gradients.avg_pool_input_grad(g * float(EXACT), x.astype(float), **options)
    np.testing.assert_array_equal(got, expected.astype(float))


@settings(max_examples=400)
@given(pools(), st.sampled_from([1, 2, 3, float("inf")]))
def test_norm_pooling(drawn: tuple[np.ndarray, np.ndarray, dict[str, Any]], p: float) -> None:
    """Each share errs by a few roundings; a sum of at most 27 windows of |g| <= 9 bounds the total."""
    g, x, options = drawn
    expected = definition.lp_pool_input_grad(g, x, p=p, **options).astype(float)
    got = pooling_gradients.lp_pool_input_grad(g.astype(float), x.astype(float), p=p, **options)
    tolerance = 0 if p in (1, float("inf")) else 27 * 9 * 64 * 2.0**-53
    assert np.all(np.abs(got - expected) <= tolerance)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 7)), min_size=1, max_size=2), st.integers(0, 2**32))
def test_adaptive_pooling(axes: list[tuple[int, int]], seed: int) -> None:
    extents, sizes = zip(*axes, strict=True)
    rng = np.random.default_rng(seed)
    g, x = rng.integers(-9, 10, (2, 3, *sizes)), rng.integers(-3, 4, (2, 3, *extents))
    expected = definition.adaptive_max_pool_input_grad(g, x, output_size=sizes)
    got = pooling_gradients.adaptive_max_pool_input_grad(g, x, output_size=sizes)
    np.testing.assert_array_equal(got, expected.astype(int))
    expected = definition.adaptive_avg_pool_input_grad(g * EXACT, x, output_size=sizes)
    got = pooling_gradients.adaptive_avg_pool_input_grad(g * float(EXACT), x.astype(float), output_size=sizes)
    np.testing.assert_array_equal(got, expected.astype(float))


def test_global_pooling() -> None:
    rng = np.random.default_rng(4)
    x, g = rng.integers(-3, 4, (2, 3, 4, 5)).astype(float), rng.integers(-9, 10, (2, 3, 1, 1)) * 20.0
    for name in ("global_max_pool_input_grad", "global_avg_pool_input_grad"):
        expected = getattr(definition, name)(g, x).astype(float)
        np.testing.assert_array_equal(getattr(pooling_gradients, name)(g, x), expected)
    assert adaptive_pooling.global_max_pool(x).shape == g.shape


def test_nan_and_infinities_follow_the_definition() -> None:
    x = np.array([[[1.0, np.nan, 2.0, np.nan, -np.inf, np.inf, 0.0, 0.0]]])
    g = np.array([[[1.0, 2.0, 3.0, 4.0, 5.0, np.nan, 7.0]]])
    options: dict[str, Any] = {"kernel_size": 2, "stride": 1}
    for name, more in (("max", {}), ("avg", {}), *(("lp", {"p": p}) for p in (1, 2, 3, float("inf")))):
        function = f"{name}_pool_input_grad"
        expected = getattr(definition, function)(g, x, **options, **more).astype(float)
        np.testing.assert_array_equal(getattr(pooling_gradients, function)(g, x, **options, **more), expected)


def test_narrow_gradients_are_rounded_once() -> None:
    """Three windows give one element 1 + 2^-8 + 2^-9, above a tie: bfloat16 sums would drop both small parts."""
    x = np.ones((1, 1, 3), ml_dtypes.bfloat16)
    g = np.array([[[1, 2**-8, 2**-9]]]).astype(x.dtype)
    got = pooling_gradients.max_pool_input_grad(g, x, kernel_size=5, stride=1, padding=2)
    assert got.dtype == x.dtype
    assert got.astype(float).tolist() == [[[1 + 2**-7, 0, 0]]]


def test_integers_add_modulo_their_width() -> None:
    g = np.full((1, 1, 2), 100, np.int8)
    got = pooling_gradients.max_pool_input_grad(g, np.array([[[0, 1, 0]]], np.int8), kernel_size=2, stride=1)
    assert got.tolist() == [[[0, 200 - 256, 0]]]


def test_the_average_is_its_own_adjoint() -> None:
    rng = np.random.default_rng(6)
    x = rng.integers(-9, 10, (2, 3, 7, 11)) * float(EXACT)
    options: dict[str, Any] = {"kernel_size": (3, 2), "stride": (2, 3), "padding": ((1, 0), (0, 1)), "ceil_mode": True}
    y = pooling.avg_pool(x, **options)
    g = rng.integers(-9, 10, y.shape) * float(EXACT)
    assert (y * g).sum() == (pooling_gradients.avg_pool_input_grad(g, x, **options) * x).sum()


def test_refusals() -> None:
    x = np.ones((1, 1, 4))
    with pytest.raises(ShapeError, match=r"grad_output must have the shape \(1, 1, 2\) of the output, got \(1, 1, 3\)"):
        pooling_gradients.avg_pool_input_grad(np.ones((1, 1, 3)), x, kernel_size=2)
    with pytest.raises(DTypeError, match="one dtype"):
        pooling_gradients.max_pool_input_grad(np.ones((1, 1, 2), np.float32), x, kernel_size=2)
    with pytest.raises(DTypeError, match="floating-point"):
        pooling_gradients.avg_pool_input_grad(np.ones((1, 1, 2), int), np.ones((1, 1, 4), int), kernel_size=2)


def test_names_with_a_rank() -> None:
    assert pooling_gradients.max_pool2d_input_grad.__name__ == "max_pool2d_input_grad"
    with pytest.raises(ShapeError, match="avg_pool3d_input_grad takes"):
        pooling_gradients.avg_pool3d_input_grad(np.ones((1, 1, 2)), np.ones((1, 1, 4)), kernel_size=2)
