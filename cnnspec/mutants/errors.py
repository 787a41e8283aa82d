"""Faults of error handling: calls that mean nothing are computed anyway."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant
from cnnspec.mutants.plain import conv, finished, places, tables
from cnnspec.mutants.plain_pooling import pooled

POOLS = ("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")
STRIDED = (
    "conv",
    "conv_transpose",
    "conv_input_grad",
    "conv_weight_grad",
    *POOLS,
    "max_pool_input_grad",
    "avg_pool_input_grad",
)
DILATED = (
    "conv",
    "conv_transpose",
    "conv_input_grad",
    "conv_weight_grad",
    "max_pool",
    "max_pool_with_indices",
    "max_pool_input_grad",
)
GROUPED = ("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad")
LAYERS = ("conv", "conv_transpose")
WINDOWED = ("conv", *POOLS)
SIGNAL = ("convolve", "cross_correlate")


@mutant(STRIDED, "a stride of 0", lambda c: 0 in c.stride, "pytorch/pytorch#27598", refused=True)
def accepts_zero_stride(c: Call) -> Any:
    """A stride of 0 is taken for 1."""
    return c(stride=tuple(s or 1 for s in c.stride))


@mutant(STRIDED, "a negative stride", lambda c: min(c.stride) < 0, refused=True)
def accepts_negative_stride(c: Call) -> Any:
    """A negative stride is taken for a positive one."""
    return c(stride=tuple(map(abs, c.stride)))


@mutant(DILATED, "a dilation of 0", lambda c: 0 in c.dilation, refused=True)
def accepts_zero_dilation(c: Call) -> Any:
    """A dilation of 0 is taken for 1."""
    return c(dilation=tuple(d or 1 for d in c.dilation))


@mutant(DILATED, "a negative dilation", lambda c: min(c.dilation) < 0, refused=True)
def accepts_negative_dilation(c: Call) -> Any:
    """A negative dilation is taken for a positive one."""
    return c(dilation=tuple(map(abs, c.dilation)))


@mutant(POOLS, "a kernel size below 1", lambda c: min(c.kernel_size) < 1, "pytorch/pytorch#27598", refused=True)
def accepts_zero_kernel(c: Call) -> Any:
    """A kernel size below 1 is taken for 1."""
    return c(kernel_size=tuple(max(k, 1) for k in c.kernel_size))


@mutant(GROUPED, "groups of 0", lambda c: c.groups == 0, "tensorflow/tensorflow#69101", refused=True)
def accepts_zero_groups(c: Call) -> Any:
    """Groups of 0 are taken for 1: groups or 1."""
    return c(groups=1)


@mutant(GROUPED, "negative groups", lambda c: c.groups < 0, refused=True)
def accepts_negative_groups(c: Call) -> Any:
    """Negative groups are taken for 1."""
    return c(groups=1)


@mutant(
    ("conv",),
    "channels that groups do not divide",
    lambda c: c.groups > 0 and (c.channels % c.groups or c.shapes["w"][0] % c.groups),
    refused=True,
)
def accepts_groups_that_do_not_divide(c: Call) -> Any:
    """Channels that no group has are left over."""
    o = c.w.shape[0] - c.w.shape[0] % c.groups
    return c(x=c.x[:, : c.groups * c.w.shape[1]], w=c.w[:o], **({"b": c.b[:o]} if "b" in c.arrays else {}))


def known(c: Call) -> int:
    """The input channels that the weights have."""
    w = c.shapes["w"]
    return w[1] * int(c.groups) if c.op == "conv" else w[0]


@mutant(LAYERS, "more channels in the input than in the weights", lambda c: c.channels > known(c), refused=True)
def accepts_channel_mismatch(c: Call) -> Any:
    """Input channels that the weights do not have are left out."""
    return c(x=c.x[:, : known(c)])


@mutant(
    ("conv",), "one channel in the input and several in the weights", lambda c: c.channels == 1 < known(c), refused=True
)
def accepts_one_channel_for_many(c: Call) -> Any:
    """One input channel is repeated for weights that have several."""
    return c(x=np.repeat(c.x, known(c), axis=1))


@mutant(
    LAYERS,
    "a bias of the wrong length",
    lambda c: len(c.shapes["b"]) == 1 and c.shapes["b"] not in ((0,), (c.out_channels,)),
    refused=True,
)
def accepts_bias_of_wrong_length(c: Call) -> Any:
    """A bias of the wrong length is cut, or repeated."""
    return c(b=np.resize(c.b, c.out_channels))


@mutant(LAYERS, "a bias with more than one axis", lambda c: len(c.shapes["b"]) > 1, refused=True)
def accepts_bias_of_other_rank(c: Call) -> Any:
    """A bias of two axes is flattened."""
    return c(b=np.ravel(c.b))


@mutant(
    LAYERS,
    "weights with another number of axes than the input",
    lambda c: len(c.shapes["w"]) != len(c.shapes["x"]),
    refused=True,
)
def accepts_weights_of_other_rank(c: Call) -> Any:
    """Weights of another rank are reshaped."""
    w = c.w
    while w.ndim > c.x.ndim:
        w = w[..., 0]
    return c(w=w.reshape(*w.shape, *(1,) * (c.x.ndim - w.ndim)))


@mutant(
    ("pad",),
    "an unknown mode",
    lambda c: c.mode not in ("constant", "reflect", "symmetric", "replicate", "circular"),
    refused=True,
)
def accepts_unknown_pad_mode(c: Call) -> Any:
    """A mode that does not exist is taken for constant."""
    return c(mode="constant")


@mutant(SIGNAL, "an unknown mode", lambda c: c.mode not in ("full", "same", "valid"), "scipy/scipy#3090", refused=True)
def accepts_unknown_signal_mode(c: Call) -> Any:
    """A mode that does not exist is taken for full."""
    return c(mode="full")


@mutant(SIGNAL, "mode 'valid' and mixed sizes", lambda c: c.mode == "valid" and len(c.kernel) == c.rank, refused=True)
def accepts_mixed_sizes(c: Call) -> Any:
    """'valid' takes arguments of which neither is as large on every axis."""
    return c(mode="same")


@mutant(
    ("conv_transpose",),
    "an output_padding that is too large",
    lambda c: any(e >= max(s, d) for e, s, d in zip(c.output_padding, c.stride, c.dilation, strict=True)),
    "pytorch/pytorch#5112",
    "keras-team/keras#22439",
    refused=True,
)
def accepts_large_output_padding(c: Call) -> Any:
    """An output_padding of the stride and the dilation or more is taken."""
    pads = tuple((lo, hi - e) for (lo, hi), e in zip(c.padding, c.output_padding, strict=True))
    return c(padding=pads, output_padding=(0,) * len(pads))


@mutant(("conv_transpose",), "a negative output_padding", lambda c: min(c.output_padding) < 0, refused=True)
def accepts_negative_output_padding(c: Call) -> Any:
    """A negative output_padding crops the result."""
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
    return min(c.extents) > 0 and (c.op != "conv" or (c.channels == known(c) and c.out_channels % c.groups == 0))


@mutant(
    WINDOWED,
    "a kernel that is too large by less than the stride",
    lambda c: alone(c) and min(rooms(c)) < 0 and all(r + s > 0 for r, s in zip(rooms(c), c.stride, strict=True)),
    refused=True,
)
def truncates_toward_zero(c: Call) -> Any:
    """The quotient in the extent is cut toward zero: a kernel a little too large gets one window."""
    return counted(c, tuple(max(r, 0) // s + 1 for r, s in zip(rooms(c), c.stride, strict=True)))


@mutant(WINDOWED, "a kernel that is too large", lambda c: alone(c) and min(rooms(c)) < 0, refused=True)
def clamps_extent_to_one(c: Call) -> Any:
    """An axis on which no window fits gets one."""
    return counted(c, tuple(max(r // s + 1, 1) for r, s in zip(rooms(c), c.stride, strict=True)))


def hidden(c: Call) -> bool:
    """Whether the call is refused for a pooling window that holds padding alone."""
    return any(
        not ((t >= 0) & (t < n)).any(axis=1).all() for t, n in zip(tables(c.axes, c.counts), c.extents, strict=True)
    )


def with_hidden(c: Call, value: Any) -> Any:
    """The pooling, with ``value`` where a window holds padding alone; a value per plane is possible."""
    at = tables(c.axes, c.counts)
    result = pooled(c, at)
    real = places(at, c.extents)[1].any(axis=-1).reshape(c.counts)
    y = np.where(real, result[0] if isinstance(result, tuple) else result, value).astype(c.x.dtype)
    return (y, result[1]) if isinstance(result, tuple) else y


@mutant(POOLS, "a window that holds padding alone", hidden, refused=True)
def empty_window_gives_lowest_finite(c: Call) -> Any:
    """A window that holds padding alone gives the most negative finite number."""
    return with_hidden(c, 100 if "int" in c.dtype else float(ml_dtypes.finfo(c.x.dtype).min))


@mutant(POOLS, "a window that holds padding alone", hidden, refused=True)
def empty_windows_differ(c: Call) -> Any:
    """A window that holds padding alone gives what is left over from the plane before."""
    return with_hidden(c, np.arange(1, c.x.shape[0] * c.x.shape[1] + 1).reshape(*c.x.shape[:2], *(1,) * c.rank))


@mutant(
    ("conv_input_grad", "conv_weight_grad", "max_pool_input_grad", "avg_pool_input_grad"),
    "a cotangent that is not the output's shape",
    lambda c: len(c.shapes["grad_output"]) == len(c.forward) and c.shapes["grad_output"][:2] == c.forward[:2],
    refused=True,
)
def accepts_cotangent_of_other_shape(c: Call) -> Any:
    """A cotangent of another shape is cut or filled with zeros."""
    g = np.zeros(c.forward, c.grad_output.dtype)
    at = tuple(slice(min(a, b)) for a, b in zip(g.shape, c.grad_output.shape, strict=True))
    g[at] = c.grad_output[at]
    return c(grad_output=g)


@mutant(
    ("adaptive_max_pool", "adaptive_avg_pool"), "an output extent of 0", lambda c: min(c.output_size) == 0, refused=True
)
def accepts_zero_output_size(c: Call) -> Any:
    """An output extent of 0 is taken for 1."""
    return c(output_size=tuple(m or 1 for m in c.output_size))


@mutant(("lp_pool",), "a p below 1", lambda c: c.p < 1, refused=True)
def accepts_small_p(c: Call) -> Any:
    """A p of 0 or less is taken for 1."""
    return c(p=1)


@mutant(
    ("pad",),
    "negative pads that crop more than there is",
    lambda c: any(n + lo + hi < 0 for n, (lo, hi) in zip(c.extents, c.padding, strict=True)),
    refused=True,
)
def accepts_crop_of_everything(c: Call) -> Any:
    """A crop of more than there is gives an empty result."""
    return np.zeros(
        (*c.x.shape[:2], *(max(n + lo + hi, 0) for n, (lo, hi) in zip(c.extents, c.padding, strict=True))), c.x.dtype
    )


@mutant(STRIDED, "a stride of more numbers than axes", lambda c: len(c.stride) > len(c.padding), refused=True)
def accepts_long_stride(c: Call) -> Any:
    """A stride with more numbers than there are axes is cut."""
    return c(stride=c.stride[: len(c.padding)])


@mutant(STRIDED, "a stride of fewer numbers than axes", lambda c: len(c.stride) < len(c.padding), refused=True)
def accepts_short_stride(c: Call) -> Any:
    """A stride with fewer numbers than there are axes is filled up with 1."""
    return c(stride=(*c.stride, *(1,) * (len(c.padding) - len(c.stride))))


@mutant(STRIDED, "pads for more axes than there are", lambda c: len(c.padding) > len(c.stride), refused=True)
def accepts_long_padding(c: Call) -> Any:
    """Pads for more axes than there are are cut."""
    return c(padding=c.padding[: len(c.stride)])


@mutant(
    STRIDED, "a stride that is no whole number", lambda c: any(isinstance(s, float) for s in c.stride), refused=True
)
def accepts_fractions(c: Call) -> Any:
    """A stride of 1.5 is cut to 1."""
    return c(stride=tuple(map(int, c.stride)))


@mutant(("conv", "relu", "max_pool"), "data of dtype bool", lambda c: c.dtype == "bool", refused=True)
def accepts_booleans(c: Call) -> Any:
    """Booleans are taken for integers."""
    return c(**{name: a.astype(np.uint8) for name, a in c.arrays.items()}).astype(bool)


@mutant(("conv", "relu", "max_pool"), "data of dtype object", lambda c: c.dtype == "object", refused=True)
def accepts_objects(c: Call) -> Any:
    """Arrays of objects are taken."""
    return c(**{name: a.astype(np.float64) for name, a in c.arrays.items()}).astype(object)


@mutant(
    ("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad", "max_pool_input_grad", "relu_input_grad"),
    "arrays of two dtypes",
    lambda c: not c.arrays or len({a.dtype for a in c.arrays.values()}) > 1,
    refused=True,
)
def memory_read_in_first_dtype(c: Call) -> Any:
    """The memory of every array is read as if it held numbers of the first one's dtype."""
    dtype = c.arrays[c.operation.arrays[0]].dtype
    read = {name: np.resize(np.frombuffer(a.tobytes(), dtype), a.shape) for name, a in c.arrays.items()}
    with np.errstate(all="ignore"):
        return c(**read)
