"""No false alarms: correct implementations, each built in another way than the reference, have no finding."""

from __future__ import annotations

from typing import Any

from benchmarks.power.tasks import Part, Row, Settings, Task
from cnnspec.harness.session import run
from cnnspec.harness.verdicts import Verdict


def tasks(settings: Settings) -> list[Task]:
    """Every variant with every seed."""
    from tests.harness.variants import VARIANTS

    return [
        (name, seed, settings.deep_effort)
        for seed in range(settings.deep_seeds)
        for name in settings.chosen([*VARIANTS])
    ]


def checked(name: str, seed: int, effort: str) -> Row:
    """What the suite finds on a correct implementation: nothing, it should be."""
    from tests.harness.variants import VARIANTS

    result = run({"conv2d": VARIANTS[name]}, isolate="none", profile="strict", effort=effort, seed=seed)
    errors = {f"{law}: {t.reason}" for (_, law), t in result.tallies.items() if t.verdict is Verdict.ERROR}
    return {
        "variant": name, "seed": seed, "cases": result.cases, "checks": result.checks, "complete": result.complete,
        "findings": [[f.law, str(f.verdict), str(f.case), f.failure.message] for f in result.findings],
        "errors": sorted(errors),
    }  # fmt: skip


def figures(rows: list[Row], settings: Settings) -> dict[str, Any]:
    """Runs, cases, checks, and every finding."""
    return {
        "effort": settings.deep_effort,
        "seeds": settings.deep_seeds,
        "variants": list(dict.fromkeys(row["variant"] for row in rows)),
        "runs": len(rows),
        "complete": sum(row["complete"] for row in rows),
        "cases": sum(row["cases"] for row in rows),
        "checks": sum(row["checks"] for row in rows),
        "findings": [[row["variant"], row["seed"], *found] for row in rows for found in row["findings"]],
        "errors": sorted({error for row in rows for error in row["errors"]}),
    }


ALARMS = Part("variants", tasks, checked, figures)
