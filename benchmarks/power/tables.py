"""The figures on a terminal: tables that fit 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cnnspec.harness.suites import SUITES
from cnnspec.mutants.equivalent import KINDS

Figures = dict[str, Any]


def printed(part: str, figures: Figures) -> Iterator[RenderableType]:
    """What is printed of one part."""
    yield Text()
    yield from FACES[part](figures)


def table(*heads: str, wide: bool = False) -> Table:
    """An empty table: the first column of words, the others of numbers, the last of words too if it is ``wide``."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for at, head in enumerate(heads):
        words = at == 0 or (wide and at == len(heads) - 1)
        made.add_column(head, justify="left" if words else "right", no_wrap=True, min_width=len(head) if at else 9,
                        overflow="ellipsis", style="dim" if words and at else None)  # fmt: skip
    return made


def line(words: str, good: bool = True) -> Text:
    """A last line."""
    return Text(words, "bold" if good else "bold red")


def of(part: int, whole: int) -> str:
    """``3 of 4``, or the number alone where it is all."""
    return str(part) if part == whole else f"{part} of {whole}"


def zoo(f: Figures) -> Iterator[RenderableType]:
    """By seed, by family, by law."""
    seeds = table("seed", "killed", "cases", "most", "seconds", "most", "slowest", wide=True)
    for seed, row in f["seeds"].items():
        seeds.add_row(seed, of(row["killed"], f["mutants"]), f"{row['median_cases']:.0f}", str(row["most_cases"]),
                      f"{row['median_seconds']:.2f}", f"{row['most_seconds']:.2f}", row["slowest"])  # fmt: skip
    yield seeds
    yield Text()
    families = table("family", "faults", "killed", "cases", "most", "seconds", "most")
    for family, row in f["by_family"].items():
        families.add_row(family, *(f"{row[key]:.0f}" for key in ("mutants", "killed", "median_cases", "most_cases")),
                         *(f"{row[key]:.2f}" for key in ("median_seconds", "most_seconds")))  # fmt: skip
    yield families
    yield Text()
    laws = table("law", "first", "among them", wide=True)
    for law, names in f["laws"].items():
        laws.add_row(law, str(len(names)), ", ".join(names[:4]))
    yield laws
    yield line(f"zoo: {f['killed']} of {f['mutants']} faults caught with each of {len(f['seeds'])} seeds",
               not f["survivors"])  # fmt: skip
    for name, seeds_missed in f["survivors"].items():
        yield line(f"NOT CAUGHT {name}, seed {', '.join(map(str, seeds_missed))}", good=False)
    for error in f["errors"]:
        yield line(f"ERROR {error}", good=False)


def suites(f: Figures) -> Iterator[RenderableType]:
    """By family, every suite."""
    names = [name for name in SUITES if name in f]
    families = table("family", "faults", *names)
    for family in f[names[0]]["by_family"]:
        rows = [f[name]["by_family"][family] for name in names]
        families.add_row(family, str(rows[0]["mutants"]), *(f"{r['killed']} of {r['reached']}" for r in rows))
    yield families
    for name in names:
        suite = f[name]
        yield line(f"{name} ({suite['version']}, {suite['checks']} checks): catches {suite['killed']} of "
                   f"{suite['reached']} faults in operations that it calls, {suite['mutants']} in all")  # fmt: skip


def auto(f: Figures) -> Iterator[RenderableType]:
    """By module."""
    modules = table("module", "changes", "killed", *KINDS.values(), "neither")
    for module, row in f["by_module"].items():
        rest = row["changes"] - row["killed"] - sum(row[kind] for kind in KINDS)
        cells = (row["changes"], row["killed"], *(row[kind] for kind in KINDS), rest)
        modules.add_row(module, *(str(n or "") for n in cells))
    yield modules
    kinds = ", ".join(f"{f[kind]} {word}" for kind, word in KINDS.items())
    yield line(f"auto: {f['killed']} of {f['changes']} changes killed; {kinds}; {len(f['survivors'])} neither",
               not f["survivors"])  # fmt: skip
    for name, sentence in f["survivors"].items():
        yield Text(f"NOT CAUGHT {name}: {sentence}")


def variants(f: Figures) -> Iterator[RenderableType]:
    """One line, and every finding."""
    yield line(f"variants: {len(f['variants'])} correct implementations, {f['runs']} runs, {f['cases']:,} cases, "
               f"{f['checks']:,} checks at {f['effort']} effort: {len(f['findings'])} findings",
               not f["findings"] and not f["errors"] and f["complete"] == f["runs"])  # fmt: skip
    for variant, seed, law, verdict, case, message in f["findings"]:
        yield Text(f"{variant}, seed {seed}: {law} {verdict}\n  {case}\n  {message}", "red")
    for error in f["errors"]:
        yield line(f"ERROR {error}", good=False)


def findings(f: Figures) -> Iterator[RenderableType]:
    """Sizes and names, by family."""
    size, names = f["size"], f["names"]
    families = table("family", "elements", "right", "equal", "wrong", "none", "harmful")
    for family, row in names["by_family"].items():
        cells = (str(row.get(word, "")) for word in ("right", "equal", "wrong", "none", "harmful"))
        families.add_row(family, f"{size['by_family'][family]:g}", *cells)
    yield families
    yield Text("largest: " + ", ".join(f"{name} {n}" for name, n in size["largest"].items()))
    yield line(f"size: the smallest case has {size['median']:g} elements in the median, "
               f"{of(size['up_to_12'], size['mutants'])} at most 12", size["median"] <= 12)  # fmt: skip
    for name, (op, given, wrong) in names["not_right"].items():
        yield Text(f"{'WRONG' if wrong else 'no name'} {name} on {op}: {', '.join(given)}")
        for other, case in wrong.items():
            yield Text(f"    not {other}: {case}", "dim")
    yield line(f"names: {names['named']} of {names['mutants'] - names['harmful']} named, {names['right']} rightly, "
               f"{names['equal']} by one that does the same, {names['wrong']} wrongly",
               bool(names["share_right"]) and names["share_right"] >= 0.95)  # fmt: skip


def pairs(f: Figures) -> Iterator[RenderableType]:
    """Those that were missed."""
    for name, told in f["missed"].items():
        yield Text(f"{name}: {', '.join(told) or 'none'}")
    yield line(f"pairs: {f['both']} of {f['pairs']} both named, {f['one']} one, {f['none']} none; in {f['hidden']} of "
               f"{f['drawn']} drawn one hides the other", bool(f["share_both"]) and f["share_both"] >= 0.7)  # fmt: skip


def outside(f: Figures) -> Iterator[RenderableType]:
    """Both kinds."""
    rows = table("faults outside the zoo", "faults", "caught", "named", "wrongly")
    for label, row in (("thought up", f["thought_up"]), ("by rule", f["by_rule"])):
        rows.add_row(label, *(str(row[key]) for key in ("faults", "caught", "named", "wrong")))
    yield rows
    for row in (f["thought_up"], f["by_rule"]):
        for name, wrong in row["wrong_names"].items():
            yield Text(f"WRONG {name}: {'; '.join(f'not {other}: {case}' for other, case in wrong.items())}", "red")
        for name in row["not_caught"]:
            yield Text(f"not caught: {name}")


FACES: dict[str, Callable[[Figures], Iterator[RenderableType]]] = {
    "zoo": zoo, "suites": suites, "auto": auto, "variants": variants, "findings": findings, "pairs": pairs,
    "outside": outside,
}  # fmt: skip
"""The face of each part."""
