"""How fast the suite is: checks a second and core, two workers against one, and how cost grows.

    python benchmarks/throughput.py [TARGET] [--repeat 3] [--json FILE]

A core-second is a second of processor time, whoever spent it: this process, or the workers that run the target.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from cnnspec.harness.session import run

EFFORTS = ("quick", "default")
GROWTH = (10, 20, 40, 80, 160, 320)
"""Cases per operation."""


class Spent(NamedTuple):
    """What a run did, and what it took: processor time is that of this process and of all that have ended."""

    cases: int
    checks: int
    wall: float
    processor: float


def spent(target: str, **options: Any) -> Spent:
    """One run."""
    before, started = _processor(), time.perf_counter()
    result = run(target, seed=0, **options)
    return Spent(result.cases, result.checks, time.perf_counter() - started, _processor() - before)


def _processor() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, kinds))


def row(runs: list[Spent]) -> dict[str, float]:
    """Several runs of one kind: their medians."""
    return {
        "cases": runs[0].cases,
        "checks": runs[0].checks,
        "wall": round(median(r.wall for r in runs), 2),
        "processor": round(median(r.processor for r in runs), 2),
        "checks_per_core_second": round(median(r.checks / r.processor for r in runs)),
    }


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default="torch")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    target, made = (
        arguments.target,
        {"target": arguments.target, "processors": os.cpu_count(), "python": platform.python_version()},
    )
    spent(target, cases=2)  # the first start reads files that later ones find in memory
    made["efforts"] = {
        effort: row([spent(target, effort=effort) for _ in range(arguments.repeat)]) for effort in EFFORTS
    }
    for effort, found in made["efforts"].items():
        print(f"{effort}: {found}", flush=True)
    pairs = [(spent(target), spent(target, jobs=2)) for _ in range(arguments.repeat)]
    made["two_workers"] = round(median(one.wall / two.wall for one, two in pairs), 2)
    print(f"two workers: {made['two_workers']} times as fast as one", flush=True)
    made["growth"] = {str(cases): row([spent("reference", cases=cases)]) for cases in GROWTH}
    for cases, found in made["growth"].items():
        print(f"{cases} cases an operation: {found}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
