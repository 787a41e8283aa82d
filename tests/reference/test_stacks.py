"""Receptive fields by formula are those found by going back; composed kernels are their definition."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from cnnspec.errors import CnnspecError, DTypeError, ParameterError, ShapeError
from cnnspec.geometry import Window
from cnnspec.reference import stacks
from cnnspec.reference.convolution import conv
from cnnspec.reference.translation import interior, translate_zero
from cnnspec.spec import stacks as definition

WINDOWS = st.builds(
    Window, st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 3), st.integers(0, 3)
)


@settings(max_examples=500)
@given(st.lists(WINDOWS, max_size=4), st.integers(0, 5))
def test_fields_by_formula(layers: list[Window], index: int) -> None:
    for name in ("receptive_field", "centre"):
        assert getattr(stacks, name)(layers, index) == getattr(definition, name)(layers, index)
    assert stacks.jump(layers) == definition.jump(layers)


@settings(max_examples=500)
@given(st.lists(WINDOWS, max_size=3), st.integers(1, 20), st.integers(0, 3))
def test_exact_dependencies(layers: list[Window], extent: int, index: int) -> None:
    try:
        expected = definition.stack_reads(layers, extent, index)
    except CnnspecError as refusal:
        with pytest.raises(type(refusal)):
            stacks.stack_reads(layers, extent, index)
        return
    assert stacks.stack_reads(layers, extent, index) == expected
    assert set(expected) <= set(stacks.receptive_field(layers, index))


def test_a_stack_depends_on_exactly_these_inputs() -> None:
    """The derivative of a linear stack with positive kernels is not zero there, and zero elsewhere."""
    layers = [Window(2, dilation=3, lo=1), Window(3, stride=2, lo=1, hi=1), Window(2, hi=1)]
    n = 13
    y = np.eye(n)[:, None]
    for a in layers:
        w = np.ones((1, 1, a.kernel))
        y = conv(y, w, stride=a.stride, padding=((a.lo, a.hi),), dilation=a.dilation)
    for i in range(y.shape[2]):
        assert np.flatnonzero(y[:, 0, i]).tolist() == stacks.stack_reads(layers, n, i)


def test_a_stack_has_the_interior_of_one_window() -> None:
    rng = np.random.default_rng(7)
    layers = [Window(3, lo=1, hi=1), Window(2, stride=2, lo=1), Window(3, dilation=2, lo=1, hi=2)]
    kernels = [rng.integers(1, 10, (1, 1, a.kernel)) for a in layers]

    def stack(a: np.ndarray) -> np.ndarray:
        for axis, w in zip(layers, kernels, strict=True):
            a = conv(a, w, stride=axis.stride, padding=((axis.lo, axis.hi),), dilation=axis.dilation)
        return a

    x = rng.integers(1, 10, (1, 1, 31))
    field = stacks.receptive_field(layers)
    m = stack(x).shape[2]
    pads = ((-field.start, (m - 1) * stacks.jump(layers) + field.stop - 31),)
    for shift in (-4, 2, 6):
        (kept,) = interior((31,), shift=shift, kernel_size=len(field), stride=stacks.jump(layers), padding=pads)
        assert kept
        after, before = stack(translate_zero(x, shift)), stack(x)
        for i in kept:
            assert after[0, 0, i] == before[0, 0, i - shift // 2]


@settings(max_examples=200)
@given(st.integers(1, 3), st.data())
def test_composition_is_its_definition_and_the_two_layers(rank: int, data: st.DataObject) -> None:
    sizes = st.lists(st.integers(1, 3), min_size=rank, max_size=rank)
    k1, k2, s, more = (data.draw(sizes) for _ in range(4))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    w1, w2 = rng.integers(-9, 10, (2, 3, *k1)), rng.integers(-9, 10, (4, 2, *k2))
    w = stacks.compose(w1, w2, stride=tuple(s))
    np.testing.assert_array_equal(w, definition.compose(w1, w2, stride=tuple(s)).astype(int))
    assume(np.prod(w.shape[2:]) < 300)
    x = rng.integers(-9, 10, (1, 3, *(k + m for k, m in zip(w.shape[2:], more, strict=True))))
    np.testing.assert_array_equal(conv(x, w, stride=tuple(s)), conv(conv(x, w1, stride=tuple(s)), w2))


def test_composition_is_not_exact_at_a_padded_border() -> None:
    ones = np.ones((1, 1, 3), int)
    both = conv(conv(ones, ones, padding=1), ones, padding=1)
    one = conv(ones, stacks.compose(ones, ones), padding=2)
    assert both.tolist() == [[[5, 7, 5]]]
    assert one.tolist() == [[[6, 7, 6]]]


@pytest.mark.parametrize("dtype", [np.float32, ml_dtypes.bfloat16, np.int8, np.complex64])
def test_dtypes(dtype: Any) -> None:
    w = np.arange(-3, 3).reshape(1, 1, 6).astype(dtype)
    assert stacks.compose(w, w).dtype == dtype
    expected = definition.compose(w, w).astype(complex)
    np.testing.assert_array_equal(stacks.compose(w, w).astype(complex), expected)
    f = w[0, 0]
    kernel = stacks.separable_kernel(f, f[:2], f[3:])
    assert kernel.dtype == dtype
    np.testing.assert_array_equal(kernel.astype(complex), definition.separable_kernel(f, f[:2], f[3:]).astype(complex))


def test_one_factor_is_copied() -> None:
    f = np.ones(3)
    assert not np.shares_memory(stacks.separable_kernel(f), f)


def test_refusals() -> None:
    with pytest.raises(DTypeError, match="one dtype"):
        stacks.compose(np.ones((1, 1, 2)), np.ones((1, 1, 2), np.float32))
    with pytest.raises(ShapeError, match="second must take"):
        stacks.compose(np.ones((2, 1, 2)), np.ones((1, 1, 2)))
    with pytest.raises(ParameterError, match="stride must be >= 1"):
        stacks.compose(np.ones((1, 1, 2)), np.ones((1, 1, 2)), stride=0)
    with pytest.raises(ShapeError, match="vectors"):
        stacks.separable_kernel()


def test_composed_kernels_are_rounded_once_and_integers_wrap() -> None:
    """1 + 2^-8 is a tie of bfloat16 and 2^-30 lies above it; 3 * 100 is 44 in an int8."""
    w1 = np.array([1, 2**-8, 2**-30]).astype(ml_dtypes.bfloat16).reshape(3, 1, 1)
    assert stacks.compose(w1, np.ones((1, 3, 1), w1.dtype)).item() == 1 + 2**-7
    assert stacks.compose(np.full((3, 1, 1), 100, np.int8), np.ones((1, 3, 1), np.int8)).item() == 44
