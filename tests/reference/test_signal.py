"""The fast convolution and correlation against their definitions and scipy.signal."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import signal

from cnnspec.errors import DTypeError
from cnnspec.reference.signal import convolve, cross_correlate
from cnnspec.spec import signal as spec

PAIRS: Any = [(spec.convolve, convolve), (spec.cross_correlate, cross_correlate)]
SCIPY: Any = [(convolve, signal.convolve), (cross_correlate, signal.correlate)]
MODES = ["full", "same", "valid"]


@pytest.mark.parametrize(("definition", "fast"), PAIRS)
@settings(max_examples=700)
@given(
    shapes=st.integers(0, 3).flatmap(lambda rank: st.tuples(*[st.tuples(*[st.integers(0, 6)] * rank)] * 2)),
    mode=st.sampled_from([*MODES, "wrap"]),
    seed=st.integers(0, 99),
)
def test_they_equal_the_definitions(twins: Any, definition: Any, fast: Any, shapes: Any, mode: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, k = (rng.integers(-99, 100, shape) for shape in shapes)
    twins(definition, fast, np.asarray(x), np.asarray(k), mode=mode)


@pytest.mark.parametrize(("definition", "fast"), PAIRS)
def test_they_equal_the_definitions_on_every_small_plane(twins: Any, definition: Any, fast: Any) -> None:
    rng = np.random.default_rng(1)
    for *n, a, b in product(range(1, 4), range(1, 4), range(1, 4), range(1, 5)):
        x, k = rng.integers(-9, 10, n), rng.integers(-9, 10, (a, b)) + 1j * rng.integers(-9, 10, (a, b))
        for mode in MODES:
            twins(definition, fast, x.astype(complex), k, mode=mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["int64", "float64", "complex128", "float32", "complex64"])
@pytest.mark.parametrize(
    ("n", "k"), [((61,), (7,)), ((7,), (61,)), ((23, 19), (4, 6)), ((4, 6), (23, 19)), ((7, 5, 9), (3, 2, 4))]
)
def test_scipy_agrees(n: Any, k: Any, dtype: str, mode: Any) -> None:
    rng = np.random.default_rng(2)

    def drawn(shape: Any) -> Any:
        whole = rng.integers(-9, 10, shape)
        return (whole + 1j * rng.integers(-9, 10, shape) if "complex" in dtype else whole).astype(dtype)

    x, w = drawn(n), drawn(k)
    for ours, theirs in SCIPY:
        got, expected = ours(x, w, mode=mode), theirs(x, w, mode=mode, method="direct")
        assert got.dtype == dtype
        assert got.tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64"])
def test_integers_wrap(dtype: str) -> None:
    limits, rng = np.iinfo(dtype), np.random.default_rng(3)
    x, k = (rng.integers(limits.min, limits.max, n, dtype=dtype, endpoint=True) for n in (7, 4))
    wrapped = (spec.convolve(x, k) - limits.min) % 2**limits.bits + limits.min
    assert convolve(x, k).tolist() == wrapped.tolist()


def test_half_precision_is_summed_in_double() -> None:
    x = np.array([2048, *[1] * 15, -2048], dtype=np.float16)
    assert convolve(x, np.ones(17, dtype=np.float16), mode="valid").tolist() == [15]


def test_the_result_is_fresh_and_the_inputs_are_left_alone() -> None:
    x, one = np.arange(5.0), np.ones(1)
    x.flags.writeable = False
    for mode in MODES:
        y = convolve(x, one, mode=mode)  # type: ignore[arg-type]
        assert y.tolist() == x.tolist()
        assert y.flags.writeable
        assert not np.shares_memory(x, y)


def test_mixed_dtypes_and_bool_are_refused() -> None:
    with pytest.raises(DTypeError, match=r"must have one dtype, got x int64, k float64 \(NUM-1\)"):
        convolve([1], [1.0])
    with pytest.raises(DTypeError, match=r"x must have one of the dtypes .*; got bool \(NUM-1\)"):
        cross_correlate([True], [True])
