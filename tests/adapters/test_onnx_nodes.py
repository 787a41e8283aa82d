"""ONNX's operators in terms of the operations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnspec.adapters.onnx_nodes import NODES, run_node
from cnnspec.errors import Unsupported
from cnnspec.operations import find, spelled_names

Array = np.ndarray[Any, np.dtype[Any]]
REFERENCE = {name: find(name)[0].reference for name in spelled_names()}


def ints(*shape: int) -> Array:
    return (np.arange(np.prod(shape)) * 7 % 11 - 5.0).reshape(shape)


def run(operator: str, *inputs: Any, outputs: int = 1, **attributes: Any) -> Any:
    found = run_node(REFERENCE, operator, inputs, attributes, outputs)
    return found[0] if outputs == 1 else found


def test_pads_stand_low_ones_first() -> None:
    y = run("Conv", ints(2, 3, 7, 11), ints(4, 3, 3, 2), None, pads=[1, 0, 0, 2], strides=[2, 3])
    expected = REFERENCE["conv2d"](ints(2, 3, 7, 11), ints(4, 3, 3, 2), padding=((1, 0), (0, 2)), stride=(2, 3))
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize(("word", "pads"), [("SAME_UPPER", (0, 1)), ("SAME_LOWER", (1, 0)), ("VALID", (0, 0))])
def test_auto_pad_is_resolved(word: str, pads: tuple[int, int]) -> None:
    y = run("Conv", ints(1, 2, 8), ints(3, 2, 3), auto_pad=word, strides=[2], pads=None)
    np.testing.assert_array_equal(y, REFERENCE["conv1d"](ints(1, 2, 8), ints(3, 2, 3), padding=(pads,), stride=2))


def test_a_transposed_layer_of_a_wanted_shape() -> None:
    x, w = ints(1, 2, 4), ints(2, 3, 3)
    longer = run("ConvTranspose", x, w, output_shape=[10], strides=[2])
    np.testing.assert_array_equal(longer, REFERENCE["conv_transpose1d"](x, w, stride=2, output_padding=1))
    shorter = run("ConvTranspose", x, w, auto_pad="SAME_UPPER", strides=[2])
    np.testing.assert_array_equal(shorter, REFERENCE["conv_transpose1d"](x, w, stride=2, padding=((0, 1),)))


@pytest.mark.parametrize("order", [0, 1])
def test_indices_count_through_the_tensor_in_either_order(order: int) -> None:
    x = ints(2, 3, 4, 5)
    y, indices = run("MaxPool", x, kernel_shape=[2, 3], storage_order=order, outputs=2)
    planes = x.reshape(6, 4, 5)
    flat = np.concatenate([plane.ravel(order="CF"[order]) for plane in planes])
    np.testing.assert_array_equal(flat[indices], y)


def test_averages_leave_pads_out_unless_told() -> None:
    x = np.ones((1, 1, 3))
    left_out = run("AveragePool", x, kernel_shape=[2], pads=[1, 0], strides=[1])
    counted = run("AveragePool", x, kernel_shape=[2], pads=[1, 0], strides=[1], count_include_pad=1)
    assert (left_out[0, 0, 0], counted[0, 0, 0]) == (1, 0.5)
    with pytest.raises(Unsupported, match="avg_pool has no dilation"):
        run("AveragePool", x, kernel_shape=[2], dilations=[2])


def test_pad_reaches_batch_and_channels_and_takes_axes() -> None:
    x = ints(2, 3, 4)
    every = run("Pad", x, np.array([1, 0, 0, 0, 2, 1]), np.array(7.0))
    np.testing.assert_array_equal(every, np.pad(x, ((1, 0), (0, 2), (0, 1)), constant_values=7))
    last = run("Pad", x, np.array([2, 1]), None, np.array([-1]), mode="wrap")
    np.testing.assert_array_equal(last, np.pad(x, ((0, 0), (0, 0), (2, 1)), mode="wrap"))


def test_every_node_is_an_operation() -> None:
    x = ints(2, 3, 5)
    given = {"kernel_shape": [2]}
    for operator in ("LpPool", "GlobalMaxPool", "GlobalAveragePool", "Relu"):
        assert run(operator, x, **given).shape[:2] == (2, 3)
    assert len(NODES) == 9
