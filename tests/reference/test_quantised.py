"""The fast quantised convolutions are their definitions, to the last bit, and ONNX Runtime's where that is exact."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from cnnspec.errors import CnnspecError, DTypeError, ParameterError, ShapeError
from cnnspec.reference import quantised
from cnnspec.reference.convolution import conv
from cnnspec.shapes import conv_shape
from cnnspec.spec import quantised as definition

UNIT: dict[str, Any] = {"dtype": "uint8", "x_scale": 1, "w_scale": 1, "y_scale": 1}
NARROW = st.sampled_from([np.int8, np.uint8])


@st.composite
def layers(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Dense 8-bit data, zero points anywhere in their range, and a geometry that fits."""
    rank = draw(st.integers(1, 2))

    def per_axis(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    groups = draw(st.integers(1, 2))
    geometry = {
        "stride": per_axis(1, 2),
        "padding": tuple(zip(per_axis(0, 2), per_axis(0, 2), strict=True)),
        "dilation": per_axis(1, 2),
        "groups": groups,
    }
    w_shape = (groups * draw(st.integers(1, 2)), draw(st.integers(1, 2)), *per_axis(1, 3))
    x_shape = (2, groups * w_shape[1], *per_axis(1, 4))
    try:
        conv_shape(x_shape, w_shape, **geometry)
    except CnnspecError:
        assume(False)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x, w = (_full_range(rng, shape, draw(NARROW)) for shape in (x_shape, w_shape))
    zw = _full_range(rng, w_shape[:1], w.dtype)
    points = {
        "x_zero_point": int(_full_range(rng, (), x.dtype)),
        "w_zero_point": zw if draw(st.booleans()) else int(zw[0]),
    }
    return x, w, geometry | points


def _full_range(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    info = np.iinfo(dtype)
    return np.asarray(rng.integers(info.min, info.max + 1, shape)).astype(dtype)


@settings(max_examples=300)
@given(layers())
def test_integer_convolution_is_its_definition(drawn: tuple[np.ndarray, np.ndarray, dict[str, Any]]) -> None:
    x, w, options = drawn
    got = quantised.conv_integer(x, w, **options)
    assert got.dtype == np.int32
    np.testing.assert_array_equal(got, definition.conv_integer(x, w, **options).astype(np.int32))


@settings(max_examples=300)
@given(layers(), st.sampled_from(["int8", "uint8"]), st.data())
def test_quantised_convolution_is_its_definition(
    drawn: tuple[np.ndarray, np.ndarray, dict[str, Any]], dtype: str, data: st.DataObject
) -> None:
    """Scales that leave some results between the limits, powers of two among them, which make ties."""
    x, w, options = drawn
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    scales = rng.choice([0.25, 0.5, 1.0], w.shape[0]) if data.draw(st.booleans()) else rng.uniform(0.1, 1, w.shape[0])
    options |= {
        "dtype": dtype,
        "x_scale": data.draw(st.sampled_from([1.0, 0.02])),
        "w_scale": scales if data.draw(st.booleans()) else float(scales[0]),
        "y_scale": data.draw(st.sampled_from([1.0, 64.0, 200.0, 3e4])),
        "y_zero_point": int(_full_range(rng, (), dtype)),
    }
    b = rng.integers(-(2**15), 2**15, w.shape[0]).astype(np.int32) if data.draw(st.booleans()) else None
    got = quantised.qlinear_conv(x, w, b, **options)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, definition.qlinear_conv(x, w, b, **options).astype(dtype))


@pytest.mark.parametrize("low", [-128, -3, 0])
@pytest.mark.parametrize(
    "factor",
    [Fraction(1, 2), Fraction(3, 8), Fraction(13421773, 2**27), Fraction(7), Fraction(1, 2**40), Fraction(2**40)],
)
def test_the_staircase_is_exact_rounding(factor: Fraction, low: int) -> None:
    """Around each step, and at both ends of the 32-bit range."""
    steps = quantised._steps(factor, low, 255)
    assert (np.diff(steps) >= 0).all()
    around = {int(s) + e for s in steps for e in (-1, 0, 1)} | {-(2**31), 2**31 - 1}
    for a in (a for a in around if -(2**31) <= a < 2**31):
        got = low + int(np.searchsorted(steps, a, side="right"))
        assert got == min(max(round(a * factor), low), low + 255)


def test_sums_and_bias_wrap_at_32_bits() -> None:
    """33,026 products of 255 by 255 pass 2^31 by 35,202."""
    x, w = np.full((1, 33026, 1), 255, np.uint8), np.full((1, 33026, 1), 255, np.uint8)
    assert quantised.conv_integer(x, w).item() == 33026 * 255 * 255 - 2**32
    one = np.ones((1, 1, 1), np.int8)
    assert quantised.qlinear_conv(one, one, np.array([2**31 - 1], np.int32), **UNIT).item() == 0


def test_padding_stands_for_zero() -> None:
    """The identity behind every correction by zero points: the sums are those of the centred numbers, zero padded."""
    rng = np.random.default_rng(8)
    x, w = _full_range(rng, (2, 3, 7, 11), np.uint8), _full_range(rng, (4, 3, 3, 2), np.int8)
    got = quantised.conv_integer(x, w, x_zero_point=131, w_zero_point=-7, padding=2, stride=(2, 3))
    expected = conv(x.astype(np.int64) - 131, w.astype(np.int64) + 7, padding=2, stride=(2, 3))
    np.testing.assert_array_equal(got, expected)


def test_requantised_sums_are_near_the_real_layer() -> None:
    """Half a step of the output, where nothing saturates."""
    rng = np.random.default_rng(9)
    x, w = _full_range(rng, (1, 3, 5, 6), np.uint8), _full_range(rng, (2, 3, 3, 2), np.int8)
    scales = {"x_scale": 0.5, "w_scale": [0.25, 0.125], "y_scale": 128.0}
    y = quantised.qlinear_conv(x, w, dtype="uint8", **scales, x_zero_point=100, y_zero_point=128)
    real = conv((x - 100.0) * 0.5, w * np.reshape(scales["w_scale"], (2, 1, 1, 1)))
    error = np.abs((y - 128.0) * 128 - real)
    assert ((error <= 64) | (y == 0) | (y == 255)).all()
    assert ((y > 0) & (y < 255)).mean() > 0.9


def test_empty_batches_and_channels() -> None:
    x, w = np.zeros((0, 2, 5), np.int8), np.zeros((3, 2, 2), np.int8)
    assert quantised.qlinear_conv(x, w, **UNIT).shape == (0, 3, 4)
    nothing = quantised.qlinear_conv(np.zeros((1, 0, 5), np.int8), np.zeros((3, 0, 2), np.int8), **UNIT, y_zero_point=9)
    np.testing.assert_array_equal(nothing, np.full((1, 3, 4), 9))


def test_refusals() -> None:
    one = np.ones((1, 1, 1), np.int8)
    with pytest.raises(DTypeError, match=r"x must have the dtype int8 or uint8, got int32 \(QUANT-1\)"):
        quantised.conv_integer(one.astype(np.int32), one)
    with pytest.raises(ParameterError, match=r"x_zero_point must lie in the range of int8, got 128 \(QUANT-1\)"):
        quantised.conv_integer(one, one, x_zero_point=128)
    with pytest.raises(ParameterError, match="y_zero_point must lie in the range of uint8, got -1"):
        quantised.qlinear_conv(one, one, **UNIT, y_zero_point=-1)
    with pytest.raises(DTypeError, match=r"w_zero_point must hold integers, got 0\.5"):
        quantised.conv_integer(one, one, w_zero_point=0.5)
    with pytest.raises(DTypeError, match="b must have the dtype int32, got int64"):
        quantised.qlinear_conv(one, one, np.ones(1, np.int64), **UNIT)
    with pytest.raises(ShapeError, match=r"b must have the shape \(O,\)"):
        quantised.qlinear_conv(one, one, np.ones(2, np.int32), **UNIT)
    with pytest.raises(ShapeError, match="one per output channel"):
        quantised.qlinear_conv(one, one, **{**UNIT, "w_scale": [1, 2]})
    for bad in (0, -1, float("inf"), float("nan"), 1e39):
        with pytest.raises(ParameterError, match="x_scale must be a positive, finite float32 number"):
            quantised.qlinear_conv(one, one, **{**UNIT, "x_scale": bad})
    with pytest.raises(ParameterError, match="dtype must be one of int8, uint8"):
        quantised.qlinear_conv(one, one, **{**UNIT, "dtype": "int32"})


def _in_onnxruntime(kind: str, inputs: dict[str, np.ndarray], out: Any, **attributes: Any) -> np.ndarray:
    onnx, ort = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    helper, tensor = onnx.helper, onnx.helper.np_dtype_to_tensor_dtype
    node = helper.make_node(kind, list(inputs), ["y"], **attributes)
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info(n, tensor(a.dtype), a.shape) for n, a in inputs.items()],
        [helper.make_tensor_value_info("y", tensor(np.dtype(out)), None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, inputs)[0])


@pytest.mark.parametrize("seed", range(5))
def test_onnxruntime_agrees(seed: int) -> None:
    """Scales are powers of two, so that its float32 product is exact; weights below 64 keep its 16-bit pairs apart."""
    rng = np.random.default_rng(seed)
    x, w = _full_range(rng, (2, 3, 7, 11), np.uint8), rng.integers(-63, 64, (4, 3, 3, 2)).astype(np.int8)
    geometry = {"stride": (2, 3), "padding": ((1, 0), (2, 1)), "dilation": (1, 2)}
    attributes = {"strides": [2, 3], "pads": [1, 2, 0, 1], "dilations": [1, 2]}
    sums = quantised.conv_integer(x, w, x_zero_point=131, **geometry)
    zero = np.array(131, np.uint8)
    got = _in_onnxruntime("ConvInteger", {"x": x, "w": w, "zx": zero}, np.int32, **attributes)
    np.testing.assert_array_equal(got, sums)

    b = rng.integers(-9999, 10000, 4).astype(np.int32)
    scales = np.array([0.5, 1, 0.25, 2], np.float32)
    y = quantised.qlinear_conv(
        x, w, b, dtype="uint8", x_scale=0.5, w_scale=scales, y_scale=64.0, x_zero_point=131, y_zero_point=77, **geometry
    )
    inputs = {
        "x": x, "sx": np.float32(0.5), "zx": zero, "w": w, "sw": scales, "zw": np.zeros(4, np.int8),
        "sy": np.float32(64), "zy": np.array(77, np.uint8), "b": b,
    }  # fmt: skip
    inputs = {name: np.asarray(a) for name, a in inputs.items()}
    np.testing.assert_array_equal(_in_onnxruntime("QLinearConv", inputs, np.uint8, **attributes), y)
    assert 0.2 < ((y > 0) & (y < 255)).mean() < 1
