"""Target strings: what they find, and what they say when they find nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cnnspec import adapters
from cnnspec.adapters.targets import resolve, split_options
from cnnspec.errors import TargetError

RELU = "import numpy as np\ndef relu(x):\n    return np.maximum(x, 0)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a file, a package and a few that cannot be imported."""
    (tmp_path / "layers.py").write_text(
        "from helping import limit\n" + RELU + "class Net:\n    relu = staticmethod(relu)\n"
    )
    (tmp_path / "helping.py").write_text("limit = 3\n")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "pack" / "ops.py").write_text(RELU)
    (tmp_path / "broken.py").write_text("a = 1\nb = a / 0\n")
    (tmp_path / "typo.py").write_text("def relu(x)\n    return x\n")
    (tmp_path / "leaves.py").write_text("import sys\nsys.exit(3)\n")
    (tmp_path / "needs.py").write_text("import a_module_that_is_nowhere\n")
    (tmp_path / "empty.py").write_text("import numpy\ndef convolution_2d_old(x, w): ...\ndef other(): ...\n")
    (tmp_path / "borrowed.py").write_text("from scipy.signal import convolve\nfrom numpy import pad\n" + RELU)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("pack", "pack.ops", "helping"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "target", ["layers.py", "./layers.py", "layers.py:Net", "layers.py:relu", "pack.ops", "pack.ops:relu"]
)
def test_files_modules_and_their_members(folder: Path, target: str) -> None:
    found = adapters.load(target)
    assert found.name == target
    assert list(found.functions) == ["relu"]


def test_a_file_loads_under_a_private_name_and_leaves_the_path_as_it_was(folder: Path) -> None:
    before = list(sys.path)
    module = resolve("layers.py")
    assert module.__name__.startswith("_cnnspec_target_layers_")
    assert "layers" not in sys.modules
    assert sys.path == before


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("layer.py", r"there is no file layer\.py; do you mean layers\.py\?"),
        ("nowhere/layers.py", "nowhere has no Python file"),
        ("layers.py:Nett", r"there is no 'Nett'; do you mean Net\? It has Net, limit, relu"),
        ("pack.opps", r"no module is called 'pack\.opps' \(looked on sys\.path and in .*\), and no framework either"),
        ("torhc", "Do you mean 'torch'"),
        ("broken.py", r"importing broken\.py raised ZeroDivisionError: division by zero \(broken\.py, line 2\)"),
        ("typo.py", r"typo\.py is no valid Python: expected ':' \(.*typo\.py, line 1\)"),
        ("leaves.py", "ended the program .*code 3"),
        ("needs", "importing needs raised ModuleNotFoundError: No module named 'a_module_that_is_nowhere'"),
        (
            "empty.py",
            r"it has convolution_2d_old, other\. Is convolution_2d_old meant to be conv2d\? .*\?op=conv2d",
        ),
        ("empty.py:other", r"which operation is the function 'other'\? Name it like the operation, or say op='conv2d'"),
        ("layers.py:relu?op=rellu", "no operation is called 'rellu'; do you mean relu"),
        ("layers.py?op=conv2d", "has no function conv2d; it has relu"),
        ("layers.py?style=torch", r"the target 'layers\.py' has no option 'style'; it has op"),
        ("not a target", "'not a target' is no target: write a framework"),
        ("reference?fast=1", "the target 'reference' has no option 'fast'; it has none"),
        ("reference?fast", "options of a target read NAME=VALUE"),
    ],
)
def test_what_cannot_be_loaded_says_why_and_the_way_out(folder: Path, target: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        adapters.load(target)


def test_a_file_that_fails_leaves_nothing_behind(folder: Path) -> None:
    with pytest.raises(TargetError):
        resolve("broken.py")
    assert not any(name.startswith("_cnnspec_target_broken") for name in sys.modules)


def test_a_function_imported_from_a_library_is_not_the_modules_own(folder: Path) -> None:
    found = adapters.load("borrowed.py")
    assert list(found.functions) == ["relu"]
    assert found.notes == (
        "pad is imported from numpy and not taken as this module's own",
        "convolve is imported from scipy and not taken as this module's own",
    )


def test_a_library_itself_can_be_a_target() -> None:
    assert list(adapters.load("scipy.signal").functions) == ["convolve"]


def test_options_follow_a_question_mark() -> None:
    assert split_options("a.py:f?op=conv2d") == ("a.py:f", {"op": "conv2d"})
