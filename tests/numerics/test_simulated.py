from __future__ import annotations

import numpy as np
import pytest

from cnnspec.numerics.arithmetic import Arithmetic
from cnnspec.numerics.simulated import conv, dot
from cnnspec.reference.convolution import conv as reference

OPTIONS = {"stride": (2, 3), "padding": ((1, 0), (2, 1)), "dilation": (1, 2), "groups": 2}


@pytest.mark.parametrize(
    "numerics",
    [{}, {"depth": "pairwise"}, {"depth": "blocked:4"}, {"operands": "tf32"}, {"rounding": "truncate"}, {"ftz": "yes"}],
)
def test_on_small_integers_every_arithmetic_gives_the_sums(numerics: dict[str, str]) -> None:
    rng = np.random.default_rng(0)
    x, w, b = (rng.integers(-5, 6, s).astype(np.float32) for s in ((2, 6, 7, 11), (4, 3, 3, 2), (4,)))
    y = conv(x, w, b, **OPTIONS, numerics=numerics)
    np.testing.assert_array_equal(y, reference(x, w, b, **OPTIONS))
    assert y.dtype == np.float32


def test_float32_is_float32() -> None:
    """One after the other is what NumPy's own float32 operations give."""
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal((2, 300)).astype(np.float32)
    total = np.float32(0)
    for a, b in zip(x, w, strict=True):
        total += a * b
    assert dot(x.astype(float)[:, None], w.astype(float)[:, None], Arithmetic.of("float32"))[0] == total


def test_orders_and_formats_differ() -> None:
    rng = np.random.default_rng(2)
    x, w = rng.standard_normal((2, 1, 60, 3)).astype(np.float32)
    results = {
        conv(x, w[:, :, :2], numerics=numerics, fused=fused).tobytes()
        for numerics in ({}, {"depth": "pairwise"}, {"depth": "blocked:7"}, {"operands": "tf32"},
                         {"accumulator": "float64"}, {"accumulator": "float16"}, {"rounding": "truncate"})
        for fused in (False, True)
    }  # fmt: skip
    assert len(results) >= 10
