"""The fast poolings are the definitions: exactly, on every small configuration and on thousands of drawn ones."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cnnspec.errors import CnnspecError, DTypeError, ParameterError, ShapeError
from cnnspec.reference import pooling
from cnnspec.spec import pooling as definition

FLOATS = [np.float64, np.float32, np.float16, ml_dtypes.bfloat16]
INTEGERS = [np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64]


def outcome(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What a call gives: its result, or the class of its refusal."""
    try:
        return function(*args, **options)
    except CnnspecError as refusal:
        return type(refusal)


def same(expected: Any, got: Any) -> None:
    """The same refusal, or the same numbers."""
    if isinstance(expected, type) or isinstance(got, type):
        assert expected is got
    else:
        np.testing.assert_array_equal(np.asarray(expected).astype(np.float64), np.asarray(got).astype(np.float64))


@st.composite
def pools(draw: st.DrawFn) -> tuple[np.ndarray, dict[str, Any]]:
    """Small integers with many ties, and a window that may not fit."""
    extents = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))

    def per_axis(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in extents)

    options = {"kernel_size": per_axis(1, 4), "ceil_mode": draw(st.booleans())}
    options["stride"] = draw(st.none()) if draw(st.integers(0, 4)) == 4 else per_axis(1, 4)
    options["padding"] = tuple(zip(per_axis(0, 2), per_axis(0, 2), strict=True))
    options["dilation"] = per_axis(1, 3)
    shape = (draw(st.integers(0, 2)), draw(st.integers(1, 3)), *extents)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return rng.integers(-4, 5, shape), options


@settings(max_examples=1000)
@given(pools())
def test_max_pooling_is_its_definition(drawn: tuple[np.ndarray, dict[str, Any]]) -> None:
    x, options = drawn
    expected = outcome(definition.max_pool_with_indices, x, **options)
    got = outcome(pooling.max_pool_with_indices, x, **options)
    if isinstance(expected, type):
        same(expected, got)
        same(expected, outcome(pooling.max_pool, x, **options))
    else:
        same(expected[0], got[0])
        same(expected[1], got[1])
        same(expected[0], pooling.max_pool(x, **options))


@settings(max_examples=1000)
@given(pools(), st.booleans(), st.sampled_from([None, None, 1, 7]))
def test_average_pooling_is_its_definition(
    drawn: tuple[np.ndarray, dict[str, Any]], include: bool, override: int | None
) -> None:
    """The exact fraction, rounded once to float64."""
    x, options = drawn
    options |= {"count_include_pad": include, "divisor_override": override}
    same(outcome(definition.avg_pool, x, **options), outcome(pooling.avg_pool, x.astype(float), **options))


@settings(max_examples=500)
@given(pools(), st.sampled_from([1, 2, float("inf")]))
def test_norm_pooling_is_its_definition(drawn: tuple[np.ndarray, dict[str, Any]], p: float) -> None:
    x, options = drawn
    same(outcome(definition.lp_pool, x, p=p, **options), outcome(pooling.lp_pool, x.astype(float), p=p, **options))


@settings(max_examples=200)
@given(pools(), st.sampled_from([1.5, 3, 4]))
def test_other_norms_are_within_rounding(drawn: tuple[np.ndarray, dict[str, Any]], p: float) -> None:
    """Both take a root of about K + 2 roundings, each at most 2^-53, shrunk by the root and shared by p >= 1."""
    x, options = drawn
    expected = outcome(definition.lp_pool, x, p=p, **options)
    got = outcome(pooling.lp_pool, x.astype(float), p=p, **options)
    if isinstance(expected, type):
        same(expected, got)
    else:
        bound = (np.prod(options["kernel_size"]) + 4) * 2.0**-52 * np.abs(got)
        assert np.all(np.abs(expected.astype(float) - got) <= bound)


def scope() -> list[dict[str, Any]]:
    pads, sizes = range(3), range(1, 4)
    return [
        {"kernel_size": k, "stride": s, "padding": ((lo, hi),), "dilation": d, "ceil_mode": ceil}
        for k, s, lo, hi, d, ceil in product(sizes, sizes, pads, pads, (1, 2), (False, True))
    ]


@pytest.mark.parametrize("extent", range(1, 7))
def test_every_small_configuration(extent: int) -> None:
    """1-d: k, s <= 3, pads <= 2, d <= 2, both ceil rules, both divisors; all of it refuses or agrees."""
    x = np.array([3, -1, 3, -7, 5, 5])[None, None, :extent]
    refused = 0
    for options in scope():
        expected = outcome(definition.max_pool_with_indices, x, **options)
        got = outcome(pooling.max_pool_with_indices, x, **options)
        same(expected, got) if isinstance(expected, type) else [*map(same, expected, got)]
        refused += isinstance(expected, type)
        for include in (False, True):
            expected = outcome(definition.avg_pool, x, count_include_pad=include, **options)
            same(expected, outcome(pooling.avg_pool, x.astype(float), count_include_pad=include, **options))
        same(outcome(definition.lp_pool, x, **options), outcome(pooling.lp_pool, x.astype(float), **options))
    assert 0 < refused < len(scope())


@settings(max_examples=500)
@given(pools(), st.data())
def test_special_values_are_those_of_the_definition(
    drawn: tuple[np.ndarray, dict[str, Any]], data: st.DataObject
) -> None:
    """NaN, infinities and zeros of both signs, scattered over the plane; a window of minus infinity keeps its index."""
    x, options = drawn
    x = x.astype(data.draw(st.sampled_from(FLOATS)))
    specials = data.draw(st.lists(st.sampled_from([np.nan, np.inf, -np.inf, -0.0]), max_size=8))
    x.reshape(-1)[: len(specials)] = specials[: x.size]
    np.random.default_rng(data.draw(st.integers(0, 99))).shuffle(x.reshape(-1))
    expected = outcome(definition.max_pool_with_indices, x, **options)
    got = outcome(pooling.max_pool_with_indices, x, **options)
    same(expected, got) if isinstance(expected, type) else [*map(same, expected, got)]
    same(expected if isinstance(expected, type) else expected[0], outcome(pooling.max_pool, x, **options))
    x = x.astype(np.float64)
    same(outcome(definition.avg_pool, x, **options), outcome(pooling.avg_pool, x, **options))
    same(outcome(definition.lp_pool, x, p=1, **options), outcome(pooling.lp_pool, x, p=1, **options))


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS)
def test_max_pooling_is_native(dtype: Any) -> None:
    """The least number of the dtype at the border survives padding, and the dtype comes back."""
    low = np.iinfo(dtype).min if dtype in INTEGERS else -np.inf
    x = np.array([[[low, low, 3, 1, 2, low]]]).astype(dtype)
    values, indices = pooling.max_pool_with_indices(x, kernel_size=3, stride=2, padding=1)
    assert values.dtype == x.dtype
    assert indices.dtype == np.int64
    assert values.astype(object).tolist() == [[[x[0, 0, 0].item(), 3, 2]]]
    assert indices.tolist() == [[[0, 2, 4]]]
    np.testing.assert_array_equal(pooling.max_pool(x, kernel_size=3, stride=2, padding=1), values)


def test_large_integers_are_not_rounded() -> None:
    x = np.array([[[2**63 - 2, 2**63 - 1]]])
    assert pooling.max_pool(x, kernel_size=2).item() == 2**63 - 1


@pytest.mark.parametrize(("dtype", "tiny"), [(np.float32, 2**-40), (np.float16, 2**-24), (ml_dtypes.bfloat16, 2**-30)])
def test_averages_are_rounded_once(dtype: Any, tiny: float) -> None:
    """1, 1 + eps and next to nothing, over 2: just above a tie of the dtype, which a second rounding would not see."""
    eps = float(ml_dtypes.finfo(dtype).eps)
    y = pooling.avg_pool(np.array([[[1, 1 + eps, tiny]]]).astype(dtype), kernel_size=3, divisor_override=2)
    assert y.dtype == dtype
    assert float(y.item()) == 1 + eps
    tie = pooling.avg_pool(np.array([[[1, 1 + eps, 0]]]).astype(dtype), kernel_size=3, divisor_override=2)
    assert float(tie.item()) == 1


def test_a_sum_may_exceed_the_dtype_where_the_mean_does_not() -> None:
    x = np.full((1, 1, 3), 60000, np.float16)
    assert pooling.avg_pool(x, kernel_size=3).item() == 60000


@pytest.mark.parametrize("x", [np.ones((1, 1, 2), bool), np.ones((1, 1, 2), complex), np.ones((1, 1, 2), object)])
def test_other_dtypes_are_refused(x: np.ndarray) -> None:
    for pool in (pooling.max_pool, pooling.max_pool_with_indices, pooling.avg_pool, pooling.lp_pool):
        with pytest.raises(DTypeError, match="NUM-1"):
            pool(x, kernel_size=2)


@pytest.mark.parametrize("pool", [pooling.avg_pool, pooling.lp_pool])
def test_integers_have_no_mean(pool: Callable[..., Any]) -> None:
    with pytest.raises(DTypeError, match="x must hold floating-point numbers, got dtype int64"):
        pool(np.ones((1, 1, 2), np.int64), kernel_size=2)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.copy("F"), lambda a: a[:, :, ::-1, ::-1], lambda a: a.transpose(0, 1, 3, 2),
        lambda a: np.broadcast_to(a[:, :1], a.shape), lambda a: a[::2, 1:, ::2, ::3],
    ],
)  # fmt: skip
def test_a_view_gives_what_its_copy_gives_and_stays_as_it_was(view: Callable[[np.ndarray], np.ndarray]) -> None:
    x = view(np.random.default_rng(3).integers(-9, 10, (2, 3, 7, 11)).astype(float))
    before = x.copy()
    x.flags.writeable = False
    for pool in (pooling.max_pool, lambda a, **o: pooling.max_pool_with_indices(a, **o)[1], pooling.avg_pool):
        np.testing.assert_array_equal(pool(x, kernel_size=(3, 2), stride=1), pool(before, kernel_size=(3, 2), stride=1))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("pool", [pooling.max_pool, pooling.avg_pool, pooling.lp_pool])
def test_a_window_of_one_element_is_still_a_fresh_array(pool: Callable[..., Any]) -> None:
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    y = pool(x, kernel_size=1)
    np.testing.assert_array_equal(y, x)
    assert not np.shares_memory(x, y)
    y[...] = -1
    np.testing.assert_array_equal(pool(x, kernel_size=1), x)


def test_options_out_of_range_are_refused() -> None:
    x = np.ones((1, 1, 4))
    with pytest.raises(ParameterError, match=r"divisor_override must be >= 1, got 0 \(POOL-3\)"):
        pooling.avg_pool(x, kernel_size=2, divisor_override=0)
    with pytest.raises(ParameterError, match=r"p must be a number >= 1, got nan \(POOL-6\)"):
        pooling.lp_pool(x, kernel_size=2, p=float("nan"))
    with pytest.raises(ShapeError, match=r"window 0 of 3 on an axis of 4 elements holds padding alone \(POOL-2\)"):
        pooling.max_pool(x, kernel_size=2, padding=((2, 0),))


def test_names_with_a_rank() -> None:
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    np.testing.assert_array_equal(pooling.max_pool2d(x, kernel_size=2), pooling.max_pool(x, kernel_size=2))
    assert pooling.max_pool3d_with_indices.__name__ == "max_pool3d_with_indices"
    with pytest.raises(ShapeError, match="avg_pool1d takes"):
        pooling.avg_pool1d(x, kernel_size=2)
