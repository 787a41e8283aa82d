"""How a target is called, read off its source without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec.adapters import load
from cnnspec.cases.case import Case
from cnnspec.report.handed import call_text, reach

CONV = Case.parse("conv2d:x=1x1x5x5,w=2x1x3x3,b,stride=2x2,padding=1.1_1.1,f64")

SOURCES = {
    "def conv2d(x, w, b=None, *, stride, padding): ...":
        "conv2d(x, w, b, stride=(2, 2), padding=((1, 1), (1, 1)))",
    "def conv2d(x, w, bias, strides=1, pad=0): ...":
        "conv2d(x, w, b, strides=2, pad=1)",
    "def conv2d(x, w, stride=1, pad=0, bias=None): ...":
        "conv2d(x, w, bias=b, stride=2, pad=1)",
    "def conv2d(x, w, b=None, stride=1, padding=0, /): ...":
        "conv2d(x, w, b, 2, 1)",
    "def conv(x, w, *rest, **options): ...":
        "conv2d(x, w, b, stride=(2, 2), padding=((1, 1), (1, 1)), dilation=(1, 1), groups=1)",
}  # fmt: skip


@pytest.mark.parametrize(("source", "call"), SOURCES.items())
def test_the_call_is_in_the_authors_words(source: str, call: str, tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(source)
    claims = load(str(path)).claims
    reached = reach(str(path), "conv2d")
    assert call_text(CONV, reached, claims, []) == call


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("stride=1, pad=0", "conv2d(x, w, stride=2, pad=1)"),
        ("stride=(1, 1), pad=0", "conv2d(x, w, stride=(2, 2), pad=1)"),
        ("stride=1, pad=(0, 0)", "conv2d(x, w, stride=2, pad=(1, 1))"),
    ],
)
def test_options_have_the_form_that_was_detected(body: str, call: str, tmp_path: Path) -> None:
    """The harness finds the form out by calling; what it found is in its notes."""
    scalar = "stride=1" in body
    pairs = "pad = (pad, pad)" if "pad=0" in body else "pad = tuple(pad)"
    path = tmp_path / "layers.py"
    path.write_text(f"""
import numpy as np
def conv2d(x, w, {body}):
    sh, sw = {"(stride, stride)" if scalar else "stride"}
    {pairs}
    assert all(isinstance(p, int) for p in (sh, sw, *pad))
    h, v = x.shape[2] + 2 * pad[0] - w.shape[2], x.shape[3] + 2 * pad[1] - w.shape[3]
    return np.zeros((len(x), len(w), h // sh + 1, v // sw + 1), x.dtype)
""")
    loaded = load(str(path))
    case = Case.parse("conv2d:x=1x1x5x5,w=2x1x3x3,stride=2x2,padding=1.1_1.1,f64")
    assert call_text(case, reach(str(path), "conv2d"), loaded.claims, loaded.notes) == call


FOLDER = ("import sys", "sys.path.insert(0, 'sub')", "import layers as target")


@pytest.mark.parametrize(
    ("target", "lines"),
    [
        ("sub/layers.py", (*FOLDER, "relu = target.relu")),
        ("sub/layers.py:Net", (*FOLDER, "relu = target.Net().relu")),
        ("sub/layers.py:ramp?op=relu", (*FOLDER, "relu = target.ramp")),
        ("my_pkg.layers", ("import my_pkg.layers as target", "relu = target.relu")),
        ("sub/2nd-try.py", ("import runpy", "import types",
                            "target = types.SimpleNamespace(**runpy.run_path('sub/2nd-try.py'))",
                            "relu = target.relu")),
    ],
)  # fmt: skip
def test_the_function_is_reached(target: str, lines: tuple[str, ...], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("layers.py", "2nd-try.py"):
        (tmp_path / "sub" / name).write_text(
            "def relu(x): ...\ndef ramp(x): ...\nclass Net:\n    def relu(self, x): ...\n"
        )
    assert reach(target, "relu").lines == lines


@pytest.mark.parametrize(
    "target", ["torch", "onnxruntime", "jax?platform=cpu", "reference", "mutant:kernel_flipped", "exec:./a --b"]
)
def test_what_is_no_python_of_the_user_is_not_reached(target: str) -> None:
    assert reach(target, "conv2d") is None


def test_the_source_is_read_and_never_run(tmp_path: Path) -> None:
    path = tmp_path / "loud.py"
    path.write_text("raise SystemExit('ran')\ndef relu(x=print('default ran')): ...\n")
    assert reach(str(path), "relu").binding is not None


def test_a_file_that_cannot_be_read_still_gives_a_call(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("def relu(:")
    assert reach(str(path), "relu").lines[-1] == "relu = target.relu"


def test_padding_of_one_axis_as_a_bare_pair(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text("import numpy as np\ndef conv1d(x, w, padding=(0, 0)):\n"
                    "    y = np.pad(x, ((0, 0), (0, 0), padding))\n    return y[:, :1, 1:-1] + w.size\n")  # fmt: skip
    loaded = load(str(path))
    case = Case.parse("conv1d:x=1x1x5,w=2x1x3,padding=1.2,f64")
    text = call_text(case, reach(str(path), "conv1d"), loaded.claims, loaded.notes)
    assert text == "conv1d(x, w, padding=(1, 2))"
