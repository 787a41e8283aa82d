"""What may stand on a line: the reader and the JSON Schema agree, and nothing malformed gets through or goes unsaid."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from cnnspec.adapters.exec import Program, ProgramError
from cnnspec.adapters.hello import read_hello
from cnnspec.adapters.protocol import (
    Answer,
    Fault,
    hello_request,
    read_answer,
    read_line,
    read_tensor,
    run_request,
    schema,
    tensor,
    write_line,
)
from cnnspec.cases.arrays import dtype_of, make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import CnnspecError
from cnnspec.implementation import EVERY_COMPLEX, EVERY_FLOAT, EVERY_INTEGER, Observation
from cnnspec.operations import find

RELU = find("relu")[0]
PAIR = find("max_pool2d_with_indices")[0]
TENSOR = {"dtype": "float32", "shape": [1, 1, 2], "data": "AACAPwAAAEA="}
OK: dict[str, Any] = {"id": 7, "ok": {"y": TENSOR}}
HELLO: dict[str, Any] = {
    "name": "engine", "version": "1", "language": "C", "protocol": 1, "files": True,
    "claims": {
        "operations": {
            "conv2d": {"options": ["stride", "padding"], "dtypes": ["float32"], "padding": "symmetric", "bias": "no",
                       "uniform": True, "choices": {"stride": [[1, 1]]}, "limits": [], "numerics": {},
                       "compiled": False},
            "relu": {},
        },
        "dialects": {"pool.max.nan": "ignore"},
    },
}  # fmt: skip
CASES = [
    "conv2d:x=2x4x7x5,w=6x2x3x2,b,stride=2x1,padding=1.0_0.2,dilation=1x2,groups=2,f32",
    "max_pool2d:x=1x2x4x5,kernel_size=3x2,ceil_mode=1,f64",
    "pad:x=1x1x3,padding=1.0,value=inf,f32",
    "lp_pool1d:x=1x1x4,kernel_size=2,p=1.5,f64",
    "convolve:x=3,k=2,mode=same,c64",
    "relu:x=0x1x3,bf16",
]


def part(name: str) -> jsonschema.Draft202012Validator:
    whole = schema()
    return jsonschema.Draft202012Validator({**whole, "anyOf": [{"$ref": f"#/$defs/{name}"}]})


ANSWERS, HELLOS, REQUESTS = part("runAnswer"), part("helloAnswer"), part("request")


def request_of(text: str) -> dict[str, Any]:
    case = Case.parse(text)
    return run_request(3, case.op, case.operation, tuple(make_arrays(case).values()), case.call_options)


# ---------------------------------------------------------------------------------------------------------- requests


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("text", CASES)
def test_a_request_is_in_the_schema_and_can_be_searched(text: str) -> None:
    """ASCII, no spaces, no escapes, and every key once, so that a program may look for it."""
    request = request_of(text)
    REQUESTS.validate(request)
    line = write_line(request).decode("ascii")
    assert line.endswith("}\n")
    assert not set(" \\") & set(line)
    for name in (*request["attrs"], "id", "op"):
        assert line.count(f'"{name}":') == 1, name
    assert list(request) == ["cmd", "id", "op", "attrs", "inputs"]


def test_attributes_are_canonical() -> None:
    assert request_of(CASES[0])["attrs"] == {
        "stride": [2, 1], "padding": [[1, 0], [0, 2]], "dilation": [1, 2], "groups": 2
    }  # fmt: skip
    assert request_of(CASES[1])["attrs"]["ceil_mode"] is True
    assert request_of(CASES[2])["attrs"] == {"padding": [[1, 0]], "mode": "constant", "value": "inf"}


def test_hello_and_stop_are_in_the_schema() -> None:
    REQUESTS.validate(hello_request())
    REQUESTS.validate({"cmd": "stop"})
    with pytest.raises(jsonschema.ValidationError):
        REQUESTS.validate({"cmd": "pause"})


@pytest.mark.parametrize("dtype", [*EVERY_FLOAT, *EVERY_INTEGER, *EVERY_COMPLEX])
def test_tensors_come_back_as_they_went(dtype: str) -> None:
    array = np.arange(-6, 6).reshape(2, 1, 6).astype(dtype_of(dtype))
    for view in (array, array[..., ::-1], np.asfortranarray(array), array[:0]):
        written = json.loads(json.dumps(tensor(view)))
        part("tensor").validate(written)
        again = read_tensor(written, "y")
        assert again.dtype == array.dtype
        np.testing.assert_array_equal(again, view)


def test_the_other_byte_order_is_turned() -> None:
    array = np.array([1.0, 2.0], np.dtype(">f4"))
    assert tensor(array) == tensor(array.astype(np.float32))


# ----------------------------------------------------------------------------------------------------------- answers


def test_answers_of_every_kind() -> None:
    answer = read_answer(json.dumps(OK).encode(), 7, RELU)
    assert (answer.kind, answer.arrays[0].tolist()) == ("ok", [[[1.0, 2.0]]])
    for kind, word in (("rejected", "message"), ("unsupported", "reason"), ("error", "message")):
        line = json.dumps({"id": 7, kind: {word: "why"}}).encode()
        assert read_answer(line, 7, RELU) == Answer(kind, message="why", category="value")  # type: ignore[arg-type]
    both = {"id": 7, "ok": {"indices": {**TENSOR, "dtype": "int32"}, "values": TENSOR}}
    assert [a.dtype.name for a in read_answer(json.dumps(both).encode(), 7, PAIR).arrays] == ["float32", "int32"]


def test_a_hello_in_full() -> None:
    HELLOS.validate(HELLO)
    hello = read_hello(json.dumps(HELLO).encode())
    assert (hello.name, hello.version, hello.language, hello.files) == ("engine", "1", "C", True)
    assert hello.claims is not None
    claim = hello.claims.operations["conv2d"]
    assert (claim.options, claim.padding, claim.choices) == (("stride", "padding"), "symmetric", {"stride": ((1, 1),)})
    assert hello.claims.operations["relu"].options == ()
    assert hello.claims.dialects == {"pool.max.nan": "ignore"}


def test_the_least_is_claimed_of_what_is_not_said() -> None:
    claims = {"operations": {"max_pool": {"options": ["padding"]}}}
    hello = read_hello(json.dumps({"name": "e", "claims": claims}).encode())
    assert hello.claims is not None
    assert list(hello.claims.operations) == ["max_pool1d", "max_pool2d", "max_pool3d"]
    claim = hello.claims.operations["max_pool2d"]
    assert (claim.options, claim.dtypes, claim.padding, claim.bias) == (
        ("kernel_size", "padding"), ("float32",), "symmetric", "no"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ([], "claims without operations"),
        ({"operations": {}}, "claims without operations"),
        ({"ops": {}, "operations": {"relu": {}}}, "claims with the word 'ops'; there are operations and dialects"),
        ({"operations": {"relu": []}}, "claims.operations.relu: an object is expected"),
        ({"operations": {"conv2": {}}}, "claims.operations.conv2: no operation is called 'conv2'"),
        ({"operations": {"relu": {"dtype": "float32"}}}, "claims.operations.relu: there is no word 'dtype'"),
        ({"operations": {"relu": {"dtypes": ["float"]}}}, "relu: dtypes are among float64, .*; got 'float'"),
        ({"operations": {"relu": {"dtypes": []}}}, "relu: dtypes is empty"),
        ({"operations": {"relu": {"dtypes": 3}}}, "relu: "),
        ({"operations": {"relu": {"options": ["stride"]}}}, "relu: there is no option 'stride'; there are none"),
        ({"operations": {"conv2d": {"padding": "same"}}}, "conv2d: padding must be one of none, symmetric"),
        ({"operations": {"conv2d": {"padding": "symmetric"}}}, "conv2d: padding is 'symmetric', and the options do"),
        ({"operations": {"max_pool2d": {"bias": "optional"}}}, "max_pool2d: this operation has no bias"),
        ({"operations": {"conv2d": {"uniform": "yes"}}}, "conv2d: uniform is true or false, got 'yes'"),
        ({"operations": {"conv2d": {"compiled": 1}}}, "conv2d: compiled is true or false, got 1"),
        ({"operations": {"conv2d": {"style": "torch"}}}, "conv2d: there is no word 'style'"),
        ({"operations": {"pad": {"choices": {"modes": []}}}}, "pad: there is no option 'modes'"),
        ({"operations": {"relu": {}}, "dialects": {"pool.max.nan": True}}, "claims.dialects that are no object"),
    ],
)
def test_claims_that_cannot_be_made(claims: Any, message: str) -> None:
    with pytest.raises(Fault, match=message):
        read_hello(json.dumps({"name": "e", "claims": claims}).encode())


@pytest.mark.parametrize(
    ("hello", "message"),
    [
        ({}, "no name, which is a string"),
        ({"name": ""}, "no name"),
        ({"name": 3}, "no name"),
        ({"name": "e", "version": 1}, "a version that is no string"),
        ({"name": "\x1b[31m"}, "a name that is no string of at most 80 printable"),
        ({"name": "e" * 81}, "a name that is no string of at most 80"),
        ({"name": "e", "files": "yes"}, "files that are neither true nor false"),
        ({"name": "e", "protocol": 2}, "the protocol 2; this is version 1"),
    ],
)
def test_a_hello_that_is_none(hello: Any, message: str) -> None:
    with pytest.raises(Fault, match=message):
        read_hello(json.dumps(hello).encode())


# ------------------------------------------------------------------------------------------------------------ fuzzing

VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "", "y", "\x1b[0m", "a" * 5000, [], [[]], [1, -1], {}, {"y": {}}, "AAAA", "float64"
)  # fmt: skip
BYTES = (b"", b"\x00", b"\xff", b'"', b"\\", b"{", b"[" * 2000, b"}", b",", b"NaN", b"1e999", b"\r", b"\xef\xbb\xbf")


def mutated(dice: random.Random, message: dict[str, Any]) -> dict[str, Any]:
    """The message with something somewhere in it replaced, taken away, renamed or doubled."""
    message = json.loads(json.dumps(message))
    node: Any = message
    while isinstance(node, dict) and node and dice.random() < 0.6:
        below = [value for value in node.values() if isinstance(value, dict)]
        if not below:
            break
        node = dice.choice(below)
    key = dice.choice(list(node)) if node else "id"
    action = dice.randrange(4)
    if action == 0:
        node[key] = dice.choice(VALUES)
    elif action == 1:
        node.pop(key, None)
    elif action == 2:
        node[dice.choice(["id", "ok", "error", "y", "z", "data", "file", "name"])] = dice.choice(VALUES)
    else:
        node[key.upper()] = node.pop(key, None)
    return message


def broken(dice: random.Random, line: bytes) -> bytes:
    """The line with some of its bytes cut, doubled or replaced."""
    for _ in range(dice.randint(1, 3)):
        at, to = sorted(dice.randint(0, len(line)) for _ in range(2))
        line = line[:at] + dice.choice([*BYTES, line[at:to] * 2]) + line[to if dice.random() < 0.5 else at :]
    return line


def said(line: bytes, read: Any) -> str | None:
    """What is wrong with the line; ``None`` where nothing is."""
    try:
        read(line)
    except Fault as fault:
        return str(fault)
    return None


def lines(count: int) -> list[bytes]:
    dice = random.Random(20)
    found = []
    for index in range(count):
        message = HELLO if index % 3 == 0 else OK
        if index % 2:
            message = mutated(dice, message)
        line = json.dumps(message).encode()
        found.append(line if index % 4 == 1 else broken(dice, line))
    return found


def test_ten_thousand_malformed_lines_end_in_clear_words() -> None:
    """Each is read or told in one printable line; nothing else is raised."""
    readers = (lambda line: read_answer(line, 7, RELU), lambda line: read_answer(line, 7, PAIR), read_hello)
    told = 0
    for line in lines(10_000):
        for read in readers:
            words = said(line, read)
            if words is not None:
                told += 1
                assert words.isprintable(), words
                assert 10 < len(words) < 1000, words
    assert told > 20_000


def test_malformed_lines_of_a_real_child(tmp_path: Path) -> None:
    """Whatever stands on its lines, each call ends in an observation, and the next one is made."""
    found = [line for line in lines(1000) if b"\n" not in line][:60]
    (tmp_path / "lines").write_bytes(b"\n\n".join(found))
    engine = str(Path(__file__).with_name("engine.py"))
    program = Program([sys.executable, "-S", "-E", engine, "lines", str(tmp_path / "lines")], seconds=0.5)
    kinds = []
    for _ in found:
        try:
            seen = program.call("relu", np.zeros((1, 1, 2), np.float32))
            kinds.append(seen.kind if isinstance(seen, Observation) else "returned")
        except (ProgramError, CnnspecError):
            kinds.append("raised")
    program.close()
    assert kinds.count("malformed") > len(found) // 2
    assert set(kinds) <= {"malformed", "timeout", "returned", "raised"}


def test_the_reader_and_the_schema_agree() -> None:
    """On every mutated answer that is JSON: what the reader takes the schema takes, and the other way round as far as
    a schema can tell (sizes of data, the id and the names of results are beyond it).
    """
    dice = random.Random(21)
    beyond = ("bytes of data", "the id", "results", "base64", "too large", "no file was offered")
    taken = 0
    for _ in range(3_000):
        message = mutated(dice, OK)
        words = said(json.dumps(message).encode(), lambda line: read_answer(line, 7, RELU))
        valid = ANSWERS.is_valid(message)
        assert valid or words is not None, message
        assert words is None or not valid or any(part in words for part in beyond), (message, words)
        taken += words is None
    assert 100 < taken < 2_000


def test_a_line_of_another_kind() -> None:
    for line in (b"[1]", b"3", b'"text"', b"null"):
        with pytest.raises(Fault, match="no JSON object"):
            read_line(line)
