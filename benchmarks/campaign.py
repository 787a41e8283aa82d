"""Whether a campaign's memory stays flat: peak resident memory of every process of it, minute by minute.

    python benchmarks/campaign.py --minutes 4 --target reference -j 2

runs ``cnnspec check TARGET --time …`` as a user does, and prints for each minute how many cases are done, and the
largest resident set that was seen of the command itself, of its helpers together, and of the workers that hold the
target.  No call times out, so that a busy machine makes no findings.  Linux only: the figures are those of ``/proc``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TICK = 1.0
PARTS = ("command", "helpers", "workers")


def children(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            direct = [int(word) for word in task.read_text().split()]
        except OSError:
            continue
        found += [one for child in direct for one in (child, *children(child))]
    return found


def resident(pid: int) -> float:
    """MB that a process holds; 0 once it has gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def part(pid: int) -> str:
    """Whether a child is a helper, or a worker that holds the target."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return "workers"
    return "helpers" if "cnnspec.harness.helper" in words else "workers"


def sizes(pid: int) -> dict[str, float]:
    """MB of the command, of its helpers together, and of the workers together."""
    found = dict.fromkeys(PARTS, 0.0) | {"command": resident(pid)}
    for child in children(pid):
        found[part(child)] += resident(child)
    return found


def main() -> None:
    """Run a campaign and print a line for each minute."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=4)
    parser.add_argument("--target", default="reference")
    parser.add_argument("-j", "--jobs", default="2")
    parser.add_argument("--effort", default="quick")
    parser.add_argument("-o", "--operation", default="conv2d,max_pool2d,avg_pool2d,relu")
    parser.add_argument("--seed", default="0")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        words = ["check", given.target, "--time", f"{given.minutes}m", "-j", given.jobs]
        words += ["-o", given.operation, "--effort", given.effort, "--seed", given.seed, "--timeout", "10m"]
        command = [sys.executable, "-m", "cnnspec", *words, "--report", f"json={report}", "-q"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder)
        started, minute, most = time.monotonic(), 0, dict.fromkeys(PARTS, 0.0)
        print("minute  " + "  ".join(f"{name + ', MB':>12}" for name in PARTS), flush=True)
        while process.poll() is None:
            now = sizes(process.pid)
            most = {name: max(most[name], now[name]) for name in PARTS}
            if time.monotonic() - started > 60 * (minute + 1):
                minute += 1
                print(f"{minute:6}  " + "  ".join(f"{most[name]:12.1f}" for name in PARTS), flush=True)
                most = dict.fromkeys(PARTS, 0.0)
            time.sleep(TICK)
        told = json.loads(report.read_text())
        print(f"exit {process.returncode}, {told['cases']} cases, {told['seconds']:.0f} s\n" + "\n".join(told["notes"]))


if __name__ == "__main__":
    main()
