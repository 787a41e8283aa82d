"""The command ``cnnspec compare``: the matrix, who stands with whom, the file, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cnnspec.cases.case import Case
from cnnspec.cli import cli
from cnnspec.harness.compare import Camp, Comparison, Disagreement, compare
from cnnspec.harness.verdicts import RunResult, Tally, Verdict
from cnnspec.implementation import Claims, OperationClaims
from cnnspec.laws.registry import every_law, find_law
from cnnspec.report.compare import SCHEMA
from cnnspec.report.matrix_of_targets import Shown, show
from cnnspec.report.states import STATES

ABSOLUTE = "import numpy as np\ndef relu(x):\n    return np.abs(x)\n"
SLOW = """
import numpy as np, time
calls = []
def relu(x):
    calls.append(0)
    if len(calls) == 60:
        open(READY, "w").close()
    time.sleep(0.01)
    return np.abs(x)
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["compare", *arguments], env={"COLUMNS": "80", "NO_COLOR": "1"})


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    path = tmp_path / "wrong.py"
    path.write_text(ABSOLUTE)
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "at least two targets are compared, got 0; write for example: cnnspec compare torch jax"),
        (("reference",), 2, "at least two targets are compared, got 1"),
        (("reference", "mutant:relu_leaks", "reference"), 2, "the targets must differ, got reference twice"),
        (("reference", "no_such_module"), 3, "no_such_module"),
        (("reference", "mutant:relu_leaks", "-o", "rel"), 2, "do you mean relu"),
        (("reference", "mutant:relu_leaks", "-l", "RELUX-1"), 2, "no law is called 'RELUX-1'"),
        (("reference", "mutant:relu_leaks", "--report", "html=r.html"), 2, "comparisons are reported as json=FILE"),
    ],
)
def test_a_mistake_is_one_sentence(arguments: tuple[str, ...], code: int, words: str) -> None:
    answer = call(*arguments)
    assert answer.exit_code == code
    assert words in answer.output
    assert "Traceback" not in answer.output


def test_two_that_conform() -> None:
    answer = call("reference", "mutant:kernel_flipped", "-o", "relu", "--effort", "quick")
    assert answer.exit_code == 0
    assert "RELU-1,3,4      ✓ pass" in answer.output
    assert "reference, mutant:kernel_flipped conform; 0 disagreements" in answer.output
    assert max(map(len, answer.output.splitlines())) <= 80


def test_one_that_is_wrong_stands_alone(wrong: str, tmp_path: Path) -> None:
    answer = call("reference", wrong, "mutant:kernel_flipped", "-o", "relu", "--effort", "quick")
    assert answer.exit_code == 1
    words = f"{wrong} stands alone against the reference, mutant:kernel_flipped"
    assert "".join(words.split()) in "".join(answer.output.split())  # a long path is broken over lines
    assert "RELU-1" in answer.output
    assert "✗ fail" in answer.output


def test_all_against_us_is_said_to_be_our_fault(wrong: str, tmp_path: Path) -> None:
    """Two targets with the same fault look as two right ones would if the specification were wrong."""
    other = tmp_path / "other.py"
    other.write_text(ABSOLUTE.replace("np.abs(x)", "np.where(x < 0, -x, x)"))
    report = tmp_path / "r.json"
    answer = call(wrong, str(other), "-o", "relu", "--effort", "quick", "--report", f"json={report}")
    assert answer.exit_code == 1
    assert "the reference stands alone against" in answer.output
    assert "look at the specification first" in " ".join(answer.output.split())
    data = json.loads(report.read_text())
    assert (data["schema"], data["exit_code"], data["complete"]) == (SCHEMA, 1, True)
    assert [target["findings"] for target in data["targets"]] == [1, 1]
    one = data["disagreements"][0]
    assert one["reference_alone"]
    assert [camp["members"] for camp in one["camps"]] == [["reference"], [wrong, str(other)]]
    assert str(Case.parse(one["case"])) == one["case"]
    assert {cell["law"] for cell in data["cells"]} <= {law.id for law in every_law()}
    assert {state for cell in data["cells"] for state in cell["states"].values()} <= set(STATES)


def test_two_faults_are_told_apart(wrong: str, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(ABSOLUTE.replace("np.abs(x)", "np.where(x < 0, x / 2, x).astype(x.dtype)"))
    found = compare([wrong, str(other)], operations=("relu",), effort="quick")
    first = found.disagreements[0]
    assert first.camps[0].members == ("reference",)
    assert [camp.members for camp in first.camps[1:]] == [(wrong,), (str(other),)]
    assert not first.alone
    assert first.sentence == ""


def test_a_permitted_choice_is_a_dialect_and_no_disagreement(tmp_path: Path) -> None:
    path = tmp_path / "quiet.py"
    path.write_text(
        "import numpy as np\n__cnnspec_claims__ = {'dialects': {'act.relu.nan': 'zero'}}\n"
        "def relu(x):\n    return np.fmax(x, np.zeros_like(x))\n"
    )
    answer = call("reference", str(path), "-o", "relu", "--profile", "strict", "--effort", "quick", "-v")
    assert answer.exit_code == 0
    assert "act.relu.nan, relu of a NaN" in answer.output
    assert "≈ dialect" in next(line for line in answer.output.splitlines() if line.startswith("RELU-5"))


def test_who_does_not_claim_a_case_is_not_asked(wrong: str, tmp_path: Path) -> None:
    other = tmp_path / "narrow.py"
    other.write_text("import numpy as np\ndef max_pool2d(x, *, kernel_size):\n    raise NotImplementedError\n")
    answer = call("reference", wrong, str(other), "-o", "relu", "--effort", "quick")
    assert "not asked, relu is not claimed:" in " ".join(answer.output.split())
    assert "– unclaimed" in answer.output


@pytest.mark.parametrize("send", ["ctrl-c", "terminate"])
def test_an_interrupt_leaves_what_is_there(send: str, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    (tmp_path / "slow.py").write_text(SLOW.replace("READY", repr(str(ready))))
    line = [sys.executable, "-m", "cnnspec", "compare", "slow.py", "reference", "-n", "9999", "-o", "relu",
            "--report", "json=r.json"]  # fmt: skip
    process = subprocess.Popen(
        line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "COLUMNS": "80"},
    )  # fmt: skip
    while not ready.exists():
        assert process.poll() is None, process.communicate()
    if send == "ctrl-c":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGTERM)
    output, errors = process.communicate()
    data = json.loads((tmp_path / "r.json").read_text())
    assert (process.returncode, data["exit_code"], data["complete"]) == (4, 4, False), errors
    assert data["not_run"] == ["reference"]
    assert "INCOMPLETE: what was checked so far stands; not run: reference" in output
    assert "✗ fail" in output
    assert "Traceback" not in errors


# --------------------------------------------------------------------------------------------------------- the drawing


def drawn(targets: int, names: str = "a_rather_long_name_of_a_target_{}") -> str:
    import io

    from rich.console import Console

    laws = tuple(law for law in every_law() if law.prove is None)
    results = {}
    for place in range(targets):
        name = names.format(place)
        verdict = (Verdict.PASSED, Verdict.FAILED, Verdict.UNCLAIMED)[place % 3]
        result = results[name] = RunResult(
            name, name, "1.0", Claims({"conv2d": OperationClaims(())}), 0, "quick", "strict", laws
        )
        result.tallies = {("conv2d", law.id): Tally(1, 0, 0, verdict, "") for law in laws}
        result.complete = True
    case, law = Case.parse("conv2d:x=1x1x1x2,w=1x1x1x2,f32,data.x=0_1,data.w=0_1"), find_law("CORR-1")
    camps = Camp(("reference",), Verdict.PASSED), Camp(tuple(results), Verdict.FAILED)
    found = Comparison(tuple(results), results, [Disagreement(law, case, camps)], complete=True)
    file = io.StringIO()
    show(Shown.of(found), Console(width=80, file=file))
    return file.getvalue()


@pytest.mark.parametrize("targets", [2, 5, 10])
def test_the_matrix_fits_80_columns(targets: int) -> None:
    lines = drawn(targets).splitlines()
    table = lines[next(n for n, line in enumerate(lines) if line.startswith("law")) :]
    assert max(len(line) for line in table if not line.startswith("  cnnspec replay")) <= 80
    assert ("\n".join(table).count("✓ pass ") > 1) == (targets <= 5)


def test_short_names_head_their_columns() -> None:
    assert next(line for line in drawn(5, "t{}").splitlines() if line.startswith("law")).split() == [
        "law", "t0", "t1", "t2", "t3", "t4",
    ]  # fmt: skip
