"""ONNX Runtime as a target: every operation against the reference, its sessions, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.adapters.onnxruntime import SESSIONS, Runner
from cnnspec.cases.case import Case
from cnnspec.errors import TargetError, Unsupported
from cnnspec.implementation import Implementation
from tests.adapters.tables import ONNX, agrees, expected, run

pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module", params=["", "?weights=constant", "?optimization=disable", "?pads=words"])
def target(request: pytest.FixtureRequest) -> Implementation:
    return adapters.load(f"onnxruntime{request.param}")


@pytest.mark.parametrize("text", ONNX)
def test_every_operation_agrees_with_the_reference(target: Implementation, text: str) -> None:
    agrees(target, text)


def test_the_cases_above_cover_the_target() -> None:
    found = adapters.load("onnxruntime")
    assert {Case.parse(text).op for text in ONNX} == set(found.functions)
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


def test_a_kernel_that_is_not_there_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="Could not find an implementation"):
        run(adapters.load("onnxruntime"), Case.parse("conv1d:x=1x1x3,w=1x1x2,f64"))


def test_an_option_with_an_unknown_value() -> None:
    with pytest.raises(TargetError, match="optimization must be one of all, extended, basic, disable; got 'most'"):
        adapters.load("onnxruntime?optimization=most")
