"""What ``cnnspec certify`` prints and writes."""

from __future__ import annotations

import json

import pytest

from cnnspec.report.certificates import certify


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "net.json"
    rows = [
        {"name": "first", "channels": [3, 16], "extents": [9, 7], "kernel": [3, 3], "padding": [1, 1]},
        {"name": "second", "channels": [16, 20], "extents": [9, 7], "kernel": [1, 2], "stride": [2, 1], "bias": True},
    ]
    path.write_text(json.dumps({"title": "A net", "layers": rows}))
    return str(path)


def test_a_right_target(table: str, tmp_path, capsys) -> None:
    report = tmp_path / "out.json"
    assert certify("reference", layers=table, batch=2, report=str(report)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("first   forward: right (float), right (exact); input gradient: right (float)")
    assert "A net on reference: of 12 results 12 right" in lines[-1]
    assert json.loads(report.read_text())["complete"] is True


def test_a_wrong_target(table: str, capsys) -> None:
    assert certify("mutant:kernel_flipped", layers=table, forms=("exact",), results=("forward",)) == 1
    captured = capsys.readouterr()
    assert "first   forward: wrong (exact)" in captured.out
    assert "where" in captured.out
    assert "is right" in captured.out


def test_json_on_standard_output(table: str, capsys) -> None:
    certify("reference", layers=table, forms=("exact",), results=("forward",), report="-", verbose=True)
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)["rows"]) == 2
    assert "missed with probability at most" in captured.err
