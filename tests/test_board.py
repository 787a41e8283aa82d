"""The board: its committed results, its findings, and the pages that are made of both."""

from __future__ import annotations

import ast
import copy
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from benchmarks import board as command, differences as asked
from cnnspec.adapters import FRAMEWORKS
from cnnspec.cases.case import Case
from cnnspec.laws.registry import every_law
from cnnspec.operations import find, spelled_names
from cnnspec.report.call import run
from cnnspec.report.json import to_data
from docs.pages import board, differences, findings
from docs.pictures import differences as drawn

ROOT = Path(__file__).parent.parent
LANGUAGES = ("en", "zh")
LAWS = {law.id for law in every_law()}
SCHEMA = json.loads((board.FOLDER / "schema.json").read_text(encoding="utf-8"))
RESULTS = sorted(set(board.FOLDER.glob("*.json")) - {board.FOLDER / "schema.json"})
FILES = sorted(findings.FOLDER.glob("*.toml"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


# -------------------------------------------------------------------------------------------------------- the results


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_result_fits_the_schema_and_names_what_exists(path: Path) -> None:
    data = read(path)
    Draft202012Validator(SCHEMA).validate(data)
    assert data["library"] == path.stem
    assert path.stem in findings.LIBRARIES
    assert data["complete"]
    known = set(spelled_names())
    assert set(data["unclaimed"]) <= known
    for op, cells in data["operations"].items():
        assert op in known
        assert set(cells) <= LAWS
        assert all(find(op)[0].name in law.operations for law in every_law() if law.id in cells)


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_every_failing_cell_has_a_finding_that_speaks_of_it(path: Path) -> None:
    known = {entry.id: entry for entry in findings.entries()}
    for op, cells in read(path)["operations"].items():
        for law, cell in cells.items():
            for name in cell.get("findings", ()):
                assert known[name].library == path.stem
                assert law in known[name].laws
                assert command.family(op) in map(command.family, known[name].operations)


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_every_failure_was_looked_into(path: Path) -> None:
    assert [f"{law} on {op}" for op, cells in read(path)["operations"].items() for law, cell in cells.items()
            if cell["state"] == "open"] == []  # fmt: skip


def test_a_failing_cell_without_a_finding_is_refused() -> None:
    data = copy.deepcopy(read(RESULTS[0]))
    cells = next(iter(data["operations"].values()))
    cells[next(iter(cells))] = {"state": "fail", "checks": 3, "findings": []}
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(data)


def test_the_board_has_a_place_for_every_framework_that_can_be_a_target() -> None:
    assert set(FRAMEWORKS) <= set(findings.LIBRARIES)
    assert {path.stem for path in RESULTS} >= {"torch", "onnxruntime"}


def test_a_report_is_condensed() -> None:
    report = to_data(run("mutant:relu_leaks", operations="relu", profile="strict", cases=24))
    data = command.condensed(report, "mutant", "2026-01-02")
    cells = data["operations"]["relu"]
    assert cells["RELU-1"] == {"state": "open", "checks": cells["RELU-1"]["checks"]}
    assert cells["PURE-1"]["state"] == "pass"
    assert json.loads(command.dumps(data)) == data
    assert len(command.dumps(data).splitlines()) < 30


def test_what_follows_the_library_is_recorded_with_it() -> None:
    report = to_data(run("reference", operations="relu", profile="strict", cases=4))
    data = command.condensed(report, "tinygrad?kernels=plain", "2026-01-02", timeout=60.0)
    assert data["library"] == "tinygrad"
    assert data["command"].startswith("cnnspec check 'tinygrad?kernels=plain' --profile strict --timeout 60 ")


def test_what_a_smaller_run_left_out_is_not_run() -> None:
    choice = {"operations": ("relu",), "cases": 4}
    report = to_data(run("reference", operations="relu", profile="strict", cases=4))
    data = command.condensed(report, "reference", "2026-01-02", **choice)
    assert data["command"] == "cnnspec check reference -o relu --profile strict -n 4 --effort default --seed 0"
    assert {cell["state"] for cell in data["operations"]["conv2d"].values()} == {"not run"}
    assert data["operations"]["relu"]["RELU-1"]["state"] == "pass"
    assert not set(data["unclaimed"]) & set(data["operations"])
    Draft202012Validator(SCHEMA).validate(data)


KNOWN: dict[str, dict[str, Any]] = {
    "one": {"laws": ["CORR-1"], "operations": ["conv2d"], "when": "groups > 1"},
    "two": {"laws": ["CORR-1", "PURE-3"], "operations": ["conv3d"], "when": {"CORR-1": "max(stride) > 1"}},
}
GROUPED, STRIDED = "conv1d:x=1x2x3,w=2x1x1,groups=2,f32", "conv1d:x=1x1x3,w=1x1x1,stride=2,f32"


def test_a_failing_case_belongs_to_the_findings_whose_condition_holds() -> None:
    assert command.causes("conv1d", "CORR-1", [GROUPED], KNOWN) == {"findings": ["one"]}
    assert command.causes("conv1d", "CORR-1", [STRIDED, GROUPED], KNOWN) == {"findings": ["two", "one"]}
    assert command.causes("conv1d", "PURE-3", [GROUPED], KNOWN) == {"findings": ["two"]}


def test_one_case_that_no_finding_speaks_of_leaves_its_cell_open() -> None:
    plain = "conv1d:x=1x1x3,w=1x1x1,f32"
    assert command.causes("conv1d", "CORR-1", [GROUPED, plain], KNOWN) == {"state": "open", "case": plain}
    assert command.causes("relu", "CORR-1", [], KNOWN) == {"state": "open"}


def test_a_row_of_two_seeds_is_as_grave_as_either() -> None:
    report = to_data(run("reference", operations="relu", profile="strict", cases=4))
    one = command.condensed(report, "reference", "2026-01-02", operations=("relu",))
    two = copy.deepcopy(one) | {"seeds": [1]}
    two["operations"]["relu"]["RELU-1"] |= {"state": "fail", "findings": ["one"]}
    row = command.joined([one, two])
    Draft202012Validator(SCHEMA).validate(row)
    assert (row["seeds"], row["cases"], row["checks"]) == ([0, 1], 2 * one["cases"], 2 * one["checks"])
    checks = 2 * one["operations"]["relu"]["RELU-1"]["checks"]
    assert row["operations"]["relu"]["RELU-1"] == {"state": "fail", "checks": checks, "findings": ["one"], "seeds": [1]}
    assert row["operations"]["relu"]["RELU-3"]["state"] == "pass"


# ------------------------------------------------------------------------------------------------------- the findings


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_finding_is_whole(path: Path) -> None:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    assert path.stem.startswith(f"{data['library']}-")
    assert data["library"] in findings.LIBRARIES
    assert data["class"] in findings.CLASSES
    assert data["laws"]
    assert set(data["laws"]) <= LAWS
    assert data["operations"]
    assert set(data["operations"]) <= set(spelled_names())
    case = Case.parse(data["case"])
    assert Case.parse(str(case)) == case
    if "when" in data:
        assert all(command.condition(data, law)(case) in (True, False) for law in data["laws"])
        assert isinstance(data["when"], str) or set(data["when"]) <= set(data["laws"])
    assert data["command"].startswith(("cnnspec ", "python docs/findings/"))
    assert data["version"]
    assert data["output"].strip()
    assert all(data[name].startswith("https://") for name in ("source", "upstream") if name in data)
    for language in LANGUAGES:
        assert set(data[language]) == {"title", "expected", "got", "cause"}
        assert all(data[language].values())
    assert CHINESE.search(data["zh"]["title"] + data["zh"]["cause"])
    assert not CHINESE.search("".join(data["en"].values()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_script_stands_alone(path: Path) -> None:
    script = path.with_suffix(".py").read_text(encoding="utf-8")
    tree = ast.parse(script)
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {a.name for node in named for a in node.names if isinstance(node, ast.Import)}
    modules |= {node.module or "" for node in named if isinstance(node, ast.ImportFrom)}
    assert not {module for module in modules if module.partition(".")[0] in ("cnnspec", "docs", "tests")}
    assert "print(" in script
    assert len(script.splitlines()) <= 40


def test_every_script_has_its_words() -> None:
    assert {path.stem for path in findings.FOLDER.glob("*.py")} == {path.stem for path in FILES}


def test_what_a_script_prints_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "library = 'torch'\noutput = '''\nold\n'''\n\n[en]\ntitle = 'one'\n"
    (tmp_path / "torch-one.toml").write_text(words)
    (tmp_path / "torch-one.py").write_text("print('new')\n")
    monkeypatch.setattr(command, "FINDINGS", tmp_path)
    assert command.record("torch", "") == ["torch-one"]
    assert (tmp_path / "torch-one.toml").read_text() == words.replace("old", "new")
    assert command.record("torch", "") == []
    assert command.record("jax", "") == []


# ---------------------------------------------------------------------------------------------------------- the pages


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_one_place_and_is_listed(language: str) -> None:
    listed = findings.listing(language)
    for entry in findings.entries():
        text = findings.page(entry.library, language)
        assert text.count(f"{{ #{entry.id} }}") == 1
        assert f"](../board/{entry.library}/#{entry.id})" in listed
    for library in findings.LIBRARIES:
        assert (ROOT / "docs" / language / "board" / f"{library}.md").exists()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("face", ["by_operation", "by_law"])
def test_a_matrix_can_be_filtered_and_leads_to_the_findings(face: str, language: str) -> None:
    text = getattr(board, face)(language)
    rows = re.findall(r"<tr data-(?:operation|law)=\"[\w-]+\" data-chapter=\"\w+\">.*?</tr>", text)
    assert len(rows) == text.count("<tr data-")
    ids = {entry.id for entry in findings.entries()}
    for row in rows:
        cells = re.findall(r'<td data-library="([\w-]+)" data-state="([\w ]+)" data-chapter="\w+"[^>]*>(.*?)</td>', row)
        assert [library for library, _, _ in cells] == list(board.results())
        for library, state, inside in cells:
            links = re.findall(r'href="([\w-]+)/#([\w-]+)"', inside)
            assert state in board.MARKS
            assert bool(links) == (state == "fail")
            assert all(name == library and anchor in ids for name, anchor in links)


def test_both_languages_show_the_same_states() -> None:
    for face in (board.by_operation, board.by_law):
        states = [re.findall(r'data-state="([\w ]+)"', face(language)) for language in LANGUAGES]
        assert states[0] == states[1] != []


@pytest.mark.parametrize("face", [board.runs, board.coverage, findings.counts, differences.same, differences.ceil,
                                  differences.maxima, differences.declared])  # fmt: skip
def test_a_table_is_whole_in_both_languages(face: Any) -> None:
    english, chinese = (face(language).splitlines() for language in LANGUAGES)
    assert len(english) == len(chinese) > 1
    assert len({line.count("|") for line in english if line.startswith("|")}) <= 1


def test_no_page_adds_a_library_up_to_one_share() -> None:
    text = board.by_operation("en") + board.by_law("en") + board.runs("en") + board.coverage("en")
    assert "%" not in text


# ---------------------------------------------------------------------------------------------------- the differences


def test_the_questions_are_asked_of_known_libraries() -> None:
    assert set(asked.LIBRARIES) <= set(findings.LIBRARIES)
    assert set(differences.answers()) <= set(asked.LIBRARIES)
    for answer in differences.answers().values():
        assert set(answer) == {"version", "same", "ceil", "max"}
        assert set(answer["max"]) == set(asked.MAXIMA)


def test_pads_are_read_off_numbers() -> None:
    answer = {"extent": 5, "kernel": 4, "stride": 1, "y": [3210, 4321, 5432, 543, 54]}
    assert differences.read_pads(answer) == ("upper", (1, 2))
    assert differences.read_pads({**answer, "y": [3210, 4321, 5432, 543, 53]}) is None
    for one in differences.answers().values():
        assert all(differences.read_pads(a) is not None for a in one["same"] if isinstance(a["y"], list))


def test_the_specification_divides_by_what_lies_there() -> None:
    assert drawn.divisors() == (["0.667", "1", "0.5"], ["1", "1", "1"])


def test_pytorch_still_answers_so() -> None:
    pytest.importorskip("torch")
    answer = asked.answers(asked.Torch())
    assert answer["max"] == differences.answers()["torch"]["max"]
    assert answer["ceil"] == differences.answers()["torch"]["ceil"]
