"""Signal level: convolution adds indices, correlation subtracts them; everything else follows.

The laws on integers allow no error at all; each of those that call the target again says why a sum of shifted and
scaled copies of the kernel could be nothing else.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.cases.case import Case
from cnnspec.laws.arithmetic import arithmetic_of, mixes_windows, operand_sizes
from cnnspec.laws.compare import equal, rounded, sizes_of, within
from cnnspec.laws.conditions import (
    FLOATS,
    direct,
    exact_results,
    exact_sums,
    exact_values,
    exactly,
    finite,
    integer_filled,
    kept,
    one_in,
    plain,
    usable,
    wide,
)
from cnnspec.laws.draws import Draws
from cnnspec.laws.law import Failure, Probe, Vacuous, law, theorem
from cnnspec.numerics import fourier
from cnnspec.numerics.bounds import sum_of_products
from cnnspec.numerics.precision import ACCUMULATOR
from cnnspec.operations import BY_NAME
from cnnspec.spec import signal as literal

if TYPE_CHECKING:
    from cnnspec.typing import Array, Shape

SCIPY = "SciPy, scipy.signal.convolve; https://docs.scipy.org/doc/scipy/reference/generated/scipy.signal.convolve.html"
SCIPY_CORRELATE = (
    "SciPy, scipy.signal.correlate; https://docs.scipy.org/doc/scipy/reference/generated/scipy.signal.correlate.html"
)
GOODFELLOW = (
    "Goodfellow, Bengio, Courville, Deep Learning (2016), 9.1; https://www.deeplearningbook.org/contents/convnets.html"
)
OPPENHEIM = "Oppenheim and Schafer, Discrete-Time Signal Processing (2010), 2.3 to 2.4"
KNUTH = "Knuth, The Art of Computer Programming, volume 2, 4.6, polynomial multiplication"
BOTH = ("convolve", "cross_correlate")
EXAMPLE = ("convolve:x=3,k=2,f64,data.x=1_2_3,data.k=1_10", [1, 12, 23, 30])


def signal_call(op: str, x: Shape, k: Shape, dtype: str, mode: str = "full") -> Case:
    """The case of another signal-level call, as far as claims look at it."""
    return Case.build(op, {"x": x, "k": k}, {"mode": mode}, dtype=dtype)


def flipped(k: Array) -> Array:
    """The kernel reversed on every axis and conjugated."""
    return plain(np.conj(np.flip(k)))


@law(
    "CONV-1",
    title="convolution is a superposition of shifted kernels",
    formula="$(x * k)[t] = \\sum_u x[u]\\, k[t-u]$",
    source=GOODFELLOW,
    operations=("convolve",),
    lane="exact",
    applies=integer_filled,
    example=EXAMPLE,
    mutants=("convolve_forgets_flip", "same_mode_off_by_one", "valid_mode_never_swaps"),
)
def superposition(probe: Probe) -> Failure | None:
    """Every element of x lays down a copy of the kernel, scaled by itself and shifted to itself; the copies add up."""
    return _right(probe, "the result is not the sum of the shifted kernels")


@law(
    "CONV-8",
    title="cross-correlation slides the kernel unflipped",
    formula="$F[t] = \\sum_v x[t + v - (k-1)]\\, \\overline{k[v]}$",
    source=SCIPY_CORRELATE,
    operations=("cross_correlate",),
    lane="exact",
    applies=integer_filled,
    example=("cross_correlate:x=3,k=2,f64,data.x=1_2_3,data.k=1_10", [10, 21, 32, 3]),
    mutants=("correlate_flips", "correlate_forgets_conjugate", "flip_misses_one_axis"),
)
def sliding_product(probe: Probe) -> Failure | None:
    """Each output is the sum of the products of the kernel, conjugated but not flipped, with what lies under it."""
    return _right(probe, "the result is not the sum of the products under the unflipped kernel")


@law(
    "CONV-9",
    title="float sums lie within their derived bound",
    formula="$|\\hat y - y| \\le K u\\,S + \\eta$, $K = \\prod \\min(n, k)$; for complex $2\\sqrt2\\,K$",
    source="Jeannerod and Rump 2013; https://doi.org/10.1137/120894488",
    operations=BOTH,
    lane="bounded",
    applies=lambda case: not integer_filled(case) and finite(case) and case.dtype in ACCUMULATOR,
    example=EXAMPLE,
    mutants=("accumulates_in_float16", "rounds_operands_to_tf32"),
)
def float_bound(probe: Probe) -> Failure | None:
    """On real data every element's error is at most what some order of summation in the claimed precision can give."""
    return within(
        probe.expected[0], probe.got, _bound(probe), f"the sums are less precise than {probe.case.dtype} allows"
    )


def _right(probe: Probe, message: str) -> Failure | None:
    """A failure unless exact sums are exact; within their bound where a transform is declared."""
    if mixes_windows(probe):
        return within(probe.expected[0], probe.got, _bound(probe), message)
    return exactly(probe, message)


def _bound(probe: Probe) -> Array:
    """The largest error of each element in the claimed precision, and what a declared transform adds to it."""
    case, size = probe.case, np.abs(probe.expected[0])
    terms = prod(min(n, k) for n, k in zip(case.shapes["x"], case.shapes["k"], strict=True))
    # each part of a complex sum has 2K real products of size at most |x||k|; two parts give a factor sqrt 2
    parts, both = (2, np.sqrt(2)) if case.dtype.startswith("complex") else (1, 1.0)
    arithmetic, sizes = arithmetic_of(probe), operand_sizes(probe)
    bound = both * sum_of_products(size, probe.magnitude, parts * terms, arithmetic, sizes=sizes)
    if not mixes_windows(probe):
        return np.asarray(bound)
    ones, arrays = (1,) * case.rank, {"x": probe.arrays["x"], "w": probe.arrays["k"]}
    options = {"stride": ones, "dilation": ones, "groups": 1, "padding": tuple((k - 1,) * 2 for k in case.shapes["k"])}
    layer = {name: sizes_of(a)[None, None] for name, a in arrays.items()}
    real = {"complex64": "float32", "complex128": "float64"}.get(case.dtype, case.dtype)
    geometry = {name: a.shape for name, a in layer.items()}
    transform = fourier.bound(BY_NAME["conv"], geometry, options, layer, real)
    total: Array = bound + transform.max()
    return total


@law(
    "CONV-2",
    title="convolution is correlation with the kernel turned by 180 degrees",
    formula="$x * k = x \\star \\overline{R k}$, where $(Rk)[v] = k[-v]$ on every axis",
    source=SCIPY_CORRELATE,
    operations=BOTH,
    lane="metamorphic",
    applies=lambda case: integer_filled(case) and one_in(3, case),
    example=(
        "convolve:x=2x2,k=2x2,f64,data.x=1_2_3_4,data.k=1_10_100_1000",
        [[1, 12, 20], [103, 1234, 2040], [300, 3400, 4000]],
    ),
    mutants=("flip_is_transpose", "correlate_flips", "correlate_forgets_conjugate"),
)
def flip_relation(probe: Probe) -> Failure | None:
    """Convolving with a kernel gives what correlating with it gives after reversing it on every axis."""
    exact_values(probe)
    case, other = probe.case, BOTH[probe.case.op == "convolve"]
    x, k = probe.arrays["x"], flipped(probe.arrays["k"])
    turned = probe.ask(
        signal_call(other, x.shape, k.shape, case.dtype, case.options["mode"]), {"x": x, "k": k},
        description=f"{other} with the kernel reversed on every axis",
    )  # fmt: skip
    return equal(turned, probe.got, f"{case.op} is not {other} with the kernel reversed on every axis")


@law(
    "CONV-3",
    title="convolution is commutative",
    formula="$x * k = k * x$",
    source=OPPENHEIM,
    operations=("convolve",),
    lane="metamorphic",
    applies=lambda case: integer_filled(case) and case.options["mode"] != "same" and one_in(2, case, 1),
    example=("convolve:x=2,k=3,f64,data.x=1_10,data.k=1_2_3", [1, 12, 23, 30]),
    mutants=("valid_mode_never_swaps", "kernel_longer_than_signal_is_cut"),
)
def commutative(probe: Probe) -> Failure | None:
    """It does not matter which of the two arrays is called the kernel."""
    exact_values(probe)
    swapped = probe.call({"x": probe.arrays["k"], "k": probe.arrays["x"]}, description="x and k swapped")
    return equal(swapped, probe.got, "convolve(x, k) differs from convolve(k, x)")


@law(
    "CONV-4",
    title="convolution is associative",
    formula="$(x * k) * h = x * (k * h)$",
    source=OPPENHEIM,
    operations=("convolve",),
    lane="metamorphic",
    applies=lambda case: integer_filled(case) and case.dtype[0] not in "uc" and one_in(8, case, 2),
    example=("convolve:x=4,k=2,f64,data.x=1_12_23_30,data.k=1_-1", [1, 11, 11, 7, -30]),
    mutants=("convolve_forgets_flip",),
)
def associative(probe: Probe) -> Failure | None:
    """Filtering with k and then with h is filtering once with the convolution of k and h."""
    case, (x, k) = probe.case, (np.fmod(a, np.asarray(5, a.dtype)) for a in probe.arrays.values())
    h = np.resize(np.array([1, -2, 3], x.dtype), [min(n, 2) for n in k.shape])
    sizes = [np.abs(a).astype(np.float64) for a in (x, k, h)]
    convolve = case.operation.reference
    usable(probe, convolve(convolve(sizes[0], sizes[1]), sizes[2]))
    full = {"mode": "full"}
    once = probe.call({"x": x, "k": k}, full, description="x * k")
    both = probe.call({"x": k, "k": h}, full, description="k * h")
    left = probe.call({"x": once, "k": h}, full, description="(x * k) * h")
    right = probe.call({"x": x, "k": both}, full, description="x * (k * h)")
    return equal(left, right, "(x * k) * h differs from x * (k * h)")


@law(
    "CONV-5",
    title="a unit impulse gives the signal back",
    formula="$(x * \\delta_v)[t] = x[t - v]$; $(x \\star \\delta_v)[t] = x[t + v - (k-1)]$",
    source=OPPENHEIM,
    operations=BOTH,
    lane="metamorphic",
    applies=lambda case: finite(case) and one_in(3, case, 2),
    example=("convolve:x=3,k=2,f64,data.x=1_2_3,data.k=0_1", [0, 1, 2, 3]),
    mutants=("convolve_forgets_flip", "correlate_flips"),
)
def unit_impulse(probe: Probe) -> Failure | None:
    """With a kernel that is 1 in one place and 0 elsewhere the result is x itself, moved to that place."""
    direct(probe)
    x, k = probe.arrays["x"], probe.arrays["k"]
    kept(probe, x)
    v = tuple(int(i) for i in np.unravel_index(probe.case.seed % k.size, k.shape))
    delta = np.zeros(k.shape, k.dtype)
    delta[v] = 1
    got = probe.call({"k": delta}, {"mode": "full"}, description=f"a kernel that is 1 at {list(v)} and 0 elsewhere")
    start = v if probe.case.op == "convolve" else tuple(m - 1 - i for i, m in zip(v, k.shape, strict=True))
    moved = np.zeros([n + m - 1 for n, m in zip(x.shape, k.shape, strict=True)], x.dtype)
    moved[tuple(slice(a, a + n) for a, n in zip(start, x.shape, strict=True))] = x
    words = f"with a kernel that is 1 at {list(v)} and 0 elsewhere the result is not x moved by {list(start)}"
    return equal(moved, got, words)


@law(
    "CONV-6",
    title="responses add up",
    formula="$(x_1 + x_2) * k = x_1 * k + x_2 * k$",
    source=OPPENHEIM,
    operations=BOTH,
    lane="metamorphic",
    applies=lambda case: integer_filled(case) and one_in(4, case, 3),
    example=("convolve:x=3,k=2,f64,data.x=1_0_3,data.k=1_10", [1, 10, 3, 30]),
    mutants=("clips_large_values",),
)
def responses_add_up(probe: Probe) -> Failure | None:
    """Take every second element of x alone, then the others: the two results add up to the result for x."""
    exact_results(probe)
    x = probe.arrays["x"]
    even = np.indices(x.shape).sum(axis=0) % 2 == 0
    zero = np.zeros((), x.dtype)
    parts = [
        probe.call({"x": np.where(mask, x, zero)}, description="every second element of x") for mask in (even, ~even)
    ]
    if parts[0].shape != parts[1].shape:
        raise Vacuous("the two results have no common shape")
    with np.errstate(over="ignore"):
        total = rounded(parts[0] + parts[1], probe.got)
    return equal(total, probe.got, "the results for two halves of x do not add up")


@law(
    "CONV-7",
    title="same and valid are cut out of full",
    formula="same $= F[\\lfloor (k-1)/2 \\rfloor : {} + n]$, valid $= F[\\min(n,k) - 1 : \\max(n,k)]$",
    source=SCIPY,
    operations=BOTH,
    lane="metamorphic",
    applies=lambda case: integer_filled(case) and case.options["mode"] != "full",
    example=("convolve:x=3,k=2,mode=same,f64,data.x=1_2_3,data.k=1_10", [1, 12, 23]),
    mutants=("same_mode_off_by_one", "same_mode_length_of_longer", "valid_mode_never_swaps"),
    needs=("mode",),
)
def modes_are_cut_out(probe: Probe) -> Failure | None:
    """The modes same and valid are the middle of the full result; an even kernel leans to the front."""
    exact_values(probe)
    case = probe.case
    n, k = case.shapes["x"], case.shapes["k"]
    exact_sums(probe, case.with_options(mode="full"), probe.arrays)
    full = probe.call(options={"mode": "full"}, description="mode full")
    same = case.options["mode"] == "same"
    starts = [(b - 1) // 2 if same else min(a, b) - 1 for a, b in zip(n, k, strict=True)]
    if full.ndim != len(n):
        raise Vacuous("the full result has another number of axes")
    cut = full[tuple(slice(a, a + m) for a, m in zip(starts, case.output_shape, strict=True))]
    words = f"mode {case.options['mode']} is not the part of the full result that starts at {starts}"
    return equal(cut, probe.got, words)


@law(
    "CONV-10",
    title="convolution multiplies polynomials",
    formula="$\\sum_t y[t] z^t = \\sum_u x[u] z^u \\cdot \\sum_v k[v] z^v$ at $z = 1$ and $z = -1$",
    source=KNUTH,
    operations=("convolve",),
    lane="metamorphic",
    applies=lambda case: integer_filled(case) and case.options["mode"] == "full" and case.dtype in FLOATS,
    example=("convolve:x=2,k=2,f64,data.x=1_2,data.k=1_3", [1, 5, 6]),
    mutants=("last_element_missing", "clips_large_values"),
)
def polynomial_product(probe: Probe) -> Failure | None:
    """Read x and k as the coefficients of polynomials: the full result holds the coefficients of their product."""
    exact_results(probe)
    if not np.isfinite(wide(probe.got)).all():
        raise Vacuous("the result holds numbers that are not finite")
    for z in (1, -1):
        left, right = _value(probe.got, z), _value(probe.arrays["x"], z) * _value(probe.arrays["k"], z)
        if left != right:
            return Failure(f"at z = {z} the polynomial of the result is {left}, and the product of the two is {right}")
    return None


PRIME, ROOT, LENGTH = 257, 249, 16
"""249 is a root of unity of order 16 modulo the prime 257, as $e^{2 \\pi i / 16}$ is among complex numbers."""


def transform(a: Array) -> Array:
    """The discrete Fourier transform of length 16 on every axis, in the integers modulo 257."""
    powers = np.array([[pow(ROOT, f * t, PRIME) for t in range(LENGTH)] for f in range(LENGTH)], dtype=object)
    grown = np.pad(a, [(0, LENGTH - n) for n in a.shape])
    for axis in range(a.ndim):
        grown = np.moveaxis(np.tensordot(powers, grown, (1, axis)), 0, axis) % PRIME
    return grown


@theorem(
    "CONV-11",
    title="the convolution theorem",
    formula="$\\mathcal F(x * k) = \\mathcal F x \\cdot \\mathcal F k$, with zeros appended up to the full length",
    source=KNUTH,
    operations=("convolve",),
    example=EXAMPLE,
    mutants=(),
)
def convolution_theorem(seed: int) -> Failure | None:
    """A Fourier transform turns convolution into multiplication: exactly so in a finite field, without any rounding."""
    draws = Draws(seed)
    rank = draws.integer(1, 2)
    x, k = (draws.array(tuple(draws.integer(1, 8) for _ in range(rank)), 100) for _ in "xk")
    product = transform(x) * transform(k) % PRIME
    return equal(
        transform(literal.convolve(x, k)), product, "the transform of x * k is not the product of the transforms"
    )


def _value(a: Array, z: int) -> Fraction:
    """The polynomial with the coefficients ``a`` at $z = \\pm 1$ on every axis, exactly."""
    signs = (np.indices(a.shape).sum(axis=0) % 2).ravel()
    terms = zip(wide(a).ravel().tolist(), signs.tolist(), strict=True)
    return sum((Fraction(v) * z**odd for v, odd in terms), Fraction(0))
