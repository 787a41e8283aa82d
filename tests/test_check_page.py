"""The page "Check your own implementation" works as printed: its files and commands in order, in an empty folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from docs.pages.check import NEEDS, act, blocks, environment, page, run, said


def test_every_block_of_the_page_works(tmp_path: Path) -> None:
    folder, tools = tmp_path / "work", tmp_path / "bin"
    folder.mkdir()
    tools.mkdir()
    variables = environment(tools)
    done = []
    for block in blocks(page("en")):
        act(block, folder)
        for command, code in block.commands if block.kind == "sh" else ():
            if any(mark in command and shutil.which(tool) is None for mark, tool in NEEDS.items()):
                continue
            answer = run(command, folder, variables)
            assert answer.returncode == code, f"{command}\n{answer.stdout}{answer.stderr}"
            assert "Traceback" not in answer.stderr
            done.append(command)
    assert len(done) >= 10
    assert {"report.xml", "report.html", "report.json", "cnnspec.expect.toml"} <= {
        path.name for path in folder.iterdir()
    }


def test_a_block_that_fails_is_seen(tmp_path: Path) -> None:
    text = page("en").replace('@cnnspec.parametrize("layers.py"', '@cnnspec.parametrize("absent.py"')
    (block,) = [b for b in blocks(text) if b.name == "test_layers.py"]
    act(block, tmp_path)
    (tmp_path / "bin").mkdir()
    answer = run("python -m pytest -q test_layers.py", tmp_path, environment(tmp_path / "bin"))
    assert answer.returncode != 0
    with pytest.raises(ValueError, match="has no line"):
        act(next(b for b in blocks(text) if b.kind == "diff"), _with(tmp_path, "layers.py", "nothing"))


def _with(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder


def test_both_languages_do_the_same() -> None:
    def bare(language: str) -> list[tuple[str, str, str]]:
        return [(b.kind, b.name, re.sub(r"\s+# .*", "", b.text)) for b in blocks(page(language))]

    assert bare("en") == bare("zh")
    codes = [[b.commands for b in blocks(page(language)) if b.kind == "sh"] for language in ("en", "zh")]
    assert codes[0] == codes[1]


def test_what_the_page_shows_is_what_the_command_prints() -> None:
    first = said("cnnspec check layers.py -x")
    assert "behaves like stride_in_shape_only" in first
    assert max(map(len, first.splitlines())) < 140
    assert '__cnnspec_claims__ = {"limits": ["square_kernel"], "dialects": {"pool.max.nan": "ignore"}}' in said(
        "cnnspec check claimed.py --detect"
    )
    with pytest.raises(KeyError):
        said("cnnspec check nowhere.py")
