"""Faults of the other gradients: of the bias, ReLU, padding, transposed convolution, adaptive and global pooling."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.adaptive import uneven
from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import always, mutant
from cnnspec.mutants.plain import carried
from cnnspec.reference.arithmetic import rounded

BIAS = ("conv_bias_grad",)
RELU = ("relu_input_grad",)
PAD = ("pad_input_grad",)
INPUT = ("conv_transpose_input_grad",)
WEIGHT = ("conv_transpose_weight_grad",)
ADAPTIVE = ("adaptive_avg_pool_input_grad",)
MEANS = (*ADAPTIVE, "global_avg_pool_input_grad")
MAXIMA = ("adaptive_max_pool_input_grad", "global_max_pool_input_grad")


@mutant(BIAS, "a batch of more than one", lambda c: c.batch > 1)
def bias_grad_of_first_sample(c: Call) -> Any:
    """The gradient of the bias is that of the first sample alone."""
    return c(grad_output=c.grad_output[:1])


@mutant(BIAS, "floats, and a batch of more than one", lambda c: c.batch > 1 and "float" in c.dtype, "CS231n#19")
def bias_grad_averaged(c: Call) -> Any:
    """The gradient of the bias is the mean over the samples, not the sum."""
    return rounded(carried(c()) / c.batch, c.grad_output.dtype)


@mutant(BIAS, "more than one column", lambda c: c.extents[-1] > 1)
def bias_grad_without_last_column(c: Call) -> Any:
    """The last column of the cotangent does not count for the bias."""
    return c(grad_output=c.grad_output[..., :-1])


@mutant(BIAS, "more than one channel", lambda c: c.channels > 1)
def bias_grad_reversed(c: Call) -> Any:
    """The gradients of the biases come in the opposite order."""
    return c()[::-1].copy()


@mutant(BIAS + PAD, "wide floats that float16 cannot hold", lambda c: c.dtype in ("float32", "float64"))
def cotangents_rounded_to_float16(c: Call) -> Any:
    """Cotangents are rounded to float16 before they are added."""
    with np.errstate(all="ignore"):
        return c(grad_output=c.grad_output.astype(np.float16).astype(c.dtype))


@mutant(RELU, "zeros in the data", always, literal=True)
def relu_grad_passes_at_zero(c: Call) -> Any:
    """The cotangent passes where the input is 0, too."""
    return np.where(c.x >= 0, c.grad_output, c.grad_output.dtype.type(0))


@mutant(RELU, "data and cotangents of different signs", always, literal=True)
def relu_grad_masks_by_the_cotangent(c: Call) -> Any:
    """The cotangent passes where it is above 0 itself, whatever the input is."""
    return np.where(c.grad_output > 0, c.grad_output, c.grad_output.dtype.type(0))


@mutant(RELU, "negative data", always, literal=True)
def relu_grad_is_the_cotangent(c: Call) -> Any:
    """The cotangent passes everywhere."""
    return np.array(c.grad_output)


@mutant(RELU, "any data above 0", always, literal=True)
def relu_grad_is_the_slope(c: Call) -> Any:
    """The slope is given, 1 or 0, and not multiplied by the cotangent."""
    return (c.x > 0).astype(c.x.dtype)


@mutant(RELU, "a cotangent that is not finite", lambda c: "float" in c.dtype, literal=True)
def relu_grad_multiplies_by_mask(c: Call) -> Any:
    """The cotangent is multiplied by 0 where it should be stopped: infinity becomes NaN."""
    with np.errstate(all="ignore"):
        return c.grad_output * (c.x > 0).astype(c.x.dtype)


@mutant(INPUT, "a kernel of more than one tap", lambda c: max(c.kernel) > 1, "tinygrad/tinygrad#1030")
def transposed_input_grad_flipped(c: Call) -> Any:
    """The kernel is read backwards in the gradient of the transposed convolution."""
    return c(w=np.ascontiguousarray(np.flip(c.w, tuple(range(2, c.w.ndim)))))


@mutant(INPUT, "more than one group", lambda c: c.options["groups"] > 1)
def transposed_input_grad_of_first_group(c: Call) -> Any:
    """All groups but the first get the gradient 0."""
    y = c.copy()
    y[:, c.per_group :] = 0
    return y


@mutant(WEIGHT, "a batch of more than one", lambda c: c.batch > 1)
def transposed_weight_grad_of_first_sample(c: Call) -> Any:
    """Only the first sample counts for the weights of the transposed convolution."""
    return c(grad_output=c.grad_output[:1], x=c.x[:1])


@mutant(WEIGHT, "a kernel of more than one tap", lambda c: max(c.kernel) > 1)
def transposed_weight_grad_reversed(c: Call) -> Any:
    """The gradient of the transposed convolution's weights comes out reversed."""
    y = c.copy()
    return np.ascontiguousarray(np.flip(y, tuple(range(2, y.ndim))))


def copies(c: Call) -> bool:
    """Whether padding copies elements."""
    return c.options["mode"] != "constant" and any(p > 0 for pair in c.options["padding"] for p in pair)


@mutant(PAD, "a mode that copies", copies)
def pad_grad_forgets_the_copies(c: Call) -> Any:
    """Only the inside of the cotangent counts; the padded copies are cut off."""
    return c(mode="constant")


@mutant(PAD, "pads that differ", lambda c: any(lo != hi for lo, hi in c.options["padding"]))
def pad_grad_sides_swapped(c: Call) -> Any:
    """The pads at the low and at the high end are exchanged."""
    return c(padding=tuple((hi, lo) for lo, hi in c.options["padding"]))


@mutant(ADAPTIVE, "an extent that is no multiple of the output's", uneven, literal=True)
def mean_grad_divides_by_the_ratio(c: Call) -> Any:
    """Every element gets the cotangent of its window over n / m, as if windows were even and never overlapped."""
    y = carried(c.grad_output)
    for axis, (n, m) in enumerate(zip(c.extents, c.counts, strict=True), start=2):
        y = np.take(y, np.arange(n) * m // n, axis=axis) * m / n
    return rounded(y, c.x.dtype)


@mutant(MEANS, "windows of more than one element", lambda c: prod(c.extents) > prod(c.counts))
def mean_grad_undivided(c: Call) -> Any:
    """The cotangent of a mean is multiplied back by the number of outputs, not shared out."""
    return rounded(carried(c()) * (prod(c.extents) / prod(c.counts)), c.x.dtype)


@mutant(MAXIMA, "a batch of more than one", lambda c: c.batch > 1)
def maximum_grad_of_first_sample(c: Call) -> Any:
    """Only the first sample gets a gradient from the maximum."""
    g = np.array(c.grad_output)
    g[1:] = 0
    return c(grad_output=g)


@mutant(MAXIMA, "ties", lambda c: prod(c.extents) > 1)
def maximum_grad_to_last_tie(c: Call) -> Any:
    """The last one of equal maxima gets the gradient."""
    space = tuple(range(2, c.x.ndim))
    back = c(grad_output=np.flip(c.grad_output, space), x=np.flip(c.x, space))
    return np.ascontiguousarray(np.flip(back, space))
