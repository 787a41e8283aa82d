"""The reference equals JAX on everything that both have; ``jax.lax`` and its neighbours are called directly.

JAX compiles anew for every shape, which takes a good part of a second: a few calls each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.cases.case import Case
from tests.frameworks.agreement import agree, few, integers, written_out

jax = pytest.importorskip("jax")

EACH = (1, 1)
"""Batch and channels, over which no window slides."""


@pytest.fixture(scope="module", autouse=True)
def doubles() -> None:
    jax.config.update("jax_enable_x64", True)  # float64 would silently be halved


def pull(function: Callable[..., Any], arrays: list[Any], g: Any) -> tuple[Any, list[Any]]:
    y, back = jax.vjp(function, *arrays)
    return np.asarray(y), [np.asarray(gradient) for gradient in back(jax.numpy.asarray(g))]


def biased(y: Any, b: Any) -> Any:
    return y if b is None else y + b.reshape(-1, *(1,) * (y.ndim - 2))


@few("conv")
def test_conv(case: Case) -> None:
    def conv(x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
        y = jax.lax.conv_general_dilated(x, w, stride, padding, rhs_dilation=dilation, feature_group_count=groups)
        return biased(y, b)

    agree(case, conv, pull)


@few("conv_transpose", without=("groups",))
def test_conv_transpose(case: Case) -> None:
    """JAX has no groups here; its pads are those of the dilated input, the kernel's reach less our pads."""

    def conv_transpose(
        x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: int
    ) -> Any:
        axes = zip(w.shape[2:], dilation, padding, output_padding, strict=True)
        pads = [((k - 1) * d - lo, (k - 1) * d - hi + extra) for k, d, (lo, hi), extra in axes]
        letters = "DHW"[: x.ndim - 2]
        numbers = (f"NC{letters}", f"OI{letters}", f"NC{letters}")
        y = jax.lax.conv_transpose(x, w, stride, pads, dilation, numbers, transpose_kernel=True)
        return biased(y, b)

    agree(case, conv_transpose, pull)


def slide(x: Any, start: float, combine: Any, o: dict[str, Any], pads: Any) -> Any:
    """The reduction of every window, over what is written out."""
    wide = jax.lax.pad(x, np.float64(start), [(0, 0, 0)] * 2 + [(lo, hi, 0) for lo, hi in pads])
    spread = EACH + o.get("dilation", (1,) * (x.ndim - 2))
    window = (EACH + o["kernel_size"], EACH + o["stride"], "VALID")
    return jax.lax.reduce_window(wide, np.float64(start), combine, *window, window_dilation=spread)


@few("max_pool")
def test_max_pool(case: Case) -> None:
    (x,) = integers(case)
    y = slide(x, -np.inf, jax.lax.max, case.options, written_out(case))
    np.testing.assert_array_equal(y, cnnspec.max_pool(x, **case.options))


@few("max_pool", without=("dilation",))
def test_the_gradient_of_max_pool(case: Case) -> None:
    """JAX does not differentiate dilated windows."""
    agree(
        case,
        lambda x, **o: slide(x, -np.inf, jax.lax.max, {**o, "dilation": (1,) * case.rank}, written_out(case)),
        pull,
    )


@few("avg_pool")
def test_avg_pool(case: Case) -> None:
    def avg_pool(x: Any, *, padding: Any, count_include_pad: bool, **o: Any) -> Any:
        ends = [(0, after - hi, 0) for (_, hi), (_, after) in zip(padding, written_out(case), strict=True)]
        pads = [(lo, hi, 0) for lo, hi in padding]
        counted = jax.lax.pad(jax.numpy.ones_like(x), np.float64(count_include_pad), [(0, 0, 0)] * 2 + pads)
        counted = jax.lax.pad(counted, np.float64(0), [(0, 0, 0)] * 2 + ends)
        return slide(x, 0, jax.lax.add, o, written_out(case)) / slide(counted, 0, jax.lax.add, o, [(0, 0)] * case.rank)

    agree(case, avg_pool, pull)


@few("global_max_pool")
def test_global_max_pool(case: Case) -> None:
    """JAX shares the gradient of a maximum among ties, which is a choice; ours goes to the first."""
    (x,) = integers(case)
    y = jax.numpy.max(x, tuple(range(2, x.ndim)), keepdims=True)
    np.testing.assert_array_equal(y, cnnspec.global_max_pool(x))


@few("global_avg_pool")
def test_global_avg_pool(case: Case) -> None:
    agree(case, lambda x: jax.numpy.mean(x, tuple(range(2, x.ndim)), keepdims=True), pull)


MODES = {
    "constant": "constant",
    "reflect": "reflect",
    "symmetric": "symmetric",
    "replicate": "edge",
    "circular": "wrap",
}


@few("pad", limits=("negative_pads_only_constant",))
def test_pad(case: Case) -> None:
    def pad(x: Any, *, padding: Any, mode: str, value: float) -> Any:
        if mode == "constant":
            return jax.lax.pad(x, np.float64(value), [(0, 0, 0)] * 2 + [(lo, hi, 0) for lo, hi in padding])
        return jax.numpy.pad(x, ((0, 0), (0, 0), *padding), MODES[mode])

    agree(case, pad, pull)


@few("relu")
def test_relu(case: Case) -> None:
    agree(case, jax.nn.relu, pull)


@few("convolve")
def test_convolve(case: Case) -> None:
    x, k = fitting(case)
    np.testing.assert_array_equal(
        jax.scipy.signal.convolve(x, k, **case.options), cnnspec.convolve(x, k, **case.options)
    )


@few("cross_correlate")
def test_cross_correlate(case: Case) -> None:
    x, k = fitting(case)
    expected = cnnspec.cross_correlate(x, k, **case.options)
    np.testing.assert_array_equal(jax.scipy.signal.correlate(x, k, **case.options), expected)


def fitting(case: Case) -> list[Any]:
    """The arrays, the kernel cut to the other's extents: JAX refuses one that is larger on one axis and not on all."""
    x, k = integers(case)
    return [x, k[tuple(map(slice, x.shape))]]
