"""The JSON face: the whole report, valid JSON whatever the numbers, and the way back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from cnnspec.errors import UsageError
from cnnspec.report.model import (
    SCHEMA,
    FindingEntry,
    LawEntry,
    Likeness,
    Report,
    TallyEntry,
    Unclaimed,
    Values,
)


def schema() -> dict[str, Any]:
    """The JSON Schema that every report satisfies; it ships with the package."""
    read: dict[str, Any] = json.loads(files("cnnspec.report").joinpath("schema.json").read_text("utf-8"))
    return read


def dumps(report: Report) -> str:
    """The report as JSON text, in ASCII and without NaN, which JSON does not have."""
    return json.dumps(to_data(report), indent=1, allow_nan=False) + "\n"


def to_data(report: Report) -> dict[str, Any]:
    """The report as dicts and lists."""
    data = {"schema": report.schema, "headline": report.headline, **asdict(report)}
    listed: dict[str, Any] = json.loads(json.dumps(data, allow_nan=False))  # tuples become lists
    return listed


def loads(text: str) -> Report:
    """The report that the text says.

    Raises
    ------
    UsageError
        If it is no report, or one of a newer schema.

    Examples
    --------
    >>> report = Report("reference", "reference", "1", 0, "quick", "core", "cnnspec check", True, 0)
    >>> loads(dumps(report)) == report
    True
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise UsageError(f"this is no JSON report: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("schema"), int):
        raise UsageError("this is no report of cnnspec: it has no number 'schema'")
    if data["schema"] > SCHEMA:
        raise UsageError(f"the report has schema {data['schema']}, and this cnnspec reads up to {SCHEMA}; update it")
    try:
        return _report(data)
    except (KeyError, TypeError) as error:
        raise UsageError(f"the report cannot be read: {error}") from None


def _report(data: Mapping[str, Any]) -> Report:
    fields = {name: value for name, value in data.items() if name != "headline"}
    return Report(
        **{
            **fields,
            "laws": tuple(LawEntry(**law) for law in data["laws"]),
            "tallies": tuple(TallyEntry(**tally) for tally in data["tallies"]),
            "unclaimed": tuple(Unclaimed(**entry) for entry in data["unclaimed"]),
            "findings": tuple(_finding(finding) for finding in data["findings"]),
            "notes": tuple(data["notes"]),
        }
    )


def _finding(data: Mapping[str, Any]) -> FindingEntry:
    lists = {name: tuple(data[name]) for name in ("worked", "also", "facts")}
    values = {name: data[name] and _values(data[name]) for name in ("expected", "got", "bound")}
    where = None if data["where"] is None else tuple(data["where"])
    alike = tuple(Likeness(**item) for item in data["looks_like"])
    return FindingEntry(**{**data, **lists, **values, "where": where, "looks_like": alike})


def _values(data: Mapping[str, Any]) -> Values:
    elements = None if data["data"] is None else tuple(data["data"])
    return Values(data["dtype"], tuple(data["shape"]), elements)
