"""Signal level, by hand and against scipy.signal."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import signal

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.spec.signal import convolve, cross_correlate

MODES = ("full", "same", "valid")
SHAPES = [
    ((7,), (3,)), ((3,), (7,)), ((5,), (5,)), ((6,), (4,)), ((1,), (4,)),
    ((5, 7), (3, 2)), ((2, 3), (4, 6)), ((4, 3), (2, 6)), ((5, 4), (4, 1)),
    ((3, 4, 5), (2, 3, 1)), ((2, 1, 3), (3, 2, 4)),
]  # fmt: skip


def filled(shape: tuple[int, ...], kind: str, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    whole = rng.integers(-9, 10, shape)
    return {"int": whole, "real": whole / 8, "complex": whole + 1j * rng.integers(-9, 10, shape)}[kind]


def test_the_sum_of_shifted_impulse_responses() -> None:
    response = np.array([1, 10, 100])
    shifted = [np.array([2, 20, 200, 0, 0]), np.array([0, 3, 30, 300, 0]), np.array([0, 0, 5, 50, 500])]
    assert convolve([2, 3, 5], response).tolist() == sum(shifted).tolist()


def test_convolution_multiplies_polynomials() -> None:
    """(1 + 2z)(3 + 4z + 5z²) = 3 + 10z + 13z² + 10z³."""
    assert convolve([1, 2], [3, 4, 5]).tolist() == [3, 10, 13, 10]


def test_modes_of_an_even_kernel() -> None:
    assert convolve([1, 2, 3], [1, 10, 100, 1000], mode="same").tolist() == [12, 123, 1230]
    assert cross_correlate([1, 2, 3], [1, 10, 100, 1000], mode="same").tolist() == [2100, 3210, 321]
    assert convolve([1, 2, 3], [1, 10, 100, 1000], mode="valid").tolist() == [123, 1230]


def test_correlation_does_not_flip_and_conjugates() -> None:
    x = np.array([[1, 2, 3], [4, 5, 6]])
    k = np.array([[1, 10j], [100, 1000]])
    assert cross_correlate(x, k, mode="valid").tolist() == [[5401 - 20j, 6502 - 30j]]
    assert convolve(x, k, mode="valid").tolist() == [[1205 + 40j, 2306 + 50j]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["int", "real", "complex"])
@pytest.mark.parametrize(("n", "k"), SHAPES)
def test_scipy_agrees(n: tuple[int, ...], k: tuple[int, ...], kind: str, mode: Any) -> None:
    x, w = filled(n, kind, 1), filled(k, kind, 2)
    pairs: Any = [(convolve, signal.convolve), (cross_correlate, signal.correlate)]
    for ours, theirs in pairs:
        try:
            expected = theirs(x, w, mode=mode, method="direct")
        except ValueError:
            with pytest.raises(ShapeError, match="needs one argument as large on every axis"):
                ours(x, w, mode=mode)
        else:
            assert ours(x, w, mode=mode).tolist() == expected.tolist()


@given(st.lists(st.fractions(), min_size=1, max_size=6), st.lists(st.fractions(), min_size=1, max_size=4))
def test_fractions_stay_exact(x: list[Fraction], k: list[Fraction]) -> None:
    """The value at z = 1/3 of the product is the product of the values."""
    z = Fraction(1, 3)
    value = [sum(a * z**i for i, a in enumerate(p)) for p in (x, k, convolve(x, k))]
    assert value[0] * value[1] == value[2]


def test_one_number_against_one() -> None:
    assert convolve(3, 5) == 15
    assert cross_correlate(3, 5j) == -15j


@pytest.mark.parametrize("operation", [convolve, cross_correlate])
def test_refusals(operation: Any) -> None:
    with pytest.raises(ShapeError, match=r"the same number of axes, got shapes \(2,\) and \(1, 2\) \(CONV-1\)"):
        operation([1, 2], [[1, 2]])
    with pytest.raises(ShapeError, match=r"extents >= 1, got shapes \(2,\) and \(0,\) \(CONV-1\)"):
        operation([1, 2], [])
    with pytest.raises(ParameterError, match=r"mode must be 'full', 'same' or 'valid', got 'wrap' \(CONV-1\)"):
        operation([1, 2], [3], mode="wrap")
    with pytest.raises(ShapeError, match=r"got \(2, 3\) and \(3, 2\) \(CONV-1\)"):
        operation(np.ones((2, 3)), np.ones((3, 2)), mode="valid")
