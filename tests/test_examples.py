"""Every step of the example workflow runs as it is printed, and ends with the exit code that it shows."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cnnspec.adapters.starter import template

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
WORKFLOW = EXAMPLES / "github-actions.yml"
STEP = re.compile(r"^ +- name: (?P<name>.+)\n +run: (?:\|\n(?P<block>(?:^ {10,}.*\n)+)|(?P<line>.+)\n)", re.MULTILINE)
TOOLS = {"cc ": "cc", "c/engine": "cc", "node ": "node"}


def steps() -> dict[str, str]:
    """The commands of the workflow by the name of their step; the installation is left out."""
    found = {match["name"]: textwrap.dedent(match["block"] or match["line"])
             for match in STEP.finditer(WORKFLOW.read_text("utf-8"))}  # fmt: skip
    return {name: commands for name, commands in found.items() if name != "Install"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples, in which steps leave what the next ones need."""
    copy = tmp_path_factory.mktemp("work") / "examples"
    shutil.copytree(EXAMPLES, copy, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache", "engine"))
    return copy


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where ``cnnspec`` and ``python`` are those of this very interpreter."""
    tools = tmp_path_factory.mktemp("bin")
    for name, line in (
        ("python", f'exec {sys.executable} "$@"'),
        ("cnnspec", f'exec {sys.executable} -m cnnspec "$@"'),
    ):
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod((tools / name).stat().st_mode | stat.S_IXUSR)
    path = os.pathsep.join([str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return {**kept, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": path}


def run(commands: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    for mark, tool in TOOLS.items():
        if mark in commands and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not there")
    return subprocess.run(
        ["bash", "-e", "-c", commands], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_steps_are_found() -> None:
    assert len(steps()) == WORKFLOW.read_text("utf-8").count("run: ") - 2  # but the folder and the installation
    assert {target.split()[0] for commands in steps().values() for target in commands.splitlines()} == {
        "cnnspec", "python", "cc"
    }  # fmt: skip


@pytest.mark.parametrize("name", steps())
def test_a_step_of_the_workflow(name: str, folder: Path, environment: dict[str, str]) -> None:
    answer = run(steps()[name], folder, environment)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    words = {
        "Inside the tests that you have": "5 passed",
        "How a program speaks the protocol": "it speaks the protocol",
    }
    assert words.get(name, "CONFORMS") in answer.stdout
    if name == "Reports to keep":
        assert {"report.json", "report.xml"} <= {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("path", "right", "wrong", "command", "law"),
    [
        ("python/layers.py", ":: stride[0], :: stride[1]", ":: stride[1], :: stride[0]",
         "cnnspec check python/layers.py -o conv2d", "SHAPE-3"),
        ("python/layers.py", "kernels[g].T", "kernels[0].T", "cnnspec check python/layers.py -o conv2d",
         "later_groups_use_first_weights"),
        ("js/layers.mjs", "(count_include_pad ? k[0] * k[1] : real)", "real", 'cnnspec check "exec:node js/engine.mjs"',
         "POOL-3"),
        ("cs231n/layers.py", "+ v] += dout", "+ v] = dout", "cnnspec check cs231n:cs231n/layers.py", "GRAD-4"),
        ("d2l/book.py", "* K).sum()", "* K.T).sum()", "cnnspec check d2l/book.py:corr2d", "CALL-1"),
        ("once/relu.py", "value < 0", "value < 1", 'cnnspec check "exec-once:python once/relu.py" -l RELU-1',
         "RELU-1"),
    ],
)  # fmt: skip
def test_a_fault_in_an_example_is_found(
    path: str, right: str, wrong: str, command: str, law: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    copy = tmp_path / "examples"
    shutil.copytree(EXAMPLES, copy, ignore=shutil.ignore_patterns("__pycache__", "engine"))
    text = (copy / path).read_text("utf-8")
    assert right in text
    (copy / path).write_text(text.replace(right, wrong), "utf-8")
    answer = run(f"{command} --effort quick", copy, environment)
    assert (answer.returncode, law in answer.stdout) == (1, True), answer.stdout + answer.stderr


def test_the_header_of_the_c_example_is_the_starter_s() -> None:
    assert (EXAMPLES / "c" / "cnnspec.h").read_text("utf-8") == template("c/cnnspec.h")
