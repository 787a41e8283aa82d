"""The fast gradients against their definitions, against torch, and as adjoints."""

from __future__ import annotations

from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cnnspec.errors import DTypeError, ShapeError
from cnnspec.reference import gradients as fast
from cnnspec.reference.columns import BLOCK
from cnnspec.reference.convolution import conv
from cnnspec.reference.transpose import conv_transpose
from cnnspec.shapes import conv_shape, conv_transpose_shape
from cnnspec.spec import gradients as spec


@settings(max_examples=1200)
@given(data=st.data())
def test_the_gradients_of_conv_equal_the_definitions_and_are_adjoints(layers: Any, twins: Any, data: Any) -> None:
    layer = data.draw(layers)
    x, w, options, kernel = layer.x, layer.w, layer.options, layer.kernel
    try:
        g = layer.integers(*conv_shape(x.shape, w.shape, **options))
    except ValueError:
        g = layer.integers(layer.batch, len(w), *layer.extents)
    dx = twins(spec.conv_input_grad, fast.conv_input_grad, g, w, input_size=layer.extents, **options)
    dw = twins(spec.conv_weight_grad, fast.conv_weight_grad, g, x, kernel_size=kernel, **options)
    twins(spec.conv_bias_grad, fast.conv_bias_grad, g)
    assert (dx is None) == (dw is None)
    if dx is not None:
        assert np.sum(conv(x, w, **options) * g) == np.sum(x * dx) == np.sum(w * dw)


@settings(max_examples=1200)
@given(data=st.data())
def test_the_gradients_of_conv_transpose_equal_the_definitions(layers: Any, twins: Any, data: Any) -> None:
    layer = data.draw(layers)
    x, w, kernel = layer.x, layer.transposed_w, layer.kernel
    limits = [max(pair) for pair in zip(layer.options["stride"], layer.options["dilation"], strict=True)]
    extra = data.draw(st.tuples(*[st.integers(0, limit - 1) for limit in limits]))
    options = dict(layer.options, output_padding=extra)
    try:
        g = layer.integers(*conv_transpose_shape(x.shape, w.shape, **options))
    except ValueError:
        g = layer.integers(layer.batch, layer.groups * layer.outputs, *layer.extents)
    dx = twins(
        spec.conv_transpose_input_grad, fast.conv_transpose_input_grad, g, w, input_size=layer.extents, **options
    )
    dw = twins(spec.conv_transpose_weight_grad, fast.conv_transpose_weight_grad, g, x, kernel_size=kernel, **options)
    assert (dx is None) == (dw is None)
    if dx is not None:
        assert np.sum(conv_transpose(x, w, **options) * g) == np.sum(x * dx) == np.sum(w * dw)


def test_they_equal_the_definitions_on_every_small_axis(twins: Any) -> None:
    rng = np.random.default_rng(0)
    for n, k, s, d, lo, hi in product(range(1, 6), range(1, 4), range(1, 4), range(1, 3), range(-1, 3), range(-1, 3)):
        m = (n + lo + hi - (k - 1) * d - 1) // s + 1
        g, x, w = (rng.integers(-9, 10, shape) for shape in ((2, 4, max(m, 1)), (2, 3, n), (4, 3, k)))
        options: Any = {"stride": s, "dilation": d, "padding": ((lo, hi),)}
        dx = twins(spec.conv_input_grad, fast.conv_input_grad, g, w, input_size=n, **options)
        dw = twins(spec.conv_weight_grad, fast.conv_weight_grad, g, x, kernel_size=k, **options)
        assert (dx is None) == (dw is None) == (m < 1)


def test_they_equal_the_definitions_on_every_small_plane(twins: Any) -> None:
    rng = np.random.default_rng(1)
    sizes, steps = [((2, 3), (2, 4)), ((1, 2), (2, 1))], [((1, 2), (1, 2)), ((1, 2), (2, 1))]
    for n, k, s, d, lo in product(*(list(product(*values)) for values in [*sizes, *steps, ((0, 1), (2, 0))])):
        options: Any = {"stride": s, "dilation": d, "padding": ((lo[0], 1), (lo[1], 0)), "groups": 2}
        x, w = rng.integers(-9, 10, (1, 2, *n)), rng.integers(-9, 10, (4, 1, *k))
        try:
            g = rng.integers(-9, 10, conv_shape(x.shape, w.shape, **options))
        except ShapeError:
            continue
        twins(spec.conv_input_grad, fast.conv_input_grad, g, w, input_size=n, **options)
        twins(spec.conv_weight_grad, fast.conv_weight_grad, g, x, kernel_size=k, **options)


@settings(max_examples=300)
@given(data=st.data())
def test_torch_agrees_exactly(plain_layers: Any, data: Any) -> None:
    torch = pytest.importorskip("torch")
    layer = data.draw(plain_layers.filter(lambda a: a.batch and a.inputs))
    options, names = layer.options, ("stride", "dilation", "groups")
    try:
        g = layer.integers(*conv_shape(layer.x.shape, layer.w.shape, **options))
    except ValueError:
        return
    x, w, b = (torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (layer.x, layer.w, layer.b))
    flat, padded = [pad for pair in reversed(options["padding"]) for pad in pair], x
    for part in ([max(p, 0) for p in flat], [min(p, 0) for p in flat]):  # at once, torch refuses to crop its own pads
        padded = torch.nn.functional.pad(padded, part)
    forward = getattr(torch.nn.functional, f"conv{len(layer.extents)}d")
    forward(padded, w, b, **{name: options[name] for name in names}).backward(torch.tensor(g, dtype=torch.float64))
    assert fast.conv_input_grad(g, layer.w, input_size=layer.extents, **options).tolist() == x.grad.tolist()
    assert fast.conv_weight_grad(g, layer.x, kernel_size=layer.kernel, **options).tolist() == w.grad.tolist()
    assert fast.conv_bias_grad(g).tolist() == b.grad.tolist()


@settings(max_examples=200)
@given(data=st.data())
def test_conv_transpose_is_the_input_gradient_of_conv_bit_by_bit(layers: Any, data: Any) -> None:
    """With an output padding of the elements that the stride leaves unread."""
    layer = data.draw(layers)
    options = dict(layer.options, padding=tuple((abs(lo), abs(hi)) for lo, hi in enumerate(layer.extents)))
    spans = [(k - 1) * d + 1 for k, d in zip(layer.kernel, options["dilation"], strict=True)]
    padded = [n + sum(p) for n, p in zip(layer.extents, options["padding"], strict=True)]
    if any(a < b for a, b in zip(padded, spans, strict=True)):
        return
    unread = tuple((a - b) % s for a, b, s in zip(padded, spans, options["stride"], strict=True))
    rng = np.random.default_rng(layer.seed)
    w = rng.standard_normal(layer.w.shape)
    g = rng.standard_normal(conv_shape(layer.x.shape, w.shape, **options))
    dx = fast.conv_input_grad(g, w, input_size=layer.extents, **options)
    assert dx.tolist() == conv_transpose(g, w, output_padding=unread, **options).tolist()


OPTIONS: Any = {"stride": (1, 2), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}
SHAPES = {"x": (2, 6, 7, 5), "w": (4, 3, 3, 2), "g": (2, 4, 6, 3)}


def gradients(g: Any, w: Any, x: Any) -> Any:
    """Every gradient as defined, and as computed."""
    for twin in (spec, fast):
        yield (
            twin.conv_input_grad(g, w, input_size=(7, 5), **OPTIONS),
            twin.conv_weight_grad(g, x, kernel_size=(3, 2), **OPTIONS),
            twin.conv_bias_grad(g),
        )


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64"])
def test_integers_are_exact_modulo_their_size(dtype: str) -> None:
    limits, rng = np.iinfo(dtype), np.random.default_rng(4)
    g, w, x = (rng.integers(limits.min, limits.max, SHAPES[a], dtype=dtype, endpoint=True) for a in "gwx")
    for exact, got in zip(*gradients(g, w, x), strict=True):
        assert got.dtype == dtype
        assert got.tolist() == ((exact - limits.min) % 2**limits.bits + limits.min).tolist()


def test_the_number_of_terms_counts_when_float64_is_chosen() -> None:
    """Each product is exact in float64, and their sum, odd and above 2^53, is not."""
    a, b, odd = 2**26 + 1, 2**26 - 1, 9 * (2**52 - 1)
    g, w = np.full((1, 3, 3), a), np.full((3, 1, 3), b)
    assert fast.conv_input_grad(g, w, input_size=5)[0, 0, 2] == odd
    assert fast.conv_transpose_input_grad(g, w.swapaxes(0, 1), input_size=1).tolist() == [[[odd]]]
    x = np.full((3, 1, 3), b)
    assert fast.conv_weight_grad(np.full((3, 1, 3), a), x, kernel_size=1).tolist() == [[[odd]]]
    assert fast.conv_transpose_weight_grad(np.full((3, 1, 3), a), x, kernel_size=1).tolist() == [[[odd]]]
    assert fast.conv_bias_grad(np.full((3, 1, 3), 2**52 - 1)).tolist() == [odd]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64"])
def test_floats_are_summed_in_double_and_rounded_once(dtype: str) -> None:
    kind, rng = np.dtype(getattr(ml_dtypes, dtype, dtype)), np.random.default_rng(4)
    g, w, x = ((rng.integers(-127, 128, SHAPES[a]) / 128).astype(kind) for a in "gwx")
    single = np.complex64 if kind.kind == "c" else np.float32  # holds every sum here, so what follows rounds once
    for exact, got in zip(*gradients(g, w, x), strict=True):
        assert got.dtype == kind
        assert got.tolist() == exact.astype(single).astype(kind).tolist()


def test_they_agree_across_the_blocks_of_a_large_layer() -> None:
    rng = np.random.default_rng(2)
    x, w, g = (rng.integers(-9, 10, s) for s in ((3, 6, 61, 67), (4, 3, 3, 5), (3, 4, 59, 63)))
    assert BLOCK < 6 * 15 * 59 * 63
    total = np.sum(conv(x, w, groups=2) * g)
    assert np.sum(fast.conv_input_grad(g, w, input_size=(61, 67), groups=2) * x) == total
    dw = fast.conv_weight_grad(g, x, kernel_size=(3, 5), groups=2)
    assert np.sum(dw * w) == total
    parts = [
        fast.conv_weight_grad(g[b : b + 1, :, r : r + 1], x[b : b + 1, :, r : r + 3], kernel_size=(3, 5), groups=2)
        for b, r in np.ndindex(3, 59)
    ]
    assert dw.tolist() == np.sum(parts, axis=0).tolist()


def test_without_a_batch_the_weight_gradients_are_zeros() -> None:
    none, cotangent = np.zeros((0, 2, 5)), np.zeros((0, 3, 4))
    assert fast.conv_weight_grad(cotangent, none, kernel_size=2).tolist() == [[[0, 0]] * 2] * 3
    assert fast.conv_bias_grad(cotangent).tolist() == [0, 0, 0]
    assert fast.conv_transpose_weight_grad(none, cotangent, kernel_size=2).tolist() == [[[0, 0]] * 2] * 3


def test_results_are_fresh_and_inputs_left_alone() -> None:
    g = np.arange(12.0).reshape(2, 3, 2)[:, ::-1]
    g.flags.writeable = False
    one = np.ones((3, 1, 1))
    for got in (
        fast.conv_input_grad(g, one, input_size=2, groups=3),
        fast.conv_transpose_input_grad(g, one, input_size=2, groups=3),
    ):
        assert got.tolist() == g.tolist()
        assert got.flags.c_contiguous
        assert got.flags.writeable
        assert not np.shares_memory(got, g)


def test_mixed_dtypes_and_bool_are_refused() -> None:
    g, w = np.ones((2, 3, 4), np.float32), np.ones((3, 1, 2))
    with pytest.raises(DTypeError, match=r"must have one dtype, got grad_output float32, w float64 \(NUM-1\)"):
        fast.conv_input_grad(g, w, input_size=5)
    with pytest.raises(DTypeError, match=r"got grad_output float32, x float64 \(NUM-1\)"):
        fast.conv_weight_grad(g, w, kernel_size=2)
    with pytest.raises(DTypeError, match=r"grad_output must have one of the dtypes .*; got bool \(NUM-1\)"):
        fast.conv_bias_grad(g > 0)


def test_the_ranked_names_compute_the_same() -> None:
    rng = np.random.default_rng(5)
    for rank in (1, 2, 3):
        x, w, g = (rng.integers(-9, 10, s[: rank + 2]) for s in ((2, 3, 4, 5, 6), (4, 3, 2, 1, 3), (2, 4, 3, 5, 4)))
        size, kernel = x.shape[2:], w.shape[2:]
        dx = getattr(fast, f"conv{rank}d_input_grad")(grad_output=g, w=w, input_size=size)
        dw = getattr(fast, f"conv{rank}d_weight_grad")(g, x, kernel_size=kernel)
        assert dx.tolist() == fast.conv_input_grad(g, w, input_size=size).tolist()
        assert dw.tolist() == fast.conv_weight_grad(g, x, kernel_size=kernel).tolist()
    with pytest.raises(ShapeError, match=r"conv2d_input_grad takes grad_output of shape .* with 2 spatial axes, got"):
        fast.conv2d_input_grad(grad_output=g, w=w, input_size=size)
