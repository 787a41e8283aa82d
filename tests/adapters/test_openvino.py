"""OpenVINO as a target: every operation against the reference, its types, its devices, its compiled models."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.cases.case import Case
from cnnspec.errors import TargetError, Unsupported
from cnnspec.implementation import Implementation
from cnnspec.operations import find
from tests.adapters.tables import ONNX, agrees, expected, run

openvino = pytest.importorskip("openvino")

OTHER_TYPES = ("f64", "lp_pool", "circular")
CASES = [
    *(text for text in ONNX if not any(word in text for word in OTHER_TYPES)),
    "max_pool2d_with_indices:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=1.1_0.0,dilation=2x1,ceil_mode=1,f32",
    "adaptive_max_pool1d:x=2x3x9,output_size=4,f32",
    "adaptive_max_pool2d:x=2x3x7x9,output_size=3x11,f32",
    "adaptive_max_pool3d:x=2x3x5x4x6,output_size=2x3x1,f32",
    "adaptive_avg_pool1d:x=2x3x9,output_size=4,f32",
    "adaptive_avg_pool2d:x=2x3x7x9,output_size=3x11,f32",
    "adaptive_avg_pool3d:x=2x3x5x4x6,output_size=2x3x1,f32",
    "pad:x=2x3x7x9,padding=-1.2_3.-2,value=7,f32",
    "pad:x=2x3x7x9,padding=1.7_3.2,mode=symmetric,f32",
    "conv1d:x=2x3x9,w=4x3x3,bf16,ints:3",
    "conv2d:x=2x3x7x9,w=4x3x3x2,i8,ints:1",
    "conv2d:x=2x3x7x9,w=4x3x3x2,b,i32,ints:9",
]


@pytest.fixture(scope="module", params=["", "?weights=constant"])
def target(request: pytest.FixtureRequest) -> Implementation:
    return adapters.load(f"openvino{request.param}")


@pytest.mark.parametrize("text", CASES)
def test_every_operation_agrees_with_the_reference(target: Implementation, text: str) -> None:
    agrees(target, text, ulp=8)


def test_the_cases_above_cover_the_target(target: Implementation) -> None:
    assert {Case.parse(text).op for text in CASES} == set(target.functions)
    assert openvino.__version__.startswith(target.version)


def test_claims_are_what_the_operation_set_has(target: Implementation) -> None:
    claims = target.claims.operations
    assert claims["conv2d"].padding == "asymmetric"
    assert claims["pad"].padding == "negative"
    assert "symmetric" in claims["pad"].choices["mode"]
    assert claims["conv2d"].dtypes == ("float32", "float16", "bfloat16", "int8", "uint8", "int32")
    assert not any(find(name)[0].name == "lp_pool" for name in target.functions)


def test_a_type_that_the_device_converts_is_unsupported(target: Implementation) -> None:
    with pytest.raises(Unsupported, match="the devices have no primitives of float64"):
        run(target, Case.parse("conv1d:x=2x3x9,w=4x3x3,f64"))


@pytest.mark.parametrize("layout", ["F", "last", "T", "step", "rev", "offset", "zero", "ro"])
def test_arrays_in_every_layout(target: Implementation, layout: str) -> None:
    case = Case.parse(f"conv2d:x=2x3x7x9,w=4x3x3x2,f32,layout.x={layout},layout.w={layout}")
    assert np.array_equal(run(target, case)[0], expected(case)[0])


def test_weights_changed_in_place_are_seen(target: Implementation) -> None:
    """Compiled models are kept, and must not keep the weights with them."""
    x, w = np.ones((1, 1, 3), np.float32), np.ones((1, 1, 2), np.float32)
    options = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
    first = target.functions["conv1d"](x, w, **options)
    w *= 5
    assert (first.tolist(), target.functions["conv1d"](x, w, **options).tolist()) == ([[[2, 2]]], [[[10, 10]]])


def test_bfloat16_keeps_every_bit() -> None:
    from cnnspec.adapters.openvino import array, tensor

    every = np.arange(1 << 16, dtype=np.uint16).view(ml_dtypes.bfloat16)
    made = tensor(every)
    assert made.element_type == openvino.Type.bf16
    assert np.array_equal(array(made).view(np.uint16), every.view(np.uint16))


def test_groups_that_do_not_divide_are_refused(target: Implementation) -> None:
    x, w = np.ones((1, 4, 3), np.float32), np.ones((3, 2, 2), np.float32)
    with pytest.raises(ValueError, match="3 kernels do not make 2 groups"):
        target.functions["conv1d"](x, w, stride=(1,), padding=((0, 0),), dilation=(1,), groups=2)


def test_options_with_unknown_values() -> None:
    with pytest.raises(TargetError, match="openvino has no device 'TOASTER' here; it has CPU"):
        adapters.load("openvino?device=TOASTER")
    with pytest.raises(TargetError, match="weights must be one of input, constant; got 'both'"):
        adapters.load("openvino?weights=both")


def test_a_bias_of_the_wrong_length_is_refused(target: Implementation) -> None:
    x, w, b = np.ones((1, 1, 3), np.float32), np.ones((1, 1, 2), np.float32), np.ones(2, np.float32)
    with pytest.raises(RuntimeError, match="Reshape"):
        target.functions["conv1d"](x, w, b, stride=(1,), padding=((0, 0),), dilation=(1,), groups=1)


def test_a_bias_of_two_axes_is_refused(target: Implementation) -> None:
    x, w, b = np.ones((1, 1, 3), np.float32), np.ones((2, 1, 2), np.float32), np.ones((1, 2), np.float32)
    with pytest.raises(ValueError, match="a bias has one axis, got 2"):
        target.functions["conv1d"](x, w, b, stride=(1,), padding=((0, 0),), dilation=(1,), groups=1)
