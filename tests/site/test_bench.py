"""The equivariance bench in a browser, beside Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from cnnspec import avg_pool, conv, max_pool, pad
from cnnspec.spec.translation import interior, translate, translate_zero
from docs.pictures.image import letter
from tests.site.conftest import PHONE
from tests.site.driving import choose, pictures, slide

Visit = Callable[..., Any]

EDGE = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
STATES: dict[str, dict[str, Any]] = {
    "torus": {},
    "border": {"pad": "zero", "dy": -3, "dx": 4},
    "stride": {"s": 2},
    "seam": {"s": 5, "dy": 5, "dx": 0},
    "max": {"pool": "max", "dy": 2, "dx": -4},
    "mean": {"pool": "mean", "s": 3, "dy": 6, "dx": -6},
    "zero_mean": {"pool": "mean", "pad": "zero", "dy": 2, "dx": 2},
    "global": {"pool": "global", "dx": 5},
}


def both(state: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """f(T x) and T f(x) from Python."""
    given = {"pad": "circular", "s": 1, "pool": "none", "dy": 2, "dx": 3} | state
    circular, step = given["pad"] == "circular", given["s"] * (2 if given["pool"] in ("max", "mean") else 1)
    x = letter()[None, None, 1:13]
    move = translate if circular else translate_zero

    def layer(plane: np.ndarray) -> np.ndarray:
        padded = pad(np.asarray(plane, float), padding=1, mode="circular" if circular else "constant")
        y = conv(padded, np.array([[EDGE]], float), stride=given["s"])
        if given["pool"] == "global":
            return y.max(keepdims=True)
        return {
            "none": lambda y: y,
            "max": lambda y: max_pool(y, kernel_size=2),
            "mean": lambda y: avg_pool(y, kernel_size=2),
        }[given["pool"]](y)

    shift = (given["dy"], given["dx"])
    after = (0, 0) if given["pool"] == "global" else tuple(v // step for v in shift)
    return layer(move(x, shift))[0, 0], np.asarray(move(layer(x), after), float)[0, 0]


def shown(page: Any, name: str) -> np.ndarray:
    return np.array(json.loads(page.locator(f"[data-plane={name}]").get_attribute("data-values")), float)


@pytest.mark.parametrize("name", STATES)
def test_both_orders_are_pythons(visit: Visit, name: str) -> None:
    page = visit("lab/bench/?" + urlencode(STATES[name]))
    first, last = both(STATES[name])
    np.testing.assert_array_equal(shown(page, "first"), first)
    np.testing.assert_array_equal(shown(page, "gap"), first - last)
    assert page.locator("[data-differ]").get_attribute("data-differ") == str(np.count_nonzero(first - last))
    promise = page.locator("[data-promise]").get_attribute("data-promise")
    if promise in ("promise.torus", "promise.global"):
        assert (first == last).all()


def test_the_frame_is_pythons_interior(visit: Visit) -> None:
    for state in ({"dy": 2, "dx": -3}, {"dy": -4, "dx": 2, "s": 2}):
        page = visit("lab/bench/?" + urlencode({"pad": "zero", **state}))
        shift = (state["dy"], state["dx"])
        inner = interior((12, 12), shift=shift, kernel_size=3, padding=1, stride=state.get("s", 1))
        size = float(page.locator("[data-plane=gap]").get_attribute("data-size"))
        frame = page.locator(".cnn-interior")
        place = [round(float(frame.get_attribute(name)) / size) for name in ("y", "x", "height", "width")]
        assert place == [inner[0].start, inner[1].start, len(inner[0]), len(inner[1])]
        assert not shown(page, "gap")[inner[0].start : inner[0].stop, inner[1].start : inner[1].stop].any()


@pytest.mark.parametrize("size", [None, PHONE])
def test_dragging_the_image_moves_it(visit: Visit, size: Any) -> None:
    page = visit("lab/bench/?dy=0&dx=0", **({"size": size} if size else {}))
    image = page.locator("[data-plane=moved] svg")
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    x, y, cell = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"] / 12
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + cell * 1.2, y - cell * 1.9)
    page.mouse.move(x + cell * 3.1, y - cell * 2.1)
    page.mouse.up()
    page.mouse.move(x, y)
    assert "?dy=-2" in page.url or "dy=-2" in page.url
    first, last = both({"dy": -2, "dx": 3})
    np.testing.assert_array_equal(shown(page, "first"), first)
    assert (first == last).all()
    page.keyboard.press("ArrowDown")
    np.testing.assert_array_equal(shown(page, "first"), both({"dy": -1, "dx": 3})[0])


def test_choices_and_sliders(visit: Visit) -> None:
    page = visit("zh/lab/bench/")
    choose(page, "pad", "zero")
    choose(page, "pool", "max")
    slide(page, "dx", -2)
    first, last = both({"pad": "zero", "pool": "max", "dx": -2})
    np.testing.assert_array_equal(shown(page, "gap"), first - last)
    page.locator("[data-preset='preset.alias']").click()
    assert (shown(page, "first") == -shown(page, "plain")).all()


def test_pictures(visit: Visit, shots: Path) -> None:
    pictures(visit, "lab/bench/?pad=zero", "bench", shots)
