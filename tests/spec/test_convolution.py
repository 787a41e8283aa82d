"""The convolution layer: by hand, symbol by symbol, and against scipy.signal one channel at a time."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import signal

from cnnspec.errors import DTypeError, ParameterError, ShapeError
from cnnspec.spec.convolution import conv


class Terms(Counter[str]):
    """A formal sum of words: what is added and what is multiplied can be read off."""

    def __add__(self, other: Any) -> Terms:
        return self if other == 0 else Terms({a: self[a] + other[a] for a in {*self, *other}})

    __radd__ = __add__

    def __mul__(self, other: Any) -> Terms:
        return Terms({a + b: self[a] * other[b] for a in self for b in other})


def letters(text: str, shape: tuple[int, ...]) -> Any:
    array = np.empty(len(text), dtype=object)
    array[:] = [Terms([letter]) for letter in text]
    return array.reshape(shape)


def words(y: Any) -> list[str]:
    return [" + ".join(sorted(entry)) for entry in y.ravel()]


def test_the_worked_example_of_the_page() -> None:
    y = conv([[[[0, 1, 2], [3, 4, 5], [6, 7, 8]]]], [[[[0, 1], [2, 3]]]])
    assert y[0, 0].tolist() == [[19, 25], [37, 43]]


def test_the_kernel_is_not_flipped() -> None:
    assert words(conv(letters("abcd", (1, 1, 4)), letters("pq", (1, 1, 2)))) == ["ap + bq", "bp + cq", "cp + dq"]


def test_padding_stride_dilation_and_bias_each_in_its_place() -> None:
    x, w, b = letters("abcde", (1, 1, 5)), letters("pqr", (1, 1, 3)), letters("β", (1,))
    assert words(conv(x, w, b, padding=((2, 1),), stride=2, dilation=2)) == ["aq + cr + β", "ap + cq + er + β"]
    assert words(conv(x, w, padding=((-1, 0),), stride=1)) == ["bp + cq + dr", "cp + dq + er"]


def test_groups_are_blocks_and_never_interleaved() -> None:
    x, w = letters("abcd", (1, 4, 1)), letters("pqrstu", (6, 1, 1))
    assert words(conv(x[:, :2], w, groups=2)) == ["ap", "aq", "ar", "bs", "bt", "bu"]
    assert words(conv(x, w.reshape(3, 2, 1)[:2], groups=2)) == ["ap + bq", "cr + ds"]


def test_weights_are_read_output_channel_first() -> None:
    x, w = letters("ab", (1, 2, 1)), letters("pqrstu", (3, 2, 1))
    assert words(conv(x, w)) == ["ap + bq", "ar + bs", "at + bu"]


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ("valid", ["ap + bq"]),
        ("same_upper", ["ap + bq", "cp"]),
        ("same", ["ap + bq", "cp"]),
        ("same_lower", ["aq", "bp + cq"]),
        ("causal", ["aq", "bp + cq"]),
    ],
)
def test_the_words(padding: Any, expected: list[str]) -> None:
    assert words(conv(letters("abc", (1, 1, 3)), letters("pq", (1, 1, 2)), stride=2, padding=padding)) == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("constant", ["aq + br", "ap + bq"]),
        ("reflect", ["bp + aq + br", "ap + bq + ar"]),
        ("symmetric", ["ap + aq + br", "ap + bq + br"]),
        ("replicate", ["ap + aq + br", "ap + bq + br"]),
        ("circular", ["bp + aq + br", "ap + bq + ar"]),
    ],
)
def test_padding_modes(mode: Any, expected: list[str]) -> None:
    y = conv(letters("ab", (1, 1, 2)), letters("pqr", (1, 1, 3)), padding=1, padding_mode=mode)
    assert words(y) == [" + ".join(sorted(word.split(" + "))) for word in expected]


@pytest.mark.parametrize(("n", "k"), [((7,), (3,)), ((5, 7), (3, 2)), ((3, 4, 5), (2, 3, 1))])
def test_scipy_agrees_channel_by_channel(n: tuple[int, ...], k: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    x, w, b = rng.integers(-9, 10, (2, 3, *n)), rng.integers(-9, 10, (4, 3, *k)), rng.integers(-9, 10, 4)
    y = conv(x, w, b)
    for sample, o in np.ndindex(2, 4):
        channels = [signal.correlate(x[sample, c], w[o, c], mode="valid", method="direct") for c in range(3)]
        assert y[sample, o].tolist() == (sum(channels) + b[o]).tolist()


def test_zero_padding_is_not_translation_equivariant() -> None:
    y = conv(np.ones((1, 1, 4, 5), int), np.ones((1, 1, 3, 3), int), padding=1)[0, 0]
    assert (y[0, 0], y[0, 2], y[2, 2]) == (4, 6, 9)


def test_other_numbers() -> None:
    y = conv([[[Fraction(1, 3), Fraction(1, 6)]]], [[[Fraction(1, 2), 3]]])
    assert y.tolist() == [[[Fraction(2, 3)]]]
    assert conv([[[1j, 2]]], [[[1j, 1]]]).tolist() == [[[1]]]  # not conjugated
    assert conv([[[2**70, 1]]], [[[2**70, 1]]]).tolist() == [[[2**140 + 1]]]


def test_a_padded_tap_is_omitted_whatever_its_weight() -> None:
    infinite = [[[float("inf"), 2.0, float("nan")]]]
    assert conv([[[3.0]]], infinite, padding=1).tolist() == [[[6.0]]]


def test_empty_sums_are_zero() -> None:
    x, w, b = np.zeros((2, 0, 5)), np.zeros((3, 0, 2)), [7, 8, 9]
    assert conv(x, w, b).tolist() == [[[7] * 4, [8] * 4, [9] * 4]] * 2
    assert conv(np.zeros((0, 2, 5)), np.zeros((3, 2, 2)), b, stride=2).shape == (0, 3, 2)
    assert conv(np.zeros((1, 1, 0)), np.ones((1, 1, 2)), [5], padding=1).tolist() == [[[5]]]


X, W = (2, 6, 7, 5), (4, 3, 3, 2)


@pytest.mark.parametrize(
    ("x", "w", "options", "error", "message"),
    [
        (X, W, {"stride": (2, 0)}, ParameterError, r"stride must be >= 1 on every axis, got \(2, 0\) \(SHAPE-1\)"),
        (X, W, {"dilation": -1}, ParameterError, r"dilation must be >= 1 on every axis, got \(-1, -1\) \(SHAPE-1\)"),
        (X, W, {"stride": (1, 2, 3)}, ParameterError, r"one per spatial axis \(2\), got \(1, 2, 3\) \(SHAPE-1\)"),
        (
            X,
            W,
            {"stride": 1.0},
            DTypeError,
            r"stride must be an integer on every axis, got 1.0 of type float \(SHAPE-1\)",
        ),
        (X, W, {"stride": True}, DTypeError, r"stride must be an integer on every axis, got True of type bool"),
        (X, W, {"padding": "full"}, ParameterError, r"padding must be one of valid, .*; got 'full' \(SHAPE-2\)"),
        (X, W, {"padding": ((1, 2),)}, ParameterError, r"per spatial axis \(2\), got \(\(1, 2\),\) \(SHAPE-2\)"),
        (X, W, {"padding_mode": "wrap"}, ParameterError, r"padding mode must be one of .*; got 'wrap' \(PAD-1\)"),
        (X, W, {"groups": 0}, ParameterError, r"groups must be >= 1, got 0 \(CORR-6\)"),
        (X, W, {"groups": 4}, ShapeError, r"groups must divide in_channels, got groups 4 and in_channels 6 \(CORR-6\)"),
        (X, (5, 3, 3, 2), {"groups": 2}, ShapeError, r"groups must divide out_channels, .* 5 \(CORR-6\)"),
        (
            X,
            W,
            {"groups": 1},
            ShapeError,
            r"x must have groups \* w.shape\[1\] = 1 \* 3 = 3 channels, got 6 \(CORR-6\)",
        ),
        (X, (4, 3, 3), {}, ShapeError, r"w must have as many axes as x, .*; got x \(2, 6, 7, 5\) and w \(4, 3, 3\)"),
        ((2, 6), (4, 3), {}, ShapeError, r"x must have the shape \(N, C, \*spatial\) .*, got \(2, 6\) \(SHAPE-4\)"),
        (
            X,
            (4, 3, 3, 6),
            {},
            ShapeError,
            r"no window fits on spatial axis 1: .* reaches over 6 .* has 5 .*\(SHAPE-3\); pad",
        ),
        (X, (4, 3, 0, 2), {}, ParameterError, r"kernel_size must be >= 1 on every axis, got \(0, 2\) \(SHAPE-1\)"),
        (X, W, {"b": (3,)}, ShapeError, r"b must have the shape \(O,\) = \(4,\), got \(3,\) \(CORR-7\)"),
        (X, W, {"b": (4, 1)}, ShapeError, r"got \(4, 1\) \(CORR-7\); nothing else broadcasts"),
    ],
)
def test_refusals(x: Any, w: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    options = {"groups": 2, **options}
    if "b" in options:
        options["b"] = np.zeros(options["b"])
    with pytest.raises(error, match=message):
        conv(np.zeros(x), np.zeros(w), **options)
