"""Faults at the signal level: what is flipped, what is conjugated, and which part of the full result is given."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant, rewrite

if TYPE_CHECKING:
    from cnnspec.typing import Array

CONVOLVE = ("convolve",)
CORRELATE = ("cross_correlate",)
BOTH = CONVOLVE + CORRELATE


def several(c: Call) -> bool:
    """Whether the kernel has more than one element."""
    return prod(c.kernel) > 1


def larger_kernel(c: Call) -> bool:
    """Whether the kernel is the longer one on an axis."""
    return any(k > n for k, n in zip(c.kernel, c.extents, strict=True))


def full(c: Call) -> Array:
    """The whole result."""
    return c.copy(mode="full")


def cut(y: Array, starts: Any, counts: Any) -> Array:
    """``counts`` elements from ``starts`` on every axis."""
    return np.array(y[tuple(slice(a, a + m) for a, m in zip(starts, counts, strict=True))])


@mutant(CONVOLVE, "the kernel is not flipped: a cross-correlation is given", "a kernel of more than one element", several)
def convolve_does_not_flip(c: Call) -> Any:
    return c(k=np.flip(c.k))


@mutant(CORRELATE, "the kernel is flipped: a convolution is given", "a kernel of more than one element", several)
def correlate_flips(c: Call) -> Any:
    return c(k=np.flip(c.k))


@mutant(CONVOLVE, "the kernel is not flipped on its first axis", "several axes, more than one element on the first",
        lambda c: c.rank > 1 and c.kernel[0] > 1, "NVIDIA/cutlass#271")  # fmt: skip
def convolve_leaves_first_axis(c: Call) -> Any:
    return c(k=np.flip(c.k, axis=0))


@mutant(CONVOLVE, "of three axes the first is not flipped", "three axes, more than one element on the first",
        lambda c: c.rank == 3 and c.kernel[0] > 1, "NVIDIA/cutlass#271")  # fmt: skip
def convolve_leaves_depth(c: Call) -> Any:
    return c(k=np.flip(c.k, axis=0))


@mutant(CONVOLVE, "the kernel is transposed instead of turned by 180 degrees", "two axes or more of a square kernel",
        lambda c: c.rank > 1 and c.kernel[0] == c.kernel[-1] > 1)  # fmt: skip
def convolve_transposes_kernel(c: Call) -> Any:
    return c(k=np.swapaxes(np.flip(c.k), 0, -1))


@mutant(CORRELATE, "the second argument is not conjugated", "complex data", lambda c: c.dtype.startswith("complex"), "scipy/scipy#5954")
def correlate_without_conjugate(c: Call) -> Any:
    return c(k=np.conj(c.k))


@mutant(CORRELATE, "the first argument is conjugated instead of the second", "complex data", lambda c: c.dtype.startswith("complex"))
def correlate_conjugates_first(c: Call) -> Any:
    return c(x=np.conj(c.x), k=np.conj(c.k))


@mutant(CONVOLVE, "the kernel is conjugated", "complex data", lambda c: c.dtype.startswith("complex"))
def convolve_conjugates(c: Call) -> Any:
    return c(k=np.conj(c.k))


@mutant(BOTH, "the imaginary part is dropped", "complex data", lambda c: c.dtype.startswith("complex"))
def imaginary_part_dropped(c: Call) -> Any:
    return c().real.astype(c.x.dtype)


@mutant(BOTH, "'same' is centred one element later for an even kernel", "mode 'same' and an even kernel",
        lambda c: c.mode == "same" and any(k % 2 == 0 for k in c.kernel))  # fmt: skip
def same_centred_late(c: Call) -> Any:
    return cut(full(c), [k // 2 for k in c.kernel], c.extents)


@mutant(BOTH, "'same' gives the first elements of the full result", "mode 'same' and a kernel of three or more",
        lambda c: c.mode == "same" and max(c.kernel) > 2)  # fmt: skip
def same_takes_the_beginning(c: Call) -> Any:
    return cut(full(c), [0] * c.rank, c.extents)


@mutant(BOTH, "'same' has the extents of the longer argument", "mode 'same' and a longer kernel",
        lambda c: c.mode == "same" and larger_kernel(c), "scipy/scipy#12685")  # fmt: skip
def same_has_longer_extent(c: Call) -> Any:
    longer = [max(n, k) for n, k in zip(c.extents, c.kernel, strict=True)]
    return cut(full(c), [(min(n, k) - 1) // 2 for n, k in zip(c.extents, c.kernel, strict=True)], longer)


@mutant(BOTH, "'same' has the extents of the second argument", "mode 'same' and extents that differ",
        lambda c: c.mode == "same" and c.kernel != c.extents)  # fmt: skip
def same_has_second_extent(c: Call) -> Any:
    return cut(full(c), [(n - 1) // 2 for n in c.extents], c.kernel)


@mutant(CORRELATE, "the arguments change places where the second is longer, and the result stays reversed", "a longer kernel",
        larger_kernel, "scipy/scipy#12685", "scipy/scipy#11973")  # fmt: skip
def correlate_swaps_longer_first(c: Call) -> Any:
    return np.ascontiguousarray(np.flip(c()))


@mutant(BOTH, "'valid' begins one element early", "mode 'valid' and arguments of more than one element",
        lambda c: c.mode == "valid" and any(min(n, k) > 1 for n, k in zip(c.extents, c.kernel, strict=True)))  # fmt: skip
def valid_begins_early(c: Call) -> Any:
    return cut(full(c), [max(min(n, k) - 2, 0) for n, k in zip(c.extents, c.kernel, strict=True)], c.counts)


@rewrite(BOTH, "'valid' gives what 'same' gives", "mode 'valid'")
def valid_is_same(c: Call) -> dict[str, Any]:
    return {"mode": "same" if c.mode == "valid" else c.mode}


@rewrite(BOTH, "the mode is ignored: the full result is given", "a mode other than 'full'")
def signal_mode_ignored(c: Call) -> dict[str, Any]:
    return {"mode": "full"}


@mutant(BOTH, "the full result misses its last element", "mode 'full'", lambda c: c.mode == "full" and c.counts[-1] > 1)
def full_misses_last(c: Call) -> Any:
    return c.copy()[..., :-1]


@mutant(BOTH, "the transform is too short: what does not fit wraps around to the beginning", "mode 'full' and a kernel of more than one element",
        lambda c: c.mode == "full" and c.kernel[-1] > 1 and c.extents[-1] > 1)  # fmt: skip
def full_wraps_around(c: Call) -> Any:
    y, n = c.copy(), max(c.extents[-1], c.kernel[-1])
    with np.errstate(all="ignore"):
        y[..., : y.shape[-1] - n] += y[..., n:]
    y[..., n:] = 0
    return y


@mutant(BOTH, "the kernel's last element is left out", "a kernel of more than one element on the last axis", lambda c: c.kernel[-1] > 1)
def kernel_misses_last(c: Call) -> Any:
    k = np.array(c.k)
    k[..., -1] = 0
    return c(k=k)
