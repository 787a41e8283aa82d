"""The matrix view in a browser, beside Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from cnnspec import conv, conv_transpose
from cnnspec.spec.connectivity import conv_matrix
from tests.site.driving import FEW, pictures, slide, switch
from tests.site.vectors import sample_input

Visit = Callable[..., Any]

STATES: dict[str, dict[str, int]] = {
    "line": {},
    "strided": {"n": 9, "k": 2, "s": 3, "d": 2, "lo": 1, "hi": 2},
    "plane": {"dims": 2, "n": 4, "n2": 5, "k": 2, "k2": 3, "lo": 1},
    "transposed": {"n": 9, "s": 2, "back": 1},
    "plane_transposed": {"dims": 2, "n": 3, "n2": 6, "k": 3, "k2": 2, "s": 2, "hi": 1, "back": 1},
}


def expected(state: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """The matrix and what the layer makes of the sample numbers, from Python."""
    given = {"dims": 1, "n": 8, "n2": 5, "k": 3, "k2": 2, "s": 1, "d": 1, "lo": 0, "hi": 0, "back": 0} | state
    extents, kernel = ((given[name], given[f"{name}2"])[: given["dims"]] for name in ("n", "k"))
    w = np.arange(1, prod(kernel) + 1).reshape(1, 1, *kernel)
    options = {"stride": given["s"], "dilation": given["d"], "padding": ((given["lo"], given["hi"]),) * given["dims"]}
    matrix = conv_matrix(w, input_size=extents, **options).astype(int)
    if not given["back"]:
        return matrix, conv(sample_input(1, extents)[None], w, **options).ravel()
    made = conv(np.zeros((1, 1, *extents), int), w, **options).shape[2:]
    left = tuple(
        (n + given["lo"] + given["hi"] - (k - 1) * given["d"] - 1) % given["s"]
        for n, k in zip(extents, kernel, strict=True)
    )
    return matrix.T, conv_transpose(sample_input(1, made)[None], w, output_padding=left, **options).ravel()


@pytest.mark.parametrize("name", STATES)
def test_the_matrix_and_its_products_are_pythons(visit: Visit, name: str) -> None:
    page = visit("lab/matrix/?" + urlencode(STATES[name]))
    matrix, y = expected(STATES[name])
    assert json.loads(page.locator("[data-entries]").get_attribute("data-entries")) == matrix.tolist()
    values = page.locator(".cnn-part:last-child text.value").all_text_contents()
    assert sorted(int(value.replace("−", "-")) for value in values) == sorted(y.tolist())
    page.locator(".cnn-stage").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("[data-sum]").get_attribute("data-sum") == str(y[1])
    page.locator(f"[data-row='{len(y) - 1}']").click()
    assert page.locator("[data-sum]").get_attribute("data-sum") == str(y[-1])


def test_one_switch_transposes(visit: Visit) -> None:
    page = visit("zh/lab/matrix/")
    slide(page, "n", 7)
    switch(page, "back")
    matrix, _ = expected({"n": 7, "back": 1})
    assert json.loads(page.locator("[data-entries]").get_attribute("data-entries")) == matrix.tolist()
    assert page.locator("[data-shape]").inner_text() == "7 × 5"
    assert page.url.endswith("?n=7&back=1")


def test_what_does_not_fit_is_refused(visit: Visit) -> None:
    page = visit("lab/matrix/?n=2&k=4")
    assert "(SHAPE-3)" in page.locator(".cnn-said").inner_text()


def test_pictures(visit: Visit, shots: Path) -> None:
    pictures(visit, "lab/matrix/", "matrix", shots)
    pictures(visit, "lab/matrix/?dims=2&n=5&k=2&k2=3", "matrix-plane", shots, FEW)
