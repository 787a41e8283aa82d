"""Vectors: what is written holds, and a changed byte is seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cnnspec.cli import cli
from cnnspec.errors import UsageError
from cnnspec.vectors.frozen import export, packed, unpacked, verify


def test_what_is_exported_holds_and_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    count = export(first, operations=("conv2d", "max_pool2d_with_indices", "pad"), cases=12)
    assert export(second, operations=("conv2d", "max_pool2d_with_indices", "pad"), cases=12) == count > 5
    assert first.read_bytes() == second.read_bytes()
    assert verify(first) == (count, [])


def test_a_changed_result_is_named(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    count = export(path, operations=("relu",), cases=12)
    lines = path.read_text().splitlines()
    vector = json.loads(lines[1])
    y = unpacked(vector["outputs"]["y"])
    y.flat[0] += 1
    vector["outputs"]["y"] = packed(y)
    lines[1] = json.dumps(vector)
    path.write_text("\n".join(lines))
    right, wrong = verify(path)
    assert right == count - 1
    assert (wrong[0].line, wrong[0].case) == (2, vector["case"])
    assert "is right" in wrong[0].message


@pytest.mark.parametrize("line", ["", "{}", '{"case": "nothing"}', '{"case": "relu:x=1x1x1,f64", "inputs": 3}'])
def test_a_spoilt_line_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    path.write_text(line + "\n")
    right, wrong = verify(path)
    assert right == 0
    assert "cannot be read" in wrong[0].message


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the vectors"):
        verify(tmp_path / "none.jsonl")


@pytest.mark.parametrize("dtype", ["float64", "float16", "int8", "uint8", "complex64"])
def test_arrays_survive_packing(dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    assert np.array_equal(unpacked(packed(array)), array)
    assert unpacked(packed(array)).dtype == array.dtype


def test_the_command_writes_and_verifies(tmp_path: Path) -> None:
    path = str(tmp_path / "v.jsonl")
    assert "vectors to" in CliRunner().invoke(cli, ["vectors", "export", path, "-o", "relu", "-n", "4"]).output
    held = CliRunner().invoke(cli, ["vectors", "verify", path])
    assert held.exit_code == 0
    assert "0 do not" in held.output
