"""ONNX's reference implementation as a target: agreement where it is right, its types, its evaluators."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.adapters.onnx_reference import EVALUATORS, Runner, types
from cnnspec.cases.case import Case
from cnnspec.errors import TargetError, Unsupported
from cnnspec.implementation import Implementation
from tests.adapters.tables import ONNX, agrees, run

onnx = pytest.importorskip("onnx")

KNOWN = (  # findings, with a page of their own
    "conv_transpose1d:x=2x4x5,w=4x3x3,b,stride=3,padding=1.0,output_padding=2,groups=2,f32",
    "conv_transpose2d:x=2x4x5x3,w=4x3x3x2,b,stride=2x3,padding=1.0_0.1,output_padding=1x2,dilation=2x1,groups=2,f32",
    "lp_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=2.0_1.1,ceil_mode=1,f32",
)
CASES = [
    *(text for text in ONNX if text not in KNOWN),
    "conv_transpose1d:x=2x4x5,w=4x3x3,b,stride=3,padding=1.0,output_padding=2,f32",
    "conv_transpose2d:x=2x4x5x3,w=4x3x3x2,b,stride=2x3,padding=1.0_0.1,output_padding=1x2,dilation=2x1,f64",
    "lp_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,f32",
    "conv1d:x=2x3x9,w=4x3x3,bf16,ints:3",
]


@pytest.fixture(scope="module", params=["", "?pads=words"])
def target(request: pytest.FixtureRequest) -> Implementation:
    return adapters.load(f"onnx-reference{request.param}")


@pytest.mark.parametrize("text", CASES)
def test_every_operation_agrees_with_the_reference(target: Implementation, text: str) -> None:
    agrees(target, text)


def test_the_cases_above_cover_the_target(target: Implementation) -> None:
    assert {Case.parse(text).op for text in CASES} == set(target.functions)
    assert target.version == onnx.__version__


def test_types_are_those_of_the_definitions(target: Implementation) -> None:
    assert set(types("Conv")) == {"bfloat16", "float16", "float32", "float64"}
    assert set(types("MaxPool")) == {*types("Conv"), "int8", "uint8"}
    assert "uint8" not in types("Relu")
    assert "int32" not in target.claims.operations["conv2d"].dtypes
    with pytest.raises(Unsupported, match=r"ONNX's Conv takes bfloat16, .*; got int32"):
        run(target, Case.parse("conv1d:x=2x3x9,w=4x3x3,i32"))


def test_evaluators_are_kept_for_calls_that_differ_in_values_alone() -> None:
    runner, x = Runner(), np.ones((1, 2, 3), np.float32)
    for array in (x, 2 * x, x[:, :1]):
        runner.run("Relu", {"x": array})
    assert runner.evaluator.cache_info()[:4] == (1, 2, EVALUATORS, 2)


def test_an_option_with_an_unknown_value() -> None:
    with pytest.raises(TargetError, match="onnx-reference: pads must be one of numbers, words; got 'all'"):
        adapters.load("onnx-reference?pads=all")


def test_a_bias_is_added_to_sums_that_were_rounded(target: Implementation) -> None:
    x, w, b = np.float16([[[2048, 1]]]), np.float16([[[1, 1]]]), np.float16([1])
    y = target.functions["conv1d"](x, w, b, stride=(1,), padding=((0, 0),), dilation=(1,), groups=1)
    assert y.item() == 2048  # 2050 if it were rounded once
    numerics = {name: target.claims.operations[name].numerics for name in ("conv2d", "conv_transpose2d", "pad")}
    assert numerics == {"conv2d": {"bias": "rounded"}, "pad": {},
                        "conv_transpose2d": {"bias": "rounded", "accumulator": "own"}}  # fmt: skip
