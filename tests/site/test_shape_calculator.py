"""The shape calculator in a browser, beside Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from cnnspec import shapes
from cnnspec.geometry import Window
from cnnspec.spec.stacks import jump, receptive_field
from tests.site.driving import FEW, pictures

Visit = Callable[..., Any]
Shape = tuple[int, ...]


def conv(x: Shape, kernels: int, **options: Any) -> Shape:
    kernel = options.pop("kernel_size", 3)
    kernel = kernel if isinstance(kernel, tuple) else (kernel,) * (len(x) - 2)
    return shapes.conv_shape(x, (kernels, x[1], *kernel), **options)


def transposed(x: Shape, kernels: int, kernel: int, **options: Any) -> Shape:
    return shapes.conv_transpose_shape(x, (x[1], kernels, *((kernel,) * (len(x) - 2))), **options)


STACKS: dict[str, tuple[str, list[Callable[[Shape], Shape]]]] = {
    "conv o2 k3 s2": ("3,7,7", [lambda x: conv(x, 2, stride=2)]),
    "conv o5 k3,2 s2 p1:0,2.pool k2 s1 ceil": (
        "3,9,13",
        [
            lambda x: conv(x, 5, kernel_size=(3, 2), stride=2, padding=((1, 0), (2, 2))),
            lambda x: shapes.pool_shape(x, kernel_size=2, stride=1, ceil_mode=True),
        ],
    ),
    "conv o4 k4 s3 psame.conv o4 k4 d2 psame_lower.transposed o2 k3 s2 p1 e1.adaptive to3": (
        "2,17",
        [
            lambda x: conv(x, 4, kernel_size=4, stride=3, padding="same"),
            lambda x: conv(x, 4, kernel_size=4, dilation=2, padding="same_lower"),
            lambda x: transposed(x, 2, 3, stride=2, padding=1, output_padding=1),
            lambda x: shapes.adaptive_shape(x, output_size=3),
        ],
    ),
    "pool k2 s3 p1 ceil": (
        "1,5",
        [lambda x: shapes.pool_shape(x, kernel_size=2, stride=3, padding=1, ceil_mode=True)],
    ),
    "transposed o3 k2 s3 psame.conv o1 k2": (
        "2,4,3,5",
        [lambda x: transposed(x, 3, 2, stride=3, padding="same"), lambda x: conv(x, 1, kernel_size=2)],
    ),
}


@pytest.mark.parametrize("stack", STACKS)
def test_every_shape_is_pythons(visit: Visit, stack: str) -> None:
    given, rules = STACKS[stack]
    page = visit("lab/shapes/?" + urlencode({"x": given, "stack": stack}))
    x = (1, *map(int, given.split(",")))
    expected = []
    for rule in rules:
        x = rule(x)
        expected.append("×".join(map(str, x[1:])))
    assert page.locator("[data-to]").all_inner_texts() == expected


def test_the_formula_and_the_count_differ_where_a_window_is_dropped(visit: Visit) -> None:
    page = visit("lab/shapes/")
    assert page.locator("[data-agree=no]").count() == 0
    page.locator("[data-preset='preset.ceil']").click()
    assert page.locator("[data-agree=no]").count() == 1
    page.locator("input[name=ceil]").uncheck()
    assert page.locator("[data-agree=no]").count() == 0


def test_typing_a_stack_gives_its_receptive_field(visit: Visit) -> None:
    page = visit("lab/shapes/?x=3,100&stack=")
    assert page.locator(".cnn-card").count() == 0
    layers = [Window(5), Window(3, 2), Window(2, 3, 2)]
    for w in layers:
        page.locator("[data-add=conv]").click()
        card = page.locator(".cnn-card").last
        for name, value in (("k", w.kernel), ("s", w.stride), ("d", w.dilation)):
            card.locator(f"input[name={name}]").fill("")
            card.locator(f"input[name={name}]").press_sequentially(str(value))
    assert page.evaluate("document.activeElement.name") == "d"
    field = receptive_field(layers)
    assert page.locator("[data-whole='stack.field']").inner_text() == str(len(field))
    assert page.locator("[data-whole='stack.jump']").inner_text() == str(jump(layers))
    assert page.locator("[data-whole='stack.first']").inner_text() == f"{field[0]} … {field[-1]}"
    assert "✓" in page.locator(".cnn-whole").inner_text()
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert page.locator("[data-whole='stack.field']").inner_text() == str(len(field))


def test_the_newcomers_layer_is_counted_out(visit: Visit) -> None:
    page = visit("lab/shapes/")
    assert page.locator("[data-whole='stack.shape']").inner_text() == "3×7×7 → 2×3×3"
    assert page.locator("[data-whole='stack.parameters']").inner_text() == "56"
    assert page.locator("[data-whole='stack.products']").inner_text() == "486"


@pytest.mark.parametrize(
    ("stack", "law"),
    [("conv k9", "SHAPE-3"), ("conv s0", "SHAPE-1"), ("transposed e1", "TRANS-2"), ("conv px", "SHAPE-2")],
)
def test_a_refusal_stands_at_its_layer(visit: Visit, stack: str, law: str) -> None:
    page = visit("lab/shapes/?" + urlencode({"x": "1,7,6", "stack": f"conv k2.{stack}"}))
    assert page.locator("[data-to]").all_inner_texts() == ["1×6×5"]
    assert f"({law})" in page.locator(".cnn-card:nth-child(2) .cnn-refused").inner_text()


def test_pictures(visit: Visit, shots: Path) -> None:
    pictures(visit, "lab/shapes/", "shapes", shots)
    stem = urlencode({"x": "3,224,224", "stack": "conv o64 k7 s2 p3.pool k3 s2 p1.transposed o4 k2 s2.adaptive to3,5"})
    pictures(visit, f"lab/shapes/?{stem}", "shapes-stem", shots, FEW)
