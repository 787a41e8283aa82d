"""The board: every library held to the strict profile, condensed to one small file each, and every finding run again.

``python benchmarks/board.py`` does so for each library that is installed; ``python benchmarks/board.py torch jax``
for those that are named, ``tensorflow=/path/to/python`` in another interpreter.  Two processes share out the cases of a
library, which changes nothing in the result.  A slow library may be held to less by ``--operations`` and ``--cases``,
or given more time by ``--timeout``, which the recorded command repeats; what it claims beyond is "not run".  Results
go to ``docs/data/board/<library>.json``, from which the pages are made; what the script of a finding prints is written
into the finding, and said where it changed.

A failing case belongs to a finding that names its law and its operation, and whose ``when``, a condition as in an
expectations file, holds of the case.  One case that belongs to none leaves its cell open: it may be another cause, or
a fault of ours.  A finding that its script alone shows, since the adapter avoids the call, says ``0 == 1``.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnspec.harness.causes import Seen
    from cnnspec.harness.predicate import Predicate
    from cnnspec.harness.target import Target
    from cnnspec.harness.verdicts import Finding

ROOT = Path(__file__).parent.parent
BOARD = ROOT / "docs" / "data" / "board"
FINDINGS = ROOT / "docs" / "findings"
SCHEMA = "cnnspec-board-1"
PROFILE = "strict"
QUOTES = "'''"
SHOWN = "shown"
"""The failing cases of every cell, beside what a report holds."""

GRAVITY = ("open", "fail", "dialect", "pass", "unclaimed", "not run")
"""The states of a cell, the gravest first."""

ABSENT = "the target has no function of that name"


def findings(library: str) -> dict[str, dict[str, Any]]:
    """The findings of a library by their id, the name of their file."""
    files = sorted(FINDINGS.glob(f"{library}-*.toml"))
    read = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}
    return {name: data for name, data in read.items() if data["library"] == library}


def condensed(report: dict[str, Any], target: str, day: str = "", **choice: Any) -> dict[str, Any]:
    """What the board keeps of a JSON report: per operation and law the state, the number of checks, the findings.

    A failure for which no finding is written down is ``open``: it may be ours.  ``choice`` is what else was asked of
    the run, such as fewer cases.
    """
    from cnnspec.operations import spelled_names
    from cnnspec.report.call import repeat_command
    from cnnspec.report.json import loads
    from cnnspec.report.states import cells

    shown = report.pop(SHOWN, {})
    if wrong := [tally for tally in report["tallies"] if tally["verdict"] == "error"]:
        raise SystemExit(f"{target}: a check of cnnspec failed itself, and its cell would say nothing: {wrong[0]}")
    read, library = loads(json.dumps(report)), target.partition("?")[0]
    known = findings(library)
    table: dict[str, dict[str, Any]] = {}
    counts = {(tally.op, tally.law): tally.checked for tally in read.tallies}
    for (op, law), state in cells(read).items():
        cell: dict[str, Any] = {"state": state, "checks": counts[op, law]}
        if state == "fail":
            cell |= causes(op, law, shown.get(f"{op} {law}", ()), known)
        table.setdefault(op, {})[law] = cell
    unclaimed = {entry.op: entry.reason for entry in read.unclaimed}
    if choice.get("operations"):
        table |= {op: laws for op, laws in left_out(read.claims["operations"]).items() if op not in table}
        unclaimed = {op: ABSENT for op in spelled_names() if op not in table} | unclaimed
    asked = repeat_command(target, profile=read.profile, **choice)
    return {
        "schema": SCHEMA, "library": library, "version": read.version,
        "date": day or datetime.now(UTC).date().isoformat(),
        "cnnspec": read.environment["cnnspec"], "python": read.environment["python"],
        "platform": read.environment["platform"], "seeds": [read.seed], "effort": read.effort, "profile": read.profile,
        "command": f"{asked} --effort {read.effort} --seed {read.seed}",
        "complete": read.complete, "cases": read.cases, "checks": read.checks,
        "dialects": dict(read.claims.get("dialects", {})),
        "unclaimed": unclaimed,
        "operations": table,
    }  # fmt: skip


def joined(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One row from those of several seeds: a cell is as grave as with any of them, and says with which it failed."""
    whole = {**rows[0], "seeds": [row["seeds"][0] for row in rows], "complete": all(row["complete"] for row in rows),
             "cases": sum(row["cases"] for row in rows), "checks": sum(row["checks"] for row in rows)}  # fmt: skip
    whole["operations"] = {
        op: {law: _joined([row["operations"][op][law] for row in rows], whole["seeds"]) for law in laws}
        for op, laws in rows[0]["operations"].items()
    }
    return whole


def _joined(cells: list[dict[str, Any]], seeds: list[int]) -> dict[str, Any]:
    bad = [seed for seed, cell in zip(seeds, cells, strict=True) if cell["state"] in ("open", "fail")]
    worst = min(cells, key=lambda cell: GRAVITY.index(cell["state"]))
    cell = {**worst, "checks": sum(cell["checks"] for cell in cells)}
    if "findings" in cell:
        cell["findings"] = list(dict.fromkeys(name for one in cells for name in one.get("findings", ())))
    return cell | ({"seeds": bad} if 0 < len(bad) < len(seeds) else {})


def causes(op: str, law: str, cases: Iterable[str], known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Which findings the failing cases belong to; or that the cell is open, with the first that belongs to none."""
    from cnnspec.cases.case import Case

    fitting = {name: condition(f, law) for name, f in known.items()
               if law in f["laws"] and family(op) in map(family, f["operations"])}  # fmt: skip
    told: dict[str, None] = {}
    for text in cases:
        case = Case.parse(text)
        names = [name for name, when in fitting.items() if when(case)]
        if not names:
            return {"state": "open", "case": text}
        told |= dict.fromkeys(names)
    return {"findings": list(told or fitting)} if fitting else {"state": "open"}


def condition(finding: dict[str, Any], law: str) -> Predicate:
    """Which failing cases of a law a finding tells of: one condition for all its laws, or a table; else every case."""
    from cnnspec.harness.predicate import read

    when = finding.get("when", {})
    return read(when if isinstance(when, str) else when.get(law, "0 == 0"))


def left_out(claimed: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Every law that speaks of each operation, as not run."""
    from cnnspec.laws.registry import every_law

    laws = [law for law in every_law() if law.prove is None]
    return {op: {law.id: {"state": "not run", "checks": 0} for law in laws if family(op) in law.operations}
            for op in claimed}  # fmt: skip


def family(op: str) -> str:
    """The operation without its rank: one cause is one finding at every rank."""
    from cnnspec.operations import find

    return find(op)[0].name


def dumps(data: dict[str, Any]) -> str:
    """JSON with one line for each field, and one for each operation."""
    lines = []
    for name, value in data.items():
        if name == "operations":
            rows = ",\n".join(f"  {json.dumps(op)}: {json.dumps(cells)}" for op, cells in value.items())
            lines.append(f' "operations": {{\n{rows}\n }}')
        else:
            lines.append(f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def measure(target: str, python: str, seed: int, effort: str, jobs: int, **choice: Any) -> dict[str, Any]:
    """Run the suite over a library, and give the report; no case is made small, which takes most of the time."""
    from cnnspec.harness.session import Session
    from cnnspec.report.build import make_report
    from cnnspec.report.json import to_data

    target += f"{'&' if '?' in target else '?'}python={python}" if python else ""
    shown: dict[str, list[str]] = {}

    def keep(seen: Seen, _: Target) -> list[Finding]:
        for cause in seen.causes.values():
            for case in cause.cases:
                shown.setdefault(f"{case.op} {cause.law.id}", []).append(str(case))
        return []

    with Session(target, profile=PROFILE, effort=effort, seed=seed, jobs=jobs, **choice) as session:
        session.findings.explainer = keep
        return {**to_data(make_report(session.run())), SHOWN: shown}


def record(library: str, python: str) -> list[str]:
    """Run the script of every finding again in a process of its own, and write down what it prints; what changed."""
    changed = []
    for name, data in findings(library).items():
        script = FINDINGS / f"{name}.py"
        ended = subprocess.run([python or sys.executable, str(script)], capture_output=True, text=True, check=False,
                               cwd=tempfile.gettempdir())  # fmt: skip
        printed = (ended.stdout + how_it_ended(ended.returncode)).strip()
        if printed == data["output"].strip():
            continue
        changed.append(name)
        file = FINDINGS / f"{name}.toml"
        before, quotes, rest = file.read_text(encoding="utf-8").partition("output = '''\n")
        if not quotes or "'''" in printed:
            raise SystemExit(f"{name}: its output has to stand between output = ''' and ''' on lines of their own")
        file.write_text(f"{before}{quotes}{printed}\n{rest[rest.index(QUOTES) :]}", encoding="utf-8")
    return changed


def how_it_ended(status: int) -> str:
    """What a script could not print itself, as that it was ended by SIGSEGV; nothing where it came to its end."""
    if status < 0:
        return f"(ended by {signal.Signals(-status).name})"
    return f"(exit status {status})" if status else ""


def main() -> None:
    """Measure, condense, write; say what is left to do."""
    from cnnspec.adapters import known
    from cnnspec.report.call import patterns

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY[=PYTHON]")
    parser.add_argument("--options", help="what follows the library's name in its target, as kernels=plain")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="the runs that make a row")
    parser.add_argument("--effort", choices=("quick", "default", "deep"), default="default")
    parser.add_argument("--operations", help="only these, as cnnspec check -o takes them")
    parser.add_argument("--cases", type=int, help="so many for each operation")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds that one call may take")
    parser.add_argument("--jobs", type=int, default=2, help="processes that share out the cases")
    parser.add_argument("--from", dest="report", help="a JSON report that is there already, of one library")
    parser.add_argument("--findings", action="store_true", help="only run the findings again")
    given = parser.parse_args()
    choice = {"operations": patterns(given.operations or ()), "cases": given.cases, "timeout": given.timeout}
    for text in given.libraries or [name for name, version in known() if version]:
        library, _, python = text.partition("=")
        if not given.findings:
            started = time.monotonic()
            target = f"{library}?{given.options}" if given.options else library
            there = given.report and json.loads(Path(given.report).read_text(encoding="utf-8"))
            reports = (
                [there]
                if there
                else (measure(target, python, seed, given.effort, given.jobs, **choice) for seed in given.seeds)
            )
            data = joined([condensed(report, target, **choice) for report in reports])
            (BOARD / f"{library}.json").write_text(dumps(data), encoding="utf-8")
            failing = [(op, law, cell) for op, row in data["operations"].items() for law, cell in row.items()
                       if cell["state"] in ("fail", "open")]  # fmt: skip
            seconds = time.monotonic() - started
            print(f"{library} {data['version']}: {data['checks']:,} checks, {len(failing)} cells fail, {seconds:.0f} s")
            for op, law, cell in (one for one in failing if one[2]["state"] == "open"):
                print(f"  {law} on {op}: failed, and no finding speaks of it: {cell.get('case', '')}")
        for name in record(library, python):
            print(f"  {name}: its output has changed")


if __name__ == "__main__":
    main()
