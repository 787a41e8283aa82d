from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from cnnspec.numerics.precision import FORMATS, format_of
from cnnspec.numerics.rounding import round_to

NATIVE = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32}


def values(seed: int) -> np.ndarray:
    """Float32 values over the whole range, ties, subnormals and overflow among them."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2**32, 20_000, dtype=np.uint32)
    near = np.float64(1) + np.arange(-64, 64) * 2.0**-12
    drawn = bits.view(np.float32)
    return np.concatenate(
        [drawn[np.isfinite(drawn)].astype(np.float64), near, near * 2.0**-20, near * 65500, [0.0, -0.0]]
    )


@pytest.mark.parametrize("name", NATIVE)
def test_nearest_is_the_cast(name: str) -> None:
    """float32 values have at most 24 bits, so the casts of NumPy and ml_dtypes round once."""
    a = values(1)
    with np.errstate(over="ignore"):
        cast = a.astype(np.float32).astype(NATIVE[name]).astype(np.float64)
    np.testing.assert_array_equal(round_to(a, name), cast)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("rounding", ["nearest", "truncate"])
def test_rounding_is_idempotent_odd_and_close(name: str, rounding: str) -> None:
    fmt = format_of(name)
    a = np.random.default_rng(2).uniform(-2, 2, 5000) * 2.0 ** np.random.default_rng(3).integers(-9, 9, 5000)
    once = round_to(a, name, rounding)
    np.testing.assert_array_equal(round_to(once, name, rounding), once)
    np.testing.assert_array_equal(round_to(-a, name, rounding), -once)
    unit = fmt.unit * (1 if rounding == "nearest" else 2)
    assert (np.abs(once - a) <= np.maximum(unit * np.abs(a), 2.0**fmt.min_exponent)).all()
    if rounding == "truncate":
        assert (np.abs(once) <= np.abs(a)).all()
        assert (np.abs(once - a) > fmt.unit * np.abs(a)).any() or name == "float64"


def test_what_is_too_large_or_too_small() -> None:
    assert round_to(65520.0, "float16") == np.inf
    assert round_to(65519.0, "float16") == 65504
    assert round_to(-1e9, "float16", "truncate") == -65504
    assert round_to(2.0**-25, "float16") == 0
    assert round_to(1.5 * 2.0**-25, "float16") == 2.0**-24
    assert round_to(2.0**-24 * 1023, "float16", flush=True) == 0
    assert np.isnan(round_to(np.nan, "tf32"))
    assert round_to(-np.inf, "tf32") == -np.inf


def test_properties_of_formats() -> None:
    for name, dtype in NATIVE.items():
        info = ml_dtypes.finfo(dtype)
        assert float(info.max) == format_of(name).largest
        assert float(info.smallest_normal) == format_of(name).smallest_normal
        assert float(info.smallest_subnormal) == 2.0 ** format_of(name).min_exponent
    assert format_of("tf32").smallest_normal == format_of("float32").smallest_normal
