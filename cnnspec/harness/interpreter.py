"""Another Python interpreter, examined before a worker is started under it.

A library that cannot live beside this package (other versions, another Python) is loaded where it lives.  The worker
is this very package's code there, so that environment needs Python, NumPy and ml_dtypes, and not cnnspec itself.
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from cnnspec.errors import TargetError

OLDEST = (3, 11)
"""The oldest Python that this package runs on."""

SECONDS = 60.0
"""The longest that an interpreter may take to say its version and import what is needed, from a cold disk too."""

_QUESTION = """
import sys
print("cnnspec %d.%d" % sys.version_info[:2])
if sys.version_info >= (3, 11):
    for name in ("numpy", "ml_dtypes"):
        try:
            __import__(name)
        except Exception as error:
            gone = isinstance(error, ImportError) and getattr(error, "name", None) == name
            print(name + ("" if gone else " " + " ".join(str(error).split())[:200]))
"""


def examined(python: str) -> str:
    """The path of an interpreter under which a worker can run.

    Raises
    ------
    TargetError
        If there is none at that path, it is too old, or lacks what the worker needs; with the command that mends it.
    """
    path = str(Path(python).expanduser())
    words = _answer(path)
    version, broken = tuple(map(int, words[0].split()[1].split("."))), words[1:]
    if version < OLDEST:
        there, needed = (".".join(map(str, v)) for v in (version, OLDEST))
        raise TargetError(f"{path} is Python {there}; what is checked runs under {needed} or newer")
    missing = [line for line in broken if " " not in line]
    if missing:
        raise TargetError(f"{path} does not have {' and '.join(missing)}, which every target needs:"
                          f" {shlex.quote(path)} -m pip install {' '.join(missing)}")  # fmt: skip
    if broken:
        name, _, error = broken[0].partition(" ")
        raise TargetError(f"{path} cannot import {name} ({error}):"
                          f" {shlex.quote(path)} -m pip install --force-reinstall {name}")  # fmt: skip
    return path


def _answer(path: str) -> list[str]:
    """What the interpreter says of itself, by lines."""
    if Path(path).is_dir():
        inside = next((p for p in (Path(path, "bin", "python"), Path(path, "Scripts", "python.exe")) if p.exists()), "")
        raise TargetError(f"{path} is a folder, not a Python interpreter" + f"; write {inside}" * bool(inside))
    try:
        done = subprocess.run(
            [path, "-c", _QUESTION], stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except OSError as error:
        raise TargetError(f"{path} cannot be started: {error.strerror} (write the path of a Python interpreter, such"
                          " as /path/to/environment/bin/python)") from None  # fmt: skip
    except subprocess.TimeoutExpired:
        raise TargetError(f"{path} did not say within {SECONDS:g} s which Python it is") from None
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("cnnspec ")), None)
    if start is None or done.returncode:
        said = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it wrote nothing"])[-1]
        raise TargetError(f"{path} is no Python interpreter that runs: exit status {done.returncode}, {said[:200]}")
    return lines[start:]
