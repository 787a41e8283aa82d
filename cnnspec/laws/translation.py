"""Translation: what moves with its input, and what does not notice.

Equivariance is exact on a torus, where nothing enters or leaves.  The laws make the torus themselves, by extending the
input circularly and calling without padding, so they ask nothing of an implementation but the plain call.  With zero
padding only the interior is equivariant, and with stride $s$ only shifts by multiples of $s$ are: see
:mod:`cnnspec.laws.counterexamples` for what fails.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.laws.compare import equal
from cnnspec.laws.conditions import (
    agree,
    exact_sums,
    exact_values,
    finite,
    integer_filled,
    nonempty,
    one_in,
    plain,
    windows_of,
)
from cnnspec.laws.draws import Draws
from cnnspec.laws.law import Failure, Probe, Vacuous, law, theorem
from cnnspec.spec.activation import relu
from cnnspec.spec.adaptive_pooling import global_avg_pool, global_max_pool
from cnnspec.spec.convolution import conv
from cnnspec.spec.pooling import avg_pool, max_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnnspec.cases.case import Case
    from cnnspec.typing import Array

COHEN = "Cohen and Welling 2016, Group equivariant convolutional networks, 4; https://arxiv.org/abs/1602.07576"
AZULAY = "Azulay and Weiss 2019, on poor generalisation to small shifts; https://www.jmlr.org/papers/v20/19-519.html"
GOODFELLOW = "Goodfellow, Bengio, Courville, Deep Learning (2016), 9.2 to 9.3; https://www.deeplearningbook.org/contents/convnets.html"
LIN = "Lin, Chen and Yan 2014, Network in network, 3.2; https://arxiv.org/abs/1312.4400"
POOLED = ("max_pool", "avg_pool", "lp_pool")
TORUS = ("conv1d:x=1x1x3,w=1x1x2,f64,data.x=1_2_3,data.w=1_10", [[[21, 32]]])


def _bare(case: Case, **changes: object) -> Case:
    """The case without padding and overhang."""
    bare: dict[str, object] = {"padding": ((0, 0),) * case.rank, "ceil_mode": False, **changes}
    return case.with_options(**{name: value for name, value in bare.items() if name in case.options})


def _changes(case: Case, other: Case) -> dict[str, object]:
    return {name: value for name, value in other.options.items() if value != case.options[name]}


def wrapped(x: Array, extra: Sequence[int]) -> Array:
    """The input continued circularly by ``extra`` elements at the high end of each spatial axis."""
    for axis, (n, more) in enumerate(zip(x.shape[2:], extra, strict=True), start=2):
        x = np.take(x, np.arange(n + more) % n, axis=axis)
    return x


def rolled(x: Array, shift: Sequence[int]) -> Array:
    """The input moved by ``shift`` on the torus."""
    moved: Array = np.roll(x, shift, axis=tuple(range(2, x.ndim)))
    return moved


def _steps(case: Case, extents: Sequence[int]) -> list[int]:
    """A shift of at least one step, in steps of the stride, from the seed."""
    seeds = [case.seed // 3 + 5 * axis for axis in range(len(extents))]
    return [1 + seed % max(n - 1, 1) for seed, n in zip(seeds, extents, strict=True)]


def on_torus(probe: Probe, bare: Case) -> Failure | None:
    """Whether ``bare`` commutes with the shifts that it should, the case's input taken as a torus."""
    strides, x = bare.options["stride"], probe.arrays["x"]
    fitting = [n // s * s for n, s in zip(x.shape[2:], strides, strict=True)]
    if 0 in fitting:
        raise Vacuous("the torus is smaller than the stride")
    x = np.array(x[:, :, *(slice(n) for n in fitting)])
    spans = [window.span for window in windows_of(bare)]
    grown = wrapped(x, [span - 1 for span in spans])
    if "w" in probe.arrays:
        exact_sums(probe, bare, {**probe.arrays, "x": grown})
    options = _changes(probe.case, bare)
    steps = _steps(probe.case, [n // s for n, s in zip(fitting, strides, strict=True)])
    shift = [v * s for v, s in zip(steps, strides, strict=True)]
    y = probe.call({"x": grown}, options, description="x as a torus")
    again = wrapped(rolled(x, shift), [span - 1 for span in spans])
    moved = probe.call({"x": again}, options, description=f"x as a torus, moved by {shift}")
    if y.ndim != x.ndim:
        raise Vacuous("the result has another number of axes")
    return agree(
        probe, rolled(y, steps), moved, f"moving a circular input by {shift} does not move the result by {steps}"
    )


@law(
    "EQUI-1",
    title="convolution moves with its input",
    formula="$f(T_v x) = T_v f(x)$ on the torus, stride 1",
    source=COHEN,
    operations=("conv",),
    lane="metamorphic",
    applies=lambda case: integer_filled(case) and nonempty(case) and one_in(6, case),
    example=TORUS,
    mutants=("kernel_differs_at_the_border", "last_columns_skipped"),
)
def convolution_moves(probe: Probe) -> Failure | None:
    """Where nothing enters or leaves, moving the input and then convolving is convolving and then moving."""
    return on_torus(probe, _bare(probe.case, stride=(1,) * probe.case.rank))


@law(
    "EQUI-2",
    title="with stride s, shifts by multiples of s",
    formula="$f(T_{s v} x) = T_v f(x)$ on the torus, $s \\mid n$",
    source=AZULAY,
    operations=("conv",),
    lane="metamorphic",
    applies=lambda case: (
        max(case.options["stride"]) > 1 and integer_filled(case) and nonempty(case) and one_in(3, case, 1)
    ),
    example=("conv1d:x=1x1x4,w=1x1x1,stride=2,f64,data.x=1_2_3_4,data.w=5", [[[5, 15]]]),
    mutants=("stride_axes_swapped", "stride_applied_twice"),
    needs=("stride",),
)
def strided_moves(probe: Probe) -> Failure | None:
    """A strided convolution moves by one where its input moves by a whole stride."""
    return on_torus(probe, _bare(probe.case))


@law(
    "EQUI-4",
    title="pooling moves with its input",
    formula="$f(T_{s v} x) = T_v f(x)$ on the torus, $s \\mid n$",
    source=AZULAY,
    operations=POOLED,
    lane="metamorphic",
    applies=lambda case: finite(case) and nonempty(case) and one_in(4, case, 2),
    example=("max_pool1d:x=1x1x4,kernel_size=2,f64,data.x=1_4_3_2", [[[4, 3]]]),
    mutants=("pool_stride_axes_swapped", "last_columns_skipped"),
)
def pooling_moves(probe: Probe) -> Failure | None:
    """Pooling moves by one where its input moves by a whole stride."""
    return on_torus(probe, _bare(probe.case))


@law(
    "EQUI-3",
    title="the interior moves, whatever the border does",
    formula="$f(T_s x)[i+1] = f(x)[i]$ where window $i$ holds neither padding nor what left",
    source=GOODFELLOW,
    operations=("conv", *POOLED),
    lane="metamorphic",
    applies=lambda case: (
        finite(case) and nonempty(case) and (integer_filled(case) or "w" not in case.shapes) and one_in(3, case, 2)
    ),
    example=("conv1d:x=1x1x3,w=1x1x2,padding=1.1,f64,data.x=1_2_3,data.w=1_10", [[[10, 21, 32, 3]]]),
    mutants=("kernel_differs_at_the_border", "pad_is_off_by_one"),
)
def interior_moves(probe: Probe) -> Failure | None:
    """Push the content one stride along an axis: outputs whose window saw only content that stayed move by one."""
    case = probe.case
    if "w" in case.shapes:
        exact_values(probe)
    axis = case.seed // 6 % case.rank
    window, n = windows_of(case)[axis], case.shapes["x"][2 + axis]
    s = window.stride
    stay = [
        i for i in range(case.output_shape[2 + axis] - 1)
        if s * i >= window.lo and s * i - window.lo + window.span <= n - s
    ]  # fmt: skip
    if not stay:
        raise Vacuous("no window holds only content that stays inside")
    x = np.moveaxis(probe.arrays["x"], 2 + axis, 0)
    pushed = np.concatenate([np.zeros_like(x[:s]), x[: n - s]])
    moved = probe.call(
        {"x": np.moveaxis(pushed, 0, 2 + axis)}, description=f"x pushed by {s} along spatial axis {axis}"
    )
    if moved.shape != case.output_shape or probe.got.shape != case.output_shape:
        raise Vacuous("the results have no common shape")
    before = np.take(probe.got, stay, axis=2 + axis)
    after = np.take(moved, [i + 1 for i in stay], axis=2 + axis)
    return agree(probe, before, after, f"pushing x by {s} along spatial axis {axis} does not push the interior by 1")


@law(
    "EQUI-5",
    title="a mirrored input with a mirrored kernel gives the mirrored result",
    formula="$\\operatorname{corr}(R x, R w) = R \\operatorname{corr}(x, w)$ with the pads swapped",
    source=COHEN,
    operations=("conv", *POOLED),
    lane="metamorphic",
    applies=lambda case: (
        finite(case)
        and nonempty(case)
        and (integer_filled(case) or "w" not in case.shapes)
        and not case.options.get("ceil_mode", False)
        and one_in(3, case)
    ),
    example=("conv1d:x=1x1x3,w=1x1x2,f64,data.x=3_2_1,data.w=10_1", [[[32, 21]]]),
    mutants=("padding_sides_swapped", "pad_is_off_by_one", "same_pads_at_wrong_end"),
)
def reflection(probe: Probe) -> Failure | None:
    """Read everything backwards, kernel and pads too, and the result comes out backwards."""
    case = probe.case
    if "w" in case.shapes:
        exact_values(probe)
    pads, kept = [], []
    for n, window in zip(case.shapes["x"][2:], windows_of(case), strict=True):
        # the elements that the stride leaves unread at the end must be left unread at the start
        hi = window.hi - window.remainder(n)
        kept.append(n - max(-hi, 0))
        pads.append((max(hi, 0), window.lo))
    if min(kept) < 1:
        raise Vacuous("nothing of the input is read")
    space = tuple(range(2, 2 + case.rank))
    arrays = {"x": plain(np.flip(probe.arrays["x"][:, :, *(slice(n) for n in kept)], space))}
    if "w" in probe.arrays:
        arrays["w"] = plain(np.flip(probe.arrays["w"], space))
    got = probe.call(arrays, {"padding": tuple(pads)}, description="everything mirrored")
    if got.ndim != 2 + case.rank:
        raise Vacuous("the result has another number of axes")
    return agree(probe, np.flip(got, space), probe.got, "the mirrored input does not give the mirrored result")


@law(
    "INV-1",
    title="a global pooling does not notice a shift",
    formula="$f(T_v x) = f(x)$ on the torus, for every $v$",
    source=LIN,
    operations=("global_max_pool", "global_avg_pool"),
    lane="metamorphic",
    applies=lambda case: finite(case) and nonempty(case) and one_in(2, case),
    example=("global_max_pool:x=1x1x3,f64,data.x=1_5_2", [[[5]]]),
    mutants=("global_skips_the_last", "global_over_one_axis"),
)
def global_invariance(probe: Probe) -> Failure | None:
    """However the plane is moved circularly, its maximum and its mean stay the same."""
    shift = _steps(probe.case, probe.case.shapes["x"][2:])
    moved = probe.call({"x": rolled(probe.arrays["x"], shift)}, description=f"x moved by {shift} circularly")
    return agree(probe, probe.got, moved, f"moving the plane circularly by {shift} changes the result")


@law(
    "INV-2",
    title="local max pooling forgets where in the cell",
    formula="$f(\\delta_{k q + r}) = \\delta_q$ for every $r < k$, with $s = k$",
    source=GOODFELLOW,
    operations=("max_pool", "max_pool_with_indices"),
    lane="metamorphic",
    applies=lambda case: nonempty(case) and max(case.options["kernel_size"]) > 1 and one_in(6, case, 3),
    example=("max_pool1d:x=1x1x4,kernel_size=2,f64,data.x=0_0_1_0", [[[0, 1]]]),
    mutants=("pool_stride_axes_swapped", "max_reads_first_tap_only"),
)
def local_invariance(probe: Probe) -> Failure | None:
    """An isolated maximum may move anywhere within its cell without changing the result; the cell is what is kept."""
    case = probe.case
    k, extents = case.options["kernel_size"], case.shapes["x"][2:]
    bare = _bare(case, stride=k, dilation=(1,) * case.rank)
    cells = [n // m for n, m in zip(extents, k, strict=True)]
    if 0 in cells:
        raise Vacuous("the plane holds no whole cell")
    q = tuple(case.seed // 8 % count for count in cells)
    for turn in (0, 1):
        r = [(case.seed // 64 * turn + turn) % m for m in k]
        x = np.zeros(case.shapes["x"], probe.arrays["x"].dtype)
        at = tuple(cell * m + step for cell, m, step in zip(q, k, r, strict=True))
        x[:, :, *at] = 1
        expected = np.zeros((*case.shapes["x"][:2], *cells))
        expected[:, :, *q] = 1
        got = probe.call({"x": x}, _changes(case, bare), description=f"x = 1 at {list(at)}, else 0, cells of {k}")
        if failure := equal(
            expected.astype(got.dtype), got, f"a single 1 at {list(at)} does not fill its cell {list(q)}"
        ):
            return failure
    return None


def _stack(draws: Draws) -> tuple[Callable[[Array], Array], list[int], tuple[int, ...]]:
    """A stack of circular layers, relu and max pooling in two dimensions, its total stride, and a plane that fits."""
    strides, layers = [1, 1], []
    for _ in range(draws.integer(1, 3)):
        s = (draws.integer(1, 2), draws.integer(1, 2))
        k = (draws.integer(1, 3), draws.integer(1, 3))
        layers.append((draws.array((2, 2, *k), 3), draws.array((2,), 3), s, draws.integer(0, 1)))
        strides = [a * b for a, b in zip(strides, s, strict=True)]

    def run(x: Array) -> Array:
        for w, b, s, pooled in layers:
            circle = tuple((0, k - 1) for k in w.shape[2:])
            x = relu(conv(x, w, b, padding=circle, padding_mode="circular"))
            k = [a + 1 for a in s]
            x = max_pool(wrapped(x, s), kernel_size=k, stride=s) if pooled else x[:, :, :: s[0], :: s[1]]
        return x

    return run, strides, (2 * strides[0], 3 * strides[1])


@theorem(
    "EQUI-6",
    title="stacks move by the product of their strides",
    formula="$f(T_{S v} x) = T_v f(x)$ on the torus, $S = \\prod_l s_l$",
    source=AZULAY,
    operations=("conv", "max_pool", "relu"),
    example=TORUS,
    mutants=(),
)
def stacks_move(seed: int) -> Failure | None:
    """A stack of layers, relu and pooling on the torus moves by one where its input moves by the product of strides."""
    draws = Draws(seed)
    run, strides, plane = _stack(draws)
    x, v = draws.array((1, 2, *plane)), [draws.integer(-2, 2) for _ in plane]
    moved = run(rolled(x, [a * b for a, b in zip(v, strides, strict=True)]))
    return equal(rolled(run(x), v), moved, f"a stack of stride {strides} does not move by {v} with its input")


@theorem(
    "INV-3",
    title="a global pooling makes a stack invariant",
    formula="$\\max_i f(T_{S v} x)[i] = \\max_i f(x)[i]$, for every $v$ only if $S = 1$",
    source=LIN,
    operations=("global_max_pool", "conv"),
    example=("global_max_pool:x=1x1x3,f64,data.x=1_5_2", [[[5]]]),
    mutants=(),
)
def pooled_stack(seed: int) -> Failure | None:
    """After a global pooling a stack on the torus does not notice a shift by a multiple of its total stride."""
    draws = Draws(seed)
    run, strides, plane = _stack(draws)
    x, v = draws.array((1, 2, *plane)), [draws.integer(-2, 2) for _ in plane]
    moved = rolled(x, [a * b for a, b in zip(v, strides, strict=True)])
    for pool in (global_max_pool, global_avg_pool):
        if failure := equal(pool(run(x)), pool(run(moved)), f"a stack of stride {strides} notices a shift"):
            return failure
    return None


@theorem(
    "INV-4",
    title="a local pooling moves by no more than its input",
    formula="$|f(T x)[i] - f(x)[i]| \\le \\max_{t \\in R_i} |(T x - x)[t]|$;"
    " a mean from $a$ to $b$: $(x[a-1] - x[b]) / k$",
    source=AZULAY,
    operations=("max_pool", "avg_pool"),
    example=("max_pool1d:x=1x1x3,kernel_size=2,stride=1,f64,data.x=1_5_2", [[[5, 5]]]),
    mutants=(),
)
def pooling_moves_no_further(seed: int) -> Failure | None:
    """Move the input by one step: no result moves further than the largest step between neighbours in its window."""
    draws = Draws(seed)
    n, k, s = draws.integer(2, 8), draws.integer(1, 4), draws.integer(1, 3)
    x = draws.array((2, 2, n + k), 9) * Fraction(1)
    back = rolled(x, [1])
    options: dict[str, Any] = {"kernel_size": k, "stride": s}
    most = max_pool(abs(back - x), **options)
    for name, pool in (("the maximum", max_pool), ("the mean", avg_pool)):
        moved = abs(pool(back, **options) - pool(x, **options))
        words = f"{name} with kernel {k} and stride {s} moves further than its input"
        if failure := equal(np.minimum(moved, most), moved, words):
            return failure
    first = s * np.arange(most.shape[-1])
    step = (back[..., first] - x[..., first + k - 1]) / k
    moved = avg_pool(back, **options) - avg_pool(x, **options)
    return equal(step, moved, "a mean moves by something else than what enters less what leaves, over k")
