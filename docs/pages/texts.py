"""What the Chinese pages say for words that the code has in English: laws, mutants, false sentences.

A translation carries a digest of the English that it was made from, so that it cannot grow stale unseen.
"""

from __future__ import annotations

import tomllib
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cnnspec import mutants
from cnnspec.laws.counterexamples import COUNTEREXAMPLES, CounterExample
from cnnspec.laws.registry import every_law

if TYPE_CHECKING:
    from cnnspec.laws.law import Law

DOCS = Path(__file__).parent.parent


class Words(NamedTuple):
    """A law in words."""

    title: str
    statement: str
    formula: str


class FalseWords(NamedTuple):
    """A false sentence and its two sides, in words."""

    claim: str
    left: str
    right: str


def law_words(law: Law, language: str) -> Words:
    """The title, statement and formula of a law; in English where there is no translation."""
    entry = {} if language == "en" else table("laws").get(law.id, {})
    return Words(*(entry.get(field, getattr(law, field)) for field in Words._fields))


def mutant_words(name: str, language: str) -> str:
    """The sentence of a mutant; in English where its translation is missing or stale."""
    sentence = mutants.find(name).sentence
    entry = table("mutants").get(name, {})
    return sentence if language == "en" or entry.get("of") != digest(sentence) else entry["sentence"]


def false_words(example: CounterExample, language: str) -> FalseWords:
    """A false sentence and its two sides."""
    if language == "en" or example.name not in table("false"):
        return FalseWords(example.claim, example.left[0], example.right[0])
    entry = table("false")[example.name]
    return FalseWords(entry["claim"], entry["left"], entry["right"])


def english() -> dict[str, dict[str, tuple[str, ...]]]:
    """By table and name, the English texts that must have a translation."""
    named = dict.fromkeys(name for law in every_law() for name in law.mutants)
    return {
        "laws": {law.id: (law.title, law.statement, law.formula) for law in every_law()},
        "mutants": {name: (mutants.find(name).sentence,) for name in named},
        "false": {e.name: (e.claim, e.left[0], e.right[0]) for e in COUNTEREXAMPLES},
    }


@cache
def table(name: str) -> dict[str, dict[str, Any]]:
    """The translations of one kind, from all its files."""
    merged: dict[str, dict[str, Any]] = {}
    for path in sorted((DOCS / "chinese").glob(f"{name}*.toml")):
        merged |= tomllib.loads(path.read_text(encoding="utf-8"))
    return merged


def digest(*texts: str) -> str:
    """Eight hexadecimal digits that change with the texts."""
    return sha256("\n".join(texts).encode()).hexdigest()[:8]
