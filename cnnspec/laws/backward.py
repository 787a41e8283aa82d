"""Gradients of what surrounds the windows: the bias, padding, ReLU, and the transposed convolution."""

from __future__ import annotations

from math import prod

import numpy as np

from cnnspec.geometry import source_index
from cnnspec.laws.arithmetic import TRANSPOSED_GRADIENTS, bound_of_sums
from cnnspec.laws.compare import equal, rounded, within
from cnnspec.laws.conditions import FLOATS, exactly, finite, integer_filled, one_in
from cnnspec.laws.law import Failure, Probe, Vacuous, law
from cnnspec.numerics.precision import ACCUMULATOR

LECUN = (
    "LeCun et al. 1998, Gradient-based learning applied to document recognition, II; https://doi.org/10.1109/5.726791"
)
DUMOULIN = "Dumoulin and Visin 2016, 4; https://arxiv.org/abs/1603.07285"
GOODFELLOW = (
    "Goodfellow, Bengio, Courville, Deep Learning (2016), 6.3; https://www.deeplearningbook.org/contents/mlp.html"
)
CS231N = "CS231n, Backpropagation, patterns in backward flow; https://cs231n.github.io/optimization-2/"
BIAS_EXAMPLE = ("conv_bias_grad:x=2x1x2,f64,data.grad_output=1_2_3_4", [10])


@law(
    "GRAD-10",
    title="a bias collects all of its channel",
    formula="$\\bar b[o] = \\sum_n \\sum_i g[n, o, i]$",
    source=LECUN,
    operations=("conv_bias_grad",),
    lane="exact",
    applies=integer_filled,
    example=BIAS_EXAMPLE,
    mutants=("bias_grad_of_first_sample", "bias_grad_averaged"),
)
def bias_gradient(probe: Probe) -> Failure | None:
    """The gradient of a bias is the sum of the cotangents of its channel, over samples and positions."""
    return exactly(probe, "a bias does not collect every cotangent of its channel")


@law(
    "GRAD-11",
    title="the gradients of a transposed convolution are a convolution's",
    formula="$\\bar x[c, i] = \\sum_o \\sum_j g[o, s i + d j - p_{lo}]\\, w[c, o, j]$,"
    " $\\bar w[c, o, j] = \\sum_n \\sum_i x[n, c, i]\\, g[n, o, s i + d j - p_{lo}]$",
    source=DUMOULIN,
    operations=TRANSPOSED_GRADIENTS,
    lane="exact",
    applies=integer_filled,
    example=(
        "conv_transpose1d_input_grad:x=1x1x2,w=1x1x2,stride=2,f64,data.grad_output=1_2_3_4,data.w=1_10",
        [[[21, 43]]],
    ),
    mutants=("transposed_input_grad_flipped", "transposed_weight_grad_of_first_sample"),
)
def transposed_gradients(probe: Probe) -> Failure | None:
    """Seen from its result, a transposed convolution reads: each input element collects through its own weights."""
    return exactly(probe, "a gradient of the transposed convolution is not the sum over what the element reached")


@law(
    "GRAD-12",
    title="a padded copy sends its cotangent home",
    formula="$\\bar x[t] = \\sum_{i\\,:\\,\\sigma(i - p_{lo}) = t} g[i]$, $\\sigma$ the mode's source index",
    source=CS231N,
    operations=("pad_input_grad",),
    lane="exact",
    applies=integer_filled,
    example=("pad_input_grad:x=1x1x2,padding=1.1,mode=replicate,f64,data.grad_output=1_2_3_4", [[[3, 7]]]),
    mutants=("pad_grad_forgets_the_copies", "pad_grad_sides_swapped"),
)
def padding_gradient(probe: Probe) -> Failure | None:
    """An element collects the cotangent of every place that it was copied to; constants send nothing anywhere."""
    return exactly(probe, "an element does not collect the cotangents of its copies")


def _added(probe: Probe) -> int:
    """The most cotangents that one gradient adds up."""
    case = probe.case
    if case.operation.name == "conv_bias_grad":
        g = case.array_shapes["grad_output"]
        return g[0] * prod(g[2:])
    mode, copies = case.options["mode"], 1
    for (lo, hi), n in zip(case.options["padding"], case.shapes["x"][2:], strict=True):
        sources = [source_index(t, n, mode) for t in range(-lo, n + hi)]
        copies *= max((sources.count(t) for t in range(n)), default=0)
    return copies


@law(
    "GRAD-13",
    title="float sums of cotangents lie within their bound",
    formula="$|\\hat{\\bar b} - \\bar b| \\le u_o|\\bar b| + (1+u_o)\\rho \\sum |g| + \\eta$",
    source="Jeannerod and Rump 2013; https://doi.org/10.1137/120894488",
    operations=("conv_bias_grad", "pad_input_grad"),
    lane="bounded",
    applies=lambda case: not integer_filled(case) and finite(case) and case.dtype in ACCUMULATOR,
    example=BIAS_EXAMPLE,
    mutants=("cotangents_rounded_to_float16",),
)
def sums_of_cotangents(probe: Probe) -> Failure | None:
    """On real data a gradient that adds cotangents errs by no more than some order of adding them can."""
    expected = probe.expected[0]
    bound = bound_of_sums(probe, probe.magnitude, max(_added(probe), 1))
    return within(expected, probe.got, bound, f"the sums of cotangents are less precise than {probe.case.dtype} allows")


@law(
    "RELU-7",
    title="a cotangent passes where the input is above 0",
    formula="$\\bar x = g$ where $x > 0$, else $0$",
    source=GOODFELLOW,
    operations=("relu_input_grad",),
    lane="exact",
    applies=finite,
    example=("relu_input_grad:x=1x1x3,f64,data.grad_output=5_6_7,data.x=-1_0_2", [[[0, 0, 7]]]),
    mutants=("relu_grad_passes_at_zero", "relu_grad_masks_by_the_cotangent"),
)
def relu_gradient(probe: Probe) -> Failure | None:
    """The cotangent passes unchanged where the input is above 0 and is stopped elsewhere, at 0 too."""
    words = "a cotangent is stopped or changed where it passes"
    if failure := equal(rounded(probe.expected[0], probe.got), probe.got, words):
        return failure
    if not one_in(3, probe.case):
        return None
    g, zero = probe.arrays["grad_output"], np.zeros((), probe.arrays["x"].dtype)
    x = np.resize(np.array([0, 1, -0.0, 2]), g.shape).astype(zero.dtype)
    got = probe.call({"x": x}, description="x = 0, 1, -0, 2, …")
    return equal(rounded(np.where(x > zero, g, zero), got), got, words)


@law(
    "RELU-8",
    title="a cotangent is stopped, not multiplied by 0",
    formula="$x \\le 0 \\Rightarrow \\bar x = 0$, for $g = \\pm\\infty$ and $g = \\mathrm{NaN}$ too",
    source=GOODFELLOW,
    operations=("relu_input_grad",),
    lane="special",
    applies=lambda case: case.dtype in FLOATS and one_in(3, case, 1),
    example=(
        "relu_input_grad:x=1x1x3,f64,data.grad_output=inf_nan_7,data.x=-1_0_2",
        [[[0, 0, 7]]],
    ),
    mutants=("relu_grad_multiplies_by_mask",),
)
def relu_gradient_selects(probe: Probe) -> Failure | None:
    """Where the input is 0 or below the gradient is 0 whatever the cotangent is; elsewhere it passes, infinite too."""
    if probe.dialect("num.nonfinite", "ieee") != "ieee":
        raise Vacuous("the target declares that non-finite numbers do not follow IEEE 754")
    g = np.resize(np.array([np.inf, np.nan, -np.inf, np.nan, 3]), probe.case.shapes["x"])
    x = np.resize(np.array([-1, 0, 2, -np.inf, np.inf, 1, -2]), g.shape)
    dtype = probe.arrays["x"].dtype
    words = "x = -1, 0, 2, … with cotangents inf, NaN, -inf, …"
    got = probe.call({"grad_output": g.astype(dtype), "x": x.astype(dtype)}, description=words)
    return equal(np.where(x > 0, g, 0), got, "a cotangent is multiplied where it should be stopped", call=words)
