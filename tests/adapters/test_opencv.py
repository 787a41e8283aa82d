"""OpenCV's networks as a target: agreement where they are right, the types that they keep, their networks."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.adapters.opencv import NETWORKS, Runner
from cnnspec.cases.case import Case
from cnnspec.errors import TargetError, Unsupported
from cnnspec.implementation import Implementation
from tests.adapters.tables import ONNX, agrees, expected, run

cv2 = pytest.importorskip("cv2")

LEFT_OUT = ("f16", "f64", "i8", "lp_pool", "ceil_mode", "1d_with_indices", "3d_with_indices", "x=0x")
CASES = [
    *(text for text in ONNX if not any(word in text for word in LEFT_OUT)),
    "max_pool2d:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=1.0_0.1,dilation=1x2,f32,negative:9",
    "max_pool2d_with_indices:x=1x1x7x9,kernel_size=3x2,stride=2x3,f32",
    "max_pool3d:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,padding=1.0_0.0_0.0,f32,negative:9",
    "avg_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=2.1_0.1,f32",
    "pad:x=2x3x7x9,padding=1.2_0.3,value=7,i32",
]


@pytest.fixture(scope="module")
def target() -> Implementation:
    return adapters.load("opencv")


@pytest.mark.parametrize("text", CASES)
def test_every_operation_agrees_with_the_reference(target: Implementation, text: str) -> None:
    agrees(target, text, ulp=8)


def test_the_cases_above_cover_the_target(target: Implementation) -> None:
    assert {Case.parse(text).op for text in CASES} == set(target.functions)
    assert target.version == cv2.__version__
    assert target.claims.operations["conv2d"].dtypes == ("float32",)
    assert "int64" in target.claims.operations["pad"].dtypes


def test_a_type_that_would_be_changed_is_unsupported(target: Implementation) -> None:
    with pytest.raises(Unsupported, match=r"OpenCV's networks keep float32, .*; got float16"):
        run(target, Case.parse("relu:x=2x3x9,f16"))


@pytest.mark.parametrize("layout", ["F", "last", "T", "step", "rev", "offset", "zero", "ro"])
def test_arrays_in_every_layout(target: Implementation, layout: str) -> None:
    case = Case.parse(f"conv2d:x=2x3x7x9,w=4x3x3x2,f32,layout.x={layout},layout.w={layout}")
    assert np.array_equal(run(target, case)[0], expected(case)[0])


def test_networks_are_kept_for_calls_that_differ_in_values_alone() -> None:
    runner, x = Runner(), np.ones((1, 2, 3), np.float32)
    for array in (x, 2 * x, x[:, :1]):
        runner.run("Relu", {"x": array})
    assert runner.network.cache_info()[:4] == (1, 2, NETWORKS, 2)


def test_options_with_unknown_values() -> None:
    with pytest.raises(TargetError, match="engine must be one of auto, new, classic; got 'steam'"):
        adapters.load("opencv?engine=steam")
