"""The output shape worked out axis by axis: padded extent, span, windows counted, and a picture of the windows.

Everything here imports the standard library alone, so that the command ``cnnspec shape`` answers at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnspec.geometry import Window, adaptive_window, ceil_div
from cnnspec.report.words import times

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.typing import Shape

MOST_WINDOWS = 8

Step = tuple[str, str, str]
"""What is computed, its formula, and the formula with numbers."""


def shape_arithmetic(case: Case, width: int = 76) -> list[str]:
    """The arithmetic of every spatial axis of the case's forward output, as lines."""
    lines = []
    for axis in range(case.rank):
        title, steps, picture = _axis(case, axis, width - 2)
        lines += [f"axis {axis}   {title}", *(f"  {line}" for line in [*_aligned(steps), *picture]), ""]
    return lines[:-1]


def forward_extents(case: Case) -> Shape:
    """The spatial extents of the forward output; raises as the operation does."""
    shape = case.operation.forward_shape(case.shapes, case.options)
    return shape if case.operation.chapter == "signal" else shape[2:]


def _axis(case: Case, axis: int, width: int) -> tuple[str, list[Step], list[str]]:
    name, o, n = case.operation.name, case.options, case.shapes["x"]
    if case.operation.chapter == "signal":
        return _signal(n[axis], case.shapes["k"][axis], o["mode"])
    extent = n[2 + axis]
    if name.startswith("pad"):
        lo, hi = o["padding"][axis]
        return f"n = {extent}, pads ({lo}, {hi})", [_padded(extent, lo, hi, "m")], []
    if name in ("relu", "relu_input_grad", "conv_bias_grad"):
        return f"n = {extent}", [("output", "m = n", f"= {extent}")], []
    if name.startswith("global"):
        return f"n = {extent}", [("output", "m = 1", "one window, the whole axis")], []
    if name.startswith("adaptive"):
        return _adaptive(extent, o["output_size"][axis])
    kernel = case.shapes["w"][2 + axis] if "w" in case.shapes else o["kernel_size"][axis]
    window = Window(kernel, o["stride"][axis], o.get("dilation", (1,) * (axis + 1))[axis], *o["padding"][axis])
    title = f"n = {extent}, k = {kernel}, s = {window.stride}, d = {window.dilation}, pads ({window.lo}, {window.hi})"
    if case.operation.transposed:
        return _transposed(title, window, extent, o["output_padding"][axis])
    ceil_mode = bool(o.get("ceil_mode", False))
    return title, _windows(window, extent, ceil_mode), picture(window, extent, ceil_mode=ceil_mode, width=width)


def _padded(n: int, lo: int, hi: int, letter: str = "N") -> Step:
    total = n + lo + hi
    return ("padded extent", f"{letter} = n + p_lo + p_hi", f"= {n} + {_signed(lo)} + {_signed(hi)} = {total}")


def _signed(p: int) -> str:
    return f"({p})" if p < 0 else str(p)


def _span(w: Window) -> Step:
    return ("span", "k' = (k - 1)·d + 1", f"= ({w.kernel} - 1)·{w.dilation} + 1 = {w.span}")


def _windows(w: Window, n: int, ceil_mode: bool) -> list[Step]:
    padded, m = n + w.lo + w.hi, w.count(n, ceil_mode=ceil_mode)
    steps = [_padded(n, w.lo, w.hi), _span(w)]
    if not ceil_mode:
        numbers = f"= ⌊({padded} - {w.span}) / {w.stride}⌋ + 1 = {m}"
        none = f"N - k' = {padded - w.span} < 0: no window fits (SHAPE-3)"
        return [*steps, ("windows", "m = ⌊(N - k') / s⌋ + 1", none if padded < w.span else numbers)]
    whole = ceil_div(padded - w.span, w.stride) + 1
    steps.append(("windows", "⌈(N - k') / s⌉ + 1", f"= ⌈({padded} - {w.span}) / {w.stride}⌉ + 1 = {whole}"))
    start = ceil_div(n + w.lo, w.stride)
    words = f"a window starts before n + p_lo = {n + w.lo}, so at most {start} do"
    return [*steps, ("counted", f"m = min({whole}, {start})", f"= {m}; {words}")]


def _transposed(title: str, w: Window, n: int, extra: int) -> tuple[str, list[Step], list[str]]:
    m = w.transposed_extent(n, extra)
    formula = "m = (n - 1)·s + k' - p_lo - p_hi + e"
    numbers = f"= ({n} - 1)·{w.stride} + {w.span} - {_signed(w.lo)} - {_signed(w.hi)} + {extra} = {m}"
    return f"{title}, output_padding e = {extra}", [_span(w), ("output", formula, numbers)], []


def _adaptive(n: int, m: int) -> tuple[str, list[Step], list[str]]:
    ranges = [adaptive_window(i, n, m) for i in range(m)]
    told = [f"{i}: [{r.start}, {r.stop})" for i, r in enumerate(ranges[:MOST_WINDOWS])]
    rows = [("windows", "[⌊i·n/m⌋, ⌈(i+1)·n/m⌉)", "  ".join(told) + (" …" if m > MOST_WINDOWS else ""))]
    return f"n = {n}, m = {m}", rows, []


def _signal(n: int, k: int, mode: str) -> tuple[str, list[Step], list[str]]:
    formula, result = {
        "full": ("m = n + k - 1", f"= {n} + {k} - 1 = {n + k - 1}"),
        "same": ("m = n", f"= {n}"),
        "valid": ("m = |n - k| + 1", f"= |{n} - {k}| + 1 = {abs(n - k) + 1}"),
    }[mode]
    return f"n = {n}, k = {k}, mode {mode}", [("output", formula, result)], []


def _aligned(steps: list[Step]) -> list[str]:
    first = max(len(what) for what, _, _ in steps)
    second = max(len(formula) for _, formula, _ in steps)
    return [f"{what:<{first}}   {formula:<{second}}  {numbers}" for what, formula, numbers in steps]


def picture(window: Window, extent: int, *, ceil_mode: bool = False, width: int = 74) -> list[str]:
    """The windows of one axis under the positions they read; nothing where that is too wide.

    Examples
    --------
    >>> print(*picture(Window(2, stride=2, lo=1), 4), sep="\\n")
    input      · 0 1 2 3   1 of 5 not read
    window 0   x x
    window 1       x x
    """
    m = window.count(extent, ceil_mode=ceil_mode)
    reach = max([window.taps(m - 1)[-1] + 1] if m else [0])
    first, last = min(-window.lo, 0), max(extent + max(window.hi, 0), reach)
    cell = len(str(max(extent - 1, 0))) + 1
    margin = len(f"window {m - 1}") + 2
    if m == 0 or margin + (last - first) * cell > width:
        return []
    signs = {"real": "", "padding": "·", "overhang": ":"}
    names = [signs[window.kind(t, extent)] or str(t) for t in range(first, last)]
    left = _left(window, extent, ceil_mode)
    lines = [f"{'input':<{margin}}{''.join(n.rjust(cell) for n in names)}{left}"]
    shown = range(m) if m <= MOST_WINDOWS else [*range(MOST_WINDOWS - 2), None, m - 1]
    for i in shown:
        if i is None:
            lines.append("…")
            continue
        marks = "".join(("x" if t in window.taps(i) else "").rjust(cell) for t in range(first, last))
        lines.append(f"{f'window {i}':<{margin}}{marks}".rstrip())
    return lines


def _left(window: Window, extent: int, ceil_mode: bool) -> str:
    """How many padded elements no window reaches, in words."""
    left = 0 if ceil_mode else window.remainder(extent)
    return f"   {left} of {window.padded(extent)} not read" if left else ""


def summary(case: Case) -> str:
    """One line: the operation and what goes in and out."""
    try:
        out = times(forward_extents(case)) or "a number"
    except ValueError as error:
        return f"{case.op}: {error}"
    n = case.shapes["x"] if case.operation.chapter == "signal" else case.shapes["x"][2:]
    return f"{case.op}: {times(n)} -> {out}"
