"""Activation: every number by itself, and what that makes it commute with."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from cnnspec.cases.case import Case
from cnnspec.cases.fills import int_range, words
from cnnspec.laws.compare import equal, rounded
from cnnspec.laws.conditions import FLOATS, finite, one_in
from cnnspec.laws.law import Failure, Probe, law, theorem
from cnnspec.reference import activation as fast
from cnnspec.spec import activation as literal

NAIR = "Nair and Hinton 2010, Rectified linear units; https://www.cs.toronto.edu/~fritz/absps/reluICML.pdf"
ONNX = "ONNX Operators.md, Relu; https://onnx.ai/onnx/operators/onnx__Relu.html"
GOODFELLOW = (
    "Goodfellow, Bengio, Courville, Deep Learning (2016), 6.3; https://www.deeplearningbook.org/contents/mlp.html"
)
EXAMPLE = ("relu:x=1x1x3,f64,data.x=-2_0_3", [[[0, 0, 3]]])


@law(
    "RELU-1",
    title="negative numbers become 0",
    formula="$y = x$ where $x > 0$, else $0$",
    source=NAIR,
    operations=("relu",),
    lane="exact",
    applies=finite,
    example=EXAMPLE,
    mutants=("relu_is_absolute_value", "relu_leaks", "relu_cuts_at_six"),
)
def pointwise(probe: Probe) -> Failure | None:
    """Each number above 0 stays as it is, bit for bit, and every other becomes 0."""
    return equal(rounded(probe.expected[0], probe.got), probe.got, "an element is neither kept nor made 0")


@theorem(
    "RELU-2",
    title="the gradient passes where the input is above 0",
    formula="$\\bar x = \\bar y\\,[x > 0]$",
    source=GOODFELLOW,
    operations=("relu",),
    example=EXAMPLE,
    mutants=(),
)
def gradient(seed: int) -> Failure | None:
    """The cotangent passes where the input is above 0 and is stopped elsewhere, at 0 too; it is the slope of relu."""
    shape = (2, 3, 7, 5)
    x, g = (int_range(words(name, 210, seed), -4, 4).reshape(shape) for name in ("x", "grad_output"))
    grad = literal.relu_input_grad(g, x)
    h = Fraction(1, 2)
    slope = (literal.relu(x.astype(object) + h) - literal.relu(x)) / h
    slope[x == 0] = 0
    return equal(slope * g, grad, "the gradient is not slope times cotangent") or equal(
        grad, fast.relu_input_grad(g, x), "definition and reference differ"
    )


@law(
    "RELU-3",
    title="twice is once",
    formula="$\\operatorname{relu}(\\operatorname{relu}(x)) = \\operatorname{relu}(x)$",
    source=NAIR,
    operations=("relu",),
    lane="metamorphic",
    applies=lambda case: one_in(3, case),
    example=EXAMPLE,
    mutants=("relu_shrinks",),
)
def idempotent(probe: Probe) -> Failure | None:
    """Applying relu to its own result changes nothing."""
    return equal(
        probe.got, probe.call({"x": probe.got}, description="relu of the result"), "a second relu changes the result"
    )


@law(
    "RELU-4",
    title="positive factors pass through",
    formula="$\\operatorname{relu}(a x) = a \\operatorname{relu}(x)$ for $a > 0$",
    source=GOODFELLOW,
    operations=("relu",),
    lane="metamorphic",
    applies=lambda case: case.dtype in FLOATS and finite(case) and one_in(3, case, 1),
    example=EXAMPLE,
    mutants=("relu_cuts_at_six", "relu_shrinks"),
)
def homogeneous(probe: Probe) -> Failure | None:
    """Doubling the input doubles the result, bit for bit: there is no other bend than the one at 0."""
    two = np.asarray(2, probe.arrays["x"].dtype)
    with np.errstate(over="ignore"):
        doubled = probe.call({"x": probe.arrays["x"] * two}, description="2x")
        return equal(probe.got * two.astype(probe.got.dtype), doubled, "relu of 2x is not twice relu of x")


@law(
    "RELU-5",
    title="NaN, infinities and minus zero",
    formula="NaN $\\to$ NaN, $+\\infty \\to +\\infty$, $-\\infty \\to 0$, $-0 \\to 0$",
    source=ONNX,
    operations=("relu",),
    lane="special",
    applies=lambda case: case.dtype in FLOATS and (not finite(case) or one_in(3, case, 2)),
    example=("relu:x=1x1x4,f64,data.x=nan_inf_-inf_-0.0", [[[float("nan"), float("inf"), 0, 0]]]),
    mutants=("relu_hides_nan", "relu_multiplies_by_mask"),
)
def special(probe: Probe) -> Failure | None:
    """NaN stays NaN, plus infinity stays, minus infinity and both zeros become 0."""
    nan = probe.dialect("act.relu.nan", "propagate") == "propagate"
    x = np.resize(np.array([np.nan, np.inf, -np.inf, -0.0, 1.0]), probe.case.shapes["x"]).astype(
        probe.arrays["x"].dtype
    )
    expected = np.resize(np.array([np.nan if nan else 0.0, np.inf, 0.0, 0.0, 1.0]), x.shape)
    got = probe.call({"x": x}, description="x = NaN, inf, -inf, -0, 1, …")
    return equal(rounded(expected, got), got, "a special value becomes another number than it should")


@law(
    "RELU-6",
    title="relu and max pooling may change places",
    formula="$\\operatorname{relu}(\\operatorname{maxpool}(x)) = \\operatorname{maxpool}(\\operatorname{relu}(x))$",
    source="Goodfellow, Bengio, Courville, Deep Learning (2016), 9.3; https://www.deeplearningbook.org/contents/convnets.html",
    operations=("max_pool",),
    lane="metamorphic",
    applies=lambda case: finite(case) and one_in(8, case),
    example=("max_pool1d:x=1x1x4,kernel_size=2,f64,data.x=-1_-2_-3_4", [[[-1, 4]]]),
    mutants=("max_by_absolute_value",),
)
def commutes_with_maximum(probe: Probe) -> Failure | None:
    """First relu and then max pooling gives the same as first max pooling and then relu."""
    x = probe.arrays["x"]
    zero = np.zeros((), x.dtype)
    pooled = probe.call({"x": np.where(x > zero, x, zero)}, description="max pooling of relu(x)")
    case = Case.build("relu", {"x": probe.got.shape}, dtype=probe.case.dtype)
    got = probe.ask(case, {"x": probe.got}, description="relu of the pooled x")
    return equal(pooled, got, "relu(maxpool(x)) differs from maxpool(relu(x))")
