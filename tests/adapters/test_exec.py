"""Programs over the protocol: what they answer, how they are loaded, and whole runs of them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.adapters import exec as exec_module
from cnnspec.adapters.exec import Program, ProgramError, Shared, implementation
from cnnspec.cases.case import Case
from cnnspec.errors import ShapeError, TargetError, Unsupported
from cnnspec.harness import session
from cnnspec.harness.verdicts import Verdict
from cnnspec.implementation import Observation

ENGINE = Path(__file__).with_name("engine.py")
pytestmark = pytest.mark.usefixtures("impatient")

Y = np.array([[[0.0, 0.0, 2.0]]], np.float32)
Observed = Callable[..., Observation]
X = np.array([[[-1.0, 0.0, 2.0]]], np.float32)


def words(*behaviours: str) -> list[str]:
    return [sys.executable, "-S", "-E", str(ENGINE), *behaviours]


def command(*behaviours: str) -> str:
    return shlex.join(words(*behaviours))


MALFORMED = {
    "bad_base64": 'y with data that are no base64 (Only base64 data is allowed): "AA!="',
    "odd_base64": "y with data that are no base64 (Incorrect padding)",
    "short_data": "y with 3 bytes of data where the shape [1, 1, 3] of float32 is 12 bytes",
    "number_data": "y with data that are 3 where a string in base64 is expected",
    "no_dtype": "y with the dtype null, none of float64, float32",
    "foreign_dtype": 'y with the dtype "object", none of float64',
    "float_shape": "y with the shape [1.0, 1, 3], no list of integers >= 0",
    "bool_shape": "y with the shape [true, 1, 3], no list",
    "negative_shape": "y with the shape [1, -1, 3], no list",
    "text_shape": 'y with the shape "1,1,3", no list',
    "huge_shape": "too large to be an answer",
    "hidden_huge_shape": "too large to be an answer",
    "many_axes": "y with the shape [1, 1, 1",
    "both_places": "y with both data and a file",
    "endless_file": 'y in the file "/dev/zero", and no file was offered for results',
    "no_place": "y with neither data nor a file",
    "list_result": "y as [1.0, 2.0] where an object with dtype, shape and data is expected",
    "none_result": "y as null where an object",
    "no_result": "an answer with the results nothing where y is expected",
    "misnamed": "an answer with the results z where y is expected",
    "ok_is_a_list": "an answer whose ok is [1] where an object is expected",
    "two_endings": "an answer with ok and error of ok, rejected, unsupported and error where exactly one is expected",
    "no_ending": "an answer with none of ok, rejected",
    "number_message": "an answer whose rejected.message is 3 where a string is expected",
    "wrong_category": 'an answer whose rejected.category is "colour", none of shape, value, type',
    "null_id": "an answer with the id null to the call with the id 1",
    "true_id": "an answer with the id true to the call with the id 1",
    "text_id": 'an answer with the id "1" to the call with the id 1',
    "real_id": "an answer with the id 1.0 to the call with the id 1",
    "no_id": "an answer without an id to the call with the id 1",
    "other_id": "an answer with the id 99999 to the call with the id 1",
    "half_json": 'a line that is no JSON (Expecting value): \'{"id":1,"ok":{"y":\'',
    "not_json": "a line that is no JSON (Expecting property name enclosed in double quotes): \"{'id': 1}\"",
    "not_utf8": r"a line that is not UTF-8: '{\"id\":1,\"ok\":\"\xff\xfe\"}'".replace(r"\"", '"'),
    "nan_value": "a line that is no JSON (JSON has no NaN)",
    "key_twice": "a line that is no JSON (the key 'id' comes twice)",
    "deep": 'a line that is no JSON (nested too deeply): \'{"id":[[[',
    "long_number": "a line that is no JSON (Exceeds the limit (4300 digits)",
}


@pytest.mark.parametrize("behaviour", MALFORMED)
def test_a_malformed_answer_is_told_with_its_bytes(behaviour: str, observed: Observed) -> None:
    seen = observed(behaviour)
    assert seen.kind == "malformed"
    assert MALFORMED[behaviour] in seen.message


@pytest.mark.parametrize("program", ["good"], indirect=True)
def test_a_good_program_answers_again_and_again(program: Program) -> None:
    for _ in range(3):
        np.testing.assert_array_equal(program.call("relu", X), Y)
    assert program.call("relu", X).dtype == np.float32
    assert program.starts == 1
    assert program.stop() == 0


@pytest.mark.parametrize("program", ["good"], indirect=True)
def test_a_long_line_goes_in_while_one_comes_out(program: Program) -> None:
    x = np.arange(-200_000, 200_000, dtype=np.float32).reshape(2, 4, -1)
    np.testing.assert_array_equal(program.call("relu", x), np.maximum(x, 0))


@pytest.mark.parametrize(
    ("program", "kind", "message"),
    [("wrong_shape", (1,), "float32"), ("wrong_dtype", (1, 1, 3), "float64")],
    indirect=["program"],
)
def test_another_shape_or_dtype_is_left_to_the_laws(program: Program, kind: tuple[int, ...], message: str) -> None:
    result = program.call("relu", X)
    assert (result.shape, result.dtype.name) == (kind, message)


@pytest.mark.parametrize(
    ("program", "error", "message"),
    [
        ("rejected", ShapeError, "stride must be >= 1"),
        ("rejected_plainly", ValueError, ""),
        ("unsupported", Unsupported, "no relu here"),
        ("error", ProgramError, "out of tea"),
    ],
    indirect=["program"],
)
def test_what_the_program_declines_is_raised(program: Program, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        program.call("relu", X)
    assert str(caught.value) == message
    assert program.starts == 1


# ------------------------------------------------------------------------------------------------ large data in files


def by_file(where: str) -> Program:
    program = Program(words("files", where), seconds=5)
    assert program.greet().files
    return program


@pytest.mark.skipif(not Shared().path, reason="no nameless files that another process can open")
def test_large_data_go_by_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exec_module, "LARGE", 12)
    program = by_file("right")
    x = np.arange(5, dtype=np.float32)[None, None]
    for shift in (0, 1):
        np.testing.assert_array_equal(program.call("relu", x + shift), x + shift)
    program.close()


@pytest.mark.skipif(not Shared().path, reason="no nameless files that another process can open")
@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("beyond", "y with 16 bytes of data where the shape [1, 1, 5] of float32 is 20 bytes"),
        ("elsewhere", "results in the file '/dev/zero', where /proc/"),
        ("nowhere", "at the offset -1; a path and an integer >= 0 are expected"),
    ],
)
def test_only_the_offered_file_is_read(where: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exec_module, "LARGE", 12)
    program = by_file(where)
    seen = program.call("relu", np.arange(5, dtype=np.float32)[None, None])
    assert (seen.kind, message in seen.message) == ("malformed", True), seen.message
    program.close()


# --------------------------------------------------------------------------------------------------- loading the target


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "exec: needs a command, for example"),
        ("./nowhere", r"there is no program \./nowhere in /"),
        ("nowhere-at-all", "there is no program nowhere-at-all on the PATH; for a file write ./NAME"),
        (f"{ENGINE}", r"is not executable; chmod \+x .*exec:python .*engine.py"),
        ("'", "cannot be read: No closing quotation"),
        (f"{sys.executable} -c 0", "the hello made the program end with exit status 0"),
        (f"{sys.executable} -c \"print('hi')\"", "the hello made the program .*; beside its answers it wrote 'hi"),
        (f"{sys.executable} -c \"print('{{}}')\"", "its hello has no name, which is a string"),
    ],
)
def test_a_program_that_cannot_be_a_target(text: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        adapters.load(f"exec:{text}")


def test_a_file_that_the_system_cannot_run(tmp_path: Path) -> None:
    script = tmp_path / "engine"
    script.write_text("print(1)")
    script.chmod(0o755)
    with pytest.raises(TargetError, match=r"cannot be started: Exec format error \(write its interpreter before it"):
        adapters.load(f"exec:{script}")


def test_what_is_loaded() -> None:
    loaded = adapters.load(f"exec:{command('good')}?op=relu")
    assert (loaded.name, loaded.version, list(loaded.functions)) == ("engine", "1.2", ["relu"])
    assert loaded.notes == ("written in Python",)
    assert loaded.claims.operations["relu"].dtypes == ("float32",)
    with pytest.raises(TargetError, match="engine has no conv2d; it has relu"):
        adapters.load(f"exec:{command('good')}", op="conv2d")


def without_claims(tmp_path: Path, *, after_hello: str = "") -> str:
    """The engine whose hello makes no claims."""
    text = ENGINE.read_text("utf-8").replace('"claims": {"operations": {"relu": {}}}', after_hello)
    copy = tmp_path / "plain.py"
    copy.write_text(text)
    return f"{sys.executable} -S -E {copy} good"


def test_without_claims_the_least_is_taken(tmp_path: Path) -> None:
    loaded = implementation(without_claims(tmp_path))
    assert list(loaded.claims.operations) == ["relu"]
    assert loaded.claims.operations["relu"].dtypes == ("float32",)
    assert any("makes no claims" in note for note in loaded.notes)


def test_a_hello_that_claims_what_does_not_exist(tmp_path: Path) -> None:
    claims = '"claims": {"operations": {"conv2d": {"options": ["strides"]}}}'
    with pytest.raises(TargetError, match=r"its hello has claims.operations.conv2d: options are among .*'strides'"):
        implementation(without_claims(tmp_path, after_hello=claims))


# --------------------------------------------------------------------------------------------------- one call a process


def test_one_process_for_each_call() -> None:
    program = Program(words("good"), once=True, seconds=5)
    assert program.greet().name == "engine"
    for starts in (2, 3):
        np.testing.assert_array_equal(program.call("relu", X), Y)
        assert program.starts == starts


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("sys.exit(4)", "was answered, and then the program did end with exit status 4"),
        ("os.abort()", "was answered, and then the program did die of signal 6 (SIGABRT)"),
        ("print(answer)", 'was answered twice: \'{"id"'),
        ("time.sleep(100)", "was answered, and then the program did not end within 0.5 s"),
    ],
)
def test_the_end_of_the_process_is_looked_at(code: str, message: str, tmp_path: Path) -> None:
    script = tmp_path / "once.py"
    script.write_text(
        "import json, os, sys, time\n"
        "request = json.loads(input())\n"
        "if request['cmd'] == 'hello': sys.exit(3)\n"
        "answer = json.dumps({'id': request['id'], 'ok': {'y': request['inputs']['x']}})\n"
        f"print(answer, flush=True)\n{code}\n"
    )
    program = Program([sys.executable, "-S", "-E", str(script)], once=True, seconds=5)
    assert program.greet().claims is None
    seen = program.call("relu", X)
    assert (seen.kind, seen.message[: len(message)]) == ("crashed", message)


def test_a_program_of_one_call_that_knows_no_hello(tmp_path: Path) -> None:
    script = tmp_path / "once.py"
    script.write_text(
        "import json\n"
        "request = json.loads(input())\n"
        "known = request['op'] == 'relu'\n"
        "print(json.dumps({'id': request['id'], 'ok': {'y': request['inputs']['x']}} if known else\n"
        "                 {'id': request['id'], 'unsupported': {}}))\n"
    )
    loaded = adapters.load(f"exec-once:{sys.executable} -S -E {script}")
    assert (loaded.name, list(loaded.functions)) == ("once.py", ["relu"])


# ------------------------------------------------------------------------------------------------ through the whole run


def check(*behaviours: str, cases: int = 30, **options: object) -> session.RunResult:
    return session.run(f"exec:{command('by_batch', *behaviours)}", cases=cases, **options)  # type: ignore[arg-type]


def test_a_good_program_conforms() -> None:
    result = check("good")
    assert (result.exit_code, result.findings, result.restarts) == (0, [], 0)


@pytest.mark.parametrize(
    ("behaviour", "law", "verdict", "text"),
    [
        ("half_json", "CALL-1", Verdict.FAILED, "a line that is no JSON"),
        ("other_id", "CALL-1", Verdict.FAILED, "the id 99999"),
        ("not_utf8", "CALL-1", Verdict.FAILED, "a line that is not UTF-8"),
        ("half_line_and_exit", "CALL-1", Verdict.CRASHED, "in the middle of a line"),
        ("close_output", "CALL-1", Verdict.CRASHED, "close its output"),
        ("endless_lines", "CALL-1", Verdict.CRASHED, "beside its answers"),
        ("wrong_shape", "SHAPE-3", Verdict.FAILED, "the shape (1,)"),
        ("as_float64", "PURE-5", Verdict.FAILED, "dtype float64 where the inputs have float32"),
        ("exit_0", "CALL-1", Verdict.CRASHED, "exit status 0"),
        ("segfault", "CALL-1", Verdict.CRASHED, "SIGSEGV"),
        ("rejected", "CALL-1", Verdict.REFUSED, "stride must be >= 1"),
        ("stray", "PURE-6", Verdict.FAILED, "window 1 of 3"),
    ],
)
def test_the_verdicts(behaviour: str, law: str, verdict: Verdict, text: str) -> None:
    """A batch of 2 misbehaves, every other is good: the run goes on to its end."""
    result = check(behaviour, "good")
    assert result.complete
    found = [finding for finding in result.findings if finding.law == law]
    assert [(finding.verdict, finding.op) for finding in found] == [(verdict, "relu")], result.findings
    assert text in found[0].failure.message
    assert found[0].case.shapes["x"][0] == 2


def test_the_line_of_the_case_goes_along(tmp_path: Path) -> None:
    """A program that logs it: the lines are those of the run's cases."""
    script = tmp_path / "logs.py"
    script.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    request = json.loads(line)\n"
        "    if request['cmd'] == 'stop': break\n"
        "    if request['cmd'] == 'hello':\n"
        "        print(json.dumps({'name': 'logs', 'claims': {'operations': {'relu': {}}}}))\n"
        "    else:\n"
        f"        open({str(tmp_path / 'log')!r}, 'a').write(request.get('case', '') + '\\n')\n"
        "        print(json.dumps({'id': request['id'], 'ok': {'y': request['inputs']['x']}}))\n"
        "    sys.stdout.flush()\n"
    )
    session.run(f"exec:{sys.executable} -S -E {script}", cases=4, laws=("SHAPE-3",))
    lines = [line for line in (tmp_path / "log").read_text().splitlines() if line]
    assert len(lines) >= 4
    assert all(str(Case.parse(line)) == line for line in lines)


def test_a_hanging_program_is_ended_and_the_run_goes_on() -> None:
    result = check("hang", "good", timeout=0.5, cases=6)
    assert result.complete
    assert {finding.verdict for finding in result.findings} == {Verdict.TIMEOUT}
    assert result.restarts > 0
