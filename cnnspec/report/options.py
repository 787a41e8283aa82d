"""What is written on the command line, read: time spans, sizes, patterns, report files.

Each reader raises :class:`~cnnspec.errors.UsageError` with one sentence that says the way out.  This module imports no
NumPy, so that a mistake is answered at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from cnnspec.errors import UsageError
from cnnspec.operations import BY_NAME, spelled_names

SECONDS = {"": 1.0, "s": 1.0, "ms": 1e-3, "m": 60.0, "min": 60.0, "h": 3600.0}
MEGABYTES = {"": 1.0, "M": 1.0, "MB": 1.0, "G": 1024.0, "GB": 1024.0}
FORMATS = ("json", "junit", "html", "md")


def seconds(text: str) -> float:
    """A time span in seconds.

    Examples
    --------
    >>> seconds("90"), seconds("1.5m"), seconds("200ms")
    (90.0, 90.0, 0.2)
    """
    return _measure(text, SECONDS, "a time reads 90, 60s, 2m or 1h")


def megabytes(text: str) -> int:
    """A size of memory in MB.

    Examples
    --------
    >>> megabytes("2G"), megabytes("512M")
    (2048, 512)
    """
    return round(_measure(text, MEGABYTES, "memory reads 512M or 2G"))


def _measure(text: str, units: dict[str, float], rule: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", text.strip())
    if match is None or match[2] not in units or float(match[1]) <= 0:
        raise UsageError(f"{rule}; got {text!r}")
    return float(match[1]) * units[match[2]]


def outputs(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Report files as (format, path); the path ``-`` is the standard output.

    Examples
    --------
    >>> outputs(["json=r.json", "report.html"])
    [('json', 'r.json'), ('html', 'report.html')]
    """
    found = []
    for text in texts:
        kind, equals, path = text.partition("=")
        if not equals:
            kind, path = {"xml": "junit"}.get(Path(text).suffix[1:], Path(text).suffix[1:]), text
        if kind not in FORMATS or not path:
            raise UsageError(f"a report reads FORMAT=FILE with one of {', '.join(FORMATS)}; got {text!r}")
        folder = Path(path).parent
        if path != "-" and (not folder.is_dir() or Path(path).is_dir()):
            raise UsageError(f"the report {path!r} cannot be written: {folder} is no folder, or {path} is one")
        found.append((kind, path))
    return found


def nearest(word: str, known: Sequence[str]) -> str:
    """``; do you mean …?`` where something known is near, else an empty string.

    Examples
    --------
    >>> nearest("con2d", ["conv1d", "conv2d"])
    '; do you mean conv2d?'
    """
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; do you mean {near[0]}?" if near else ""


def check_operations(patterns: Iterable[str]) -> None:
    """Refuse a pattern that matches no operation."""
    known = [*spelled_names(), *BY_NAME]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            guess = nearest(pattern, known)
            raise UsageError(f"no operation is called {pattern!r}{guess or '; there are ' + ', '.join(BY_NAME)}")


def check_laws(patterns: Iterable[str], known: Sequence[str]) -> None:
    """Refuse a pattern that matches no law; ``known`` are all the ids."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern.upper()) for name in known):
            guess = nearest(pattern.upper(), known)
            raise UsageError(f"no law is called {pattern!r}{guess or '.'} `cnnspec laws` lists them all")


def index(text: str) -> tuple[int, ...]:
    """The index of an element.

    Examples
    --------
    >>> index("0,1,2")
    (0, 1, 2)
    """
    try:
        return tuple(int(part) for part in text.replace(" ", "").split(","))
    except ValueError:
        raise UsageError(f"an element is given by its index, as in --at 0,1,2,3; got {text!r}") from None
