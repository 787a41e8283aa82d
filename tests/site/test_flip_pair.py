"""The flip pair in a browser, beside Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnspec import convolve, cross_correlate
from cnnspec.spec import signal
from docs.pictures.flip import START, train
from tests.site.driving import choose, numbers, pictures, slide

Visit = Callable[..., Any]

X = np.array([[2, 0, 1, 3], [1, 4, 0, 1], [0, 2, 1, 0], [3, 1, 0, 2]])
K = np.array([[1, 2, 0], [3, 0, 0], [-1, 0, 0]])
TURNS = {"none": K, "half": K[::-1, ::-1], "rows": K[::-1], "columns": K[:, ::-1], "transpose": K.T}


@pytest.mark.parametrize("turn", TURNS)
def test_both_results_are_pythons(visit: Visit, turn: str) -> None:
    page = visit("lab/flip/")
    choose(page, "turn", turn)
    corr, conv = cross_correlate(X, K), convolve(X, TURNS[turn])
    assert numbers(page, "[data-plane=corr]") == corr.ravel().tolist()
    assert numbers(page, "[data-plane=conv]") == conv.ravel().tolist()
    differ = np.count_nonzero(corr != conv)
    assert page.locator("[data-differ]").get_attribute("data-differ") == str(differ)
    assert (differ == 0) == (turn == "half")


def test_pressing_a_weight_changes_it_and_keeps_the_focus(visit: Visit) -> None:
    page = visit("lab/flip/")
    page.locator("[data-key=k5]").focus()
    for _ in range(2):
        page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    k = K.copy()
    k[1, 2] = 2
    k[2, 0] = 0
    assert numbers(page, "[data-plane=corr]") == cross_correlate(X, k).ravel().tolist()
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert numbers(page, "[data-plane=k]") == k.ravel().tolist()


def test_a_symmetric_kernel_hides_the_difference(visit: Visit) -> None:
    page = visit("lab/flip/")
    page.locator("[data-preset='preset.hides']").click()
    assert page.locator("[data-differ='0']").count() == 1
    assert "hides" in page.locator(".cnn-said").inner_text()


def test_both_learn_as_in_python(visit: Visit) -> None:
    page = visit("zh/lab/flip/")
    slide(page, "steps", 3)
    rows = page.locator(".cnn-foot tbody tr")
    runs = train(signal.cross_correlate, START), train(signal.convolve, START[::-1])
    for t, (corr, conv) in enumerate(zip(*runs, strict=True)):
        assert rows.nth(t).get_attribute("data-w") == " ".join(map(str, (*corr[0], *conv[0])))
        assert rows.nth(t).get_attribute("data-alike") == "yes"
    choose(page, "start", "alike")
    runs = train(signal.cross_correlate, START), train(signal.convolve, START)
    for t, (corr, conv) in enumerate(zip(*runs, strict=True)):
        assert rows.nth(t).get_attribute("data-w") == " ".join(map(str, (*corr[0], *conv[0])))
        assert rows.nth(t).get_attribute("data-alike") == "no"


def test_pictures(visit: Visit, shots: Path) -> None:
    pictures(visit, "lab/flip/?steps=3", "flip", shots)
