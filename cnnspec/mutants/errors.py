"""Faults of error handling: calls that mean nothing are computed anyway."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant
from cnnspec.mutants.plain import conv, finished, tables
from cnnspec.mutants.plain_pooling import pooled

POOLS = ("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")
STRIDED = ("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad", *POOLS, "max_pool_input_grad", "avg_pool_input_grad")
DILATED = ("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad", "max_pool", "max_pool_with_indices", "max_pool_input_grad")
GROUPED = ("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad")
LAYERS = ("conv", "conv_transpose")
WINDOWED = ("conv", *POOLS)
SIGNAL = ("convolve", "cross_correlate")


@mutant(STRIDED, "a stride of 0 is taken for 1", "a stride of 0", lambda c: 0 in c.stride, "pytorch/pytorch#27598", refused=True)
def accepts_zero_stride(c: Call) -> Any:
    return c(stride=tuple(s or 1 for s in c.stride))


@mutant(STRIDED, "a negative stride is taken for a positive one", "a negative stride", lambda c: min(c.stride) < 0, refused=True)
def accepts_negative_stride(c: Call) -> Any:
    return c(stride=tuple(map(abs, c.stride)))


@mutant(DILATED, "a dilation of 0 is taken for 1", "a dilation of 0", lambda c: 0 in c.dilation, refused=True)
def accepts_zero_dilation(c: Call) -> Any:
    return c(dilation=tuple(d or 1 for d in c.dilation))


@mutant(DILATED, "a negative dilation is taken for a positive one", "a negative dilation", lambda c: min(c.dilation) < 0, refused=True)
def accepts_negative_dilation(c: Call) -> Any:
    return c(dilation=tuple(map(abs, c.dilation)))


@mutant(POOLS, "a kernel size below 1 is taken for 1", "a kernel size below 1", lambda c: min(c.kernel_size) < 1, "pytorch/pytorch#27598",
        refused=True)  # fmt: skip
def accepts_zero_kernel(c: Call) -> Any:
    return c(kernel_size=tuple(max(k, 1) for k in c.kernel_size))


@mutant(GROUPED, "groups of 0 are taken for 1: groups or 1", "groups of 0", lambda c: c.groups == 0, "tensorflow/tensorflow#69101",
        refused=True)  # fmt: skip
def accepts_zero_groups(c: Call) -> Any:
    return c(groups=1)


@mutant(GROUPED, "negative groups are taken for 1", "negative groups", lambda c: c.groups < 0, refused=True)
def accepts_negative_groups(c: Call) -> Any:
    return c(groups=1)


@mutant(("conv",), "channels that no group has are left over", "channels that groups do not divide",
        lambda c: c.groups > 0 and (c.x.shape[1] % c.groups or c.w.shape[0] % c.groups), refused=True)  # fmt: skip
def accepts_groups_that_do_not_divide(c: Call) -> Any:
    o = c.w.shape[0] - c.w.shape[0] % c.groups
    return c(x=c.x[:, : c.groups * c.w.shape[1]], w=c.w[:o], **({"b": c.b[:o]} if "b" in c.arrays else {}))


@mutant(LAYERS, "input channels that the weights do not have are left out", "more channels in the input than in the weights",
        lambda c: c.x.shape[1] > (c.w.shape[1] * c.groups if c.op == "conv" else c.w.shape[0]), refused=True)  # fmt: skip
def accepts_channel_mismatch(c: Call) -> Any:
    return c(x=c.x[:, : c.w.shape[1] * c.groups if c.op == "conv" else c.w.shape[0]])


@mutant(("conv",), "one input channel is repeated for weights that have several", "one channel in the input and several in the weights",
        lambda c: c.x.shape[1] == 1 < c.w.shape[1] * c.groups, refused=True)  # fmt: skip
def accepts_one_channel_for_many(c: Call) -> Any:
    return c(x=np.repeat(c.x, c.w.shape[1] * c.groups, axis=1))


@mutant(LAYERS, "a bias of the wrong length is cut, or repeated", "a bias of the wrong length",
        lambda c: "b" in c.arrays and c.b.ndim == 1 and c.b.size and c.b.size != c.out_channels, refused=True)  # fmt: skip
def accepts_bias_of_wrong_length(c: Call) -> Any:
    return c(b=np.resize(c.b, c.out_channels))


@mutant(LAYERS, "a bias of two axes is flattened", "a bias with more than one axis", lambda c: c.arrays["b"].ndim != 1, refused=True)
def accepts_bias_of_other_rank(c: Call) -> Any:
    return c(b=np.ravel(c.b))


@mutant(LAYERS, "weights of another rank are reshaped", "weights with another number of axes than the input",
        lambda c: c.w.ndim != c.x.ndim, refused=True)  # fmt: skip
def accepts_weights_of_other_rank(c: Call) -> Any:
    w = c.w
    while w.ndim > c.x.ndim:
        w = w[..., 0]
    return c(w=w.reshape(*w.shape, *(1,) * (c.x.ndim - w.ndim)))


@mutant(("pad",), "a mode that does not exist is taken for constant", "an unknown mode",
        lambda c: c.mode not in ("constant", "reflect", "symmetric", "replicate", "circular"), refused=True)  # fmt: skip
def accepts_unknown_pad_mode(c: Call) -> Any:
    return c(mode="constant")


@mutant(SIGNAL, "a mode that does not exist is taken for full", "an unknown mode", lambda c: c.mode not in ("full", "same", "valid"),
        "scipy/scipy#3090", refused=True)  # fmt: skip
def accepts_unknown_signal_mode(c: Call) -> Any:
    return c(mode="full")


@mutant(SIGNAL, "'valid' takes arguments of which neither is as large on every axis", "mode 'valid' and mixed sizes",
        lambda c: c.mode == "valid" and c.x.ndim == c.k.ndim, refused=True)  # fmt: skip
def accepts_mixed_sizes(c: Call) -> Any:
    return c(mode="same")


@mutant(("conv_transpose",), "an output_padding of the stride and the dilation or more is taken", "an output_padding that is too large",
        lambda c: any(e >= max(s, d) for e, s, d in zip(c.output_padding, c.stride, c.dilation, strict=True)),
        "pytorch/pytorch#5112", "keras-team/keras#22439", refused=True)  # fmt: skip
def accepts_large_output_padding(c: Call) -> Any:
    pads = tuple((lo, hi - e) for (lo, hi), e in zip(c.padding, c.output_padding, strict=True))
    return c(padding=pads, output_padding=(0,) * len(pads))


@mutant(("conv_transpose",), "a negative output_padding crops the result", "a negative output_padding", lambda c: min(c.output_padding) < 0,
        refused=True)  # fmt: skip
def accepts_negative_output_padding(c: Call) -> Any:
    pads = tuple((lo, hi - e) for (lo, hi), e in zip(c.padding, c.output_padding, strict=True))
    return c(padding=pads, output_padding=(0,) * len(pads))


def rooms(c: Call) -> tuple[int, ...]:
    """By how much the padded input is longer than the kernel reaches, per axis."""
    return tuple(n + a.lo + a.hi - a.span for n, a in zip(c.extents, c.axes, strict=True))


def counted(c: Call, counts: tuple[int, ...]) -> Any:
    """As many windows as ``counts`` says, though they do not fit."""
    at = tables(c.axes, counts)
    return finished(c, conv(c.x, c.w, at, c.groups)) if c.op == "conv" else pooled(c, at)


def alone(c: Call) -> bool:
    """Whether nothing but the size of the kernel is wrong with the call."""
    return min(c.extents) > 0 and (c.op != "conv" or c.x.shape[1] == c.groups * c.w.shape[1] and c.w.shape[0] % c.groups == 0)


@mutant(WINDOWED, "the quotient in the extent is cut toward zero: a kernel a little too large gets one window", "a kernel that is too large by less than the stride",
        lambda c: alone(c) and min(rooms(c)) < 0 and all(r + s > 0 for r, s in zip(rooms(c), c.stride, strict=True)), refused=True)  # fmt: skip
def truncates_toward_zero(c: Call) -> Any:
    return counted(c, tuple(max(r, 0) // s + 1 for r, s in zip(rooms(c), c.stride, strict=True)))


@mutant(WINDOWED, "an axis on which no window fits gets one", "a kernel that is too large", lambda c: alone(c) and min(rooms(c)) < 0, refused=True)
def clamps_extent_to_one(c: Call) -> Any:
    return counted(c, tuple(max(r // s + 1, 1) for r, s in zip(rooms(c), c.stride, strict=True)))


@mutant(("conv_input_grad", "conv_weight_grad"), "a cotangent of another shape is cut or filled with zeros", "a cotangent that is not the output's shape",
        lambda c: c.grad_output.ndim == len(c.forward) and c.grad_output.shape[:2] == c.forward[:2], refused=True)  # fmt: skip
def accepts_cotangent_of_other_shape(c: Call) -> Any:
    g = np.zeros(c.forward, c.grad_output.dtype)
    at = tuple(slice(min(a, b)) for a, b in zip(g.shape, c.grad_output.shape, strict=True))
    g[at] = c.grad_output[at]
    return c(grad_output=g)


@mutant(("adaptive_max_pool", "adaptive_avg_pool"), "an output extent of 0 gives an empty result", "an output extent of 0",
        lambda c: min(c.output_size) == 0, refused=True)  # fmt: skip
def accepts_zero_output_size(c: Call) -> Any:
    return np.zeros((*c.x.shape[:2], *c.output_size), c.x.dtype)


@mutant(("lp_pool",), "a p of 0 or less is taken for 1", "a p below 1", lambda c: c.p < 1, refused=True)
def accepts_small_p(c: Call) -> Any:
    return c(p=1)


@mutant(("pad",), "a crop of more than there is gives an empty result", "negative pads that crop more than there is",
        lambda c: any(n + lo + hi < 0 for n, (lo, hi) in zip(c.extents, c.padding, strict=True)), refused=True)  # fmt: skip
def accepts_crop_of_everything(c: Call) -> Any:
    return np.zeros((*c.x.shape[:2], *(max(n + lo + hi, 0) for n, (lo, hi) in zip(c.extents, c.padding, strict=True))), c.x.dtype)


@mutant(STRIDED, "a stride with more numbers than there are axes is cut", "a stride of more numbers than axes",
        lambda c: len(c.stride) > len(c.padding), refused=True)  # fmt: skip
def accepts_long_stride(c: Call) -> Any:
    return c(stride=c.stride[: len(c.padding)])


@mutant(("conv", "relu", "max_pool"), "booleans are taken for integers", "data of dtype bool", lambda c: c.dtype == "bool", refused=True)
def accepts_booleans(c: Call) -> Any:
    return c(**{name: a.astype(np.uint8) for name, a in c.arrays.items()}).astype(bool)


@mutant(("conv", "relu", "max_pool"), "arrays of objects are taken", "data of dtype object", lambda c: c.dtype == "object", refused=True)
def accepts_objects(c: Call) -> Any:
    return c(**{name: a.astype(np.float64) for name, a in c.arrays.items()}).astype(object)
