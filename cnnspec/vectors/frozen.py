"""Writing cases down with their data, and holding such a file to the specification again.

A vector file holds one JSON object a line, in the form of the protocol for other languages::

    {"case": "relu:x=1x1x3,f64,iota", "op": "relu", "attrs": {},
     "inputs": {"x": {"dtype": "float64", "shape": [1, 1, 3], "data": "<base64, little-endian>"}},
     "outputs": {"y": {…}}}

Only cases whose results are exact are written: integers whose partial sums all fit.  An implementation is right if it
gives these bytes, and there is no tolerance to choose.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.arrays import dtype_of, make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import CaseError, UsageError
from cnnspec.harness.plan import make_plan
from cnnspec.harness.probe import reference_outputs
from cnnspec.harness.runner import draw
from cnnspec.implementation import Claims, full_claims
from cnnspec.laws.compare import differs, rounded
from cnnspec.laws.conditions import integer_filled
from cnnspec.numerics.precision import ACCUMULATOR, exact_limit
from cnnspec.operations import find, spelled_names

if TYPE_CHECKING:
    from cnnspec.typing import Array


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line of a vector file that does not hold: its number, its case and what is wrong, in words."""

    line: int
    case: str
    message: str


def export(path: Path, *, operations: tuple[str, ...] = (), cases: int = 20, seed: int = 0) -> int:
    """Write vectors of the chosen operations to a file.

    Parameters
    ----------
    path
        The file to write.
    operations
        Patterns such as ``conv2d``; all operations if empty.
    cases
        How many cases to draw for each operation; those without an exact result are left out.
    seed
        The same seed draws the same cases.

    Returns
    -------
    int
        The number of vectors written.

    Raises
    ------
    UsageError
        If a pattern matches no operation.
    """
    claims = Claims({name: full_claims(find(name)[0]) for name in spelled_names()})
    plan = make_plan(claims, operations=operations, cases=cases)
    exact = (case for item in plan.items for case in draw(item, seed, strict=False) if has_exact_result(case))
    lines = [json.dumps(vector(case), sort_keys=True) + "\n" for case in exact]
    path.write_text("".join(lines), encoding="utf-8")
    return len(lines)


def has_exact_result(case: Case) -> bool:
    """Whether every correct implementation gives the same bytes: integers, no view, no division, sums that fit."""
    if (
        not integer_filled(case)
        or case.layouts
        or case.operation.name.startswith(("avg", "lp", "adaptive_avg", "global_avg"))
    ):
        return False
    if case.dtype not in ACCUMULATOR:
        return True
    sizes = {name: np.abs(array).astype(np.float64) for name, array in make_arrays(case).items()}
    return float(np.max(reference_outputs(case, sizes)[0], initial=0)) <= exact_limit(case.dtype)


def vector(case: Case) -> dict[str, Any]:
    """One case as plain data, its inputs and results included."""
    arrays = make_arrays(case)
    dtype = dtype_of(case.dtype)
    results = reference_outputs(case, arrays)
    first = rounded(results[0], np.empty(0, dtype))
    outputs = dict(zip(case.operation.returns, (first, *results[1:]), strict=True))
    return {
        "case": str(case),
        "op": case.op,
        "attrs": case.call_options,
        "inputs": {name: packed(array) for name, array in arrays.items()},
        "outputs": {name: packed(array) for name, array in outputs.items()},
    }


def packed(array: Array) -> dict[str, Any]:
    """An array as dtype, shape and little-endian bytes in base64."""
    data = np.ascontiguousarray(array)
    data = data.astype(data.dtype.newbyteorder("<")) if data.dtype.kind != "V" else data
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": base64.b64encode(data.tobytes()).decode()}


def unpacked(entry: dict[str, Any]) -> Array:
    """The inverse of :func:`packed`.

    Examples
    --------
    >>> unpacked(packed(np.arange(3, dtype="int16"))).tolist()
    [0, 1, 2]
    """
    dtype = dtype_of(entry["dtype"])
    raw = np.frombuffer(base64.b64decode(entry["data"], validate=True), np.uint8)
    array: Array = raw.view(dtype if dtype.kind == "V" else dtype.newbyteorder("<")).reshape(entry["shape"])
    return array.astype(dtype)


def verify(path: Path) -> tuple[int, list[Wrong]]:
    """How many vectors of a file hold, and those that do not.

    The inputs are filled again from the text of the case, and the results computed again; both must be equal.

    Raises
    ------
    UsageError
        If the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the vectors in {path}: {error}") from None
    wrong = list(_check(lines))
    return len(lines) - len({w.line for w in wrong}), wrong


def _check(lines: Iterable[str]) -> Iterator[Wrong]:
    for number, line in enumerate(lines, start=1):
        text = ""
        try:
            held = json.loads(line)
            text = held["case"]
            fresh = vector(Case.parse(text))
            for part in ("inputs", "outputs"):
                yield from (Wrong(number, text, message) for message in _differences(part, held[part], fresh[part]))
        except (ValueError, KeyError, TypeError, AttributeError, CaseError) as error:
            yield Wrong(number, text, f"the line cannot be read: {error}")


def _differences(part: str, held: dict[str, Any], fresh: dict[str, Any]) -> Iterator[str]:
    if held.keys() != fresh.keys():
        yield f"the {part} are {', '.join(held)} where {', '.join(fresh)} are right"
        return
    for name, right in fresh.items():
        got, expected = unpacked(held[name]), unpacked(right)
        if got.shape != expected.shape or got.dtype != expected.dtype:
            yield f"{name} is {got.dtype} {got.shape} where {expected.dtype} {expected.shape} is right"
        elif differs(expected, got).any():
            at = tuple(int(i) for i in np.argwhere(differs(expected, got))[0])
            yield f"{name}{list(at)} is {got[at]} where {expected[at]} is right"
