from __future__ import annotations

import pytest

from cnnspec.errors import DTypeError, UsageError
from cnnspec.numerics.arithmetic import Arithmetic, check_numerics, gamma


def test_defaults() -> None:
    a = Arithmetic.of("bfloat16")
    assert (a.output.name, a.accumulator.name, a.operands, a.rounding, a.algorithm) == (
        "bfloat16", "float32", None, "nearest", "direct",
    )  # fmt: skip
    assert (Arithmetic.of("float32").rounds_output, a.rounds_output) == (0.0, 2.0**-8)


@pytest.mark.parametrize(
    "declared",
    [
        {"acumulator": "float32"},
        {"accumulator": "float8"},
        {"rounding": "up"},
        {"depth": "0"},
        {"depth": "blocked:0"},
        {"algorithm": "winograd"},
        {"ftz": "true"},
    ],
)
def test_words_and_values_are_checked(declared: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=next(iter(declared))):
        check_numerics(declared)


def test_integers_have_no_such_arithmetic() -> None:
    with pytest.raises(DTypeError, match="int32 is no floating-point dtype"):
        Arithmetic.of("int32", {"accumulator": "float32"})


def test_a_declared_depth_never_makes_the_bound_larger() -> None:
    plain = Arithmetic.of("float32")
    for depth in ("pairwise", "blocked:16", "3", "9999"):
        declared = Arithmetic.of("float32", {"depth": depth})
        assert all(declared.sums(k) <= plain.sums(k) for k in (1, 2, 3, 17, 1000))
    assert Arithmetic.of("float32", {"depth": "pairwise"}).sums(1024) < plain.sums(1024) / 50


def test_truncation_without_a_bound() -> None:
    a = Arithmetic.of("bfloat16", {"accumulator": "bfloat16", "rounding": "truncate"})
    assert a.sums(127) < float("inf") == a.sums(128) == gamma(128, 2.0**-7)
