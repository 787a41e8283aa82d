"""Output shapes: count the windows.  And invalid calls: refuse them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.laws.conditions import windows_of
from cnnspec.laws.law import Failure, Probe, Vacuous, law
from cnnspec.operations import BY_NAME

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.implementation import Observation

DUMOULIN = "Dumoulin and Visin 2016, relationships 1 to 15; https://arxiv.org/abs/1603.07285"
ONNX = "ONNX Operators.md, output shape formulas; https://onnx.ai/onnx/operators/onnx__MaxPool.html"
EVERY = tuple(BY_NAME)
STRIDED = tuple(name for name, op in BY_NAME.items() if any(o.name == "stride" for o in op.options))
WITH_WEIGHTS = ("conv", "conv_transpose")
WINDOWED = ("conv", "max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")


@law(
    "SHAPE-3",
    title="the output extent is the number of windows",
    formula="$m = |\\{i \\ge 0 : s\\,i + k' \\le n + p_{lo} + p_{hi}\\}|$",
    source=DUMOULIN,
    operations=EVERY,
    lane="shape",
    example=("conv2d:x=1x1x3x4,w=1x1x2x3,f64,ones", [[[[6, 6], [6, 6]]]]),
    mutants=("ceil_for_floor", "extent_ignores_dilation", "extent_of_first_axis"),
)
def window_count(probe: Probe) -> Failure | None:
    """On every axis the output has one element for each window that fits, counted; batch and channels follow."""
    expected = probe.case.output_shape
    if probe.got.shape == expected:
        return None
    return Failure(f"the result has the shape {probe.got.shape} where {expected} is right{_axis_words(probe)}")


def _axis_words(probe: Probe) -> str:
    """Which axis is off, in words, where exactly one is."""
    expected, got = probe.case.output_shape, probe.got.shape
    if len(got) != len(expected):
        return f": {len(expected)} axes are expected"
    wrong = [axis for axis in range(len(got)) if got[axis] != expected[axis]]
    names = {0: "batch", 1: "channel"}
    return ", wrong on " + " and ".join(
        f"the {names[a]} axis" if a in names else f"spatial axis {a - 2}" for a in wrong
    )


def refused(seen: Observation) -> bool:
    """Whether a call ended with an error of its own, of any kind."""
    return seen.kind in ("raised", "unsupported")


def must_refuse(seen: Observation, words: str, rule: str) -> Failure | None:
    """A failure unless an invalid call, in these words, was refused."""
    if refused(seen):
        return None
    if seen.kind == "returned":
        shape = seen.outputs[0].shape if seen.outputs else ()
        return Failure(f"{words} returned an array of shape {shape} instead of raising an error: {rule}", call=words)
    return Failure(f"{words} ended badly instead of raising an error: {seen.message}", call=words)


def _picked(case: Case) -> int:
    """Which of several invalid calls this case tries; every one comes up over the seeds."""
    return case.seed // 7


def _invalid_options(probe: Probe) -> list[tuple[dict[str, Any], str]]:
    case = probe.case
    claimed = probe.claims.operations[case.op]
    calls: list[tuple[dict[str, Any], str]] = []
    for name in ("stride", "dilation", "kernel_size"):
        if name in case.call_options and (name in claimed.options or name in case.operation.derived):
            value, axis = case.call_options[name], case.seed % case.rank
            for bad in (0, -1):
                changed = (bad,) * case.rank if claimed.uniform else (*value[:axis], bad, *value[axis + 1 :])
                calls.append(({name: changed}, f"{name}={changed}"))
    if "groups" in claimed.options and "groups" in case.call_options:
        calls += [({"groups": bad}, f"groups={bad}") for bad in (0, -1)]
    return calls


@law(
    "SHAPE-1",
    title="options below 1 are refused",
    formula="$s, d, k, g \\ge 1$",
    source=ONNX,
    operations=STRIDED,
    lane="reject",
    applies=lambda case: case.seed % 3 == 0,
    example=("max_pool1d:x=1x1x3,kernel_size=2,stride=1,f64,iota", [[[2, 3]]]),
    mutants=("accepts_zero_stride",),
)
def options_in_range(probe: Probe) -> Failure | None:
    """A stride, dilation, kernel size or groups below 1 is an error, not a result, a crash or a hang."""
    calls = _invalid_options(probe)
    if not calls:
        raise Vacuous("no option that could be out of range is claimed")
    options, words = calls[_picked(probe.case) % len(calls)]
    return must_refuse(probe.observe(options=options), f"the call with {words}", "it must be >= 1 on every axis")


@law(
    "SHAPE-4",
    title="arguments that do not fit are refused",
    formula="$C = g \\cdot w_1$, $\\operatorname{rank}(x) = \\operatorname{rank}(w)$, $b \\in \\mathbb{R}^O$",
    source="ONNX Operators.md, Conv; https://onnx.ai/onnx/operators/onnx__Conv.html",
    operations=WITH_WEIGHTS,
    lane="reject",
    applies=lambda case: case.seed % 3 == 1,
    example=("conv1d:x=1x2x2,w=1x2x1,f64,ones", [[[2, 2]]]),
    mutants=("accepts_channel_mismatch", "accepts_bias_of_wrong_length"),
)
def arguments_fit(probe: Probe) -> Failure | None:
    """Channels that do not match, a wrong number of axes and a bias of the wrong length are errors."""
    x, w = probe.arrays["x"], probe.arrays["w"]
    calls = [
        ({"x": np.concatenate([x, x[:, :1]], axis=1)}, f"an x of {x.shape[1] + 1} channels"),
        ({"w": w[..., None]}, f"a w of {w.ndim + 1} axes"),
        ({"x": x[..., None]}, f"an x of {x.ndim + 1} axes"),
    ]
    if x.shape[1] > 1:
        calls.append(({"x": x[:, :1]}, f"an x of 1 channel for weights of {x.shape[1]}"))
    if "b" in probe.arrays:
        b = probe.arrays["b"]
        calls.append(({"b": np.concatenate([b, b[:1]])}, f"a bias of {b.size + 1} numbers for {b.size} channels"))
        calls.append(({"b": b[None]}, f"a bias of shape {b[None].shape}"))
        if b.size > 1:  # which would be repeated
            calls.append(({"b": b[:1]}, f"a bias of 1 number for {b.size} channels"))
    if x.shape[1] == 0:
        raise Vacuous("there are no channels to add to")
    arrays, words = calls[_picked(probe.case) % len(calls)]
    return must_refuse(probe.observe(arrays), f"the call with {words}", "the shapes of the arguments do not fit")


@law(
    "SHAPE-6",
    title="no window, no element",
    formula="$N < k' \\Rightarrow m = 0$",
    source=DUMOULIN,
    operations=WINDOWED,
    lane="shape",
    applies=lambda case: case.seed % 3 == 2 and not case.options.get("ceil_mode", False),
    example=("conv1d:x=1x1x2,w=1x1x2,f64,ones", [[[2]]]),
    mutants=("truncates_toward_zero", "clamps_extent_to_one"),
)
def no_window_no_element(probe: Probe) -> Failure | None:
    """Where the kernel reaches beyond the padded input there is no output element: an error, or extent 0."""
    case = probe.case
    bare = case.with_options(padding=((0, 0),) * case.rank)
    # without the pads where they alone hold a window
    for tried in (case, bare):
        windows = windows_of(tried)
        rooms = [window.span - 1 - window.lo - window.hi for window in windows]
        axes = [axis for axis, room in enumerate(rooms) if 1 <= room <= case.shapes["x"][2 + axis]]
        if axes:
            break
    else:
        raise Vacuous("the input is too short to be cut, or every kernel reaches over one element")
    axis = axes[case.seed % len(axes)]
    short = np.take(probe.arrays["x"], range(rooms[axis]), axis=2 + axis)
    changed = {} if tried is case else {"padding": bare.options["padding"]}
    seen = probe.observe({"x": short}, changed)
    words = (
        f"an input of {rooms[axis]} elements{' without padding' * bool(changed)} on spatial axis {axis} for a kernel"
        f" that reaches over {windows[axis].span}"
    )
    if seen.kind == "returned" and seen.outputs and seen.outputs[0].size == 0:
        return None
    return must_refuse(seen, words, "no window fits")
