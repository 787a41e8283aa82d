"""What the tests of every lab do alike: move a slider, read what is shown, take pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.site.conftest import PHONE, WIDE

VIEWS = [(language, theme, size) for language in ("", "zh/") for theme in ("light", "dark") for size in (WIDE, PHONE)]
"""Both languages, both themes, a wide window and a phone."""


def slide(page: Any, name: str, value: int) -> None:
    """Move a slider to a value with the keyboard, as a hand would."""
    slider = page.locator(f'input[type=range][name="{name}"]')
    slider.focus()
    while (now := int(slider.input_value())) != value:
        page.keyboard.press("ArrowRight" if now < value else "ArrowLeft")


def switch(page: Any, name: str) -> None:
    """Turn a switch, by its label."""
    page.locator(f"label:has(input[name={name}])").click()


def choose(page: Any, name: str, value: object) -> None:
    """Choose one of a row of choices."""
    page.locator(f'label:has(input[name={name}][value="{value}"])').click()


def numbers(page: Any, selector: str) -> list[int]:
    """The numbers in the cells of a plane, row by row."""
    texts = page.locator(f"{selector} text.value").all_text_contents()
    places = page.locator(f"{selector} g[data-at]").evaluate_all("all => all.map((g) => g.dataset.at)")
    assert len(texts) == len(places)
    found = sorted((tuple(map(int, at.split(","))), text) for at, text in zip(places, texts, strict=True))
    return [int(text.replace("−", "-")) for _, text in found]


FEW = (VIEWS[0], VIEWS[-1])
"""English, light and wide; Chinese, dark and small."""


def pictures(visit: Callable[..., Any], path: str, name: str, shots: Path, views: Sequence[Any] = VIEWS) -> None:
    """Take screenshots of a lab, of every view unless a few are named; nothing may reach out of the page."""
    for language, theme, size in views:
        page = visit(language + path, theme=theme, size=size)
        across = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert across[0] <= across[1], (language, across)
        holes = page.locator(".cnn-lab").evaluate_all(
            "all => all.flatMap((e) => e.innerText.match(/undefined|\\[object/g) ?? [])"
        )
        assert holes == []
        kind = "phone" if size is PHONE else "wide"
        page.screenshot(path=shots / f"{name}-{language[:2] or 'en'}-{theme}-{kind}.png", full_page=True)
        page.context.close()
