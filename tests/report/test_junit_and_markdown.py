"""The faces for CI: JUnit XML, Markdown, and the lines that GitHub reads."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cnnspec.harness.verdicts import Tally, Verdict
from cnnspec.report.build import make_report
from cnnspec.report.commands import finish
from cnnspec.report.junit import render as junit
from cnnspec.report.markdown import render as markdown, workflow_commands
from cnnspec.report.write import write

EVIL = "</failure> ]]> <b>&\x00\x1b[31m\ud800 ``` | `a` \n# head"


def test_each_law_on_each_operation_is_a_test_case(result) -> None:
    result.tallies["relu", "RELU-3"] = Tally(0, 0, 3, Verdict.VACUOUS, "no case")
    result.tallies["relu", "RELU-4"] = Tally(1, 0, 0, Verdict.ERROR, "bug")
    suites = ET.fromstring(junit(make_report(result)))
    assert {name: suites.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    cases = {(c.get("classname"), c.get("name").split()[0]): c for c in suites.iter("testcase")}
    assert list(cases["relu", "RELU-1"]) == []
    failure = cases["conv2d", "CORR-1"].find("failure")
    assert failure.get("type") == "failed"
    assert "cnnspec replay conv2d:" in failure.text


def test_two_findings_of_one_law_are_one_test_case_with_both(result) -> None:
    result.findings = result.findings * 2
    suites = ET.fromstring(junit(make_report(result)))
    (failure,) = suites.iter("failure")
    assert failure.text.count("smallest case") == 2


def test_an_unfinished_run_is_an_error(result) -> None:
    result.complete = False
    suites = ET.fromstring(junit(make_report(result)))
    assert [case.get("name") for case in suites.iter("testcase") if case.find("error") is not None] == ["complete"]


def test_what_a_target_says_is_text(result) -> None:
    finding = result.findings[0]
    result.findings = [replace(finding, failure=replace(finding.failure, message=EVIL))]
    result.notes, result.name = [EVIL], EVIL
    report = make_report(result)
    failure = next(ET.fromstring(junit(report)).iter("failure"))
    assert failure.get("message").startswith("</failure> ]]> <b>&\\x00\\x1b[31m")
    text = re.sub(r"(?ms)^(`{3,}).*?^\1$", "", markdown(report))
    assert r"**\</failure\> \]\]\> \<b\>\&" in text
    assert "\n# head" not in text
    assert "```" not in re.sub(r"\\`", "", text)


def test_markdown_tells_the_whole(result) -> None:
    text = markdown(make_report(result))
    for part in (
        "## ✗ DOES NOT CONFORM 1 finding", "| operation | exact |", "| `conv` 2d | ✗ 7 |", "| `relu` | ✓ 12 |",
        "### 1. `conv2d` is wrong: CORR-1, the sum over channels and taps",
        "Behaves like `kernel_flipped` on 7 of 7 cases",
        "```text\nconv2d:x=1x1x2x3", "cnnspec replay conv2d:", "```python\n", "<summary>Not checked</summary>",
        "cnnspec check layers.py --seed 3",
    ):  # fmt: skip
        assert part in text, part


def test_a_script_with_backticks_stays_inside_its_fence(result) -> None:
    report = make_report(result)
    finding = replace(report.findings[0], script="a = '```'\n")
    text = markdown(replace(report, findings=(finding,)))
    assert "````python\na = '```'\n````" in text


def test_github_gets_a_line_for_each_finding(result) -> None:
    finding = result.findings[0]
    result.findings = [replace(finding, failure=replace(finding.failure, message="50%\nof: it, all"))] * 12
    lines = workflow_commands(make_report(result))
    assert len(lines) == 10
    assert lines[0].startswith("::error title=conv2d breaks CORR-1::50%25%0Aof: it, all%0Aconv2d:")


def test_in_actions_the_summary_is_appended(result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    from rich.console import Console

    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert finish(make_report(result), Console(), [], -1) == 1
    assert "::error title=" in capsys.readouterr().out
    assert summary.read_text().startswith("before\n## ✗ DOES NOT CONFORM")


@pytest.mark.parametrize("kind", ["json", "junit", "html", "md"])
def test_a_file_is_written_whole_or_not_at_all(result, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("old")
    assert write(make_report(result), [(kind, str(path))]) == [str(path)]
    assert path.read_text(encoding="utf-8") != "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report"]
