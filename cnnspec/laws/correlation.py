"""The convolution layer: a cross-correlation, summed over channels and taps.

Exact laws use integers whose partial sums are all exact, and allow no error at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.laws.arithmetic import LINEAR, imprecise
from cnnspec.laws.compare import differs, equal, first_index, put_at, rounded
from cnnspec.laws.conditions import (
    FLOATS,
    POOLS,
    agree,
    exact_results,
    exact_sums,
    exact_values,
    exactly,
    finite,
    integer_filled,
    nonempty,
    part,
    plain,
    shaped,
    wide,
)
from cnnspec.laws.law import Failure, Probe, Vacuous, law
from cnnspec.numerics.precision import ACCUMULATOR
from cnnspec.shapes import conv_windows

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.typing import Array

D2L = "Zhang et al., Dive into Deep Learning, 7.2; https://d2l.ai/chapter_convolutional-neural-networks/conv-layer.html"
ONNX = "ONNX Operators.md, Conv; https://onnx.ai/onnx/operators/onnx__Conv.html"
STABLEHLO = "StableHLO specification, convolution; https://openxla.org/stablehlo/spec#convolution"
EXAMPLE = (
    "conv2d:x=1x1x3x3,w=1x1x2x2,f64,data.x=0_1_2_3_4_5_6_7_8,data.w=0_1_2_3",
    [[[[19, 25], [37, 43]]]],
)


@law(
    "CORR-1",
    title="the sum over channels and taps",
    formula="$y[n,o,i] = b[o] + \\sum_c \\sum_j x[n,\\,c,\\,s i + d j - p_{lo}]\\; w[o,c,j]$",
    source=D2L,
    operations=("conv",),
    lane="exact",
    applies=integer_filled,
    example=EXAMPLE,
    mutants=("kernel_flipped", "stride_axes_swapped", "padding_sides_swapped", "bias_on_wrong_axis"),
)
def window_sum(probe: Probe) -> Failure | None:
    """Each output is the sum, over the channels of its group and the taps of its window, of input times weight, plus
    its bias; the kernel is not flipped.
    """
    return exactly(probe, "the sums are not those of the windows")


@law(
    "CORR-3",
    title="float sums lie within their derived bound",
    formula="$|\\hat y - y| \\le u_o|y| + (1+u_o)(c_{in} + \\rho)S + \\eta$",
    source="Jeannerod and Rump 2013; https://doi.org/10.1137/120894488",
    operations=LINEAR,
    lane="bounded",
    applies=lambda case: (
        not integer_filled(case) and finite(case) and case.dtype in ACCUMULATOR and case.dtype[0] != "c"
    ),
    example=EXAMPLE,
    mutants=("accumulates_in_float16", "rounds_operands_to_tf32"),
)
def float_bound(probe: Probe) -> Failure | None:
    """On real data every element's error is at most what some order of summation in the claimed precision can give."""
    return imprecise(probe)


@law(
    "CORR-4",
    title="an output sees its window and nothing else",
    formula="another $x[t]$ changes $y[i]$ only where $t = s i + d j - p_{lo}$ for some $j$",
    source=D2L,
    operations=("conv",),
    lane="metamorphic",
    applies=lambda case: case.seed % 2 == 0 and case.dtype in FLOATS and nonempty(case) and integer_filled(case),
    example=EXAMPLE,
    mutants=("reads_past_the_end",),
)
def locality(probe: Probe) -> Failure | None:
    """Changing an input outside the window of an output does not change that output; a NaN is the business of NAN-1."""
    exact_values(probe)
    shaped(probe)
    x = probe.arrays["x"]
    flat = (probe.case.seed // 2 * 7919) % x.size
    at = tuple(int(i) for i in np.unravel_index(flat, x.shape))
    value = 0 if x[at] else 1
    poked = probe.call({"x": put_at(x, at, value)}, description=f"x{list(at)} = {value}")
    if poked.shape != probe.got.shape:
        raise Vacuous("the results have no common shape")
    changed = differs(probe.got, poked)
    unread = ~_readers(probe.case, at)
    if not (changed & unread).any():
        return None
    where = first_index(changed & unread)
    return Failure(
        f"y{list(where)} changed when x{list(at)} became {value}, which is not in its window", probe.got, poked, where
    )


def _readers(case: Case, at: tuple[int, ...]) -> Array:
    """Which outputs read input element ``at``, as a boolean array of the output's shape."""
    n, c, *t = at
    o = case.options
    windows = conv_windows(
        case.shapes["x"], case.shapes["w"], stride=o["stride"], padding=o["padding"], dilation=o["dilation"]
    )
    shape = case.output_shape
    per_group_in, per_group_out = case.shapes["w"][1], shape[1] // o["groups"]
    reads = np.zeros(shape, bool)
    reads[n, [q // per_group_out == c // per_group_in for q in range(shape[1])]] = True
    for axis, (window, position) in enumerate(zip(windows, t, strict=True)):
        hit = np.array([position in window.taps(i) for i in range(shape[2 + axis])])
        reads &= hit.reshape((-1,) + (1,) * (len(shape) - 3 - axis))
    return reads


@law(
    "CORR-6",
    title="groups are blocks",
    formula="$y[:, O_\\gamma] = \\operatorname{conv}(x[:, C_\\gamma],\\; w[O_\\gamma])$ with"
    " $O_\\gamma = [\\gamma O/g, (\\gamma+1) O/g)$, $C_\\gamma = [\\gamma C/g, (\\gamma+1) C/g)$",
    source=ONNX,
    operations=("conv",),
    needs=("groups",),
    lane="metamorphic",
    applies=lambda case: case.options["groups"] > 1 and integer_filled(case),
    example=("conv1d:x=1x2x1,w=2x1x1,groups=2,f64,data.x=2_3,data.w=5_7", [[[10], [21]]]),
    mutants=("groups_interleaved", "later_groups_read_first"),
)
def groups_are_blocks(probe: Probe) -> Failure | None:
    """With g groups, the first C/g input channels make the first O/g output channels, and so on; nothing crosses."""
    exact_values(probe)
    case, a = probe.case, probe.arrays
    g = case.options["groups"]
    c, o = a["x"].shape[1] // g, a["w"].shape[0] // g
    gamma = case.seed % g
    block = {"x": a["x"][:, gamma * c : (gamma + 1) * c], "w": a["w"][gamma * o : (gamma + 1) * o]}
    if "b" in a:
        block["b"] = a["b"][gamma * o : (gamma + 1) * o]
    block = {name: plain(a) for name, a in block.items()}
    alone = probe.call(block, {"groups": 1}, description=f"group {gamma} alone")
    if probe.got.ndim < 2 or probe.got.shape[1] < (gamma + 1) * o:
        raise Vacuous("the result lacks that block")
    return equal(
        alone,
        probe.got[:, gamma * o : (gamma + 1) * o],
        f"output channels of group {gamma} are not that group's own convolution",
    )


@law(
    "CORR-7",
    title="the bias is added once per output channel",
    formula="$\\operatorname{conv}(x, w, b) = \\operatorname{conv}(x, w) + b[:, 1, \\dots, 1]$",
    source=D2L,
    operations=("conv", "conv_transpose"),
    lane="metamorphic",
    applies=lambda case: "b" in case.shapes and integer_filled(case),
    example=("conv1d:x=1x1x2,w=1x1x1,b,f64,data.x=1_2,data.w=3,data.b=10", [[[13, 16]]]),
    mutants=("bias_on_wrong_axis", "bias_ignored"),
)
def bias_once(probe: Probe) -> Failure | None:
    """With the bias taken away, every element of output channel o falls by b[o]."""
    exact_results(probe)
    bare = probe.call(drop=("b",), description="no bias")
    if bare.ndim != probe.case.rank + 2:
        raise Vacuous("the result without bias has another number of axes")
    b = probe.arrays["b"].reshape(-1, *(1,) * probe.case.rank)
    with np.errstate(over="ignore"):
        total = wide(bare) + b
    return equal(rounded(total, probe.got), probe.got, "the result with bias is not the result without it plus b[o]")


@law(
    "CORR-8",
    title="samples of a batch do not meet",
    formula="$f(x)[n] = f(x[n])$",
    source=STABLEHLO,
    operations=("conv", "conv_transpose", "pad", *POOLS),
    lane="metamorphic",
    applies=lambda case: case.shapes["x"][0] > 1 and integer_filled(case),
    example=("conv1d:x=2x1x2,w=1x1x2,f64,data.x=1_2_3_4,data.w=1_10", [[[21]], [[43]]]),
    mutants=("only_first_sample",),
)
def batch_independent(probe: Probe) -> Failure | None:
    """Each sample of a batch gives what it gives alone."""
    exact_values(probe)
    n = probe.case.seed % probe.case.shapes["x"][0]
    alone = probe.call({"x": plain(probe.arrays["x"][n : n + 1])}, description=f"sample {n} alone")
    return agree(probe, alone, part(probe, n), f"sample {n} gives another result in the batch than alone")


@law(
    "CORR-2",
    title="linear in the input and in the kernel",
    formula="$f(2x, w) = f(x, 2w) = 2 f(x, w)$, $f(-x, w) = -f(x, w)$",
    source="Oppenheim and Schafer, Discrete-Time Signal Processing, 2.3",
    operations=LINEAR,
    lane="metamorphic",
    applies=lambda case: (
        "b" not in case.shapes
        and not case.layouts
        and case.dtype in ("float32", "float64")
        and finite(case)
        and case.seed % 4 == 3
    ),
    example=EXAMPLE,
    mutants=("takes_absolute_value",),
)
def homogeneous(probe: Probe) -> Failure | None:
    """Doubling or negating the input or the kernel doubles or negates the result, bit for bit."""
    names = list(probe.arrays)
    name = names[probe.case.seed // 4 % len(names)]
    factor = (2.0, -1.0, 0.5)[probe.case.seed // 8 % 3]
    scaled = probe.call(
        {name: probe.arrays[name] * np.asarray(factor, probe.arrays[name].dtype)}, description=f"{factor} * {name}"
    )
    with np.errstate(over="ignore", invalid="ignore"):
        expected = rounded(wide(probe.got) * factor, scaled)
    return equal(expected, scaled, f"scaling {name} by {factor:g} does not scale the result by it")


@law(
    "CORR-5",
    title="one kernel for all positions",
    formula="$y[i]$ depends on the content of window $i$ alone, not on $i$",
    source=D2L,
    operations=("conv",),
    lane="metamorphic",
    applies=lambda case: case.seed % 4 == 2 and integer_filled(case) and nonempty(case),
    example=EXAMPLE,
    mutants=("kernel_differs_at_the_border", "last_columns_skipped"),
)
def shared_kernel(probe: Probe) -> Failure | None:
    """Where every window holds the same content, every output of a channel is the same number."""
    case = probe.case.with_options(padding=((0, 0),) * probe.case.rank)
    if not case.valid:
        raise Vacuous("no window fits without padding")
    x = probe.arrays["x"]
    constant = np.array(np.broadcast_to(x[:, :, *(slice(0, 1),) * case.rank], x.shape))
    exact_sums(probe, case, {**probe.arrays, "x": constant})
    y = probe.call({"x": constant}, {"padding": case.options["padding"]}, description="x constant in space, no padding")
    if y.ndim != len(case.output_shape) or not y.size:
        raise Vacuous("the result has another shape")
    first = np.broadcast_to(y[:, :, *(slice(0, 1),) * case.rank], y.shape)
    return equal(first, y, "an input that is constant in space gives different values at different positions")
