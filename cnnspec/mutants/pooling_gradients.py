"""Faults of the gradients of pooling: sums that overwrite, ties, divisors, padding that wins."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant
from cnnspec.mutants.plain import along, inside, places
from cnnspec.mutants.plain_pooling import divisors, first, floating, handed_back, hits, least, overhanging, usual, whole

if TYPE_CHECKING:
    from cnnspec.typing import Array

MAXIMUM = ("max_pool_input_grad",)
AVERAGE = ("avg_pool_input_grad",)
BOTH = MAXIMUM + AVERAGE


def overlapping(c: Call) -> bool:
    """Whether two windows may share an element."""
    return any(a.span > a.stride and m > 1 for a, m in zip(c.axes, c.counts, strict=True))


def several(c: Call) -> bool:
    """Whether a window has more than one tap."""
    return prod(c.kernel) > 1


def even(c: Call, divisor: Any) -> Array:
    """The share of an average: one over the divisor on every tap."""
    shares = np.ones((*c.x.shape[:2], prod(c.counts), prod(c.kernel)))
    return np.asarray(shares / np.reshape(divisor, (-1, 1)))


@mutant(BOTH, "windows that overlap", overlapping, "CS231n#19", "joey#5", literal=True)
def pool_grad_assigns(c: Call) -> Any:
    """Windows that overlap overwrite one another's gradient instead of adding to it."""
    if c.op == "avg_pool_input_grad":
        return handed_back(c, even(c, divisors(c, usual(c))), overwrite=True)
    flat, _ = places(usual(c), c.extents)
    grad = np.zeros((*c.x.shape[:2], prod(c.extents)), c.x.dtype)
    g = c.grad_output.reshape(*c.x.shape[:2], prod(c.counts))
    for n, channel, i, j in np.argwhere(first(hits(c))):
        grad[n, channel, flat[i, j]] = g[n, channel, i]
    return grad.reshape(c.x.shape)


@mutant(MAXIMUM, "ties", several, "CNN-from-scratch#1", literal=True)
def pool_grad_to_every_tie(c: Call) -> Any:
    """Every one of equal maxima gets the whole gradient."""
    return handed_back(c, hits(c))


@mutant(MAXIMUM, "ties", several, "tinygrad/tinygrad#229", literal=True)
def pool_grad_to_last_tie(c: Call) -> Any:
    """The last one of equal maxima gets the gradient."""
    return handed_back(c, first(hits(c)[..., ::-1])[..., ::-1])


@mutant(MAXIMUM, "any window of more than one tap", several, literal=True)
def max_pool_grad_to_first_tap(c: Call) -> Any:
    """The gradient goes to the first tap of the window, whatever it holds."""
    real = inside(usual(c), whole(c))
    return handed_back(c, np.broadcast_to(first(real), (*c.x.shape[:2], *real.shape)))


@mutant(MAXIMUM, "any window of more than one tap", lambda c: several(c) and floating(c), literal=True)
def max_pool_grad_shared_out(c: Call) -> Any:
    """The gradient is shared out over the window, as for an average."""
    return handed_back(c, even(c, prod(c.kernel)))


@mutant(MAXIMUM, "negative data and padding", lambda c: c.padded, literal=True)
def max_pool_grad_lost_in_padding(c: Call) -> Any:
    """The padding holds zeros: where all taps are negative the gradient is lost."""
    return handed_back(c, first(hits(c, 0)))


@mutant(MAXIMUM, "a window with a NaN", lambda c: several(c) and floating(c))
def max_pool_grad_passes_over_nan(c: Call) -> Any:
    """A comparison with NaN is false: the gradient of a window that gave NaN goes to its largest number."""
    return c(x=np.where(np.isnan(c.x), least(c.x.dtype), c.x))


@mutant(MAXIMUM, "a dilation above 1", lambda c: c.dilated, literal=True)
def max_pool_grad_ignores_dilation(c: Call) -> Any:
    """The gradient ignores the dilation."""
    near = [t - (d - 1) * (t - t[:, :1]) // d for t, d in zip(usual(c), c.dilation, strict=True)]
    return handed_back(c, first(hits(c)), at=near)


@mutant(AVERAGE, "windows of more than one tap", several, literal=True)
def avg_pool_grad_undivided(c: Call) -> Any:
    """The gradient is not divided."""
    return handed_back(c, even(c, 1))


@mutant(
    AVERAGE,
    "a window with a tap that is not counted",
    lambda c: (divisors(c, usual(c)) != prod(c.kernel)).any(),
    literal=True,
)
def average_grad_over_full_window(c: Call) -> Any:
    """The gradient is always divided by the size of the window."""
    return handed_back(c, even(c, prod(c.kernel)))


@mutant(AVERAGE, "padding", lambda c: c.padded)
def avg_pool_grad_inverts_count_include_pad(c: Call) -> Any:
    """``count_include_pad`` means its opposite in the gradient."""
    return c(count_include_pad=not c.count_include_pad)


@mutant(BOTH, "ceil_mode with an overhanging window", overhanging)
def overhanging_windows_give_no_gradient(c: Call) -> Any:
    """Overhanging windows give no gradient."""
    ends = [(t < n + a.hi).all(axis=1) for t, a, n in zip(usual(c), c.axes, c.extents, strict=True)]
    g = np.array(c.grad_output)
    for axis, fits in enumerate(ends, start=2):
        g[along(axis, ~fits)] = 0
    return c(grad_output=g)


@mutant(BOTH, "a stride that is not the kernel size", lambda c: c.stride != c.kernel_size, literal=True)
def pool_grad_stride_is_kernel_size(c: Call) -> Any:
    """The gradient is computed as if the stride were the kernel size."""
    share = first(hits(c)) if c.op == "max_pool_input_grad" else even(c, divisors(c, usual(c)))
    rows = zip(usual(c), c.stride, c.kernel_size, strict=True)
    return handed_back(c, share, at=[t + np.arange(len(t))[:, None] * (k - s) for t, s, k in rows])


@mutant(BOTH, "a low pad", lambda c: any(a.lo for a in c.axes), "coursera#34", literal=True)
def pool_grad_ignores_padding(c: Call) -> Any:
    """The gradient is computed as if there were no padding."""
    share = first(hits(c)) if c.op == "max_pool_input_grad" else even(c, divisors(c, usual(c)))
    return handed_back(c, share, at=[t + a.lo for t, a in zip(usual(c), c.axes, strict=True)])


@mutant(BOTH, "a batch of more than one", lambda c: c.batch > 1)
def pool_grad_of_first_sample(c: Call) -> Any:
    """Only the first sample gets a gradient."""
    g = np.array(c.grad_output)
    g[1:] = 0
    return c(grad_output=g)
