"""The Markdown face: a job summary, and annotations as GitHub Actions reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnnspec.report.console import ERRORS, VERDICT_WORDS, headline
from cnnspec.report.grid import side_by_side
from cnnspec.report.summary import LANE_HEADS, MARKS, harness_errors, lanes_of, legend_of, not_checked, rows_of, worth
from cnnspec.report.words import count, short

if TYPE_CHECKING:
    from cnnspec.report.model import FindingEntry, Report

MOST_ANNOTATIONS = 10
"""GitHub shows so many of one step."""


def render(report: Report) -> str:
    """The report as Markdown."""
    name = f"{report.target} {report.version}".strip()
    lines = [f"## {_plain(headline(report).plain)}", ""]
    lines += [f"{_code(name)}: profile {report.profile}, effort {report.effort}, seed {report.seed}", ""]
    lines += _table(report)
    for index, finding in enumerate(report.findings, start=1):
        lines += ["", *_finding(finding, index)]
    if not report.findings:
        lines += ["", *(_plain(text) for text in worth(report))]
    left_out = [f"- {_plain(reason)}: {_plain(', '.join(what))}" for reason, what in not_checked(report)]
    notes = [f"- {_plain(note)}" for note in report.notes]
    errors = [f"- {_plain(text)}" for text in harness_errors(report)]
    for title, items in ((ERRORS, errors), ("Not checked", left_out), ("Notes", notes)):
        lines += ["", f"<details><summary>{title}</summary>", "", *items, "", "</details>"] if items else []
    return "\n".join([*lines, "", "The same run again:", "", *_fenced(report.command), ""])


def _table(report: Report) -> list[str]:
    lanes = lanes_of(report)
    if not lanes:
        return []
    heads = ["operation", *(LANE_HEADS[lane] for lane in lanes)]
    rows = []
    for name, ranks, cells in rows_of(report, lanes):
        texts = [MARKS[k][0] if k in ("none", "vacuous") else f"{MARKS[k][0]} {short(n)}" for k, n in cells]
        rows.append([f"{_code(name)} {ranks}".strip(), *texts])
    lines = [heads, ["---", *["--:"] * len(lanes)], *rows]
    legend = ", ".join(f"{MARKS[kind][0]} {words}" for kind, words in legend_of(report))
    return [*(f"| {' | '.join(line)} |" for line in lines), "", legend]


def _finding(finding: FindingEntry, index: int) -> list[str]:
    says = VERDICT_WORDS.get(finding.verdict, finding.verdict)
    lines = [f"### {index}. {_code(finding.op)} {says}: {finding.law}, {_plain(finding.title)}", ""]
    lines += [f"> {_plain(finding.statement)}", "", f"**{_plain(finding.message)}**", ""]
    for alike in finding.looks_like:
        words = f"Behaves like {_code(alike.mutant)} on {alike.agree} of {count(alike.compared, 'case')}"
        lines += [f"{words}: {_plain(alike.sentence)}" if alike.sentence else words, ""]
    lines += [line for fact in finding.facts for line in (_plain(fact), "")]
    shown = [finding.case]
    for part in (side_by_side(finding), finding.worked):
        shown += ["", *part] if part else []
    lines += [f"Smallest case ({count(finding.cases, 'case')} failed this way):", "", *_fenced("\n".join(shown)), ""]
    lines += ["Replay:", "", *_fenced(finding.replay)]
    if finding.script:
        lines += ["", "<details><summary>A script that shows it without cnnspec</summary>", ""]
        lines += [*_fenced(finding.script.rstrip(), "python"), "", "</details>"]
    return lines


def _plain(text: str) -> str:
    """Text that Markdown and HTML take as it stands, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    """Text as code on one line, whatever backticks it holds."""
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    inside = " ".join(text.split()).replace("|", "\\|")
    return f"{ticks}{inside}{ticks}" if len(ticks) == 1 else f"{ticks} {inside} {ticks}"


def _fenced(text: str, language: str = "text") -> list[str]:
    ticks = "`" * max(3, max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    return [f"{ticks}{language}", text, ticks]


def workflow_commands(report: Report) -> list[str]:
    """One line for each finding, which GitHub Actions shows beside the job."""
    lines = []
    for finding in report.findings[:MOST_ANNOTATIONS]:
        title = f"{finding.op} breaks {finding.law}"
        message = f"{finding.message}\n{finding.case}\nreplay: {finding.replay}"
        lines.append(f"::error title={_property(title)}::{_data(message)}")
    if report.exit_code == 4:
        lines.append(f"::warning title=cnnspec::{_data('the run did not finish')}")
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
