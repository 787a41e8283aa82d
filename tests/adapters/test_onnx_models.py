"""Models of one ONNX node: what they are made for, how pads are written, and what indices count through."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec.adapters.onnx_models import choice, describe, make_model, pads_attribute, plane_indices
from cnnspec.errors import TargetError


def test_a_node_is_what_a_call_has_beside_its_values() -> None:
    one = describe("Relu", {"x": np.zeros((2, 3), np.float32)}, 1, {"axes": [1, 2], "mode": "edge"})
    other = describe("Relu", {"x": np.ones((2, 3), np.float32)}, 1, {"axes": (1, 2), "mode": "edge"})
    assert one == other
    assert hash(one) == hash(other)
    assert one.inputs == (("x", (2, 3), "float32"),)
    assert one != describe("Relu", {"x": np.zeros((3, 2), np.float32)}, 1, {"axes": [1, 2], "mode": "edge"})


def test_a_model_has_inputs_and_stored_arrays() -> None:
    pytest.importorskip("onnx")
    node = describe("Conv", {"x": np.zeros((1, 2, 5), np.float32)}, 1, {"group": 1})
    model = make_model(node, {"w": np.ones((3, 2, 4), np.float32)}, opset=21, ir_version=10)
    assert list(model.graph.node[0].input) == ["x", "w"]
    assert [i.name for i in model.graph.input] == ["x"]
    assert [list(i.dims) for i in model.graph.initializer] == [[3, 2, 4]]


def test_a_typed_model_says_type_and_axes_of_its_results() -> None:
    onnx = pytest.importorskip("onnx")
    node = describe("MaxPool", {"x": np.zeros((1, 2, 5), np.float64)}, 2, {"kernel_shape": [2]})
    values, indices = make_model(node, opset=21, ir_version=10, typed=True).graph.output
    kinds = [value.type.tensor_type.elem_type for value in (values, indices)]
    assert kinds == [onnx.TensorProto.DOUBLE, onnx.TensorProto.INT64]
    assert [len(value.type.tensor_type.shape.dim) for value in (values, indices)] == [3, 3]


@pytest.mark.parametrize(
    ("extents", "kernel", "stride", "padding", "dilation", "wanted"),
    [
        ((7, 9), (3, 2), (2, 3), ((0, 0), (0, 0)), (1, 1), {"auto_pad": "VALID"}),
        ((7, 8), (4, 3), (2, 3), ((1, 2), (0, 1)), (1, 1), {"auto_pad": "SAME_UPPER"}),
        ((7, 8), (4, 3), (2, 3), ((2, 1), (1, 0)), (1, 1), {"auto_pad": "SAME_LOWER"}),
        ((7, 8), (4, 3), (2, 3), ((1, 2), (1, 0)), (1, 1), {"pads": [1, 1, 2, 0]}),
        ((7, 8), (4, 3), (2, 3), ((3, 4), (2, 2)), (2, 2), {"pads": [3, 2, 4, 2]}),
        ((7, 8), (4, 3), (2, 3), ((3, 3), (1, 2)), (2, 2), {"auto_pad": "SAME_UPPER"}),
    ],
)
def test_pads_as_words(
    extents: tuple[int, ...], kernel: tuple[int, ...], stride: tuple[int, ...],
    padding: tuple[tuple[int, int], ...], dilation: tuple[int, ...], wanted: dict[str, object],
) -> None:  # fmt: skip
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    assert pads_attribute("words", extents, kernel, **options) == wanted
    assert "pads" in pads_attribute("numbers", extents, kernel, **options)


def test_indices_of_the_tensor_become_indices_of_the_plane() -> None:
    """Images of 2 channels of 5 elements: the planes start at 0, 5, 10 and 15."""
    whole = np.array([[[1, 4], [5, 9]], [[10, 12], [19, 18]]])
    assert plane_indices(whole, np.empty((2, 2, 5))).tolist() == [[[1, 4], [0, 4]], [[0, 2], [4, 3]]]


def test_an_option_is_one_of_its_values() -> None:
    assert choice("engine", {}, "pads", ("numbers", "words")) == "numbers"
    with pytest.raises(TargetError, match="engine: pads must be one of numbers, words; got 'letters'"):
        choice("engine", {"pads": "letters"}, "pads", ("numbers", "words"))
