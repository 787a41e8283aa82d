"""The house rules that can be read off the tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "cnnspec"
VENDORED = {ROOT / "docs" / "theme" / "assets" / name for name in ("katex", "pyodide")}

MODULES = sorted(PACKAGE.rglob("*.py"))
SUFFIXES = {".py", ".md", ".yml", ".css", ".js", ".html", ".txt", ".json", ".toml"}
TEXTS = [
    ROOT / ".ci" / "run",
    *sorted(path for path in ROOT.glob("*.*") if path.suffix in SUFFIXES),
    *sorted(
        path
        for folder in ("cnnspec", "tests", "docs")
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in SUFFIXES
        and not VENDORED & set(path.parents)
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)  # what tools leave behind
    ),
]

LINES = 400
MACHINE = re.compile(r"(?<![\w.])/(home|root|work|farm|Users)/|\bshared/(design|zoo)\b")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def too_long(path: Path) -> bool:
    return len(path.read_text(encoding="utf-8").splitlines()) > LINES


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_no_file_is_too_long(path: Path) -> None:
    assert not too_long(path), f"{name(path)} is over {LINES} lines: split it"


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_nothing_names_a_machine(path: Path) -> None:
    assert MACHINE.search(path.read_text(encoding="utf-8")) is None


def test_the_two_checks_above_can_fail(tmp_path: Path) -> None:
    long = tmp_path / "long.py"
    long.write_text("x = 1\n" * (LINES + 1))
    assert too_long(long)
    assert MACHINE.search("see /" + "home/me/cnnspec")
    assert MACHINE.search("https://example.org/home/me") is None


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_every_module_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_every_module_has_its_layer() -> None:
    """The contract is checked by import-linter; this says at once which new module it does not know."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract for contract in contracts if contract["type"] == "layers")
    known = {word.strip("() ") for layer in layers["layers"] for word in re.split(r"[|:]", layer)}
    here = {path.stem for path in PACKAGE.glob("*.py")} | {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    assert here - {"__init__", "__pycache__"} <= known


def test_the_layer_contract_runs_in_ci() -> None:
    assert "lint-imports" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_geometry_and_shapes_run_on_the_standard_library_alone() -> None:
    """In an interpreter that cannot see site-packages, as in a browser."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import cnnspec.shapes as s; print(s.conv_shape.__name__)"
    answer = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (0, "conv_shape\n"), answer.stderr
