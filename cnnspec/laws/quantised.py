"""Quantised convolution: what a padded zero stands for, and how the result is rounded."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from cnnspec.laws.compare import equal
from cnnspec.laws.draws import Draws
from cnnspec.laws.law import Failure, theorem
from cnnspec.spec.convolution import conv
from cnnspec.spec.padding import pad
from cnnspec.spec.quantised import LIMITS, conv_integer, qlinear_conv, scale

ONNX_INTEGER = "ONNX Operators.md, ConvInteger; https://onnx.ai/onnx/operators/onnx__ConvInteger.html"
ONNX_LINEAR = "ONNX Operators.md, QLinearConv; https://onnx.ai/onnx/operators/onnx__QLinearConv.html"
EXAMPLE = ("conv1d:x=1x1x2,w=1x1x2,padding=1.1,i32,data.x=2_3,data.w=2_3", [[[6, 13, 6]]])
"""The layer on the differences x - 128 of 130 and 131: padding adds 0, and not -128."""


def _drawn(seed: int) -> tuple[Draws, np.ndarray[Any, Any], np.ndarray[Any, Any], dict[str, Any], dict[str, Any]]:
    draws = Draws(seed)
    window = draws.window(pad=2)
    n, groups = draws.extent(window), draws.integer(1, 2)
    bound = draws.choice((2, 127))
    x = draws.array((2, 2 * groups, n), bound) + draws.choice((0, 128))
    w = draws.array((groups, 2, window.kernel), bound)
    options = {
        "stride": window.stride, "padding": ((window.lo, window.hi),), "dilation": window.dilation, "groups": groups,
    }  # fmt: skip
    middle = int(np.mean(x))
    zeros = {
        "x_zero_point": draws.integer(middle - bound, middle + bound),
        "w_zero_point": draws.array((groups,), bound).tolist(),
    }
    return draws, x, w, options, zeros


@theorem(
    "QUANT-1",
    title="padding stands for the real number 0",
    formula="$y = \\sum (x - z_x)(w - z_w)$ over the real taps: padding holds $z_x$",
    source=ONNX_INTEGER,
    operations=("conv",),
    example=EXAMPLE,
    mutants=(),
)
def padding_is_zero_point(seed: int) -> Failure | None:
    """An integer layer is the layer on the differences to the zero points; padding it by hand takes the zero point."""
    _, x, w, options, zeros = _drawn(seed)
    z, zw = zeros["x_zero_point"], np.array(zeros["w_zero_point"], dtype=object).reshape(-1, 1, 1)
    y = conv_integer(x, w, **zeros, **options)
    if failure := equal(conv(x - z, w - zw, **options), y, "it is not the layer on the differences"):
        return failure
    grown = pad(x, padding=options["padding"], value=z)
    by_hand = conv_integer(grown, w, **zeros, **{**options, "padding": 0})
    return equal(by_hand, y, "padding by the zero point is not the same as padding")


@theorem(
    "QUANT-2",
    title="one rounding, ties to even, then the range",
    formula="$q = \\operatorname{sat}(\\operatorname{round}(a\\, \\sigma_x \\sigma_w / \\sigma_y) + z_y)$",
    source=ONNX_LINEAR,
    operations=("conv",),
    example=EXAMPLE,
    mutants=(),
)
def rounded_once(seed: int) -> Failure | None:
    """The exact sum times the exact scales is rounded once to the nearest integer, ties to even, and then clipped."""
    draws, x, w, options, zeros = _drawn(seed)
    dtype = draws.choice(tuple(LIMITS))
    scales: dict[str, Any] = {name: draws.choice((0.5, 0.25, 0.125, 0.1)) for name in ("x_scale", "w_scale", "y_scale")}
    z = draws.integer(-20, 20)
    q = qlinear_conv(x, w, dtype=dtype, y_zero_point=z, **scales, **zeros, **options)
    sums = conv_integer(x, w, **zeros, **options)
    ratio = scale(scales["x_scale"], "x") * scale(scales["w_scale"], "w") / scale(scales["y_scale"], "y")
    low, high = LIMITS[dtype]
    for at in np.ndindex(q.shape):
        exact = sums[at] * ratio + z
        if q[at] in (low, high):
            fine = exact <= low + Fraction(1, 2) if q[at] == low else exact >= high - Fraction(1, 2)
        else:
            error = abs(exact - q[at])
            # the tie is broken before the zero point is added
            fine = error < Fraction(1, 2) or (error == Fraction(1, 2) and (q[at] - z) % 2 == 0)
        if not fine:
            return Failure(f"the exact value {exact} became {q[at]} in {dtype}", got=q, where=at)
    return None
