"""Every command lies in a file of its own name, and is imported alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import cnnspec.commands
from cnnspec.cli import COMMANDS, cli

FOLDER = Path(cnnspec.commands.__file__).parent
SHARED = {"__init__", "limits"}


def test_the_files_are_the_commands() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} - SHARED == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_its_name_and_says_what_it_does_in_one_line(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(limit=200)
    assert CliRunner().invoke(cli, [name, "--help"], env={"COLUMNS": "80"}).exit_code == 0


def test_one_command_does_not_import_the_others() -> None:
    code = "import sys, atexit; atexit.register(lambda: print(*sys.modules)); from cnnspec.cli import main; main()"
    answer = subprocess.run([sys.executable, "-c", code, "shape", "--help"], capture_output=True, text=True, check=True)
    loaded = answer.stdout.split()
    assert [name for name in COMMANDS if f"cnnspec.commands.{name}" in loaded] == ["shape"]
