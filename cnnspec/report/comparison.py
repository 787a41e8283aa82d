"""The end of a finding's script: what it compares, and with which exit status it says so.

Status 1 while the fault is there, 0 without it.  Where the script cannot show the fault itself (a further call was
needed, or the target is no Python file) it says that instead of promising.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cnnspec.harness.verdicts import Finding
    from cnnspec.laws.law import Law
    from cnnspec.typing import Array

ENDINGS = {
    "crashed": "The call below ended the process.",
    "timeout": "The call below did not come back in time.",
    "refused": "The call below raised an error, though it is inside what the target claims.",
    "flaky": "The target answered the same call in two ways; run this more than once.",
}
"""What else there is to say of a verdict."""

SAME = "a.tobytes() == b.tobytes()"

ASIDE = {
    "PURE-1": (
        "before = [{copies}]",
        f"[name for name, a, b in zip({{names}}, before, [{{arrays}}]) if not {SAME}]",
        "arguments that the call changed",
    ),
    "PURE-2": (
        "",
        "[name for name, a in zip({names}, [{arrays}]) if np.may_share_memory(got, a)]",
        "arguments whose memory the result shares",
    ),
    "PURE-3": (
        "first = np.array({call})",
        "['the second result'] * (first.tobytes() != np.asarray(got).tobytes())",
        "what differs from the first call",
    ),
    "PURE-4": (
        "plain = {plain}",
        "np.argwhere((got != plain) & ~((got != got) & (plain != plain))).tolist()",
        "elements that differ from the call on contiguous copies",
    ),
    "PURE-5": ("", "[str(got.dtype)] * (got.dtype != {first}.dtype)", "the dtype that is not the arguments'"),
}
"""What a script does for the laws that are about more than values: a line before the call, what is wrong after it, and
in words."""


def aside(law: str, names: list[str], call: str) -> list[str]:
    """The call, and the check of a law about what happens beside the result."""
    before, wrong, words = ASIDE[law]
    plain = call
    for name in names:
        plain = plain.replace(f"({name},", f"({name}.copy(),").replace(f" {name},", f" {name}.copy(),")
        plain = plain.replace(f" {name})", f" {name}.copy())").replace(f"({name})", f"({name}.copy())")
    fields = {
        "copies": ", ".join(f"{name}.copy()" for name in names),
        "arrays": ", ".join(names),
        "names": repr(names),
        "first": names[0],
        "call": call,
        "plain": plain,
    }
    return [
        *([before.format(**fields)] if before else []),
        f"got = {call}",
        f"wrong = {wrong.format(**fields)}",
        f"print({words!r} + ':', wrong)",
        "raise SystemExit(int(bool(wrong)))",
    ]


def says(finding: Finding, law: Law, *, called: bool) -> list[str]:
    """What the script's own description promises."""
    if finding.failure.call and law.id not in ASIDE:
        return [f"It showed by a further call ({finding.failure.call}); this script makes the first call alone."]
    if not called:
        return ["The target cannot be called from here; what it gave is written out below."]
    ending = ENDINGS.get(str(finding.verdict))
    return [ending] if ending else ["Exit status 1 while the fault is there, 0 without it."]


def comparison(finding: Finding, law: Law, call: str | None) -> list[str]:
    """The lines that compare ``got`` with ``expected``: the shape first, then every element."""
    if call is None and finding.failure.got is None:
        return ["", 'print("expected")', "print(expected)"] if finding.failure.expected is not None else []
    lines = [
        "",
        'print("expected", np.shape(expected))',
        "print(expected)",
        'print("got", np.shape(got))',
        "print(got)",
        "if np.shape(got) != np.shape(expected):",
        f'    raise SystemExit("the shape is wrong ({law.id})")',
    ]
    bound = finding.failure.bound
    if law.lane == "bounded" and bound is not None:
        lines += ["expected = expected.astype(np.float64)", f"bound = {literal(np.asarray(bound))}"]
        lines += ["wrong = ~(np.abs(got - expected) <= bound)"]
    else:
        through = ".astype(np.int64)" if "int" in finding.case.dtype else ""
        lines += [f"expected = expected{through}.astype(got.dtype)"]
        lines += ["wrong = (got != expected) & ~((got != got) & (expected != expected))"]
    return [*lines, 'print("wrong at", np.argwhere(wrong).tolist())', "raise SystemExit(int(wrong.any()))"]


def literal(array: Array) -> str:
    """An array as an expression.

    Examples
    --------
    >>> literal(np.array([[1.5, np.inf]], np.float32))
    'np.array([[1.5, np.inf]], np.float32)'
    """
    dtype = "ml_dtypes.bfloat16" if array.dtype.name == "bfloat16" else f"np.{array.dtype.name}"
    values = array.astype(np.float64) if array.dtype.name == "bfloat16" else array
    nested = repr(values.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
    if len(nested) <= 90 and array.size:
        return f"np.array({nested}, {dtype})"
    flat = repr(values.ravel().tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
    return f"np.array({flat}, {dtype}).reshape({array.shape})"
