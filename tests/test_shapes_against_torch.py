"""Output shapes against PyTorch's, NumPy's and SciPy's own, over every small axis: equal, or refused by both."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from cnnspec.errors import CnnspecError
from cnnspec.shapes import adaptive_shape, conv_shape, conv_transpose_shape, pad_shape, pool_shape, signal_shape

torch = pytest.importorskip("torch")
signal = pytest.importorskip("scipy.signal")

AXES = list(product(range(1, 9), range(1, 5), range(1, 5), range(1, 4)))  # n, k, s, d
X = torch.zeros(1, 1, 9)
W = torch.ones(1, 1, 5)


def shape_or_refusal(call: Callable[..., Any], *args: Any, refusal: type[Exception], **options: Any) -> Any:
    try:
        result = call(*args, **options)
    except refusal:
        return "refused"
    return tuple(getattr(result, "shape", result))


def test_conv() -> None:
    for (n, k, s, d), p in product(AXES, range(4)):
        options: Any = {"stride": s, "padding": p, "dilation": d}
        ours = shape_or_refusal(conv_shape, (1, 1, n), (1, 1, k), refusal=CnnspecError, **options)
        theirs = shape_or_refusal(torch.nn.functional.conv1d, X[..., :n], W[..., :k], refusal=RuntimeError, **options)
        assert ours == theirs, (n, k, options)


@pytest.mark.filterwarnings("ignore:Using padding='same'")  # it copies where the pads differ, and says so
def test_conv_same() -> None:
    """PyTorch has it for stride 1 alone."""
    for n, k, _, d in AXES:
        theirs = torch.nn.functional.conv1d(X[..., :n], W[..., :k], dilation=d, padding="same")
        assert conv_shape((1, 1, n), (1, 1, k), dilation=d, padding="same") == theirs.shape


def test_conv_transpose() -> None:
    """PyTorch allows an ``output_padding`` below the stride or the dilation too."""
    for (n, k, s, d), p, extra in product(AXES[::2], range(3), range(4)):
        options: Any = {"stride": s, "padding": p, "dilation": d, "output_padding": extra}
        ours = shape_or_refusal(conv_transpose_shape, (1, 1, n), (1, 1, k), refusal=CnnspecError, **options)
        theirs = shape_or_refusal(
            torch.nn.functional.conv_transpose1d, X[..., :n], W[..., :k], refusal=RuntimeError, **options
        )
        assert ours == theirs, (n, k, options)


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_max_pool(ceil_mode: bool) -> None:
    for n, k, s, d in AXES:
        for p in range(k // 2 + 1):  # PyTorch refuses more
            options: Any = {"stride": s, "padding": p, "dilation": d, "ceil_mode": ceil_mode}
            ours = shape_or_refusal(pool_shape, (1, 1, n), kernel_size=k, refusal=CnnspecError, **options)
            theirs = shape_or_refusal(torch.nn.functional.max_pool1d, X[..., :n], k, refusal=RuntimeError, **options)
            assert ours == theirs, (n, k, options)


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_avg_pool(ceil_mode: bool) -> None:
    for n, k, s, _ in AXES[::3]:
        for p in range(k // 2 + 1):
            options: Any = {"stride": s, "padding": p, "ceil_mode": ceil_mode}
            ours = shape_or_refusal(pool_shape, (1, 1, n), kernel_size=k, refusal=CnnspecError, **options)
            theirs = shape_or_refusal(torch.nn.functional.avg_pool1d, X[..., :n], k, refusal=RuntimeError, **options)
            assert ours == theirs, (n, k, options)


def test_three_axes_at_once() -> None:
    x, w = torch.zeros(2, 4, 7, 11, 5), torch.zeros(6, 2, 3, 2, 1)
    options: Any = {"stride": (2, 3, 1), "padding": (1, 0, 2), "dilation": (1, 2, 3)}
    ours = conv_shape(tuple(x.shape), tuple(w.shape), groups=2, **options)
    assert ours == torch.nn.functional.conv3d(x, w, groups=2, **options).shape == (2, 6, 4, 3, 9)
    v = torch.zeros(4, 3, 3, 2, 1)
    options |= {"output_padding": (1, 2, 0)}
    theirs = torch.nn.functional.conv_transpose3d(x, v, groups=2, **options)
    assert conv_transpose_shape(tuple(x.shape), tuple(v.shape), groups=2, **options) == theirs.shape
    sizes = (3, 13, 1)
    theirs = torch.nn.functional.adaptive_avg_pool3d(x, sizes)
    assert adaptive_shape(tuple(x.shape), output_size=sizes) == theirs.shape


def test_pads_and_crops_against_torch() -> None:
    x = torch.zeros(2, 3, 7, 5)
    for pads in product(range(-3, 3), repeat=4):
        lo, hi, low, high = pads
        ours = shape_or_refusal(pad_shape, (2, 3, 7, 5), padding=((lo, hi), (low, high)), refusal=CnnspecError)
        theirs = shape_or_refusal(torch.nn.functional.pad, x, (low, high, lo, hi), refusal=RuntimeError)
        assert ours == theirs, pads


def test_windows_of_numpy() -> None:
    """NumPy's sliding windows over a padded array, every s-th of them."""
    view = np.lib.stride_tricks.sliding_window_view
    for (n, k, s, d), lo, hi in product(AXES[::2], range(3), range(3)):
        span, padded = (k - 1) * d + 1, np.pad(np.zeros(n), (lo, hi))
        if span <= padded.size:
            expected = view(padded, span)[::s].shape[0]
            assert conv_shape((1, 1, n), (1, 1, k), stride=s, dilation=d, padding=((lo, hi),))[2] == expected


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_signals_against_scipy_and_numpy(mode: Any) -> None:
    for n, k in product(range(1, 6), repeat=2):
        assert signal_shape((n,), (k,), mode=mode) == signal.convolve(np.ones(n), np.ones(k), mode=mode).shape
        if mode != "same" or n >= k:  # NumPy's "same" has the larger extent of the two
            assert signal_shape((n,), (k,), mode=mode) == np.convolve(np.ones(n), np.ones(k), mode=mode).shape
    for x, k in product(product(range(1, 4), repeat=2), repeat=2):
        ours = shape_or_refusal(signal_shape, x, k, mode=mode, refusal=CnnspecError)
        theirs = shape_or_refusal(signal.convolve, np.ones(x), np.ones(k), mode=mode, refusal=ValueError)
        assert ours == theirs, (x, k)
