from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from cnnspec.laws.compare import differs, equal, put_at, rounded, values_at, within

NAN = float("nan")


def test_differs_knows_nan_and_zeros() -> None:
    a, b = np.array([NAN, 0.0, 1.0, NAN, np.inf]), np.array([NAN, -0.0, 2.0, 1.0, np.inf])
    assert differs(a, b).tolist() == [False, False, True, True, False]


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.int8, np.complex64])
def test_differs_in_every_dtype(dtype) -> None:
    assert differs(np.array([1, 2], dtype), np.array([1, 3], dtype)).tolist() == [False, True]


def test_equal_names_the_first_wrong_element() -> None:
    failure = equal(np.array([[1, 2], [3, 4]]), np.array([[1, 5], [3, 6]]), "the sums are wrong")
    assert failure.message == "the sums are wrong: element [0, 1] is 5 where 2 is right (2 of 4 elements differ)"
    assert failure.where == (0, 1)
    assert equal(np.ones(2), np.ones(2), "") is None


def test_equal_names_another_shape() -> None:
    assert "the shape is (3,) where (2,) is expected" in equal(np.ones(2), np.ones(3), "y").message


def test_within_names_the_worst_element() -> None:
    expected, got = np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.0, 3.2])
    failure = within(expected, got, np.array([0.1, 0.1, 0.01]), "too far")
    assert failure.where == (2,)
    assert "element [2] is 3.2 where 3.0 is right (2 of 3 elements differ)" in failure.message
    assert "20 times the largest allowed" in failure.message
    assert within(expected, expected, np.zeros(3), "") is None


@pytest.mark.parametrize("wrong", [NAN, np.inf])
def test_nan_is_within_nothing(wrong: float) -> None:
    assert within(np.array([1.0]), np.array([wrong]), np.array([np.float64(9)]), "").where == (0,)
    assert within(np.array([1.0]), np.array([1.0]), np.array([NAN]), "") is not None


def test_within_takes_what_it_gets() -> None:
    assert within(np.array([1.0]), np.array([1 + 1j]), np.array([0.5]), "") is not None
    assert within(np.array([1.0]), np.array([True]), np.array([0.5]), "") is None
    assert "shape" in within(np.ones(2), np.ones(3), np.ones(2), "").message


def test_rounded_keeps_what_a_dtype_cannot_hold() -> None:
    assert rounded(np.array([1.1]), np.array([1], np.float32)).dtype == np.float32
    assert rounded(np.array([1.1]), np.array([True])).dtype == np.float64
    assert rounded(np.array([1j]), np.array([1.0])).dtype.kind == "c"
    assert np.isinf(rounded(np.array([1e9]), np.array([1], np.float16))).all()


def test_put_at_leaves_the_original() -> None:
    a = np.zeros((2, 2))
    assert put_at(a, (1, 0), 5).tolist() == [[0, 0], [5, 0]]
    assert not a.any()


def test_values_of_objects() -> None:
    assert values_at((0,), np.array([2], object), np.array([1], object), 1) == "element [0] is 1 where 2 is right"
