"""The fast shifts and interiors are their definitions, and they say where layers move with their input."""

from __future__ import annotations

from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cnnspec.errors import CnnspecError, DTypeError, ParameterError
from cnnspec.reference import translation
from cnnspec.reference.convolution import conv
from cnnspec.reference.pooling import max_pool
from cnnspec.spec import translation as definition


@settings(max_examples=500)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-8, 8)), min_size=1, max_size=3), st.integers(0, 2**32))
def test_shifts_are_their_definitions(axes: list[tuple[int, int]], seed: int) -> None:
    extents, shift = zip(*axes, strict=True)
    x = np.random.default_rng(seed).integers(-9, 10, (2, 3, *extents))
    for name in ("translate", "translate_zero"):
        expected = getattr(definition, name)(x, shift).astype(int)
        np.testing.assert_array_equal(getattr(translation, name)(x, shift), expected)
    np.testing.assert_array_equal(translation.reflect(x), definition.reflect(x).astype(int))
    stride = tuple(abs(v) % 4 + 1 for v in shift)
    np.testing.assert_array_equal(translation.subsample(x, stride), definition.subsample(x, stride).astype(int))


def test_every_small_interior() -> None:
    """Every axis of extent <= 9 with k, s <= 3, d <= 2, pads from -1 to 2 and shifts from -4 to 4."""
    refused = empty = 0
    for n, k, s, d, lo, hi in product(range(1, 10), (1, 2, 3), (1, 2, 3), (1, 2), range(-1, 3), (-1, 0, 2)):
        for v in range(-4, 5):
            options: dict[str, Any] = {
                "shift": v,
                "kernel_size": k,
                "stride": s,
                "dilation": d,
                "padding": ((lo, hi),),
            }
            try:
                expected = definition.interior((n,), **options)
            except CnnspecError as refusal:
                with pytest.raises(type(refusal)):
                    translation.interior((n,), **options)
                refused += 1
                continue
            assert translation.interior((n,), **options) == expected
            empty += not expected[0]
    assert refused
    assert empty


def test_convolution_and_pooling_move_in_the_interior() -> None:
    rng = np.random.default_rng(11)
    x, w = rng.integers(-9, 10, (2, 3, 11, 13)), rng.integers(-9, 10, (4, 3, 3, 2))
    window: dict[str, Any] = {"stride": (2, 3), "padding": ((1, 2), (0, 1))}
    for v in product((-4, 0, 2), (-3, 0, 6)):
        rows, columns = translation.interior((11, 13), shift=v, kernel_size=(3, 2), **window)
        moved = translation.translate_zero(x, v)
        assert rows
        assert columns
        for f in (lambda a: conv(a, w, **window), lambda a: max_pool(a, kernel_size=(3, 2), **window)):
            after = f(moved)[:, :, rows.start : rows.stop, columns.start : columns.stop]
            i, j = (rows.start - v[0] // 2, columns.start - v[1] // 3)
            before = f(x)[:, :, i : i + len(rows), j : j + len(columns)]
            np.testing.assert_array_equal(after, before)


def test_the_interior_is_as_large_as_it_can_be() -> None:
    """With a maximum over positive numbers, zeros that enter show at once just outside the interior."""
    x = np.full((1, 1, 9), -1)
    (kept,) = translation.interior((9,), shift=2, kernel_size=3, padding=1)
    before, after = (max_pool(a, kernel_size=3, stride=1, padding=1) for a in (x, translation.translate_zero(x, 2)))
    agrees = [i for i in range(2, 9) if after[0, 0, i] == before[0, 0, i - 2]]
    assert agrees == [*kept, 8]  # at the far end the padding of a maximum does no harm


def test_a_layer_of_stride_s_is_the_layer_of_stride_1_subsampled() -> None:
    rng = np.random.default_rng(12)
    x, w = rng.integers(-9, 10, (2, 3, 7, 11)), rng.integers(-9, 10, (4, 3, 3, 2))
    np.testing.assert_array_equal(conv(x, w, stride=(2, 3)), translation.subsample(conv(x, w), (2, 3)))


def test_results_are_fresh_and_keep_their_dtype() -> None:
    for dtype in (np.float32, ml_dtypes.bfloat16, np.int8, np.complex64):
        x = np.arange(6).reshape(1, 2, 3).astype(dtype)
        for y in (
            translation.translate(x, 0),
            translation.translate_zero(x, 0),
            translation.reflect(x),
            translation.subsample(x, 1),
        ):
            assert y.dtype == x.dtype
            assert not np.shares_memory(x, y)


def test_refusals() -> None:
    with pytest.raises(DTypeError, match="NUM-1"):
        translation.translate(np.ones((1, 1, 2), bool), 1)
    with pytest.raises(ParameterError, match="one int or one per spatial axis"):
        translation.translate(np.ones((1, 1, 2)), (1, 1))
    with pytest.raises(ParameterError, match="EQUI-2"):
        translation.interior((7,), shift=1, kernel_size=3, stride=2)
