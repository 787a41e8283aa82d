"""Unusual calls: right, or refused.

Nobody must support them, and so no claim speaks of them.  A number that is wrong, a crash and memory that was never
written are worse than an error all the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.cases.arrays import dtype_of
from cnnspec.cases.case import SHORT, Case
from cnnspec.cases.claimed import outside
from cnnspec.laws.changed import Changed
from cnnspec.laws.compare import differs, equal, rounded
from cnnspec.laws.conditions import digits, exact_values, integer_filled, nonempty, plain, shaped, wide
from cnnspec.laws.law import CallEnded, Failure, Probe, Vacuous, law
from cnnspec.laws.purity import ARRAY_API, EVERY, RELU_EXAMPLE, order_cannot_show
from cnnspec.laws.shape import refused
from cnnspec.laws.special import STABLEHLO
from cnnspec.operations import BY_NAME

if TYPE_CHECKING:
    from cnnspec.typing import Array

SEVERAL = tuple(name for name, op in BY_NAME.items() if len(op.arrays) > 1)
LAYERED = tuple(name for name, op in BY_NAME.items() if op.chapter != "signal")
POINTWISE = ("relu", "relu_input_grad")


@law(
    "PURE-10",
    title="memory of any kind",
    formula="$f(\\text{view}) = f(\\text{copy of the view})$, or an error",
    source=ARRAY_API,
    operations=EVERY,
    lane="purity",
    applies=lambda case: case.seed % 4 == 2 and integer_filled(case) and nonempty(case),
    example=RELU_EXAMPLE,
    mutants=("reads_base_buffer",),
)
def any_memory(probe: Probe) -> Failure | None:
    """An axis of stride 0, an address that is no multiple of the element, the other byte order: right, or refused."""
    case, bare = probe.case, replace(probe.case, layouts={})
    turn, which = divmod(case.seed // 4, len(probe.arrays))
    name = tuple(probe.arrays)[which]
    words, view = _view(plain(probe.arrays[name]), turn)
    arrays = {n: plain(a) for n, a in probe.arrays.items()}
    call = f"{name} is {words}"
    same = np.array(view.astype(arrays[name].dtype), order="C")
    if Changed(probe, bare, {**arrays, name: same}, "a plain copy").judge("a plain copy"):
        raise Vacuous("the result is wrong for a plain copy too")
    try:
        return Changed(probe, bare, {**arrays, name: view}, call).judge(f"where {call} the result is wrong")
    except CallEnded as ended:
        if refused(ended.observation):
            return None
        raise


@law(
    "PURE-11",
    title="several dtypes",
    formula="$f(x, w)$ with $w$ in another dtype $= f(x, w)$, or an error",
    source="Python array API standard, mixed kinds; https://data-apis.org/array-api/latest/API_specification/type_promotion.html",
    operations=SEVERAL,
    lane="purity",
    applies=lambda case: case.seed % 4 == 0 and order_cannot_show(case) and nonempty(case) and case.dtype in SHORT,
    example=("conv1d:x=1x1x2,w=1x1x1,f64,ones", [[[1, 1]]]),
    mutants=("memory_read_in_first_dtype",),
)
def several_dtypes(probe: Probe) -> Failure | None:
    """One array in another dtype that holds the same numbers: the same result, in whichever dtype, or an error."""
    case, turn = probe.case, probe.case.seed // 4
    exact_values(probe)
    if equal(rounded(probe.expected[0], probe.got), probe.got, ""):
        raise Vacuous("the result is wrong in one dtype too")
    claimed = probe.claims.operations[case.op].dtypes
    others = [d for d in claimed if d in SHORT and not d.startswith(("uint", "complex")) and d != case.dtype]
    if not others or case.dtype.startswith("complex"):
        raise Vacuous("no other signed real dtype is claimed")
    other, name = others[turn % len(others)], tuple(probe.arrays)[turn // len(others) % len(probe.arrays)]
    if probe.magnitude.size and float(probe.magnitude.max()) > 2 ** min(digits(case.dtype), digits(other)):
        raise Vacuous(f"the sums are not exact in {other}")
    arrays = {n: plain(a) for n, a in probe.arrays.items()}
    arrays[name] = rounded(arrays[name], np.empty(0, dtype_of(other)))
    if differs(wide(probe.arrays[name]), wide(arrays[name])).any():
        raise Vacuous(f"{other} does not hold these numbers")
    seen, call = probe.observe(arrays), f"{name} is of {other}, the rest of {case.dtype}"
    if refused(seen):
        return None
    if seen.kind != "returned":
        return Failure(f"where {call} the call ended badly: {seen.message}", call=call)
    return equal(rounded(probe.expected[0], seen.outputs[0]), seen.outputs[0], f"where {call}", call=call)


@law(
    "EMPTY-2",
    title="an axis without elements",
    formula="$C = 0 \\Rightarrow y = b$; $O = 0 \\Rightarrow y$ has the shape $(N, 0, *m)$; or an error",
    source=STABLEHLO,
    operations=LAYERED,
    lane="special",
    applies=lambda case: case.seed % 4 == 1 and nonempty(case),
    example=("conv1d:x=1x1x2,w=1x1x1,b,f64,ones", [[[2, 2]]]),
    mutants=("empty_sum_is_uninitialised",),
)
def empty_axis(probe: Probe) -> Failure | None:
    """Without input channels, output channels or elements on a spatial axis: an empty sum, no elements, or an error."""
    shaped(probe)
    emptied, words = _emptied(probe.case, probe.case.seed // 4)
    if not emptied.valid or outside(emptied, probe.claims):
        raise Vacuous(f"{words}: not defined, or not claimed")
    shapes = emptied.array_shapes.items()
    arrays = {name: np.resize(np.arange(1, 6), shape).astype(dtype_of(emptied.dtype)) for name, shape in shapes}
    try:
        return Changed(probe, emptied, arrays, words).judge(f"{words}, the result is wrong")
    except CallEnded as ended:
        if refused(ended.observation):
            return None
        raise


def _emptied(case: Case, turn: int) -> tuple[Case, str]:
    """The case without input channels, without output channels, or with nothing along an axis, in words too."""
    shapes, bare = case.shapes, replace(case, layouts={}, data={}, pokes={})
    x, weighted, transposed = shapes["x"], "w" in shapes, case.operation.transposed
    # else a window over no element at all, or an extent that formulas do not agree on
    sums = (weighted and not transposed) or case.operation.name in POINTWISE
    turn, kind = divmod(turn, 1 + weighted + sums)
    if kind == 1 + weighted:
        axis = 2 + turn % case.rank
        return bare.with_shapes(x=(*x[:axis], 0, *x[axis + 1 :])), f"an x without elements on spatial axis {axis - 2}"
    if not weighted:
        return bare.with_shapes(x=(x[0], 0, *x[2:])), "an x without channels"
    outputs = shapes["w"][1 if transposed else 0]
    inputs, outputs, words = (0, outputs, "no input channels") if kind == 0 else (x[1], 0, "no output channels")
    channels = (inputs, outputs) if transposed else (outputs, inputs)
    bias = {"b": (outputs,)} if "b" in shapes else {}
    one = bare.with_options(groups=1) if "groups" in case.options else bare
    return one.with_shapes(x=(x[0], inputs, *x[2:]), w=(*channels, *shapes["w"][2:]), **bias), words


def _view(a: Array, turn: int) -> tuple[str, Array]:
    """The same kind of numbers in memory of another kind, in words and as an array."""
    if turn % 3 == 1:
        memory = np.zeros(a.nbytes + 1, np.uint8)
        view: Array = np.ndarray(a.shape, a.dtype, buffer=memory, offset=1)
        view[...] = a
        return "at an address that is no multiple of the element", view
    if turn % 3 == 2 and a.dtype.kind in "iufc" and a.dtype.itemsize > 1:
        return "in the other byte order", a.astype(a.dtype.newbyteorder())
    axes = [axis for axis, n in enumerate(a.shape) if n > 1] or [0]
    axis = axes[turn // 3 % len(axes)]
    return f"repeated along axis {axis} with stride 0", np.broadcast_to(np.take(a, [0], axis), a.shape)
