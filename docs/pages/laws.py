"""The page of laws: every law by id, with its formula, its example and the faults that it must catch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cnnspec.laws.counterexamples import COUNTEREXAMPLES
from cnnspec.laws.law import LANES
from cnnspec.laws.registry import CHAPTERS, every_law
from cnnspec.operations import BY_NAME
from docs.pages.texts import false_words, law_words, mutant_words
from docs.pages.words import CHAPTER_WORDS, LANE_WORDS, LAW_PAGE

if TYPE_CHECKING:
    from cnnspec.laws.law import Law


class Numbers(NamedTuple):
    """How many there are of each."""

    laws: int
    mutants: int
    false: int


def numbers() -> Numbers:
    """What the introduction counts."""
    named = {name for law in every_law() for name in law.mutants}
    return Numbers(len(every_law()), len(named), len(COUNTEREXAMPLES))


def lanes(language: str) -> str:
    """The lanes as a table: what is compared, and how many laws do so."""
    head = LAW_PAGE[language]["lanes"]
    rows = [f"| {head[0]} | {head[1]} | {head[2]} |", "|---|---|--:|"]
    for lane in LANES:
        count = sum(law.lane == lane for law in every_law())
        rows.append(f"| {LANE_WORDS[language][lane][0]} | {LANE_WORDS[language][lane][1]} | {count} |")
    return "\n".join(rows)


def chapters(language: str) -> str:
    """Every law, under the heading of its chapter, as Markdown."""
    parts = []
    for chapter in CHAPTERS:
        parts.append(f"## {CHAPTER_WORDS[language].get(chapter, chapter)} {{ #laws-{chapter.replace('_', '-')} }}")
        parts += [entry(law, language) for law in every_law() if chapter_of(law) == chapter]
    return "\n\n".join(parts)


def chapter_of(law: Law) -> str:
    """The file that states it."""
    return (law.prove or law.check).__module__.rpartition(".")[2]


def entry(law: Law, language: str) -> str:
    """One law as Markdown: heading, statement, formula, and a list of the rest."""
    words, says = law_words(law, language), LAW_PAGE[language]
    lines = [f"### {law.id} · {words.title} {{ #{law.id.lower()} }}", '<div class="cnn-law" markdown>', words.statement]
    lines.append(f"{words.formula}\n{{ .cnn-formula }}")
    rows = [
        (says["operations"], operations(law.operations, language) + _needs(law, language)),
        (says["lane"], f"{LANE_WORDS[language][law.lane][0]}{says['colon']}{LANE_WORDS[language][law.lane][1]}"),
        (says["example"], f"`{law.example[0]}` → `{result(law.example[1])}`"),
    ]
    if law.mutants:
        faults = [f"`{name}`{says['colon']}{mutant_words(name, language)}" for name in law.mutants]
        rows.append((says["mutants"], _list(faults)))
    false = [refuted(e, language) for e in COUNTEREXAMPLES if e.law == law.id]
    if false:
        rows.append((says["false"], _list(false)))
    rows.append((says["source"], source(law.source)))
    lines += [f"{label}\n:   {text}" for label, text in rows]
    return "\n\n".join([*lines, "</div>"])


def operations(names: tuple[str, ...], language: str) -> str:
    """The operations that a law speaks of."""
    if len(names) > len(BY_NAME) - 3:
        missing = [f"`{name}`" for name in BY_NAME if name not in names]
        return LAW_PAGE[language]["every"] + (LAW_PAGE[language]["but"].format(", ".join(missing)) if missing else "")
    return ", ".join(f"[`{name}`][op-{name}]" for name in names)


def _needs(law: Law, language: str) -> str:
    if not law.needs:
        return ""
    return LAW_PAGE[language]["needs"].format(", ".join(f"`{name}`" for name in law.needs))


def refuted(example: Any, language: str) -> str:
    """A false sentence with the numbers that refute it."""
    words, says = false_words(example, language), LAW_PAGE[language]
    left, right = (result(_bare(number)) for number in example.numbers)
    return says["refuted"].format(claim=words.claim, left=words.left, a=left, right=words.right, b=right)


def false_sentences(language: str, *names: str) -> str:
    """The false sentences of these names, as a box for a page."""
    items = [refuted(e, language) for name in names for e in COUNTEREXAMPLES if e.name == name]
    if len(items) != len(names):
        raise KeyError(names)
    return "\n".join([f'!!! failure "{LAW_PAGE[language]["box"]}"', "", *(f"    - {item}" for item in items)])


def result(value: Any) -> str:
    """The result of an example: one array, or several."""
    return "; ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _bare(value: Any) -> Any:
    """Nested lists without the axes of one element around them."""
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    return value


def source(text: str) -> str:
    """A published source, linked where it has an address."""
    name, _, address = text.partition("; http")
    return f"[{name}](http{address})" if address else name


def _list(items: list[str]) -> str:
    return items[0] if len(items) == 1 else "\n".join(f"    - {item}" for item in items).lstrip()
