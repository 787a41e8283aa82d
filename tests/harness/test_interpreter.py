"""Targets in another interpreter: a real virtual environment with NumPy and libraries of its own, and a bare one."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cnnspec.cases.case import Case
from cnnspec.cli import cli
from cnnspec.errors import TargetError
from cnnspec.harness.interpreter import examined
from cnnspec.harness.process import SUPPORTED
from cnnspec.harness.target import open_target

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="there are no worker processes here")

LIBRARY = """
import numpy as np

def relu(x):
    return np.maximum(x, {least})

def conv2d(x, w, *, stride):
    if x.shape[2:] == w.shape[2:]:
        return np.einsum("ncij,ocij->no", x, w)[:, :, None, None]
    raise NotImplementedError
"""
LAYER = '{"name": "head", "channels": [6, 5], "extents": [3, 2], "kernel": [3, 2]}'
ONE_LAYER = f'{{"name": "net", "title": "A net", "layers": [{LAYER}]}}'


def new_environment(folder: Path) -> Path:
    """A virtual environment without pip; its folder of packages is made in a blink."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / "bin" / "python"


def packages_of(python: Path) -> Path:
    return next((python.parent.parent / "lib").glob("python*")) / "site-packages"


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_environment(tmp_path_factory.mktemp("bare") / "env")


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NumPy, ml_dtypes and two libraries that are not here, ``faraway`` and ``faulty``; cnnspec is not there."""
    python = new_environment(tmp_path_factory.mktemp("other") / "env")
    packages = packages_of(python)
    for name in ("numpy", "numpy.libs", "ml_dtypes"):
        here = next((Path(folder, name) for folder in sys.path if Path(folder, name).is_dir()), None)
        if here is not None:
            (packages / name).symlink_to(here)
    (packages / "faraway.py").write_text(LIBRARY.format(least=0))
    (packages / "faulty.py").write_text(LIBRARY.format(least=1))
    assert find_spec("faraway") is None
    return python


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "100"})


def test_what_is_loaded_is_the_library_that_lives_there(other: Path) -> None:
    with open_target(f"faraway?python={other}") as target:
        assert target.functions == ("conv2d", "relu")
        assert target.run(Case.parse("relu:x=1x1x2,data.x=-1_2")).outputs[0].tolist() == [[[0, 2]]]
    done = subprocess.run([other, "-c", "import cnnspec"], capture_output=True, cwd=other.parent, check=False)
    assert b"No module named 'cnnspec'" in done.stderr


def test_check_and_replay(other: Path) -> None:
    assert call("check", f"faraway?python={other}", "--effort", "quick", "-o", "relu").exit_code == 0
    found = call("check", f"faulty?python={other}&op=relu", "--effort", "quick")
    assert found.exit_code == 1
    line = next(line for line in found.output.splitlines() if line.strip().startswith("cnnspec replay relu:"))
    assert "faulty?python=" in found.output  # the line that replays names the interpreter too
    case = line.split()[2]
    assert call("replay", case, f"faulty?python={other}").exit_code == 1
    assert call("replay", case, f"faraway?python={other}").exit_code == 0


def test_two_processes(other: Path) -> None:
    assert call("check", f"faulty?python={other}", "--effort", "quick", "-o", "relu", "-j", "2").exit_code == 1


def test_certify(other: Path, tmp_path: Path) -> None:
    table = tmp_path / "net.json"
    table.write_text(ONE_LAYER)
    done = call("certify", f"faraway?python={other}", "--layers", str(table), "--form", "float", "--batch", "2")
    assert "head" in done.output
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", ["reference", "mutant:relu_begins_at_one", "onnxruntime"])
def test_every_kind_of_target(other: Path, name: str, tmp_path: Path) -> None:
    if name == "onnxruntime":
        pytest.importorskip("onnxruntime")
        other = new_environment(tmp_path / "env")
        (packages_of(other) / "all.pth").write_text("\n".join(p for p in sys.path if p.endswith("-packages")))
    with open_target(f"{name}?python={other}") as target:
        seen = target.run(Case.parse("relu:x=1x1x2,data.x=-1_2"))
        assert seen.outputs[0].tolist()[0][0][1] == 2


def test_what_keeps_a_worker_from_starting_is_said_with_what_mends_it(bare: Path, other: Path, tmp_path: Path) -> None:
    def said(python: object, target: str = "torch") -> str:
        with pytest.raises(TargetError) as error:
            open_target(f"{target}?python={python}")
        return str(error.value)

    assert said("/nowhere/python").startswith("/nowhere/python cannot be started: No such file or directory (write the")
    assert said(bare.parent.parent) == f"{bare.parent.parent} is a folder, not a Python interpreter; write {bare}"
    assert said(tmp_path) == f"{tmp_path} is a folder, not a Python interpreter"
    lacks = f"{bare} does not have numpy and ml_dtypes, which every target needs: {bare} -m pip install numpy ml_dtypes"
    assert said(bare) == lacks
    assert f"does not have: {other} -m pip install torch (installed frameworks: none" in said(other)


def fake(folder: Path, *lines: str) -> str:
    """A program that writes these lines, for an interpreter."""
    path = folder / "python"
    path.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
    path.chmod(0o755)
    return str(path)


def test_a_python_that_is_too_old(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"python is Python 3\.8; what is checked runs under 3\.11 or newer"):
        examined(fake(tmp_path, 'echo "cnnspec 3.8"'))


def test_a_numpy_that_cannot_be_imported(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"cannot import numpy \(no such ABI\): .*python -m pip install --force-rein"):
        examined(fake(tmp_path, 'echo "cnnspec 3.12"; echo "numpy no such ABI"'))


def test_a_program_that_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="is no Python interpreter that runs: exit status 3, what is -c"):
        examined(fake(tmp_path, "echo what is -c >&2; exit 3"))


def test_a_python_that_prints_as_it_starts(tmp_path: Path) -> None:
    assert examined(fake(tmp_path, "echo welcome; echo 'cnnspec 3.11'"))
