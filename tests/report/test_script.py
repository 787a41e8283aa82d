"""The stand-alone script of a finding: it runs, without this package, and its loops are the definition."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.harness.probe import reference_outputs
from cnnspec.harness.verdicts import Finding, Verdict
from cnnspec.implementation import Claims
from cnnspec.laws.law import Failure
from cnnspec.laws.registry import find_law
from cnnspec.operations import find
from cnnspec.report import loops
from cnnspec.report.call import run
from cnnspec.report.comparison import literal
from cnnspec.report.script import ALIASES, LAYOUT_CODE, LOOPS, _array, script

EVERY = list(reference().claims.operations)


def execute(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in ``folder`` with an interpreter that cannot import this package."""
    path = folder / "repro.py"
    block = "import sys\nsys.modules['cnnspec'] = None\n"
    path.write_text(text.replace("import numpy as np", f"{block}import numpy as np", 1), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-W", "error", path.name], cwd=folder, capture_output=True, text=True, check=False
    )


def written(case: Case, law: str = "CORR-1", target: str = "torch", **failure: object) -> str:
    finding = Finding(law, case.op, Verdict.FAILED, case, case, Failure("wrong", **failure))  # type: ignore[arg-type]
    return script(finding, find_law(law), reference().claims, target=target, replay="cnnspec replay …")


@pytest.mark.parametrize("op", EVERY)
def test_the_loops_are_the_reference(op: str, drawn) -> None:
    for case in drawn(op, 8):
        if case.dtype != "float64" or 0 in case.output_shape:
            continue
        space: dict[str, object] = {}
        lines = written(case, target="mutant:x").splitlines()
        end = next(i for i, line in enumerate(lines) if line.startswith("expected = ")) if len(lines) > 1 else 0
        exec("\n".join(lines[: end + 1]), space)
        if end:
            expected = reference_outputs(case, make_arrays(case))[0]
            np.testing.assert_allclose(space["expected"].astype(np.float64), expected, rtol=1e-9, atol=1e-9)


def test_every_operation_has_its_loop() -> None:
    names = {find(op)[0].name for op in EVERY}
    assert {name for name in names if not hasattr(loops, ALIASES.get(name, name))} == set()


@pytest.mark.parametrize("layout", [*LAYOUT_CODE, "C", "ro"])
def test_a_layout_is_made_without_this_package(layout: str) -> None:
    case = Case.parse(f"conv2d:x=2x2x3x4,w=1x2x2x2,f64,iota,layout.x={layout}")
    array = make_arrays(case)["x"]
    space: dict[str, object] = {}
    lines = written(case).splitlines()
    exec("\n".join(line for line in lines if line.startswith(("import", "x ", "x."))), space)
    made = space["x"]
    assert np.array_equal(made, array)
    assert made.flags.c_contiguous == array.flags.c_contiguous or layout == "zero"
    assert made.flags.writeable == array.flags.writeable or layout == "zero"


@pytest.mark.parametrize("layout", [*LAYOUT_CODE, "C", "ro"])
def test_a_bias_of_one_axis_has_every_layout_too(layout: str) -> None:
    case = Case.parse(f"conv2d:x=1x1x3x4,w=5x1x2x2,b,f64,iota,layout.b={layout}")
    array = make_arrays(case)["b"]
    space: dict[str, object] = {}
    exec("\n".join(["import numpy as np", *_array(case, "b", array)]), space)
    assert np.array_equal(space["b"], array)


def test_the_script_of_a_wrong_file_shows_it_and_falls_silent_when_mended(flipped: Path, monkeypatch) -> None:
    monkeypatch.chdir(flipped.parent)
    finding = run("layers.py", effort="quick").findings[0]
    shown = execute(finding.script, flipped.parent)
    assert (shown.returncode, shown.stderr) == (1, "")
    assert "wrong at [[" in shown.stdout
    assert "stride=1, pad=0" in finding.script or "pad=0, stride=1" in finding.script
    flipped.write_text(flipped.read_text().replace("w[:, :, ::-1, ::-1]", "w"))
    mended = execute(finding.script, flipped.parent)
    assert (mended.returncode, mended.stderr) == (0, "")
    assert "wrong at []" in mended.stdout


@pytest.mark.parametrize(
    ("law", "body", "words"),
    [
        ("PURE-1", "x[...] = x * (x > 0); return x.copy()", "arguments that the call changed: ['x']"),
        ("PURE-2", "return np.maximum(x, 0, out=x)", "arguments whose memory the result shares: ['x']"),
        (
            "PURE-3",
            "calls.append(0); return np.maximum(x, 0) + len(calls)",
            "what differs from the first call: ['the second",
        ),
        ("PURE-4", "return np.maximum(x if x.flags.c_contiguous else x + 1, 0)", "elements that differ from the call"),
        ("PURE-5", "return np.maximum(x, 0).astype(np.float32)", "the dtype that is not the arguments': ['float32']"),
    ],
)
def test_what_happens_beside_the_result_is_shown_too(law: str, body: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "side.py").write_text(f"import numpy as np\ncalls = []\ndef relu(x):\n    {body}\n")
    case = Case.parse("relu:x=1x1x2,f64,data.x=-1_2,layout.x=rev")
    text = written(case, law, str(tmp_path / "side.py"))
    shown = execute(text, tmp_path)
    assert (shown.returncode, shown.stderr) == (1, "")
    assert words in shown.stdout
    (tmp_path / "side.py").write_text("import numpy as np\ndef relu(x):\n    return np.maximum(x, 0)\n")
    assert execute(text, tmp_path).returncode == 0


def test_of_a_framework_the_script_holds_what_it_gave(tmp_path: Path) -> None:
    case = Case.parse("conv1d:x=1x1x3,w=1x1x2,f32,iota")
    text = written(case, target="torch", expected=np.array([[[5.0, 8.0]]]), got=np.array([[[5.0, 9.0]]], np.float32))
    shown = execute(text, tmp_path)
    assert "got = np.array([[[5.0, 9.0]]], np.float32)  # what torch gave" in text
    assert (shown.returncode, "wrong at [[0, 0, 1]]" in shown.stdout) == (1, True)


def test_a_bound_is_the_scripts_bound(tmp_path: Path) -> None:
    case = Case.parse("conv1d:x=1x1x3,w=1x1x2,f32,iota")
    near = {"expected": np.array([[[5.0, 8.0]]]), "got": np.array([[[5.0, 8.25]]], np.float32)}
    for bound, status in ((0.5, 0), (0.1, 1)):
        text = written(case, "CORR-3", "torch", bound=np.full((1, 1, 2), bound), **near)
        assert execute(text, tmp_path).returncode == status


def test_a_large_case_is_replayed_instead() -> None:
    text = written(Case.parse("relu:x=9x9x99,f32"))
    assert text == "# The smallest case is too large to write out; replay it: cnnspec replay …\n"


def test_what_a_target_says_cannot_end_the_docstring(tmp_path: Path) -> None:
    case = Case.parse("relu:x=1x1x1,f64")
    finding = Finding("RELU-1", "relu", Verdict.FAILED, case, case, Failure('"""\nimport os; os.abort()\n"""'))
    text = script(finding, find_law("RELU-1"), Claims({}), target="torch", replay="r")
    assert execute(text, tmp_path).returncode == 0


def test_a_further_call_is_not_promised() -> None:
    case = Case.parse("conv1d:x=1x1x3,w=1x1x2,f32,iota")
    text = written(case, "CORR-4", "layers.py", call="x[0,0,1] = NaN")
    assert "It showed by a further call (x[0,0,1] = NaN); this script makes the first call alone." in text


@pytest.mark.parametrize("values", [[np.nan, -np.inf, 1.5], [1, 2, 3], [1 + 2j, complex("nan"), 0]])
def test_a_literal_is_the_array(values: list[object]) -> None:
    array = np.resize(np.array(values), (2, 3, 9))
    for part in (array, array[:, :, :0], array[0, 0, :2]):
        back = eval(literal(part), {"np": np, "nan": np.nan})
        assert back.shape == part.shape
        assert np.array_equal(back, part, equal_nan=True)


def test_the_name_of_the_loops_is_nobodys() -> None:
    assert LOOPS not in EVERY
