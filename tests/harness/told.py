"""What two runs must agree in, whoever ran them."""

from __future__ import annotations

import json
from typing import Any

from cnnspec.harness.verdicts import RunResult


def told(result: RunResult) -> dict[str, Any]:
    """Everything of a result but times, and where it ran."""
    return {
        "tallies": {key: (t.checked, t.failed, t.vacuous, t.verdict, t.reason) for key, t in result.tallies.items()},
        "findings": [(f.law, f.op, f.verdict, str(f.case), str(f.first_case), f.failure.message, f.cases, f.also,
                      f.looks_like, f.facts) for f in result.findings],
        "cases": result.cases, "checks": result.checks, "coverage": result.coverage, "complete": result.complete,
        "notes": result.notes, "exit": result.exit_code, "restarts": result.restarts, "seed": result.seed,
        "confidence": result.confidence, "precision": json.loads(json.dumps(result.precision)),
        "rules": [{**rule, "file": ""} for rule in result.expectations.get("rules", ())],
    }  # fmt: skip
