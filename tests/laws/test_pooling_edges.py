from __future__ import annotations

import numpy as np
import pytest

from cnnspec.errors import ShapeError

MAX = "max_pool2d:x=2x3x7x5,kernel_size=3x2,stride=2x3,padding=1.0_0.1,f32,ints:3"
INDICES = MAX.replace("max_pool2d", "max_pool2d_with_indices")
LOWEST = float(np.finfo(np.float32).min)


def padded_with(value: float):
    """A pooling that fills its pads itself, and so takes windows of padding alone."""

    def fault(f):
        def pool(x, *, padding, **o):
            grown = np.pad(x, [(0, 0), (0, 0), *padding], constant_values=value)
            return f(grown, padding=((0, 0),) * len(padding), **o)

        return pool

    return fault


def test_a_window_without_elements_that_gives_garbage(caught) -> None:
    failure = caught("POOL-2", MAX, padded_with(LOWEST))
    assert "the first window holds padding alone" in failure.message
    assert str(LOWEST) in failure.message


@pytest.mark.parametrize(("name", "value"), [("-inf", -np.inf), ("nan", np.nan), ("0", 0.0)])
def test_a_window_without_elements_by_dialect(ruling, name: str, value: float) -> None:
    text = f"{MAX},seed=1"
    for seed in range(8):
        text = f"{MAX},seed={seed}"
        with_value = ruling("POOL-2", text, padded_with(value))
        assert with_value.verdict == "passed", with_value
        assert ruling("POOL-2", text, padded_with(value), pool__empty_window=name).verdict == "passed"
        assert ruling("POOL-2", text, padded_with(value), pool__empty_window="refused").verdict == "failed"
        assert ruling("POOL-2", text, lambda f: f, pool__empty_window=name).verdict == "failed"


def test_only_some_refuse(ruling) -> None:
    def fault(f):
        def pool(x, **o):
            try:
                return f(x, **o)
            except ShapeError:
                return np.full((*x.shape[:2], 1, 1), 5, x.dtype)

        return pool

    assert "gives 5.0 there" in ruling("POOL-2", MAX, fault).failure.message


@pytest.mark.parametrize("text", [MAX, INDICES])
def test_a_nan_that_is_lost(caught, text: str) -> None:
    def fault(f):
        return lambda x, **o: f(np.nan_to_num(x, nan=-np.inf, neginf=-np.inf, posinf=np.inf), **o)

    assert "not treated as declared" in caught("POOL-8", f"{text},set.x=15.nan", fault).message


def test_a_nan_that_is_ignored_as_declared(ruling) -> None:
    def ignoring(f):
        def pool(x, **o):
            y = f(np.where(np.isnan(x), -np.inf, x), **o)
            return np.where(f(np.where(np.isnan(x), 0.0, 1.0), **o) > 0, y, np.nan).astype(x.dtype)

        return pool

    some, every = f"{MAX},set.x=15.nan", "max_pool1d:x=1x1x4,kernel_size=2,f64,data.x=nan_nan_3_nan"
    for text in (some, every):
        assert ruling("POOL-8", text, ignoring, pool__max__nan="ignore").verdict == "passed"
        assert ruling("POOL-8", text, ignoring).verdict == "failed"
        assert ruling("POOL-8", text, lambda f: f, pool__max__nan="ignore").verdict == "failed"


def test_a_nan_that_wins_only_when_it_comes_first(ruling) -> None:
    def fault(f):
        def pool(x, *, kernel_size, stride, padding, dilation, ceil_mode):
            best = x[..., ::2]
            with np.errstate(invalid="ignore"):
                return np.where(x[..., 1::2] > best, x[..., 1::2], best)

        return pool

    text = "max_pool1d:x=1x1x4,kernel_size=2,f64,data.x=nan_1_2_nan"
    for choice in ("propagate", "ignore"):
        assert ruling("POOL-8", text, fault, pool__max__nan=choice).verdict == "failed"


def test_the_lowest_finite_number(caught, ruling) -> None:
    def fault(f):
        return lambda x, **o: np.maximum(f(x, **o), np.float32(LOWEST))

    assert "not minus infinity" in caught("POOL-10", MAX, fault).message
    assert ruling("POOL-10", MAX, fault, pool__max__identity="lowest").verdict == "vacuous"


@pytest.mark.parametrize(("wrong", "words"), [(-1, "outside the plane"), (34, "outside its window")])
def test_an_index_outside_its_window(caught, wrong: int, words: str) -> None:
    def fault(f):
        def pool(x, **o):
            values, indices = f(x, **o)
            return values, np.where(np.isneginf(values), wrong, indices)

        return pool

    assert words in caught("POOL-10", INDICES, fault).message


def with_indices_of(change):
    """The right values with the indices that another input has."""

    def fault(f):
        return lambda x, **o: (f(x, **o)[0], f(change(x), **o)[1])

    return fault


def test_an_index_that_a_comparison_has_found(caught) -> None:
    """A NaN wins no comparison: the value is NaN, and the index is that of the largest number beside it."""
    text = f"{INDICES},set.x=9.nan_50.nan"
    failure = caught("POOL-14", text, with_indices_of(lambda x: np.nan_to_num(x, nan=-9.0)))
    assert "the element that the index names is not the value" in failure.message
    outside = caught("POOL-14", text, lambda f: lambda x, **o: (f(x, **o)[0], f(x, **o)[1] * 0))
    assert "outside its window" in outside.message


def test_any_nan_of_a_window_may_be_named(ruling) -> None:
    text = "max_pool1d_with_indices:x=1x1x3,kernel_size=3,f64,data.x=1_nan_nan"
    for index, verdict in ((0, "failed"), (1, "passed"), (2, "passed")):
        fault = lambda f, index=index: lambda x, **o: (f(x, **o)[0], np.array([[[index]]]))  # noqa: E731
        assert ruling("POOL-14", text, fault).verdict == verdict
