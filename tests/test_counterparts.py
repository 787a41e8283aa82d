"""The pages in two languages that are not translations word by word: decisions, and the list of what is behind."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from docs.pages import check, counterparts, decisions
from docs.pages.texts import table

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def test_every_page_has_its_counterpart() -> None:
    assert counterparts.missing(DOCS) == []


def test_every_decision_has_a_fresh_chinese_summary() -> None:
    """Add it to docs/chinese/decisions.toml; ``python -m docs.pages.counterparts`` tells the digest."""
    assert counterparts.untold() == []
    assert set(table("decisions")) == {note.number for note in decisions.notes()}


def test_a_stale_summary_is_noticed_and_the_english_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    note = decisions.notes()[0]
    monkeypatch.setattr(decisions, "notes", lambda: [note._replace(text=note.text + " More.")])
    monkeypatch.setattr(counterparts, "notes", decisions.notes)
    assert counterparts.untold()[0].startswith(note.number)
    assert decisions.UNTOLD in decisions.decisions("zh")
    assert "More." in decisions.decisions("zh")


def test_every_decision_is_shown_in_full() -> None:
    shown = decisions.decisions("en")
    for path in sorted((DOCS / "decisions").glob("[0-9]*.md"))[1:]:
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            assert line in shown
    assert "NNNN" not in shown
    chinese = decisions.decisions("zh")
    assert re.findall(r"#d(\d+)", shown) == re.findall(r"#d(\d+)", chinese) == sorted(table("decisions"), reverse=True)
    assert decisions.UNTOLD not in chinese


def test_the_front_page_has_both_commands_a_finding_and_a_way_into_the_labs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^<!-- command: \w+ -->\n```sh\n(.*?)\n```$", readme, flags=re.MULTILINE | re.DOTALL)
    assert len(commands) == 2
    layer = next(block for block in check.blocks(check.page("en")) if block.name == "layers.py")
    for language in ("en", "zh"):
        page = (DOCS / language / "index.md").read_text(encoding="utf-8")
        assert all(command in page for command in commands)
        assert next(block for block in check.blocks(page) if block.name == "layers.py") == layer
        assert 'said("cnnspec check layers.py -x")' in page
        assert "(lab/index.md)" in page
        assert "(lab/window.md?dims=2&n=7&n2=7&k2=3&c=3&o=2)" in page


def test_every_lab_is_linked_from_the_course_or_the_overview() -> None:
    for language in ("en", "zh"):
        labs = {path.name for path in (DOCS / language / "lab").glob("*.md")} - {"index.md"}
        course = "\n".join(path.read_text(encoding="utf-8") for path in (DOCS / language / "concepts").glob("*.md"))
        assert set(re.findall(r"\.\./lab/(\w+\.md)", course)) == labs - {"python.md"}
        overview = (DOCS / language / "lab" / "index.md").read_text(encoding="utf-8")
        assert set(re.findall(r"\((\w+\.md)\)", overview)) == labs


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True, capture_output=True
        )

    git("init", "-q")
    for round_, paths in enumerate((["en/a.md", "zh/a.md", "en/b.md", "zh/b.md"], ["zh/a.md"], ["en/b.md"])):
        for path in paths:
            file = tmp_path / "docs" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{round_}")
        git("add", "-A")
        git("commit", "-q", "-m", f"round {round_}")
    return tmp_path / "docs"


def test_what_is_older_is_listed(repository: Path) -> None:
    assert counterparts.older(repository) == ["en/a.md: round 1", "zh/b.md: round 2"]
    (repository / "zh" / "c.md").write_text("only here")
    assert counterparts.missing(repository) == ["en/c.md"]
