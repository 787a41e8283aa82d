"""Pooling at its edges: windows of padding alone, NaN, and minus infinity."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.laws.compare import differs, equal, first_index, rounded
from cnnspec.laws.conditions import FLOATS, finite, nonempty, one_in, wide
from cnnspec.laws.law import CallEnded, Failure, Probe, Vacuous, law
from cnnspec.laws.pooling import MAXIMA, ONNX_MAX, SLIDING, TORCH_INDICES
from cnnspec.numerics.precision import format_of
from cnnspec.shapes import pool_windows

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.typing import Array


def _empty_window(case: Case, uniform: bool) -> dict[str, object]:
    """Options under which the first window of the case holds padding alone."""
    axes = pool_windows(
        case.shapes["x"], kernel_size=case.options["kernel_size"], stride=case.options["stride"],
        dilation=case.options.get("dilation", 1),
    )  # fmt: skip
    spans = [axis.span for axis in axes]
    spans = [max(spans)] * len(spans) if uniform else spans
    return {"padding": tuple((span, span) for span in spans), "ceil_mode": False}


@law(
    "POOL-2",
    title="a window without a real element is refused",
    formula="$R_i = \\emptyset$: an error, or $-\\infty$, NaN or 0 by dialect, in every such window alike",
    source=ONNX_MAX,
    operations=SLIDING,
    lane="reject",
    applies=lambda case: nonempty(case) and finite(case) and one_in(4, case),
    example=("max_pool1d:x=1x1x2,kernel_size=2,stride=1,padding=1.1,f64,data.x=-1_-2", [[[-1, -1, -2]]]),
    mutants=("empty_window_gives_lowest_finite", "empty_windows_differ"),
    needs=("padding",),
)
def empty_window(probe: Probe) -> Failure | None:
    """A window that holds padding alone has no maximum and no mean: it is refused, or gives one declared value."""
    case, claim = probe.case, probe.claims.operations[probe.case.op]
    if "padding" not in claim.options or not claim.allows_padding("symmetric") or "half_kernel_padding" in claim.limits:
        raise Vacuous("pads as wide as the window are not claimed")
    options = _empty_window(case, claim.uniform)
    if "ceil_mode" not in claim.options:
        del options["ceil_mode"]
    seen = probe.observe(options=options)
    words = f"the call with padding={options['padding']}, under which the first window holds padding alone,"
    dialect = probe.dialect("pool.empty_window", "")
    if "int" in case.dtype and dialect in ("nan", "-inf"):
        raise Vacuous(f"{case.dtype} has no {dialect}, which the target declares")
    if seen.kind in ("raised", "unsupported"):
        return Failure(f"{words} was refused; {dialect} was declared") if dialect not in ("", "refused") else None
    if seen.kind != "returned":
        return Failure(f"{words} ended badly: {seen.message}", call=words)
    if dialect == "refused" or not seen.outputs[0].size:
        return Failure(f"{words} returned an array of shape {seen.outputs[0].shape}; an error was declared", call=words)
    corner = seen.outputs[0][:, :, *(slice(0, 1),) * case.rank]
    for name, value in _empty_values(corner).items():
        if dialect in ("", name) and not differs(np.full(corner.shape, value), wide(corner)).any():
            return None
    choices = dialect or "-inf, NaN or 0 in every plane"
    return Failure(f"{words} gives {corner.ravel()[0].item()} there instead of an error (or {choices})", call=words)


def _empty_values(a: Array) -> dict[str, float]:
    """The values that a window without real elements may have, by dialect."""
    lowest = float(np.iinfo(a.dtype).min) if a.dtype.kind in "iu" else -np.inf
    return {"-inf": lowest, "nan": np.nan, "0": 0.0}


@law(
    "POOL-8",
    title="NaN in a maximum",
    formula=(
        "$\\max(\\dots, \\mathrm{NaN}, \\dots) = \\mathrm{NaN}$; by dialect NaN is left out, and nothing but NaN gives"
        " NaN or $-\\infty$"
    ),
    source=ONNX_MAX,
    operations=(*MAXIMA, "adaptive_max_pool", "global_max_pool"),
    lane="special",
    applies=lambda case: not finite(case),
    example=("max_pool1d:x=1x1x4,kernel_size=2,f64,data.x=1_nan_3_4", [[[float("nan"), 4]]]),
    mutants=("nan_lost_in_comparison", "nan_wins_only_when_first", "nan_lost_in_a_large_array"),
)
def nan_in_maximum(probe: Probe) -> Failure | None:
    """A window with a NaN gives NaN, or ignores it if that is declared: the same wherever in the window it stands."""
    expected, least = probe.expected[0], -np.inf
    if probe.dialect("pool.max.identity", "-inf") == "lowest":
        least = -format_of(probe.case.dtype).largest
    if probe.dialect("pool.max.nan", "propagate") == "ignore":
        expected = _ignoring_nan(probe)
        if expected.shape == probe.got.shape:  # of nothing but NaN there is no maximum, or it is that of nothing
            expected = np.where(np.isnan(expected) & (wide(probe.got) == least), least, expected)
    expected = np.where(np.isneginf(expected), least, expected)
    return equal(rounded(expected, probe.got), probe.got, "NaN and infinity in a maximum are not treated as declared")


def _ignoring_nan(probe: Probe) -> Array:
    x, case = wide(probe.arrays["x"]), probe.case
    nan = np.isnan(x)
    largest = np.asarray(case.operation.reference(np.where(nan, -np.inf, x), **case.call_options))
    some = case.operation.reference(np.where(nan, 0.0, 1.0), **case.call_options)
    if isinstance(some, tuple):
        largest, some = largest[0], some[0]
    return np.where(some > 0, largest, np.nan)


@law(
    "POOL-10",
    title="a window of minus infinities has a maximum",
    formula="$\\max\\{-\\infty, \\dots, -\\infty\\} = -\\infty$, its index inside the window",
    source=ONNX_MAX,
    operations=MAXIMA,
    lane="special",
    applies=lambda case: case.dtype in FLOATS and nonempty(case) and one_in(3, case, 2),
    example=("max_pool1d:x=1x1x2,kernel_size=2,f64,data.x=-inf_-inf", [[[float("-inf")]]]),
    mutants=("max_starts_at_lowest_finite",),
)
def minus_infinities(probe: Probe) -> Failure | None:
    """The maximum of minus infinities is minus infinity, not the lowest finite number; its index is in the window."""
    if probe.dialect("pool.max.identity", "-inf") != "-inf":
        raise Vacuous("the target declares another least element")
    words = "x = -inf everywhere"
    x = np.full_like(probe.arrays["x"], -np.inf)
    seen = probe.observe({"x": x})
    if seen.kind == "unsupported":
        raise Vacuous(seen.message)
    if seen.kind != "returned":
        raise CallEnded(seen, words)
    got = seen.outputs[0]
    failure = equal(
        np.full_like(got, -np.inf), got, "the maximum of minus infinities is not minus infinity", call=words
    )
    if failure or len(seen.outputs) < 2 or probe.dialect("pool.max.indices", "plane") != "plane":
        return failure
    return _inside(probe.case, seen.outputs[1], words)


@law(
    "POOL-14",
    title="an index names what the window gives, NaN too",
    formula="$y[i] = x[\\mathrm{index}[i]]$, $\\mathrm{index}[i] \\in R_i$, where NaN equals NaN",
    source=TORCH_INDICES,
    operations=("max_pool_with_indices",),
    lane="special",
    applies=lambda case: not finite(case) and nonempty(case),
    example=("max_pool1d_with_indices:x=1x1x4,kernel_size=2,f64,data.x=1_nan_3_4", ([[[float("nan"), 4]]], [[[1, 3]]])),
    mutants=("index_in_padded_plane", "index_counts_through_channels"),
)
def index_names_value(probe: Probe) -> Failure | None:
    """With numbers that are not finite, too, the index is that of a tap of the window, and this tap holds the value.

    Which NaN of several is named is free.
    """
    if len(probe.outputs) != 2 or probe.dialect("pool.max.indices", "plane") != "plane":
        raise Vacuous("there are no indices, or they are declared to count otherwise")
    values, indices = probe.outputs
    failure = _inside(probe.case, indices, "the call")
    if failure:
        return failure
    x = probe.arrays["x"]
    named = np.take_along_axis(x.reshape(*x.shape[:2], -1), indices.reshape(*x.shape[:2], -1), axis=2)
    named = named.reshape(values.shape)
    if probe.dialect("pool.max.nan", "propagate") == "ignore":  # of nothing but NaN the value is free
        named = np.where(np.isnan(_ignoring_nan(probe)), values, named)
    return equal(named, values, "the element that the index names is not the value")


def _inside(case: Case, indices: Array, words: str) -> Failure | None:
    """A failure unless every index, flat in the plane, is a tap of its own window."""
    extents, o = case.shapes["x"][2:], case.options
    if indices.shape != case.output_shape or indices.dtype.kind not in "iu":
        raise Vacuous("the indices have another shape or are no integers")
    if ((indices < 0) | (indices >= prod(extents))).any():
        return Failure("an index lies outside the plane", got=indices, call=words)
    axes = pool_windows(
        case.shapes["x"], kernel_size=o["kernel_size"], stride=o["stride"], padding=o["padding"], dilation=o["dilation"]
    )
    positions = np.indices(indices.shape)[2:]
    for axis, i, t in zip(axes, positions, np.unravel_index(indices, extents), strict=True):
        offset = t - (axis.stride * i - axis.lo)
        outside = (offset < 0) | (offset >= axis.span) | (offset % axis.dilation != 0)
        if outside.any():
            where = first_index(outside)
            return Failure(
                f"the index at {list(where)} is {indices[where]}, outside its window", got=indices, where=where
            )
    return None
