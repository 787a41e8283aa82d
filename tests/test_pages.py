"""The computed parts of the site: the course, its pictures, the glossary, the page about reports, the figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from cnnspec.harness.verdicts import Verdict
from cnnspec.laws.counterexamples import COUNTEREXAMPLES
from cnnspec.laws.registry import every_law
from docs.pages import glossary, laws, report, why
from docs.pictures import (
    connections,
    demo,
    flip,
    image,
    layer,
    pooling,
    superposition,
    translation,
    window,
)

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
LANGUAGES = ("en", "zh")


def pages(language: str) -> dict[str, str]:
    folder = DOCS / language
    return {str(page.relative_to(folder)): page.read_text(encoding="utf-8") for page in sorted(folder.glob("**/*.md"))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_concept_has_one_place(language: str) -> None:
    text = "\n".join(pages(language).values())
    for number in range(1, 14):
        assert len(re.findall(rf"^## .* {{ #k{number} }}$", text, flags=re.MULTILINE)) == 1
        assert f"[k{number}]" in pages(language)["concepts/index.md"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_law_that_a_page_names_exists(language: str) -> None:
    known = {law.id for law in every_law()}
    for name, text in pages(language).items():
        assert set(re.findall(r"\[([A-Z]+-\d+)\]\[\]", text)) <= known, name


def test_both_languages_name_the_same_laws_in_the_same_order() -> None:
    english, chinese = (pages(language) for language in LANGUAGES)
    for name, text in english.items():
        links = [re.findall(r"\[([A-Z]+-\d+)\]\[\]", page) for page in (text, chinese[name])]
        assert links[0] == links[1], name


def test_both_languages_compute_the_same_things() -> None:
    """Code blocks differ in words alone: in strings and comments."""

    def blocks(text: str) -> list[str]:
        code = re.findall(r"^```python.*?^```$", text, flags=re.MULTILINE | re.DOTALL)
        return [re.sub(r'#[^"\n]*$|f?"[^"\n]*"', "", block, flags=re.MULTILINE) for block in code]

    english, chinese = (pages(language) for language in LANGUAGES)
    for name, text in english.items():
        assert [b.split() for b in blocks(text)] == [b.split() for b in blocks(chinese[name])], name


def test_both_menus_have_every_page_in_the_same_order() -> None:
    menus = []
    for language, config in zip(LANGUAGES, ("mkdocs.yml", "mkdocs.zh.yml"), strict=True):
        text = (ROOT / config).read_text(encoding="utf-8")
        menu = re.findall(r"[\w/-]+\.md", text.partition("\nnav:\n")[2].partition("\n\n")[0])
        assert sorted(menu) == sorted(pages(language))
        menus.append(menu)
    assert menus[0] == menus[1]


PICTURES: dict[str, Callable[[str], str]] = {
    "doses": superposition.doses,
    "stairs": lambda language: superposition.stairs(language, [1, 2, 3], [1, 1]),
    "modes": lambda language: superposition.modes(language, [1, 2, 3, 4, 5], [1, 1, 1, 1]),
    "worked": window.worked,
    "filters": window.filters,
    "impulse": flip.impulse,
    "not_flips": flip.not_flips,
    "learning": flip.learning,
    "both": connections.both,
    "stack": connections.stack,
    "line": lambda language: connections.toeplitz(language, "line"),
    "plane": lambda language: connections.toeplitz(language, "plane"),
    "channels": layer.channels,
    "rectified": layer.rectified,
    "demo": demo.layer,
    "demo_both": demo.both,
    "cells": pooling.cells,
    "ledger": pooling.ledger,
    "moved": pooling.moved,
    "bench": translation.bench,
    "alias": translation.alias,
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_well_formed_and_told_in_words(name: str) -> None:
    titles = []
    for language in LANGUAGES:
        svg = ET.fromstring(PICTURES[name](language)).find("svg")
        assert svg is not None
        assert svg.get("role") == "img"
        titles.append(svg.findtext("title"))
        left, top, width, height = map(float, svg.get("viewBox", "").split())
        assert (left, top, width, height) < (0, 0, 760, 760)
    assert len(titles[0] or "") > 20
    assert not re.search(r"[\u4e00-\u9fff]", titles[0] or "")
    assert re.search(r"[\u4e00-\u9fff]", titles[1] or "")


def test_the_worked_sums_are_right() -> None:
    for at in np.ndindex(2, 3):
        assert eval(window.terms(at).replace("·", "*").replace("−", "-")) == window.layer(window.X, window.K)[at]
    assert "| 0 | 2 | 1 | 0 | 9 / 3 = 3 | 9 / 2 = 9/2 |" in pooling.divisors("en")
    assert demo.counts()["parameters"] == 56
    assert demo.counts()["multiply_adds"] == 486


def test_circular_padding_moves_and_zero_padding_does_not() -> None:
    gaps = [np.subtract(*translation.orders(mode)) for mode in ("circular", "constant")]
    assert not gaps[0].any()
    assert gaps[1].any()


def test_an_image_holds_its_pixels() -> None:
    import zlib

    data = image.png(np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4))
    body = data[data.index(b"IDAT") + 4 : data.index(b"IEND") - 8]
    assert zlib.decompress(body) == b"\0" + bytes(range(12)) + b"\0" + bytes(range(12, 24))


def test_false_sentences_are_found_by_name() -> None:
    assert "[21, 32]" in laws.false_sentences("en", "layers_convolve")
    with pytest.raises(KeyError):
        laws.false_sentences("en", "no_such_sentence")
    told = {name for text in pages("en").values() for name in re.findall(r'"(\w+)"', text)}
    concepts = ("CONV", "CORR", "EQUI", "INV", "LEARN", "SHAPE-7", "SHAPE-2", "SHAPE-5", "SHAPE-9", "RELU", "STRUCT")
    assert {e.name for e in COUNTEREXAMPLES if e.law.startswith(concepts)} <= told


def test_every_chinese_term_can_be_searched() -> None:
    terms = {line.split()[0] for line in (DOCS / "terms.txt").read_text(encoding="utf-8").splitlines()}
    plain = {
        "卷积",
        "长度",
        "样本",
        "通道",
        "平面",
        "激活",
        "窗口",
        "梯度",
        "定义",
        "用例",
        "目标",
        "声明",
        "发现",
        "空洞",
    }
    for group in glossary.groups():
        for _english, chinese, *_meanings in group["terms"]:
            for word in re.split(r"[、（）]", chinese):
                assert word in terms | plain | {"", "批量"}, f"add {word} to docs/terms.txt"


def test_the_glossary_has_every_term_once() -> None:
    for column in (0, 1):
        names = [term[column] for group in glossary.groups() for term in group["terms"]]
        assert len(names) == len(set(names))
    assert glossary.glossary("en").count("\n| ") == glossary.glossary("zh").count("\n| ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_and_exit_code_is_told(language: str) -> None:
    assert list(report.VERDICTS[language]) == [str(verdict) for verdict in Verdict]
    assert len(report.CODES[language]) == 6


def test_the_report_to_read_shows_what_the_page_explains() -> None:
    text = report.sample()
    for part in ("DOES NOT CONFORM", "Not checked", "CORR-1", "smallest case", "what went wrong", "replay"):
        assert part in text
    assert "behaves like kernel_flipped" in text


def test_unequal_sizes_see_more() -> None:
    usual, unequal = set(why.seen(why.USUAL)), set(why.seen(why.UNEQUAL))
    assert {"kernel_flipped", "stride_axes_swapped"} <= unequal - usual
    assert len(unequal) > 2 * len(usual)
    assert why.reported() > 0
