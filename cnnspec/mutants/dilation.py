"""Faults of the dilation: read from the wrong axis, honoured by the shape alone, or lost on one code path."""

from __future__ import annotations

from typing import Any

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant, rewrite
from cnnspec.mutants.plain import tables
from cnnspec.mutants.plain_pooling import pooled

DILATED = ("conv", "conv_transpose", "max_pool", "max_pool_with_indices")
MAXIMA = ("max_pool", "max_pool_with_indices")
DIFFERS = "dilations that differ between axes"
ABOVE = "a dilation above 1 on an axis of more than one tap"


@rewrite(DILATED, DIFFERS, "pytorch/pytorch#37844")
def dilation_axes_swapped(c: Call) -> dict[str, Any]:
    """The dilations are given to the axes in reverse order."""
    return {"dilation": c.dilation[::-1]}


@rewrite(DILATED, DIFFERS, "eclipse/deeplearning4j#9116")
def dilation_of_first_axis(c: Call) -> dict[str, Any]:
    """Dilation[0] is used for every axis."""
    return {"dilation": c.dilation[:1] * c.rank}


@rewrite(("conv", "conv_transpose"), "a dilation above 1", "onnx/onnx#2043", "huggingface/pytorch-image-models#2779")
def dilation_ignored(c: Call) -> dict[str, Any]:
    """The dilation is ignored."""
    return {"dilation": (1,) * c.rank}


@rewrite(MAXIMA, "a dilation above 1", "pytorch/pytorch#76432")
def pool_ignores_dilation(c: Call) -> dict[str, Any]:
    """The dilation is ignored."""
    return {"dilation": (1,) * c.rank}


@rewrite(DILATED, "a kernel of more than one tap")
def dilation_counts_holes(c: Call) -> dict[str, Any]:
    """A dilation of d skips d elements between taps, not d - 1."""
    return {"dilation": tuple(d + 1 if k > 1 else d for d, k in zip(c.dilation, c.kernel, strict=True))}


@rewrite(("conv",), ABOVE, "tensorflow/tensorflow#18454", "tensorflow/tensorflow#56498", "keras-team/keras#8159")
def dilation_in_shape_only(c: Call) -> dict[str, Any]:
    """The shape follows the dilation, but the taps are neighbours."""
    return c.windows_as(dilation=(1,) * c.rank) if c.dilated else {}


@mutant(MAXIMA, ABOVE, lambda c: c.dilated, literal=True)
def pooling_dilation_in_shape_only(c: Call) -> Any:
    """The shape follows the dilation, but the taps are neighbours."""
    rows = zip(tables(c.axes, c.counts), c.dilation, strict=True)
    return pooled(c, [t - (d - 1) * (t - t[:, :1]) // d for t, d in rows])


@rewrite(("conv",), f"{ABOVE}, where groups is the number of channels", "Tencent/ncnn#315", "tensorflow/tfjs#6264")
def depthwise_ignores_dilation(c: Call) -> dict[str, Any]:
    """Depthwise layers ignore the dilation."""
    return c.windows_as(dilation=(1,) * c.rank) if c.dilated and c.groups == c.channels > 1 else {}


@rewrite(("conv",), f"{ABOVE}, where every extent of the kernel is 3", "pytorch/pytorch#76432")
def three_taps_ignore_dilation(c: Call) -> dict[str, Any]:
    """Kernels of three taps on every axis ignore the dilation."""
    return c.windows_as(dilation=(1,) * c.rank) if c.dilated and set(c.kernel) == {3} else {}


@rewrite(("conv",), f"{ABOVE}, with a stride above 1", "tensorflow/tfjs#5378")
def strided_ignores_dilation(c: Call) -> dict[str, Any]:
    """The dilation is lost where there is a stride too."""
    return c.windows_as(dilation=(1,) * c.rank) if c.dilated and c.strided else {}


@rewrite(("conv",), f"{ABOVE}, with groups", "jax-ml/jax#1806")
def grouped_ignores_dilation(c: Call) -> dict[str, Any]:
    """The dilation is lost in layers with groups."""
    return c.windows_as(dilation=(1,) * c.rank) if c.dilated and c.groups > 1 else {}


@rewrite(("conv", *MAXIMA), "pads on an axis with a dilation above 1", "elixir-nx/nx#189")
def pads_times_dilation(c: Call) -> dict[str, Any]:
    """The pads are multiplied by the dilation."""
    return {"padding": tuple((lo * d, hi * d) for (lo, hi), d in zip(c.padding, c.dilation, strict=True))}


@rewrite(("conv",), "a low pad and a dilation above 1")
def dilated_drops_low_pad(c: Call) -> dict[str, Any]:
    """The low pad is dropped where there is a dilation."""
    return c.windows_as(lo=tuple(min(lo, 0) for lo, _ in c.padding)) if c.dilated else {}


@mutant(
    MAXIMA, "a low pad and a dilation above 1", lambda c: c.dilated and any(lo for lo, _ in c.padding), literal=True
)
def dilated_pooling_drops_low_pad(c: Call) -> Any:
    """The low pad is dropped where there is a dilation."""
    return pooled(c, [t + lo for t, (lo, _) in zip(tables(c.axes, c.counts), c.padding, strict=True)])
