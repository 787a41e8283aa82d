"""Search finds words of both languages, Chinese ones among them that are not set apart by spaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("path", "word"),
    [("zh/", "互相关"), ("zh/", "平移等变性"), ("zh/", "膨胀"), ("", "equivariance"), ("", "CORR-1")],
)
def test_a_word_is_found(visit: Callable[..., Any], path: str, word: str) -> None:
    page = visit(path)
    page.locator("[data-md-component=search-query]").click()
    page.keyboard.insert_text(word)
    found = page.locator(".md-search-result__item")
    found.first.wait_for(timeout=20_000)
    assert found.count() > 0
    assert word.lower() in page.locator(".md-search-result__list").inner_text().replace("\u200b", "").lower()
    page.context.close()
