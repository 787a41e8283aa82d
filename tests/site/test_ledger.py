"""The pooling ledger in a browser, beside Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from cnnspec import avg_pool, max_pool
from cnnspec.spec.windows import sliding_places
from tests.site.driving import numbers, pictures, slide, switch

Visit = Callable[..., Any]

VALUES = [6, 3, 9, 4, 2, 8, 5, 1, 7, 10, 0, 12]
STATES: dict[str, dict[str, int]] = {
    "course": {},
    "overlap": {"n": 11, "s": 2, "d": 2, "lo": 2, "hi": 1, "ceil": 0},
    "hanging": {"n": 7, "k": 4, "s": 3, "lo": 0, "hi": 2, "include": 0},
}


def ledger(state: dict[str, int]) -> tuple[list[list[str]], list[int]]:
    """The rows of the table and the divisors of a plane, from Python."""
    given = {"n": 6, "k": 3, "s": 3, "d": 1, "lo": 1, "hi": 1, "ceil": 1, "include": 1} | state
    options = {
        "kernel_size": given["k"],
        "stride": given["s"],
        "dilation": given["d"],
        "ceil_mode": bool(given["ceil"]),
    }
    line = {**options, "padding": ((given["lo"], given["hi"]),)}
    values = VALUES[: given["n"]]
    x = np.array([[values]], float)
    means = [avg_pool(x, count_include_pad=flag, **line)[0, 0] for flag in (True, False)]
    largest = max_pool(x, **line)[0, 0]
    rows = []
    for place in sliding_places(x.shape, **line):
        (i,), real, padding = place.position, len(place.real), place.padding
        total = sum(values[t] for (t,) in place.real)
        cells = [
            f"{total} / {d} = {m[i]:.3f}".rstrip("0").rstrip(".")
            for d, m in zip((real + padding, real), means, strict=True)
        ]
        rows.append([str(i), str(real), str(padding), str(given["k"] - real - padding), f"{largest[i]:g}", *cells])
    plane = {**options, "padding": ((given["lo"], given["hi"]),) * 2}
    square = [
        len(place.real) + (place.padding if given["include"] else 0)
        for place in sliding_places((1, 1, given["n"], given["n"]), **plane)
    ]
    return rows, square


@pytest.mark.parametrize("name", STATES)
def test_every_row_is_pythons(visit: Visit, name: str) -> None:
    page = visit("lab/ledger/?" + urlencode(STATES[name]))
    rows, square = ledger(STATES[name])
    shown = [row.locator("td").all_inner_texts() for row in page.locator(".cnn-table tbody tr").all()]
    assert shown == rows
    assert numbers(page, "[data-square]") == square


def test_sliders_switches_keys_and_rows(visit: Visit) -> None:
    page = visit("zh/lab/ledger/")
    slide(page, "n", 7)
    slide(page, "hi", 0)
    switch(page, "include")
    rows, square = ledger({"n": 7, "hi": 0, "include": 0})
    assert [row.locator("td").all_inner_texts() for row in page.locator(".cnn-table tbody tr").all()] == rows
    assert numbers(page, "[data-square]") == square
    page.locator(".cnn-stage").focus()
    page.keyboard.press("ArrowDown")
    assert rows[1][6] in page.locator(".cnn-said").inner_text()
    page.locator("[data-row='2']").click()
    assert rows[2][6] in page.locator(".cnn-said").inner_text()
    assert page.url.endswith("?n=7&hi=0&include=0&at=2")
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert rows[2][6] in page.locator(".cnn-said").inner_text()


def test_nothing_to_divide_by(visit: Visit) -> None:
    page = visit("lab/ledger/?n=1&k=1&s=1&lo=1&hi=0&include=0")
    assert "nothing to divide by" in page.locator(".cnn-said").inner_text()
    with pytest.raises(ValueError, match="POOL"):
        avg_pool([[[1.0]]], kernel_size=1, padding=((1, 0),), count_include_pad=False)


def test_pictures(visit: Visit, shots: Path) -> None:
    pictures(visit, "lab/ledger/", "ledger", shots)
