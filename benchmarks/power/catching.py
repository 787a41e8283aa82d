"""Who catches what: this suite on the zoo with every seed, other suites on the same mutants, changes made by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from statistics import median
from typing import Any

from benchmarks.power.tasks import Part, Row, Settings, Task
from cnnspec.harness.kill import kill
from cnnspec.harness.suites import SUITES, kill_by, load_suite
from cnnspec.laws.registry import every_law
from cnnspec.mutants import FAMILIES, automatic, find, names
from cnnspec.mutants.equivalent import KINDS, listed

ABOUT = "about the suite"
"""Stands for a mutant in the task that describes a suite."""


def zoo_tasks(settings: Settings) -> list[Task]:
    """Every mutant with every seed."""
    return [(name, seed, settings.effort) for seed in range(settings.seeds) for name in settings.chosen(names())]


def killed(name: str, seed: int, effort: str) -> Row:
    """What this suite makes of a mutant."""
    found = kill(name, seed=seed, effort=effort)
    return {
        "mutant": name, "seed": seed, "law": found.law, "verdict": str(found.verdict), "cases": found.cases,
        "seconds": round(found.seconds, 3), "case": "" if found.case is None else str(found.case),
        "errors": sorted(found.errors),
    }  # fmt: skip


def zoo_figures(rows: list[Row], settings: Settings) -> dict[str, Any]:
    """By seed, family and law, and the first case of every mutant."""
    order = {law.id: number for number, law in enumerate(every_law())}
    laws: dict[str, set[str]] = {}
    for row in rows:
        if row["law"]:
            laws.setdefault(row["law"], set()).add(row["mutant"])
    return {
        **counted(rows),
        "effort": settings.effort,
        "seeds": {str(seed): spread(r for r in rows if r["seed"] == seed) for seed in range(settings.seeds)},
        "by_family": by_family(rows),
        "laws": {law: sorted(laws[law]) for law in sorted(laws, key=lambda law: (-len(laws[law]), order[law]))},
        "first": {
            row["mutant"]: [row["law"], row["verdict"], row["cases"], row["seconds"], row["case"]]
            for row in rows
            if row["seed"] == 0
        },
        "errors": sorted({error for row in rows for error in row["errors"]}),
        **{key: value for key, value in spread(rows).items() if key != "killed"},
    }


def counted(rows: Iterable[Row]) -> dict[str, Any]:
    """How many mutants there are, and which survived: with at least one seed."""
    rows = list(rows)
    survivors: dict[str, list[int]] = {}
    for row in rows:
        if not row["law"]:
            survivors.setdefault(row["mutant"], []).append(row["seed"])
    every = {row["mutant"] for row in rows}
    return {"mutants": len(every), "killed": len(every) - len(survivors), "survivors": survivors}


def spread(rows: Iterable[Row]) -> dict[str, Any]:
    """How many runs killed, and after how many cases and seconds."""
    caught = [row for row in rows if row["law"]]
    slowest = max(caught, key=lambda row: row["seconds"], default={"mutant": "", "seconds": 0})
    return {
        "killed": len(caught),
        "median_cases": median(row["cases"] for row in caught) if caught else 0,
        "most_cases": max((row["cases"] for row in caught), default=0),
        "median_seconds": round(median(row["seconds"] for row in caught), 3) if caught else 0,
        "most_seconds": slowest["seconds"],
        "slowest": slowest["mutant"],
    }


def by_family(rows: list[Row]) -> dict[str, dict[str, Any]]:
    """The same for each family."""
    families = {name: find(name).family for name in {row["mutant"] for row in rows}}
    groups = {family: [row for row in rows if families[row["mutant"]] == family] for family in FAMILIES}
    return {
        family: {key: value for key, value in (counted(group) | spread(group) | counted(group)).items()
                 if key not in ("survivors", "slowest")}
        for family, group in groups.items() if group
    }  # fmt: skip


def suite_tasks(settings: Settings) -> list[Task]:
    """Every suite on every mutant, and a task that describes the suite."""
    return [(suite, name) for suite in SUITES for name in (ABOUT, *settings.chosen(names()))]


def killed_by(suite: str, name: str) -> Row:
    """What another suite makes of a mutant; or the suite itself."""
    if name == ABOUT:
        loaded = load_suite(suite)
        sentence = (import_module(SUITES[suite]).__doc__ or "").splitlines()[0]
        left_out = Counter(reason.partition(":")[0] for reason in loaded.left_out.values())
        return {"suite": suite, "version": loaded.version, "sentence": sentence, "checks": len(loaded.checks),
                "left_out": dict(left_out), "operations": sorted(loaded.operations)}  # fmt: skip
    found = kill_by(suite, name)
    if found is None:
        return {"suite": suite, "mutant": name, "reached": False, "law": ""}
    return {"suite": suite, "mutant": name, "reached": True, "law": found.law, "verdict": str(found.verdict),
            "cases": found.cases, "seconds": round(found.seconds, 3)}  # fmt: skip


def suite_figures(rows: list[Row], settings: Settings) -> dict[str, Any]:
    """For each suite what it is, what it can reach and what it catches."""
    figures = {}
    for suite in SUITES:
        about = next(row for row in rows if row["suite"] == suite and "version" in row)
        ran = [row for row in rows if row["suite"] == suite and "mutant" in row]
        groups = {family: [r for r in ran if find(r["mutant"]).family == family] for family in FAMILIES}
        figures[suite] = {
            **{key: about[key] for key in ("version", "checks", "left_out", "operations")},
            **caught(ran),
            "by_family": {family: caught(group) for family, group in groups.items() if group},
            "missed": [row["mutant"] for row in ran if row["reached"] and not row["law"]],
        }
    return figures


def caught(ran: list[Row]) -> dict[str, int]:
    """How many mutants there are, how many the suite calls an operation of, and how many it catches."""
    return {"mutants": len(ran), "reached": sum(r["reached"] for r in ran), "killed": sum(bool(r["law"]) for r in ran)}


def change_tasks(settings: Settings) -> list[Task]:
    """Every change made by rule that is not listed with a reason why no run shows it, once."""
    return [(name, 0, settings.effort) for name in settings.chosen(automatic.names()) if name not in listed()]


def change_figures(rows: list[Row], settings: Settings) -> dict[str, Any]:
    """Killed, listed as one of the kinds that no run shows, and those of which neither holds."""
    told = {row["mutant"] for row in rows if row["law"]}
    kinds = {name: listed()[name].kind for name in settings.chosen(automatic.names()) if name in listed()}
    every = [*(row["mutant"] for row in rows), *kinds]
    alive = [name for name in every if name not in told and name not in kinds]
    return {
        **_sorted(every, told, kinds),
        "survivors": {name: find(name).sentence for name in alive},
        "by_module": {
            module: _sorted([name for name in every if name.split(":")[1] == module], told, kinds)
            for module in automatic.modules()
        },
        **{key: value for key, value in spread(rows).items() if key != "killed"},
    }


def _sorted(every: list[str], told: set[str], kinds: dict[str, str]) -> dict[str, int]:
    counts = Counter(kinds[name] for name in every if name in kinds)
    return {"changes": len(every), "killed": sum(name in told for name in every), **{k: counts[k] for k in KINDS}}


ZOO = Part("zoo", zoo_tasks, killed, zoo_figures)
OTHERS = Part("suites", suite_tasks, killed_by, suite_figures)
CHANGES = Part("auto", change_tasks, killed, change_figures)
