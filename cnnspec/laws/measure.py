"""Experiments on a convolution: small calls, each made so that its result names one property of the arithmetic.

Every experiment works on numbers with few bits where it asks for something else than bits, so that none mistakes one
property for another: operands are probed by copies (one weight of 1), accumulators by sums of powers of two that
cancel, the algorithm by neighbours of very different size that a direct sum never adds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import log2, prod
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cnnspec.cases.arrays import dtype_of
from cnnspec.numerics.precision import ACCUMULATOR, format_of
from cnnspec.numerics.sharp import Sharpness, sharpness
from cnnspec.reference.convolution import conv as reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnspec.implementation import Observation
    from cnnspec.typing import Array, Shape


class Unmeasured(Exception):
    """An experiment cannot tell: the call did not return, or its result is plainly wrong."""


class Callable(Protocol):
    """What is measured: a target, opened."""

    def call(self, op: str, arrays: Mapping[str, Array], options: Mapping[str, Any]) -> Observation:
        """Call it on these arrays."""


@dataclass(frozen=True)
class Bench:
    """One layer of a target: its channels, its cubic kernel and the extents that experiments start from.

    Calling it runs stride 1, no padding, one group, and gives the result as float64.
    """

    target: Callable
    op: str
    dtype: str
    rank: int
    channels: int
    outputs: int
    kernel: int
    extent: int
    bias: bool = False

    @property
    def taps(self) -> list[Shape]:
        """Every (channel, *tap) of a kernel, the channels first."""
        kernel = np.ndindex(*(self.kernel,) * self.rank)
        return [(c, *u) for u, c in product(kernel, range(self.channels))]

    def __str__(self) -> str:
        kernel = "x".join([str(self.kernel)] * self.rank)
        return f"{self.channels} to {self.outputs} channels, kernel {kernel}"

    def __call__(self, x: Array, w: Array) -> Array:
        """The layer on these data and weights."""
        dtype = dtype_of(self.dtype)
        arrays = {"x": x.astype(dtype), "w": w.astype(dtype)}
        if self.bias:
            arrays["b"] = np.zeros(len(w), dtype)
        ones = (1,) * self.rank
        options = {"stride": ones, "padding": ((0, 0),) * self.rank, "dilation": ones, "groups": 1}
        seen = self.target.call(self.op, arrays, options)
        if seen.kind != "returned":
            raise Unmeasured(f"the call did not return: {seen.message}")
        extents = tuple(n - self.kernel + 1 for n in x.shape[2:])
        if seen.outputs[0].shape != (len(x), len(w), *extents):
            raise Unmeasured(f"the result has the shape {seen.outputs[0].shape}")
        return np.array(seen.outputs[0], np.float64)  # a copy: the target may use its result again

    def impulses(self) -> tuple[Array, list[Shape]]:
        """Weights with a single 1 in each output channel, spread over channels and taps, and where it is."""
        step = max(len(self.taps) // self.outputs, 1)
        places = [self.taps[(o * step + o // self.channels) % len(self.taps)] for o in range(self.outputs)]
        w = np.zeros((self.outputs, self.channels, *(self.kernel,) * self.rank))
        for o, place in enumerate(places):
            w[(o, *place)] = 1
        return w, places

    def copies(self, x: Array, places: list[Shape]) -> Array:
        """What impulses must give: the input, shifted."""
        extents = [n - self.kernel + 1 for n in x.shape[2:]]
        cut = []
        for c, *u in places:
            at: tuple[Any, ...] = (slice(None), c, *(slice(j, j + m) for j, m in zip(u, extents, strict=True)))
            cut.append(x[at])
        return np.stack(cut, 1)


def benches(target: Callable, op: str, dtype: str, rank: int, *, bias: bool = False) -> list[Bench]:
    """Layers for which libraries choose different algorithms: small, 3×3 with many channels, 1×1, a large kernel."""
    small, wide, large = {1: (20, 40, 64), 2: (7, 12, 16), 3: (5, 6, 9)}[rank]
    rows = ((3, 4, 2, small), (16, 16, 3, wide), (64, 16, 1, small), (4, 4, 7 if rank < 3 else 5, large))
    return [Bench(target, op, dtype, rank, c, o, k, max(n, 2 * k - 1), bias) for c, o, k, n in rows]


def odd(rng: np.random.Generator, bits: Array | int, shape: Shape) -> Array:
    """Random odd integers of so many bits and either sign, scaled into (1/2, 1)."""
    bits = np.asarray(bits)
    top = np.ldexp(1.0, bits - 1)
    values = top + np.floor(rng.random(shape) * np.maximum(top / 2, 1)) * 2 % top + 1
    values = np.where(bits <= 1, 1.0, values)
    signed: Array = np.ldexp(np.where(rng.random(shape) < 0.5, -values, values), -bits)
    return signed


@dataclass(frozen=True)
class Operands:
    """How many bits of an operand come through; how precise copies are on average; how what is lost is lost."""

    bits: int
    effective: float
    cut: bool


def operand_bits(bench: Bench, which: str) -> Operands:
    """The ladder: odd operands of 2, 3, … bits must come through a copy unchanged, as far as the operands are kept.

    A format of $p$ bits holds the odd integers of up to $p$ bits and none of more.  The data are copied by single
    weights of 1, the weights by single data of 1.
    """
    most = format_of(bench.dtype).significand
    levels = np.arange(2, most + 1)
    rng = np.random.default_rng(7)
    spatial = (1,) * bench.rank
    if which == "data":
        w, places = bench.impulses()
        shape = (len(levels), bench.channels, *(bench.extent,) * bench.rank)
        x = odd(rng, levels.reshape(-1, 1, *spatial), shape)
        got, right = bench(x, w), bench.copies(x, places)
    else:
        # the plane's middle element is 1: window i sees it under tap middle - i
        shape = (len(levels), bench.channels, *(bench.kernel,) * bench.rank)
        w = odd(rng, levels.reshape(-1, 1, *spatial), shape)
        middle = bench.kernel - 1
        x = np.zeros((bench.channels, bench.channels, *(2 * bench.kernel - 1,) * bench.rank))
        for c in range(bench.channels):
            x[(c, c, *(middle,) * bench.rank)] = 1
        got = np.swapaxes(bench(x, w), 0, 1)
        right = np.flip(w, axis=tuple(range(2, w.ndim)))
    error = np.abs(got - right)
    if not np.isfinite(got).all() or error.max() >= 0.25:
        raise Unmeasured(f"copies of {which} come out wrong")
    exact = [not error[i].any() for i in range(len(levels))]
    kept = int(levels[exact.index(False)]) - 1 if False in exact else most
    cut = kept < most and bool((np.abs(got[kept - 1]) <= np.abs(right[kept - 1])).all())
    spread = float(np.sqrt(np.mean(error[-1] ** 2) / np.mean(right[-1] ** 2)))
    return Operands(kept, float(most) if spread == 0 else -log2(spread), cut)


def narrow_range(bench: Bench) -> bool:
    """Whether $2^{20}$ or $2^{-30}$ does not come through a copy, as in float16."""
    w, places = bench.impulses()
    shape = (2, bench.channels, *(bench.extent,) * bench.rank)
    x = np.where(np.arange(2).reshape(2, *(1,) * (bench.rank + 1)) == 0, 2.0**20, 2.0**-30) * np.ones(shape)
    error = np.abs(bench(x, w) / bench.copies(x, places) - 1)
    return not bool((error < 0.25).all())


def _roles(bench: Bench, values: list[tuple[float, float, float]]) -> Iterator[Array]:
    """The results of sums of three products, in every arrangement of each triple over three channels.

    The three factors of a triple go into three channels of the data, in the three arrangements that differ in which of
    them stands alone; every weight is $2^{14}$, on one tap per output channel, and the data are as much smaller, which
    keeps operands in the range of float16 up to products of $2^{29}$.
    """
    scale = 2.0**14
    w = np.zeros((bench.outputs, bench.channels, *(bench.kernel,) * bench.rank))
    kernels = list(np.ndindex(*(bench.kernel,) * bench.rank))
    for o in range(bench.outputs):
        w[o, :, *kernels[o % len(kernels)]] = scale
    turns = [(0, 1, 2), (1, 2, 0), (2, 0, 1)]
    for triple in {(0, 1, 2), (0, bench.channels // 2, bench.channels - 1)}:
        x = np.zeros((len(values), 3, bench.channels, *(bench.kernel,) * bench.rank))
        for (v, factors), (t, turn) in product(enumerate(values), enumerate(turns)):
            for role, place in enumerate(turn):
                x[v, t, triple[place]] = factors[role] / scale
        yield bench(x.reshape(-1, *x.shape[2:]), w).reshape(len(values), -1)


IN_FLOAT16 = 29
"""The largest $m$ for which $2^m$ is a product of two numbers of float16 that :func:`_roles` uses."""


def accumulator_bits(bench: Bench, *, narrow: bool) -> int:
    """The most bits $p$ of a sum: $2^m + 1 - 2^m = 1$ in every order of summation, as long as $m < p$.

    One of the three arrangements of the terms makes the accumulator hold $2^m + 1$, whatever the order is, and that
    needs $m + 1$ bits.  With operands of ``narrow`` range, that of float16, no more than 29 bits can be told.
    """
    most = IN_FLOAT16 if narrow else 66
    triples = [(2.0**m, 1.0, -(2.0**m)) for m in range(1, most)]
    kept = np.all([(y == 1).all(axis=1) for y in _roles(bench, triples)], axis=0)
    return int(np.argmin(kept)) + 1 if not kept.all() else most


def accumulator_rounding(bench: Bench, bits: int, *, narrow: bool) -> str:
    """Whether $2^m + 3$, a quarter below the next number that the accumulator has, becomes $2^m + 4$ or $2^m$.

    Taken with both signs, a lost 3 tells truncation toward zero from rounding down and up.
    """
    m = bits + 1
    if m >= (IN_FLOAT16 if narrow else 66):
        return "not told"
    lost = [any(bool((y == 0).any()) for y in _roles(bench, [(s * 2.0**m, s * 3.0, -s * 2.0**m)])) for s in (1.0, -1.0)]
    return {(False, False): "nearest", (True, True): "truncate", (True, False): "down", (False, True): "up"}[
        lost[0], lost[1]
    ]


def result_rounding(bench: Bench) -> str:
    """How the last rounding, to a format with fewer bits than the accumulator, treats $2^m + 3$."""
    m = format_of(bench.dtype).significand + 1
    y = np.stack(list(_roles(bench, [(2.0**m, 3.0, 0.0)]))) - 2.0**m
    return "nearest" if (y == 4).all() else "truncate" if (y == 0).all() else "not told"


def flushes(bench: Bench) -> str:
    """Which subnormal numbers are taken as 0: ``no``, ``operands``, ``results`` or ``yes``, both."""
    least = format_of(bench.dtype).smallest_normal
    w, places = bench.impulses()
    ones = np.ones((1, bench.channels, *(bench.extent,) * bench.rank))
    gone = []
    for factor, weight in ((least / 4, 2.0**10), (least * 16, 2.0**-6)):
        got = bench(ones * factor, w * weight)
        right = bench.copies(ones * factor, places) * weight
        gone.append(bool((np.abs(got) < right / 2).all()))
    return {(False, False): "no", (True, False): "operands", (False, True): "results", (True, True): "yes"}[
        gone[0], gone[1]
    ]


def algorithm(bench: Bench) -> str:
    """``direct``, ``winograd:M``, ``fft`` or ``mixes channels``, by what a copy of powers of two lets through.

    A direct sum multiplies everything but one element by 0, and its copy is exact however large the neighbours are.  A
    transform adds neighbours before it multiplies, and rounds.  How far from a single huge element copies go wrong
    tells tiles from whole planes: a tile of $M$ outputs reaches $M - 2$ positions beyond the window.
    """
    rng = np.random.default_rng(11)
    w, places = bench.impulses()
    shape = (4, bench.channels, *(bench.extent,) * bench.rank)
    low, high = (-40, 40) if bench.dtype == "float64" else (-14, 16)
    x = np.ldexp(np.where(rng.random(shape) < 0.5, -1.0, 1.0), rng.integers(low, high, shape))
    got, right = bench(x, w), bench.copies(x, places)
    if not np.isfinite(got).all() or np.abs(got - right).max() >= 0.25 * np.abs(x).max():
        raise Unmeasured("copies come out wrong")
    if (got == right).all():
        return "direct"
    reach, across = _reach(bench, w, places)
    if across:
        return "mixes channels"
    return f"winograd:{reach + 2}" if reach <= 6 else "fft"


def _reach(bench: Bench, w: Array, places: list[Shape]) -> tuple[int, bool]:
    """How far beyond its windows a huge element changes copies, and whether it changes copies of other channels too."""
    extent = {1: 48, 2: 24, 3: 16}[bench.rank] + bench.kernel
    most = 30 if bench.dtype == "float64" else 14
    rng = np.random.default_rng(13)
    positions = range(extent // 2 - 4, extent // 2 + 4)
    signs = np.where(rng.random((1, bench.channels, *(extent,) * bench.rank)) < 0.5, -1.0, 1.0)
    plain = np.repeat(signs * 2.0**-most, len(positions), axis=0)
    x = plain.copy()
    for n, t in enumerate(positions):
        x[n, 0, *(t,) * bench.rank] = 1.25 * 2.0 ** (most + 1)
    changed = (bench(x, w) != bench(plain, w)) & (bench.copies(x, places) == bench.copies(plain, places))
    own = [o for o, place in enumerate(places) if place[0] == 0]
    across = bool(np.delete(changed, own, axis=1).any())
    reach = 0
    for n, t in enumerate(positions):
        for at in np.argwhere(changed[n, own].any(axis=0)):
            reach = max(reach, *(max(i - t, t - (bench.kernel - 1) - i) for i in at.tolist()))
    return reach, across


def repeatable(bench: Bench) -> tuple[bool, bool]:
    """Whether a call gives the same bits again, and a sample the same bits alone as in a batch."""
    rng = np.random.default_rng(17)
    x = rng.uniform(-1, 1, (7, bench.channels, *(bench.extent,) * bench.rank))
    w = rng.uniform(-1, 1, (bench.outputs, bench.channels, *(bench.kernel,) * bench.rank))
    together = bench(x, w)
    again = all(np.array_equal(bench(x, w), together) for _ in range(2))
    alone = all(
        np.array_equal(bench(x[n : n + size], w), together[n : n + size]) for n, size in ((0, 1), (3, 1), (2, 3))
    )
    return again, alone


def sums(bench: Bench) -> Sharpness | None:
    """How far sums of random data lie from the exact ones, over 1,000 outputs and more; float32 alone.

    A failure is confirmed on fresh data, and only what fails on both is said.
    """
    if ACCUMULATOR[bench.dtype] != bench.dtype or bench.dtype == "float64":
        return None
    seen = None
    for seed in (19, 23):
        rng = np.random.default_rng(seed)
        extents = (bench.extent,) * bench.rank
        batch = -(-1000 // (bench.outputs * prod(n - bench.kernel + 1 for n in extents)))
        x, w = (
            rng.uniform(-1, 1, shape).astype(bench.dtype)
            for shape in (
                (batch, bench.channels, *extents),
                (bench.outputs, bench.channels, *(bench.kernel,) * bench.rank),
            )
        )
        wide = x.astype(np.float64), w.astype(np.float64)
        exact, magnitude = reference(*wide), reference(*map(np.abs, wide))
        seen = sharpness(exact, magnitude, bench(x, w), len(bench.taps), format_of(bench.dtype).unit)
        if seen.sharp:
            break
    return seen
