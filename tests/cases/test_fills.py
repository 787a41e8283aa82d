"""The documented generator, in plain integers, against the vectorised one; and what each fill promises."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec.cases import fills
from cnnspec.cases.arrays import dtype_of

MASK = (1 << 64) - 1


def plain_mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def plain_word(name: str, i: int, seed: int) -> int:
    h = plain_mix((seed + fills.fnv1a(name)) & MASK)
    return plain_mix((h + (i + 1) * 0x9E3779B97F4A7C15) & MASK)


def test_splitmix_matches_the_published_sequence() -> None:
    """The first outputs for the state 1234567, as in the public-domain C code by Vigna."""
    got = [plain_mix((1234567 + (i + 1) * 0x9E3779B97F4A7C15) & MASK) for i in range(3)]
    assert got == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
@pytest.mark.parametrize("name", ["x", "grad_output"])
def test_words_follow_their_formula(name: str, seed: int) -> None:
    assert [int(u) for u in fills.words(name, 5, seed)] == [plain_word(name, i, seed) for i in range(5)]


def test_a_range_is_read_by_multiply_and_shift() -> None:
    u = fills.words("x", 1000, 3)
    assert fills.int_range(u, -5, 5).tolist() == [((int(w) >> 32) * 11 >> 32) - 5 for w in u]
    assert set(fills.int_range(u, -5, 5).tolist()) == set(range(-5, 6))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16", "int8", "uint8", "int64"])
@pytest.mark.parametrize("fill", ["ints:3", "negative:4", "iota", "ones"])
def test_integer_fills_hold_integers_in_every_dtype(fill: str, dtype: str) -> None:
    values = fills.values(fill, "x", 50, 1, dtype_of(dtype)).astype(np.float64)
    assert np.array_equal(values, np.round(values))


def test_a_bias_is_never_zero_and_negative_data_is_negative() -> None:
    f64 = np.dtype(np.float64)
    assert 0 not in fills.values("ints:2", "b", 100, 5, f64)
    assert fills.values("negative:3", "x", 100, 5, f64).max() == -1
    assert fills.values("negative:3", "w", 100, 5, f64).max() > 0


def test_high_and_low_lie_in_one_eighth_below_their_bound() -> None:
    f64 = np.dtype(np.float64)
    for name in ("x", "w", "b"):
        high, low = (fills.values(f"{kind}:80", name, 200, 5, f64) for kind in ("high", "low"))
        assert (high.min(), high.max()) == (70, 80)
        assert np.array_equal(low, -high if name == "x" else high)
    assert fills.values("low:80", "x", 200, 5, np.dtype(np.uint8)).min() == 70


@pytest.mark.parametrize("bits", [6, 11, 22])
def test_wide_data_need_all_their_bits(bits: int) -> None:
    values = np.abs(fills.values(f"wide:{bits}", "x", 200, 9, np.dtype(np.float64))).astype(np.int64)
    assert np.all(values % 2 == 1)
    assert values.min() >= 1 << (bits - 1)
    assert values.max() < 1 << bits


def test_arrays_of_different_names_are_independent() -> None:
    f64 = np.dtype(np.float64)
    assert not np.array_equal(fills.values("real", "x", 9, 0, f64), fills.values("real", "w", 9, 0, f64))
