"""The arithmetic in JavaScript gives Python's answers; Node.js runs the comparison."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.site import vectors

ROOT = Path(__file__).parent.parent.parent
TEST = ROOT / "tests" / "site" / "port" / "port.test.mjs"


def run(node: str, answers: object, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "vectors.json"
    file.write_text(json.dumps(answers), encoding="utf-8")
    command = [node, "--test", "--test-reporter=tap", str(TEST)]
    return subprocess.run(
        command, env={"CNNSPEC_VECTORS": str(file), "PATH": ""}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def answers() -> dict:
    return vectors.every()


def test_the_port_gives_pythons_answers(node: str, answers: dict, tmp_path: Path) -> None:
    result = run(node, answers, tmp_path)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr
    assert "# pass 5" in result.stdout


@pytest.mark.parametrize("part", ["axis", "shapes", "sums"])
def test_a_wrong_answer_would_show(node: str, answers: dict, tmp_path: Path, part: str) -> None:
    spoilt = json.loads(json.dumps(answers))
    if part == "axis":
        spoilt["axis"]["ceil"][-1] += 1
    elif part == "shapes":
        spoilt["shapes"][0][2] = [99, 99]
    else:
        spoilt["sums"][-1][1][0] += 1
    result = run(node, spoilt, tmp_path)
    assert result.returncode != 0
    assert "# fail 1" in result.stdout


def test_the_words_are_there_in_both_languages(node: str, tmp_path: Path) -> None:
    words = TEST.with_name("words.test.mjs")
    command = [node, "--test", "--test-reporter=tap", str(words)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:]
