"""The protocol for programs in other languages: one JSON object on each line, requests in, answers out.

| request | answer |
|---|---|
| ``{"cmd":"hello","protocol":1}`` | ``{"name":…,"version":…,"language":…,"claims":{…}}`` |
| ``{"cmd":"run","id":17,"op":"conv2d","attrs":{…},"inputs":{"x":TENSOR,…}}`` | ``{"id":17,"ok":{"y":TENSOR}}`` |
| | ``{"id":17,"rejected":{"message":…}}`` where the call is invalid |
| | ``{"id":17,"unsupported":{"reason":…}}`` where it is valid and not offered |
| | ``{"id":17,"error":{"message":…}}`` where the program itself failed |
| ``{"cmd":"stop"}`` | none: the program ends with exit status 0 |

A TENSOR is ``{"dtype":"float32","shape":[2,3],"data":BASE64}``: row-major, little-endian.  Those of one request have
one dtype: a call on several is not handed over.  Programs that say
``"files":true`` in their hello find large data in a file instead, ``{"dtype":…,"shape":…,"file":PATH,"offset":0}``,
and may put their results into the file that the request names under ``results``.

A request may also hold ``"case":"conv2d:x=…"``, the line of text that says the call, for a program that logs it or
makes its own data from it; calls that a law makes beside its case have none.

Requests are ASCII, without spaces, in this order of keys, and no string in them holds a quote or a backslash: a
program may look for ``"stride":`` instead of parsing.  Attributes come in canonical form: one int per axis, pads as
[lo, hi] pairs, booleans, words; ``"inf"``, ``"-inf"`` and ``"nan"`` stand for numbers that JSON cannot write.

Nothing that a program answers is trusted; what breaks the protocol is a :class:`Fault` whose message says it with the
bytes escaped.  The same rules as a JSON Schema: ``protocol.schema.json`` beside this file.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import prod
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cnnspec.cases.arrays import dtype_of
from cnnspec.errors import Unsupported
from cnnspec.implementation import EVERY_COMPLEX, EVERY_FLOAT, EVERY_INTEGER

if TYPE_CHECKING:
    from cnnspec.operations import Operation
    from cnnspec.typing import Array

VERSION = 1
DTYPES = (*EVERY_FLOAT, *EVERY_INTEGER, *EVERY_COMPLEX)
ENDINGS = ("ok", "rejected", "unsupported", "error")
CATEGORIES = ("shape", "value", "type")
MOST_BYTES = 1 << 30
"""A tensor above this size is no answer to any call."""
LONGEST_MESSAGE = 600
SHOWN = 160
"""Bytes of a wrong line that a message shows."""

Message = dict[str, Any]
Reader = Callable[[str, int, int], bytes]
"""Reads ``count`` bytes at ``offset`` of the file that was offered for results; raises :class:`Fault` for another."""


class Fault(Exception):
    """An answer that breaks the protocol; the message says how, for a sentence that begins "the call returned"."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message, LONGEST_MESSAGE))


@dataclass(frozen=True, slots=True)
class Answer:
    """A well-formed answer to ``run``: arrays, or the words with which the program declined."""

    kind: Literal["ok", "rejected", "unsupported", "error"]
    arrays: tuple[Array, ...] = ()
    message: str = ""
    category: str = ""


def schema() -> Message:
    """The JSON Schema of every request and answer."""
    text = files("cnnspec.adapters").joinpath("protocol.schema.json").read_text("utf-8")
    loaded: Message = json.loads(text)
    return loaded


# ---------------------------------------------------------------------------------------------------------- requests


def write_line(message: Message) -> bytes:
    """One message as one line."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def hello_request() -> Message:
    """The first request."""
    return {"cmd": "hello", "protocol": VERSION}


def run_request(
    number: int,
    op: str,
    operation: Operation,
    arrays: tuple[Array, ...],
    options: Mapping[str, Any],
    *,
    case: str = "",
) -> Message:
    """The request for one call, its data inline; with the line of its case, where it is one.

    Raises
    ------
    Unsupported
        If the arrays are of several dtypes.

    Examples
    --------
    >>> from cnnspec.operations import find
    >>> run_request(3, "relu", find("relu")[0], (np.array([1.0]),), {})["inputs"]["x"]
    {'dtype': 'float64', 'shape': [1], 'data': 'AAAAAAAA8D8='}
    """
    dtypes = dict.fromkeys(array.dtype.name for array in arrays)
    if len(dtypes) > 1:
        raise Unsupported(f"the arrays of a request have one dtype, got {' and '.join(dtypes)}")
    attrs = {name: _plain(value) for name, value in options.items()}
    inputs = {name: tensor(array) for name, array in zip(operation.arrays, arrays, strict=False)}
    said = {"case": case} if case else {}
    return {"cmd": "run", "id": number, **said, "op": op, "attrs": attrs, "inputs": inputs}


def tensor(array: Array) -> Message:
    """An array as the protocol writes it."""
    data = base64.b64encode(little_endian(array)).decode("ascii")
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": data}


def little_endian(array: Array) -> bytes:
    """The elements in row-major order, least byte first."""
    array = array.astype(array.dtype.newbyteorder("=")) if not array.dtype.isnative else array
    return (array if sys.byteorder == "little" else array.byteswap()).tobytes()


def _plain(value: Any) -> Any:
    """An option as JSON writes it."""
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else str(number)


# ----------------------------------------------------------------------------------------------------------- answers


def printable(text: str, most: int) -> str:
    """A text on one line: what cannot be printed is escaped, and what is too long is cut.

    Examples
    --------
    >>> printable("a\\x1b[31m", 20), printable("abcdef", 3)
    ('a\\\\x1b[31m', 'abc…')
    """
    cut = f"{text[:most]}…" if len(text) > most else text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def excerpt(line: bytes) -> str:
    """The beginning of a line, escaped.

    Examples
    --------
    >>> excerpt(b'{"id":\\xff')
    '\\'{"id":\\\\xff\\''
    """
    shown = repr(line[:SHOWN])[1:]
    return f"{shown} and {len(line) - SHOWN:,} bytes more" if len(line) > SHOWN else shown


def read_line(line: bytes) -> Message:
    """The object on one line.

    Raises
    ------
    Fault
        If the line is not UTF-8, not JSON, or another value than an object.
    """
    try:
        message = json.loads(line.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_no_key_twice)
    except UnicodeDecodeError:
        raise Fault(f"a line that is not UTF-8: {excerpt(line)}") from None
    except (ValueError, RecursionError) as error:
        words = "nested too deeply" if isinstance(error, RecursionError) else str(error).partition(": line 1")[0]
        raise Fault(f"a line that is no JSON ({words[:SHOWN]}): {excerpt(line)}") from None
    if not isinstance(message, dict):
        raise Fault(f"a line that is no JSON object: {excerpt(line)}")
    return message


def _no_constant(word: str) -> Any:
    raise ValueError(f"JSON has no {word}")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> Message:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} comes twice")
    return found


def read_answer(line: bytes, number: int, operation: Operation, read: Reader | None = None) -> Answer:
    """The answer to call ``number`` of ``operation``.

    Parameters
    ----------
    line
        What the program wrote, without its line end.
    number
        The id of the request.
    operation
        Says how the results are called.
    read
        Reads results from the file that was offered for them, if one was.

    Raises
    ------
    Fault
        If the line is no answer, answers another call, or its results cannot be read.
    """
    message = read_line(line)
    given = message.get("id")
    if type(given) is not int or given != number:
        says = f"with the id {_shown(given)}" if "id" in message else "without an id"
        raise Fault(f"an answer {says} to the call with the id {number}: {excerpt(line)}")
    kinds = [kind for kind in ENDINGS if kind in message]
    if len(kinds) != 1:
        raise Fault(f"an answer with {_listed(kinds) or 'none'} of ok, rejected, unsupported and error"
                    f" where exactly one is expected: {excerpt(line)}")  # fmt: skip
    kind, body = kinds[0], message[kinds[0]]
    if not isinstance(body, dict):
        raise Fault(f"an answer whose {kind} is {_shown(body)} where an object is expected: {excerpt(line)}")
    if kind == "ok":
        return Answer("ok", _read_results(body, operation, read))
    word = "reason" if kind == "unsupported" else "message"
    text, category = body.get(word, ""), body.get("category", "value")
    if not isinstance(text, str):
        raise Fault(f"an answer whose {kind}.{word} is {_shown(text)} where a string is expected")
    if category not in CATEGORIES:
        raise Fault(f"an answer whose {kind}.category is {_shown(category)}, none of {', '.join(CATEGORIES)}")
    return Answer(kind, message=printable(text, LONGEST_MESSAGE), category=category)  # type: ignore[arg-type]


def _read_results(body: Message, operation: Operation, read: Reader | None) -> tuple[Array, ...]:
    if set(body) != set(operation.returns):
        there, wanted = _listed(list(body)) or "nothing", _listed(list(operation.returns))
        raise Fault(f"an answer with the results {there} where {wanted} is expected")
    return tuple(read_tensor(body[name], name, read) for name in operation.returns)


def read_tensor(value: Any, name: str, read: Reader | None = None) -> Array:
    """The array that a tensor says.

    Raises
    ------
    Fault
        If it is no tensor, or its data have another size than its shape and dtype.

    Examples
    --------
    >>> read_tensor(tensor(np.array([[1, 2]], np.int16)), "y").tolist()
    [[1, 2]]
    """
    if not isinstance(value, dict):
        raise Fault(f"{name} as {_shown(value)} where an object with dtype, shape and data is expected")
    name_of_dtype, shape = value.get("dtype"), value.get("shape")
    if not isinstance(name_of_dtype, str) or name_of_dtype not in DTYPES:
        raise Fault(f"{name} with the dtype {_shown(name_of_dtype)}, none of {', '.join(DTYPES)}")
    if not isinstance(shape, list) or len(shape) > 32 or any(type(n) is not int or n < 0 for n in shape):
        raise Fault(f"{name} with the shape {_shown(shape)}, no list of integers >= 0")
    dtype = dtype_of(name_of_dtype)
    size = prod(shape) * dtype.itemsize
    if max(size, *shape, 0) > MOST_BYTES:
        raise Fault(f"{name} with the shape {_shown(shape)} of {name_of_dtype}, too large to be an answer")
    if ("data" in value) == ("file" in value):
        both = "both data and a file" if "data" in value else "neither data nor a file"
        raise Fault(f"{name} with {both}; a tensor has one of them")
    data = _decoded(value["data"], name) if "data" in value else _from_file(value, name, size, read)
    if len(data) != size:
        raise Fault(f"{name} with {len(data)} bytes of data where the shape {_shown(shape)} of {name_of_dtype} is"
                    f" {size} bytes")  # fmt: skip
    array = np.frombuffer(data, dtype).reshape(shape).copy()
    return array if sys.byteorder == "little" else array.byteswap()


def _decoded(text: Any, name: str) -> bytes:
    if not isinstance(text, str):
        raise Fault(f"{name} with data that are {_shown(text)} where a string in base64 is expected")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Fault(f"{name} with data that are no base64 ({error}): {_shown(text)}") from None


def _from_file(value: Message, name: str, size: int, read: Reader | None) -> bytes:
    path, offset = value["file"], value.get("offset", 0)
    if not isinstance(path, str) or type(offset) is not int or not 0 <= offset <= 1 << 62:
        raise Fault(f"{name} in the file {_shown(path)} at the offset {_shown(offset)}; a path and an integer >= 0"
                    " are expected")  # fmt: skip
    if read is None:
        raise Fault(f"{name} in the file {_shown(path)}, and no file was offered for results")
    return read(path, offset, size)


def _shown(value: Any) -> str:
    """A JSON value in a message, escaped and short."""
    text = json.dumps(value)
    return f"{text[:60]}…" if len(text) > 60 else text


def _listed(words: list[str]) -> str:
    shown = [word if word.isidentifier() else _shown(word) for word in words[:4]]
    return " and ".join([", ".join(shown[:-1])] * (len(shown) > 1) + shown[-1:]) + ", …" * (len(words) > 4)
