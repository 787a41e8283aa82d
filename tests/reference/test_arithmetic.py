"""Which dtypes are taken, what carries the sums, and that there is one rounding."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cnnspec.errors import DTypeError
from cnnspec.reference.arithmetic import DTYPES, EXACT, carrier, operands, rounded

BFLOAT16: Any = np.dtype(ml_dtypes.bfloat16)


def nearest(value: float, bits: int, least: int) -> Fraction:
    """``value`` rounded to ``bits`` significant bits, half to even, with no exponent below ``least``."""
    exact = Fraction(value)
    if not exact:
        return exact
    exponent = abs(exact).numerator.bit_length() - exact.denominator.bit_length()
    while abs(exact) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    while abs(exact) < Fraction(2) ** exponent:
        exponent -= 1
    step = Fraction(2) ** (max(exponent, least) - bits + 1)
    return round(exact / step) * step


@settings(max_examples=2000)
@given(
    st.one_of(
        st.floats(-1e38, 1e38),
        st.builds(
            lambda m, e, nudge: (m + nudge) * 2.0**e,
            st.integers(-1024, 1024),
            st.integers(-143, 20),
            st.sampled_from([0.0, 0.5, -0.5, 2.0**-30, -(2.0**-30), 0.5 + 2.0**-30, 0.5 - 2.0**-30, 2.0**-41]),
        ),
    )
)
def test_bfloat16_is_rounded_once(value: float) -> None:
    got = rounded(np.array([value]), BFLOAT16)
    assert got.dtype == BFLOAT16
    assert Fraction(float(got[0])) == nearest(value, 8, -126)


def test_the_cast_alone_would_round_twice() -> None:
    """What the rounding above is for; once this fails, the detour by odd float32 can go."""
    value = np.array([1 + 2**-8 + 2**-40])
    assert float(value.astype(BFLOAT16)[0]) == 1.0
    assert float(rounded(value, BFLOAT16)[0]) == 1 + 2**-7


@pytest.mark.parametrize(("dtype", "bits", "least"), [("float16", 11, -14), ("float32", 24, -126)])
@settings(max_examples=500)
@given(m=st.integers(-(2**26), 2**26), e=st.integers(-60, -12), nudge=st.sampled_from([0.0, 2.0**-20, -(2.0**-20)]))
def test_the_other_floats_are_rounded_once(dtype: str, bits: int, least: int, m: int, e: int, nudge: float) -> None:
    value = (m + nudge) * 2.0**e
    if abs(value) < 65000:
        assert Fraction(float(rounded(np.array([value]), np.dtype(dtype))[0])) == nearest(value, bits, least)


def test_special_values_survive_without_a_warning() -> None:
    special = np.array([np.nan, np.inf, -np.inf, 1e300, -1e300, 0.0, -0.0])
    with np.errstate(all="raise"):
        for dtype in (BFLOAT16, np.dtype(np.float16), np.dtype(np.float32)):
            got = rounded(special, dtype).astype(np.float64)
            assert np.array_equal(got, [np.nan, np.inf, -np.inf, np.inf, -np.inf, 0, 0], equal_nan=True)


@pytest.mark.parametrize("dtype", [d for d in DTYPES if "int" in d])
def test_integers_wrap(dtype: str) -> None:
    limits = np.iinfo(dtype)
    sums = [0, 1, -1, limits.max, limits.min, limits.max + 1, limits.min - 1, 2**52 + 12345, -(2**52) - 54321]
    for values in (sums, [2**62 + 7, -(2**63)]):
        kind = np.float64 if values is sums and limits.bits < 64 else np.int64
        stored = [v if kind is np.float64 or -(2**63) <= v < 2**63 else v % 2**62 for v in values]
        wrapped = [(v - limits.min) % 2**limits.bits + limits.min for v in stored]
        assert rounded(np.array(stored, kind), np.dtype(dtype)).tolist() == wrapped


def test_the_result_is_contiguous_and_of_the_same_rank() -> None:
    for shape in ((), (1,), (3, 4)):
        for source in (np.float64, np.int64):
            for dtype in ("float64", "float16", "int8", "int64", "bfloat16"):
                y = rounded(np.ones(shape[::-1], source).T, np.dtype(getattr(ml_dtypes, dtype, dtype)))
                assert y.shape == shape
                assert y.flags.c_contiguous


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_carrier(dtype: str) -> None:
    a = np.ones(3, getattr(ml_dtypes, dtype, dtype))
    assert carrier(9, a, a) == (np.complex128 if "complex" in dtype else np.float64)


def test_integers_are_carried_in_float64_only_while_every_sum_is_exact() -> None:
    a = np.array([-(2**26), 5])
    assert EXACT == 2 * 2**26 * 2**26
    assert carrier(1, a, a) == np.float64
    assert carrier(2, a, a) == np.int64
    assert carrier(1, a, a, plus=np.array([1 - 2**52, 3])) == np.float64
    assert carrier(1, a, a, plus=np.array([-(2**52), 3])) == np.int64
    assert carrier(1, np.array([2**64 - 1], np.uint64)) == np.int64
    assert carrier(10**9, a, np.zeros((0, 2), int)) == np.float64
    assert carrier(10**12, np.ones(1, np.int16)) == carrier(10**6, np.ones(1, np.uint8)) == np.float64


def test_operands_are_taken_in_native_order_and_none_is_left_out() -> None:
    x, w = operands(x=np.array([1.5], ">f8"), w=[2.0], b=None)
    assert (x.dtype.isnative, x.tolist(), w.tolist()) == (True, [1.5], [2.0])


@pytest.mark.parametrize("dtype", ["bool", "object", "longdouble", "clongdouble", "U3", "M8[s]", "float8_e4m3fn"])
def test_other_dtypes_are_refused(dtype: str) -> None:
    array = np.zeros(1, getattr(ml_dtypes, dtype, dtype))
    with pytest.raises(
        DTypeError, match=r"w must have one of the dtypes float16, .*, uint64; got .* \(NUM-1\); convert"
    ):
        operands(w=array)
