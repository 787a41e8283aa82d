"""The Window lab in a browser, beside Python."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from cnnspec.geometry import Window
from tests.site import vectors
from tests.site.driving import FEW, choose, numbers, pictures, slide, switch

Visit = Callable[..., Any]

DEFAULTS = {"dims": 1, "n": 8, "k": 3, "s": 2, "d": 1, "lo": 0, "hi": 0, "n2": 6, "k2": 2, "s2": 2, "d2": 1,
            "lo2": 0, "hi2": 0, "c": 1, "o": 1, "flip": 0, "back": 0, "causal": 0}  # fmt: skip

STATES: dict[str, dict[str, int]] = {
    "line": {},
    "line_pads": {"n": 7, "k": 2, "s": 3, "d": 2, "lo": 2, "hi": 1},
    "line_flipped_crop": {"lo": -1, "hi": 3, "flip": 1},
    "line_causal": {"d": 2, "s": 1, "causal": 1},
    "line_back": {"n": 4, "s": 3, "k": 2, "back": 1},
    "line_back_crop": {"n": 4, "lo": 1, "hi": -2, "back": 1, "flip": 1},
    "k9": {"dims": 2, "n": 7, "n2": 7, "k2": 3, "c": 3, "o": 2},
    "plane": {"dims": 2, "n": 5, "n2": 7, "s2": 3, "lo": 1, "hi2": 2, "d": 2, "c": 2, "o": 3, "flip": 1},
    "plane_crop": {"dims": 2, "lo": -1, "hi2": 1, "c": 2},
    "plane_back": {"dims": 2, "n": 3, "n2": 4, "s2": 3, "lo": 1, "hi2": 1, "c": 2, "o": 2, "back": 1},
    "plane_back_crop": {"dims": 2, "n": 2, "n2": 3, "lo": -1, "hi": 1, "hi2": -2, "c": 2, "back": 1, "flip": 1},
}


CODE = {"numpy": "numpy", "torch": "torch", "jax": "jax", "onnx": "onnxruntime"}


def answer(state: dict[str, int]) -> np.ndarray:
    """The whole output, (O, *m), from Python."""
    given = DEFAULTS | state
    ends = ("", "2")[: given["dims"]]
    each = {name: tuple(given[name + end] for end in ends) for name in ("n", "k", "s", "d", "lo", "hi")}
    pads = tuple(zip(each["lo"], each["hi"], strict=True))
    if given["causal"]:
        pads = tuple((d * (k - 1), 0) for k, d in zip(each["k"], each["d"], strict=True))
    channels, kernels = (given["c"], given["o"]) if given["dims"] == 2 else (1, 1)
    flags = {"flip": bool(given["flip"]), "back": bool(given["back"])}
    return vectors.layer(
        n=each["n"], k=each["k"], s=each["s"], d=each["d"], pads=pads, channels=channels, kernels=kernels, **flags
    )


def query(state: dict[str, int], **more: object) -> str:
    return f"lab/window/?{urlencode({**state, **more})}"


@pytest.mark.parametrize("name", STATES)
def test_every_output_is_pythons(visit: Visit, name: str) -> None:
    state = STATES[name]
    y = answer(state)
    page = visit(query(state, at=y.size - 1))
    assert page.locator("[data-sum]").get_attribute("data-sum") == str(int(y.ravel()[-1]))
    if y.ndim == 3:
        shown = numbers(page, ".cnn-part:last-child")
        assert sorted(shown) == sorted(y.ravel().tolist())
        planes = page.locator(".cnn-part:last-child figure")
        for o in range(len(y)):
            assert (
                numbers(planes.nth(o).page, f".cnn-part:last-child figure:nth-child({o + 1})") == y[o].ravel().tolist()
            )
    elif state.get("back"):
        cells = page.locator(".cnn-line g[data-at] text:not(.label)").all_text_contents()
        assert [int(text.replace("−", "-")) for text in cells if text] == y[0].tolist()
    else:
        rows = page.locator(".cnn-line g[data-row] text.value").all_text_contents()
        assert [int(text.replace("−", "-").removeprefix("= ")) for text in rows] == y[0].tolist()


@pytest.mark.parametrize("name", STATES)
def test_the_code_runs_and_gives_the_same(visit: Visit, name: str) -> None:
    y = answer(STATES[name])
    page = visit(query(STATES[name]))
    for language, module in CODE.items():
        if importlib.util.find_spec(module) is None:
            continue
        choose(page, "code", language)
        given: dict[str, Any] = {}
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(page.locator(".cnn-code").inner_text(), given)
        assert printed.getvalue()
        result = np.asarray(given["y"])
        np.testing.assert_array_equal(result if language == "numpy" else result[0], y, err_msg=language)


def test_sliders_switches_and_keys_lead_to_pythons_answer(visit: Visit) -> None:
    page = visit("lab/window/")
    for name, value in (("n", 9), ("k", 2), ("s", 3), ("lo", 1)):
        slide(page, name, value)
    switch(page, "flip")
    y = answer({"n": 9, "k": 2, "s": 3, "lo": 1, "flip": 1})[0]
    page.locator(".cnn-stage").focus()
    for at in (1, 2):
        page.keyboard.press("ArrowRight")
        assert page.locator("[data-sum]").get_attribute("data-sum") == str(int(y[at]))
    window = Window(2, 3, 1, 1, 0)
    read = {t for i in range(window.count(9)) for t in window.taps(i)}
    lost = page.locator("[data-unread]").get_attribute("data-unread")
    assert json.loads(lost) == [sorted(set(range(-1, 9)) - read)]
    assert page.url.endswith("/lab/window/?n=9&k=2&s=3&lo=1&flip=1&at=2")
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert page.locator("[data-sum]").get_attribute("data-sum") == str(int(y[2]))
    assert page.locator("a.cnn-language").evaluate("a => a.search") == page.evaluate("location.search")


def test_the_newcomers_question(visit: Visit) -> None:
    page = visit("lab/window/")
    page.locator("[data-preset='preset.k9']").click()
    assert page.locator("[data-shape]").inner_text() == "7×7×3 → 3×3×2"
    y = answer(STATES["k9"])
    page.locator(".cnn-part:last-child figure:nth-child(2) g[data-at='1,2']").click()
    assert page.locator("[data-sum]").get_attribute("data-sum") == str(int(y[1, 1, 2]))
    assert page.locator(".cnn-terms").count() == 3
    terms = "".join(page.locator(".cnn-terms").all_inner_texts())
    assert terms.count("·") == 27
    page.locator(".cnn-stage").focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowUp")
    assert page.locator("[data-sum]").get_attribute("data-sum") == str(int(y[0, 0, 2]))


def test_playing_steps_through_all_outputs_and_stops(visit: Visit) -> None:
    page = visit("lab/window/")
    page.clock.install()
    y = answer({})[0]
    page.locator("[data-do=play]").click()
    for at in (1, 2, 0):
        assert page.locator("[data-sum]").get_attribute("data-sum") == str(int(y[at]))
        page.clock.run_for(900)
    page.locator("[data-do=play]").click()
    before = page.locator("[data-sum]").inner_text()
    page.clock.run_for(5000)
    assert page.locator("[data-sum]").inner_text() == before
    page.locator("[data-do=stepBack]").click()
    assert page.locator("[data-sum]").inner_text() != before


def test_nothing_moves_by_itself_where_calm_is_asked_for(visit: Visit) -> None:
    page = visit("lab/window/", calm=True)
    assert page.locator("[data-do=play]").count() == 0
    assert page.locator("[data-do=step]").count() == 1


def test_what_does_not_fit_is_refused_in_words(visit: Visit) -> None:
    page = visit("zh/lab/window/?n=2&k=5")
    assert "(SHAPE-3)" in page.locator(".cnn-said").inner_text()
    choose(page, "dims", 2)
    assert page.locator(".cnn-said").count() == 1


def test_pictures(visit: Visit, shots: Path) -> None:
    pictures(visit, "lab/window/", "window", shots)
    pictures(visit, query(STATES["k9"]), "window-k9", shots, FEW)
    pictures(visit, query(STATES["plane_back"]), "window-back", shots, FEW)
