"""The documentation: every Python block runs, and both languages have the same pages."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from sybil import Sybil
from sybil.parsers.abstract import AbstractCodeBlockParser
from sybil.parsers.abstract.codeblock import PythonDocTestOrCodeBlockParser
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

import cnnspec

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("en/**/*.md")), *sorted(DOCS.glob("zh/**/*.md"))]


class PythonBlocks(PythonDocTestOrCodeBlockParser):
    """Every fenced block whose language is Python, whatever else its first line says (a title, ``exec``)."""

    @staticmethod
    def codeblock_parser_class(language, evaluator):
        info = re.compile(r"[ ]*(?P<arguments>python)\b[^\n]*\n")
        return AbstractCodeBlockParser([RawFencedCodeBlockLexer(info)], language, evaluator)


def run_blocks(page: Path) -> int:
    """Run the blocks of ``page`` in order, in one namespace; return how many there were."""
    examples = list(Sybil([PythonBlocks()]).parse(page).examples())
    for example in examples:
        example.evaluate()
    return len(examples)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_python_block_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    run_blocks(page)


@pytest.mark.parametrize("block", ["raise ValueError('wrong')", ">>> 1 + 1\n3\n"])
@pytest.mark.parametrize("info", ["python", 'python title="layers.py"', 'python exec="true"'])
def test_a_wrong_block_fails(info: str, block: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Text.\n\n```{info}\n{block}\n```\n")
    with pytest.raises((ValueError, AssertionError), match=r"wrong|Expected"):
        run_blocks(page)


def test_blocks_are_found() -> None:
    assert run_blocks(ROOT / "README.md") > 0


def test_the_layer_in_the_readme_is_right() -> None:
    """The first block, a reader's own ``conv2d``, equals the reference where every size differs."""
    document = Sybil([PythonBlocks()]).parse(ROOT / "README.md")
    next(iter(document.examples())).evaluate()
    x = np.arange(2 * 3 * 7 * 11).reshape(2, 3, 7, 11) % 13 - 6
    w = np.arange(4 * 3 * 3 * 2).reshape(4, 3, 3, 2) % 11 - 5
    options = {"stride": (2, 3), "padding": ((1, 0), (2, 1))}
    y = document.namespace["conv2d"](x, w, np.arange(4) - 7, **options)
    np.testing.assert_array_equal(y, cnnspec.conv2d(x, w, np.arange(4) - 7, **options))


def test_both_languages_have_the_same_pages() -> None:
    def names(language: str) -> set[str]:
        return {str(page.relative_to(DOCS / language)) for page in DOCS.glob(f"{language}/**/*.md")}

    assert names("en") == names("zh") != set()


def test_both_languages_have_the_same_headings() -> None:
    """A section that one language lacks shows as another sequence of heading levels."""

    def levels(page: Path) -> list[int]:
        prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        return [len(marks) for marks in re.findall(r"^(#+) ", prose, flags=re.MULTILINE)]

    for page in DOCS.glob("en/**/*.md"):
        assert levels(page) == levels(DOCS / "zh" / page.relative_to(DOCS / "en")), page.name


BROKEN_LINE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]\n[ ]*[\u3000-\u9fff\uff00-\uffef`]")


@pytest.mark.parametrize("page", sorted(DOCS.glob("zh/**/*.md")), ids=lambda page: page.name)
def test_a_chinese_paragraph_is_one_line(page: Path) -> None:
    """A line break between two Chinese characters would be shown as a space."""
    assert BROKEN_LINE.search(page.read_text(encoding="utf-8")) is None
    assert BROKEN_LINE.search("卷积核\n翻转")
