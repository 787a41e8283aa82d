"""The calls on which every mutant is looked at, one line each."""

from __future__ import annotations

from pathlib import Path

from cnnspec.cases.case import Case

FILES = ("battery.txt", "battery_gradients.txt")
CASES = [Case.parse(line) for name in FILES for line in (Path(__file__).parent / name).read_text().split()]
