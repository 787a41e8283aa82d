"""ONNX Runtime as a target: every operation against the reference, its sessions, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.adapters.onnxruntime import SESSIONS, Runner, plane_indices
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import TargetError, Unsupported
from cnnspec.implementation import Implementation

pytest.importorskip("onnxruntime")

CASES = [
    "conv1d:x=2x4x9,w=6x2x3,b,stride=2,padding=1.0,dilation=2,groups=2,f32",
    "conv2d:x=2x4x7x9,w=6x2x3x2,b,stride=2x3,padding=1.0_2.1,dilation=1x2,groups=2,f32",
    "conv2d:x=2x3x7x9,w=4x3x3x2,f16,ints:3",
    "conv3d:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3,padding=1.0_0.0_2.1,f32",
    "conv_transpose1d:x=2x4x5,w=4x3x3,b,stride=3,padding=1.0,output_padding=2,groups=2,f32",
    "conv_transpose2d:x=2x4x5x3,w=4x3x3x2,b,stride=2x3,padding=1.0_0.1,output_padding=1x2,dilation=2x1,groups=2,f32",
    "conv_transpose3d:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,padding=0.0_1.1_0.0,f32",
    "max_pool1d:x=2x3x9,kernel_size=3,stride=2,padding=1.0,dilation=2,f32",
    "max_pool2d:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=1.0_0.1,dilation=1x2,ceil_mode=1,f32,negative:9",
    "max_pool3d:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,padding=1.0_0.0_0.0,i8,negative:9",
    "max_pool1d_with_indices:x=2x3x9,kernel_size=3,stride=2,padding=1.1,f32",
    "max_pool2d_with_indices:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=1.1_0.0,dilation=2x1,ceil_mode=1,f64",
    "max_pool3d_with_indices:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,f32",
    "avg_pool1d:x=2x3x9,kernel_size=4,stride=2,padding=1.1,count_include_pad=0,f32",
    "avg_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=2.1_0.1,ceil_mode=1,f32",
    "avg_pool3d:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,padding=1.1_0.0_0.0,f32",
    "lp_pool1d:x=2x3x9,kernel_size=4,stride=2,p=1,f32,negative:5",
    "lp_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=2.0_1.1,ceil_mode=1,f32",
    "lp_pool3d:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,f32",
    "global_max_pool:x=2x3x7x9,f32",
    "global_avg_pool:x=2x3x9,f32",
    "pad:x=2x3x7x9,padding=1.2_0.3,value=7,f32",
    "pad:x=2x3x7,padding=1.2,mode=reflect,f32",
    "pad:x=2x3x5x4x6,padding=1.2_3.0_1.1,mode=replicate,f32",
    "pad:x=2x3x7x9,padding=1.2_9.13,mode=circular,f32",
    "relu:x=2x3x7x9,f32",
    "conv2d:x=0x3x7x9,w=4x3x3x2,f32",
]


@pytest.fixture(scope="module", params=["", "?weights=constant", "?optimization=disable"])
def target(request: pytest.FixtureRequest) -> Implementation:
    return adapters.load(f"onnxruntime{request.param}")


def run(target: Implementation, case: Case) -> list[np.ndarray]:
    result = target.functions[case.op](*make_arrays(case).values(), **case.call_options)
    return list(result) if isinstance(result, tuple) else [result]


def expected(case: Case) -> list[np.ndarray]:
    result = case.operation.reference(*make_arrays(case).values(), **case.call_options)
    return list(result) if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("text", CASES)
def test_every_operation_agrees_with_the_reference(target: Implementation, text: str) -> None:
    case = Case.parse(text)
    assert case.dtype in target.claims.operations[case.op].dtypes
    for got, wanted in zip(run(target, case), expected(case), strict=True):
        assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
        rounds = case.op.startswith(("avg", "lp", "global_avg"))
        np.testing.assert_array_max_ulp(got, wanted, 4 if rounds else 0)


def test_the_cases_above_cover_the_target() -> None:
    found = adapters.load("onnxruntime")
    assert {Case.parse(text).op for text in CASES} == set(found.functions)
    assert not any("grad" in name for name in found.functions)
    assert found.claims.operations["conv2d"].padding == "asymmetric"
    assert "float64" not in found.claims.operations["conv2d"].dtypes


@pytest.mark.parametrize("layout", ["F", "last", "T", "step", "rev", "offset", "zero", "ro"])
def test_arrays_in_every_layout(target: Implementation, layout: str) -> None:
    case = Case.parse(f"conv2d:x=2x3x7x9,w=4x3x3x2,f32,layout.x={layout},layout.w={layout}")
    assert np.array_equal(run(target, case)[0], expected(case)[0])


def test_weights_changed_in_place_are_seen(target: Implementation) -> None:
    """Sessions are kept, and must not keep the weights with them."""
    x, w = np.ones((1, 1, 3), np.float32), np.ones((1, 1, 2), np.float32)
    options = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
    first = target.functions["conv1d"](x, w, **options)
    w *= 5
    assert (first.tolist(), target.functions["conv1d"](x, w, **options).tolist()) == ([[[2, 2]]], [[[10, 10]]])


def test_sessions_are_kept_for_calls_that_differ_in_values_alone() -> None:
    runner, x = Runner(), np.ones((1, 2, 3), np.float32)
    for array in (x, 2 * x, x[:, :1]):
        runner.run("Relu", {"x": array})
    assert runner.session.cache_info()[:4] == (1, 2, SESSIONS, 2)


def test_indices_of_the_tensor_become_indices_of_the_plane() -> None:
    """Images of 2 channels of 5 elements: the planes start at 0, 5, 10 and 15."""
    whole = np.array([[[1, 4], [5, 9]], [[10, 12], [19, 18]]])
    assert plane_indices(whole, np.empty((2, 2, 5))).tolist() == [[[1, 4], [0, 4]], [[0, 2], [4, 3]]]


def test_a_kernel_that_is_not_there_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="Could not find an implementation"):
        run(adapters.load("onnxruntime"), Case.parse("conv1d:x=1x1x3,w=1x1x2,f64"))


def test_an_option_with_an_unknown_value() -> None:
    with pytest.raises(TargetError, match="optimization must be one of all, extended, basic, disable; got 'most'"):
        adapters.load("onnxruntime?optimization=most")
