"""Starters: a small program in a language that ``cnnspec check`` can check at once, for a user to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from cnnspec.errors import UsageError


@dataclass(frozen=True, slots=True)
class Starter:
    """The files of one language, by the name that the user gets; how to build them; and the target they make."""

    language: str
    files: Mapping[str, str]
    target: str
    build: str = ""


STARTERS = {
    "python": Starter("Python", {"layers.py": "python/layers.py.txt"}, "layers.py"),
    "c": Starter(
        "C", {"engine.c": "c/engine.c", "cnnspec.h": "c/cnnspec.h"}, "exec:./engine", "cc -O2 -o engine engine.c -lm"
    ),
    "cpp": Starter(
        "C++", {"engine.cpp": "cpp/engine.cpp", "cnnspec.h": "c/cnnspec.h"}, "exec:./engine",
        "c++ -std=c++11 -O2 -o engine engine.cpp",
    ),
    "rust": Starter(
        "Rust", {"engine.rs": "rust/engine.rs", "cnnspec.rs": "rust/cnnspec.rs"}, "exec:./engine",
        "rustc --edition 2021 -O -o engine engine.rs",
    ),
    "js": Starter("JavaScript", {"engine.mjs": "js/engine.mjs"}, "exec:node engine.mjs"),
}  # fmt: skip
"""Every starter by the word for its language."""


def write_starter(lang: str, folder: str | Path = ".") -> list[str]:
    """Write the starter of a language into a folder, which is made where there is none.

    Parameters
    ----------
    lang
        ``python``, ``c``, ``cpp``, ``rust`` or ``js``.
    folder
        Where to write.

    Returns
    -------
    list of str
        What was written, and the commands that build and check it, as lines.

    Raises
    ------
    UsageError
        If there is no starter in that language, or a file of that name is there already.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(write_starter("js", folder)[-1])
      cnnspec check "exec:node engine.mjs"
    """
    if lang not in STARTERS:
        raise UsageError(f"there is a starter in {', '.join(STARTERS)}; got {lang!r}")
    starter, home = STARTERS[lang], Path(folder)
    if there := [name for name in starter.files if (home / name).exists()]:
        raise UsageError(f"{home / there[0]} is there already; name another folder: cnnspec init --lang {lang} FOLDER")
    try:
        home.mkdir(parents=True, exist_ok=True)
        written = list(starter.files)
        for name, source in starter.files.items():
            (home / name).write_text(template(source), "utf-8")
        if not (home / "README.md").exists():
            written.append("README.md")
            (home / "README.md").write_text(readme(starter), "utf-8")
    except OSError as error:
        raise UsageError(f"{home} cannot be written: {error.strerror}") from None
    change = [] if home == Path() else [f"cd {home}"]
    return [f"wrote {', '.join(str(home / name) for name in written)}; now:", *_indented([*change, *commands(starter)])]


def template(source: str) -> str:
    """The text of one file of the package's starters."""
    return files("cnnspec.adapters").joinpath("starters", source).read_text("utf-8")


def commands(starter: Starter) -> list[str]:
    """What builds and checks it."""
    target = f'"{starter.target}"' if " " in starter.target else starter.target
    return [*[starter.build] * bool(starter.build), f"cnnspec check {target}"]


def readme(starter: Starter) -> str:
    """A few lines that say how to build and check it."""
    verb = "Build and check it" if starter.build else "Check it"
    lines = "\n".join(commands(starter))
    return f"# A starter in {starter.language}\n\n{verb}:\n\n```sh\n{lines}\n```\n"


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]
