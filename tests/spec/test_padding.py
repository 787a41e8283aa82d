"""Padding, by hand and against numpy.pad."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cnnspec.errors import DTypeError, ParameterError, ShapeError
from cnnspec.spec.padding import pad, pad_input_grad

ROW = [[[1, 2, 3]]]
NUMPY = {
    "constant": "constant",
    "reflect": "reflect",
    "symmetric": "symmetric",
    "replicate": "edge",
    "circular": "wrap",
}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("constant", [9, 9, 1, 2, 3, 9, 9]),
        ("reflect", [3, 2, 1, 2, 3, 2, 1]),
        ("symmetric", [2, 1, 1, 2, 3, 3, 2]),
        ("replicate", [1, 1, 1, 2, 3, 3, 3]),
        ("circular", [2, 3, 1, 2, 3, 1, 2]),
    ],
)
def test_the_five_modes(mode: Any, expected: list[int]) -> None:
    assert pad(ROW, padding=2, mode=mode, value=9)[0, 0].tolist() == expected


@pytest.mark.parametrize("mode", NUMPY)
@pytest.mark.parametrize("pads", [((1, 0), (2, 3)), ((9, 4), (0, 11)), ((0, 0), (1, 1)), ((2, 7), (8, 0))])
@pytest.mark.parametrize("extents", [(4, 5), (3, 2), (1, 6)])
def test_numpy_agrees_also_when_pads_are_larger_than_the_input(mode: Any, pads: Any, extents: tuple[int, int]) -> None:
    x = np.arange(2 * 3 * extents[0] * extents[1]).reshape(2, 3, *extents)
    expected = np.pad(x, ((0, 0), (0, 0), *pads), mode=NUMPY[mode])  # type: ignore[call-overload]
    assert pad(x, padding=pads, mode=mode).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("pads", "mode", "expected"),
    [
        ((-1, 0), "constant", [2, 3]),
        ((-2, 2), "constant", [3, 0, 0]),
        ((2, -2), "constant", [0, 0, 1]),
        ((-5, 4), "constant", [0, 0]),
        ((-1, 2), "reflect", [2, 3, 2, 1]),
        ((3, -1), "circular", [1, 2, 3, 1, 2]),
        ((-4, 3), "replicate", [3, 3]),
        ((-3, 0), "constant", []),
    ],
)
def test_negative_pads_crop_and_do_not_fold_into_the_net(pads: tuple[int, int], mode: Any, expected: list[int]) -> None:
    assert pad(ROW, padding=(pads,), mode=mode)[0, 0].tolist() == expected


def test_each_axis_has_its_own_pads() -> None:
    padded = pad(np.arange(1, 7).reshape(1, 1, 2, 3), padding=((0, 1), (2, 0)), value=Fraction(1, 2))
    half = Fraction(1, 2)
    assert padded[0, 0].tolist() == [[half, half, 1, 2, 3], [half, half, 4, 5, 6], [half] * 5]


@pytest.mark.parametrize("mode", NUMPY)
def test_the_gradient_is_the_adjoint(mode: Any) -> None:
    rng = np.random.default_rng(5)
    for lo, hi in [(0, 0), (1, 4), (9, 2), (-1, 3), (2, -2), (-1, -1)]:
        x = rng.integers(-9, 10, (2, 3, 4, 5))
        y = pad(x, padding=((lo, hi), (hi, lo)), mode=mode)
        g = rng.integers(-9, 10, y.shape)
        grad = pad_input_grad(g, input_size=(4, 5), padding=((lo, hi), (hi, lo)), mode=mode)
        assert np.sum(y * g) == np.sum(x * grad)


def test_a_gradient_by_hand() -> None:
    g = [[[1, 10, 100, 1000, 10000, 100000]]]
    assert pad_input_grad(g, input_size=3, padding=((2, 1),), mode="replicate")[0, 0].tolist() == [111, 1000, 110000]
    assert pad_input_grad(g, input_size=3, padding=((2, 1),), mode="reflect")[0, 0].tolist() == [100, 101010, 10001]
    assert pad_input_grad(g, input_size=3, padding=((2, 1),))[0, 0].tolist() == [100, 1000, 10000]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"padding": 1, "mode": "wrap"},
            ParameterError,
            r"padding mode must be one of constant, .*; got 'wrap' \(PAD-1\)",
        ),
        ({"padding": "same_upper"}, ParameterError, r"pad takes ints or \(lo, hi\) pairs, got 'same_upper' \(PAD-1\)"),
        (
            {"padding": (1, 2)},
            ParameterError,
            r"per spatial axis \(1\), got \(1, 2\) \(SHAPE-2\); .* write \(\(lo, hi\),\)",
        ),
        (
            {"padding": ((1, 2, 3),)},
            ParameterError,
            r"padding must hold \(lo, hi\) pairs, got \(\(1, 2, 3\),\) \(SHAPE-2\)",
        ),
        ({"padding": 1.5}, DTypeError, r"padding must be an integer on every axis, got 1.5 of type float \(SHAPE-1\)"),
        ({"padding": ((-2, -2),)}, ShapeError, r"negative pads crop more than there is: \(3,\) .* \(-1,\) \(PAD-1\)"),
    ],
)
def test_refusals(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        pad(ROW, **options)


def test_nothing_to_repeat_and_nothing_to_pad() -> None:
    with pytest.raises(ShapeError, match=r"needs an extent >= 1 on every axis, got \(0,\) \(PAD-1\)"):
        pad(np.zeros((1, 1, 0)), padding=1, mode="reflect")
    with pytest.raises(ShapeError, match=r"with a spatial axis, got \(2, 3\) \(SHAPE-4\)"):
        pad(np.zeros((2, 3)), padding=1)
    assert pad(np.zeros((1, 1, 0)), padding=1, value=7)[0, 0].tolist() == [7, 7]


def test_a_cotangent_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"shape of the forward output, \(1, 1, 5\), got \(1, 1, 3\) \(SHAPE-4\)"):
        pad_input_grad(ROW, input_size=(3,), padding=1)
