from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from cnnspec.harness.results import arrays_of, type_name

ARRAY = np.zeros((2, 3))
NONE = "None where a NumPy array is expected; a return statement may be missing"
TOO_LARGE = "an array of shape (1048576, 1048576) and dtype float64, too large to be an answer"


class Foreign:
    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise RuntimeError("on another device")


def objects(*items: Any) -> np.ndarray:
    result = np.empty(len(items), object)
    result[:] = items
    return result


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, NONE),
        ([1.0], "a list where a NumPy array is expected; np.asarray(...) makes one"),
        ([], "a list where a NumPy array is expected; np.asarray(...) makes one"),
        ([[1, 2], [3]], "a ragged list where a NumPy array is expected"),
        ([[[1], [2, 3]], [[1], [2]]], "a ragged list where a NumPy array is expected"),
        ((ARRAY,), "a tuple of 1 where a NumPy array is expected"),
        ((ARRAY, ARRAY), "a tuple of 2 where a NumPy array is expected"),
        (1, "an int where a NumPy array is expected"),
        (1.5, "a float where a NumPy array is expected"),
        ({}, "a dict where a NumPy array is expected"),
        (np.float32(1), "a NumPy scalar (float32) where a NumPy array is expected"),
        (Foreign(), f"a {__name__}.Foreign where a NumPy array is expected; convert it before returning it"),
        (objects([1, 2], [3]), "an array of dtype object (list), rows of unequal length, where numbers are expected"),
        (objects(1, None), "an array of dtype object (NoneType, int) where numbers are expected"),
        (np.array(["a"]), "an array of dtype <U1 where numbers are expected"),
        (np.zeros(2, "M8[s]"), "an array of dtype datetime64[s] where numbers are expected"),
        (np.zeros(2, "V4"), "an array of dtype |V4 where numbers are expected"),
        (np.zeros(2, [("a", "f4")]), "an array of dtype [('a', '<f4')] where numbers are expected"),
        (np.broadcast_to(1.0, (1 << 20, 1 << 20)), TOO_LARGE),
    ],
)
def test_what_is_no_array_of_numbers_is_said(result: Any, said: str) -> None:
    assert arrays_of(result, 1) == said


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (ARRAY, "one array where a tuple of 2 arrays is expected"),
        ([ARRAY, ARRAY], "a list where a tuple of 2 arrays is expected"),
        ((ARRAY,), "a tuple of 1 where a tuple of 2 arrays is expected"),
        ((ARRAY, ARRAY, ARRAY), "a tuple of 3 where a tuple of 2 arrays is expected"),
        ((ARRAY, None), f"a tuple of 2 whose item 1 is {NONE}"),
    ],
)
def test_what_is_no_pair_is_said(result: Any, said: str) -> None:
    assert arrays_of(result, 2) == said


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u8", "f2", ">f4", "f8", "g", "c8", ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn]
)
def test_arrays_of_numbers_are_taken_as_they_are(dtype: Any) -> None:
    array = np.zeros((2, 0, 3), dtype)
    assert arrays_of(array, 1) == (array,)
    assert arrays_of((array, array), 2) == (array, array)


def test_a_subclass_is_read_as_its_array_and_named() -> None:
    masked = np.ma.masked_array([1.0, 2.0], [True, False])
    (read,) = arrays_of(masked, 1)
    assert type(read) is np.ndarray
    assert read.tolist() == [1.0, 2.0]
    assert type_name(masked) == "numpy.ma.MaskedArray"
