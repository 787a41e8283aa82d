"""What a contributor runs: ``nox`` for everything, ``nox -s lint`` for one session."""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "tests", "docs"]


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """The tests, without frameworks: `nox -s tests-3.11 -- tests/spec -x`."""
    session.install("-e", ".[test]")
    session.run("pytest", *(session.posargs or ["-n", "2"]))


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff and the import contracts; `nox -s lint -- --fix` mends what can be mended."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", *([] if "--fix" in session.posargs else ["--check"]))
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strictly."""
    session.install("-e", ".[dev]")
    session.run("mypy", "--strict")


@nox.session
def docs(session: nox.Session) -> None:
    """Both languages of the site, strictly: read them with `python -m http.server -d site`."""
    session.install("-e", ".[docs]")
    for config in ("mkdocs.yml", "mkdocs.zh.yml"):
        session.run("mkdocs", "build", "--strict", "-f", config)


@nox.session
def site(session: nox.Session) -> None:
    """The labs of the site, in Chromium and in Node.js: `nox -s site -- -k window`."""
    session.install("-e", ".[test,docs,site]")
    session.run("pytest", "tests/site", *session.posargs)


@nox.session
def power(session: nox.Session) -> None:
    """What the suite catches and others let through, measured, in hours: `nox -s power -- --only zoo --seeds 3`."""
    session.install("-e", ".[test,onnx,opinfo]")
    session.run("python", "-m", "benchmarks.power", *(session.posargs or ["--json"]))


@nox.session
def figures(session: nox.Session) -> None:
    """The figures of the pages on numerics, measured here in half an hour: `nox -s figures -- tolerances`."""
    session.install("-e", ".[torch,jax,onnxruntime,onnx]")
    for name in session.posargs or ("tolerances", "certificate", "soundness"):
        session.run("python", f"benchmarks/{name}.py", "--json", f"docs/data/{name}.json")


@nox.session
def board(session: nox.Session) -> None:
    """What the libraries do, measured, and every finding again: `nox -s board -- torch tensorflow=/path/to/python`."""
    session.install("-e", ".[frameworks,test]")
    session.run("python", "benchmarks/board.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """How fast everything is, as ratios in one run, in a quarter of an hour: `nox -s bench -- reference`."""
    session.install("-e", ".[torch,onnx]")
    for name in session.posargs or ("reference", "throughput", "startup", "certificate"):
        session.run("python", f"benchmarks/{name}.py", "--json", f"docs/data/{name}.json")
