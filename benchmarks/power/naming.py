"""Whether what the suite says of a fault is right: its name, and how small the case is that shows it.

A target is checked on one operation, that on which the fault is caught first with seed 0.  A name counts as right if it
is the mutant's own, or that of one that does the same on fresh cases, which the diagnosis has not seen: the same
results, and the same laws broken.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from math import prod
from statistics import median
from typing import Any

from benchmarks.power.tasks import Part, Row, Settings, Task
from cnnspec.harness.judge import judge
from cnnspec.harness.kill import WORKER_FAMILIES, kill
from cnnspec.harness.outcomes import outcome_seen, same
from cnnspec.harness.plan import make_plan
from cnnspec.harness.runner import draw
from cnnspec.harness.session import run
from cnnspec.harness.target import InlineTarget, Target, open_target
from cnnspec.harness.verdicts import BAD, Finding
from cnnspec.mutants import FAMILIES, automatic, find, names
from cnnspec.mutants.equivalent import reasons
from cnnspec.operations import BY_NAME

UNSEEN = 1009
"""A seed that no diagnosis has looked at."""

FRESH = 200
"""Cases on which two implementations are compared."""

FEW = 24
"""Cases for a target that ends its process: each call costs a worker."""

SEED = 0


def caught_on(name: str) -> str:
    """The operation, with its rank, on which this suite catches a mutant first; empty if it does not."""
    found = kill(name, seed=SEED)
    return found.case.op if found.case is not None else ""


def checked(target: Any, op: str, *, isolate: str, few: bool = False) -> list[Finding]:
    """The findings of one operation of a target."""
    result = run(target, operations=(op,), profile="strict", isolate=isolate, timeout=2.0, seed=SEED,
                 cases=FEW if few else None)  # fmt: skip
    return result.findings


def apart(name: str) -> str:
    """Where a mutant has to run."""
    return "process" if any(find(part).family in WORKER_FAMILIES for part in name.split("+")) else "none"


def names_in(findings: Sequence[Finding]) -> list[str]:
    """The names that findings give, each once."""
    return list(dict.fromkeys(like[0] for finding in findings for like in finding.looks_like))


def told(findings: Sequence[Finding]) -> list[list[Any]]:
    """Findings as plain data: law, verdict, smallest case, its elements, the name."""
    return [
        [f.law, str(f.verdict), str(f.case), elements(f), f.looks_like[0][0] if f.looks_like else ""] for f in findings
    ]


def elements(finding: Finding) -> int:
    """How many numbers the smallest case takes."""
    return sum(prod(shape) for shape in finding.case.array_shapes.values())


# ------------------------------------------------------------------------------------------------- doing the same


def differs(one: Callable[[], Target], other: Callable[[], Target], op: str) -> str:
    """A fresh case on which two targets do not do the same; empty if there is none."""
    first, second = one(), other()
    with first, second:
        item = make_plan(first.claims, operations=(op,), cases=FRESH, profile="strict").items[0]
        for case in draw(item, UNSEEN, True):
            a, b = first.run(case, repeat=True), second.run(case, repeat=True)
            if not same(outcome_seen(a), outcome_seen(b)):
                return str(case)
            broken = [
                {r.law.id for r in judge(case, target, item.laws, seen) if r.verdict in BAD}
                for target, seen in ((first, a), (second, b))
            ]
            if broken[0] != broken[1]:
                return f"{case} ({', '.join(sorted(broken[0] ^ broken[1]))})"
    return ""


def inline(target: Any) -> Callable[[], Target]:
    """Opens a target here, afresh each time."""
    return lambda: InlineTarget(target() if callable(target) else target)


def opened(name: str) -> Callable[[], Target]:
    """Opens a mutant where it has to run."""
    return lambda: open_target(f"mutant:{name}", isolate=apart(name), timeout=2.0)


def wrong_names(found: Sequence[str], make: Callable[[], Target], op: str, own: str = "") -> dict[str, str]:
    """The names that are not right, each with a case that tells."""
    cases = {name: differs(make, opened(name), op) for name in found if name != own}
    return {name: case for name, case in cases.items() if case}


# ------------------------------------------------------------------------------------------------------ one fault


def zoo_tasks(settings: Settings) -> list[Task]:
    """Every mutant."""
    return [(name,) for name in settings.chosen(names())]


def diagnosed(name: str) -> Row:
    """What the suite says of one mutant."""
    op = caught_on(name)
    if not op:
        return {"mutant": name, "op": "", "findings": [], "wrong": {}}
    findings = checked(f"mutant:{name}", op, isolate=apart(name), few=find(name).harmful)
    return {"mutant": name, "op": op, "findings": told(findings),
            "wrong": wrong_names(names_in(findings), opened(name), op, name)}  # fmt: skip


def judged(row: Row) -> str:
    """``right``, ``equal`` (a mutant that does the same), ``wrong``, ``none``, or ``harmful``: not to be run again."""
    given = {name for *_, name in row["findings"] if name}
    if not given:
        return "harmful" if find(row["mutant"]).harmful else "none"
    if row["wrong"]:
        return "wrong"
    return "right" if row["mutant"] in given else "equal"


def size_figures(rows: list[Row], settings: Settings) -> dict[str, Any]:
    """How many numbers the smallest case of each mutant takes: that of its shortest finding."""
    sizes = {row["mutant"]: min(f[3] for f in row["findings"]) for row in rows if row["findings"]}
    groups = {family: [n for name, n in sizes.items() if find(name).family == family] for family in FAMILIES}
    ordered = sorted(sizes.values())
    largest = sorted(sizes, key=lambda name: -sizes[name])[:8]
    return {
        "mutants": len(sizes),
        "median": median(ordered) if ordered else 0,
        "up_to_12": sum(n <= 12 for n in ordered),
        "percentiles": {str(p): ordered[(len(ordered) - 1) * p // 100] for p in (25, 50, 75, 90, 100)} if sizes else {},
        "largest": {name: sizes[name] for name in largest},
        "by_family": {family: median(group) for family, group in groups.items() if group},
    }


def diagnosis_figures(rows: list[Row], settings: Settings) -> dict[str, Any]:
    """How often a name is given, and how often it is right."""
    verdicts = {row["mutant"]: judged(row) for row in rows if row["findings"]}
    told = Counter(verdicts.values())
    named = told["right"] + told["equal"] + told["wrong"]
    groups = {family: [v for name, v in verdicts.items() if find(name).family == family] for family in FAMILIES}
    return {
        "mutants": len(verdicts),
        **{word: told[word] for word in ("right", "equal", "wrong", "none", "harmful")},
        "named": named,
        "share_right": round((told["right"] + told["equal"]) / named, 4) if named else None,
        "one_finding": sum(len(row["findings"]) == 1 for row in rows),
        "not_right": {
            row["mutant"]: [row["op"], sorted({f[4] for f in row["findings"] if f[4]}), row["wrong"]]
            for row in rows
            if row["findings"] and judged(row) in ("wrong", "none")
        },
        "by_family": {family: dict(Counter(group)) for family, group in groups.items() if group},
    }


def single_figures(rows: list[Row], settings: Settings) -> dict[str, Any]:
    """Sizes and names."""
    return {"size": size_figures(rows, settings), "names": diagnosis_figures(rows, settings)}


# ----------------------------------------------------------------------------------------------------- two faults


@cache
def shared(first: str, second: str) -> tuple[str, ...]:
    """The operations that two mutants touch."""
    return tuple(op for op in find(first).operations if op in find(second).operations)


def pair_tasks(settings: Settings) -> list[Task]:
    """Pairs of mutants of one operation, drawn with a seed; the operation has two axes where it has a rank."""
    dice, pool = random.Random(SEED), [name for name in names() if not find(name).harmful]
    drawn: dict[Task, None] = {}
    while len(drawn) < settings.pairs:
        first, second = dice.sample(pool, 2)
        if operations := shared(first, second):
            drawn[f"{first}+{second}", BY_NAME[dice.choice(operations)].spelled(2)] = None
    return list(drawn)


def diagnosed_pair(name: str, op: str) -> Row:
    """What the suite says of two faults at once; nothing where one of them cannot be seen."""
    row: Row = {"mutant": name, "op": op, "findings": [], "hidden": "", "told": []}
    first, second = name.split("+")
    for part, other in ((first, second), (second, first)):
        if not differs(inline("reference"), opened(part), op):
            return row | {"hidden": f"{part} does not show on {op}"}
        if not differs(opened(name), opened(other), op):
            return row | {"hidden": f"{part} does not show beside {other}"}
    findings = checked(f"mutant:{name}", op, isolate=apart(name))
    given = [part for found in names_in(findings) for part in found.split("+")]
    right = [
        part for part in (first, second)
        if part in given or any(not differs(opened(part), opened(other), op) for other in given)
    ]  # fmt: skip
    return row | {"findings": told(findings), "told": right}


def pair_figures(rows: list[Row], settings: Settings) -> dict[str, Any]:
    """Of the pairs in which both faults show: how often both, one or none is named."""
    shown = [row for row in rows if not row["hidden"]]
    counts = Counter(len(row["told"]) for row in shown)
    return {
        "drawn": len(rows),
        "pairs": len(shown),
        "hidden": len(rows) - len(shown),
        "both": counts[2],
        "one": counts[1],
        "none": counts[0],
        "share_both": round(counts[2] / len(shown), 4) if shown else None,
        "missed": {f"{row['mutant']} on {row['op']}": row["told"] for row in shown if len(row["told"]) < 2},
    }


# ------------------------------------------------------------------------------------------- faults of another kind


def outside_tasks(settings: Settings) -> list[Task]:
    """Faults that are not in the zoo: those thought up to slip through, and some changes made by rule."""
    from tests.harness.adversary import FAULTS

    changes = [name for name in automatic.names() if name not in reasons()]
    return [(name,) for name in settings.chosen([*FAULTS])] + [
        (name,) for name in settings.chosen(changes, settings.outside)
    ]


def diagnosed_outside(name: str) -> Row:
    """Which names the suite gives to a fault outside the zoo, and which of them are wrong."""
    if name.startswith(automatic.PREFIX):
        op, isolate = caught_on(name), "process"
        target: Any = f"mutant:{name}"
        make = opened(name)
    else:
        from tests.harness.adversary import FAULTS

        op, function = FAULTS[name]
        isolate, target = "none", {op: function()}
        make = inline(lambda: {op: function()})
    if not op:
        return {"mutant": name, "op": "", "findings": [], "wrong": {}}
    findings = checked(target, op, isolate=isolate)
    return {"mutant": name, "op": op, "findings": told(findings),
            "wrong": wrong_names(names_in(findings), make, op)}  # fmt: skip


def outside_figures(rows: list[Row], settings: Settings) -> dict[str, Any]:
    """How often a name was given, and each that was wrong."""

    def counted(chosen: list[Row]) -> dict[str, Any]:
        caught = [row for row in chosen if row["findings"]]
        named = [row for row in caught if any(f[4] for f in row["findings"])]
        return {
            "faults": len(chosen), "caught": len(caught), "named": len(named),
            "wrong": sum(bool(row["wrong"]) for row in named),
            "wrong_names": {row["mutant"]: row["wrong"] for row in named if row["wrong"]},
            "not_caught": [row["mutant"] for row in chosen if not row["findings"]],
        }  # fmt: skip

    made = [row for row in rows if row["mutant"].startswith(automatic.PREFIX)]
    return {"thought_up": counted([row for row in rows if row not in made]), "by_rule": counted(made)}


SINGLE = Part("findings", zoo_tasks, diagnosed, single_figures)
PAIRS = Part("pairs", pair_tasks, diagnosed_pair, pair_figures)
OUTSIDE = Part("outside", outside_tasks, diagnosed_outside, outside_figures)
