"""The computed parts of the pages of operations: formula, laws, definition, names elsewhere, what has gone wrong."""

from __future__ import annotations

import inspect
import re
import tomllib
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnnspec import mutants
from cnnspec.laws.registry import every_law
from cnnspec.operations import BY_NAME
from docs.pages.texts import DOCS, law_words, mutant_words
from docs.pages.words import FORMULA_WORDS, OPERATION_PAGE

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = len(BY_NAME) - 3
"""A law of more operations than this is one of every call, and is not listed with each."""


def definition_of(name: str) -> Callable[..., Any]:
    """The definition of a name such as ``conv``, or ``stacks.compose`` for one that no target offers."""
    if name in BY_NAME:
        return BY_NAME[name].definition
    chapter, _, function = name.partition(".")
    found: Callable[..., Any] = getattr(import_module(f"cnnspec.spec.{chapter}"), function)
    return found


def formula(name: str, language: str) -> str:
    """The formulas of a definition, as its docstring has them."""
    text = inspect.getdoc(definition_of(name)) or ""
    found = "\n\n".join(re.findall(r"\$\$.*?\$\$", text, flags=re.DOTALL))
    for english, chinese in FORMULA_WORDS.items() if language == "zh" else ():
        found = found.replace(english, chinese)
    return found


def laws_of(language: str, *names: str, only: tuple[str, ...] = ()) -> str:
    """The laws that speak of these operations, or ``only`` some; those of every call are only mentioned."""
    laws = [law for law in every_law() if set(law.operations) & set(names) and len(law.operations) <= MOST]
    laws = [law for law in laws if law.id in only] if only else laws
    lines = [f"- [{law.id}][]{OPERATION_PAGE[language]['colon']}{law_words(law, language).title}" for law in laws]
    if len(lines) < len(only):
        raise KeyError(only)
    says = OPERATION_PAGE[language]
    rest = [] if only else [says["every"]]
    return "\n\n".join([f'<div class="cnn-laws" markdown>\n{says["laws"]}', "\n".join(lines), *rest, "</div>"])


def source_of(language: str, *names: str) -> str:
    """The definitions of these names, as they stand in the package, folded."""
    parts = []
    for name in names:
        function = definition_of(name)
        path = f"{function.__module__.replace('.', '/')}.py"
        title = OPERATION_PAGE[language]["source"].format(name=function.__name__, path=path)
        code = "\n".join(f"    {line}".rstrip() for line in inspect.getsource(function).splitlines())
        parts.append(f'??? quote "{title}"\n\n    ```python\n{code}\n    ```')
    return "\n\n".join(parts)


def names_of(page: str, language: str) -> str:
    """What the arguments are called elsewhere, as a table with its sources."""
    entry, says = _names()[page], OPERATION_PAGE[language]
    head = [says["here"], *map(_linked, entry["frameworks"], entry["sources"])]
    rows = [[[says["function"]] * 2, *entry["functions"]], *entry["rows"]]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += [
        "| " + " | ".join([_mine(row[0], language), *(_cell(c, language) for c in row[1:])]) + " |" for row in rows
    ]
    return "\n".join(['<div class="cnn-dense cnn-names" markdown>', "", *lines, "", "</div>"])


def reports_of(language: str, *names: str) -> str:
    """The mutants of these operations that stand after bug reports, as a folded table."""
    says = OPERATION_PAGE[language]
    every = (mutants.find(name) for name in mutants.names())
    told = [m for m in every if m.reports and set(m.operations) & set(names) and len(m.operations) <= MOST]
    lines = [f"| {says['fault']} | {says['seen']} |", "|---|---|"]
    lines += [f"| {mutant_words(m.name, language)} | {', '.join(map(_report, m.reports))} |" for m in told]
    table = "\n".join(f"    {line}" for line in lines)
    return f'??? bug "{says["reports"].format(len(told))}"\n\n{table}'


@cache
def _names() -> dict[str, dict[str, Any]]:
    return tomllib.loads((DOCS / "names.toml").read_text(encoding="utf-8"))


def _cell(value: str | list[str], language: str) -> str:
    text = value if isinstance(value, str) else value[language == "zh"]
    return text or "–"


def _mine(value: str | list[str], language: str) -> str:
    """A name of ours is code, up to its first space; words stay words."""
    text = _cell(value, language)
    return f"`{text}`" if isinstance(value, str) and re.fullmatch(r"[\w=, ]+( ?\(.*\))?", text) else text


def _linked(name: str, address: str) -> str:
    return f"[{name}]({address})" if address else name


def _report(text: str) -> str:
    """A bug report, linked where it says whose."""
    match = re.fullmatch(r"([\w.-]+/[\w.-]+)#(\d+)", text)
    return f"[{text}](https://github.com/{match[1]}/issues/{match[2]})" if match else text
