"""The HTML face: one page that stands alone, on a phone too; it loads nothing and works without scripts.

Everything that a target says is escaped by the template; the page's own policy forbids any load.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import CnnspecError
from cnnspec.report.console import VERDICT_WORDS
from cnnspec.report.explain import inputs, weights
from cnnspec.report.formula import plain_math
from cnnspec.report.grid import Compared, compare
from cnnspec.report.makers import made
from cnnspec.report.summary import (
    CELL_WORDS,
    LANE_HEADS,
    MARKS,
    harness_errors,
    lane_words,
    lanes_of,
    legend_of,
    not_checked,
    precision_words,
    rows_of,
    worth,
)
from cnnspec.report.svg import window_svg
from cnnspec.report.words import duration, number, short

if TYPE_CHECKING:
    from cnnspec.report.model import FindingEntry, Report


class Told(NamedTuple):
    """A finding with what the page shows beside it."""

    entry: FindingEntry
    says: str
    formula: str
    inputs: list[str]
    compared: Compared | None
    svg: Markup | None


def render(report: Report) -> str:
    """The page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    formulas = {law.id: plain_math(law.formula) for law in report.laws}
    lanes = lanes_of(report)
    findings = [_told(finding, formulas.get(finding.law, "")) for finding in report.findings]
    fields: dict[str, Any] = {
        "report": report,
        "style": Markup(_read("page.css")),
        "script": Markup(_read("page.js")),
        "mark": MARKS[{0: "good", 1: "bad"}.get(report.exit_code, "error")][0],
        "numbers": _numbers(report),
        "lanes": [(LANE_HEADS[lane], lane_words(lane)) for lane in lanes],
        "rows": [(name, ranks, [_cell(*cell) for cell in cells]) for name, ranks, cells in rows_of(report, lanes)],
        "legend": [(MARKS[kind][0], words) for kind, words in legend_of(report)],
        "worth": worth(report),
        "findings": findings,
        "precision": precision_words(report),
        "measured": [row for row in _flat(report.precision) if " layers " not in f" {row[0]} "],
        "errors": harness_errors(report),
        "unclaimed": [(reason, ", ".join(ops)) for reason, ops in not_checked(report)],
        "titles": {law.id: law.title for law in report.laws},
        "verdicts": _verdicts(report),
        "coverage": _coverage(report),
        "cells": list(report.coverage.get("cells", {}).items()),
        "claims": [(op, _claim(claim)) for op, claim in report.claims.get("operations", {}).items()],
    }
    fields["sections"] = _sections(fields)
    return environment.from_string(_read("page.html.jinja")).render(fields)


def _read(name: str) -> str:
    return files("cnnspec.report").joinpath(name).read_text("utf-8")


def _numbers(report: Report) -> list[tuple[str, str]]:
    found = (len(report.findings), "findings" if len(report.findings) != 1 else "finding")
    counts = [found, (len(report.operations), "operations"), (report.cases, "cases"), (report.checks, "checks")]
    return [(f"{n:,}", name) for n, name in counts] + [(duration(report.seconds), "time")]


def _sections(fields: dict[str, Any]) -> list[tuple[str, str]]:
    every = [
        ("summary", "Operations", True),
        ("findings", "Findings", fields["findings"]),
        ("precision", "Precision", fields["measured"]),
        ("unchecked", "Not checked", fields["unclaimed"] or fields["report"].notes or fields["errors"]),
        ("laws", "Laws", True),
        ("coverage", "Coverage", fields["coverage"]),
        ("conditions", "Conditions", True),
    ]
    return [(name, title) for name, title, there in every if there]


def _cell(kind: str, n: int) -> tuple[str, str, str, str]:
    return kind, MARKS[kind][0], "" if kind in ("none", "vacuous") else short(n), CELL_WORDS[kind]


def _told(finding: FindingEntry, formula: str) -> Told:
    says = VERDICT_WORDS.get(finding.verdict, finding.verdict)
    try:
        case = Case.parse(finding.case)
        lines = inputs(case, 110)
        picture = _picture(finding, case)
    except CnnspecError:  # a report of another version
        lines, picture = [], None
    return Told(finding, says, formula, lines, compare(finding, columns=16, rows=16), picture)


def _picture(finding: FindingEntry, case: Case) -> Markup | None:
    """The window of the first wrong element, where the finding is about an element."""
    if finding.where is None or not finding.worked:
        return None
    arrays = make_arrays(case)
    how = made(case, finding.where, arrays)
    if how is None or how.view is None or not how.view.taps:
        return None
    return Markup(window_svg(how.view, arrays, weights(case, finding.where, arrays)))


def _verdicts(report: Report) -> list[tuple[str, int]]:
    verdicts = [tally.verdict for tally in report.tallies]
    return [(verdict, verdicts.count(verdict)) for verdict in dict.fromkeys(sorted(verdicts))]


def _coverage(report: Report) -> list[tuple[str, list[tuple[str, int, float]]]]:
    """Every attribute with its values, how many cases had each, and the share of the commonest in percent."""
    return [
        (name, [(value, n, round(100 * n / max(values.values()), 1)) for value, n in values.items()])
        for name, values in report.coverage.get("values", {}).items()
    ]


def _claim(claim: dict[str, Any]) -> str:
    options = ", ".join(claim.get("options", [])) or "no options"
    limits = f"; limits: {', '.join(claim['limits'])}" if claim.get("limits") else ""
    return f"{options}; dtypes {', '.join(claim.get('dtypes', []))}; padding {claim.get('padding')}{limits}"


def _flat(data: Any, name: str = "") -> Iterable[tuple[str, str]]:
    """Nested data as rows of a name and a text."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _flat(value, f"{name} {key}".strip())
    elif isinstance(data, list) and any(isinstance(item, (dict, list)) for item in data):
        for index, item in enumerate(data):
            yield from _flat(item, f"{name} {index}".strip())
    else:
        items = data if isinstance(data, list) else [data]
        yield name, ", ".join(item if isinstance(item, str) else number(item) for item in items if item is not None)
