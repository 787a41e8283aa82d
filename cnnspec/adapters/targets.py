"""From a target's string to the Python object it names: modules by dotted name, files by path.

Whatever goes wrong is a :class:`~cnnspec.errors.TargetError` that says what was looked for, what is there, and the way
out.  Nothing here knows an operation.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from cnnspec.errors import TargetError

FILE = re.compile(r"(?P<path>.+\.py)(:(?P<member>[\w.]+))?")
MODULE = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*)(:(?P<member>[\w.]+))?")


def split_options(target: str) -> tuple[str, dict[str, str]]:
    """A target and its options.

    Examples
    --------
    >>> split_options("torch?device=cuda:0&threads=2")
    ('torch', {'device': 'cuda:0', 'threads': '2'})
    """
    name, _, query = target.partition("?")
    pairs = [item.partition("=") for item in query.split("&") if item]
    if bad := [key for key, equals, _ in pairs if not equals or not key]:
        raise TargetError(f"options of a target read NAME=VALUE, joined by &; got {bad[0]!r} in {target!r}")
    return name, {key: value for key, _, value in pairs}


def check_options(target: str, options: dict[str, str], *known: str) -> None:
    """Refuse an option that the target does not have."""
    if unknown := [name for name in options if name not in known]:
        there = f"it has {', '.join(known)}" if known else "it has none"
        raise TargetError(f"the target {target!r} has no option {unknown[0]!r}; {there}")


def resolve(target: str, *, known: tuple[str, ...] = ()) -> Any:
    """The object that ``target`` names: ``package.module[:object]`` or ``path/to/file.py[:object]``.

    Raises
    ------
    TargetError
        If it is neither, cannot be found, or raises while it is imported.
    """
    as_file, as_module = FILE.fullmatch(target), MODULE.fullmatch(target)
    if as_file:
        return member(_load_file(as_file["path"]), as_file["member"], target)
    if as_module and not set(target) & set("/\\"):
        return member(_load_module(as_module["module"], target, known), as_module["member"], target)
    raise TargetError(f"{target!r} is no target: write a framework ({', '.join(known)}), 'reference', mutant:NAME,"
                      " package.module[:object] or path/to/file.py[:object]")  # fmt: skip


def member(found: Any, path: str | None, target: str) -> Any:
    """The object at a dotted ``path`` inside ``found``."""
    for name in path.split(".") if path else ():
        if not hasattr(found, name):
            there = [n for n in dir(found) if n[0] != "_" and not isinstance(getattr(found, n, None), ModuleType)]
            near = get_close_matches(name, there, n=1)
            guess = f"; do you mean {near[0]}?" if near else ""
            listing = ", ".join(there[:12]) + (", …" if len(there) > 12 else "") or "nothing public"
            raise TargetError(f"{target}: there is no {name!r}{guess} It has {listing}")
        found = getattr(found, name)
    return found


def _load_module(name: str, target: str, known: tuple[str, ...]) -> ModuleType:
    with _importable(Path.cwd()), _as_target_error(name):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
    near = get_close_matches(target, known, n=1)
    guess = f" Do you mean {near[0]!r}?" if near else ""
    raise TargetError(
        f"no module is called {name!r} (looked on sys.path and in {Path.cwd()}), and no framework either"
        f" ({', '.join(known)}).{guess} For a file write its path: path/to/file.py"
    )


def _load_file(text: str) -> ModuleType:
    """A file as a module under a private name; its folder is importable while it loads."""
    path = Path(text).expanduser().resolve()
    if not path.is_file():
        there = sorted(p.name for p in path.parent.glob("*.py")) if path.parent.is_dir() else []
        near = get_close_matches(path.name, there, n=1)
        guess = f"; do you mean {near[0]}?" if near else ""
        found = f"{path.parent} has {', '.join(there[:12])}" if there else f"{path.parent} has no Python file"
        raise TargetError(f"there is no file {text}{guess} ({found})")
    stem, key = re.sub(r"\W", "_", path.stem), sha256(str(path).encode()).hexdigest()[:8]
    private = f"_cnnspec_target_{stem}_{key}"
    spec = importlib.util.spec_from_file_location(private, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[private] = module  # dataclasses and pickle look their module up by name
    with _importable(path.parent), _as_target_error(text):
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[private]
            raise
    return module


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))


@contextmanager
def _as_target_error(name: str) -> Iterator[None]:
    """Whatever an import raises, as a :class:`TargetError` that names the line."""
    try:
        yield
    except SystemExit as error:
        raise TargetError(f"importing {name} ended the program (sys.exit or quit, code {error.code})") from error
    except SyntaxError as error:
        raise TargetError(f"{name} is no valid Python: {error.msg} ({error.filename}, line {error.lineno})") from error
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}, line {last.lineno}"
        raise TargetError(f"importing {name} raised {type(error).__name__}: {error} ({where})") from error
