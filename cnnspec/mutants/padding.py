"""Faults of the pads: sides or axes exchanged, one side lost, another value than zero, or the wrong ends cropped."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant, rewrite
from cnnspec.reference.padding import pad

CONV = ("conv",)
POOLS = ("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")
PADDED = ("conv", "conv_transpose", *POOLS, "pad")
LAYERS = ("conv", "conv_transpose", *POOLS)
SIDES = "low and high pads that differ"
AXES = "pads that differ between axes"


@rewrite(PADDED, SIDES, "deeplearning4j/deeplearning4j#3296", "MIPVerify.jl#23")
def padding_sides_swapped(c: Call) -> dict[str, Any]:
    """The low and the high pads change places."""
    return {"padding": tuple((hi, lo) for lo, hi in c.padding)}


@rewrite(LAYERS, AXES)
def padding_axes_swapped(c: Call) -> dict[str, Any]:
    """The pads are given to the axes in reverse order."""
    return {"padding": c.padding[::-1]}


@rewrite(PADDED, AXES)
def padding_of_first_axis(c: Call) -> dict[str, Any]:
    """The pads of the first axis are used for every axis."""
    return {"padding": c.padding[:1] * c.rank}


@rewrite(
    PADDED, "pads that differ by axis or side, on two axes or more", "onnx/onnx#7721", "microsoft/onnxruntime#27375"
)
def pads_read_in_other_order(c: Call) -> dict[str, Any]:
    """All low pads, then all high ones, are read as pairs: [h0, w0, h1, w1] as [h0, h1, w0, w1]."""
    flat = [pair[side] for side in (0, 1) for pair in c.padding]
    return {"padding": tuple(zip(flat[::2], flat[1::2], strict=True))}


@rewrite(("conv", *POOLS), "a high pad")
def pad_ignored_on_one_side(c: Call) -> dict[str, Any]:
    """The high pads are ignored."""
    return {"padding": tuple((lo, min(hi, 0)) for lo, hi in c.padding)}


@rewrite(("conv", *POOLS), "a low and a high pad")
def pad_is_off_by_one(c: Call) -> dict[str, Any]:
    """Pads are off by one: the low one is one element too long, and the high one as much too short."""
    return {"padding": tuple((lo + 1, hi - 1) if lo > 0 < hi else (lo, hi) for lo, hi in c.padding)}


@rewrite(LAYERS, "padding", "FluxML/NNlib.jl#28")
def padding_ignored(c: Call) -> dict[str, Any]:
    """The padding is ignored."""
    return {"padding": ((0, 0),) * c.rank}


@rewrite(PADDED, SIDES)
def low_pad_on_both_sides(c: Call) -> dict[str, Any]:
    """The low pad is used on both sides."""
    return {"padding": tuple((lo, lo) for lo, _ in c.padding)}


@rewrite(PADDED, SIDES)
def high_pad_on_both_sides(c: Call) -> dict[str, Any]:
    """The high pad is used on both sides."""
    return {"padding": tuple((hi, hi) for _, hi in c.padding)}


@rewrite(PADDED, "a high pad")
def all_padding_on_low_side(c: Call) -> dict[str, Any]:
    """The whole padding is put on the low side."""
    return {"padding": tuple((lo + hi, 0) for lo, hi in c.padding)}


@rewrite(PADDED, "pads that differ by more than the odd element")
def padding_split_evenly(c: Call) -> dict[str, Any]:
    """The padding is halved between the sides."""
    totals = [lo + hi for lo, hi in c.padding]
    return {"padding": tuple((total // 2, total - total // 2) for total in totals)}


@rewrite(LAYERS, "a high pad one above the low one", "microsoft/onnxruntime#13311")
def same_pads_at_wrong_end(c: Call) -> dict[str, Any]:
    """The odd element of the padding comes first, where the caller wants it last."""
    return {"padding": tuple((hi, lo) if hi == lo + 1 else (lo, hi) for lo, hi in c.padding)}


@rewrite(PADDED, "a high pad where the low pad is 0")
def high_pad_needs_low_pad(c: Call) -> dict[str, Any]:
    """An axis with a low pad of 0 gets no high pad either."""
    return {"padding": tuple((lo, hi) if lo else (0, 0) for lo, hi in c.padding)}


@rewrite(CONV, "a low pad where the high pad is 0", "lucidrains/audiolm-pytorch#166")
def causal_padding_centred(c: Call) -> dict[str, Any]:
    """Padding on the low side alone, for a causal layer, is shared out to both sides."""
    return {"padding": tuple((lo, hi) if hi or lo < 0 else (lo - lo // 2, lo // 2) for lo, hi in c.padding)}


@rewrite(("conv", *POOLS), "pads above half the kernel")
def pads_cut_to_half_kernel(c: Call) -> dict[str, Any]:
    """Pads are cut to half the kernel."""
    rows = zip(c.padding, c.kernel, strict=True)
    return {"padding": tuple((min(lo, k // 2), min(hi, k // 2)) for (lo, hi), k in rows)}


@rewrite(("conv", "pad"), "a negative pad")
def negative_pads_ignored(c: Call) -> dict[str, Any]:
    """Negative pads are taken for 0."""
    return {"padding": tuple((max(lo, 0), max(hi, 0)) for lo, hi in c.padding)}


@rewrite(("conv", "pad"), "a negative and a positive pad on one axis", "openxla/xla#48715", "openxla/xla#48713")
def mixed_pads_fold(c: Call) -> dict[str, Any]:
    """A crop on one side and padding on the other are folded into their sum."""
    return {
        "padding": tuple(
            (0, lo + hi) if lo < 0 < hi else (lo + hi, 0) if hi < 0 < lo else (lo, hi) for lo, hi in c.padding
        )
    }


def with_mode(c: Call, mode: Any, value: Any = 0) -> Any:
    """The layer over an input that is padded in another way beforehand."""
    return c(x=pad(c.x, padding=c.padding, mode=mode, value=value), padding=((0, 0),) * c.rank)


@mutant(CONV, "padding", lambda c: c.padded and 0 not in c.extents)
def padding_repeats_the_edge(c: Call) -> Any:
    """The edge is repeated into the padding, where zeros belong."""
    return with_mode(c, "replicate")


@mutant(CONV, "padding", lambda c: c.padded and 0 not in c.extents)
def padding_wraps_around(c: Call) -> Any:
    """The padding wraps around to the other side."""
    return with_mode(c, "circular")


@mutant(CONV, "padding", lambda c: c.padded)
def padding_holds_ones(c: Call) -> Any:
    """The padding holds ones."""
    return with_mode(c, "constant", 1)


@mutant(CONV, "padding and a batch of more than one", lambda c: c.padded and c.batch > 1 and 0 not in c.extents)
def only_first_sample_padded(c: Call) -> Any:
    """Only the first sample is padded with zeros; the others read what lies behind them."""
    y = c.copy()
    y[1:] = with_mode(c, "circular")[1:]
    return y


@mutant(CONV, "a whole window inside the padding, and a bias", lambda c: "b" in c.shapes and hidden(c).any())
def window_in_padding_left_out(c: Call) -> Any:
    """An output whose window lies in the padding alone is left at zero, without its bias."""
    y = c.copy()
    y[..., hidden(c)] = 0
    return y


def hidden(c: Call) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which outputs have a window without a real tap, (*m)."""
    seen = np.ones((), bool)
    for a, n, m in zip(c.axes, c.extents, c.counts, strict=True):
        seen = np.logical_and.outer(seen, [any(0 <= t < n for t in a.taps(i)) for i in range(m)])
    return ~seen
