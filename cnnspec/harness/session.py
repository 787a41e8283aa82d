"""One run from a target string to a result: open the target, plan, run."""

from __future__ import annotations

import platform
import time
from importlib import metadata
from typing import Any

from cnnspec.harness.diagnose import diagnose
from cnnspec.harness.plan import Plan, make_plan
from cnnspec.harness.runner import Progress, run_plan
from cnnspec.harness.target import open_target
from cnnspec.harness.verdicts import RunResult, Tally, Verdict


def run(
    target: Any = "reference",
    *,
    operations: tuple[str, ...] = (),
    laws: tuple[str, ...] = (),
    profile: str = "standard",
    effort: str = "default",
    cases: int | None = None,
    seed: int = 0,
    seconds: float | None = None,
    isolate: str = "auto",
    timeout: float = 10.0,
    memory: int | None = None,
    op: str | None = None,
    stop_at_first: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Check a target and return everything that was found, as data.

    Parameters
    ----------
    target
        A target string, or a Python object: a function, a module, a class instance or a dict of functions.
    operations, laws
        Patterns to choose by (``conv2d``, ``CORR-*``); all that is claimed if empty.
    profile
        ``core``, ``standard`` or ``strict``.
    effort
        ``quick``, ``default`` or ``deep``; ``cases`` sets the number of cases per operation instead.
    seed
        The same seed gives the same cases.
    seconds
        Stop drawing after so many seconds; the result is then incomplete.
    isolate
        ``process`` (a worker), ``none`` (in this process) or ``auto``.
    timeout, memory
        Limits on one call: seconds, and bytes.
    op
        The operation that a single function implements, where its name does not say.
    stop_at_first
        Stop at the first finding.
    progress
        Called after every case.

    Returns
    -------
    RunResult
        Tallies by operation and law, and the findings.

    Raises
    ------
    UsageError
        If a pattern, profile or effort does not exist.
    TargetError
        If the target cannot be found or started.
    """
    make_plan_options: dict[str, Any] = {
        "operations": operations, "laws": laws, "profile": profile, "effort": effort, "cases": cases,
    }  # fmt: skip
    with open_target(target, isolate=isolate, timeout=timeout, memory=memory, op=op) as opened:
        plan = make_plan(opened.claims, **make_plan_options)
        result = RunResult(
            str(target) if isinstance(target, str) else opened.name, opened.name, opened.version, opened.claims,
            seed, effort, plan.profile.name, tuple({law.id: law for item in plan.items for law in item.laws}.values()),
            notes=list(opened.notes), environment=environment(),
        )  # fmt: skip
        _note_unclaimed(plan, result)
        deadline = None if seconds is None else time.monotonic() + seconds
        run_plan(
            opened, plan, result, progress=progress, deadline=deadline, stop_at_first=stop_at_first, explain=diagnose
        )
        result.restarts = opened.restarts
    return result


def _note_unclaimed(plan: Plan, result: RunResult) -> None:
    for op, law, reason in plan.unclaimed:
        result.tallies[op, law] = Tally(verdict=Verdict.UNCLAIMED, reason=reason)


def environment() -> dict[str, str]:
    """The versions that a report states, for a finding to be reproduced with."""
    packages = ("cnnspec", "numpy", "hypothesis", "ml_dtypes")
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        **{name: metadata.version(name) for name in packages},
    }
