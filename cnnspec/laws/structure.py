"""The layer as a matrix: sparse, shared, in blocks; and stacks of layers as one."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.case import Case
from cnnspec.geometry import Window, receptive_field
from cnnspec.laws.compare import equal, rounded, sizes_of
from cnnspec.laws.conditions import (
    exact_sums,
    exact_values,
    integer_filled,
    nonempty,
    one_in,
    plain,
    usable,
    wide,
)
from cnnspec.laws.draws import Draws
from cnnspec.laws.law import Failure, Probe, Vacuous, law, theorem
from cnnspec.laws.transpose import own, small_integers
from cnnspec.reference import stacks as fast
from cnnspec.spec import connectivity, stacks
from cnnspec.spec.convolution import conv

if TYPE_CHECKING:
    from cnnspec.typing import Array

GOODFELLOW = (
    "Goodfellow, Bengio, Courville, Deep Learning (2016), 9.2; https://www.deeplearningbook.org/contents/convnets.html"
)
ARAUJO = "Araujo, Norris and Sim 2019, Computing receptive fields; https://distill.pub/2019/computing-receptive-fields/"
LIN = "Lin, Chen and Yan 2014, Network in network; https://arxiv.org/abs/1312.4400"
OPPENHEIM = "Oppenheim and Schafer, Discrete-Time Signal Processing (2010), 2.4, cascades of systems"
MOST_ENTRIES = 40_000
"""Matrices with more entries than this are not asked for."""

MOST_SINGLES = 600
"""Inputs with more elements are not: as many are made. A program took ten seconds for the 3,090 of 1030 channels."""


def _product(a: Array, b: Array) -> Array:
    """A matrix product in float64, or for integers modulo $2^{64}$."""
    with np.errstate(over="ignore", invalid="ignore"):
        result: Array = np.matmul(*(v.astype(np.int64) if v.dtype.kind in "iu" else wide(v) for v in (a, b)))
    return result


def _with_bias(y: Array, probe: Probe) -> Array:
    """The sums with the bias, rounded once, or wrapped, to the dtype of the result."""
    if "b" in probe.arrays:
        b = probe.arrays["b"]
        y = y + (b.astype(y.dtype)).reshape(-1, *(1,) * (y.ndim - 2))
    return rounded(y, probe.got)


@law(
    "STRUCT-1",
    title="the layer is a matrix",
    formula="$y_n = M x_n + b$ as vectors, column $t$ of $M$ the response to $\\delta_t$",
    source=GOODFELLOW,
    operations=("conv",),
    lane="metamorphic",
    applies=lambda case: (
        integer_filled(case)
        and nonempty(case)
        and prod(case.shapes["x"][1:]) <= MOST_SINGLES
        and prod(case.shapes["x"][1:]) * prod(case.output_shape[1:]) <= MOST_ENTRIES
        and one_in(3, case)
    ),
    example=("conv1d:x=1x1x3,w=1x1x2,f64,data.x=5_6_7,data.w=1_10", [[[65, 76]]]),
    mutants=("takes_absolute_value", "only_first_sample"),
)
def is_a_matrix(probe: Probe) -> Failure | None:
    """What the layer does to single ones, one input element at a time, tells what it does to every input."""
    exact_values(probe)
    x = probe.arrays["x"]
    size = prod(x.shape[1:])
    impulses = np.eye(size, dtype=np.int64).reshape(size, *x.shape[1:]).astype(x.dtype)
    responses = probe.call({"x": impulses}, drop=("b",), description="every unit impulse, as one batch")
    if responses.shape != (size, *probe.case.output_shape[1:]):
        raise Vacuous("the responses have another shape")
    y = _product(x.reshape(len(x), size), responses.reshape(size, -1)).reshape(probe.case.output_shape)
    words = "the result is not the matrix of the responses to single ones, times x"
    return equal(_with_bias(y, probe), probe.got, words)


@law(
    "STRUCT-3",
    title="two layers are one",
    formula="$w_2 \\star (w_1 \\star_s x) = w \\star_s x$ with $w[u] = \\sum_{s a + b = u} w_2[a]\\, w_1[b]$",
    source=OPPENHEIM,
    operations=("conv",),
    lane="metamorphic",
    applies=lambda case: (
        integer_filled(case)
        and nonempty(case)
        and case.options["groups"] == 1
        and prod(case.shapes["w"]) <= 1000
        and one_in(3, case, 1)
    ),
    example=("conv1d:x=1x1x3,w=1x1x3,f64,data.x=1_2_4,data.w=1_2_1", [[[9]]]),
    mutants=("stride_in_shape_only", "takes_absolute_value"),
)
def two_are_one(probe: Probe) -> Failure | None:
    """One layer after another, with nothing in between, is one layer whose kernel combines the two."""
    case = probe.case
    x, w = (small_integers(name, case.shapes[name], case) for name in "xw")  # small: the products of three stay exact
    bare: dict[str, Any] = {"padding": ((0, 0),) * case.rank, "dilation": (1,) * case.rank}
    first = case.with_options(**bare)
    if not first.valid:
        raise Vacuous("no window fits without padding and dilation")
    middle = first.output_shape
    w2 = small_integers("w2", (2, w.shape[0], *(min(m, 2) for m in middle[2:])), case)
    stride = case.options["stride"]
    sizes = fast.compose(sizes_of(w), sizes_of(w2), stride=stride)
    direct = Case.build(case.op, {"x": x.shape, "w": sizes.shape}, {"stride": stride}, dtype=case.dtype)
    usable(probe, sizes)
    usable(probe, np.asarray(case.operation.reference(sizes_of(x), sizes, stride=stride)))
    combined = fast.compose(w, w2, stride=stride).astype(w.dtype)
    once = probe.call({"x": x, "w": w}, bare, drop=("b",), description="the first layer, small integers, no padding")
    if once.shape != middle:
        raise Vacuous("the first layer gives another shape")
    second = Case.build(case.op, {"x": middle, "w": w2.shape}, dtype=case.dtype)
    twice = probe.ask(second, {"x": plain(rounded(once, x)), "w": w2}, description="a second layer on its result")
    both = probe.ask(direct, {"x": x, "w": plain(combined)}, description="one layer with the combined kernel")
    call = f"two layers {own(x=x, w=w, w2=w2)}"
    return equal(both, twice, "two layers differ from the one with their combined kernel", call=call)


@law(
    "STRUCT-4",
    title="a 1x1 layer is a matrix product over channels",
    formula="$y[n, o, i] = b[o] + \\sum_c w[o, c]\\, x[n, c, s i]$",
    source=LIN,
    operations=("conv",),
    lane="metamorphic",
    applies=lambda case: integer_filled(case) and nonempty(case) and one_in(3, case, 2),
    example=("conv1d:x=1x2x2,w=1x2x1,f64,data.x=1_2_3_4,data.w=10_1", [[[13, 24]]]),
    mutants=("channels_swapped_in_weights", "one_by_one_ignores_stride"),
)
def one_by_one(probe: Probe) -> Failure | None:
    """With a kernel of one element the layer multiplies, at every position, the vector of channels by a matrix."""
    case, (x, w) = probe.case, (probe.arrays[name] for name in "xw")
    point = plain(w[:, :, *(slice(0, 1),) * case.rank])
    options = {"padding": ((0, 0),) * case.rank}
    exact_sums(probe, case.with_shapes(w=point.shape).with_options(**options), {**probe.arrays, "w": point})
    got = probe.call({"w": point}, options, description="the first element of each kernel alone, no padding")
    g = case.options["groups"]
    read = x[:, :, *(slice(None, None, s) for s in case.options["stride"])]
    vectors = read.reshape(len(x), g, x.shape[1] // g, -1)
    y = _product(point.reshape(g, w.shape[0] // g, w.shape[1]), vectors).reshape(len(x), w.shape[0], *read.shape[2:])
    return equal(_with_bias(y, probe), got, "a 1x1 layer is not the matrix product over channels")


@law(
    "STRUCT-6",
    title="a separable kernel works axis by axis",
    formula="$w[u] = f_1[u_1] \\cdots f_r[u_r] \\Rightarrow w \\star x = f_r \\star (\\cdots (f_1 \\star x))$",
    source="Smith, The Scientist and Engineer's Guide to Digital Signal Processing, 24; https://www.dspguide.com/ch24/3.htm",
    operations=("conv",),
    lane="metamorphic",
    applies=lambda case: case.rank > 1 and integer_filled(case) and nonempty(case) and one_in(8, case),
    example=("conv2d:x=1x1x2x2,w=1x1x2x2,f64,data.x=1_2_3_4,data.w=1_10_2_20", [[[[107]]]]),
    mutants=("takes_absolute_value",),
)
def separable(probe: Probe) -> Failure | None:
    """Where the kernel is a product of one vector per axis, filtering along each axis in turn gives the same."""
    case = probe.case
    x = plain(probe.arrays["x"][:, :1])
    factors = [small_integers(f"f{axis}", (k,), case) for axis, k in enumerate(case.shapes["w"][2:])]
    whole = np.array(1, x.dtype)
    for f in factors:
        whole = np.multiply.outer(whole, f)
    options = {**case.options, "groups": 1}
    kernel = whole[None, None]
    once = Case.build(case.op, {"x": x.shape, "w": kernel.shape}, options, dtype=case.dtype)
    largest = case.operation.reference(sizes_of(x), sizes_of(kernel), **options)
    usable(probe, largest)
    together = probe.ask(once, {"x": x, "w": kernel}, description="one channel, a separable kernel")
    y = x
    for axis, f in enumerate(factors):
        alone = {
            name: tuple(value if a == axis else default for a, value in enumerate(case.options[name]))
            for name, default in (("stride", 1), ("dilation", 1), ("padding", (0, 0)))
        }
        line = f.reshape(1, 1, *(f.size if a == axis else 1 for a in range(case.rank)))
        step = Case.build(case.op, {"x": y.shape, "w": line.shape}, alone, dtype=case.dtype)
        filtered = probe.ask(step, {"x": y, "w": line}, description=f"its factor along spatial axis {axis}")
        y = plain(rounded(filtered, x))
    call = own(**{f"f{axis}": f for axis, f in enumerate(factors)})
    return equal(
        y, together, "filtering axis by axis differs from filtering with the product of the factors", call=call
    )


def _drawn_layer(draws: Draws) -> tuple[Array, Array, dict[str, Any]]:
    """An input, a kernel and the options of a small layer in one or two dimensions."""
    rank, groups = draws.integer(1, 2), draws.integer(1, 2)
    windows = [draws.window() for _ in range(rank)]
    extents = [draws.extent(window, 6) for window in windows]
    c, o = groups * draws.integer(1, 2), groups * draws.integer(1, 2)
    options = {
        "stride": tuple(w.stride for w in windows), "dilation": tuple(w.dilation for w in windows),
        "padding": tuple((w.lo, w.hi) for w in windows), "groups": groups,
    }  # fmt: skip
    x, w = draws.array((1, c, *extents)), draws.array((o, c // groups, *(w.kernel for w in windows)))
    return x, w, options


@theorem(
    "STRUCT-2",
    title="the matrix is sparse, shared and in blocks",
    formula="nnz $= O \\tfrac Cg \\prod_a \\sum_{i_a} |R_{i_a}|$, $M[(o,i+1),(c,t+s)] = M[(o,i),(c,t)]$",
    source=GOODFELLOW,
    operations=("conv",),
    example=("conv1d:x=1x1x3,w=1x1x2,f64,data.x=5_6_7,data.w=1_10", [[[65, 76]]]),
    mutants=(),
)
def sparse_and_shared(seed: int) -> Failure | None:
    """The matrix of a layer has an entry for each real tap and no other, and its rows repeat, shifted by the stride."""
    x, w, options = _drawn_layer(Draws(seed))
    extents, g = x.shape[2:], options["groups"]
    matrix = connectivity.conv_matrix(w, input_size=extents, **options)
    y = conv(x, w, **options)
    if failure := equal((matrix @ x.ravel()).reshape(y.shape), y, "the matrix times x is not the layer"):
        return failure
    ones = connectivity.conv_matrix(np.ones_like(w), input_size=extents, **options)
    table = ones.reshape(*y.shape[1:], *x.shape[1:])
    axes = zip(w.shape[2:], options["stride"], options["dilation"], options["padding"], extents, strict=True)
    real = [_real_taps(Window(k, s, d, *p), n) for k, s, d, p, n in axes]
    expected = w.shape[0] * w.shape[1] * prod(real)
    if int(ones.sum()) != expected:
        return Failure(f"the matrix has {int(ones.sum())} entries, and the formula gives {expected}")
    p, q = y.shape[1] // g, x.shape[1] // g
    for o, c in np.ndindex(y.shape[1], x.shape[1]):
        block = table[o].reshape(-1, x.shape[1], prod(extents))[:, c]
        if o // p != c // q and block.any():
            return Failure(f"output channel {o} reads input channel {c} of another group")
    return _rows_repeat(matrix.reshape(*y.shape[1:], *x.shape[1:]), options["stride"], len(extents))


def _real_taps(window: Window, extent: int) -> int:
    return sum(0 <= t < extent for i in range(window.count(extent)) for t in window.taps(i))


def _rows_repeat(table: Array, stride: tuple[int, ...], rank: int) -> Failure | None:
    """Whether one step of the output is one stride of the input, axis by axis: the matrix is Toeplitz in blocks."""
    for axis, s in enumerate(stride):
        out, into = 1 + axis, 2 + rank + axis
        rows, columns = table.shape[out], table.shape[into]
        if columns <= s:
            continue
        here = np.take(np.take(table, range(rows - 1), out), range(columns - s), into)
        there = np.take(np.take(table, range(1, rows), out), range(s, columns), into)
        if failure := equal(here, there, f"on spatial axis {axis} the rows are not shifts of one another"):
            return failure
    return None


@theorem(
    "STRUCT-5",
    title="the receptive field of a stack",
    formula="$r = 1 + \\sum_l (k_l - 1)\\, d_l \\prod_{i<l} s_i$, from one output to the next $\\prod_l s_l$",
    source=ARAUJO,
    operations=("conv",),
    example=("conv1d:x=1x1x3,w=1x1x3,f64,data.x=1_2_4,data.w=1_2_1", [[[9]]]),
    mutants=(),
)
def field_of_a_stack(seed: int) -> Failure | None:
    """One output of a stack sees an interval of known length, which moves by the product of the strides."""
    draws = Draws(seed)
    layers = [draws.window(stride=2, pad=1) for _ in range(draws.integer(1, 3))]
    length, step = receptive_field(layers)
    seen = [stacks.receptive_field(layers, index) for index in (0, 1)]
    if (len(seen[0]), seen[1].start - seen[0].start) != (length, step):
        return Failure(f"{layers} sees {seen[0]} and then {seen[1]}; the formula says {length} elements and {step} on")
    extent = draws.integer(length, length + 6)
    counts = [extent]
    for layer in layers:
        counts.append(layer.count(counts[-1]))
    index = draws.integer(0, counts[-1] - 1)
    reads = [t for t in range(extent) if _response(layers, extent, t)[index]]
    if stacks.stack_reads(layers, extent, index) != reads:
        return Failure(f"output {index} of {layers} on {extent} elements reads {reads}, not what was counted")
    field = stacks.receptive_field(layers, index)
    return None if set(reads) <= set(field) else Failure(f"output {index} of {layers} reads outside {field}")


def _response(layers: list[Window], extent: int, t: int) -> Array:
    """What a stack of ones makes of a single one at ``t``."""
    x = np.zeros((1, 1, extent), dtype=object)
    x[0, 0, t] = 1
    for layer in layers:
        ones = np.ones((1, 1, layer.kernel), dtype=object)
        x = conv(x, ones, stride=layer.stride, dilation=layer.dilation, padding=((layer.lo, layer.hi),))
    response: Array = x[0, 0]
    return response
