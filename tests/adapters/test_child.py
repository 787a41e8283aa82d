"""A program that dies, hangs, closes its streams or prints: each is told, and the next call starts it again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cnnspec.adapters.exec import Program
from cnnspec.implementation import Observation

pytestmark = pytest.mark.usefixtures("impatient")

Y = np.array([[[0.0, 0.0, 2.0]]], np.float32)
Observed = Callable[..., Observation]
X = np.array([[[-1.0, 0.0, 2.0]]], np.float32)

ENDED = {
    "half_line_and_exit": "made the program end with exit status 0 before it was answered in the middle of a line: "
    '\'{"id":1,"ok"\'',
    "exit_0": "made the program end with exit status 0 before it was answered (exec-once: is for a program that",
    "exit_3": "made the program end with exit status 3 before it was answered; its standard error ends with: "
    "cannot go on / \\x1b[31mreally",
    "segfault": "made the program die of signal 11 (SIGSEGV) before it was answered",
    "raises": "its standard error ends with: ",
    "close_output": "made the program close its output",
    "endless_line": 'made the program write 64 MB without ending its line: \'{"id":111',
    "endless_lines": "made the program write more than 1 MB beside its answers, beginning with 'debug\\ndebug",
    "endless_errors": "made the program write more than 64 MB to its standard error",
}


@pytest.mark.parametrize("behaviour", ENDED)
def test_an_ending_is_a_crash(behaviour: str, observed: Observed) -> None:
    seen = observed(behaviour)
    assert seen.kind == "crashed"
    assert ENDED[behaviour] in seen.message


def test_an_exception_of_the_program_is_shown(observed: Observed) -> None:
    assert "RuntimeError: not ready" in observed("raises").message


@pytest.mark.parametrize("behaviour", ["hang", "half_line_and_hang"])
def test_a_limit_ends_a_hanging_program(behaviour: str, observed: Observed) -> None:
    seen = observed(behaviour, seconds=0.5)
    assert seen.kind == "timeout"
    assert seen.message.startswith("was not answered within 0.5 s")
    assert ('half a line: \'{"id":1,"ok"\'' in seen.message) == (behaviour == "half_line_and_hang")


@pytest.mark.parametrize("program", ["exit_0"], indirect=True)
def test_a_dead_program_is_started_again(program: Program) -> None:
    for starts in (1, 2, 3):
        assert program.call("relu", X).kind == "crashed"
        assert program.starts == starts


@pytest.mark.parametrize("program", ["leave_after"], indirect=True)
def test_a_program_that_leaves_after_an_answer(program: Program) -> None:
    np.testing.assert_array_equal(program.call("relu", X), Y)
    assert "end with exit status 0 before it was answered (exec-once:" in program.call("relu", X).message


@pytest.mark.parametrize("program", ["close_input_after"], indirect=True)
def test_a_program_that_closes_its_input(program: Program) -> None:
    np.testing.assert_array_equal(program.call("relu", X), Y)
    assert program.call("relu", X).message == "found the program's input closed"


@pytest.mark.parametrize("program", ["twice"], indirect=True)
def test_a_second_answer_is_an_answer_to_another_call(program: Program) -> None:
    np.testing.assert_array_equal(program.call("relu", X), Y)
    assert "an answer with the id 1 to the call with the id 2" in program.call("relu", X).message
    np.testing.assert_array_equal(program.call("relu", X), Y)


@pytest.mark.parametrize(
    ("program", "printed"),
    [("stray", "window 1 of 3\n\\xff\x00\n"), ("stray_before_answer", "sum = 3 \n")],
    indirect=["program"],
)
def test_stray_output_is_told_and_does_not_end_the_run(
    program: Program, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        np.testing.assert_array_equal(program.call("relu", X), Y)
        assert capsys.readouterr().out == printed


@pytest.mark.parametrize("program", ["echo"], indirect=True)
def test_a_request_that_is_printed_again_is_no_answer(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    np.testing.assert_array_equal(program.call("relu", X), Y)
    assert capsys.readouterr().out.startswith('got {"cmd": "run", "id": 1')
