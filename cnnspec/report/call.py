"""The suite as a call: ``cnnspec.check(my_conv2d)`` raises, ``cnnspec.run(target)`` returns the report as data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cnnspec.errors import NonConforming
from cnnspec.report.words import command

if TYPE_CHECKING:
    from cnnspec.harness.runner import Progress
    from cnnspec.report.model import Report

__all__ = ["address", "check", "patterns", "repeat_command", "replay_command", "run"]

DEFAULTS: dict[str, Any] = {
    "operations": (), "laws": (), "profile": "standard", "effort": "default", "cases": None, "seed": None,
    "seconds": None, "rounds": None, "isolate": "auto", "timeout": 10.0, "memory": None, "stop_at_first": False,
    "database": None, "expect": None, "shard": None,
}  # fmt: skip
FLAGS = {
    "operations": "-o", "laws": "-l", "profile": "--profile", "effort": "--effort", "cases": "-n", "seed": "--seed",
    "seconds": "--time", "rounds": "--rounds", "isolate": "--isolate", "timeout": "--timeout", "memory": "--memory",
    "stop_at_first": "-x",
    "database": "--database", "expect": "--expect", "shard": "--shard",
}  # fmt: skip
"""The command-line flag of each option of a run, but for those that change nothing in its result."""


def run(
    target: Any = "reference",
    op: str | None = None,
    *,
    operations: str | Iterable[str] = (),
    laws: str | Iterable[str] = (),
    profile: str = "standard",
    effort: str = "default",
    cases: int | None = None,
    seed: int = 0,
    seconds: float | None = None,
    rounds: int | None = None,
    isolate: str = "auto",
    timeout: float = 10.0,
    memory: int | None = None,
    stop_at_first: bool = False,
    database: str | Path | None = None,
    expect: str | Path | None = None,
    jobs: int = 1,
    dask: str | None = None,
    shard: str | None = None,
    case: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check a target, and return what was found as a :class:`~cnnspec.report.model.Report`.

    Parameters
    ----------
    target
        A target string, or a Python object: a function, a module, a class, an instance or a dict of functions.
    op
        The operation that a single function is, where its name does not say.
    operations, laws
        Patterns to choose by, in one string (``"conv2d,max_pool*"``) or several.
    profile
        ``core``, ``standard`` or ``strict``.
    effort
        ``quick``, ``default`` or ``deep``; ``cases`` sets the number of cases for each operation instead.
    seed
        The same seed draws the same cases.
    seconds, rounds
        Go on in rounds, each with the next seed and with more cases where few were, for so many seconds, or so many
        rounds; what is checked is incomplete where not even the first is done.
    isolate
        ``process`` (a worker), ``none`` (in this process) or ``auto``.
    timeout, memory
        Limits in a worker: seconds for one call, and MB of memory.
    stop_at_first
        Stop at the first finding.
    database
        A folder: failing cases are kept there, and run first the next time.
    expect
        A file of known failures, ``cnnspec.expect.toml``; see :mod:`cnnspec.harness.expectations`.
    jobs
        How many processes share out the cases; the result is the same.
    dask
        The address of a Dask scheduler, whose workers share out the cases; the result is the same.
    shard
        ``"2/8"``: run the second of eight shares of the cases alone.
    case
        Run this one case alone, as it is.
    progress
        Called after every case with the operation, cases done and planned, and the result so far.

    Returns
    -------
    Report
        ``report.exit_code`` is 0 where the target conforms; ``report.findings`` holds what is wrong.

    Raises
    ------
    UsageError
        If an option, a pattern or a name does not exist, or the cluster cannot be used.
    TargetError
        If the target cannot be found or started.

    Examples
    --------
    >>> report = run("reference", operations="relu", effort="quick")
    >>> report.headline, report.operations, report.findings
    ('CONFORMS', ('relu',), ())
    """
    from cnnspec.report.build import make_report

    limits: dict[str, Any] = {
        "laws": patterns(laws), "profile": profile, "isolate": isolate, "timeout": timeout, "memory": memory,
    }  # fmt: skip
    options: dict[str, Any] = {
        **limits, "operations": patterns(operations), "effort": effort, "cases": cases, "seed": seed,
        "seconds": seconds, "rounds": rounds, "stop_at_first": stop_at_first, "database": database, "expect": expect,
        "shard": shard,
    }  # fmt: skip
    limits["memory"] = None if memory is None else memory << 20
    if case is not None:
        from cnnspec.report.replay import replay

        result = replay(target, [case], op=op, **limits)
    else:
        from cnnspec.harness import session
        from cnnspec.harness.shards import read_shard

        part = {"shard": None if shard is None else read_shard(shard), "jobs": jobs, "dask": dask}
        result = session.run(target, op=op, progress=progress, **{**options, **limits, **part})
    where = address(target, op)
    if where is None:
        return make_report(result, repeat=_python_line(result.name, case or ""), replay=_python_replay(result.name))
    result.target = where
    line = repeat_command(where, **options) if case is None else replay_command(case, where, profile)
    return make_report(result, repeat=line, replay=lambda text: replay_command(text, where, profile))


def check(target: Any = "reference", op: str | None = None, **options: Any) -> Report:
    """Check a target, and raise :class:`~cnnspec.errors.NonConforming` with the findings where it does not conform.

    Parameters
    ----------
    target, op
        As in :func:`run`: a function named like its operation, or ``op="conv2d"`` beside it.
    **options
        The options of :func:`run`.

    Returns
    -------
    Report
        The report of a target that conforms.

    Raises
    ------
    NonConforming
        If a law is broken, or the run did not finish; the message is the report as text.
    UsageError
        If an option, a pattern or a name does not exist.
    TargetError
        If the target cannot be found or started.

    Examples
    --------
    >>> import numpy as np
    >>> def relu(x):
    ...     return np.abs(x)
    >>> check(relu, effort="quick")
    Traceback (most recent call last):
    ...
    cnnspec.errors.NonConforming: ...relu does not conform...
    """
    from cnnspec.report.console import as_text

    report = run(target, op, **options)
    if report.exit_code:
        says = "does not conform" if report.exit_code == 1 else "was not checked to the end"
        raise NonConforming(f"{report.name} {says}\n\n{as_text(report)}")
    return report


def patterns(given: str | Iterable[str]) -> tuple[str, ...]:
    """Patterns from one string with commas, or from several such strings.

    Examples
    --------
    >>> patterns("conv2d, max_pool*"), patterns(["relu"])
    (('conv2d', 'max_pool*'), ('relu',))
    """
    texts = [given] if isinstance(given, str) else given
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())


def repeat_command(target: str, **options: Any) -> str:
    """The command that repeats a run with these options.

    Examples
    --------
    >>> repeat_command("torch", seed=3, laws=("CORR-*",), effort="default")
    "cnnspec check torch -l 'CORR-*' --seed 3"
    """
    words = ["cnnspec", "check", target]
    for name, flag in FLAGS.items():
        value = options.get(name, DEFAULTS[name])
        if value == DEFAULTS[name]:
            continue
        words.append(flag)
        if value is not True:
            words.append(
                ",".join(value) if isinstance(value, tuple) else f"{value:g}" if type(value) is float else str(value)
            )
    return command(*words)


def replay_command(case: str, target: str, profile: str = "standard") -> str:
    """The command that runs one case again.

    Examples
    --------
    >>> replay_command("relu:x=1x1x3,f64", "torch")
    'cnnspec replay relu:x=1x1x3,f64 torch'
    """
    return command("cnnspec", "replay", case, target, *(["--profile", profile] if profile != "standard" else []))


def address(target: Any, op: str | None = None) -> str | None:
    """The target string that names ``target``; ``None`` for an object that no string names.

    Examples
    --------
    >>> address(patterns, "relu")
    'cnnspec.report.call:patterns?op=relu'
    """
    if isinstance(target, str):
        return target if op is None else f"{target}?op={op}"
    ending = f"?op={op}" if op else ""
    if isinstance(target, ModuleType):
        return f"{_module(target.__name__)}{ending}" if _module(target.__name__) else None
    name, home = getattr(target, "__qualname__", ""), getattr(target, "__module__", "") or ""
    found = sys.modules.get(home)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{_module(home)}:{name}{ending}" if found is target and _module(home) else None


def _module(name: str) -> str:
    """A module as a target: its name, or the file of the program that runs."""
    if name != "__main__":
        return name
    path = getattr(sys.modules["__main__"], "__file__", None)
    if path is None:
        return ""
    here = Path(path).resolve()
    return str(here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here)


def _python_line(name: str, case: str = "") -> str:
    return f"cnnspec.check({name}, case={case!r})" if case else f"cnnspec.check({name})"


def _python_replay(name: str) -> Callable[[str], str]:
    return lambda case: _python_line(name, case)
