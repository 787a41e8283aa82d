"""Whether what the suite says of a fault is right: its name, and how small the case is that shows it.

A target is checked on one operation, that on which the fault is caught first with seed 0.  A name counts as right if it
is the mutant's own, or that of one that does the same on fresh cases, which the diagnosis has not seen: the same
results, and the same laws broken.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from statistics import median
from typing import Any

from benchmarks.power.tasks import Part, Row, Settings, Task
from cnnspec.harness.judge import RETURNS, Ruling, judge
from cnnspec.harness.kill import WORKER_FAMILIES, kill
from cnnspec.harness.outcomes import outcome_seen, same
from cnnspec.harness.plan import make_plan
from cnnspec.harness.runner import draw
from cnnspec.harness.session import run
from cnnspec.harness.target import InlineTarget, Target, open_target
from cnnspec.harness.verdicts import BAD, Finding, Verdict
from cnnspec.mutants import FAMILIES, automatic, find, names
from cnnspec.mutants.equivalent import reasons
from cnnspec.operations import BY_NAME

Open = Callable[[], Target]
"""Opens a target, with nothing kept from before."""

UNSEEN = 1009
"""A seed that no diagnosis has looked at."""

FRESH = 200
"""Cases on which two implementations are compared."""

FEW = 24
"""Cases for a target that ends its process: each call costs a worker."""

SEED = 0


def caught_on(name: str, effort: str = "default") -> str:
    """The operation, with its rank, on which this suite catches a mutant first; empty if it does not."""
    found = kill(name, seed=SEED, effort=effort)
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


@dataclass(frozen=True)
class Difference:
    """A fresh case on which two targets do not do the same, and the laws that each of them breaks on it."""

    case: str
    results: bool
    here: frozenset[str]
    there: frozenset[str]

    def __str__(self) -> str:
        here, there = (", ".join(sorted(laws)) or "no law" for laws in (self.here, self.there))
        return f"{self.case} breaks {here}, the mutant {there}"

    def tells(self, elsewhere: frozenset[str]) -> bool:
        """Whether it counts where there are other findings, of ``elsewhere``, which it may come from."""
        return self.here - elsewhere != self.there - elsewhere or (self.results and not self.here & elsewhere)


def differences(one: Open, other: Open, op: str) -> Iterator[Difference]:
    """Where two targets do not do the same: give other results, or break other laws."""
    with one() as first, other() as second:
        item = make_plan(first.claims, operations=(op,), cases=FRESH, profile="strict").items[0]
        for case in draw(item, UNSEEN, True):
            pairs = [(target, target.run(case, repeat=True)) for target in (first, second)]
            laws = [[r for r in judge(case, target, item.laws, seen) if r.verdict in BAD] for target, seen in pairs]
            here, there = (frozenset(map(_blamed, rulings)) for rulings in laws)
            results = not same(*(outcome_seen(seen) for _, seen in pairs))
            if here != there or results:
                yield Difference(str(case), results, here, there)


def _blamed(ruling: Ruling) -> str:
    """The law that a failure counts for: where a further call did not return, the law that calls do."""
    return ruling.law.id if ruling.verdict is Verdict.FAILED else RETURNS


def alike(one: Open, other: Open, op: str) -> bool:
    """Whether two targets do the same on every fresh case."""
    return next(differences(one, other, op), None) is None


def opened(name: str, op: str) -> Open:
    """Opens one operation of a mutant where it has to run, afresh each time; that of the reference without a name."""
    target, isolate = (f"mutant:{name}", apart(name)) if name else ("reference", "none")
    return lambda: open_target(target, isolate=isolate, timeout=2.0, op=op)


def wrong_names(findings: Sequence[Finding], make: Open, op: str, own: str = "") -> dict[str, str]:
    """The names that are not right, each with a case that tells.

    Laws that another finding is about, and results where one of them is broken, say nothing of this one.
    """
    wrong = {}
    for finding in findings:
        name = finding.looks_like[0][0] if finding.looks_like else own
        if name == own:
            continue
        elsewhere = frozenset(law for other in findings if other is not finding for law in (other.law, *other.also))
        elsewhere -= {finding.law, *finding.also}
        found = next((d for d in differences(make, opened(name, op), op) if d.tells(elsewhere)), None)
        if found is not None:
            wrong[name] = str(found)
    return wrong


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
            "wrong": wrong_names(findings, opened(name, op), op, name)}  # fmt: skip


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
        if alike(opened("", op), opened(part, op), op):
            return row | {"hidden": f"{part} does not show on {op}"}
        if alike(opened(name, op), opened(other, op), op):
            return row | {"hidden": f"{part} does not show beside {other}"}
    findings = checked(f"mutant:{name}", op, isolate=apart(name))
    given = [part for found in names_in(findings) for part in found.split("+")]
    right = [
        part for part in (first, second)
        if part in given or any(alike(opened(part, op), opened(other, op), op) for other in given)
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
        op, isolate = caught_on(name, "quick"), "process"
        target: Any = f"mutant:{name}"
        make = opened(name, op)
    else:
        from tests.harness.adversary import FAULTS

        op, function = FAULTS[name]
        isolate, target = "none", {op: function()}
        make = lambda: InlineTarget({op: function()})  # noqa: E731
    if not op:
        return {"mutant": name, "op": "", "findings": [], "wrong": {}}
    findings = checked(target, op, isolate=isolate)
    return {"mutant": name, "op": op, "findings": told(findings),
            "wrong": wrong_names(findings, make, op)}  # fmt: skip


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
