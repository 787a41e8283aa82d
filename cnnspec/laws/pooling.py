"""Pooling: what every window becomes, and what counts in it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.laws.arithmetic import arithmetic_of
from cnnspec.laws.compare import equal, rounded, within
from cnnspec.laws.conditions import (
    FLOATS,
    POOLS,
    agree,
    all_real,
    finite,
    integer_filled,
    nonempty,
    one_in,
    part,
    plain,
    plain_norm,
    rounding,
    terms_of_pool,
    wide,
)
from cnnspec.laws.draws import Draws
from cnnspec.laws.law import Failure, Probe, Vacuous, law, theorem
from cnnspec.numerics.bounds import mean
from cnnspec.spec import pooling as windows
from cnnspec.spec.unpooling import max_unpool

if TYPE_CHECKING:
    from cnnspec.typing import Array

CS231N = "CS231n, Convolutional Networks, pooling layer; https://cs231n.github.io/convolutional-networks/#pool"
D2L = "Zhang et al., Dive into Deep Learning, 7.5; https://d2l.ai/chapter_convolutional-neural-networks/pooling.html"
ONNX_MAX = "ONNX Operators.md, MaxPool; https://onnx.ai/onnx/operators/onnx__MaxPool.html"
ONNX_AVERAGE = "ONNX Operators.md, AveragePool; https://onnx.ai/onnx/operators/onnx__AveragePool.html"
ONNX_LP = "ONNX Operators.md, LpPool; https://onnx.ai/onnx/operators/onnx__LpPool.html"
TORCH_ADAPTIVE = (
    "PyTorch, torch.nn.AdaptiveAvgPool2d; https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html"
)
TORCH_INDICES = "PyTorch, torch.nn.MaxPool2d; https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html"
TORCH_UNPOOL = "PyTorch, torch.nn.MaxUnpool2d; https://pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html"
MAXIMA = ("max_pool", "max_pool_with_indices")
SLIDING = (*MAXIMA, "avg_pool", "lp_pool")
ADAPTIVE = ("adaptive_max_pool", "adaptive_avg_pool", "global_max_pool", "global_avg_pool")
D2L_EXAMPLE = ("max_pool2d:x=1x1x3x3,kernel_size=2x2,stride=1x1,f64,data.x=0_1_2_3_4_5_6_7_8", [[[[4, 5], [7, 8]]]])


@law(
    "POOL-1",
    title="the maximum over the real taps",
    formula="$y[b,c,i] = \\max_{t \\in R_i} x[b,c,t]$, $R_i$ the taps of window $i$ that lie in the input",
    source=D2L,
    operations=MAXIMA,
    lane="exact",
    applies=finite,
    example=("max_pool1d:x=1x1x3,kernel_size=2,stride=2,padding=1.0,f64,data.x=-5_-3_-4", [[[-5, -3]]]),
    mutants=("max_padding_is_zero", "pool_ignores_dilation", "pool_stride_axes_swapped"),
)
def real_maximum(probe: Probe) -> Failure | None:
    """Each output is the largest element of its window, bit for bit; padding never wins, not over negative numbers."""
    return equal(rounded(probe.expected[0], probe.got), probe.got, "the maximum of a window is wrong")


@law(
    "POOL-3",
    title="an average divides by the taps that count",
    formula="$y = \\frac1D \\sum_{t \\in R_i} x[t]$, $D = |R_i|$, with count\\_include\\_pad $|R_i| + |P_i|$",
    source=ONNX_AVERAGE,
    operations=("avg_pool",),
    lane="bounded",
    applies=finite,
    example=("avg_pool1d:x=1x1x3,kernel_size=2,stride=2,padding=1.1,ceil_mode=1,f64,data.x=6_3_1", [[[3, 2]]]),
    mutants=(
        "average_over_full_window",
        "average_counts_overhang",
        "average_never_counts_padding",
        "count_include_pad_inverted",
    ),
)
def average_divisor(probe: Probe) -> Failure | None:
    """An average is the sum of the real elements over their number, or over real and padding; overhang never counts."""
    return _averaged(probe, "the sum or the divisor of a window is wrong")


def _averaged(probe: Probe, message: str) -> Failure | None:
    """A failure unless every element lies within its bound, which is 0 for a maximum."""
    bound = rounding(probe)
    if bound is None:
        return equal(rounded(probe.expected[0], probe.got), probe.got, message)
    return within(probe.expected[0], probe.got, bound, message)


@law(
    "POOL-4",
    title="planes do not meet",
    formula="$f(x)[n, c] = f(x[n, c])$",
    source=CS231N,
    operations=POOLS,
    lane="metamorphic",
    applies=lambda case: prod(case.shapes["x"][:2]) > 1 and nonempty(case) and finite(case) and one_in(3, case),
    example=("max_pool1d:x=1x2x2,kernel_size=2,f64,data.x=1_2_7_5", [[[2], [7]]]),
    mutants=("pools_over_channels", "last_channel_skipped"),
)
def planes_apart(probe: Probe) -> Failure | None:
    """Each plane of each sample is pooled by itself: alone it gives what it gives among the others."""
    n, c = (probe.case.seed // 6 % extent for extent in probe.case.shapes["x"][:2])
    plane = plain(probe.arrays["x"][n : n + 1, c : c + 1])
    alone = probe.call({"x": plane}, description=f"sample {n}, channel {c} alone")
    return agree(probe, alone, part(probe, n, c), f"channel {c} of sample {n} gives another result alone")


@law(
    "POOL-5",
    title="indices point at the first maximum",
    formula="$y = x[\\mathrm{index}]$, the index flat in the unpadded plane and least among the maximal taps",
    source=TORCH_INDICES,
    operations=("max_pool_with_indices",),
    lane="exact",
    applies=finite,
    example=(
        "max_pool2d_with_indices:x=1x1x2x3,kernel_size=2x2,stride=1x1,f64,data.x=1_9_9_9_2_0",
        ([[[[9, 9]]]], [[[[1, 1]]]]),
    ),
    mutants=("index_in_padded_plane", "index_of_last_maximum", "index_through_whole_tensor"),
)
def first_maximum(probe: Probe) -> Failure | None:
    """The index names the first largest element of the window, counted through the plane without its padding."""
    if len(probe.outputs) != 2:
        return Failure(f"the call returned {len(probe.outputs)} arrays; it returns values and indices")
    indices, x = probe.outputs[1], probe.arrays["x"]
    if indices.dtype.kind not in "iu":
        return Failure(f"the indices have dtype {indices.dtype.name}; they are integers")
    expected = _in_dialect(probe.expected[1], x.shape, probe.dialect("pool.max.indices", "plane"))
    return equal(expected, indices, "the index of the first maximum is wrong")


def _in_dialect(plane: Array, shape: tuple[int, ...], dialect: str) -> Array:
    """Indices as the dialect counts: through the ``plane``, the ``tensor``, or the sample, channels last (``nhwc``)."""
    n, c = (np.arange(extent).reshape(-1, *(1,) * (plane.ndim - 1 - axis)) for axis, extent in enumerate(shape[:2]))
    ways: dict[str, Array] = {
        "plane": plane,
        "tensor": plane + (n * shape[1] + c) * prod(shape[2:]),
        "nhwc": plane * shape[1] + c,
    }
    if dialect not in ways:
        raise Vacuous(f"the dialect pool.max.indices={dialect} is not known")
    return ways[dialect]


@law(
    "POOL-6",
    title="the p-norm of a window",
    formula="$y = \\bigl(\\sum_{t \\in R_i} |x[t]|^p\\bigr)^{1/p}$",
    source=ONNX_LP,
    operations=("lp_pool",),
    lane="bounded",
    applies=finite,
    example=("lp_pool1d:x=1x1x4,kernel_size=2,p=1,f64,data.x=3_-4_6_8", [[[7, 14]]]),
    mutants=("lp_without_absolute_value", "lp_forgets_root", "lp_divides_by_size"),
)
def window_norm(probe: Probe) -> Failure | None:
    """Lp pooling adds the p-th powers of the absolute values and takes the p-th root."""
    plain_norm(probe)
    return _averaged(probe, "the norm of a window is wrong")


@law(
    "POOL-7",
    title="adaptive windows cover the plane evenly",
    formula="$R_i = [\\lfloor i\\,n/m \\rfloor, \\lceil (i+1)\\,n/m \\rceil)$; global is $m = 1$",
    source=TORCH_ADAPTIVE,
    operations=ADAPTIVE,
    lane="bounded",
    applies=finite,
    example=("adaptive_max_pool1d:x=1x1x5,output_size=3,f64,data.x=5_1_2_4_3", [[[5, 4, 4]]]),
    mutants=("adaptive_uses_fixed_kernel", "adaptive_rounds_both_down", "global_over_one_axis"),
)
def adaptive_windows(probe: Probe) -> Failure | None:
    """Window i of m runs from floor(i n/m) to ceil((i+1) n/m): windows may overlap and differ in size."""
    return _averaged(probe, "the maximum or mean of an adaptive window is wrong")


@law(
    "POOL-9",
    title="maxima commute with increasing maps",
    formula="$\\max(\\varphi(x)) = \\varphi(\\max(x))$, for example $\\varphi(v) = 2v - 100$",
    source=CS231N,
    operations=(*MAXIMA, "adaptive_max_pool", "global_max_pool"),
    lane="metamorphic",
    applies=lambda case: integer_filled(case) and case.dtype in FLOATS and one_in(4, case, 1),
    example=D2L_EXAMPLE,
    mutants=("max_padding_is_zero", "max_by_absolute_value"),
)
def increasing_maps(probe: Probe) -> Failure | None:
    """Double every element and take 100 away, before or after a max pooling: the result is the same."""
    x = probe.arrays["x"]
    shifted = (2 * x.astype(np.float64) - 100).astype(x.dtype)
    if (shifted.astype(np.float64) != 2 * x.astype(np.float64) - 100).any():
        raise Vacuous(f"2x - 100 is not exact in {probe.case.dtype}")
    got = probe.call({"x": shifted}, description="2x - 100")
    return equal(rounded(2 * wide(probe.got) - 100, got), got, "the maxima of 2x - 100 are not 2 max(x) - 100")


@law(
    "POOL-11",
    title="the ceil rule changes no window",
    formula="$f_{\\lceil\\rceil}[i] = f_{\\lfloor\\rfloor}[i]$ for every window $i$ that both rules have",
    source=ONNX_AVERAGE,
    operations=SLIDING,
    lane="metamorphic",
    applies=lambda case: case.options["ceil_mode"] and finite(case) and one_in(2, case),
    example=("max_pool1d:x=1x1x3,kernel_size=2,ceil_mode=1,f64,data.x=1_2_3", [[[2, 3]]]),
    mutants=("ceil_mode_shifts_windows",),
    needs=("ceil_mode",),
)
def ceil_changes_no_window(probe: Probe) -> Failure | None:
    """With ceil_mode an axis may have another number of windows; those that both rules have give the same."""
    if not all_real(probe.case.with_options(ceil_mode=False)):
        raise Vacuous("without ceil_mode a window holds padding alone")
    floor = probe.call(options={"ceil_mode": False}, description="ceil_mode=False")
    if floor.ndim != probe.got.ndim:
        raise Vacuous("the two results have no common part")
    common = tuple(slice(min(m, n)) for m, n in zip(floor.shape, probe.got.shape, strict=True))
    words = "a window that both rules have differs under ceil_mode"
    return agree(probe, floor[common], probe.got[common], words)


@law(
    "POOL-12",
    title="the mean of equal numbers is that number",
    formula="$\\operatorname{avg}(a, \\dots, a) = a$ where padding does not count",
    source=D2L,
    operations=("avg_pool", "adaptive_avg_pool", "global_avg_pool"),
    lane="metamorphic",
    applies=lambda case: nonempty(case) and one_in(4, case, 3),
    example=(
        "avg_pool1d:x=1x1x3,kernel_size=2,stride=1,padding=1.1,count_include_pad=0,f64,data.x=4",
        [[[4, 4, 4, 4]]],
    ),
    mutants=("average_over_full_window", "average_counts_overhang"),
)
def mean_of_equals(probe: Probe) -> Failure | None:
    """Where every element is 64 every mean is 64: the divisor is the number of the elements that were added."""
    case = probe.case
    x = np.full_like(probe.arrays["x"], 64)
    padded = any(map(any, case.options.get("padding", ())))
    got = probe.call({"x": x}, {"count_include_pad": False} if padded else {}, description="x = 64 everywhere")
    equals = np.full(got.shape, 64.0)
    bound = mean(equals, equals, terms_of_pool(case), arithmetic_of(probe))
    return within(equals, got, bound, "the mean of equal numbers is not that number")


@theorem(
    "POOL-13",
    title="unpooling puts the maxima back",
    formula="$\\operatorname{unpool}(\\operatorname{maxpool}(x))[t] = x[t]$ where $t$ is some $t^*_i$, else $0$",
    source=TORCH_UNPOOL,
    operations=("max_pool_with_indices",),
    example=("max_pool1d_with_indices:x=1x1x4,kernel_size=2,f64,data.x=1_5_7_2", ([[[5, 7]]], [[[1, 2]]])),
    mutants=(),
)
def unpooled(seed: int) -> Failure | None:
    """Unpooling by the indices puts each maximum back where it stood, and pooling again gives the same maxima."""
    draws = Draws(seed)
    cells = [draws.integer(1, 3) for _ in range(2)]
    extents = [cell * draws.integer(1, 3) for cell in cells]
    x = np.abs(draws.array((2, 2, *extents), 9)) + 1
    values, indices = windows.max_pool_with_indices(x, kernel_size=cells)
    back = max_unpool(values, indices, output_size=extents)
    kept = back != 0
    if failure := equal(np.where(kept, x, 0), back, "an element came back to another place, or as another number"):
        return failure
    if int(kept.sum()) != values.size:
        return Failure(f"{values.size} maxima went in, and {int(kept.sum())} came back")
    return equal(values, windows.max_pool(back, kernel_size=cells), "pooling again gives other maxima")
