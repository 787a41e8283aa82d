from __future__ import annotations

import numpy as np
import pytest

from cnnspec.numerics.arithmetic import Arithmetic
from cnnspec.numerics.rounding import round_to
from cnnspec.numerics.sharp import bias, sharpness
from cnnspec.numerics.simulated import dot

UNIT = 2.0**-24


def drawn(seed: int, terms: int, outputs: int = 1500) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, w = rng.uniform(-1, 1, (2, terms, outputs)).astype(np.float32).astype(float)
    return x, w, (x * w).sum(0), np.abs(x * w).sum(0)


@pytest.mark.parametrize("terms", [1, 9, 72, 577])
def test_correct_sums_are_sharp_and_imprecise_ones_are_not(terms: int) -> None:
    x, w, exact, magnitude = drawn(terms, terms)
    for numerics in ({}, {"depth": "pairwise"}, {"accumulator": "float64"}):
        seen = sharpness(exact, magnitude, dot(x, w, Arithmetic.of("float32", numerics)), terms, UNIT)
        assert seen.sharp
        assert seen.median <= 1.1
    for numerics in ({"operands": "tf32"}, {"accumulator": "float16"}, {"accumulator": "bfloat16"}):
        seen = sharpness(exact, magnitude, dot(x, w, Arithmetic.of("float32", numerics)), terms, UNIT)
        assert not seen.sharp
        assert seen.median > 100


def test_the_mean_square_comes_near_what_is_allowed() -> None:
    """Sums of one sign keep every partial sum near S, where each rounding counts in full."""
    rng = np.random.default_rng(1)
    x = np.concatenate([np.full((1, 1500), 1.9), rng.uniform(0, 1e-4, (400, 1500))])
    x = round_to(x, "float32")
    got = dot(x, np.ones((401, 1)), Arithmetic.of("float32"))
    seen = sharpness(x.sum(0), x.sum(0), got, 401, UNIT)
    assert seen.sharp
    assert seen.rms > 0.4 * seen.most_rms


def test_one_wrong_element_is_seen() -> None:
    x, w, exact, magnitude = drawn(3, 72)
    got = dot(x, w, Arithmetic.of("float32"))
    got[77] += 1e-3 * np.sqrt(np.mean(exact**2))
    seen = sharpness(exact, magnitude, got, 72, UNIT)
    assert seen.largest > 10 * seen.most


def test_truncation_has_a_direction_and_rounding_to_nearest_has_none() -> None:
    def draws(numerics: dict[str, str], start: int) -> list[float]:
        values = []
        for seed in range(start, start + 24):
            x, w, exact, magnitude = drawn(seed, 40, 300)
            got = dot(x, w, Arithmetic.of("float32", numerics))
            values.append(float(np.mean(np.sign(exact) * (got - exact) / (UNIT * magnitude))))
        return values

    assert bias(draws({"rounding": "truncate"}, 0)) < -8
    assert all(abs(bias(draws({}, start))) < 8 for start in (0, 100, 200, 300))
    assert bias([2.0, 2.0]) == np.inf
    assert bias([0.0, 0.0]) == 0
