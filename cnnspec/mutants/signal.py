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


@mutant(CONVOLVE, "a kernel of more than one element", several)
def convolve_forgets_flip(c: Call) -> Any:
    """The kernel is not flipped: a cross-correlation is given."""
    return c(k=np.flip(c.k))


@mutant(CORRELATE, "a kernel of more than one element", several)
def correlate_flips(c: Call) -> Any:
    """The kernel is flipped: a convolution is given."""
    return c(k=np.flip(c.k))


@mutant(BOTH, "several axes, more than one element on the first", lambda c: c.rank > 1 and c.kernel[0] > 1)
def flip_misses_one_axis(c: Call) -> Any:
    """Of several axes one is flipped and the others are not, or the other way round: the first is missed."""
    return c(k=np.flip(c.k, axis=0))


@mutant(BOTH, "results beyond 100", lambda c: not c.dtype.startswith("complex"))
def clips_large_values(c: Call) -> Any:
    """Numbers beyond 100 are cut to it."""
    y = c()
    return np.clip(y, y.dtype.type(0 if y.dtype.kind == "u" else -100), y.dtype.type(100))


@mutant(BOTH, "data of size 1 or less", lambda c: True)
def drops_small_products(c: Call) -> Any:
    """Elements of size 1 or less are left out of the products."""
    return c(x=np.where(np.abs(c.x) <= 1, c.x.dtype.type(0), c.x))


@mutant(BOTH, "mode 'valid' and a longer kernel", lambda c: c.mode == "valid" and larger_kernel(c))
def valid_mode_never_swaps(c: Call) -> Any:
    """'valid' does not exchange its arguments: nothing is left where the kernel is longer."""
    return np.zeros([max(n - k + 1, 0) for n, k in zip(c.extents, c.kernel, strict=True)], c.x.dtype)


@mutant(BOTH, "a longer kernel", larger_kernel)
def kernel_longer_than_signal_is_cut(c: Call) -> Any:
    """A kernel that is longer than the signal is cut to its length."""
    return c(k=c.k[tuple(slice(n) for n in c.extents)])


@mutant(
    CONVOLVE,
    "three axes, more than one element on the first",
    lambda c: c.rank == 3 and c.kernel[0] > 1,
    "NVIDIA/cutlass#271",
)
def convolve_leaves_depth(c: Call) -> Any:
    """Of three axes the first is not flipped."""
    return c(k=np.flip(c.k, axis=0))


@mutant(CONVOLVE, "two axes or more of a square kernel", lambda c: c.rank > 1 and c.kernel[0] == c.kernel[-1] > 1)
def flip_is_transpose(c: Call) -> Any:
    """The kernel is transposed instead of turned by 180 degrees."""
    return c(k=np.swapaxes(np.flip(c.k), 0, -1))


@mutant(CORRELATE, "complex data", lambda c: c.dtype.startswith("complex"), "scipy/scipy#5954")
def correlate_forgets_conjugate(c: Call) -> Any:
    """The second argument is not conjugated."""
    return c(k=np.conj(c.k))


@mutant(CORRELATE, "complex data", lambda c: c.dtype.startswith("complex"))
def correlate_conjugates_first(c: Call) -> Any:
    """The first argument is conjugated instead of the second."""
    return c(x=np.conj(c.x), k=np.conj(c.k))


@mutant(CONVOLVE, "complex data", lambda c: c.dtype.startswith("complex"))
def convolve_conjugates(c: Call) -> Any:
    """The kernel is conjugated."""
    return c(k=np.conj(c.k))


@mutant(BOTH, "complex data", lambda c: c.dtype.startswith("complex"))
def imaginary_part_dropped(c: Call) -> Any:
    """The imaginary part is dropped."""
    return c().real.astype(c.x.dtype)


@mutant(BOTH, "mode 'same' and an even kernel", lambda c: c.mode == "same" and any(k % 2 == 0 for k in c.kernel))
def same_mode_off_by_one(c: Call) -> Any:
    """'same' is centred one element later for an even kernel."""
    return cut(full(c), [k // 2 for k in c.kernel], c.extents)


@mutant(BOTH, "mode 'same' and a kernel of three or more", lambda c: c.mode == "same" and max(c.kernel) > 2)
def same_takes_the_beginning(c: Call) -> Any:
    """'same' gives the first elements of the full result."""
    return cut(full(c), [0] * c.rank, c.extents)


@mutant(BOTH, "mode 'same' and a longer kernel", lambda c: c.mode == "same" and larger_kernel(c), "scipy/scipy#12685")
def same_mode_length_of_longer(c: Call) -> Any:
    """'same' has the extents of the longer argument."""
    longer = [max(n, k) for n, k in zip(c.extents, c.kernel, strict=True)]
    return cut(full(c), [(min(n, k) - 1) // 2 for n, k in zip(c.extents, c.kernel, strict=True)], longer)


@mutant(BOTH, "mode 'same' and extents that differ", lambda c: c.mode == "same" and c.kernel != c.extents)
def same_has_second_extent(c: Call) -> Any:
    """'same' has the extents of the second argument."""
    return cut(full(c), [(n - 1) // 2 for n in c.extents], c.kernel)


@mutant(CORRELATE, "a longer kernel", larger_kernel, "scipy/scipy#12685", "scipy/scipy#11973")
def correlate_swaps_longer_first(c: Call) -> Any:
    """The arguments change places where the second is longer, and the result stays reversed."""
    return np.ascontiguousarray(np.flip(c()))


@mutant(
    BOTH,
    "mode 'valid' and arguments of more than one element",
    lambda c: c.mode == "valid" and any(min(n, k) > 1 for n, k in zip(c.extents, c.kernel, strict=True)),
)
def valid_begins_early(c: Call) -> Any:
    """'valid' begins one element early."""
    return cut(full(c), [max(min(n, k) - 2, 0) for n, k in zip(c.extents, c.kernel, strict=True)], c.counts)


@rewrite(BOTH, "mode 'valid'")
def valid_is_same(c: Call) -> dict[str, Any]:
    """'valid' gives what 'same' gives."""
    return {"mode": "same" if c.mode == "valid" else c.mode}


@rewrite(BOTH, "a mode other than 'full'")
def signal_mode_ignored(c: Call) -> dict[str, Any]:
    """The mode is ignored: the full result is given."""
    return {"mode": "full"}


@mutant(BOTH, "mode 'full'", lambda c: c.mode == "full" and c.counts[-1] > 1)
def last_element_missing(c: Call) -> Any:
    """The full result misses its last element."""
    return c.copy()[..., :-1]


@mutant(
    BOTH,
    "mode 'full' and a kernel of more than one element",
    lambda c: c.mode == "full" and c.kernel[-1] > 1 and c.extents[-1] > 1,
)
def full_wraps_around(c: Call) -> Any:
    """The transform is too short: what does not fit wraps around to the beginning."""
    y, n = c.copy(), max(c.extents[-1], c.kernel[-1])
    with np.errstate(all="ignore"):
        y[..., : y.shape[-1] - n] += y[..., n:]
    y[..., n:] = 0
    return y


@mutant(BOTH, "a kernel of more than one element on the last axis", lambda c: c.kernel[-1] > 1)
def kernel_misses_last(c: Call) -> Any:
    """The kernel's last element is left out."""
    k = np.array(c.k)
    k[..., -1] = 0
    return c(k=k)
