"""The page: whole, closed, escaped, and readable without scripts; looked at in a real browser where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cnnspec.cases.case import Case
from cnnspec.report.build import make_report
from cnnspec.report.html import render
from cnnspec.report.json import dumps, loads
from cnnspec.report.makers import made
from cnnspec.report.svg import describe, window_svg

VOID = {"meta", "link", "input", "br"}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


class Page(HTMLParser):
    """Tags that do not close, what the page would load, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def page(result) -> str:
    result.coverage = {
        "values": {"stride": {"1": 3, "above 1": 1}},
        "pairs": {"seen": 2, "of": 5},
        "cells": {"a × b": 0},
    }
    result.confidence = {"words": "a wrong wiring went unseen with probability at most 1e-3"}
    return render(make_report(result))


def test_every_tag_closes(page: str) -> None:
    assert Page(page).open == []


def test_everything_is_told(page: str) -> None:
    text = " ".join(" ".join(Page(page).text).split())
    for part in (
        "DOES NOT CONFORM", "layers.py", "CORR-1", "the kernel is not flipped.", "Σ_c Σ_j", "7 cases failed this way",
        "Behaves like kernel_flipped", "cnnspec replay conv2d:", "the first wrong element", "y[0,0,0,0] =",
        "the target has no function of that name: pad", "conv2d: not claimed: groups", "import numpy as np",
        "The cases visited 2 of 5 pairs of features", "A wrong wiring went unseen", "a × b: no case",
        "cnnspec check layers.py",
    ):  # fmt: skip
        assert part in text, part


def test_the_page_loads_nothing(page: str) -> None:
    for tag, attributes in Page(page).tags:
        for name in ("src", "href", "srcset", "data", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith("#") or value == "data:,", (tag, value)
    assert "@import" not in page
    assert "url(" not in page
    assert "default-src 'none'" in page


def test_what_a_target_says_is_escaped(result) -> None:
    finding = result.findings[0]
    result.findings = [replace(finding, failure=replace(finding.failure, message=EVIL), facts=(EVIL,))]
    result.name = result.target = result.version = EVIL
    result.notes = [EVIL]
    page = Page(render(make_report(result)))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "img" not in [tag for tag, _ in page.tags]
    assert page.open == []


def test_a_page_without_findings_is_whole_too(result) -> None:
    result.findings = []
    page = render(make_report(result))
    assert Page(page).open == []
    assert 'id="findings"' not in page


def test_a_report_read_back_gives_the_same_page(result, page: str) -> None:
    assert render(loads(dumps(make_report(result)))) == page


def test_the_window_is_drawn_with_its_padding() -> None:
    case = Case.parse("conv2d:x=1x1x3x4,w=1x1x2x2,padding=1.0_0.0,f64,iota")
    from cnnspec.cases.arrays import make_arrays

    view = made(case, (0, 0, 0, 1)).view
    picture = window_svg(view, make_arrays(case), ("w", make_arrays(case)["w"][0, 0]))
    assert describe(view) == "2 elements of x read, 2 taps on padding"
    assert picture.count('class="cs-real"') == 2
    assert picture.count('class="cs-padding"') == 2
    assert picture.count('class="cs-outside"') == 2
    assert picture.count('class="cs-cell"') == 10 + 4
    assert Page(picture).open == []


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_rows_can_be_searched_in_a_browser(page: str, tmp_path: Path) -> None:
    search = "<script>document.getElementById('words').value = 'relu'; form.dispatchEvent(new Event('input'))</script>"
    path = tmp_path / "page.html"
    path.write_text(page.replace("</body>", f"{search}</body>"), encoding="utf-8")
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"<tr data-verdict=\"\w+\"( hidden=\"\")?><td>(\w+)</td>", shown)
    assert rows == [(' hidden=""', "conv2d"), ("", "relu")]
    assert '<form id="filter">' in shown
    assert '<form id="filter" hidden' in page


def test_measured_precision_is_told_in_words_and_in_full(result) -> None:
    card = {"words": "conv2d in float32: sums are formed directly.", "operands": {"bits": 24}, "layers": [{"bits": 23}]}
    result.precision = {"conv2d float32": card}
    page = render(make_report(result))
    assert "<p>conv2d in float32: sums are formed directly.</p>" in page
    assert "conv2d float32 operands bits" in page
    assert "layers 0 bits" not in page
