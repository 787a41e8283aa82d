"""Adjoints: every linear operation and its gradient, as one statement about the specification."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.geometry import PAD_MODES
from cnnspec.laws.draws import Draws
from cnnspec.laws.law import Failure, theorem
from cnnspec.spec import (
    activation,
    adaptive_pooling,
    convolution,
    gradients,
    padding,
    pooling,
    pooling_gradients,
    transpose,
)

if TYPE_CHECKING:
    from cnnspec.typing import Array

GOODFELLOW = (
    "Goodfellow, Bengio, Courville, Deep Learning (2016), 6.5; https://www.deeplearningbook.org/contents/mlp.html"
)
POOLED = ("max_pool", "avg_pool", "adaptive_max_pool", "adaptive_avg_pool")
Pairing = tuple[str, "Array", "Array", "Array", "Array"]
"""What is paired, a result and its cotangent, an argument and its gradient."""


def _layers(draws: Draws) -> Iterator[Pairing]:
    window, groups = draws.window(), draws.integer(1, 2)
    n = draws.extent(window)
    o: dict[str, Any] = {
        "stride": window.stride, "padding": ((window.lo, window.hi),), "dilation": window.dilation, "groups": groups,
    }  # fmt: skip
    x, b = draws.array((2, 2 * groups, n)), draws.array((3 * groups,))
    w = draws.array((3 * groups, 2, window.kernel))
    y = convolution.conv(x, w, **o)
    g = draws.array(y.shape)
    yield "conv, x", y, g, x, gradients.conv_input_grad(g, w, input_size=n, **o)
    yield "conv, w", y, g, w, gradients.conv_weight_grad(g, x, kernel_size=window.kernel, **o)
    yield "conv, b", convolution.conv(x, w, b, **o) - y, g, b, gradients.conv_bias_grad(g)
    m = draws.integer(1, 5)
    extra = draws.integer(0, max(window.stride, window.dilation) - 1)
    if window.transposed_extent(m, extra) < 1:
        return
    x, w = draws.array((2, 2 * groups, m)), draws.array((2 * groups, 3, window.kernel))
    o["output_padding"] = extra
    y = transpose.conv_transpose(x, w, **o)
    g = draws.array(y.shape)
    yield "conv_transpose, x", y, g, x, gradients.conv_transpose_input_grad(g, w, input_size=m, **o)
    yield "conv_transpose, w", y, g, w, gradients.conv_transpose_weight_grad(g, x, kernel_size=window.kernel, **o)


def _pools(draws: Draws) -> Iterator[Pairing]:
    k, s, ceil_mode = draws.integer(1, 3), draws.integer(1, 3), bool(draws.integer(0, 1))
    o: dict[str, Any] = {"kernel_size": k, "stride": s, "padding": draws.integer(0, k // 2), "ceil_mode": ceil_mode}
    x = draws.array((2, 2, draws.integer(k, 7)), 3)
    y = pooling.max_pool(x, **o)
    g = draws.array(y.shape)
    yield "max_pool", y, g, x, pooling_gradients.max_pool_input_grad(g, x, **o)
    o["count_include_pad"] = bool(draws.integer(0, 1))
    yield "avg_pool", pooling.avg_pool(x, **o), g, x, pooling_gradients.avg_pool_input_grad(g, x, **o)
    size = draws.integer(1, 8)
    y = adaptive_pooling.adaptive_avg_pool(x, output_size=size)
    g = draws.array(y.shape)
    grad = pooling_gradients.adaptive_avg_pool_input_grad(g, x, output_size=size)
    yield "adaptive_avg_pool", y, g, x, grad
    grad = pooling_gradients.adaptive_max_pool_input_grad(g, x, output_size=size)
    yield "adaptive_max_pool", adaptive_pooling.adaptive_max_pool(x, output_size=size), g, x, grad


def _others(draws: Draws) -> Iterator[Pairing]:
    x = draws.array((2, 2, draws.integer(1, 5)))
    pads, mode = ((draws.integer(0, 6), draws.integer(0, 6)),), draws.choice(PAD_MODES)
    y = padding.pad(x, padding=pads, mode=mode)  # type: ignore[arg-type]  # one of the five
    g = draws.array(y.shape)
    grad = padding.pad_input_grad(g, input_size=x.shape[2:], padding=pads, mode=mode)  # type: ignore[arg-type]
    yield f"pad {mode}", y, g, x, grad
    g = draws.array(x.shape)
    yield "relu", activation.relu(x), g, x, activation.relu_input_grad(g, x)


@theorem(
    "GRAD-9",
    title="every operation and its gradient are adjoint",
    formula="$\\langle f(x), g \\rangle = \\langle x, \\bar x \\rangle$ where $f(a x) = a f(x)$ for $a > 0$",
    source=GOODFELLOW,
    operations=(
        "conv",
        "conv_transpose",
        "max_pool",
        "avg_pool",
        "adaptive_max_pool",
        "adaptive_avg_pool",
        "pad",
        "relu",
    ),
    example=("conv1d:x=1x1x3,w=1x1x2,f64,data.x=1_2_3,data.w=1_10", [[[21, 32]]]),
    mutants=(),
)
def all_adjoint(seed: int) -> Failure | None:
    """Layers, poolings, padding and relu grow as their input does: weigh the result, or weigh x by the gradient."""
    for family in (_layers, _pools, _others):
        for words, y, g, argument, grad in family(Draws(seed)):
            left, right = np.sum(y * g), np.sum(argument * grad)
            if left != right:
                return Failure(f"{words}: <result, g> is {left} and <argument, gradient> is {right}")
    return None
