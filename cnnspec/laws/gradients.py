"""Gradients: every place where a number was used sends its share back.

A layer that is linear in x has one gradient, its adjoint, and integers tell exactly whether it is the right one: no
finite differences, no step width.  The formulas anchor the triple of forward, input and weight gradient, which could
otherwise be consistent and wrong together.
"""

from __future__ import annotations

from math import prod

import numpy as np

from cnnspec.cases.case import Case
from cnnspec.geometry import ceil_div
from cnnspec.laws.arithmetic import TRANSPOSED_GRADIENTS, arithmetic_of, bound_of_sums
from cnnspec.laws.compare import equal, first_index, rounded, sizes_of, within
from cnnspec.laws.conditions import (
    direct,
    exact_results,
    exact_up_to,
    exactly,
    finite,
    integer_filled,
    nonempty,
    one_in,
    plain,
    reference,
    shaped,
    wide,
    windows_of,
)
from cnnspec.laws.law import Failure, Probe, Vacuous, law
from cnnspec.laws.special import IEEE
from cnnspec.laws.transpose import dot, exact_results_of, own, same_products, small_integers
from cnnspec.numerics.bounds import mean
from cnnspec.numerics.precision import ACCUMULATOR
from cnnspec.operations import BY_NAME

GOODFELLOW = (
    "Goodfellow, Bengio, Courville, Deep Learning (2016), 9.5; https://www.deeplearningbook.org/contents/convnets.html"
)
CS231N = "CS231n, Backpropagation, patterns in backward flow; https://cs231n.github.io/optimization-2/"
LECUN = (
    "LeCun et al. 1998, Gradient-based learning applied to document recognition, II; https://doi.org/10.1109/5.726791"
)
MAXIMA = ("max_pool_input_grad", "adaptive_max_pool_input_grad", "global_max_pool_input_grad")
STRIDED = ("conv_input_grad", "max_pool_input_grad", "avg_pool_input_grad")


@law(
    "GRAD-1",
    title="an input element collects from the windows that read it",
    formula="$\\bar x[c, t] = \\sum_o \\sum_{i,j\\,:\\, s i + d j - p_{lo} = t} g[o, i]\\, w[o, c, j]$",
    source=GOODFELLOW,
    operations=("conv_input_grad",),
    lane="exact",
    applies=integer_filled,
    example=("conv1d_input_grad:x=1x1x5,w=1x1x2,stride=2,f64,data.grad_output=1_10,data.w=2_3", [[[2, 3, 20, 30, 0]]]),
    mutants=("input_grad_kernel_flipped", "input_grad_ignores_remainder", "grad_swaps_stride_and_dilation"),
)
def input_gradient(probe: Probe) -> Failure | None:
    """The gradient of an input element is the sum of the cotangents of all outputs that read it, times the weights."""
    return exactly(probe, "an input element does not collect the cotangents of the windows that read it")


@law(
    "GRAD-2",
    title="a weight collects from every position that shares it",
    formula="$\\bar w[o, c, j] = \\sum_n \\sum_i g[n, o, i]\\, x[n, c, s i + d j - p_{lo}]$",
    source=LECUN,
    operations=("conv_weight_grad",),
    lane="exact",
    applies=integer_filled,
    example=("conv1d_weight_grad:x=1x1x5,w=1x1x2,stride=2,f64,data.grad_output=1_10,data.x=1_2_3_4_5", [[[31, 42]]]),
    mutants=("weight_grad_reversed", "weight_grad_of_first_sample", "weight_grad_ignores_padding"),
)
def weight_gradient(probe: Probe) -> Failure | None:
    """The gradient of a shared weight is the sum, over samples and positions, of the cotangent times what it met."""
    return exactly(probe, "a weight does not collect from every position that shares it")


@law(
    "GRAD-3",
    title="forward and gradients are adjoint",
    formula="$\\langle f(x), g \\rangle = \\langle x, \\bar x \\rangle = \\langle w, \\bar w \\rangle$",
    source=GOODFELLOW,
    operations=("conv_input_grad", "conv_weight_grad", *TRANSPOSED_GRADIENTS, *MAXIMA, "pad_input_grad"),
    lane="gradient",
    applies=lambda case: integer_filled(case) and nonempty(case) and case.dtype in ACCUMULATOR and one_in(2, case),
    example=("conv1d_input_grad:x=1x1x3,w=1x1x2,f64,data.grad_output=1_1,data.w=1_10", [[[1, 11, 10]]]),
    mutants=("input_grad_kernel_flipped", "weight_grad_reversed", "pool_grad_assigns"),
)
def adjoint(probe: Probe) -> Failure | None:
    """The target's forward pass, weighed with the cotangent, is what its gradient gives when weighed with the input."""
    case, a = probe.case, probe.arrays
    shaped(probe)
    name = case.operation.name
    wrt = "w" if name.endswith("weight_grad") else "x"
    layer = BY_NAME[name.removesuffix("_input_grad").removesuffix("_weight_grad")]
    forward = Case.build(layer.spelled(case.rank), case.shapes, case.options, dtype=case.dtype)
    if "x" in a and wrt == "x":
        _exact_pool(probe)
        point, arrays = a["x"], {"x": plain(a["x"])}
    else:
        exact_results(probe)
        point = small_integers(wrt, case.shapes[wrt], case)
        arrays = {name: point if name == wrt else plain(a[name]) for name in layer.geometry if name in case.shapes}
        exact_results_of(probe, forward, arrays)
    y = probe.ask(forward, arrays, description=f"the forward pass {forward.op}")
    if y.shape != a["grad_output"].shape:
        raise Vacuous("the forward result has another shape")
    left, right = dot(y, a["grad_output"]), dot(point, probe.got)
    drawn = "" if point is a.get(wrt) else own(**{wrt: point})
    return same_products(left, right, f"<{forward.op}, g>", f"<{wrt}, {case.op}>", drawn)


def pool_sums(probe: Probe) -> np.ndarray:
    """$S$: the sum of the sizes of the cotangents that each input element receives from a max pooling."""
    arrays = {"grad_output": sizes_of(probe.arrays["grad_output"]), "x": probe.arrays["x"].astype(np.float64)}
    return reference(probe.case, arrays)


def _exact_pool(probe: Probe) -> None:
    if probe.dialect("pool.max.grad_tie", "first") != "first" and _ties(probe):
        raise Vacuous("a window has several maxima, and the target declares that it shares the cotangent among them")
    exact_up_to(probe, pool_sums(probe))


def _ties(probe: Probe) -> bool:
    """Whether some window holds its maximum more than once: a tie of the first maximum with the last."""
    case, x = probe.case, wide(probe.arrays["x"])
    if case.operation.name != "max_pool_input_grad":  # windows without a stride: any two equal elements of a plane
        planes = np.sort(x.reshape(*x.shape[:2], prod(x.shape[2:])), axis=-1)
        return bool((planes[..., 1:] == planes[..., :-1]).any())
    indices = BY_NAME["max_pool_with_indices"].reference
    space = tuple(range(2, x.ndim))
    o = dict(case.options)
    axes = [(w, n, w.count(n, ceil_mode=o["ceil_mode"])) for w, n in zip(windows_of(case), x.shape[2:], strict=True)]
    # backwards, the windows start where the last one ends, overhang included
    high = [(m - 1) * w.stride + w.span - w.lo - n for w, n, m in axes]
    cut = [slice(max(-hi, 0), None) for hi in high]
    pads = tuple((max(hi, 0), w.lo) for hi, (w, _, _) in zip(high, axes, strict=True))
    first = indices(x, **o)[1]
    flipped = np.flip(x, space)[:, :, *cut]
    last = indices(flipped, **{**o, "padding": pads, "ceil_mode": False})[1]
    coordinates = np.unravel_index(np.flip(last, space), flipped.shape[2:])
    back = [n - 1 - c - max(-hi, 0) for n, c, hi in zip(x.shape[2:], coordinates, high, strict=True)]
    return bool((np.ravel_multi_index(tuple(back), x.shape[2:]) != first).any())


def uses(case: Case) -> int:
    """The largest number of windows that read one input element."""
    if "kernel_size" not in case.options:
        extents = zip(case.shapes["x"][2:], case.array_shapes["grad_output"][2:], strict=True)
        return prod(ceil_div(m, max(n, 1)) + 1 for n, m in extents)  # of m adaptive windows on n elements
    return prod(ceil_div(window.span, window.stride) for window in windows_of(case))


@law(
    "GRAD-4",
    title="a maximum sends all to its place",
    formula="$\\bar x[t] = \\sum_{i\\,:\\,t = t^*_i} g[i]$, $t^*_i$ the first maximal tap of window $i$",
    source=CS231N,
    operations=MAXIMA,
    lane="exact",
    applies=integer_filled,
    example=(
        "max_pool1d_input_grad:x=1x1x3,kernel_size=2,stride=1,f64,data.grad_output=10_20,data.x=1_5_2",
        [[[0, 30, 0]]],
    ),
    mutants=("pool_grad_assigns", "pool_grad_to_last_tie", "pool_grad_to_every_tie"),
)
def maximum_gradient(probe: Probe) -> Failure | None:
    """The whole cotangent of a window goes to its first largest element; cotangents of overlapping windows add up."""
    _exact_pool(probe)
    return equal(rounded(probe.expected[0], probe.got), probe.got, "a cotangent does not go to the first maximum alone")


@law(
    "GRAD-5",
    title="a mean sends equal shares",
    formula="$\\bar x[t] = \\sum_{i\\,:\\,t \\in R_i} g[i] / D_i$",
    source=CS231N,
    operations=("avg_pool_input_grad", "adaptive_avg_pool_input_grad", "global_avg_pool_input_grad"),
    lane="bounded",
    applies=finite,
    example=(
        "avg_pool1d_input_grad:x=1x1x3,kernel_size=2,stride=1,f64,data.grad_output=2_6,data.x=0_0_0",
        [[[1, 4, 3]]],
    ),
    mutants=("average_grad_over_full_window", "pool_grad_assigns"),
)
def mean_gradient(probe: Probe) -> Failure | None:
    """Every element of a window receives the cotangent over the divisor; shares of overlapping windows add up."""
    case = probe.case
    bound = mean(probe.expected[0], probe.magnitude, uses(case), arithmetic_of(probe))
    return within(
        probe.expected[0],
        probe.got,
        bound,
        "an element does not receive its share of the cotangents, or not as precisely as it could",
    )


@law(
    "GRAD-7",
    title="float gradients of a maximum lie within their bound",
    formula="$|\\hat{\\bar x} - \\bar x| \\le K u\\, \\sum |g| + \\eta$, $K = \\prod \\lceil k'/s \\rceil$",
    source="Jeannerod and Rump 2013; https://doi.org/10.1137/120894488",
    operations=MAXIMA,
    lane="bounded",
    applies=lambda case: not integer_filled(case) and finite(case),
    example=(
        "max_pool1d_input_grad:x=1x1x3,kernel_size=2,stride=1,f64,data.grad_output=0.5_0.25,data.x=1_5_2",
        [[[0, 0.75, 0]]],
    ),
    mutants=("pool_grad_assigns", "accumulates_in_float16"),
)
def float_bound(probe: Probe) -> Failure | None:
    """On real data the gradient of a max pooling errs by no more than the additions of its cotangents can."""
    if probe.dialect("pool.max.grad_tie", "first") != "first" and _ties(probe):
        raise Vacuous("a window has several maxima, and the target declares that it shares the cotangent among them")
    expected, case = probe.expected[0], probe.case
    bound = bound_of_sums(probe, pool_sums(probe), uses(case))
    return within(expected, probe.got, bound, f"the sums of cotangents are less precise than {case.dtype} allows")


@law(
    "GRAD-6",
    title="no cotangent is lost",
    formula="$\\sum_t \\bar x[t] = \\sum_i g[i]$ in every plane",
    source=CS231N,
    operations=MAXIMA,
    lane="gradient",
    applies=lambda case: finite(case) and nonempty(case),
    example=(
        "max_pool1d_input_grad:x=1x1x4,kernel_size=2,stride=1,f64,data.grad_output=1_2_3,data.x=5_7_7_0",
        [[[0, 3, 3, 0]]],
    ),
    mutants=("pool_grad_assigns", "pool_grad_to_every_tie"),
)
def nothing_lost(probe: Probe) -> Failure | None:
    """However ties are broken, what a max pooling sends back to a plane adds up to what came in."""
    case, ways = probe.case, probe.dialect("pool.max.grad_tie", "first")
    shaped(probe)
    if (ways == "all" or (ways == "split" and "int" in case.dtype)) and _ties(probe):
        raise Vacuous("a window has several maxima, and what the target declares to do then need not add up")
    space = tuple(range(2, 2 + case.rank))
    g = wide(probe.arrays["grad_output"])
    if g.dtype.kind in "iu":
        if probe.got.dtype.kind not in "iu":
            raise Vacuous("the result holds no integers")
        width = np.iinfo(g.dtype)
        sent, received = (a.astype(np.int64).sum(axis=space) for a in (g, probe.got))
        if np.abs(g.astype(np.int64)).sum(axis=space).max(initial=0) > width.max:
            raise Vacuous(f"the sums may leave the range of {case.dtype}")
        return equal(sent, received, "the gradient of a plane does not add up to its cotangent")
    sizes = np.abs(g).sum(axis=space)
    # K roundings in each element, one more for a share among ties, and those of our own two sums
    bound = mean(sizes, sizes, uses(case) + 2, arithmetic_of(probe))
    bound += 2.0**-52 * (prod(case.shapes["x"][2:]) + prod(g.shape[2:])) * sizes
    words = "the gradient of a plane does not add up to its cotangent"
    return within(g.sum(axis=space), wide(probe.got).sum(axis=space), bound, words)


@law(
    "GRAD-14",
    title="the cotangent of a NaN goes to a NaN",
    formula="$y[i]$ is NaN $\\Rightarrow g[i]$ is added to $\\bar x[t]$ for some $t \\in R_i$ where $x[t]$ is NaN",
    source=IEEE,
    operations=MAXIMA,
    lane="special",
    applies=lambda case: not finite(case) and nonempty(case),
    example=(
        "max_pool1d_input_grad:x=1x1x4,kernel_size=2,f64,data.grad_output=5_7,data.x=nan_1_3_4",
        [[[5, 0, 0, 7]]],
    ),
    mutants=("max_pool_grad_passes_over_nan",),
)
def nan_gets_its_own(probe: Probe) -> Failure | None:
    """With numbers that are not finite, too, a window sends its cotangent to the element it took, NaN before all.

    Which NaN of several gets it is free.
    """
    if probe.dialect("pool.max.nan", "propagate") != "propagate":
        raise Vacuous("the target declares that a maximum passes over NaN")
    shaped(probe)
    nan = np.isnan(wide(probe.arrays["x"]))
    if not np.isfinite(wide(probe.arrays["grad_output"])).all():
        raise Vacuous("the cotangent is not finite")
    _exact_pool(probe)
    expected, space = rounded(probe.expected[0], probe.got), tuple(range(2, nan.ndim))
    sent, received = (np.where(nan, wide(a), 0).sum(axis=space) for a in (expected, probe.got))
    words = "a cotangent does not go to the element that its window took"
    return equal(np.where(nan, 0, expected), np.where(nan, 0, probe.got), words) or equal(
        sent, received, "what the NaN of a plane receive does not add up to the cotangents of their windows"
    )


@law(
    "GRAD-8",
    title="what no window reads gets nothing",
    formula="$\\bar x[t] = 0$ where $t \\ne s i + d j - p_{lo}$ for all $i, j$",
    source=GOODFELLOW,
    operations=STRIDED,
    lane="gradient",
    applies=nonempty,
    example=("conv1d_input_grad:x=1x1x4,w=1x1x1,stride=3,f64,data.grad_output=5_7,data.w=1", [[[5, 0, 0, 7]]]),
    mutants=("input_grad_remainder_uninitialised", "input_grad_fills_gaps"),
)
def unread_gets_nothing(probe: Probe) -> Failure | None:
    """Elements that no window reads, behind the last window or between two, have the gradient 0, of the right shape."""
    direct(probe)
    case = probe.case
    shaped(probe)
    unread = np.zeros(case.output_shape, bool)
    counts = case.array_shapes["grad_output"][2:]
    for axis, (window, n, m) in enumerate(zip(windows_of(case), case.output_shape[2:], counts, strict=True), start=2):
        read = {t for i in range(m) for t in window.taps(i)}
        unread |= np.array([t not in read for t in range(n)]).reshape(-1, *(1,) * (case.rank + 1 - axis))
    if not unread.any():
        raise Vacuous("every element is read")
    wrong = unread & (wide(probe.got) != 0)
    if not wrong.any():
        return None
    where = first_index(wrong)
    words = f"no window reads x{list(where)}, and its gradient is {probe.got[where]!s}"
    return Failure(words, got=probe.got, where=where)
