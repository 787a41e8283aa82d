"""The pytest plugin: every law on every operation of a target as a test of its own.

``pytest --cnnspec TARGET`` needs no test file; :func:`parametrize` gives the checks to a test function.  Nothing heavy
is imported before a target is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest

from cnnspec import __version__
from cnnspec.errors import CnnspecError, NonConforming

if TYPE_CHECKING:
    from cnnspec.harness.checks import AnyCheck, Check, Outcome
    from cnnspec.harness.session import Session

__all__ = ["parametrize"]

T = TypeVar("T")

NODE = "cnnspec"
"""The file part of the node ids of tests that have no file."""

OPTIONS = {
    "profile": (str, "standard", "core, standard or strict"),
    "effort": (str, "default", "quick, default or deep"),
    "cases": (int, None, "so many cases for each operation"),
    "seed": (int, 0, "the same seed draws the same cases"),
    "ops": (str, "", "only these operations, as conv2d,'max_pool*'"),
    "laws": (str, "", "only these laws, as 'CORR-*,SHAPE-3'"),
    "isolate": (str, "auto", "call the target in a worker process: auto, process or none"),
    "timeout": (float, 10.0, "the most seconds that one call may take"),
    "expect": (str, None, "a file of known failures, cnnspec.expect.toml"),
    "database": (str, None, "a folder: failing cases are kept there, and run first"),
}
"""The options beside ``--cnnspec``: type, default, help."""

SESSIONS: pytest.StashKey[dict[str, Session]] = pytest.StashKey()
WANTED: pytest.StashKey[list[str]] = pytest.StashKey()


def parametrize(target: Any, **options: Any) -> Callable[[T], T]:
    """Give a test function every check of a target, one by one, as its argument ``check``.

    Parameters
    ----------
    target
        A target string, or a Python object: a function, a module, a class, an instance or a dict of functions.
    **options
        ``operations``, ``laws``, ``profile``, ``effort``, ``cases``, ``seed``, ``isolate``, ``timeout``, ``memory``,
        ``op``, ``expect`` (a file of known failures) and ``database``, as in :func:`cnnspec.run`.

    Returns
    -------
    A decorator.  The target is opened when the tests are collected, not before.

    Notes
    -----
    The ids, such as ``conv2d-CORR-1``, stay the same from run to run, so that ``-k``, ``--lf`` and ``pytest-xdist``
    work; with ``-n`` and ``--dist loadgroup`` the checks of one operation go to one worker, which runs its cases once.

    Examples
    --------
    >>> @parametrize("my_package.layers", effort="quick")
    ... def test_conforms(check):
    ...     check()
    """
    return cast("Callable[[T], T]", pytest.mark.cnnspec.with_args(target, options))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--cnnspec`` and what goes with it."""
    group = parser.getgroup("cnnspec", "conformance of CNN operators (cnnspec)")
    group.addoption("--cnnspec", metavar="TARGET", help="check this target: every law on every operation as a test")
    for name, (kind, default, words) in OPTIONS.items():
        group.addoption(f"--cnnspec-{name}", type=kind, default=default, metavar=name.upper(), help=words)


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.stash[SESSIONS] = {}
    config.addinivalue_line("markers", "cnnspec(target, options): every check of a target, as the argument check")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the targets."""
    for session in config.stash.get(SESSIONS, {}).values():
        session.close()


def pytest_report_header(config: pytest.Config) -> list[str]:
    """The target with its version, what it is checked under, and what it does not claim."""
    if not config.getoption("cnnspec"):
        return []
    session = _named(config)
    result = session.result
    version = f"{result.name} {result.version}".strip()
    numbers = ", ".join(f"{name} {result.environment[name]}" for name in ("numpy", "ml_dtypes"))
    effort = f"{get} cases" if (get := config.getoption("cnnspec_cases")) else f"effort {result.effort}"
    checked = ", ".join(item.op for item in session.plan.items)
    missing = len({op for op, law, _ in session.plan.unclaimed if not law})
    return [
        f"cnnspec {__version__}: checks {result.target}{f' ({version})' * (version != result.target)}",
        f"cnnspec: profile {result.profile}, {effort}, seed {result.seed}, {numbers}",
        f"cnnspec: {checked or 'nothing'} (and not {missing} more, which are not claimed or not asked for)",
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Take the ids of tests that have no file out of the arguments; pytest would look for the file."""
    config = session.config
    config.stash[WANTED] = [arg for arg in config.args if arg.startswith(f"{NODE}::")]
    if config.getoption("cnnspec"):
        config.args = [arg for arg in config.args if not arg.startswith(f"{NODE}::")]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the tests that have no file, before others choose among them."""
    if not config.getoption("cnnspec"):
        return
    collector = Target.from_parent(session, name=NODE, nodeid=NODE)
    session.ihook.pytest_collectstart(collector=collector)
    report: pytest.CollectReport = session.ihook.pytest_make_collect_report(collector=collector)
    session.ihook.pytest_collectreport(report=report)
    wanted = config.stash[WANTED]
    found = [item for item in report.result or () if isinstance(item, Law)]
    items += [item for item in found if not wanted or item.nodeid in wanted]
    if missing := set(wanted) - {item.nodeid for item in found}:
        raise pytest.UsageError(f"not found: {', '.join(sorted(missing))}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the checks to the functions that ask for them."""
    marks = list(metafunc.definition.iter_markers("cnnspec"))
    if not marks:
        return
    if "check" not in metafunc.fixturenames:
        raise pytest.Collector.CollectError(f"{metafunc.function.__name__} must take the argument 'check'")
    params = []
    for mark in marks:
        target, options = mark.args
        prefix = f"{target}-" if len(marks) > 1 else ""
        try:
            session = _session(metafunc.config, target, options)
        except CnnspecError as error:
            raise pytest.Collector.CollectError(f"cnnspec: {error}") from None
        for check in _checks(session, target, options.get("op")):
            params.append(pytest.param(Call(check), id=prefix + check.id, marks=_group(metafunc.config, check.op)))
    metafunc.parametrize("check", params)


class Target(pytest.Collector):
    """The target named on the command line."""

    def collect(self) -> Iterator[Law]:
        """One test for each law of each operation."""
        session = _named(self.config)
        for check in _checks(session, session.result.target, None):
            item: Law = Law.from_parent(self, name=check.id)
            item.call = Call(check)
            for mark in (pytest.mark.cnnspec, *_group(self.config, check.op)):
                item.add_marker(mark)
            yield item


class Law(pytest.Item):
    """One law on one operation."""

    call: Call

    def runtest(self) -> None:
        """Run the operation's cases, or read what they showed."""
        self.call()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The finding, and nothing of how it got here."""
        if isinstance(excinfo.value, NonConforming):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where it stands: nowhere."""
        return self.path, None, self.name


class Call:
    """A check that speaks to pytest: what could not be told is skipped, and never passed."""

    def __init__(self, check: AnyCheck) -> None:
        self.check, self.id = check, check.id

    def __call__(self) -> None:
        """Run the check."""
        __tracebackhide__ = True
        verdict = self.check()
        if verdict == "expected":
            pytest.xfail(self.check.outcome().tally.reason)
        if verdict in ("vacuous", "unclaimed"):
            pytest.skip(f"{verdict}: {self.check.outcome().tally.reason}")
        if verdict == "error":
            pytest.fail(f"the harness failed: {self.check.outcome().tally.reason}", pytrace=False)

    def __repr__(self) -> str:
        return repr(self.check)


def _named(config: pytest.Config) -> Session:
    """The session of the target named on the command line."""
    get = config.getoption
    options = {name: get(f"cnnspec_{name}") for name in OPTIONS if name != "ops"}
    try:
        return _session(config, get("cnnspec"), {**options, "operations": get("cnnspec_ops")})
    except CnnspecError as error:
        raise pytest.UsageError(f"cnnspec: {error}") from None


def _session(config: pytest.Config, target: Any, options: dict[str, Any]) -> Session:
    """The session of a target under these options, opened once."""
    from cnnspec.harness.session import Session
    from cnnspec.report.call import patterns

    chosen = {name: patterns(options.get(name, ())) for name in ("operations", "laws")}
    sessions = config.stash[SESSIONS]
    key = f"{target if isinstance(target, str) else id(target)} {sorted(options.items())}"
    if key not in sessions:
        sessions[key] = Session(target, **{**options, **chosen})
    return sessions[key]


def _checks(session: Session, target: Any, op: str | None) -> list[AnyCheck]:
    from cnnspec.harness.checks import checks_of

    def describe(check: Check, outcome: Outcome) -> str:
        from cnnspec.report.failure import text

        return text(check, outcome, target, op)

    return checks_of(session, describe)


def _group(config: pytest.Config, op: str) -> list[pytest.MarkDecorator]:
    """The mark that keeps an operation's checks on one worker of pytest-xdist."""
    return [pytest.mark.xdist_group(op)] if config.pluginmanager.hasplugin("xdist") else []
