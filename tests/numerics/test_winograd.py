from __future__ import annotations

import numpy as np
import pytest

from cnnspec.numerics import winograd
from cnnspec.reference.convolution import conv

PADS = ((1, 0), (2, 1))


def drawn(seed: int, kernel: tuple[int, ...], dtype: str = "float64", high: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = ((2, 3, 7, 11), (4, 3, *kernel))
    if high:
        return tuple(rng.integers(-high, high + 1, s).astype(dtype) for s in shapes)
    return tuple(rng.uniform(-1, 1, s).astype(dtype) for s in shapes)


@pytest.mark.parametrize("m", [2, 3, 4, 6])
@pytest.mark.parametrize("kernel", [(3, 3), (3, 2), (1, 5)])
def test_tiles_give_the_sums(m: int, kernel: tuple[int, int]) -> None:
    x, w = drawn(0, kernel)
    np.testing.assert_allclose(winograd.correlate(x, w, m, pads=PADS), conv(x, w, padding=PADS), atol=1e-9)


def test_two_outputs_a_tile_are_exact_on_integers_and_four_are_not() -> None:
    x, w = drawn(1, (3, 3), "float32", 9)
    exact = conv(x, w, padding=PADS)
    np.testing.assert_array_equal(winograd.correlate(x, w, 2, pads=PADS, dtype=np.float32), exact)
    assert (winograd.correlate(x, w, 4, pads=PADS, dtype=np.float32) != exact).any()


@pytest.mark.parametrize("m", [2, 4, 6])
def test_errors_are_within_the_bound_and_come_near_it(m: int) -> None:
    """Terms that all meet their worst rounding at once are not to be had; one in two hundred of the bound is."""
    worst = 0.0
    for seed in range(20):
        x, w = drawn(seed, (3, 3), "float32")
        error = np.abs(
            winograd.correlate(x, w, m, pads=PADS, dtype=np.float32) - conv(*map(np.float64, (x, w)), padding=PADS)
        )
        worst = max(worst, float((error / winograd.bound(x, w, m, pads=PADS, dtype="float32")).max()))
    assert 1 / 200 < worst <= 1


def test_lower_precision_breaks_the_bound() -> None:
    x, w = drawn(2, (3, 3), "float32")
    rounded = winograd.correlate(x.astype(np.float16), w.astype(np.float16), 2, pads=PADS, dtype=np.float16)
    error = np.abs(rounded - conv(*map(np.float64, (x, w)), padding=PADS))
    assert (error > winograd.bound(x, w, 2, pads=PADS, dtype="float32")).mean() > 0.9
