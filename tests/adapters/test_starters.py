"""Every starter is written, built and checked, where the tool chain is there."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cnnspec.adapters.protocol_check import check_protocol
from cnnspec.adapters.starter import STARTERS, commands, readme, template, write_starter
from cnnspec.cli import cli
from cnnspec.commands.init import init
from cnnspec.errors import UsageError
from cnnspec.harness import session

TOOLS = {"python": sys.executable, "c": "cc", "cpp": "c++", "rust": "rustc", "js": "node"}
LINES = 80


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of the starters that could be built here."""
    folders = {}
    for lang, starter in STARTERS.items():
        if shutil.which(TOOLS[lang]) is None:
            continue
        folder = tmp_path_factory.mktemp(lang)
        write_starter(lang, folder)
        if starter.build:
            strict = {"c": " -Wall -Wextra -Werror", "cpp": " -Wall -Wextra -Werror", "rust": " -D warnings"}[lang]
            subprocess.run(shlex.split(starter.build + strict), cwd=folder, check=True, capture_output=True)
        folders[lang] = folder
    return folders


def at(lang: str, built: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """The starter's target, with the current folder moved to where it lies."""
    if lang not in built:
        pytest.skip(f"{TOOLS[lang]} is not there")
    monkeypatch.chdir(built[lang])
    return STARTERS[lang].target


@pytest.mark.parametrize("profile", ["standard", "strict"])
@pytest.mark.parametrize("lang", STARTERS)
def test_a_starter_conforms(lang: str, profile: str, built: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    target = at(lang, built, monkeypatch)
    result = session.run(target, profile=profile, effort="quick")
    assert (result.exit_code, result.findings) == (0, [])
    assert list(result.claims.operations) == ["conv2d", "max_pool2d", "relu"]
    assert all({"float32", "float64"} <= set(claim.dtypes) for claim in result.claims.operations.values())
    assert result.cases > 60


@pytest.mark.parametrize("lang", [lang for lang in STARTERS if lang != "python"])
def test_a_starter_speaks_the_protocol(lang: str, built: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = check_protocol(at(lang, built, monkeypatch))
    assert [line for line in lines if line.verdict != "ok"] == []
    assert len(lines) == 18


@pytest.mark.parametrize("lang", [lang for lang in STARTERS if lang != "python"])
def test_a_starter_serves_one_call_as_well(lang: str, built: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    target = at(lang, built, monkeypatch).replace("exec:", "exec-once:")
    result = session.run(target, operations=("max_pool2d", "relu"), cases=2)
    assert (result.exit_code, result.findings) == (0, [])


FAULTS = {
    "c": ("engine.c", "s[0] * i + u - p[0]", "s[1] * i + u - p[0]"),
    "cpp": ("engine.cpp", "s[1] * j - p[2]", "s[1] * j - p[0]"),
    "rust": ("engine.rs", "f64::NEG_INFINITY);", "0.0);"),
    "js": ("engine.mjs", "value < 0 ? 0 : value", "value"),
    "python": ("layers.py", "-np.inf", "0"),
}


@pytest.mark.parametrize("lang", FAULTS)
def test_a_fault_in_a_starter_is_found(
    lang: str, built: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The starters pass because they are right, not because nothing is looked at."""
    at(lang, built, monkeypatch)
    name, right, wrong = FAULTS[lang]
    shutil.copytree(built[lang], tmp_path, dirs_exist_ok=True)
    text = (tmp_path / name).read_text("utf-8")
    assert right in text
    (tmp_path / name).write_text(text.replace(right, wrong), "utf-8")
    monkeypatch.chdir(tmp_path)
    if STARTERS[lang].build:
        subprocess.run(shlex.split(STARTERS[lang].build), check=True, capture_output=True)
    result = session.run(STARTERS[lang].target, effort="quick")
    assert {finding.law for finding in result.findings} & {"CORR-1", "POOL-1", "RELU-1"}, result.findings


# --------------------------------------------------------------------------------------------------- what is written


@pytest.mark.parametrize("lang", STARTERS)
def test_a_starter_is_short(lang: str) -> None:
    for source in STARTERS[lang].files.values():
        lines = template(source).splitlines()
        assert len(lines) < LINES, source
        assert max(map(len, lines)) <= 120, source


@pytest.mark.parametrize("lang", STARTERS)
def test_what_is_written_and_said(lang: str, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    said = write_starter(lang, folder)
    starter = STARTERS[lang]
    assert {path.name for path in folder.iterdir()} == {*starter.files, "README.md"}
    assert said[0].startswith("wrote ")
    assert said[1:] == [f"  cd {folder}", *(f"  {command}" for command in commands(starter))]
    assert (folder / "README.md").read_text("utf-8") == readme(starter)
    assert "\n".join(commands(starter)) in readme(starter)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    write_starter("js", tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"
    (tmp_path / "engine.mjs").write_text("mine")
    with pytest.raises(UsageError, match=r"engine.mjs is there already; name another folder: cnnspec init --lang js"):
        write_starter("js", tmp_path)
    assert (tmp_path / "engine.mjs").read_text() == "mine"


def test_a_language_without_a_starter() -> None:
    with pytest.raises(UsageError, match="there is a starter in python, c, cpp, rust, js; got 'cobol'"):
        write_starter("cobol")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written: "):
        write_starter("js", tmp_path / "file" / "folder")


# --------------------------------------------------------------------------------------------------- the command line


def test_the_command_writes_every_starter(tmp_path: Path) -> None:
    option = next(option for option in init.params if option.name == "lang")
    assert list(option.type.choices) == list(STARTERS)  # type: ignore[attr-defined]
    answer = CliRunner().invoke(cli, ["init", "--lang", "js", str(tmp_path / "new")], env={"COLUMNS": "300"})
    assert (answer.exit_code, answer.output.splitlines()[-1]) == (0, '  cnnspec check "exec:node engine.mjs"')
    assert (tmp_path / "new" / "engine.mjs").is_file()
    again = CliRunner().invoke(cli, ["init", "--lang", "js", str(tmp_path / "new")])
    assert (again.exit_code, "is there already" in again.output) == (2, True)


def test_the_command_looks_at_the_protocol(built: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    answer = CliRunner().invoke(cli, ["check", "--check-protocol", at("c", built, monkeypatch)])
    assert (answer.exit_code, answer.output.splitlines()[-1]) == (0, "it speaks the protocol")
    answer = CliRunner().invoke(cli, ["check", "exec:cat", "--check-protocol"])
    assert (answer.exit_code, answer.output.splitlines()[-1]) == (1, "1 of 1 lines are wrong")
    assert CliRunner().invoke(cli, ["check", "exec:nowhere", "--check-protocol"]).exit_code == 3
