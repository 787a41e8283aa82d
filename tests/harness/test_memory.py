from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from cnnspec.cases.layouts import LAYOUTS
from cnnspec.harness.memory import offset, poison, storage, twin

SOURCE = np.arange(2 * 3 * 7, dtype=np.float32).reshape(2, 3, 7)


def with_gaps() -> np.ndarray:
    """An array whose buffer is no array and which does not fill it."""
    buffer = bytearray(SOURCE.tobytes())
    return np.ndarray((2, 3), np.float32, buffer=buffer, offset=4, strides=(16, 8))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.int8, ml_dtypes.bfloat16, np.complex128])
def test_a_twin_is_equal_in_values_layout_and_buffer_and_shares_nothing(layout: str, dtype: type) -> None:
    a = LAYOUTS[layout](SOURCE.astype(dtype))
    b = twin(a)
    assert (b.dtype, b.shape, b.strides, b.flags.writeable) == (a.dtype, a.shape, a.strides, a.flags.writeable)
    assert b.tobytes() == a.tobytes()
    assert storage(b).tobytes() == storage(a).tobytes()
    assert offset(b, storage(b)) == offset(a, storage(a))
    assert not np.may_share_memory(storage(a), storage(b))


def test_the_storage_of_a_view_is_all_of_its_buffer() -> None:
    view = LAYOUTS["step"](SOURCE)
    assert storage(view).size == 2 * SOURCE.nbytes
    storage(view)[4:8] = 0xFF
    assert np.isnan(view.base[0, 0, 1])


def test_an_array_with_gaps_over_a_foreign_buffer_has_a_storage_and_a_twin() -> None:
    a = with_gaps()
    assert storage(a).size == 16 + 2 * 8 + 4
    assert twin(a).tolist() == a.tolist() == [[1, 3, 5], [5, 7, 9]]
    assert not np.may_share_memory(twin(a), a)


def test_an_empty_array_has_an_empty_storage() -> None:
    empty = np.zeros((0, 3, 4))[:, ::2]
    assert storage(empty).size == 0
    assert twin(empty).shape == (0, 2, 4)


@pytest.mark.parametrize("size", [0, 8, 96, 1000])
def test_memory_taken_after_a_poisoning_is_nan(size: int) -> None:
    """For sure below 1024 bytes, which NumPy itself keeps for reuse; above, the C library writes into freed blocks."""
    poison(size)
    fresh = np.empty(size // 8)
    assert np.isnan(fresh).all()
