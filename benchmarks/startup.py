"""How long the command takes to answer: ``cnnspec --help`` and the bare import, as whole processes.

Prints medians of the processor time over some runs, which another process on the machine moves less than the wall
clock, and the ratio to starting Python alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

RUNS = 15
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import cnnspec": [sys.executable, "-c", "import cnnspec"],
    "cnnspec --help": [sys.executable, "-m", "cnnspec", "--help"],
    "cnnspec shape": [sys.executable, "-m", "cnnspec", "shape", "conv2d", "--input", "7", "--kernel", "3"],
}


def seconds(command: list[str]) -> float:
    """The processor time of one run, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure every command in turn, run after run, print the medians, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, command in COMMANDS.items():
            taken[name].append(seconds(command))
    bare = median(taken["python -c pass"])
    for name, times in taken.items():
        print(f"{name:16} {median(times):6.3f} s  {median(times) / bare:5.1f} × python")
    if arguments.json:
        found = {name: round(median(times), 4) for name, times in taken.items()}
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
