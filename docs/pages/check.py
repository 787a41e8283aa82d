"""The page "Check your own implementation": its files and commands, run one after another as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="(?P<title>[^"]+)"')
CODE = re.compile(r"#.*(?:exit code|退出码) (?P<code>\d)")
NEEDS = {"cc ": "cc", "node ": "node", "./engine": "cc"}
"""What a command needs beside Python."""


@dataclass(frozen=True)
class Block:
    """A file to write, a change to make, or commands to run, in the order of the page."""

    kind: str
    name: str
    text: str

    @property
    def commands(self) -> list[tuple[str, int]]:
        """Every command with the exit code that the page says it has."""
        lines = [line for line in self.text.splitlines() if line.strip() and not line.startswith("#")]
        return [(line.partition("  #")[0].strip(), _code(line)) for line in lines]


def _code(line: str) -> int:
    match = CODE.search(line)
    return int(match["code"]) if match else 0


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a page that a reader would act on.

    Examples
    --------
    >>> [block.kind for block in blocks("```sh\\ncnnspec check  # exit code 0\\n```\\n")]
    ['sh']
    """
    for match in FENCE.finditer(text):
        kind, title = match["info"].split(" ")[0], TITLE.search(match["info"])
        body = "\n".join(line.removeprefix(match["indent"]) for line in match["text"].splitlines()) + "\n"
        if title:
            yield Block("file", title["title"], body)
        elif kind in ("sh", "diff"):
            yield Block(kind, "", body)


def page(language: str) -> str:
    """The text of the page."""
    return (ROOT / "docs" / language / "check.md").read_text(encoding="utf-8")


def environment(tools: Path) -> dict[str, str]:
    """Where ``cnnspec`` and ``python`` are those of this interpreter, and a terminal has 80 columns."""
    for name, line in (("python", 'exec "{}" "$@"'), ("cnnspec", 'exec "{}" -m cnnspec "$@"')):
        (tools / name).write_text(f"#!/bin/sh\n{line.format(sys.executable)}\n")
        (tools / name).chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "GITHUB"))}
    path = os.pathsep.join([str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])
    return {**kept, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": path, "COLUMNS": "80",
            "NO_COLOR": "1"}  # fmt: skip


def act(block: Block, folder: Path) -> None:
    """Write the block's file, or make its change."""
    if block.kind == "file":
        (folder / block.name).parent.mkdir(parents=True, exist_ok=True)
        (folder / block.name).write_text(block.text, encoding="utf-8")
    elif block.kind == "diff":
        lines = block.text.splitlines()
        name, old, new = lines[0].split()[-1], lines[1].removeprefix("-").strip(), lines[2].removeprefix("+").strip()
        text = (folder / name).read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{name} has no line {old!r}")
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def run(command: str, folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )


@cache
def said(command: str) -> str:
    """What a command prints in the folder as it is when a reader comes to it, as a block of text."""
    if not any(command == line for block in blocks(page("en")) if block.kind == "sh" for line, _ in block.commands):
        raise KeyError(command)
    with tempfile.TemporaryDirectory() as place:
        folder, tools = Path(place) / "work", Path(place) / "bin"
        folder.mkdir()
        tools.mkdir()
        for block in blocks(page("en")):
            if block.kind == "sh" and command in [line for line, _ in block.commands]:
                return f"```text\n{_timeless(run(command, folder, environment(tools)).stdout).rstrip()}\n```"
            act(block, folder)
    raise AssertionError


def _timeless(text: str) -> str:
    """The output without the seconds that a run took."""
    return re.sub(r" · [\d.]+ (s|min)\b", "", text)
