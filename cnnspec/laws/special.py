"""Numbers that are no numbers, and arrays that hold none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnspec.laws.arithmetic import LINEAR, arithmetic_of
from cnnspec.laws.compare import differs, equal, first_index, rounded
from cnnspec.laws.conditions import (
    COARSE,
    FLOATS,
    MEANS,
    ROUNDED,
    direct,
    exact_sums,
    integer_filled,
    nonempty,
    one_in,
    plain_norm,
    pokes_any,
    reference,
    shaped,
    wide,
)
from cnnspec.laws.law import Failure, Probe, Vacuous, law
from cnnspec.numerics.precision import format_of
from cnnspec.operations import BY_NAME

if TYPE_CHECKING:
    from cnnspec.typing import Array

IEEE = "IEEE 754-2019, 6 to 7; https://doi.org/10.1109/IEEESTD.2019.8766229"
STABLEHLO = "StableHLO specification, convolution; https://openxla.org/stablehlo/spec#convolution"
SELECTING = ("relu", "pad", "max_pool", "max_pool_with_indices", "adaptive_max_pool", "global_max_pool")
SUMS = (*LINEAR, *MEANS, "lp_pool", "conv_bias_grad", "pad_input_grad")


class Reach(NamedTuple):
    """Which outputs read a NaN, and what infinities they read: boolean arrays of the output's shape."""

    nan: Array
    plus: Array
    minus: Array
    spoilt: Array


def reach(probe: Probe) -> Reach:
    """Where non-finite elements of the first array go, by the same sums over arrays of zeros and ones.

    An infinity times a positive weight keeps its sign, times a negative one changes it, and times 0 is NaN.

    Raises
    ------
    Vacuous
        If another array holds non-finite elements, or the target declares that it does not follow IEEE 754.
    """
    direct(probe)
    plain_norm(probe)
    if probe.dialect("num.nonfinite", "ieee") != "ieee":
        raise Vacuous("the target declares that non-finite numbers do not follow IEEE 754")
    case, names = probe.case, [name for name in probe.arrays if name != "b"]
    a, rest = wide(probe.arrays[names[0]]), [wide(probe.arrays[name]) for name in names[1:]]
    if not all(np.isfinite(w).all() for w in rest):
        raise Vacuous(f"{names[1]} holds non-finite elements too")
    if case.operation.name == "conv_weight_grad" and any(map(any, case.options["padding"])):
        raise Vacuous("a cotangent that is not finite meets padding, which may be left out or count as 0")

    def reads(where: Array, *weights: Array) -> Array:
        arrays = [flags.astype(np.float64) for flags in (where, *weights)]
        return reference(case, dict(zip(names, arrays, strict=True))) > 0

    plus, minus, nan = np.isposinf(a), np.isneginf(a), np.isnan(a)
    if case.operation.name == "lp_pool":
        plus, minus = plus | minus, minus & False
    if not rest:
        none = np.zeros(case.output_shape, bool)
        return Reach(reads(nan), reads(plus), reads(minus), none)
    w = rest[0]
    up = reads(plus, w > 0) | reads(minus, w < 0)
    down = reads(minus, w > 0) | reads(plus, w < 0)
    return Reach(reads(nan, np.ones(w.shape)), up, down, reads(plus | minus, w == 0))


def _finite_part(probe: Probe, touched: Array) -> Failure | None:
    """A failure unless outputs that read finite numbers alone are what they are without the others."""
    name = next(iter(probe.arrays))
    a = probe.arrays[name]
    arrays = {**probe.arrays, name: np.where(np.isfinite(wide(a)), a, np.zeros((), a.dtype))}
    exact_sums(probe, probe.case, arrays)
    expected = rounded(reference(probe.case, {n: wide(v) for n, v in arrays.items()}), probe.got)
    wrong = differs(expected, probe.got) & ~touched
    if probe.case.operation.name in ROUNDED:
        wrong &= ~np.isclose(wide(expected), wide(probe.got), rtol=COARSE)
    if not wrong.any():
        return None
    where = first_index(wrong)
    words = f"y{list(where)} reads only finite numbers and is {probe.got[where]}, not {expected[where]}"
    return Failure(words, expected, probe.got, where)


@law(
    "NAN-1",
    title="NaN reaches the outputs that read it, and no others",
    formula="$y[i]$ is NaN where some $x[t_i(j)]$ is; else it is what it is without the NaN",
    source=IEEE,
    operations=SUMS,
    lane="special",
    applies=lambda case: pokes_any(case, "nan"),
    example=("conv1d:x=1x1x4,w=1x1x2,f64,data.x=1_nan_3_4,data.w=1_1", [[[float("nan"), float("nan"), 7]]]),
    mutants=("nan_becomes_zero", "reads_past_the_end", "nan_spreads_through_the_plane"),
)
def nan_reaches(probe: Probe) -> Failure | None:
    """An output whose window holds a NaN is NaN; an output whose window holds none is not affected."""
    shaped(probe)
    r = reach(probe)
    lost = r.nan & ~np.isnan(wide(probe.got))
    if lost.any():
        where = first_index(lost)
        return Failure(f"y{list(where)} reads a NaN and is {probe.got[where]}", got=probe.got, where=where)
    return _finite_part(probe, r.nan | r.plus | r.minus | r.spoilt)


@law(
    "INF-1",
    title="infinities follow arithmetic",
    formula="$\\infty \\cdot w = \\pm\\infty$, $\\infty \\cdot 0 = \\infty - \\infty = \\mathrm{NaN}$",
    source=IEEE,
    operations=SUMS,
    lane="special",
    applies=lambda case: pokes_any(case, "inf"),
    example=(
        "conv1d:x=1x1x4,w=1x1x2,f64,data.x=1_inf_-inf_2,data.w=1_1",
        [[[float("inf"), float("nan"), float("-inf")]]],
    ),
    mutants=("clips_infinities", "zero_weights_are_skipped"),
)
def infinities(probe: Probe) -> Failure | None:
    """An infinity keeps or changes its sign with its weight; times 0, or against the other infinity, it gives NaN."""
    shaped(probe)
    r = reach(probe)
    nan = r.nan | r.spoilt | (r.plus & r.minus)
    expected = np.where(r.plus, np.inf, -np.inf)
    expected[nan] = np.nan
    touched = nan | r.plus | r.minus
    got = np.where(touched, wide(probe.got), 0)
    failure = equal(
        np.where(touched, expected, 0), got, "an output that reads an infinity has another value than it should"
    )
    return failure or _finite_part(probe, touched)


@law(
    "RANGE-1",
    title="the ends of the range are numbers like others",
    formula="$y[i] \\in \\{x[t]\\} \\cup \\{0, v\\}$ for $|x|$ at the smallest subnormal and at the largest",
    source=IEEE,
    operations=SELECTING,
    lane="special",
    applies=lambda case: case.dtype in FLOATS and nonempty(case) and one_in(3, case, 1),
    example=("relu:x=1x1x3,f64,data.x=-1e308_1e308_1e-310", [[[0, 1e308, 1e-310]]]),
    mutants=("subnormals_become_zero", "relu_halves_a_sum", "max_starts_at_a_large_number"),
)
def ends_of_range(probe: Probe) -> Failure | None:
    """What only selects numbers keeps each as it is, the smallest and the largest too; a pad keeps minus zero."""
    case, form = probe.case, format_of(probe.case.dtype)
    if probe.dialect("pool.max.identity", "-inf") != "-inf":
        raise Vacuous("the target declares another least element")
    small, large = 2.0**form.min_exponent, form.largest
    words, values = (
        ("subnormal numbers", [small, -small, 3 * small, -5 * small, form.smallest_normal - small]),
        ("the largest numbers", [large, -large, large / 2, -large / 2, 0.75 * large]),
        ("negative numbers of the largest size", [-large, -large / 2, -0.75 * large]),
    )[case.seed // 6 % 3]
    if values[0] == small and arithmetic_of(probe).ftz:
        raise Vacuous("the target declares that subnormal numbers are taken as zero")
    pads = case.operation.name == "pad"
    x = np.resize(np.array([*values, -0.0] if pads else values), case.shapes["x"]).astype(probe.arrays["x"].dtype)
    got = probe.call({"x": x}, description=f"x = {words}")
    expected = rounded(reference(case, {"x": wide(x)}), got)
    failure = equal(expected, got, f"{words} do not stay as they are", call=f"x = {words}")
    if failure or not pads:
        return failure
    lost = np.signbit(wide(expected).real) != np.signbit(wide(got).real)
    if not lost.any():
        return None
    return Failure("a zero has lost its sign", expected, got, first_index(lost), f"x = {words}")


@law(
    "EMPTY-1",
    title="an empty sum is 0, an empty batch gives an empty result",
    formula="$\\sum_{\\emptyset} = 0$; $N = 0 \\Rightarrow y$ has the shape $(0, O, *m)$",
    source=STABLEHLO,
    operations=tuple(name for name, op in BY_NAME.items() if op.chapter != "signal"),
    lane="special",
    applies=lambda case: not nonempty(case) and (integer_filled(case) or case.shapes["x"][0] == 0),
    example=("conv1d:x=1x0x2,w=1x0x1,b,f64,data.b=7", [[[7, 7]]]),
    mutants=("empty_batch_gives_previous_result", "empty_sum_is_uninitialised"),
)
def empty(probe: Probe) -> Failure | None:
    """Without samples the result is empty and has its other extents; without channels it is the bias, or 0."""
    case, expected = probe.case, rounded(probe.expected[0], probe.got)
    failure = equal(expected, probe.got, "an empty sum is not 0")
    if failure or case.shapes["x"][0] != 0:
        return failure
    # a result that is kept from an earlier call is not empty
    one = case.with_shapes(x=(1, *case.shapes["x"][1:]))
    ones = {name: np.ones(shape, probe.arrays[name].dtype) for name, shape in one.array_shapes.items()}
    probe.ask(one, ones, description="one sample of ones")
    again = probe.call(description="the case again")
    return equal(expected, again, "after a batch of one an empty batch gives another result")
