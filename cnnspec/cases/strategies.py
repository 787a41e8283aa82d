"""Valid cases, drawn from the claims by construction: from a seed, or as a Hypothesis strategy.

Geometry, dtype, fill and seed are drawn; array elements never are, one by one, which is an order of magnitude
slower.  Work is bounded in multiply-adds, not in sides.  Each strategy shrinks toward the smallest kernel,
stride 1, no pads, one channel and small integers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf, prod
from typing import TYPE_CHECKING, Any

from cnnspec.cases.axes import Axis, draw_axes, draw_extent, draw_padding_word, draw_pads
from cnnspec.cases.case import Case
from cnnspec.cases.data import draw_data
from cnnspec.cases.dice import Dice, Weighted
from cnnspec.errors import UsageError
from cnnspec.geometry import Window
from cnnspec.implementation import Claims, OperationClaims
from cnnspec.operations import Operation, find

if TYPE_CHECKING:
    from hypothesis import strategies as st

    from cnnspec.typing import Shape

CHANNELS = (1, 2, 3, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 31, 33)
BATCHES: Weighted[int] = ((1, 23), (2, 32), (3, 22), (4, 12), (5, 5), (7, 3), (0, 3))
RANKS: Weighted[int] = ((1, 30), (2, 50), (3, 20))
GROUPINGS: Weighted[str] = (("one", 45), ("some", 20), ("depthwise", 15), ("multiplier", 15), ("single", 5))
POWERS: Weighted[float] = ((2, 40), (1, 20), (3, 14), (4, 4), (1.5, 5), (2.5, 4), (inf, 13))
MOST_WORK = 40_000
"""Multiply-adds in one case, about."""


def cases(op: str, claim: OperationClaims | None = None, *, strict: bool = True) -> st.SearchStrategy[Case]:
    """Valid calls of the operation ``op`` (``conv2d``), inside ``claim`` if one is given.

    Parameters
    ----------
    op
        A spelled operation name.
    claim
        What the implementation supports; by default everything.
    strict
        Whether to draw non-finite values and empty batches too.

    Returns
    -------
    SearchStrategy[Case]
        Shrinks to the smallest geometry with small integers.

    Examples
    --------
    >>> from hypothesis import given
    >>> @given(cases("max_pool2d"))
    ... def test(case):
    ...     assert case.valid
    >>> test()
    """
    from hypothesis import strategies as st

    from cnnspec.implementation import full_claims

    held = claim or full_claims(find(op)[0])

    @st.composite
    def drawn(draw: Callable[..., Any]) -> Case:
        return draw_case(Dice(lambda lo, hi: draw(st.integers(lo, hi))), op, held, strict)

    return drawn()


def draw_case(dice: Dice, op: str, claim: OperationClaims, strict: bool) -> Case:
    """One case of ``op``; with :func:`cnnspec.cases.dice.seeded` no Hypothesis is needed."""
    operation, rank = find(op)
    rank = rank or dice.pick(RANKS)
    shapes, options = FAMILIES[operation.name](dice, operation, claim, rank)
    if shapes["x"] and not strict and operation.chapter != "signal":
        shapes["x"] = (max(shapes["x"][0], 1), *shapes["x"][1:])
    case = Case.build(op, shapes, {name: value for name, value in options.items() if name in _option_names(operation)})
    return draw_data(dice, case, claim, strict=strict)


def draw_again(dice: Dice, case: Case, claim: OperationClaims, strict: bool) -> Case:
    """A case with the geometry and the dtype of another, and data of its own."""
    bare = Case.build(case.op, case.shapes, case.options)
    return draw_data(dice, bare, replace(claim, dtypes=(case.dtype,)), strict=strict)


def _option_names(operation: Operation) -> set[str]:
    return {option.name for option in operation.options}


Drawn = tuple[dict[str, "Shape"], dict[str, Any]]


def _conv(dice: Dice, operation: Operation, claim: OperationClaims, rank: int) -> Drawn:
    axes = draw_axes(dice, rank, claim)
    shapes, groups = _channelled(dice, claim, axes, operation.transposed)
    if "b" in operation.optional and (claim.bias == "required" or (claim.bias == "optional" and dice.chance(85))):
        shapes["b"] = (groups * shapes["w"][1] if operation.transposed else shapes["w"][0],)
    return shapes, {**_options(axes), "groups": groups}


def _channelled(dice: Dice, claim: OperationClaims, axes: list[Axis], transposed: bool) -> tuple[dict[str, Shape], int]:
    """Batch, channels and groups within the work that the axes leave."""
    batch = dice.pick(BATCHES)
    kernel = tuple(axis.window.kernel for axis in axes)
    work = prod(axis.window.count(axis.extent) for axis in axes) * prod(kernel) * max(batch, 1)
    alike = len({axis.window for axis in axes}) == 1
    room = max(MOST_WORK * (4 if alike and dice.chance(30) else 1) // max(work, 1), 1)
    cube = _cube(dice, tuple(axis.extent for axis in axes), room)
    groups, per_in, per_out = (1, cube, dice.choose(_up_to(room // cube))) if cube else _grouping(dice, claim, room)
    c, o = groups * per_in, groups * per_out
    x = (batch, c, *(axis.extent for axis in axes))
    return {"x": x, "w": (c, per_out, *kernel) if transposed else (o, per_in, *kernel)}, groups


def _grouping(dice: Dice, claim: OperationClaims, room: int) -> tuple[int, int, int]:
    """Groups, input and output channels per group, with about ``room`` products of them."""
    kind = dice.pick(GROUPINGS) if "groups" in claim.options else "one"
    if kind == "some" and "depthwise_or_one_group" in claim.limits:
        kind = "depthwise"
    if kind == "single":
        return 1, 1, dice.choose(_up_to(room))
    if kind == "one":
        per_in = dice.choose(_up_to(room))
        return 1, per_in, dice.choose(_up_to(room // per_in))
    if kind == "some":
        groups = dice.choose([g for g in (2, 3, 4, 5) if g * 2 <= room] or [2])
        per_in = dice.choose([c for c in (2, 3, 4, 1) if groups * c <= room] or [1])
        return groups, per_in, dice.choose([c for c in (1, 2, 3, 4, 5) if groups * c * per_in <= room] or [1])
    groups = dice.choose([c for c in _up_to(room) if c > 1] or [2])
    return groups, 1, dice.choose([2, 3, 4]) if kind == "multiplier" else 1


def _cube(dice: Dice, extents: Shape, room: int) -> int:
    """The channels of a cube, as many as each axis is long, where a guess at the layout goes wrong; or 0 for none."""
    extent, equal = extents[0], len(set(extents)) == 1
    return extent if equal and extent <= 2 * room and dice.chance(60 if len(extents) > 1 else 2) else 0


def _channels(dice: Dice, extents: Shape, room: int) -> int:
    """The channels of an operation that treats each alike."""
    return _cube(dice, extents, room) or dice.choose(_up_to(room))


def _up_to(room: int) -> list[int]:
    return [c for c in CHANNELS if c <= room] or [1]


def _options(axes: list[Axis]) -> dict[str, Any]:
    windows = [axis.window for axis in axes]
    return {
        "kernel_size": tuple(w.kernel for w in windows),
        "stride": tuple(w.stride for w in windows),
        "padding": tuple((w.lo, w.hi) for w in windows),
        "dilation": tuple(w.dilation for w in windows),
    }


def _conv_transpose(dice: Dice, operation: Operation, claim: OperationClaims, rank: int) -> Drawn:
    shapes, options = _conv(dice, operation, claim, rank)
    extra = [_output_padding(dice, claim, s, d) for s, d in zip(options["stride"], options["dilation"], strict=True)]
    extra = [min(extra)] * rank if claim.uniform else extra
    extents = _few(dice, claim, shapes["x"][2:])
    columns = zip(shapes["w"][2:], options["stride"], options["dilation"], options["padding"], strict=True)
    windows = [Window(k, s, d, lo, hi) for k, s, d, (lo, hi) in columns]
    pads = [_leave_some(w, n, e) for w, n, e in zip(windows, extents, extra, strict=True)]
    pads = [min(pads)] * rank if claim.uniform else pads
    shapes["x"] = (*shapes["x"][:2], *extents)
    return shapes, {**options, "padding": tuple(pads), "output_padding": tuple(extra)}


def _few(dice: Dice, claim: OperationClaims, extents: Shape) -> Shape:
    """Input extents of a transposed convolution: up to 12, and in a third of the cases less than most kernels."""
    most = [dice.integer(1, 4) for _ in extents] if dice.chance(35) else [12] * len(extents)
    most = [min(most)] * len(extents) if "square_input" in claim.limits else most
    return tuple(map(min, extents, most))


def _output_padding(dice: Dice, claim: OperationClaims, stride: int, dilation: int) -> int:
    most = (stride if "output_padding_below_stride" in claim.limits else max(stride, dilation)) - 1
    wanted = most > 0 and "output_padding" in claim.options and dice.chance(60)
    return dice.integer(1, most) if wanted else 0


def _leave_some(window: Window, extent: int, output_padding: int) -> tuple[int, int]:
    """The pads, cut until they leave an output."""
    lo, hi = window.lo, window.hi
    while extent and (extent - 1) * window.stride + window.span - lo - hi + output_padding < 1:
        lo, hi = max(lo - 1, 0), max(hi - 1, 0)
    return lo, hi


def _pool(dice: Dice, operation: Operation, claim: OperationClaims, rank: int) -> Drawn:
    ceil_mode = "ceil_mode" in claim.options and dice.chance(50)
    axes = draw_axes(dice, rank, claim, ceil_mode=ceil_mode, pooling=True)
    axes = [_each_window_real(axis, ceil_mode) for axis in axes]
    if claim.uniform:
        axes = _alike(axes, ceil_mode)
    space = prod(axis.extent for axis in axes) * prod(axis.window.kernel for axis in axes)
    extents = tuple(axis.extent for axis in axes)
    x = (dice.pick(BATCHES), _channels(dice, extents, max(MOST_WORK // max(4 * space, 1), 1)), *extents)
    options = {**_options(axes), "ceil_mode": ceil_mode}
    if "count_include_pad" in claim.options:
        options["count_include_pad"] = not dice.chance(50)
    if "p" in claim.options:
        options["p"] = dice.pick(POWERS)
    return {"x": x}, options


def _each_window_real(axis: Axis, ceil_mode: bool) -> Axis:
    """The axis with pads cut until every window holds a real tap."""
    window = axis.window
    while any(
        not any(0 <= t < axis.extent for t in window.taps(i))
        for i in range(window.count(axis.extent, ceil_mode=ceil_mode))
    ):
        smaller = Window(window.kernel, window.stride, window.dilation, max(window.lo - 1, 0), max(window.hi - 1, 0))
        if smaller == window:
            window = Window(window.kernel, window.stride, 1)
            return Axis(max(axis.extent, window.kernel), window)
        window = smaller
        axis = Axis(max(axis.extent, window.span - window.lo - window.hi), window)
    return Axis(axis.extent, window)


def _alike(axes: list[Axis], ceil_mode: bool) -> list[Axis]:
    """The axes under one window: the smallest pads and dilation of them all, or none."""
    windows = [axis.window for axis in axes]
    common = replace(windows[0], **{name: min(getattr(w, name) for w in windows) for name in ("dilation", "lo", "hi")})
    alike = [Axis(max(a.extent, common.span - common.lo - common.hi), common) for a in axes]
    if all(_each_window_real(axis, ceil_mode) == axis for axis in alike):
        return alike
    bare = Window(common.kernel, common.stride)
    return [Axis(max(axis.extent, bare.span), bare) for axis in axes]


def _adaptive(dice: Dice, operation: Operation, claim: OperationClaims, rank: int) -> Drawn:
    x = _plain_shape(dice, rank)
    sizes = [dice.integer(1, min(n + 2, 9)) if dice.chance(90) else 1 for n in x[2:]]
    return {"x": x}, {"output_size": tuple(sizes[:1] * rank if claim.uniform else sizes)}


def _plain(dice: Dice, operation: Operation, claim: OperationClaims, rank: int) -> Drawn:
    return {"x": _plain_shape(dice, rank)}, {}


def _plain_shape(dice: Dice, rank: int) -> Shape:
    extents = tuple(min(draw_extent(dice), 33 if rank == 1 else 17) for _ in range(rank))
    if rank > 1 and dice.chance(5):
        extents = (max(extents),) * rank
    return (dice.pick(BATCHES), _channels(dice, extents, max(4000 // prod(extents), 1)), *extents)


def _pad(dice: Dice, operation: Operation, claim: OperationClaims, rank: int) -> Drawn:
    x = _plain_shape(dice, rank)
    mode = _pad_mode(dice, claim)
    word = draw_padding_word(dice, claim)
    if mode != "constant" and word != "none":
        word = "asymmetric" if claim.allows_padding("asymmetric") else "symmetric"
    elif mode == "constant" and claim.allows_padding("negative") and dice.chance(30):
        word = "negative"
    pads = [draw_pads(dice, word, Window(dice.integer(1, 4)), n) for n in x[2:]]
    if word == "negative" and not claim.uniform and dice.chance(25):
        cut = dice.integer(0, x[-1])
        pads[-1] = (-cut, cut - x[-1])  # nothing is left
    if word == "asymmetric" and dice.chance(40):
        x = (*x[:2], *(min(n, 6) for n in x[2:]))
        longer, turned = [n - 1 + dice.integer(0, 4) for n in x[2:]], dice.chance(50)
        pads = [(n, lo) if turned else (lo, n) for (lo, _), n in zip(pads, longer, strict=True)]
    pads = [min(pads)] * rank if claim.uniform else pads
    most = {"reflect": lambda n: n - 1, "circular": lambda n: n, "symmetric": lambda n: n}.get(mode)
    limit = {"reflect": "reflect_pads_below_extent"}.get(mode, "circular_pads_within_extent")
    if most is not None and limit in claim.limits:
        pads = [(min(lo, most(n)), min(hi, most(n))) for (lo, hi), n in zip(pads, x[2:], strict=True)]
        pads = [min(pads)] * rank if claim.uniform else pads
    value = dice.choose([1, -2, 7, 0.1]) if mode == "constant" and "value" in claim.options and dice.chance(40) else 0
    return {"x": x}, {"padding": tuple(pads), "mode": mode, "value": value}


def _pad_mode(dice: Dice, claim: OperationClaims) -> str:
    """A claimed mode; the constant, whose value matters too, about twice as often as any other."""
    mode = _word(dice, claim, ("constant", "reflect", "replicate", "circular", "symmetric"))
    return "constant" if "constant" in claim.choices.get("mode", ("constant",)) and dice.chance(20) else mode


def _signal(dice: Dice, operation: Operation, claim: OperationClaims, rank: int) -> Drawn:
    x = tuple(dice.integer(1, 12) for _ in range(rank))
    k = tuple(dice.integer(1, 6) for _ in range(rank))
    mode = _word(dice, claim, ("full", "same", "valid"))
    if mode == "valid":
        x, k = tuple(map(max, x, k)), tuple(map(min, x, k))
        if dice.chance(20):
            x, k = k, x
    return {"x": x, "k": k}, {"mode": mode}


def _word(dice: Dice, claim: OperationClaims, modes: tuple[str, ...]) -> str:
    """A claimed mode; the first of them where the option is not claimed."""
    return dice.choose(list(claim.choices.get("mode", modes))) if "mode" in claim.options else modes[0]


FAMILIES: dict[str, Callable[[Dice, Operation, OperationClaims, int], Drawn]] = {
    **dict.fromkeys(("conv", "conv_input_grad", "conv_weight_grad"), _conv),
    **dict.fromkeys(("conv_transpose", "conv_transpose_input_grad", "conv_transpose_weight_grad"), _conv_transpose),
    **dict.fromkeys(("max_pool", "max_pool_with_indices", "max_pool_input_grad"), _pool),
    **dict.fromkeys(("avg_pool", "avg_pool_input_grad", "lp_pool"), _pool),
    **dict.fromkeys(("adaptive_max_pool", "adaptive_avg_pool"), _adaptive),
    **dict.fromkeys(("adaptive_max_pool_input_grad", "adaptive_avg_pool_input_grad"), _adaptive),
    **dict.fromkeys(("global_max_pool", "global_avg_pool", "relu"), _plain),
    **dict.fromkeys(("global_max_pool_input_grad", "global_avg_pool_input_grad", "relu_input_grad"), _plain),
    "conv_bias_grad": _plain,
    **dict.fromkeys(("pad", "pad_input_grad"), _pad),
    **dict.fromkeys(("convolve", "cross_correlate"), _signal),
}
"""How each operation's geometry is drawn."""


def claimed_operation(op: str, claims: Claims) -> OperationClaims:
    """The claim of one operation.

    Raises
    ------
    UsageError
        If the target does not claim it.
    """
    if op not in claims.operations:
        raise UsageError(f"{op} is not claimed; the target offers {', '.join(claims.operations) or 'nothing'}")
    return claims.operations[op]
