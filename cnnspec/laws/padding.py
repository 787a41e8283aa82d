"""Padding: what stands around the input, and that nothing else is touched."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.laws.compare import equal, rounded
from cnnspec.laws.conditions import FLOATS, agree, exact_values, finite, integer_filled, nonempty, one_in, shaped
from cnnspec.laws.law import Failure, Probe, Vacuous, law

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.typing import Array, Pads

ONNX = "ONNX Operators.md, Pad; https://onnx.ai/onnx/operators/onnx__Pad.html"
NUMPY = "NumPy, numpy.pad; https://numpy.org/doc/stable/reference/generated/numpy.pad.html"
TORCH = "PyTorch, torch.nn.functional.pad; https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html"
DUMOULIN = "Dumoulin and Visin 2016, 2.2; https://arxiv.org/abs/1603.07285"


@law(
    "PAD-1",
    title="each padded position copies one input element",
    formula="$y[i] = x[\\sigma(i - p_{lo})]$; reflect has period $2(n-1)$, symmetric $2n$, circular $n$",
    source=ONNX,
    operations=("pad",),
    lane="exact",
    example=("pad:x=1x1x3,padding=2.2,mode=reflect,f64,data.x=1_2_3", [[[3, 2, 1, 2, 3, 2, 1]]]),
    mutants=("reflect_repeats_the_edge", "padding_sides_swapped", "mixed_pads_fold", "circular_is_replicate"),
)
def index_map(probe: Probe) -> Failure | None:
    """Every padded position holds the constant, or the one input element that the mode names, bit for bit."""
    mode = probe.case.options["mode"]
    return equal(rounded(probe.expected[0], probe.got), probe.got, f"mode {mode} puts a wrong element")


def inner(case: Case) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Where the input lies in the padded array, and which part of the input that is; crops leave a part out."""
    at: list[slice] = [slice(None)] * 2
    part: list[slice] = [slice(None)] * 2
    for n, (lo, hi) in zip(case.shapes["x"][2:], case.options["padding"], strict=True):
        first, last = max(-lo, 0), max(n + min(hi, 0), 0)
        part.append(slice(first, max(last, first)))
        at.append(slice(first + lo, max(last, first) + lo))
    return tuple(at), tuple(part)


@law(
    "PAD-2",
    title="the interior is the input itself",
    formula="$y[i] = x[i - p_{lo}]$ where $0 \\le i - p_{lo} < n$",
    source=NUMPY,
    operations=("pad",),
    lane="metamorphic",
    example=("pad:x=1x1x2,padding=1.2,f64,data.x=5_6", [[[0, 5, 6, 0, 0]]]),
    mutants=("padding_sides_swapped", "pads_read_in_torch_order"),
)
def interior(probe: Probe) -> Failure | None:
    """Between the pads stands the input, unchanged, starting after exactly lo elements on every axis."""
    shaped(probe)
    at, part = inner(probe.case)
    return equal(
        rounded(probe.arrays["x"][part], probe.got), probe.got[at], "the input does not stand between the pads"
    )


@law(
    "PAD-3",
    title="the constant goes into every pad, whatever it is",
    formula="$y[i] = v$ where $i - p_{lo} < 0$ or $i - p_{lo} \\ge n$",
    source=ONNX,
    operations=("pad",),
    lane="metamorphic",
    applies=lambda case: case.options["mode"] == "constant" and one_in(2, case),
    example=("pad:x=1x1x2,padding=1.0,value=7,f64,data.x=5_6", [[[7, 5, 6]]]),
    mutants=("pad_value_ignored", "minus_infinity_promotes"),
    needs=("value",),
)
def constant_value(probe: Probe) -> Failure | None:
    """Pads hold the given constant, also where it is minus infinity, and the dtype of the input stays."""
    case = probe.case
    value: Any = (-np.inf if case.dtype in FLOATS else 1, 7)[case.seed // 4 % 2]
    got = probe.call(options={"value": value}, description=f"value={value}")
    if got.shape != case.output_shape:
        raise Vacuous("the result has another shape")
    if got.dtype != probe.got.dtype:
        return Failure(f"with value={value} the dtype becomes {got.dtype.name}, and was {probe.got.dtype.name} before")
    at, part = inner(case)
    expected = np.full(got.shape, value, got.dtype)
    expected[at] = probe.arrays["x"][part]
    return equal(expected, got, f"with value={value} the pads do not hold it alone")


@law(
    "PAD-4",
    title="axes are padded independently",
    formula="$\\operatorname{pad}_{1,2} = \\operatorname{pad}_2 \\circ \\operatorname{pad}_1$",
    source=NUMPY,
    operations=("pad",),
    lane="metamorphic",
    applies=lambda case: case.rank > 1 and nonempty(case) and one_in(4, case, 1),
    example=(
        "pad:x=1x1x2x2,padding=1.0_0.1,mode=replicate,f64,data.x=1_2_3_4",
        [[[[1, 2, 2], [1, 2, 2], [3, 4, 4]]]],
    ),
    mutants=("pads_read_in_torch_order", "corners_left_zero"),
)
def axes_independent(probe: Probe) -> Failure | None:
    """Padding the first axis and then the others gives the same as padding all at once, corners included."""
    pads = probe.case.options["padding"]
    none: Pads = ((0, 0),) * (len(pads) - 1)
    first = probe.call(options={"padding": (pads[0], *none)}, description="the first axis padded")
    right = probe.case.with_options(padding=(pads[0], *none)).output_shape
    if first.shape != right:
        return Failure(f"with the first axis alone padded the result has the shape {first.shape}, not {right}")
    both = probe.call({"x": first}, {"padding": ((0, 0), *pads[1:])}, description="then the others")
    return equal(both, probe.got, "padding one axis after the other gives another result than padding all at once")


def neutral(case: Case) -> float:
    """What padding stands for: 0 in a sum, $-\\infty$ (the type's minimum) in a maximum."""
    if not case.operation.name.startswith("max_pool"):
        return 0
    return -np.inf if case.dtype in FLOATS else int(np.iinfo(case.dtype).min)


def surrounded(x: Array, pads: Pads, value: float) -> Array:
    """The input with explicit elements around it, cropped where a pad is negative."""
    grown = np.pad(x, [(0, 0), (0, 0), *((max(lo, 0), max(hi, 0)) for lo, hi in pads)], constant_values=value)
    cut = [slice(max(-lo, 0), n - max(-hi, 0)) for n, (lo, hi) in zip(grown.shape[2:], pads, strict=True)]
    inside: Array = np.array(grown[:, :, *cut])
    return inside


def _counts_everything(case: Case) -> bool:
    return not case.options.get("ceil_mode", False) and case.options.get("count_include_pad", True)


@law(
    "PAD-5",
    title="padding is a larger input",
    formula="$f(x;\\, p) = f(\\operatorname{pad}(x, p, v);\\, 0)$ with $v = 0$ for sums and $v = -\\infty$ for maxima",
    source=DUMOULIN,
    operations=("conv", "max_pool", "avg_pool"),
    lane="metamorphic",
    applies=lambda case: (
        any(map(any, case.options["padding"]))
        and finite(case)
        and nonempty(case)
        and (integer_filled(case) or case.operation.name != "conv")
        and _counts_everything(case)
        and one_in(3, case, 2)
    ),
    example=("max_pool1d:x=1x1x3,kernel_size=2,stride=2,padding=1.0,f64,data.x=-5_-3_-4", [[[-5, -3]]]),
    mutants=("max_padding_is_zero", "padding_sides_swapped", "pad_ignored_on_one_side"),
    needs=("padding",),
)
def larger_input(probe: Probe) -> Failure | None:
    """Padding gives what the same call gives without padding on an input that was extended by hand."""
    case = probe.case
    if case.operation.name == "conv":
        exact_values(probe)
    pads, value = case.options["padding"], neutral(case)
    x = surrounded(probe.arrays["x"], pads, value)
    if not prod(x.shape):
        raise Vacuous("the pads crop everything")
    options = {"padding": ((0, 0),) * case.rank}
    got = probe.call({"x": x}, options, description=f"x extended by hand with {value}, padding 0")
    return agree(probe, got, probe.got, f"padding={pads} is not the same as extending x by {value} and padding nothing")


@law(
    "PAD-6",
    title="a pad of zero width is the identity",
    formula="$\\operatorname{pad}(x;\\, 0) = x$",
    source=TORCH,
    operations=("pad",),
    lane="metamorphic",
    applies=lambda case: one_in(3, case, 2),
    example=("pad:x=1x1x2,padding=0.0,mode=circular,f64,data.x=5_6", [[[5, 6]]]),
    mutants=("circular_zero_pad_drops_all",),
)
def nothing_added(probe: Probe) -> Failure | None:
    """With all pads 0 the result is the input, in every mode."""
    got = probe.call(options={"padding": ((0, 0),) * probe.case.rank}, description="all pads 0")
    return equal(rounded(probe.arrays["x"], got), got, "padding by nothing changes the input")
