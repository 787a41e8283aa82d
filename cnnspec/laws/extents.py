"""Extents: the formulas against the counting of windows, as statements about one axis."""

from __future__ import annotations

from dataclasses import replace

from cnnspec.geometry import Window, adaptive_window, ceil_div, count_windows_literally, same_pads
from cnnspec.laws.draws import Draws
from cnnspec.laws.law import Failure, theorem

DUMOULIN = "Dumoulin and Visin 2016, relationships 1 to 15; https://arxiv.org/abs/1603.07285"
TENSORFLOW = "TensorFlow, tf.nn, notes on padding; https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2"
ONNX = "ONNX Operators.md, MaxPool, output shape; https://onnx.ai/onnx/operators/onnx__MaxPool.html"
TORCH = "PyTorch, torch.nn.AdaptiveAvgPool2d; https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html"
WINDOWED = ("conv", "max_pool", "avg_pool", "lp_pool")
ROUNDS = 60
"""Axes that one seed looks at."""


@theorem(
    "SHAPE-7",
    title="the extent formula counts windows",
    formula="$\\lfloor (N - k')/s \\rfloor + 1 = |\\{i \\ge 0 : s i + k' \\le N\\}|$ for $N \\ge k'$",
    source=DUMOULIN,
    operations=WINDOWED,
    example=("conv1d:x=1x1x6,w=1x1x3,stride=2,f64,ones", [[[3, 3]]]),
    mutants=(),
)
def formula_counts(seed: int) -> Failure | None:
    """Dividing gives what counting the windows one by one gives, under the floor rule and under the ceil rule."""
    draws = Draws(seed)
    for _ in range(ROUNDS):
        window, n = draws.window(kernel=6, stride=5, dilation=3, pad=5), draws.integer(0, 20)
        for ceil_mode in (False, True):
            formula = window.count(n, ceil_mode=ceil_mode)
            literal = count_windows_literally(n, window, ceil_mode=ceil_mode)
            if formula != literal:
                return Failure(f"{window} on {n} elements: the formula gives {formula} windows, counting {literal}")
    return None


@theorem(
    "SHAPE-2",
    title="same pads give one output per stride",
    formula="$m = \\lceil n/s \\rceil$, $P = \\max((m-1)s + k' - n, 0)$, the odd element at the high or the low end",
    source=TENSORFLOW,
    operations=("conv",),
    example=("conv1d:x=1x1x3,w=1x1x2,padding=0.1,f64,data.x=1_2_3,data.w=1_10", [[[21, 32, 3]]]),
    mutants=(),
)
def same_pads_fit(seed: int) -> Failure | None:
    """The pads called "same" are the least that give ceil(n/s) windows; upper and lower differ in the odd element."""
    draws = Draws(seed)
    for _ in range(ROUNDS):
        k, s, d, n = draws.integer(1, 7), draws.integer(1, 5), draws.integer(1, 3), draws.integer(1, 20)
        lo, hi = same_pads(n, k, s, d)
        words = f"kernel {k}, stride {s}, dilation {d} on {n} elements: pads {(lo, hi)}"
        if Window(k, s, d, lo, hi).count(n) != ceil_div(n, s):
            return Failure(f"{words} do not give {ceil_div(n, s)} windows")
        if hi and Window(k, s, d, lo, hi - 1).count(n) == ceil_div(n, s):
            return Failure(f"{words} are more than is needed")
        if not (0 <= lo <= hi <= lo + 1 and same_pads(n, k, s, d, upper=False) == (hi, lo)):
            return Failure(f"{words} are not split evenly, or upper and lower are not mirror images")
    return None


@theorem(
    "SHAPE-5",
    title="which inputs give this output",
    formula="$m$ windows $\\Leftrightarrow (m-1)s + k' - p_{lo} - p_{hi} \\le n < m s + k' - p_{lo} - p_{hi}$",
    source=DUMOULIN,
    operations=("conv_transpose", *WINDOWED),
    example=("conv_transpose1d:x=1x1x2,w=1x1x3,stride=2,output_padding=1,f64,ones", [[[1, 1, 2, 1, 1, 0]]]),
    mutants=(),
)
def inverse_extents(seed: int) -> Failure | None:
    """As many input extents as the stride give one output extent; the transposed layer gives the least of them."""
    draws = Draws(seed)
    for _ in range(ROUNDS):
        window, m = draws.window(kernel=5, stride=4, dilation=3, pad=3), draws.integer(1, 6)
        counted = [n for n in range(60) if window.count(n) == m]
        if list(window.inputs_for(m)) != counted:
            return Failure(f"{window}: the inputs with {m} windows are {counted}, not {window.inputs_for(m)}")
        least = window.transposed_extent(m)
        if least >= 0 and (not counted or counted[0] != least):
            return Failure(f"{window}: the least input with {m} windows is {counted[:1]}, the transpose gives {least}")
        if counted and least + window.remainder(counted[-1]) != counted[-1]:
            return Failure(f"{window}: {counted[-1]} is not {least} plus its remainder")
    return None


@theorem(
    "SHAPE-8",
    title="adaptive windows cover every element",
    formula="$\\bigcup_i R_i = [0, n)$, $1 \\le |R_i| \\le \\lceil n/m \\rceil + 1$, disjoint where $m \\mid n$",
    source=TORCH,
    operations=("adaptive_max_pool", "adaptive_avg_pool"),
    example=("adaptive_max_pool1d:x=1x1x5,output_size=3,f64,data.x=5_1_2_4_3", [[[5, 4, 4]]]),
    mutants=(),
)
def adaptive_windows_cover(seed: int) -> Failure | None:
    """Each adaptive window is the least that holds its share [i n/m, (i+1) n/m) of the axis: none is left out."""
    draws = Draws(seed)
    for _ in range(ROUNDS):
        n, m = draws.integer(1, 20), draws.integer(1, 25)
        windows = [adaptive_window(i, n, m) for i in range(m)]
        words = f"{n} elements in {m} windows: {windows}"
        if {t for window in windows for t in window} != set(range(n)):
            return Failure(f"{words} leave elements out")
        if not all(1 <= len(window) <= ceil_div(n, m) + 1 for window in windows):
            return Failure(f"{words} are empty or too wide")
        shares = [(i * n, (i + 1) * n) for i in range(m)]
        if not all(
            w.start * m <= a < (w.start + 1) * m and (w.stop - 1) * m < b <= w.stop * m
            for w, (a, b) in zip(windows, shares, strict=True)
        ):
            return Failure(f"{words} are not the least that hold their shares")
        if n % m == 0 and windows != [range(i * n // m, (i + 1) * n // m) for i in range(m)]:
            return Failure(f"{words} are not {m} equal cells")
    return None


@theorem(
    "SHAPE-9",
    title="the ceil rule starts no window in the high padding",
    formula="$s(m-1) < n + p_{lo}$, and $m_{\\lceil\\rceil} \\ge m_{\\lfloor\\rfloor}$ where $p_{hi} < k'$",
    source=ONNX,
    operations=("max_pool", "avg_pool", "lp_pool"),
    example=("max_pool1d:x=1x1x3,kernel_size=2,ceil_mode=1,f64,data.x=1_2_3", [[[2, 3]]]),
    mutants=(),
)
def ceil_rule(seed: int) -> Failure | None:
    """Under ceil_mode the last window starts inside the input or the low padding; it may reach beyond everything."""
    draws = Draws(seed)
    for _ in range(ROUNDS):
        window, n = draws.window(kernel=6, stride=5, dilation=2, pad=4), draws.integer(1, 20)
        m, floor = window.count(n, ceil_mode=True), window.count(n)
        if m and window.stride * (m - 1) >= n + window.lo:
            return Failure(f"{window} on {n} elements: window {m - 1} starts in the high padding")
        narrow = replace(window, hi=min(window.hi, window.span - 1))
        if narrow.count(n, ceil_mode=True) < narrow.count(n):
            return Failure(f"{narrow} on {n} elements has {floor} windows under the floor rule and fewer under ceil")
        # one window more would start too late, or hold nothing that the floor rule left over
        if window.stride * m < min(window.padded(n) - window.span + window.stride, n + window.lo):
            return Failure(f"{window} on {n} elements: {m} windows under the ceil rule, and one more would fit")
    return None
