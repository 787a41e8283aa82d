"""Each theorem fails where the thing that it speaks of is broken."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from math import floor

import numpy as np
import pytest

from cnnspec.laws import adjoints, draws, extents, learning, pooling, quantised, signal, structure, translation
from cnnspec.laws.registry import every_law, find_law


class Wrong(draws.Window):
    """A window that divides and truncates, whatever fits."""

    def count(self, extent: int, *, ceil_mode: bool = False) -> int:
        return int((self.padded(extent) - self.span) / self.stride) + 1 + ceil_mode


def wrong_window(self, *, kernel: int = 3, stride: int = 3, dilation: int = 2, pad: int = 2) -> Wrong:
    return Wrong(
        self.integer(1, kernel),
        self.integer(1, stride),
        self.integer(1, dilation),
        self.integer(0, pad),
        self.integer(0, pad),
    )


def no_clamp(n, k, s=1, d=1, *, upper=True):
    total = (-(-n // s) - 1) * s + (k - 1) * d + 1 - n
    return (total // 2, total - total // 2) if upper else (total - total // 2, total // 2)


def positional(w, grad):
    step = w - grad * Fraction(1, 64)
    step[..., 0] = 0
    return step


def half_up(x, w, **o):
    sums = quantised.conv_integer(
        x, w, **{n: v for n, v in o.items() if n not in ("dtype", "x_scale", "w_scale", "y_scale", "y_zero_point")}
    )
    ratio = (
        Fraction(float(np.float32(o["x_scale"])))
        * Fraction(float(np.float32(o["w_scale"])))
        / Fraction(float(np.float32(o["y_scale"])))
    )
    low, high = quantised.LIMITS[o["dtype"]]
    y = np.empty_like(sums)
    for at in np.ndindex(y.shape):
        y[at] = min(max(floor(sums[at] * ratio + Fraction(1, 2)) + o["y_zero_point"], low), high)
    return y


BREAKS = {
    "SHAPE-7": (draws.Draws, "window", wrong_window),
    "SHAPE-2": (extents, "same_pads", no_clamp),
    "SHAPE-5": (draws.Draws, "window", wrong_window),
    "SHAPE-8": (extents, "adaptive_window", lambda i, n, m: range(i * n // m, max((i + 1) * n // m, i * n // m + 1))),
    "SHAPE-9": (draws.Draws, "window", wrong_window),
    "CONV-11": (signal, "transform", lambda a: np.pad(a, [(0, 16 - n) for n in a.shape])),
    "POOL-13": (pooling, "max_unpool", lambda v, i, *, output_size: np.resize(v, (2, 2, *output_size))),
    "RELU-2": (
        find_law("RELU-2").prove.__globals__["literal"],
        "relu_input_grad",
        lambda g, x: np.where(x >= 0, g, 0).astype(object),
    ),
    "EQUI-6": (translation, "wrapped", lambda x, extra: np.pad(x, [(0, 0), (0, 0), *((0, e) for e in extra)])),
    "INV-3": (translation, "global_max_pool", lambda x: x[:, :, :1, :1]),
    "INV-4": (translation, "avg_pool", partial(translation.avg_pool, divisor_override=1)),
    "GRAD-9": (adjoints.pooling_gradients, "max_pool_input_grad", lambda g, x, **o: x),
    "STRUCT-2": (structure, "_real_taps", lambda window, n: window.kernel * window.count(n)),
    "STRUCT-5": (structure, "receptive_field", lambda layers: (sum(layer.kernel for layer in layers), 1)),
    "LEARN-1": (learning, "momentum", lambda: positional),
    "LEARN-2": (learning, "adam", lambda: positional),
    "QUANT-1": (quantised, "pad", lambda x, *, padding, value: np.pad(x, [(0, 0), (0, 0), *padding])),
    "QUANT-2": (quantised, "qlinear_conv", half_up),
}


@pytest.mark.parametrize("identifier", BREAKS)
def test_a_theorem_can_fail(monkeypatch, identifier: str) -> None:
    law = find_law(identifier)
    assert all(law.prove(seed) is None for seed in range(30))
    monkeypatch.setattr(*BREAKS[identifier])
    failures = [failure for seed in range(30) if (failure := law.prove(seed)) is not None]
    assert failures
    assert failures[0].message


def test_every_theorem_is_broken_once() -> None:
    assert set(BREAKS) == {law.id for law in every_law() if law.prove is not None}


def test_a_root_of_unity() -> None:
    powers = {pow(signal.ROOT, t, signal.PRIME) for t in range(signal.LENGTH)}
    assert len(powers) == signal.LENGTH
    assert pow(signal.ROOT, signal.LENGTH, signal.PRIME) == 1


def test_the_two_networks_are_two() -> None:
    x, w = np.array([[[1, 2, 3]]], dtype=object), np.array([[[1, 10]]], dtype=object)
    one, other = (
        learning.Network(w, tap, sum, positional) for tap in (learning.correlation_tap, learning.convolution_tap)
    )
    assert one.forward(x).tolist() == [[[21, 32]]]
    assert other.forward(x).tolist() == [[[12, 23]]]


def test_draws_repeat() -> None:
    one, other = draws.Draws(5), draws.Draws(5)
    assert [one.integer(0, 99) for _ in range(9)] == [other.integer(0, 99) for _ in range(9)]
    assert {one.choice("abc") for _ in range(30)} == set("abc")
    assert max(abs(one.array((50,), 3))) == 3
