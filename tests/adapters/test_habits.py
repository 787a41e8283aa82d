"""What functions do beside their operation is taken off and said; what only some calls do is left for the laws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnnspec.adapters.habits import without_habits
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case

CASE = Case.parse("conv2d:x=2x3x5x4,w=4x3x2x3,f64,ints:5")
X, W = make_arrays(CASE).values()


def valid(x: Any, w: Any) -> Any:
    y = np.zeros((x.shape[0], w.shape[0], x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1), x.dtype)
    for i, j in np.ndindex(*w.shape[2:]):
        taps = x[:, :, i : i + y.shape[2], j : j + y.shape[3]]
        y += np.einsum("ncij,oc->noij", taps, w[:, :, i, j])
    return y


def forward_alone(x: Any, w: Any) -> Any:
    if min(x.strides) < 0 or min(w.strides) < 0:
        raise ValueError("negative strides")
    return valid(x, w)


def by_torch(x: Any, w: Any) -> Any:
    torch = pytest.importorskip("torch")
    return torch.as_tensor(valid(x, w)).requires_grad_()


@pytest.mark.parametrize(
    ("function", "note"),
    [
        (lambda x, w: (valid(x, w), (x, w)), "it returns 2 results, and the first is checked"),
        (lambda x, w: valid(x, w).tolist(), "it returns a list, of which an array is made"),
        (by_torch, "it returns a torch.Tensor, of which an array is made"),
        (forward_alone, "it raises on arrays with negative strides, and gets copies of them"),
    ],
)
def test_a_habit_is_taken_off(function: Callable[..., Any], note: str) -> None:
    notes: list[str] = []
    plain = without_habits(function, "conv2d", notes)
    assert notes == [f"conv2d: {note} (detected)"]
    y = plain(X[..., ::-1], W)
    assert isinstance(y, np.ndarray)
    assert np.array_equal(y, valid(X[..., ::-1], W))


def test_a_function_without_habits_stays_itself() -> None:
    notes: list[str] = []
    assert without_habits(valid, "conv2d", notes) is valid
    assert notes == []


def first_relu(x: Any) -> Any:
    return x if x > 0 else 0  # noqa: FURB136 - as a student writes it


def test_a_relu_of_one_number_is_called_for_each_element() -> None:
    notes: list[str] = []
    relu = without_habits(first_relu, "relu", notes)
    assert notes == ["relu: it takes one number, and is called for each element (detected)"]
    assert relu(np.array([[-1.5, 2.5]], np.float32)).tolist() == [[0, 2.5]]
    assert without_habits(first_relu, "conv2d", []) is first_relu


def test_what_only_some_calls_do_is_left_as_it_is() -> None:
    def now_and_then(x: Any, w: Any) -> Any:
        return (valid(x, w), x) if x.shape == (2, 3, 8, 7) else valid(x, w).tolist()

    assert isinstance(without_habits(now_and_then, "conv2d", [])(X, W), list)


def test_results_that_are_no_array_are_left_as_they_are() -> None:
    for result in (None, ("out", "cache"), (), [], [[1], [2, 3]], 3):
        function = lambda x, w, result=result: result  # noqa: E731
        assert without_habits(function, "conv2d", []) is function


def test_several_results_of_an_operation_that_has_several_are_its_own() -> None:
    def pool(x: Any, kernel_size: Any) -> Any:
        return x, x

    assert without_habits(pool, "max_pool2d_with_indices", []) is pool
