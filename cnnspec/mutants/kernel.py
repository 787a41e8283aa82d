"""Faults of the kernel: flipped, read in another order, cut short, or different from place to place."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant, rewrite
from cnnspec.mutants.plain import tables
from cnnspec.mutants.plain_pooling import pooled

CONV = ("conv",)
LINEAR = ("conv", "conv_transpose", "conv_input_grad")
SLIDING = ("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")


def several_taps(c: Call) -> bool:
    """Whether the kernel has more than one tap."""
    return prod(c.kernel) > 1


@mutant(CONV, "a kernel of more than one tap", several_taps)
def kernel_flipped(c: Call) -> Any:
    """The kernel is flipped on every axis, as in a true convolution."""
    return c(w=np.flip(c.w, axis=tuple(range(2, c.w.ndim))))


@mutant(CONV, "more than one tap on the last axis", lambda c: c.kernel[-1] > 1)
def kernel_flipped_on_last_axis(c: Call) -> Any:
    """The kernel is flipped on its last axis alone."""
    return c(w=c.w[..., ::-1])


@mutant(CONV, "two axes, one of more than one tap", lambda c: c.rank > 1 and several_taps(c), "apache/tvm#3562")
def kernel_transposed(c: Call) -> Any:
    """The kernel is read with its first and last spatial axes exchanged."""
    return c(w=np.swapaxes(c.w, 2, -1))


@mutant(CONV, "two axes of more than one tap", lambda c: sum(k > 1 for k in c.kernel) > 1)
def taps_in_column_order(c: Call) -> Any:
    """The taps lie in memory in column order and are read in row order."""
    backward = c.w.reshape(*c.w.shape[:2], *c.kernel[::-1])
    return c(w=backward.transpose(0, 1, *range(c.w.ndim - 1, 1, -1)))


@mutant(LINEAR, "any kernel", lambda c: True)
def last_tap_left_out(c: Call) -> Any:
    """The last tap of the last axis is left out: the loop ends one too early."""
    w = np.array(c.w)
    w[..., -1] = 0
    return c(w=w)


@mutant(SLIDING, "more than one tap on the last axis", lambda c: c.kernel[-1] > 1, literal=True)
def pooling_leaves_out_last_tap(c: Call) -> Any:
    """The last tap of every window's last axis is left out."""
    *first, last = tables(c.axes, c.counts)
    return pooled(c, [*first, last[:, :-1]])


@mutant(
    CONV,
    "more than three taps on an axis, at stride 1",
    lambda c: max(c.kernel) > 3 and not c.strided,
    "apache/tvm#4276",
)
def fast_path_uses_three_taps(c: Call) -> Any:
    """Only the first three taps of an axis are used: the fast path is made for kernels of 3."""
    w = np.zeros_like(c.w)
    w[:, :, *(slice(3),) * c.rank] = c.w[:, :, *(slice(3),) * c.rank]
    return c(w=w)


@rewrite(CONV, "padding, three taps on every axis, stride 1", "openvinotoolkit/openvino#33681")
def fast_path_ignores_padding(c: Call) -> dict[str, Any]:
    """The fast path for three taps at stride 1 leaves the padding out."""
    fast = set(c.kernel) == {3} and not c.strided and not c.dilated
    return c.windows_as(lo=tuple(min(lo, 0) for lo, _ in c.padding)) if fast else {}


@mutant(
    CONV,
    "an odd number of columns above 1, three taps on every axis, stride 1",
    lambda c: set(c.kernel) == {3} and not c.strided and c.counts[-1] % 2 and c.counts[-1] > 1,
    "winograd#1",
)
def odd_column_left_out(c: Call) -> Any:
    """The last column of an odd number is left at zero: the fast path makes columns in pairs."""
    y = c.copy()
    y[..., -1] = 0
    return y


@mutant(CONV, "any kernel", lambda c: True)
def kernel_differs_at_the_border(c: Call) -> Any:
    """The first window of every row leaves out the kernel's last tap."""
    w, y = np.array(c.w), c.copy()
    w[..., -1] = 0
    y[..., 0] = c(w=w)[..., 0]
    return y


@rewrite(SLIDING, "kernel extents that differ", "tenstorrent/tt-metal#19542")
def pooling_kernel_of_first_axis(c: Call) -> dict[str, Any]:
    """``kernel_size[0]`` is used for every axis."""
    return {"kernel_size": c.kernel_size[:1] * c.rank}


@rewrite(SLIDING, "kernel extents that differ")
def pooling_kernel_axes_swapped(c: Call) -> dict[str, Any]:
    """The kernel's extents are given to the axes in reverse order."""
    return {"kernel_size": c.kernel_size[::-1]}


@rewrite(SLIDING, "a kernel size other than 2")
def pooling_kernel_always_two(c: Call) -> dict[str, Any]:
    """Windows have two taps on every axis, whatever the kernel size."""
    return {"kernel_size": (2,) * c.rank}


@mutant(CONV, "several input channels and several taps", lambda c: c.per_group > 1 and several_taps(c), "PyDeepFlow#85")
def columns_in_other_order(c: Call) -> Any:
    """The weights of one channel are read tap by tap where they lie channel by channel."""
    return c(w=np.moveaxis(c.w.reshape(c.w.shape[0], *c.kernel, c.per_group), -1, 1))


@mutant(
    CONV,
    "several input and several output channels",
    lambda c: c.per_group > 1 and c.out_channels > 1,
    "apache/tvm#3562",
    "apache/tvm#4038",
)
def channels_swapped_in_weights(c: Call) -> Any:
    """The weights are read as w[c, o] instead of w[o, c]."""
    o, per_group = c.w.shape[:2]
    return c(w=np.swapaxes(c.w.reshape(per_group, o, *c.kernel), 0, 1))


@mutant(("conv", "conv_transpose", "conv_input_grad", "conv_weight_grad"), "negative data", lambda c: True)
def takes_absolute_value(c: Call) -> Any:
    """The absolute value of the data is used."""
    name = c.operation.arrays[0]
    return c(**{name: np.abs(c.arrays[name])})
