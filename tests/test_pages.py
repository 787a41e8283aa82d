"""The computed parts of the site: the course, its pictures, the glossary, the page about reports, the figures."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from cnnspec.harness.verdicts import Verdict
from cnnspec.laws.counterexamples import COUNTEREXAMPLES
from cnnspec.laws.registry import every_law
from cnnspec.operations import BY_NAME
from docs.pages import glossary, laws, operations, report, why
from docs.pictures import (
    connections,
    demo,
    flip,
    image,
    layer,
    operations as drawn,
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
    "pad_modes": drawn.pad_modes,
    "copies": drawn.copies,
    "groups": drawn.groups,
    "adjoint": drawn.adjoint,
    "adaptive": lambda language: drawn.adaptive(language, 7, 3),
    "gradients": drawn.gradients,
    "rounding": drawn.rounding,
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


def test_every_operation_has_a_section_with_its_definition() -> None:
    for language in LANGUAGES:
        text = "\n".join(pages(language).values())
        for name in BY_NAME:
            assert len(re.findall(rf"^## `{name}` {{ #op-{name} }}$", text, flags=re.MULTILINE)) == 1
            assert f'source_of("{language}", "{name}")' in text
            assert f'formula("{name}", "{language}")' in text


@pytest.mark.parametrize("name", BY_NAME)
def test_a_definition_is_shown_as_it_is(name: str) -> None:
    shown = operations.source_of("en", name)
    for line in inspect.getsource(BY_NAME[name].definition).splitlines():
        assert line.strip() in shown
    assert "$$" in operations.formula(name, "en")
    assert f"[{next(law.id for law in every_law() if name in law.operations and len(law.operations) < 10)}][]" in (
        operations.laws_of("en", name)
    )


def test_formulas_have_no_english_words_in_chinese() -> None:
    for text in pages("zh").values():
        for name in re.findall(r'formula\("([\w.]+)", "zh"\)', text):
            words = re.findall(r"\\text\{([^}]*)\}", operations.formula(name, "zh"))
            assert not [word for word in words if re.search("[A-Za-z]{2,}", word.replace("NaN", ""))], name


def test_a_list_of_laws_names_what_exists() -> None:
    with pytest.raises(KeyError):
        operations.laws_of("en", "conv", only=("CORR-1", "POOL-1"))


NAMES = tomllib.loads((DOCS / "names.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", NAMES)
def test_a_table_of_names_is_full_and_cites_its_sources(page: str) -> None:
    entry = NAMES[page]
    width = len(entry["frameworks"])
    assert len(entry["functions"]) == len(entry["sources"]) == width
    assert all(len(row) == width + 1 for row in entry["rows"])
    assert [bool(name) for name in entry["functions"]] == [bool(address) for address in entry["sources"]]
    lines = [operations.names_of(page, language).count("\n|") for language in LANGUAGES]
    assert lines == [len(entry["rows"]) + 3] * 2


def parameters(page: str, framework: str) -> list[tuple[str, list[str]]]:
    """The functions of a framework on a page, and the names in code of every row."""
    entry = NAMES[page]
    column = entry["frameworks"].index(framework)
    cells = [row[column + 1] for row in entry["rows"]]
    names = [re.findall(r"`([A-Za-z_]\w*)", cell if isinstance(cell, str) else cell[0]) for cell in cells]
    plain = [name for found in names for name in found if name not in ("constant", "reflect", "replicate", "circular")]
    return [(function, plain) for function in re.findall(r"`([\w.]+)`", entry["functions"][column])]


@pytest.mark.parametrize("page", ["padding", "convolution", "transpose", "pooling", "adaptive"])
def test_names_in_pytorch_are_right(page: str) -> None:
    functional = pytest.importorskip("torch").nn.functional
    told = ""
    for name, _ in parameters(page, "PyTorch"):
        function = getattr(functional, name.rpartition(".")[2])
        told += (function.__doc__ or "") + (str(inspect.signature(function)) if inspect.isfunction(function) else "")
    missing = {
        name for _, names in parameters(page, "PyTorch") for name in names if not re.search(rf"\b{name}\b", told)
    }
    assert missing - {"output_size"} == set()


@pytest.mark.parametrize("page", ["convolution", "transpose", "pooling"])
def test_names_in_jax_are_right(page: str) -> None:
    lax = pytest.importorskip("jax").lax
    for name, names in parameters(page, "JAX"):
        known = set(inspect.signature(getattr(lax, name.rpartition(".")[2])).parameters)
        assert set(names) <= known


@pytest.mark.parametrize("page", ["padding", "convolution", "transpose", "pooling", "quantised", "activation"])
def test_names_in_onnx_are_right(page: str) -> None:
    defs = pytest.importorskip("onnx").defs
    known: set[str] = {"edge", "wrap"}
    for name, _ in parameters(page, "ONNX"):
        schema = defs.get_schema(name)
        known |= {argument.name for argument in schema.inputs} | set(schema.attributes)
    assert {name for _, names in parameters(page, "ONNX") for name in names} <= known
