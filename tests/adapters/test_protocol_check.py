"""What is said of programs that speak the protocol almost right."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

from cnnspec.adapters.protocol_check import Line, check_protocol
from cnnspec.errors import TargetError

Engine = Callable[..., list[str]]
pytestmark = pytest.mark.usefixtures("impatient")


def wrong(engine: list[str], scheme: str = "exec") -> list[str]:
    return [line.text for line in check_protocol(f"{scheme}:{shlex.join(engine)}") if line.verdict == "wrong"]


@pytest.mark.parametrize("scheme", ["exec", "exec-once"])
def test_nothing_is_wrong_with_a_good_program(engine: Engine, scheme: str) -> None:
    lines = check_protocol(f"{scheme}:{shlex.join(engine('good'))}")
    assert [line for line in lines if line.verdict == "wrong"] == []
    assert str(lines[0]) == "ok     hello: engine, 1.2, Python"
    assert Line("ok", "relu in float32: answered with the right shape and dtype") in lines
    assert any("not claimed: answered all the same" in line.text for line in lines)
    assert any(line.text.startswith("large data in a line of ") for line in lines)
    assert ("stop: it ended with exit status 0" in [line.text for line in lines]) == (scheme == "exec")


@pytest.mark.parametrize(
    ("behaviour", "text"),
    [
        ("half_json", "relu in float32: it returned a line that is no JSON"),
        ("wrong_shape", "relu in float32: the result is float32 of shape (1,), where float32 of shape (4, 4, 6, 6)"),
        ("wrong_dtype", "relu in float32: it returned y with 24 bytes of data"),
        ("other_id", "relu in float32: it returned an answer with the id 99999"),
        ("exit_3", "relu in float32: the call made the program end with exit status 3"),
        ("rejected", 'relu in float32: a valid call was answered with rejected "stride must be >= 1"'),
        ("stray", 'relu: its standard output is for answers alone, and it wrote "window 1 of 3'),
        ("deaf", "stop: it did not end, and was killed; it should end with exit status 0"),
        ("short_lines", "large data in a line of "),
        ("answers_everything", "an operation that does not exist: answered with a result of shape"),
    ],
)
def test_what_is_wrong_is_said(engine: Engine, behaviour: str, text: str) -> None:
    assert any(line.startswith(text) for line in wrong(engine(behaviour))), wrong(engine(behaviour))


def test_other_values_are_a_note(engine: Engine) -> None:
    lines = check_protocol(f"exec:{shlex.join(engine('zeros'))}")
    assert any(line.verdict == "note" and "other values than the definition's" in line.text for line in lines)
    assert not any(line.verdict == "wrong" for line in lines)


def test_a_program_that_does_not_say_hello() -> None:
    words = 'its hello has no name, which is a string such as "engine": '
    assert wrong(["cat"]) == [words + """'{"cmd":"hello","protocol":1}'"""]


def test_what_is_no_program() -> None:
    with pytest.raises(TargetError, match="the protocol is that of programs, exec:COMMAND or exec-once:COMMAND"):
        check_protocol("layers.py")
    with pytest.raises(TargetError, match="there is no program"):
        check_protocol("exec:./nowhere")
