"""A stand-alone NumPy script for a finding: the arrays, the call, the expectation by nested loops, the comparison.

It needs NumPy and the target, not this package, so that whoever gets a bug report can run it as it is.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.arrays import make_arrays
from cnnspec.report import loops
from cnnspec.report.comparison import ASIDE, aside, comparison, literal, says
from cnnspec.report.handed import call_text, reach
from cnnspec.report.words import number

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.harness.verdicts import Finding
    from cnnspec.implementation import Claims
    from cnnspec.laws.law import Law
    from cnnspec.typing import Array

ALIASES = {"max_pool_with_indices": "max_pool", "global_max_pool": "adaptive_max_pool",
           "global_avg_pool": "adaptive_avg_pool",
           "global_max_pool_input_grad": "adaptive_max_pool_input_grad",
           "global_avg_pool_input_grad": "adaptive_avg_pool_input_grad"}  # fmt: skip
"""Operations whose expectation another loop computes."""

LOOPS = "by_loops"
"""What the script calls the loops: no target has a function of that name."""

LAYOUT_CODE = {
    "F": "np.asfortranarray({0})",
    "last": "np.moveaxis(np.ascontiguousarray(np.moveaxis({0}, 1, -1)), -1, 1)",
    "T": "np.ascontiguousarray(np.swapaxes({0}, -1, -2)).swapaxes(-1, -2)",
    "step": "np.repeat({0}, 2, axis=-1)[..., ::2]",
    "rev": "np.ascontiguousarray(np.flip({0}))[(slice(None, None, -1),) * {0}.ndim]",
    "offset": "np.concatenate([np.zeros(3, {0}.dtype), {0}.ravel()])[3:].reshape({0}.shape)",
    "zero": "np.broadcast_to({0}[:1], {0}.shape)",
}
"""The same values in another memory layout, by the layout's name in a case."""

MOST_ELEMENTS = 4096


def script(finding: Finding, law: Law, claims: Claims, *, target: str, replay: str, notes: Iterable[str] = ()) -> str:
    """The text of a script that shows the finding, or why there is none; see :mod:`cnnspec.report.comparison`.

    Parameters
    ----------
    finding, law
        What was broken.
    claims, notes
        What the target says of itself: how its functions are called follows from these.
    target
        The target's string; a Python file or module is called, of any other the script holds what it gave.
    replay
        The line that replays the case with this package.
    """
    case = finding.case
    arrays = make_arrays(case)
    if sum(array.size for array in arrays.values()) > MOST_ELEMENTS:
        return f"# The smallest case is too large to write out; replay it: {replay}\n"
    reached = reach(target, finding.op, notes)
    call = None if reached is None else call_text(case, reached, claims, notes)
    written = {name: _array(case, name, array) for name, array in arrays.items()}
    lines = [*_docstring(finding, law, replay, called=call is not None), *_imports(case)]
    lines += ["", *(reached.lines if reached else ()), "", *(line for array in written.values() for line in array)]
    if law.id in ASIDE and call is not None:
        return "\n".join([*lines, "", *aside(law.id, list(arrays), call)]) + "\n"
    loop = ALIASES.get(case.operation.name, case.operation.name)
    if hasattr(loops, loop):
        lines += ["", "", *_sources(loop), "", "", f"expected = {LOOPS}({_arguments(case, loop)})"]
    elif finding.failure.expected is not None:
        lines += ["", f"expected = {literal(np.asarray(finding.failure.expected))}"]
    return "\n".join([*lines, *_got(finding, call, target), *comparison(finding, law, call)]) + "\n"


def _docstring(finding: Finding, law: Law, replay: str, *, called: bool) -> list[str]:
    text = [f"{finding.op} breaks {law.id}: {law.title}.", "", law.statement, "", finding.failure.message]
    text += ["", *says(finding, law, called=called), "", f"With cnnspec: {replay}"]
    safe = [line.replace("\\", "\\\\").replace('"""', "'''") for line in "\n".join(text).splitlines()]
    return [f'"""{safe[0]}', *safe[1:], '"""', ""]


def _imports(case: Case) -> list[str]:
    adaptive = case.op.startswith(("adaptive", "global"))
    narrow = case.dtype == "bfloat16"
    return [*["from itertools import product", ""] * adaptive, *["import ml_dtypes"] * narrow, "import numpy as np"]


def _array(case: Case, name: str, array: Array) -> list[str]:
    lines = [f"{name} = {literal(array)}"]
    layout = case.layouts.get(name, "C")
    if layout in LAYOUT_CODE and (array.ndim > 1 or layout not in ("T", "last")):
        lines.append(f"{name} = {LAYOUT_CODE[layout].format(name)}")
    return [*lines, f"{name}.flags.writeable = False"] if layout == "ro" else lines


def _sources(loop: str) -> list[str]:
    """The loop, under a name of its own, and the helpers that it calls; annotations left out."""
    texts: dict[str, str] = {}

    def add(name: str) -> None:
        function = ast.parse(inspect.getsource(getattr(loops, name))).body[0]
        assert isinstance(function, ast.FunctionDef)
        function.name, function.returns = LOOPS if name == loop else name, None
        for argument in function.args.args:
            argument.annotation = None
        called = [node.id for node in ast.walk(function) if isinstance(node, ast.Name)]
        for other in called:
            if inspect.isfunction(getattr(loops, other, None)) and other not in texts:
                add(other)
        texts[name] = ast.unparse(function).replace(", strict=True", "")

    add(loop)
    return "\n\n\n".join(texts.values()).splitlines()


def _arguments(case: Case, loop: str) -> str:
    parameters = list(inspect.signature(getattr(loops, loop)).parameters)
    given = [f"{name}.astype(object)" for name in case.array_shapes if name != "b"]
    if "b" in parameters:
        given.append("b.astype(object)" if "b" in case.array_shapes else "None")
    options = {"shape": case.output_shape, **case.call_options}
    return ", ".join([*given, *(f"{name}={_value(value)}" for name, value in options.items() if name in parameters)])


def _value(value: Any) -> str:
    return f"np.{number(value)}" if isinstance(value, float) and value - value != 0 else repr(value)


def _got(finding: Finding, call: str | None, target: str) -> list[str]:
    if call is not None:
        return [f"got = {call}", *["got = got[0]"] * (len(finding.case.operation.returns) > 1)]
    if finding.failure.got is None:
        return [f"# Call {target} here with these arrays, and compare."]
    return [f"got = {literal(np.asarray(finding.failure.got))}  # what {target} gave"]
