"""What an operation showed, and the findings that explain it, as plain data for another process."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.case import Case
from cnnspec.harness.causes import Cause, Seen
from cnnspec.harness.verdicts import Finding, Verdict
from cnnspec.laws.law import Failure
from cnnspec.laws.registry import find_law

if TYPE_CHECKING:
    from cnnspec.typing import Array

ARRAYS = ("expected", "got", "bound")
"""The parts of a failure that are arrays."""


def plain_seen(seen: Seen) -> dict[str, Any]:
    """What was seen, but for the arrays of failures."""
    return {
        "causes": [_plain(cause) for cause in seen.causes.values()],
        "passing": [str(case) for case in seen.passing],
    }


def read_seen(data: Mapping[str, Any]) -> Seen:
    """The inverse of :func:`plain_seen`."""
    causes = [_cause(entry) for entry in data["causes"]]
    return Seen(
        {(cause.law.id, cause.verdict): cause for cause in causes}, [Case.parse(case) for case in data["passing"]]
    )


def _plain(cause: Cause) -> list[Any]:
    message = cause.failure.message if cause.failure else ""
    return [cause.law.id, cause.verdict, cause.count, list(map(str, cause.cases)), sorted(cause.also), message]


def _cause(entry: list[Any]) -> Cause:
    law, verdict, count, cases, also, message = entry
    failure = Failure(message) if message else None
    return Cause(find_law(law), Verdict(verdict), count, [Case.parse(case) for case in cases], set(also), failure)


def plain_finding(finding: Finding) -> dict[str, Any]:
    """A finding with all that it holds."""
    data = {part.name: getattr(finding, part.name) for part in fields(Finding)}
    failure = {part.name: getattr(finding.failure, part.name) for part in fields(Failure)}
    failure |= {name: None if failure[name] is None else _packed(failure[name]) for name in ARRAYS}
    return {**data, "case": str(finding.case), "first_case": str(finding.first_case), "failure": failure}


def read_finding(data: Mapping[str, Any]) -> Finding:
    """The inverse of :func:`plain_finding`.

    Examples
    --------
    >>> case = Case.parse("relu:x=1x1x1,f64,data.x=-1")
    >>> finding = Finding("RELU-1", "relu", Verdict.FAILED, case, case, Failure("wrong", got=np.array([-1.0])))
    >>> read_finding(plain_finding(finding)).failure.got
    array([-1.])
    """
    failure = dict(data["failure"])
    failure |= {name: None if failure[name] is None else _unpacked(failure[name]) for name in ARRAYS}
    failure["where"] = None if failure["where"] is None else tuple(failure["where"])
    cases = {name: Case.parse(data[name]) for name in ("case", "first_case")}
    rest = {name: tuple(data[name]) for name in ("also", "facts")}
    looks_like = tuple(tuple(like) for like in data["looks_like"])
    verdict = Verdict(data["verdict"])
    return Finding(
        **{**data, **cases, **rest, "looks_like": looks_like, "verdict": verdict, "failure": Failure(**failure)}
    )


def _packed(array: Array) -> dict[str, Any]:
    array = np.asarray(array)
    array = array.astype(array.dtype.newbyteorder("="))
    bits = base64.b64encode(array.tobytes()).decode("ascii")
    return {"dtype": array.dtype.name, "shape": array.shape, "bits": bits}


def _unpacked(data: Mapping[str, Any]) -> Array:
    array = np.frombuffer(base64.b64decode(data["bits"]), np.dtype(data["dtype"]))
    return array.reshape(data["shape"]).copy()
