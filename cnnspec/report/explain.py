"""One output element explained: its window, drawn, and the sum (or maximum, or mean) written out."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cnnspec.cases.arrays import make_arrays
from cnnspec.geometry import source_index
from cnnspec.report.drawing import draw
from cnnspec.report.makers import made
from cnnspec.report.terms import Factor, Made, Term, product_of
from cnnspec.report.words import count, element, factor, is_nan, listing, number, times

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.typing import Array, Shape

FEW = 6
"""Up to so many terms, each gets a line of its own."""

MANY = 16
"""More channels than so many are not all shown."""

MOST_TERMS = 30

SAYS = {
    "conv": "inputs of the window times weights, summed; the kernel is not flipped",
    "conv_transpose": "every input whose kernel copy lands here, times the weight that lands here",
    "conv_input_grad": "the cotangents of the windows that read this input, times the weight they read it with",
    "conv_weight_grad": "what this weight was multiplied by, times the cotangent there, over all windows",
    "conv_bias_grad": "every cotangent of the channel, over samples and positions",
    "conv_transpose_input_grad": "the cotangents where this input's copy of the kernel landed, times the weights",
    "conv_transpose_weight_grad": "every input times the cotangent of the place where this weight took it",
    "max_pool": "the largest real element of the window",
    "max_pool_with_indices": "the largest real element of the window",
    "adaptive_max_pool": "the largest element of the window",
    "global_max_pool": "the largest element of the plane",
    "avg_pool": "the mean over the window",
    "adaptive_avg_pool": "the mean over the window",
    "global_avg_pool": "the mean over the plane",
    "lp_pool": "the p-norm of the window",
    "max_pool_input_grad": "the cotangents of the windows whose first maximum this element is",
    "avg_pool_input_grad": "its share of the cotangent of every window it lies in",
    "adaptive_max_pool_input_grad": "the cotangents of the windows whose first maximum this element is",
    "adaptive_avg_pool_input_grad": "its share of the cotangent of every window it lies in",
    "global_max_pool_input_grad": "the cotangent of its plane, if this element is the first maximum of it",
    "global_avg_pool_input_grad": "its share of the cotangent of its plane",
    "pad": "a copy",
    "pad_input_grad": "the cotangents of every place that this element was copied to",
    "relu": "the element where it is positive, else 0",
    "relu_input_grad": "the cotangent where the input is above 0, else 0",
    "convolve": "all products x[u]·k[v] with u + v = the position in the full result; k is flipped",
    "cross_correlate": "k laid over x, unflipped; products summed",
}
"""What an element is, in words, by rank-free operation name."""

LINEAR_PADDING = "{} on padding: nothing is added"
PADDING = "{} on padding: left out, not counted as 0"


def explain(case: Case, at: Shape, *, got: Any = None, width: int = 76) -> list[str]:
    """The element ``at`` of the case's first result, explained: the window, drawn, then the sum, as lines.

    Raises
    ------
    UsageError
        If ``at`` is no index of the result.
    """
    arrays = make_arrays(case)
    how = made(case, at, arrays)
    name = output_name(case)
    says = f"{element(name, at)}: {SAYS.get(case.operation.name, 'see the definition')}"
    lines = [*textwrap.wrap(says, width, subsequent_indent="  "), ""]
    if how is None:
        value = case.operation.definition(*arrays.values(), **case.call_options)
        return [*lines, f"  = {number((value[0] if isinstance(value, tuple) else value)[at])}"]
    if how.view is not None and how.view.taps:
        lines += [*draw(how.view, arrays, width, weights(case, at, arrays)), ""]
    return lines + worked(case, at, how, got=got, width=width)


def output_name(case: Case) -> str:
    """What the first result is called: ``y``, or the gradient's name."""
    name = case.operation.name
    return "grad_w" if name.endswith("weight_grad") else "grad_x" if name.endswith("input_grad") else "y"


def weights(case: Case, at: Shape, arrays: Mapping[str, Array]) -> tuple[str, Array] | None:
    """The kernel to draw beside the window, where one plane of it says it all."""
    if case.operation.name == "conv" and arrays["w"].ndim <= 4:
        return f"{element('w', (at[1], 0))}, the kernel", arrays["w"][at[1], 0]
    if case.operation.chapter == "signal" and arrays["k"].ndim <= 2:
        return "k, the kernel", arrays["k"]
    return None


def worked(
    case: Case, at: Shape, how: Made | None = None, *, got: Any = None, width: int = 76, head: bool = True
) -> list[str]:
    """The element ``at`` worked out, line by line, with what was got instead.

    Parameters
    ----------
    case, at
        Which element.
    how
        What it is made of, where that is known already.
    got
        What an implementation gave there.
    width
        The longest line.
    head
        Whether to begin with the element's name.
    """
    how = how or made(case, at)
    if how is None or how.value is None:
        return []
    name = element(output_name(case), at)
    body = {"sum": _sum, "max": _choice, "mean": _mean, "norm": _norm, "copy": _copy, "relu": _relu}[how.rule](
        case, at, how, width - 4
    )
    instead = "" if got is None else f"    got {number(got)}"
    body[-1] += instead
    notes = _notes(how)
    return [f"{name} ="] * head + [f"    {line}" for line in body] + [f"    ({note})" for note in notes]


def _notes(how: Made) -> list[str]:
    if how.view is None or how.view.name != "x":
        return []
    kinds = list(how.view.taps.values())
    pattern = LINEAR_PADDING if how.rule == "sum" else PADDING
    padding, overhang = kinds.count("padding"), kinds.count("overhang")
    notes = []
    if padding and how.rule != "mean":
        notes.append(pattern.format(f"{count(padding, 'tap')} of {len(kinds)}"))
    if overhang:
        notes.append(f"{count(overhang, 'tap')} beyond the padding: left out")
    return notes


def _sum(case: Case, at: Shape, how: Made, width: int) -> list[str]:
    if not how.terms and how.bias is None:
        return ["an empty sum = 0"]
    bias = how.bias and (element(how.bias.name, how.bias.at), "", number(how.bias.value))
    if len(how.terms) <= FEW:
        rows = [(_names(term), _values(term), number(product_of(term))) for term in how.terms]
        return _aligned([*rows, *([bias] if bias else [])], number(how.value), width)
    groups = _ends([(name, _joined(terms)) for name, terms in how.groups.items() if terms])
    lines = _hanging([*groups, *([(bias[0], f"= {bias[2]}")] if bias else [])], width)
    return [*lines, f"sum = {number(how.value)}"] if len(groups) + bool(bias) > 1 else lines


def _ends(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The rows, their middle left out where there are many."""
    if len(rows) <= MANY:
        return rows
    left_out = f"{len(rows) - MANY + 1} more, which the sum below counts"
    return [*rows[: MANY - 4], ("...", left_out), *rows[-3:]]


def _aligned(rows: list[tuple[str, str, str]], total: str, width: int) -> list[str]:
    """Rows of names, values and result in columns, with the sum below where there are several.

    Where that is too wide the names stand above their values.
    """
    rows = [*rows, ("sum", "", total)] if len(rows) > 1 else rows
    names, values, results = (max(map(len, column)) for column in zip(*rows, strict=True))
    told = [f"{value:<{values}} = {result:>{results}}" for _, value, result in rows]
    if names + 3 + values + 3 + results <= width:
        return [f"{name:<{names}}   {text}" for (name, _, _), text in zip(rows, told, strict=True)]
    return [line for (name, _, _), text in zip(rows, told, strict=True) for line in (name, f"  {text}")]


def _hanging(rows: list[tuple[str, str]], width: int) -> list[str]:
    """Rows of a label and a text that may need several lines."""
    margin = max(len(label) for label, _ in rows) + 2 * any(label for label, _ in rows)
    wrapped = ((label, textwrap.wrap(text, max(width - margin, 20), subsequent_indent="  ")) for label, text in rows)
    starts = ((f"{label:<{margin}}{texts[0]}", texts[1:]) for label, texts in wrapped)
    return [line for start, rest in starts for line in (start, *(" " * margin + text for text in rest))]


def _joined(terms: tuple[Term, ...]) -> str:
    """A sum on one line, its middle left out where it is long."""
    shown = [_values(term, 4) for term in terms]
    if len(shown) > MOST_TERMS:
        shown = [*shown[: MOST_TERMS - 3], f"… {len(shown) - MOST_TERMS} more …", *shown[-3:]]
    return f"{' + '.join(shown)} = {number(sum(product_of(term) for term in terms))}"


def _names(term: Term) -> str:
    return " · ".join(element(f.name, f.at) for f in term if f.name)


def _values(term: Term, digits: int = 9) -> str:
    return "·".join(factor(f.value, digits) for f in term)


def _some(texts: list[str], between: str) -> str:
    more = [f"… {len(texts) - MOST_TERMS} more"] if len(texts) > MOST_TERMS else []
    return between.join([*texts[:MOST_TERMS], *more])


def _choice(case: Case, at: Shape, how: Made, width: int) -> list[str]:
    winner = next(f for (f,) in how.terms if product_of((f,)) == how.value or is_nan(f.value))
    texts = _some([number(f.value) for (f,) in how.terms], ", ")
    text = f"max({texts}) = {number(how.value)}, which is {element(winner.name, winner.at)}"
    lines = textwrap.wrap(text, width, subsequent_indent="  ")
    if case.operation.name.endswith("with_indices"):
        lines.insert(0, f"{_flat(winner, case.shapes['x'][2:])}, and its value:")
    return lines


def _flat(winner: Factor, extents: Shape) -> str:
    index, parts = 0, []
    for position, u in enumerate(winner.at[2:]):
        step = 1
        for n in extents[position + 1 :]:
            step *= n
        index += u * step
        parts.append(f"{u}·{step}" if step > 1 else str(u))
    return f"index {' + '.join(parts)} = {index} in the plane of {times(extents)}"


def _mean(case: Case, at: Shape, how: Made, width: int) -> list[str]:
    text = f"({_some([factor(term[0].value) for term in how.terms], ' + ')}) / {how.divisor} = {number(how.value)}"
    text += f"    divided by {how.words}"
    return textwrap.wrap(text, width, subsequent_indent="  ")


def _norm(case: Case, at: Shape, how: Made, width: int) -> list[str]:
    p = number(how.power)
    powers = _some([f"|{number(term[0].value)}|^{p}" for term in how.terms], " + ")
    return textwrap.wrap(f"({powers})^(1/{p}) = {number(how.value)}", width, subsequent_indent="  ")


def _copy(case: Case, at: Shape, how: Made, width: int) -> list[str]:
    (only,) = how.terms[0]
    mode = case.options["mode"]
    steps = []
    for axis, (i, (lo, _), n) in enumerate(zip(at[2:], case.options["padding"], case.shapes["x"][2:], strict=True)):
        t = i - lo
        source = source_index(t, n, mode)
        inside = "inside x" if 0 <= t < n else "outside x" if source is None else f"{mode} reads {source}"
        steps.append(f"axis {axis}: position {i} - {lo} = {t}, {inside}")
    what = "the constant" if not only.name else element(only.name, only.at)
    return [*steps, f"{what} = {number(how.value)}"]


def _relu(case: Case, at: Shape, how: Made, width: int) -> list[str]:
    (only,) = how.terms[0]
    positive = how.value == only.value and how.value != 0
    words = "NaN stays NaN" if is_nan(only.value) else "positive, kept" if positive else "not positive"
    return [f"{element(only.name, only.at)} = {number(only.value)}, {words}: {number(how.value)}"]


def first_element(case: Case) -> Shape:
    """The element to explain when none is named: the first whose window is all real, else the first of all."""
    from itertools import islice, product

    every = product(*map(range, case.output_shape))
    for at in islice(every, 400):
        how = made(case, at)
        if how is None or how.view is None or set(how.view.taps.values()) <= {"real"}:
            return at
    return (0,) * len(case.output_shape)


def inputs(case: Case, width: int = 76) -> list[str]:
    """The arrays of a small case, one line each; large ones by their shape."""
    lines = []
    for name, array in make_arrays(case).items():
        text = f"{name} = {_nested(array)}"
        lines.append(text if len(text) <= width else f"{name}: {listing([times(array.shape)])} {array.dtype}")
    return lines


def _nested(array: Array) -> str:
    if array.ndim == 0:
        return number(array)
    return f"[{', '.join(_nested(part) for part in array)}]"
