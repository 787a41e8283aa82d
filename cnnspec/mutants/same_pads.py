"""Faults of the "same" rule: pads that keep ceil(n / s) windows, computed wrongly.

The functions take pads as (lo, hi) pairs.  Where those are just what the rule gives, these mutants take what a wrong
rule would have given; an implementation whose "same" is wrong, called by that word, behaves alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cnnspec.geometry import Window, ceil_div, same_pads
from cnnspec.mutants.call import Call
from cnnspec.mutants.gradients import over
from cnnspec.mutants.mutant import mutant, rewrite

SLIDING = ("conv", "max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")
GRADIENTS = ("conv_input_grad", "conv_weight_grad")
SAME = "pads of the same rule"


def upper(c: Call) -> bool | None:
    """Whether the odd element of the rule's pads comes last; None where the pads are not the rule's."""
    rows = list(zip(c.extents, c.axes, strict=True))
    for last in (True, False):
        if all(same_pads(n, a.kernel, a.stride, a.dilation, upper=last) == (a.lo, a.hi) for n, a in rows):
            return last
    return None


def total(n: int, a: Window) -> int:
    """The elements that the rule adds, below 0 where the windows do not reach over their stride."""
    return (ceil_div(n, a.stride) - 1) * a.stride + a.span - n


def by(c: Call, rule: Callable[[int, Window], int]) -> dict[str, Any]:
    """The pads of a rule that adds other totals."""
    last = upper(c)
    totals = [rule(n, a) for n, a in zip(c.extents, c.axes, strict=True)]
    pads = tuple((t // 2, t - t // 2) if last else (t - t // 2, t // 2) for t in totals)
    return {} if last is None or c.options.get("ceil_mode", False) else {"padding": pads}


@rewrite(SLIDING, f"{SAME}, with a stride above 1", "microsoft/onnxruntime#782")
def same_total_ignores_stride(c: Call) -> dict[str, Any]:
    """Pads of the same rule are those of stride 1, whatever the stride."""
    return by(c, lambda n, a: a.span - 1)


@rewrite(("conv",), f"{SAME}, with a stride above 1", "microsoft/onnxruntime#26734")
def same_total_keeps_extent(c: Call) -> dict[str, Any]:
    """Pads of the same rule give as many windows as there are elements, whatever the stride."""
    return by(c, lambda n, a: (n - 1) * a.stride + a.span - n)


@rewrite(("conv", "max_pool", "max_pool_with_indices"), f"{SAME}, with a dilation above 1", "onnx/onnx#2043",
         "jax-ml/jax#1806", "huggingface/pytorch-image-models#2779", "elixir-nx/nx#189")  # fmt: skip
def same_total_ignores_dilation(c: Call) -> dict[str, Any]:
    """Pads of the same rule are computed from the kernel size, not from the dilated kernel's reach."""
    return by(c, lambda n, a: max(total(n, replace(a, dilation=1)), 0))


@rewrite(
    SLIDING, f"{SAME}, with strides that differ between axes", "PaddlePaddle/Paddle#20997", "tinygrad/tinygrad#17805"
)
def same_total_of_first_stride(c: Call) -> dict[str, Any]:
    """Pads of the same rule are computed with stride[0] on every axis."""
    return by(c, lambda n, a: max(total(n, replace(a, stride=c.axes[0].stride)), 0))


@rewrite(("conv",), f"{SAME}, with a kernel that does not reach over the stride", "tensorflow/tensorflow#11092")
def same_total_below_zero(c: Call) -> dict[str, Any]:
    """Pads of the same rule crop the input where the kernel does not reach over the stride."""
    if upper(c) is None:
        return {}
    lows = tuple(min(total(n, a) // 2, 0) + a.lo for n, a in zip(c.extents, c.axes, strict=True))
    return c.windows_as(lo=lows)


@mutant(GRADIENTS, f"{SAME}, with a kernel that does not reach over the stride",
        lambda c: upper(c) is not None and any(total(n, a) < -1 for n, a in zip(c.extents, c.axes, strict=True)),
        "tensorflow/tfjs#6629", literal=True)  # fmt: skip
def gradient_same_total_below_zero(c: Call) -> Any:
    """The gradient's pads of the same rule crop the input where the kernel does not reach over the stride."""
    axes = [replace(a, lo=min(total(n, a) // 2, 0) + a.lo) for n, a in zip(c.extents, c.axes, strict=True)]
    return over(c, axes)


@rewrite(("conv",), f"{SAME}, with an even kernel", "keras-team/keras#6302", "opencv/opencv#10702")
def same_pads_half_kernel(c: Call) -> dict[str, Any]:
    """Pads of the same rule are half the kernel's reach on both sides."""
    return by(c, lambda n, a: 2 * (a.span // 2))
