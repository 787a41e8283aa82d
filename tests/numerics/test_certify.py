"""Certificates: right results pass, wrong ones are named, and misses are as rare as is said."""

from __future__ import annotations

from math import sqrt

import ml_dtypes
import numpy as np
import pytest

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.numerics import projection
from cnnspec.numerics.certificate import certificate
from cnnspec.numerics.certify import (
    certify_conv,
    certify_conv_input_grad,
    certify_conv_transpose,
    certify_conv_weight_grad,
)
from cnnspec.numerics.simulated import conv as simulated
from cnnspec.reference.convolution import conv
from cnnspec.reference.gradients import conv_input_grad, conv_weight_grad
from cnnspec.reference.transpose import conv_transpose

GEOMETRIES = {
    "plain": ((2, 6, 7, 11), (8, 6, 3, 2), {}),
    "everything": (
        (2, 6, 9, 11), (8, 3, 3, 2),
        {"stride": (2, 3), "padding": ((1, 0), (2, 1)), "dilation": (2, 1), "groups": 2},
    ),
    "depthwise": ((2, 6, 7, 11), (12, 1, 3, 3), {"padding": 1, "groups": 6}),
    "three axes": ((2, 3, 5, 4, 7), (4, 3, 2, 3, 2), {"stride": (1, 2, 3), "padding": 1}),
}  # fmt: skip


class Layer:
    """One layer with its three results, and how each is certified."""

    def __init__(self, geometry: str, dtype: str = "float32", high: int = 0, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        x_shape, w_shape, self.options = GEOMETRIES[geometry]

        def draw(shape):
            if high:
                return rng.integers(-high, high + 1, shape).astype(dtype)
            return rng.uniform(-1, 1, shape).astype(dtype)

        self.x, self.w, self.b = draw(x_shape), draw(w_shape), draw(w_shape[:1])
        self.y = conv(self.x, self.w, self.b, **self.options)
        self.g = draw(self.y.shape)
        size = {"input_size": x_shape[2:]}
        self.gx = conv_input_grad(self.g, self.w, **size, **self.options)
        self.gw = conv_weight_grad(self.g, self.x, kernel_size=w_shape[2:], **self.options)

    def results(self):
        return {"conv": self.y, "conv_input_grad": self.gx, "conv_weight_grad": self.gw}

    def certify(self, name: str, result: np.ndarray, **how):
        if name == "conv":
            return certify_conv(self.x, self.w, result, b=self.b, **self.options, **how)
        if name == "conv_input_grad":
            return certify_conv_input_grad(self.g, self.w, result, **self.options, **how)
        return certify_conv_weight_grad(self.g, self.x, result, **self.options, **how)


@pytest.fixture(params=[2**18, 60], ids=["one block", "many blocks"])
def block(request, monkeypatch):
    monkeypatch.setattr(projection, "BLOCK", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize(("form", "high"), [("exact", 9), ("float", 0)])
def test_what_is_right_passes_and_one_wrong_element_is_named(geometry: str, form: str, high: int) -> None:
    layer, rng = Layer(geometry, high=high), np.random.default_rng(1)
    for name, result in layer.results().items():
        right = layer.certify(name, result, seed=3)
        assert right
        assert (right.form, right.alarms, right.name) == (form, 0, name)
        rms = sqrt(np.mean(result.astype(float) ** 2))
        for _ in range(4):
            at = tuple(int(rng.integers(n)) for n in result.shape)
            broken = result.copy()
            broken[at] += 1 if high else 0.05 * rms
            # one projection of +-1 may miss errors that are small beside the noise, but never one this large
            wrong = layer.certify(name, broken, seed=4)
            assert not wrong
            assert [w.index for w in wrong.wrong] == [at], (name, at, wrong)
            assert wrong.alarms == 1
            assert f"[{', '.join(map(str, at))}]" in str(wrong)


@pytest.mark.parametrize("geometry", ["plain", "everything"])
def test_small_errors_are_seen_where_they_exceed_what_is_visible(geometry: str) -> None:
    layer = Layer(geometry)
    for name, result in layer.results().items():
        visible = layer.certify(name, result, seed=1).visible
        assert visible < 1e-2 * sqrt(np.mean(result.astype(float) ** 2))
        broken = result.copy()
        broken.flat[7] += 3 * visible
        assert not layer.certify(name, broken, seed=2)


def test_transposed_layers() -> None:
    rng = np.random.default_rng(0)
    options = {"stride": (3, 2), "padding": ((1, 0), (0, 1)), "output_padding": (2, 1), "groups": 2}
    for high, form in ((9, "exact"), (0, "float")):
        x, w, b = (
            (rng.integers(-9, 10, s) if high else rng.uniform(-1, 1, s)).astype(np.float32)
            for s in ((2, 6, 4, 5), (6, 3, 3, 2), (6,))
        )
        y = conv_transpose(x, w, b, **options)
        right = certify_conv_transpose(x, w, y, b=b, **options, seed=1)
        assert right
        assert right.form == form
        y[1, 2, 3, 4] += 1
        assert [e.index for e in certify_conv_transpose(x, w, y, b=b, **options, seed=1).wrong] == [(1, 2, 3, 4)]


@pytest.mark.parametrize("dtype", ["float64", "float16", ml_dtypes.bfloat16])
def test_other_formats(dtype) -> None:
    layer = Layer("plain", dtype=np.dtype(dtype).name if dtype is not ml_dtypes.bfloat16 else dtype)
    for name, result in layer.results().items():
        right = layer.certify(name, result, seed=1)
        assert right, str(right)
        assert right.form == "float"
        broken = result.copy()
        broken.flat[5] += np.asarray(1, dtype)
        assert not layer.certify(name, broken, seed=1)


def test_integers() -> None:
    layer = Layer("everything", dtype="int32", high=9)
    for name, result in layer.results().items():
        right = layer.certify(name, result, seed=1)
        assert (right.form, right.right) == ("exact", True)
        assert right.miss < 1e-20


def test_the_exact_form_misses_as_often_as_it_says() -> None:
    """Two errors of one place that cancel for few r: with R = 2 and one trial a quarter of all draws misses them."""
    layer = Layer("plain", high=3)
    broken = layer.y.copy()
    broken[0, 1, 2, 3] += 1
    broken[0, 5, 2, 3] -= 1

    class Problem:
        """The layer with a small multiplier."""

        def __init__(self) -> None:
            from cnnspec.numerics.problems import Forward
            from cnnspec.shapes import conv_geometry

            _, axes = conv_geometry(
                layer.x.shape, layer.w.shape, None, stride=1, padding=0, dilation=1, groups=1
            )  # fmt: skip
            self._inner = Forward(layer.x, layer.w, broken, layer.b, axes, 1)

        def __getattr__(self, name: str):
            return getattr(self._inner, name)

    import cnnspec.numerics.certificate as module

    original = module.exact_multiplier
    module.exact_multiplier = lambda problem: 2
    try:
        certificates = [certificate(Problem(), trials=1, seed=seed) for seed in range(800)]
    finally:
        module.exact_multiplier = original
    missed = sum(c.right for c in certificates)
    assert certificates[0].miss == 1 / 4
    assert abs(missed - 200) < 5 * sqrt(800 * 3 / 16)
    assert sum(certificate(Problem(), trials=1, seed=seed).right for seed in range(50)) == 0


def test_two_float_trials_miss_a_quarter_of_cancelling_pairs() -> None:
    layer = Layer("plain")
    broken = layer.y.copy()
    broken[0, 1, 2, 3] += 1
    broken[0, 5, 2, 3] -= 1
    for trials in (1, 2, 5):
        missed = sum(layer.certify("conv", broken, seed=seed, trials=trials).right for seed in range(400))
        share = 0.5**trials
        assert abs(missed - 400 * share) < 5 * sqrt(400 * share)


@pytest.mark.parametrize("numerics", [{"operands": "tf32"}, {"accumulator": "float16"}, {"accumulator": "bfloat16"}])
def test_low_precision_is_wrong_unless_declared(numerics) -> None:
    layer = Layer("everything")
    y = simulated(layer.x, layer.w, layer.b, **layer.options, numerics=numerics)
    found = layer.certify("conv", y, seed=1)
    assert not found
    assert found.alarms > 10
    assert layer.certify("conv", y, seed=1, numerics=numerics)
    for fine in ({}, {"depth": "pairwise"}, {"accumulator": "float64"}):
        assert layer.certify("conv", simulated(layer.x, layer.w, layer.b, **layer.options, numerics=fine), seed=1)


def test_subnormal_numbers_may_be_lost_where_that_is_declared() -> None:
    layer, numerics = Layer("everything"), {"ftz": "yes"}
    layer.x = (layer.x * 2.0**-126).astype(np.float32)
    y = simulated(layer.x, layer.w, layer.b * 0, **layer.options, numerics=numerics)
    layer.b = layer.b * 0
    assert not layer.certify("conv", y, seed=1)
    assert layer.certify("conv", y, seed=1, numerics=numerics)
    broken = layer.y.copy()
    broken[0, 1, 2, 3] += 1
    assert not Layer("everything").certify("conv", broken, seed=1, numerics=numerics)


def test_an_alarm_is_no_verdict() -> None:
    """Sums of equal numbers, one after the other, err the same way each time: alarms, and within the hard bound."""
    terms = 10_000
    w = np.full((24, terms, 1), 1.462406, np.float32)
    x = np.ones((1, terms, 1), np.float32)
    y = np.broadcast_to(np.cumsum(w[0, :, 0])[-1], (1, 24, 1)).copy()
    found = certify_conv(x, w, y, exact=False, seed=5, trials=8)
    assert found
    assert (found.alarms, found.unconfirmed) == (1, 1)
    assert "computed anew, all within their bounds" in str(found)
    assert not certify_conv(x, w, y * np.float32(1 + terms * 2.0**-23), exact=False, seed=5)


def test_what_it_refuses() -> None:
    layer = Layer("plain")
    with pytest.raises(ShapeError, match=r"y must have the shape \(2, 8, 5, 10\), got \(2, 8, 5, 9\)"):
        layer.certify("conv", layer.y[..., 1:])
    with pytest.raises(ParameterError, match="needs integers whose sums are exact"):
        layer.certify("conv", layer.y, exact=True)
    with pytest.raises(ParameterError, match="trials must be >= 1"):
        layer.certify("conv", layer.y, trials=0)
    layer.x[0, 0, 0, 0] = np.inf
    with pytest.raises(ParameterError, match="not finite"):
        layer.certify("conv", layer.y)
    large = Layer("plain", high=3000)
    assert large.certify("conv", conv(large.x, large.w, large.b), seed=1).form == "float"  # rounded sums
    broken = layer.y.copy()
    broken[0, 0, 0, 0] = np.nan
    layer.x[0, 0, 0, 0] = 0
    layer.y = conv(layer.x, layer.w, layer.b)
    nan = np.where(np.isnan(broken), np.float32(np.nan), layer.y)
    assert not layer.certify("conv", nan, seed=1)


def test_the_seed_is_kept_and_drawn_late() -> None:
    layer = Layer("plain")
    one, two = (layer.certify("conv", layer.y) for _ in range(2))
    assert one.seed != two.seed
    assert layer.certify("conv", layer.y, seed=one.seed) == one
    assert f"seed {one.seed}" in str(one)
