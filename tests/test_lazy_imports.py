"""``import cnnspec`` costs nothing, and every public name is where the table says it is."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import cnnspec

HEAVY = ("numpy", "scipy", "hypothesis", "rich", "jinja2", "ml_dtypes", "torch", "jax", "onnxruntime", "onnx")


def heavy_imports(statement: str, *path: Path) -> list[str]:
    """Which heavy modules a fresh interpreter holds after ``statement``; ``path`` is looked at first."""
    code = f"import sys; sys.path[:0] = {[str(p) for p in path]}; {statement}; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [name for name in HEAVY if name in answer.stdout.split()]


@pytest.mark.parametrize(
    "statement",
    [
        "import cnnspec",
        "import cnnspec; dir(cnnspec); cnnspec.ShapeError; cnnspec.__version__",
        "import cnnspec.geometry, cnnspec.shapes",
        "from cnnspec import claims",  # what a checked file imports
    ],
)
def test_nothing_heavy_is_imported(statement: str) -> None:
    assert heavy_imports(statement) == []


def test_the_test_sees_an_eager_module(tmp_path: Path) -> None:
    (tmp_path / "eager.py").write_text("import numpy\n")
    assert heavy_imports("import eager", tmp_path) == ["numpy"]


@pytest.mark.parametrize("name", cnnspec.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(cnnspec, name) is not None
    assert name in dir(cnnspec)


def test_a_misspelt_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'cnnspec' has no attribute 'conv4d'"):
        cnnspec.conv4d  # noqa: B018


def test_type_checkers_see_the_same_names() -> None:
    """The imports under TYPE_CHECKING give exactly the names of the run-time table."""
    tree = ast.parse(Path(cnnspec.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.col_offset == 4]
    seen: dict[str, set[str]] = {}
    for node in imports:
        names = {alias.name for alias in node.names}
        seen.setdefault(node.module, set()).update(import_module(node.module).__all__ if names == {"*"} else names)
    assert seen == {module: set(names) for module, names in cnnspec._NAMES.items()}
