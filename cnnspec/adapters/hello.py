"""What a program in another language says of itself, read and checked word by word.

What it leaves out is taken as not claimed: float32, no options but the required ones, no padding, no bias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnnspec.adapters.claiming import YES_OR_NO, check
from cnnspec.adapters.protocol import VERSION, Fault, excerpt, printable, read_line
from cnnspec.errors import CnnspecError
from cnnspec.implementation import Claims, OperationClaims
from cnnspec.operations import Operation, find

WORDS = ("options", "dtypes", "padding", "bias", *YES_OR_NO, "choices", "limits", "numerics")
"""The words of a claim; see :class:`~cnnspec.implementation.OperationClaims`."""


@dataclass(frozen=True, slots=True)
class Hello:
    """A program's answer to ``hello``; ``claims`` is ``None`` where it makes none."""

    name: str
    version: str = ""
    language: str = ""
    files: bool = False
    claims: Claims | None = None


def read_hello(line: bytes) -> Hello:
    """The hello on one line.

    Raises
    ------
    Fault
        If it is none, or claims what cannot be claimed; the message names the part.

    Examples
    --------
    >>> read_hello(b'{"name":"engine","claims":{"operations":{"relu":{}}}}').claims.operations["relu"].dtypes
    ('float32',)
    """
    message = read_line(line)
    if not isinstance(message.get("name"), str) or not message["name"].strip():
        raise Fault(f'no name, which is a string such as "engine": {excerpt(line)}')
    for word in ("name", "version", "language"):
        if word in message and (not isinstance(message[word], str) or printable(message[word], 80) != message[word]):
            raise Fault(f"a {word} that is no string of at most 80 printable characters: {message[word]!r}")
    if not isinstance(message.get("files", False), bool):
        raise Fault(f"files that are neither true nor false: {message['files']!r}")
    if message.get("protocol", VERSION) != VERSION:
        raise Fault(f"the protocol {message['protocol']!r}; this is version {VERSION}")
    claims = read_claims(message["claims"]) if message.get("claims") is not None else None
    known = {word: message[word] for word in ("name", "version", "language", "files") if word in message}
    return Hello(**known, claims=claims)


def read_claims(data: Any) -> Claims:
    """The claims that a hello makes.

    Raises
    ------
    Fault
        If a word or a value is none that can be claimed.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("operations"), Mapping) or not data["operations"]:
        raise Fault('claims without operations; they read {"operations":{"conv2d":{"options":["stride"]}}}')
    if unknown := sorted(set(data) - {"operations", "dialects"}):
        raise Fault(f"claims with the word {unknown[0]!r}; there are operations and dialects")
    operations: dict[str, OperationClaims] = {}
    for name, words in data["operations"].items():
        try:
            operation, rank = find(name)
            claim = read_claim(operation, words)
        except (Fault, CnnspecError, TypeError, ValueError) as error:
            raise Fault(f"claims.operations.{name[:40]}: {str(error).removeprefix('claims: ')}") from None
        ranks = (1, 2, 3) if operation.ranked and rank is None else (rank or 2,)
        operations |= {operation.spelled(r): claim for r in ranks}
    dialects = data.get("dialects", {})
    if not isinstance(dialects, Mapping) or not all(isinstance(value, str) for value in dialects.values()):
        raise Fault(f"claims.dialects that are no object of strings: {dialects!r}")
    return Claims(operations, dict(dialects))


def read_claim(operation: Operation, words: Any) -> OperationClaims:
    """The claim of one operation, from the words that were said of it."""
    if not isinstance(words, Mapping):
        raise Fault(f'an object is expected, such as {{"dtypes":["float32"]}}; got {words!r}')
    if unknown := [word for word in words if word not in WORDS]:
        raise Fault(f"there is no word {unknown[0]!r}; there are {', '.join(WORDS)}")
    for word in YES_OR_NO:
        if not isinstance(words.get(word, False), bool):
            raise Fault(f"{word} is true or false, got {words[word]!r}")
    said = check({word: _tuples(value) for word, value in words.items()})
    every = [option.name for option in operation.options]
    options = said.get("options", ())
    if absent := [name for name in (*options, *said.get("choices", ())) if name not in every]:
        raise Fault(f"there is no option {absent[0]!r}; there are {', '.join(every) or 'none'}")
    required = [option.name for option in operation.options if option.default is ...]
    options = tuple(name for name in every if name in options or name in required)
    if "dtypes" in said and not said["dtypes"]:
        raise Fault("dtypes is empty; name at least one, such as float32")
    if said.get("bias", "no") != "no" and not operation.optional:
        raise Fault("this operation has no bias")
    if "padding" not in options and said.get("padding", "none") != "none":
        raise Fault(f"padding is {said['padding']!r}, and the options do not name padding")
    defaults = {"dtypes": ("float32",), "padding": "symmetric" if "padding" in options else "none", "bias": "no"}
    return OperationClaims(**{**defaults, **said, "options": options})


def not_claimed(operation: Operation, claim: OperationClaims) -> str:
    """The options that a claim leaves out, in words; empty where it leaves out none."""
    missing = [option.name for option in operation.options if option.name not in claim.options]
    missing += ["bias"] * (bool(operation.optional) and claim.bias == "no")
    return f"not claimed: {', '.join(missing)}" if missing else ""


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _tuples(item) for name, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
