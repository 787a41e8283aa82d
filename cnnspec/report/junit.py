"""The JUnit face: one test case for each law on each operation, as CI systems read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from cnnspec.report.console import finding_text
from cnnspec.report.model import BAD

if TYPE_CHECKING:
    from cnnspec.report.model import FindingEntry, Report, TallyEntry

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def render(report: Report) -> str:
    """The report as JUnit XML."""
    titles = {law.id: law.title for law in report.laws}
    found: dict[tuple[str, str], list[FindingEntry]] = {}
    for finding in report.findings:
        found.setdefault((finding.op, finding.law), []).append(finding)
    cases = []
    for tally in report.tallies:
        name = f"{tally.law} {titles.get(tally.law, '')}".strip()
        cases.append(_case(tally, name, found.pop((tally.op, tally.law), []), report))
    cases += [_broken(op, f"{law} {mine[0].title}", mine, report) for (op, law), mine in found.items()]
    if not report.complete:
        cases.append(_problem("run", "complete", "error", "the run did not finish", "\n".join(report.notes)))
    counts = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": sum(case.find("error") is not None for case in cases),
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    attributes = {name: str(n) for name, n in counts.items()} | {"time": f"{report.seconds:.3f}"}
    suites = ET.Element("testsuites", {"name": "cnnspec", **attributes})
    suite = ET.SubElement(suites, "testsuite", {"name": _text(report.target), **attributes})
    properties = ET.SubElement(suite, "properties")
    told = {"command": report.command, "seed": str(report.seed), "profile": report.profile, **report.environment}
    for name, value in told.items():
        ET.SubElement(properties, "property", {"name": name, "value": _text(value)})
    suite.extend(cases)
    ET.indent(suites, " ")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _case(tally: TallyEntry, name: str, findings: list[FindingEntry], report: Report) -> ET.Element:
    if findings:
        return _broken(tally.op, name, findings, report)
    if tally.verdict in BAD:
        message = f"broken on {tally.failed} of {tally.checked} cases"
        return _problem(tally.op, name, "failure", message, f"{message}; told by another finding", tally.verdict)
    if tally.verdict == "error":
        return _problem(tally.op, name, "error", tally.reason, "")
    case = ET.Element("testcase", {"classname": tally.op, "name": name})
    if tally.verdict != "passed":
        ET.SubElement(case, "skipped", {"message": _text(f"{tally.verdict}: {tally.reason}")})
    return case


def _broken(op: str, name: str, findings: list[FindingEntry], report: Report) -> ET.Element:
    text = "\n".join(finding_text(finding, report) for finding in findings)
    return _problem(op, name, "failure", findings[0].message, text, findings[0].verdict)


def _problem(op: str, name: str, tag: str, message: str, text: str, kind: str = "") -> ET.Element:
    case = ET.Element("testcase", {"classname": _text(op), "name": _text(name)})
    problem = ET.SubElement(case, tag, {"message": _text(message), **({"type": kind} if kind else {})})
    problem.text = _text(text)
    return case


def _text(text: str) -> str:
    return NO_XML.sub("?", text)
