"""Opening a target, and the one in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from cnnspec.cases.case import Case
from cnnspec.errors import CaseError, TargetError, UsageError
from cnnspec.harness.isolated import WorkerTarget
from cnnspec.harness.target import InlineTarget, open_target
from cnnspec.implementation import Facts

PLAIN = Case.parse("relu:x=1x1x3,f64,data.x=-1_0_2")


@pytest.fixture
def inline(hostile: ModuleType) -> InlineTarget:
    return InlineTarget("hostile", loader="hostile:load")


def relu(x: np.ndarray) -> np.ndarray:
    print("layer", 1)
    return np.maximum(x, 0)


@pytest.mark.parametrize("isolate", ["auto", "process"])
def test_a_string_is_opened_in_a_worker(isolate: str, open_hostile: Callable[..., WorkerTarget]) -> None:
    with open_target("hostile", isolate=isolate, loader="hostile:load") as target:
        assert isinstance(target, WorkerTarget)
        assert target.run(PLAIN).outputs[0].tolist() == [[[0, 0, 2]]]


@pytest.mark.parametrize("isolate", ["auto", "none"])
def test_an_object_is_opened_here(isolate: str) -> None:
    with open_target(relu, isolate=isolate) as target:
        assert isinstance(target, InlineTarget)
        seen = target.run(PLAIN, repeat=True)
    assert seen.outputs[0].tolist() == [[[0, 0, 2]]]
    assert seen.facts == Facts(repeat_differs=False, output="layer 1\nlayer 1\n")


def test_the_reference_and_a_file_are_loaded_by_the_adapters(tmp_path: Any) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import numpy as np\n\ndef relu(x):\n    return np.abs(x)\n")
    with open_target("reference") as reference, open_target(f"{file}") as mine:
        assert reference.run(PLAIN).outputs[0].tolist() == [[[0, 0, 2]]]
        assert mine.run(PLAIN).outputs[0].tolist() == [[[1, 0, 2]]]
        assert mine.functions == ("relu",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"isolate": "thread"}, "isolate must be auto, process or none; got 'thread'"),
        ({"isolate": "process"}, "a Python object cannot be sent to a worker process; name it by a string"),
        ({"python": "python3"}, "another interpreter can only be had with isolate='process'"),
    ],
)
def test_what_cannot_be_had_is_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        open_target(relu, **options)


def test_a_target_that_cannot_be_loaded_here_is_an_error(hostile: ModuleType) -> None:
    with pytest.raises(TargetError, match="there is no such target"):
        InlineTarget("missing", loader="hostile:load")


def test_an_inline_target_answers_as_a_worker_does(
    inline: InlineTarget, target: WorkerTarget, asking: Callable[..., Case]
) -> None:
    assert (inline.name, inline.version, inline.notes) == (target.name, target.version, target.notes)
    assert (inline.claims, inline.functions) == (target.claims, target.functions)
    for name in ("returns_list", "raises_shape", "raises_not_implemented", "changes_input", "reuses_buffer", "seeds"):
        here, there = (opened.run(asking(name), repeat=True) for opened in (inline, target))
        assert (here.kind, here.category, here.message, here.facts) == (
            there.kind, there.category, there.message, there.facts,
        )  # fmt: skip
        assert [y.tobytes() for y in here.outputs] == [y.tobytes() for y in there.outputs]
    x = np.arange(6.0).reshape(1, 1, 6)[..., ::-2]
    assert inline.call("relu", {"x": x}, {}).outputs[0].tolist() == [[[5, 3, 1]]]


def test_an_inline_target_keeps_the_order_too(inline: InlineTarget) -> None:
    cases = [Case.parse(f"relu:x=1x1x{n + 1},f64,ones") for n in range(6)]
    assert [seen.outputs[0].size for _, seen in inline.stream(cases)] == [1, 2, 3, 4, 5, 6]
    tickets = [inline.submit(case) for case in cases[:2]]
    assert [inline.collect(ticket).outputs[0].size for ticket in reversed(tickets)] == [2, 1]
    with pytest.raises(KeyError):
        inline.collect(tickets[0])


def test_sys_exit_here_is_a_crash_and_a_case_without_sense_an_error(
    inline: InlineTarget, asking: Callable[..., Case]
) -> None:
    assert inline.run(asking("sys_exit")).kind == "crashed"
    with pytest.raises(CaseError, match="outside the 3 elements"):
        inline.run(Case.parse("relu:x=1x1x3,f64,set.x=9.1"))


def test_a_closed_inline_target_is_not_loaded_again(inline: InlineTarget) -> None:
    inline.restart()
    assert inline.run(PLAIN).kind == "returned"
    inline.close()
    with pytest.raises(TargetError, match="hostile has been closed"):
        inline.restart()


def test_a_string_names_another_interpreter(tmp_path: Path) -> None:
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nexport OTHER_PYTHON=1\nexec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    code = "import os, numpy as np\nassert os.environ['OTHER_PYTHON']\ndef relu(x): return np.maximum(x, 0)\n"
    (tmp_path / "layers.py").write_text(code)
    with open_target(f"{tmp_path / 'layers.py'}?python={wrapper}&op=relu") as target:
        assert target.functions == ("relu",)
    with pytest.raises(UsageError, match="another interpreter can only be had with isolate='process'"):
        open_target(f"{tmp_path / 'layers.py'}?python={wrapper}", isolate="none")
    wrapper.write_text('#!/bin/sh\necho "No module named numpy" >&2\nexit 1\n')
    with pytest.raises(TargetError, match=r"is no Python interpreter that runs: exit status 1, No module named numpy"):
        open_target(f"{tmp_path / 'layers.py'}?python={wrapper}")
    with pytest.raises(TargetError, match="no-python cannot be started"):
        open_target(f"{tmp_path / 'layers.py'}?python=no-python")
