"""The fast padding and its gradient against their definitions."""

from __future__ import annotations

from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cnnspec.errors import DTypeError, ParameterError
from cnnspec.geometry import PAD_MODES
from cnnspec.reference.padding import pad, pad_input_grad
from cnnspec.spec import padding as spec


@settings(max_examples=1500)
@given(
    axes=st.lists(st.tuples(st.integers(0, 5), st.integers(-4, 12), st.integers(-4, 12)), min_size=1, max_size=3),
    batch=st.integers(0, 2),
    mode=st.sampled_from(PAD_MODES),
    seed=st.integers(0, 99),
)
def test_they_equal_the_definitions(twins: Any, axes: Any, batch: int, mode: Any, seed: int) -> None:
    if len(axes) == 3:
        axes = [(n, lo % 3, hi % 3) for n, lo, hi in axes]
    rng, pads, extents = (
        np.random.default_rng(seed),
        tuple((lo, hi) for _, lo, hi in axes),
        tuple(n for n, _, _ in axes),
    )
    x = rng.integers(-99, 100, (batch, 3, *extents))
    y = twins(spec.pad, pad, x, padding=pads, mode=mode, value=seed - 50)
    if y is not None:
        g = rng.integers(-99, 100, y.shape)
        twins(spec.pad_input_grad, pad_input_grad, g, input_size=extents, padding=pads, mode=mode)


@pytest.mark.parametrize("mode", PAD_MODES)
def test_they_equal_the_definitions_on_every_small_axis(twins: Any, mode: Any) -> None:
    for n, lo, hi in product(range(5), range(-3, 9), range(-3, 9)):
        x = np.arange(1, 2 * n + 1).reshape(1, 2, n)
        y = twins(spec.pad, pad, x, padding=((lo, hi),), mode=mode, value=-1)
        if y is not None:
            g = 2 ** np.arange(y.size).reshape(y.shape)
            twins(spec.pad_input_grad, pad_input_grad, g, input_size=n, padding=((lo, hi),), mode=mode)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "complex64", "int8", "uint64"])
@pytest.mark.parametrize("mode", PAD_MODES)
def test_every_dtype_keeps_its_bits(dtype: str, mode: Any) -> None:
    kind = np.dtype(getattr(ml_dtypes, dtype, dtype))
    x = np.frombuffer(np.random.default_rng(1).bytes(30 * kind.itemsize), kind).reshape(1, 2, 3, 5)
    y = pad(x, padding=((1, 2), (0, 3)), mode=mode)
    assert (y.dtype, y.shape) == (kind, (1, 2, 6, 8))
    assert y[:, :, 1:4, :5].tobytes() == x.tobytes()


@pytest.mark.parametrize(
    ("value", "dtype", "stored"),
    [
        (-np.inf, "float16", -np.inf),
        (1 / 3, "float16", 1365 / 4096),
        (2j, "complex64", 2j),
        (-128, "int8", -128),
        (2**64 - 1, "uint64", 2**64 - 1),
        (2.0, "int32", 2),
        (1 + 2**-8 + 2**-40, "bfloat16", 1 + 2**-7),
    ],
)
def test_the_constant_in_the_dtype(value: Any, dtype: str, stored: Any) -> None:
    x = np.zeros((1, 1, 1), getattr(ml_dtypes, dtype, dtype))
    assert pad(x, padding=((0, 1),), value=value)[0, 0].tolist() == [0, stored]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (0.5, "int32"),
        (np.inf, "int64"),
        (np.nan, "uint8"),
        (128, "int8"),
        (-1, "uint64"),
        (1j, "float64"),
        ("2", "float32"),
        (None, "int8"),
    ],
)
def test_a_constant_that_the_dtype_does_not_have(value: Any, dtype: str) -> None:
    with pytest.raises(ParameterError, match=rf"value must be a number that {dtype} has, got .* \(PAD-1\); convert x"):
        pad(np.zeros((1, 1, 2), dtype), padding=1, value=value)


def test_the_result_is_fresh_also_without_pads() -> None:
    x = np.arange(6.0).reshape(1, 2, 3)[:, ::-1]
    x.flags.writeable = False
    for mode in PAD_MODES:
        y = pad(x, padding=0, mode=mode)  # type: ignore[arg-type]
        grad = pad_input_grad(x, input_size=(3,), padding=0, mode=mode)  # type: ignore[arg-type]
        for result in (y, grad):
            assert result.tolist() == x.tolist()
            assert result.flags.c_contiguous
            assert result.flags.writeable
            assert not np.shares_memory(result, x)


def test_a_gradient_is_summed_in_double_and_wraps_integers() -> None:
    g = np.array([[[2048, *[1] * 15, -2048]]], np.float16)
    assert pad_input_grad(g, input_size=(1,), padding=((8, 8),), mode="replicate").tolist() == [[[15]]]
    many = np.full((1, 1, 3), 100, np.int8)
    assert pad_input_grad(many, input_size=(1,), padding=1, mode="circular").tolist() == [[[44]]]


def test_infinities_reach_their_source_alone() -> None:
    g = np.array([[[np.inf, 1.0, 2.0, np.nan]]])
    assert pad_input_grad(g, input_size=(2,), padding=1)[0, 0].tolist() == [1, 2]
    grad = pad_input_grad(g, input_size=(2,), padding=((2, 0),), mode="circular")[0, 0]
    assert grad[0] == np.inf
    assert np.isnan(grad[1])


def test_bool_and_object_are_refused() -> None:
    for dtype in (bool, object):
        with pytest.raises(DTypeError, match=rf"x must have one of the dtypes .*; got {dtype.__name__} \(NUM-1\)"):
            pad(np.zeros((1, 1, 2), dtype), padding=1)
