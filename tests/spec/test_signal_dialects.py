"""Our signal chapter beside SciPy's and NumPy's functions; their ``same`` results as named dialects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal

from cnnspec.errors import UsageError
from cnnspec.reference.signal import convolve, cross_correlate
from cnnspec.spec.signal_dialects import DIALECTS, same_as

RNG = np.random.default_rng(5)
PLANES = [((7, 5), (3, 2)), ((6, 4), (2, 4)), ((5, 9), (5, 1)), ((4, 4), (1, 3))]
LINES = [(7, 3), (7, 4), (6, 1), (5, 5), (8, 6), (3, 3)]

THEIRS: dict[str, Callable[[Any, Any], Any]] = {
    "scipy.signal.convolve": lambda x, k: scipy.signal.convolve(x, k, mode="same"),
    "scipy.signal.correlate": lambda x, k: scipy.signal.correlate(x, k, mode="same"),
    "scipy.signal.correlate2d": lambda x, k: scipy.signal.correlate2d(x, k, mode="same"),
    "numpy.convolve": lambda x, k: np.convolve(x, k, mode="same"),
    "scipy.ndimage.convolve": scipy.ndimage.convolve,
    "scipy.ndimage.correlate": scipy.ndimage.correlate,
}


def ints(*shape: int) -> Any:
    return RNG.integers(-9, 10, shape)


def test_every_dialect_is_compared() -> None:
    assert THEIRS.keys() == DIALECTS.keys()


@pytest.mark.parametrize(("n", "k"), PLANES)
@pytest.mark.parametrize("name", [name for name in THEIRS if name != "numpy.convolve"])
def test_a_dialect_is_the_librarys_in_two_dimensions(name: str, n: tuple[int, int], k: tuple[int, int]) -> None:
    x, kernel = ints(*n), ints(*k)
    assert np.array_equal(same_as(name, x, kernel), THEIRS[name](x, kernel))


@pytest.mark.parametrize(("n", "k"), [*LINES, (3, 8), (4, 7)])
def test_numpys_same_is_as_long_as_the_longer(n: int, k: int) -> None:
    x, kernel = ints(n), ints(k)
    assert np.array_equal(same_as("numpy.convolve", x, kernel), np.convolve(x, kernel, mode="same"))


def test_the_dialects_differ_for_an_even_kernel_and_agree_inside_for_an_odd_one() -> None:
    x, even, odd = ints(9), ints(4), ints(3)
    assert not np.array_equal(same_as("scipy.signal.convolve", x, even), same_as("scipy.ndimage.convolve", x, even))
    inside = [same_as(name, x, odd)[1:-1].tolist() for name in DIALECTS if DIALECTS[name].flips]
    assert inside[0] == inside[1] == inside[2]


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("n", "k"), [pair for pair in PLANES if pair[0][0] >= pair[1][0] and pair[0][1] >= pair[1][1]])
def test_the_two_dimensional_functions_agree(n: tuple[int, int], k: tuple[int, int], mode: Any) -> None:
    x, kernel = ints(*n), ints(*k)
    assert np.array_equal(convolve(x, kernel, mode=mode), scipy.signal.convolve2d(x, kernel, mode=mode))
    if mode != "same":
        assert np.array_equal(cross_correlate(x, kernel, mode=mode), scipy.signal.correlate2d(x, kernel, mode=mode))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("n", "k"), LINES)
def test_a_fast_fourier_transform_gives_the_same_integers(n: int, k: int, mode: Any) -> None:
    x, kernel = ints(n), ints(k)
    by_transform = scipy.signal.fftconvolve(x.astype(float), kernel.astype(float), mode=mode)
    assert np.array_equal(convolve(x, kernel, mode=mode), np.rint(by_transform))


def test_complex_kernels_are_conjugated_in_a_correlation() -> None:
    x, kernel = ints(5, 4) + 1j * ints(5, 4), ints(2, 3) + 1j * ints(2, 3)
    assert np.array_equal(cross_correlate(x, kernel), scipy.signal.correlate2d(x, kernel))


def test_an_unknown_dialect_is_named() -> None:
    with pytest.raises(UsageError, match="no dialect 'matlab'"):
        same_as("matlab", [1], [1])
