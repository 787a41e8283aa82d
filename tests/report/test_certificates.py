"""What ``cnnspec certify`` shows of a certification."""

from __future__ import annotations

import json

import pytest

from cnnspec.harness.certify import Certification, Certified
from cnnspec.harness.verdicts import Verdict
from cnnspec.numerics.certificate import Certificate, Wrong
from cnnspec.numerics.tables import layer_table
from cnnspec.report.certificates import MOST_WRONG, certify, elements, parts


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "net.json"
    rows = [{"name": "first", "channels": [3, 16], "extents": [9, 7], "kernel": [3, 3], "padding": [1, 1]}]
    path.write_text(json.dumps({"title": "A net", "layers": rows}))
    return str(path)


def certificate(wrong: tuple[Wrong, ...] = ()) -> Certificate:
    return Certificate("conv", "exact", 2, 0, 9, 99, 1e-13, 0.0, 0.0, len(wrong), wrong, 0)


def test_the_faces_agree_with_the_exit_code(table: str, tmp_path, capsys) -> None:
    report = tmp_path / "out.json"
    assert certify("reference", layers=table, batch=2, report=(f"json={report}",)) == 0
    assert json.loads(report.read_text())["complete"] is True
    assert certify("mutant:kernel_flipped", layers=table, forms=("exact",), results=("forward",)) == 1
    captured = capsys.readouterr()
    assert "first, forward, exact form: wrong" in captured.out
    assert "not right" in captured.err


def test_what_is_printed_as_json_is_alone_on_the_standard_output(table: str, capsys) -> None:
    certify("reference", layers=table, forms=("exact",), results=("forward",), report=("json=-",), verbosity=1)
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)["rows"]) == 1
    assert "missed with probability at most" in " ".join(captured.err.split())


def test_many_wrong_elements_are_cut_short(table: str) -> None:
    layer = layer_table(table).layers[0]
    wrong = tuple(Wrong((0, c, 2, 3), 1.0, 2.0, 0.5) for c in range(MOST_WRONG + 2))
    lines = list(elements(Certified(layer, "forward", "float", Verdict.FAILED, certificate(wrong))))
    assert lines[1] == "sample 0, channel 0, position (2, 3) is 1, not 2: an error of 2 times the largest allowed"
    assert lines[-1] == "and 2 more elements that were computed anew"
    assert len(lines) == MOST_WRONG + 2


def test_an_interrupted_run_says_so(table: str) -> None:
    whole = Certification("reference", "1", layer_table(table), 1, "float32")
    assert any("INCOMPLETE" in str(part) for part in parts(whole))
