"""The report as text: complete without colour, on any terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from cnnspec.harness.verdicts import Tally, Verdict
from cnnspec.report.build import make_report
from cnnspec.report.console import as_text, show


def test_a_finding_is_told_in_full(result) -> None:
    text = as_text(make_report(result))
    expected = [
        "cnnspec 1.2 checks layers.py",
        "profile standard, effort quick, seed 3",
        "✗ DOES NOT CONFORM  1 finding · 2 operations · 21 cases · 0.5 s",
        "the target has no function of that name: pad",
        "conv2d: not claimed: groups",
        "finding 1 of 1: conv2d is wrong",
        "CORR-1  the sum over channels and taps",
        "the kernel is not flipped.",
        "smallest case   (7 cases failed this way)",
        "x = [[[[1, 2, 3], [4, 5, 6]]]]",
        "[5]",
        "sum",
        "behaves like kernel_flipped on 7 of 7 cases",
        "also broken on these cases: CORR-3",
        "cnnspec replay conv2d:x=1x1x2x3,w=1x1x2x2,f64,data.x=1_2_3_4_5_6,data.w=1_0_0_0 layers.py",
        "--at 0,0,0,0",
        "cnnspec laws CORR-1",
        "the same run again   cnnspec check layers.py --seed 3",
    ]
    at = 0
    for part in expected:
        at = text.index(part, at)


def test_the_table_has_a_row_for_each_operation_and_a_column_for_each_lane(result) -> None:
    text = as_text(make_report(result))
    head, conv, relu = text.splitlines()[5:8]
    assert head.split() == ["operation", "exact"]
    assert conv.split() == ["conv", "2d", "✗", "7"]
    assert relu.split() == ["relu", "✓", "12"]


def test_ranks_with_one_outcome_share_a_row(result) -> None:
    for rank in (1, 3):
        result.tallies[f"conv{rank}d", "CORR-1"] = Tally(5, 0, 0, Verdict.PASSED, "")
    rows = as_text(make_report(result)).splitlines()
    assert ["conv", "2d", "✗", "7"] in [row.split() for row in rows]
    assert ["conv", "1,3d", "✓", "10"] in [row.split() for row in rows]


@pytest.mark.parametrize(
    ("tally", "cell"),
    [
        (Tally(0, 0, 4, Verdict.VACUOUS, "no case"), "○"),
        (Tally(2, 1, 0, Verdict.CRASHED, ""), "✗ 1"),
        (Tally(2, 0, 0, Verdict.ERROR, "bug"), "! 1"),
    ],
)
def test_each_outcome_has_its_mark(result, tally: Tally, cell: str) -> None:
    result.tallies["relu", "RELU-1"] = tally
    text = as_text(make_report(result))
    assert " ".join(["relu", *cell.split()]) in [" ".join(line.split()) for line in text.splitlines()]


def test_lines_keep_to_eighty_columns_and_end_without_blanks(result) -> None:
    finding = result.findings[0]
    result.findings = [replace(finding, failure=replace(finding.failure, message="a long story " * 20))] * 3
    for line in as_text(make_report(result)).splitlines():
        assert line == line.rstrip()
        assert len(line) <= 80 or "cnnspec " in line or line.startswith("  conv2d:")


def test_nothing_but_text_goes_into_a_pipe(result) -> None:
    assert "\x1b" not in as_text(make_report(result))


def coloured(result, **environment: str) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, _environ=environment, color_system="auto")
    show(make_report(result), console)
    return console.file.getvalue()


def test_no_color_is_respected(result) -> None:
    colours = ("\x1b[1;31m", "\x1b[31m", "\x1b[32m", "\x1b[36m")
    assert any(code in coloured(result, TERM="xterm-256color") for code in colours)
    assert not any(code in coloured(result, TERM="xterm-256color", NO_COLOR="1") for code in colours)


def test_colour_only_repeats_what_is_written(result) -> None:
    from rich.text import Text

    assert Text.from_ansi(coloured(result, TERM="xterm")).plain.split() == as_text(make_report(result)).split()


def test_an_ascii_terminal_gets_words_for_marks(result) -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    show(make_report(result), Console(file=file, width=80))
    file.flush()
    text = raw.getvalue().decode("ascii")
    assert "FAIL DOES NOT CONFORM  1 finding - 2 operations" in text
    assert ["relu", "ok", "12"] in [line.split() for line in text.splitlines()]


def test_quiet_is_one_line_for_each_finding(result) -> None:
    lines = as_text(make_report(result), verbosity=-1).splitlines()
    assert len(lines) == 2  # however long the message is
    assert lines[1].split()[:2] == ["conv2d", "CORR-1"]


def test_verbose_shows_the_script_and_every_rank(result) -> None:
    report = make_report(result)
    text = as_text(report, verbosity=1)
    assert "import numpy as np" in text
    assert report.findings[0].script.splitlines()[-1] in text


def test_an_unfinished_run_says_so(result) -> None:
    result.findings, result.complete = [], False
    text = as_text(make_report(result))
    assert "! INCOMPLETE" in text
    assert "Nothing that was checked failed, but not everything ran." in text


def test_what_a_target_says_is_shown_as_text_not_as_markup(result) -> None:
    result.notes = ["[bold red]danger[/] [link=https://example.org]x[/link]"]
    assert "[bold red]danger[/] [link=https://example.org]x[/link]" in as_text(make_report(result))


def test_a_check_that_failed_itself_is_told_apart(result) -> None:
    result.tallies["relu", "RELU-1"] = Tally(2, 0, 0, Verdict.ERROR, "ValueError: a bug of ours")
    text = " ".join(as_text(make_report(result)).split())
    assert "failed themselves, and say nothing about the target RELU-1 on relu: ValueError: a bug of ours" in text
