"""The command ``cnnspec compare``: run several targets, show the matrix and the disagreements, write them down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from cnnspec.errors import UsageError
from cnnspec.report import options as read
from cnnspec.report.words import command

if TYPE_CHECKING:
    from cnnspec.harness.compare import Comparison, Disagreement
    from cnnspec.harness.probe import Target
    from cnnspec.harness.runner import Progress

SCHEMA = "cnnspec-compare-1"


def compare(
    targets: Sequence[str], *, report: tuple[str, ...], verbosity: int, operations: tuple[str, ...],
    laws: tuple[str, ...], **options: Any,
) -> int:  # fmt: skip
    """Run the suite over the targets, show the matrix, write the file; the exit code.

    Raises
    ------
    UsageError
        If there are fewer than two targets, one is named twice, or an option does not exist.
    TargetError
        If a target cannot be found or started.
    """
    check_targets(targets)
    files = [path for kind, path in read.outputs(report) if _is_json(kind)]
    from cnnspec.report.call import patterns

    operations, laws = patterns(operations), patterns(laws)
    read.check_operations(operations)
    from cnnspec.harness.compare import compare as run
    from cnnspec.laws.registry import every_law
    from cnnspec.report.commands import stop_when_asked
    from cnnspec.report.matrix_of_targets import Shown, show
    from cnnspec.report.write import replace

    read.check_laws(laws, [law.id for law in every_law()])
    options["memory"] = options["memory"] and options["memory"] << 20
    told = Watching(Console(stderr=True), quiet=verbosity < 0)
    with stop_when_asked():
        found = run(targets, progress=told.begin, operations=operations, laws=laws, **options)
    told.end()
    shown = Shown.of(found)
    console = Console(stderr="-" in files)
    show(shown, console, verbosity=verbosity)
    text = json.dumps(to_data(found, shown), indent=1) + "\n"
    for path in replace(text, files):
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)
    return exit_code(found)


def check_targets(targets: Sequence[str]) -> None:
    """Refuse what cannot be compared.

    Examples
    --------
    >>> check_targets(["torch", "torch"])
    Traceback (most recent call last):
    ...
    cnnspec.errors.UsageError: the targets must differ, got torch twice
    """
    if len(targets) < 2:
        example = command("cnnspec", "compare", *(targets or ("torch",)), "reference" if targets else "jax")
        raise UsageError(f"at least two targets are compared, got {len(targets)}; write for example: {example}")
    twice = [name for place, name in enumerate(targets) if name in targets[:place]]
    if twice:
        raise UsageError(f"the targets must differ, got {twice[0]} twice")


def _is_json(kind: str) -> bool:
    if kind != "json":
        raise UsageError(f"comparisons are reported as json=FILE; got {kind}")
    return True


class Watching:
    """Which target is being run, and its progress."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        from contextlib import ExitStack

        self._console, self._quiet, self._open = console, quiet, ExitStack()

    def begin(self, target: Target) -> Progress | None:
        """The next target begins."""
        from cnnspec.harness.plan import make_plan
        from cnnspec.report.progress import watching

        self.end()
        if self._quiet:
            return None
        name = f"{getattr(target, 'name', '')} {getattr(target, 'version', '')}".strip()
        self._console.print(f"{name}:", highlight=False, soft_wrap=True)

        def planned(result: Any) -> dict[str, int]:
            return {item.op: item.cases for item in make_plan(result.claims, profile=result.profile).items}

        return self._open.enter_context(watching(self._console, planned))

    def end(self) -> None:
        """The last target is done."""
        self._open.close()


def exit_code(found: Comparison) -> int:
    """0 where every target conforms, 1 where one does not, 4 where not everything was run."""
    from cnnspec.harness.verdicts import FAILS, INCOMPLETE

    if len(found.results) < len(found.targets) or not found.complete:
        return INCOMPLETE
    return max((result.exit_code for result in found.results.values()), key=(0, INCOMPLETE, FAILS).index)


def to_data(found: Comparison, shown: Any) -> dict[str, Any]:
    """Everything as plain data."""
    from cnnspec.harness.versions import environment

    first = next(iter(found.results.values()), None)
    return {
        "schema": SCHEMA, "environment": dict(environment()), "complete": found.complete,
        "exit_code": exit_code(found), "seed": first and first.seed, "effort": first and first.effort,
        "profile": first and first.profile,
        "targets": [
            {"target": name, "name": result.name, "version": result.version, "exit_code": result.exit_code,
             "cases": result.cases, "checks": result.checks, "findings": len(result.findings)}
            for name, result in found.results.items()
        ],
        "not_run": [name for name in found.targets if name not in found.results],
        "cells": [
            {"op": op, "law": law, "states": dict(zip(found.targets, states, strict=True))}
            for (op, law), states in shown.cells.items()
        ],
        "dialects": shown.dialects,
        "disagreements": [_disagreement(one) for one in found.disagreements],
    }  # fmt: skip


def _disagreement(one: Disagreement) -> dict[str, Any]:
    from cnnspec.report.model import plain
    from cnnspec.report.words import clean

    return {
        "law": one.law.id, "op": one.case.op, "case": str(one.case), "sentence": one.sentence,
        "reference_alone": one.alone,
        "camps": [
            {"members": list(camp.members), "verdict": str(camp.verdict),
             "says": "" if camp.failure is None else clean(camp.failure.message),
             "where": plain(None if camp.failure is None else camp.failure.where)}
            for camp in one.camps
        ],
        "silent": {name: clean(reason) for name, reason in one.silent.items()},
    }  # fmt: skip
