"""The filter of the board in a browser, beside the page's own cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docs.pages import board
from tests.site.driving import FEW, pictures

Visit = Callable[..., Any]
ROW = re.compile(r'<tr data-(?:operation|law)="([^"]+)" data-chapter="[^"]+">(.*?)</tr>', re.DOTALL)
CELL = re.compile(r'data-library="([^"]+)" data-state="([^"]+)"')


def rows() -> list[tuple[str, str, dict[str, str]]]:
    """Every row of the board: its name, its head, and the state of each library."""
    text = board.by_operation("en") + board.by_law("en")
    return [(name, body.partition("</th>")[0], dict(CELL.findall(body))) for name, body in ROW.findall(text)]


def shown(page: Any) -> list[str]:
    """The names of the rows that are to be seen."""
    return page.locator(".cnn-board tbody tr:visible").evaluate_all(
        "all => all.map((r) => r.dataset.operation ?? r.dataset.law)"
    )


def press(page: Any, name: str, value: str) -> None:
    page.locator(f'.cnn-chips label:has(input[name={name}][value="{value}"])').click()


@pytest.fixture
def page(visit: Visit) -> Any:
    page = visit("board/")
    page.wait_for_selector(".cnn-filter[data-ready]")
    return page


def test_everything_is_shown_at_first(page: Any) -> None:
    assert shown(page) == [name for name, _, _ in rows()]


def test_rows_by_state_and_library(page: Any) -> None:
    library = next(iter(board.results()))
    press(page, "state", "fail")
    assert shown(page) == [name for name, _, states in rows() if "fail" in states.values()]
    press(page, "libs", library)
    expected = [name for name, _, states in rows() if states[library] == "fail"]
    assert shown(page) == expected
    assert page.locator(".cnn-board tbody td:visible").count() == len(expected)
    assert page.locator(".cnn-filter output").inner_text() == f"{len(expected)} of {len(rows())} rows are shown."
    visible = page.locator(".cnn-board-box:visible").count()
    headings = page.locator(".md-content h3:visible").count()
    assert headings == visible < page.locator(".cnn-board-box").count()
    page.reload()
    page.wait_for_selector(".cnn-filter[data-ready]")
    assert shown(page) == expected


def test_a_word_finds_operations_and_laws(page: Any) -> None:
    page.locator("input[name=find]").press_sequentially("EQUI")
    expected = [name for name, head, _ in rows() if "equi" in re.sub("<[^>]*>", "", f"{name} {head}").lower()]
    assert shown(page) == expected
    page.locator("input[name=find]").fill("nothing like this")
    assert shown(page) == []
    page.locator("input[name=find]").fill("")
    assert len(shown(page)) == len(rows())


def test_pictures(visit: Visit, shots: Path) -> None:
    pictures(visit, "board/?state=fail", "board", shots, FEW)
