"""The command: measure what is missing, print the figures, write them down."""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # several processes share the cores

import argparse
import json
import subprocess
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.power.alarms import ALARMS
from benchmarks.power.catching import CHANGES, OTHERS, ZOO
from benchmarks.power.naming import OUTSIDE, PAIRS, SINGLE
from benchmarks.power.tables import printed
from benchmarks.power.tasks import ROOT, Part, Row, Settings, measured, state
from cnnspec.harness.versions import environment

PARTS = {part.name: part for part in (ZOO, OTHERS, CHANGES, ALARMS, SINGLE, PAIRS, OUTSIDE)}
FIGURES = ROOT / "docs" / "data" / "power.json"
SCHEMA = "cnnspec-power-1"


def main() -> None:
    """Run the parts that are asked for."""
    arguments = parsed()
    settings = Settings(
        seeds=arguments.seeds, sample=arguments.sample, pairs=arguments.pairs, outside=arguments.outside,
        deep_seeds=arguments.deep_seeds, deep_effort=arguments.deep_effort, folder=arguments.folder,
    )  # fmt: skip
    chosen = [PARTS[name] for name in arguments.only or PARTS]
    console = Console(width=min(Console().width, 80))
    figures: dict[str, Any] = {}
    for part in chosen:
        rows = measured(part, settings, arguments.jobs, Told(part))
        figures[part.name] = {"spent": round(sum(row["spent"] for row in rows)), **part.figures(rows, settings)}
        for table in printed(part.name, figures[part.name]):
            console.print(table, highlight=False)
    if arguments.json:
        write(arguments.json, figures, settings)
        console.print(f"written: {arguments.json}", highlight=False, soft_wrap=True)


def parsed() -> argparse.Namespace:
    """The arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.power", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="a part; all by default")
    parser.add_argument("--seeds", type=int, default=10, help="seeds of the zoo")
    parser.add_argument("--sample", type=int, default=0, help="so many mutants instead of all")
    parser.add_argument("--pairs", type=int, default=Settings.pairs, help="pairs of mutants drawn")
    parser.add_argument("--outside", type=int, default=Settings.outside, help="changes made by rule that are diagnosed")
    parser.add_argument("--deep-seeds", type=int, default=Settings.deep_seeds, help="seeds for correct variants")
    parser.add_argument("--deep-effort", default=Settings.deep_effort, help="effort for correct variants")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes; 0 measures nothing more")
    parser.add_argument("--folder", type=Path, default=Settings().folder, help="where results of tasks are kept")
    parser.add_argument("--json", type=Path, nargs="?", const=FIGURES, help=f"write the figures ({FIGURES.name})")
    return parser.parse_args()


class Told:
    """A line now and then on how far a part is."""

    def __init__(self, part: Part) -> None:
        self._part, self._new, self._last, self._console = part, 0, time.monotonic(), Console(stderr=True)

    def __call__(self, before: int, total: int, row: Row) -> None:
        """One more task was done."""
        self._new += 1
        if time.monotonic() - self._last > 20 or before + self._new == total:
            self._last = time.monotonic()
            self._console.print(f"{self._part.name}: {before + self._new} of {total}", highlight=False)


def write(path: Path, figures: dict[str, Any], settings: Settings) -> None:
    """Add these figures to the file: a line for each table, so that changes can be read."""
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    now = {"date": time.strftime("%Y-%m-%d", time.gmtime()), "commit": commit(), "state": state()}
    parts = {**old.get("parts", {}), **{name: {**now, **value} for name, value in figures.items()}}
    head = {"schema": SCHEMA, "command": "nox -s power", "environment": environment(), "processors": os.cpu_count()}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    lines.append(' "parts": {')
    for name in (name for name in PARTS if name in parts):
        body = ",\n".join(f"   {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in parts[name].items())
        lines += [f"  {json.dumps(name)}: {{", body, "  },"]
    lines[-1] = "  }"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + "\n".join(lines) + "\n }\n}\n", encoding="utf-8")


def commit() -> str:
    """The commit that is checked out, or nothing."""
    found = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


if __name__ == "__main__":
    main()
