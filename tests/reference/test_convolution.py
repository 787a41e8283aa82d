"""The fast layer against its definition, against torch, and in every dtype."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cnnspec.errors import DTypeError, ParameterError
from cnnspec.reference.columns import BLOCK
from cnnspec.reference.convolution import conv, conv1d, conv2d, conv3d
from cnnspec.spec import convolution as spec

MODES = ["constant", "reflect", "symmetric", "replicate", "circular"]


@settings(max_examples=2000)
@given(data=st.data(), bias=st.booleans(), mode=st.sampled_from([*["constant"] * 3, *MODES]))
def test_it_equals_the_definition(layers: Any, twins: Any, data: Any, bias: bool, mode: str) -> None:
    layer = data.draw(layers)
    twins(spec.conv, conv, layer.x, layer.w, layer.b if bias else None, padding_mode=mode, **layer.options)


def test_it_equals_the_definition_on_every_small_axis(twins: Any) -> None:
    rng = np.random.default_rng(0)
    for n, k, s, d, lo, hi in product(range(6), range(1, 4), range(1, 4), range(1, 3), range(-1, 3), range(-1, 3)):
        x, w = rng.integers(-9, 10, (2, 3, n)), rng.integers(-9, 10, (4, 3, k))
        y = twins(spec.conv, conv, x, w, stride=s, dilation=d, padding=((lo, hi),))
        assert (y is None) == (n + lo + hi < (k - 1) * d + 1)


def test_it_equals_the_definition_on_every_small_plane(twins: Any) -> None:
    rng = np.random.default_rng(1)
    per_axis = [
        ((2, 3), (2, 4)),
        ((1, 2), (2, 1)),
        ((1, 2), (1, 2)),
        ((1, 2), (2, 1)),
        ((0, 1), (1, 0)),
        ((0, 2), (1, 0)),
    ]
    for n, k, s, d, lo, hi in product(*(list(product(*values)) for values in per_axis)):
        x, w = rng.integers(-9, 10, (1, 2, *n)), rng.integers(-9, 10, (2, 1, *k))
        pads = ((lo[0], hi[0]), (lo[1], hi[1]))
        y = twins(spec.conv, conv, x, w, stride=s, dilation=d, padding=pads, groups=2)
        room = (a + p + q - (b - 1) * c for a, p, q, b, c in zip(n, lo, hi, k, d, strict=True))
        assert (y is None) == any(r < 1 for r in room)


@settings(max_examples=500)
@given(data=st.data())
def test_torch_agrees_exactly(plain_layers: Any, data: Any) -> None:
    torch = pytest.importorskip("torch")
    layer = data.draw(plain_layers.filter(lambda a: a.batch and a.inputs))
    try:
        y = conv(layer.x, layer.w, layer.b, **layer.options)
    except ValueError:
        return
    x, w, b = (torch.tensor(a, dtype=torch.float64) for a in (layer.x, layer.w, layer.b))
    flat = [pad for pair in reversed(layer.options["padding"]) for pad in pair]
    for part in ([max(p, 0) for p in flat], [min(p, 0) for p in flat]):  # at once, torch refuses to crop its own pads
        x = torch.nn.functional.pad(x, part)
    convolve = getattr(torch.nn.functional, f"conv{len(layer.extents)}d")
    options = {name: layer.options[name] for name in ("stride", "dilation", "groups")}
    assert y.tolist() == convolve(x, w, b, **options).tolist()


INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("largest", [False, True])
def test_integers_are_exact_modulo_their_size(dtype: str, largest: bool) -> None:
    limits, rng = np.iinfo(dtype), np.random.default_rng(4)
    low, high = (limits.min, limits.max) if largest else (max(limits.min, -9), 9)
    x, w, b = (
        rng.integers(low, high, shape, dtype=dtype, endpoint=True) for shape in ((2, 6, 7, 5), (4, 3, 3, 2), (4,))
    )
    y = conv(x, w, b, stride=(2, 1), padding=((1, 0), (0, 2)), groups=2)
    exact = spec.conv(x, w, b, stride=(2, 1), padding=((1, 0), (0, 2)), groups=2)
    wrapped = (exact - limits.min) % 2**limits.bits + limits.min
    assert y.dtype == dtype
    assert y.tolist() == wrapped.tolist()


def test_the_number_of_terms_counts_when_float64_is_chosen() -> None:
    """Each product is exact in float64, and their sum, odd and above 2^53, is not."""
    x, w = np.full((1, 3, 3), 2**26 + 1), np.full((2, 3, 3), 2**26 - 1)
    assert conv(x, w).ravel().tolist() == [9 * (2**52 - 1)] * 2


def test_a_large_bias_alone_leaves_float64() -> None:
    b = np.array([2**53 + 1, 7])
    one, w = np.ones((1, 1, 1), int), np.ones((2, 1, 1), int)
    assert conv(one, w, b).ravel().tolist() == [2**53 + 2, 8]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"])
def test_floats_are_summed_in_double_and_rounded_once(dtype: str) -> None:
    """On dyadic data whose sums are exact in double but not in the dtype itself."""
    import ml_dtypes

    kind = np.dtype(getattr(ml_dtypes, dtype, dtype))
    rng = np.random.default_rng(6)

    def drawn(*shape: int) -> Any:
        part = rng.integers(-127, 128, shape) / 128
        return (part + 1j * rng.integers(-127, 128, shape) / 128 if kind.kind == "c" else part).astype(kind)

    x, w, b = drawn(2, 6, 7, 5), drawn(4, 3, 3, 2), drawn(4)
    options: Any = {"stride": (1, 2), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}
    y = conv(x, w, b, **options)
    exact = spec.conv(x, w, b, **options)
    assert (y.dtype, y.shape) == (kind, exact.shape)
    if dtype != "bfloat16":  # sums of 14-bit products: float32 holds them, so a double rounding cannot hide in it
        assert y.tolist() == exact.astype(kind).tolist()
    else:
        assert y.tolist() == exact.astype(np.float32).astype(kind).tolist()


def test_a_long_sum_keeps_what_its_dtype_would_lose() -> None:
    x = np.array([[[2048.0, *[1.0] * 15, -2048.0]]], dtype=np.float16)
    assert conv(x, np.ones((1, 1, 17), dtype=np.float16)).tolist() == [[[15.0]]]


def test_it_agrees_across_the_blocks_of_a_large_layer() -> None:
    rng = np.random.default_rng(2)
    x, w = rng.integers(-9, 10, (5, 6, 61, 67)), rng.integers(-9, 10, (4, 3, 3, 5))
    assert BLOCK < 6 * 15 * 61 * 67  # a sample is cut into rows
    y = conv(x, w, padding=((1, 0), (0, 2)), stride=(1, 2), groups=2)
    small = conv(x[3:4, :, 20:40], w, padding=((0, 0), (0, 2)), stride=(1, 2), groups=2)
    assert y.shape == (5, 4, 60, 33)
    assert y[3:4, :, 21:39].tolist() == small.tolist()
    assert (
        small[:, :, 3:5].tolist()
        == spec.conv(x[3:4, :, 23:27], w, padding=((0, 0), (0, 2)), stride=(1, 2), groups=2).tolist()
    )
    many = rng.integers(-9, 10, (301, 6, 5, 7))
    assert BLOCK < 301 * 6 * 15 * 15  # samples are cut into bunches
    assert conv(many, w, groups=2)[290:].tolist() == conv(many[290:], w, groups=2).tolist()


VIEWS: dict[str, Any] = {
    "fortran": np.asfortranarray,
    "transposed": lambda a: np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 0, -1)), -1, 0),
    "every_second": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "reversed": lambda a: a[..., ::-1].copy()[..., ::-1],
    "offset": lambda a: np.concatenate([a[:1], a])[1:],
    "big_endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "list": lambda a: a.tolist(),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("padding", [0, 1])
def test_a_view_is_as_good_as_a_copy(view: str, which: int, padding: int) -> None:
    rng = np.random.default_rng(3)
    arrays: list[Any] = [rng.integers(-9, 10, shape) / 2 for shape in ((2, 6, 7, 5), (4, 3, 3, 2), (4,))]
    expected = conv(*arrays, padding=padding, groups=2)
    arrays[which] = VIEWS[view](arrays[which])
    assert conv(*arrays, padding=padding, groups=2).tolist() == expected.tolist()


def test_stride_zero_and_read_only_views_and_inputs_left_alone() -> None:
    x, w = np.broadcast_to(np.array([1.0, 2.0, 4.0]), (2, 4, 3)), np.broadcast_to(3.0, (6, 2, 2))
    y = conv(x, w, groups=2)
    assert y.tolist() == [[[18.0, 36.0]] * 6] * 2
    assert y.flags.writeable
    y[...] = 0
    assert x[0, 0].tolist() == [1, 2, 4]
    same = conv(x, np.ones((4, 1, 1)), groups=4)
    assert not np.shares_memory(same, x)


def test_infinities_and_nan_stay_in_their_windows_and_warn_nobody() -> None:
    x, w = np.ones((1, 1, 6)), np.array([[[1.0, -1.0]]])
    x[0, 0, 1], x[0, 0, 4], x[0, 0, 5] = np.nan, np.inf, np.inf
    with np.errstate(all="raise"):
        y = conv(x, w)[0, 0]
        huge = conv(np.full((1, 1, 2), 60000, np.float16), np.ones((1, 1, 2), np.float16))
    assert np.array_equal(y, [np.nan, np.nan, 0, -np.inf, np.nan], equal_nan=True)
    assert huge.tolist() == [[[np.inf]]]
    windows = conv(np.array([[[3.0, 5.0]]]), np.array([[[np.inf, 2.0]]]), padding=((1, 0),))[0, 0]
    assert np.isnan(windows[0]) or windows[0] == 6  # a padded tap: either reading conforms
    assert windows[1] == np.inf


def test_empty_sums_are_zero_and_no_memory_is_left_uninitialised() -> None:
    b = np.array([7.0, 8.0, 9.0])
    assert conv(np.zeros((2, 0, 5)), np.zeros((3, 0, 2)), b).tolist() == [[[7.0] * 4, [8.0] * 4, [9.0] * 4]] * 2
    assert conv(np.zeros((2, 0, 5)), np.zeros((3, 0, 2))).tolist() == [[[0.0] * 4] * 3] * 2
    assert conv(np.zeros((0, 2, 5)), np.zeros((3, 2, 2)), b, stride=2).shape == (0, 3, 2)
    assert conv(np.zeros((1, 2, 5)), np.zeros((0, 2, 2))).shape == (1, 0, 4)


@pytest.mark.parametrize(
    ("x", "w", "b", "message"),
    [
        ("bool", "bool", None, r"x must have one of the dtypes float16, .*; got bool \(NUM-1\); convert it"),
        ("object", "object", None, r"got object \(NUM-1\); convert it, or use the definition in cnnspec.spec"),
        ("float32", "float64", None, r"the arguments must have one dtype, got x float32, w float64 \(NUM-1\); convert"),
        ("int8", "int8", "int32", r"got x int8, w int8, b int32 \(NUM-1\)"),
    ],
)
def test_dtypes_that_it_refuses(x: str, w: str, b: str | None, message: str) -> None:
    bias = None if b is None else np.zeros(4, b)
    with pytest.raises(DTypeError, match=message):
        conv(np.zeros((2, 3, 5), x), np.zeros((4, 3, 2), w), bias)


def test_an_unknown_padding_mode_is_refused_also_without_pads() -> None:
    with pytest.raises(ParameterError, match=r"padding mode must be one of .*; got 'zeros' \(PAD-1\)"):
        conv(np.ones((2, 3, 5)), np.ones((4, 3, 2)), padding_mode="zeros")  # type: ignore[arg-type]


def test_the_ranked_names_compute_the_same() -> None:
    rng = np.random.default_rng(5)
    for rank, ranked in enumerate((conv1d, conv2d, conv3d), start=1):
        x, w = rng.integers(-9, 10, (2, 3, 4, 5, 6)[: rank + 2]), rng.integers(-9, 10, (4, 3, 2, 1, 3)[: rank + 2])
        assert ranked(x, w, padding=1).tolist() == conv(x, w, padding=1).tolist()
