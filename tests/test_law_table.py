"""Every law has a definition, an example, a test, a fault that it catches, and a place in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnspec import mutants
from cnnspec.laws.counterexamples import COUNTEREXAMPLES
from cnnspec.laws.law import LANES
from cnnspec.laws.registry import CHAPTERS, every_law, find_law
from docs.pages import laws, texts, words
from docs.pages.law_table import Row, agrees, files_naming, row, rows, table

ROWS = rows()


@pytest.mark.parametrize("r", ROWS, ids=lambda r: r.law.id)
def test_no_cell_is_empty(r: Row) -> None:
    assert r.unknown == (), f"{r.law.id} names mutants that the zoo does not have: {', '.join(r.unknown)}"
    assert r.empty == (), f"{r.law.id} lacks: {', '.join(r.empty)}"


def test_an_empty_cell_is_seen() -> None:
    corr, theorem = (row(find_law(name)) for name in ("CORR-1", "SHAPE-7"))
    assert replace(corr, catches=()).empty == ("mutant",)
    assert replace(corr, unknown=("no_such_fault",)).empty == ("mutant",)
    assert replace(theorem, refutes=()).empty == ("mutant",)
    assert replace(corr, tests=(), anchors=("en",)).empty == ("test", "anchor")
    assert not agrees(replace(find_law("CORR-1"), example=(find_law("CORR-1").example[0], [[[[19, 25], [37, 44]]]])))
    assert files_naming("CORR-98") == ()
    assert row(replace(find_law("CORR-1"), id="CORR-98", mutants=("no_such_fault",))).empty == (
        "test",
        "mutant",
        "anchor",
    )


def test_the_table_has_every_law() -> None:
    for language in ("en", "zh"):
        assert table(language).count("\n| [") == len(every_law())


ENGLISH = texts.english()


@pytest.mark.parametrize("name", ["laws", "false"])
def test_every_law_and_false_sentence_is_in_chinese(name: str) -> None:
    chinese = texts.table(name)
    missing = {key: f'of = "{texts.digest(*english)}"' for key, english in ENGLISH[name].items() if key not in chinese}
    assert missing == {}, f"translate these in docs/chinese/{name}*.toml"


@pytest.mark.parametrize("name", ["laws", "false"])
def test_no_translation_is_stale(name: str) -> None:
    chinese, english = texts.table(name), ENGLISH[name]
    assert set(chinese) <= set(english), f"docs/chinese/{name}*.toml translates what does not exist"
    stale = {
        key: f'of = "{texts.digest(*english[key])}"'
        for key, entry in chinese.items()
        if entry["of"] != texts.digest(*english[key])
    }
    assert stale == {}, f"the English has changed: look at these in docs/chinese/{name}*.toml, then set the new digest"


def test_translated_mutants_exist() -> None:
    assert set(texts.table("mutants")) <= set(mutants.names())


def test_the_chinese_is_chinese() -> None:
    for law in every_law():
        title, statement, formula = texts.law_words(law, "zh")
        assert (title, statement) != (law.title, law.statement)
        assert statement.endswith("。")
        assert formula.count("$") == law.formula.count("$") or "formula" in texts.table("laws")[law.id]
        assert formula.count("$") % 2 == 0
    for example in COUNTEREXAMPLES:
        assert texts.false_words(example, "zh").claim.endswith("。")
    assert texts.mutant_words("kernel_flipped", "zh").startswith("卷积核")


def test_a_stale_translation_shows_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(texts.table("mutants"), "kernel_flipped", {"of": "00000000", "sentence": "旧的"})
    assert texts.mutant_words("kernel_flipped", "zh") == mutants.find("kernel_flipped").sentence


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_chapter_and_lane_has_a_name(language: str) -> None:
    assert set(words.CHAPTER_WORDS[language]) == set(CHAPTERS)
    assert set(words.LANE_WORDS[language]) == set(LANES)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_has_every_law_once(language: str) -> None:
    page = laws.chapters(language)
    for law in every_law():
        assert page.count(f"{{ #{law.id.lower()} }}") == 1
