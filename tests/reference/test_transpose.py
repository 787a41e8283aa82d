"""The fast transposed convolution against its definition and torch, in every dtype."""

from __future__ import annotations

from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cnnspec.errors import DTypeError, ShapeError
from cnnspec.geometry import Window
from cnnspec.reference import transpose
from cnnspec.reference.columns import BLOCK
from cnnspec.reference.transpose import conv_transpose, conv_transpose1d, conv_transpose2d, conv_transpose3d, phases_of
from cnnspec.spec import transpose as spec


@settings(max_examples=1500)
@given(data=st.data(), bias=st.booleans())
def test_it_equals_the_definition(layers: Any, twins: Any, data: Any, bias: bool) -> None:
    layer = data.draw(layers)
    limits = [max(pair) for pair in zip(layer.options["stride"], layer.options["dilation"], strict=True)]
    extra = data.draw(st.tuples(*[st.integers(0, limit - 1) for limit in limits]))
    b = layer.b if bias else None
    twins(spec.conv_transpose, conv_transpose, layer.x, layer.transposed_w, b, output_padding=extra, **layer.options)


def test_it_equals_the_definition_on_every_small_axis(twins: Any) -> None:
    rng = np.random.default_rng(0)
    for n, k, s, d, lo, hi in product(range(1, 5), range(1, 4), range(1, 4), range(1, 3), range(-1, 3), range(-1, 3)):
        x, w = rng.integers(-9, 10, (2, 3, n)), rng.integers(-9, 10, (3, 4, k))
        for extra in range(max(s, d)):
            y = twins(
                spec.conv_transpose,
                conv_transpose,
                x,
                w,
                stride=s,
                dilation=d,
                padding=((lo, hi),),
                output_padding=extra,
            )
            m = (n - 1) * s + (k - 1) * d + 1 - lo - hi + extra
            assert (y is None) == (m < 1)


def test_it_equals_the_definition_on_every_small_plane(twins: Any) -> None:
    rng = np.random.default_rng(1)
    per_axis: Any = [
        ((2, 3), (1, 2)),
        ((1, 2), (2, 3)),
        ((1, 2), (1, 3)),
        ((1, 2), (2, 1)),
        ((0, 1), (2, 0)),
        ((0, 1), (0, 1)),
    ]
    for n, k, s, d, lo, extra in product(*(list(product(*values)) for values in per_axis)):
        x, w = rng.integers(-9, 10, (1, 4, *n)), rng.integers(-9, 10, (4, 1, *k))
        pads = ((lo[0], 0), (lo[1], 1))
        options = {"stride": s, "dilation": d, "padding": pads, "output_padding": extra, "groups": 2}
        twins(spec.conv_transpose, conv_transpose, x, w, **options)


@pytest.mark.parametrize("pays", [True, False])
def test_gathering_and_scattering_are_both_the_definition(monkeypatch: Any, pays: bool) -> None:
    rng = np.random.default_rng(4)
    monkeypatch.setattr(transpose, "gathering_pays", lambda *_: pays)
    for n, k, s, d, p, batch in product(((1, 3), (9, 2)), ((1, 1), (3, 2)), (1, 2, 3), (1, 2), (0, 1, -1), (0, 2)):
        x, w = rng.integers(-9, 10, (batch, 4, *n)), rng.integers(-9, 10, (4, 3, *k))
        options: Any = {"stride": s, "dilation": d, "padding": p, "groups": 2}
        try:
            expected = spec.conv_transpose(x, w, **options)
        except ShapeError:
            continue
        y = conv_transpose(x, w, **options)
        assert (y.shape, y.tolist()) == (expected.shape, expected.tolist())


def test_the_phases_of_an_axis_meet_every_pair_of_input_and_tap_once() -> None:
    for k, s, d, lo, n, m in product(range(1, 5), range(1, 5), range(1, 5), range(-2, 3), range(1, 4), range(1, 9)):
        found = []
        for outputs, taps, axis in phases_of(Window(k, stride=s, dilation=d, lo=lo), n, m):
            mine, flipped = range(m)[outputs], range(k)[taps]
            assert axis.count(n) == len(mine)
            assert axis.kernel == len(flipped)
            for i, t in enumerate(mine):
                found += [(t, a, k - 1 - j) for a, j in zip(axis.taps(i), flipped, strict=True) if 0 <= a < n]
        every = product(range(m), range(n), range(k))
        assert sorted(found) == [(t, a, j) for t, a, j in every if s * a + d * j == t + lo]


@settings(max_examples=400)
@given(data=st.data())
def test_torch_agrees_exactly(plain_layers: Any, data: Any) -> None:
    torch = pytest.importorskip("torch")
    layer = data.draw(plain_layers.filter(lambda a: a.batch and a.inputs))
    options = dict(layer.options, padding=tuple(max(hi, 0) for _, hi in layer.options["padding"]))
    limits = [max(pair) for pair in zip(options["stride"], options["dilation"], strict=True)]
    options["output_padding"] = data.draw(st.tuples(*[st.integers(0, limit - 1) for limit in limits]))
    try:
        y = conv_transpose(layer.x, layer.transposed_w, layer.b, **options)
    except ValueError:
        return
    x, w, b = (torch.tensor(a, dtype=torch.float64) for a in (layer.x, layer.transposed_w, layer.b))
    theirs = getattr(torch.nn.functional, f"conv_transpose{len(layer.extents)}d")
    assert y.tolist() == theirs(x, w, b, **options).tolist()


def test_integers_wrap_and_floats_are_rounded_once() -> None:
    rng = np.random.default_rng(2)
    options: Any = {"stride": (1, 2), "padding": ((1, 0), (0, 1)), "output_padding": (0, 1), "groups": 2}
    for name in ("int8", "uint8", "int64", "uint64"):
        limits = np.iinfo(name)
        x, w = (
            rng.integers(limits.min, limits.max, s, dtype=name, endpoint=True) for s in ((2, 6, 4, 5), (6, 2, 3, 2))
        )
        wrapped = (spec.conv_transpose(x, w, **options) - limits.min) % 2**limits.bits + limits.min
        assert conv_transpose(x, w, **options).tolist() == wrapped.tolist()
    for dtype in (np.float16, ml_dtypes.bfloat16, np.float32, np.float64):
        x, w = ((rng.integers(-127, 128, s) / 128).astype(dtype) for s in ((2, 6, 4, 5), (6, 2, 3, 2)))
        exact = spec.conv_transpose(x, w, **options).astype(np.float32).astype(dtype)
        assert conv_transpose(x, w, **options).tolist() == exact.tolist()


def test_the_number_of_terms_counts_when_float64_is_chosen() -> None:
    """Each product is exact in float64, and their sum, odd and above 2^53, is not."""
    x, w = np.full((1, 3, 3), 2**26 + 1), np.full((3, 1, 3), 2**26 - 1)
    assert conv_transpose(x, w)[0, 0, 2] == 9 * (2**52 - 1)


def test_a_large_bias_alone_leaves_float64() -> None:
    b = np.array([2**53 + 1, 7])
    one, w = np.ones((1, 1, 1), int), np.ones((1, 2, 1), int)
    assert conv_transpose(one, w, b).ravel().tolist() == [2**53 + 2, 8]


def test_it_agrees_across_the_blocks_of_a_large_layer() -> None:
    rng = np.random.default_rng(3)
    x, w = rng.integers(-9, 10, (5, 6, 67, 71)), rng.integers(-9, 10, (6, 2, 3, 5))
    assert BLOCK < 4 * 15 * 67 * 71
    y = conv_transpose(x, w, stride=(2, 1), groups=2)
    rows = conv_transpose(x[3:4, :, 20:40], w, stride=(2, 1), groups=2)
    assert y[3:4, :, 42:79].tolist() == rows[:, :, 2:39].tolist()
    few = conv_transpose(x[3:4, :, 20:22], w, stride=(2, 1), groups=2)
    assert few.tolist() == spec.conv_transpose(x[3:4, :, 20:22], w, stride=(2, 1), groups=2).tolist()


def test_the_result_is_fresh_and_the_inputs_are_left_alone() -> None:
    x = np.arange(12.0).reshape(2, 3, 2)[:, :, ::-1]
    x.flags.writeable = False
    y = conv_transpose(x, np.ones((3, 1, 1)), groups=3)
    assert y.tolist() == x.tolist()
    assert y.flags.c_contiguous
    assert not np.shares_memory(x, y)


def test_an_infinity_stays_where_it_is_laid() -> None:
    with np.errstate(all="raise"):
        y = conv_transpose(np.array([[[1.0, np.inf, 1.0]]]), np.array([[[1.0, 0.0]]]), stride=2)[0, 0]
    assert np.array_equal(y, [1, 0, np.inf, np.nan, 1, 0], equal_nan=True)


def test_mixed_dtypes_are_refused() -> None:
    with pytest.raises(DTypeError, match=r"must have one dtype, got x float64, w int64 \(NUM-1\)"):
        conv_transpose(np.ones((2, 3, 4)), np.ones((3, 1, 2), int))


def test_the_ranked_names_compute_the_same() -> None:
    rng = np.random.default_rng(5)
    for rank, ranked in enumerate((conv_transpose1d, conv_transpose2d, conv_transpose3d), start=1):
        x, w = rng.integers(-9, 10, (2, 3, 4, 5, 6)[: rank + 2]), rng.integers(-9, 10, (3, 4, 2, 1, 3)[: rank + 2])
        assert ranked(x, w, stride=2).tolist() == conv_transpose(x, w, stride=2).tolist()
