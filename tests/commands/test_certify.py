"""``cnnspec certify`` on the command line."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cnnspec.cli import cli

LAYERS = [
    {"name": "stem", "channels": [3, 16], "extents": [9, 7], "kernel": [3, 3], "padding": [1, 1]},
    {"name": "down", "channels": [16, 20], "extents": [9, 7], "kernel": [1, 2], "stride": [2, 1], "bias": True},
]

TARGET = """
import numpy as np
import cnnspec

@cnnspec.claims(dtypes=["float32", "float16"])
def conv2d(x, w, b=None, *, stride, padding, dilation, groups):
    y = cnnspec.conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)
    if y.shape[1] == 20:
        CHANGE
    return y
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["certify", *arguments], env={"COLUMNS": "80"})


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"name": "net", "title": "A net", "layers": LAYERS}))
    return str(path)


def wrong(tmp_path: Path, change: str) -> str:
    path = tmp_path / "wrong.py"
    path.write_text(TARGET.replace("CHANGE", change))
    return str(path)


@pytest.mark.parametrize("target", ["reference", "torch"])
def test_a_right_target(target: str, table: str) -> None:
    if target == "torch" and not find_spec("torch"):
        pytest.skip("torch is not installed")
    answer = call(target, "--layers", table, "--batch", "2")
    assert answer.exit_code == 0, answer.output
    lines = answer.stdout.splitlines()
    assert lines[0].split() == ["layer", "forward", "input", "grad.", "weight", "grad.", "missed"]
    assert lines[1].split()[:4] == ["stem", "right", "right", "right"]
    assert max(map(len, lines)) <= 80
    assert f"A net on {target}: of 12 results 12 right; a wrong element of an exact" in answer.stdout
    assert "probability at most" in " ".join(answer.stdout.split())
    assert answer.stderr.splitlines() == ["stem: 6 results", "down: 6 results"]


@pytest.mark.parametrize("form", ["float", "exact"])
def test_one_wrong_element_is_named(form: str, table: str, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    target = wrong(tmp_path, "y[1, 7, 2, 3] += 1")
    answer = call(target, "--layers", table, "--batch", "2", "--form", form, "--result", "forward",
                  "--report", f"json={report}")  # fmt: skip
    assert answer.exit_code == 1
    assert f"down, forward, {form} form: wrong" in answer.stdout
    assert "sample 1, channel 7, position (2, 3) is " in answer.stdout
    assert "down: 1 result, 1 not right" in answer.stderr
    data = json.loads(report.read_text())
    assert [row["verdict"] for row in data["rows"]] == ["passed", "failed"]
    assert [w["index"] for w in data["rows"][1]["wrong"]] == [[1, 7, 2, 3]]
    assert data["rows"][0]["miss"] < 0.004


@pytest.mark.parametrize("change", ["y[0, 3, 1, 1] = np.nan", "y[0, 3, 1, 1] += 0.5", "y[0, 3, 1, 1] = 1e30"])
@pytest.mark.parametrize("form", ["float", "exact"])
def test_what_no_sum_can_be_is_wrong_too(change: str, form: str, table: str, tmp_path: Path) -> None:
    answer = call(
        wrong(tmp_path, change), "--layers", table, "--form", form, "--result", "forward", "--report", "json=-"
    )
    assert answer.exit_code == 1
    (row,) = [row for row in json.loads(answer.stdout)["rows"] if row["verdict"] == "failed"]
    assert [w["index"] for w in row["wrong"]] == [[0, 3, 1, 1]]


def test_nan_in_16_bits_is_named(table: str, tmp_path: Path) -> None:
    target = wrong(tmp_path, "y[0, 3, 1, 1] = np.nan")
    answer = call(target, "--layers", table, "--form", "float", "--dtype", "float16", "--only", "down")
    assert answer.exit_code == 1
    assert "sample 0, channel 3, position (1, 1) is nan, not" in answer.stdout


def test_a_wrong_weight_gradient_is_named_by_its_tap(table: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(
        "import cnnspec\n"
        "def conv2d_weight_grad(grad_output, x, *, kernel_size, stride, padding, dilation, groups):\n"
        "    w = cnnspec.conv2d_weight_grad(grad_output, x, kernel_size=kernel_size, stride=stride, padding=padding,\n"
        "                                   dilation=dilation, groups=groups)\n"
        "    w[3, 2, 0, 1] += 3\n"
        "    return w\n"
    )
    answer = call(str(path), "--layers", table, "--form", "exact", "--only", "stem")
    assert answer.exit_code == 1
    assert "output channel 3, input channel 2, tap (0, 1) is " in answer.stdout
    assert "unclaimed" in answer.stdout


def test_quiet_and_verbose(table: str, tmp_path: Path) -> None:
    quiet = call("reference", "--layers", table, "--form", "exact", "-q")
    assert quiet.stdout.startswith("\nA net on reference: of 6 results 6 right")
    assert quiet.stderr == ""
    loud = call("reference", "--layers", table, "--form", "exact", "--result", "forward", "-v")
    assert "stem, forward, exact form: right" in loud.stdout
    assert "by 2 exact projections, seed" in loud.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--layers", "alexnet"), 2, "there is no layer table 'alexnet'; there are resnet50"),
        (("--only", "nosuch"), 2, "no layer of resnet50 is called 'nosuch'; there are conv1"),
        (("--dtype", "int8"), 2, "certify works on floating-point dtypes, got int8"),
        (("--report", "html=a.html"), 2, "certificates are reported as json=FILE; got html"),
        (("--report", "json=no/such/folder/a.json"), 2, "cannot be written"),
        (("--result", "backward"), 2, "'backward' is not one of"),
        (("tocrh",), 3, "Do you mean 'torch'?"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence(arguments: tuple[str, ...], code: int, words: str) -> None:
    answer = call(*arguments)
    assert answer.exit_code == code
    assert words in answer.output
    assert "Traceback" not in answer.output


def test_nothing_that_could_be_checked_is_incomplete(table: str, tmp_path: Path) -> None:
    path = tmp_path / "pools.py"
    path.write_text("def relu(x):\n    return x * (x > 0)\n")
    answer = call(str(path), "--layers", table)
    assert answer.exit_code == 4
    assert "12 unclaimed" in answer.stdout
