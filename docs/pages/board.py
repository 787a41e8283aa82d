"""The board: what every library does, operation by operation and law by law, from the committed results.

``docs/data/board/<library>.json`` are written by ``nox -s board``; nothing here is worked out by hand.  A matrix is
plain HTML, so that rows and cells can carry what a filter needs: ``data-library``, ``data-state``, ``data-chapter``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from cnnspec.harness.dialects import FLAGS
from cnnspec.laws.registry import CHAPTERS, every_law
from cnnspec.operations import OPERATIONS, find, spelled_names
from cnnspec.report.states import STATES, together
from cnnspec.report.summary import families
from docs.pages import findings
from docs.pages.laws import chapter_of
from docs.pages.texts import law_words
from docs.pages.words import CHAPTER_WORDS

FOLDER = Path(__file__).parent.parent / "data" / "board"
MARKS = {**{state: marks[0] for state, marks in STATES.items()}, "open": "?"}


def added(states: Iterable[str]) -> str:
    """One state for several; what nobody has looked into yet stands out among what holds.

    Examples
    --------
    >>> added(["pass", "open"]), added(["open", "fail"])
    ('open', 'fail')
    """
    found = set(states)
    return "open" if "open" in found and "fail" not in found else together(found - {"open"})


OPERATION_CHAPTERS = {
    "en": {
        "signal": "Signals", "padding": "Padding", "convolution": "The convolution layer",
        "transpose": "The transposed convolution", "gradients": "Gradients of the convolution",
        "transpose_gradients": "Gradients of the transposed convolution", "pooling": "Pooling",
        "adaptive_pooling": "Adaptive and global pooling", "pooling_gradients": "Gradients of pooling",
        "activation": "ReLU",
    },
    "zh": {
        "signal": "信号", "padding": "填充", "convolution": "卷积层", "transpose": "转置卷积",
        "gradients": "卷积的梯度", "transpose_gradients": "转置卷积的梯度", "pooling": "汇聚",
        "adaptive_pooling": "自适应汇聚与全局汇聚", "pooling_gradients": "汇聚的梯度", "activation": "ReLU",
    },
}  # fmt: skip
WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "operation": "operation", "law": "law", "states": {
            "pass": "every check held", "fail": "a check failed: the finding",
            "dialect": "held, in a permitted dialect", "unclaimed": "not claimed",
            "not run": "claimed, and no case could tell", "open": "failed, and not looked into yet: it may be ours",
        },
        "held": "{} laws hold", "broken": "{} of {} laws broken", "nothing": "not claimed",
        "runs": ("library", "version", "checks", "cases", "effort", "seeds", "Python", "date"),
        "claims": ("library", "operations that it claims", "not claimed"), "every": "all of them",
        "dialects": ("choice", "what is asked", *["{}"]), "default": "default",
    },
    "zh": {
        "operation": "算子", "law": "定律", "states": {
            "pass": "每项检查都成立", "fail": "有检查失败：见发现", "dialect": "成立，但取了业界容许的另一种选择",
            "unclaimed": "没有声明", "not run": "声明了，但没有用例能判断",
            "open": "失败了，但还没有核实：可能是我们的错",
        },
        "held": "{} 条定律成立", "broken": "{1} 条定律中有 {0} 条不成立", "nothing": "没有声明",
        "runs": ("库", "版本", "检查", "用例", "力度", "种子", "Python", "日期"),
        "claims": ("库", "声明了多少算子", "没有声明的"), "every": "全部",
        "dialects": ("选择", "问的是什么", *["{}"]), "default": "默认",
    },
}  # fmt: skip


@cache
def results() -> dict[str, dict[str, Any]]:
    """The results of every library that has some, in the order of the board."""
    files = {name: FOLDER / f"{name}.json" for name in findings.LIBRARIES}
    return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.exists()}


def cells(library: str, ops: Iterable[str] = (), law: str = "") -> list[dict[str, Any]]:
    """The cells of a library for some operations (all if none are named) and one law (all if empty)."""
    table = results()[library]["operations"]
    return [cell for op in (ops or table) for name, cell in table.get(op, {}).items() if law in ("", name)]


def legend(language: str) -> str:
    """What each mark means."""
    meanings = WORDS[language]["states"]
    spans = [f'<span class="cnn-state" data-state="{state}">{MARKS[state]} {meanings[state]}</span>' for state in MARKS]
    return f'<p class="cnn-legend">{" ".join(spans)}</p>'


def _head(first: str) -> str:
    names = "".join(
        f'<th scope="col" data-library="{key}"><a href="{key}/">{findings.LIBRARIES[key]}</a></th>' for key in results()
    )
    return f'<thead><tr><th scope="col">{first}</th>{names}</tr></thead>'


def _links(found: Sequence[dict[str, Any]], library: str, language: str) -> str:
    """A number for each finding behind some cells, linked to its place."""
    ids = dict.fromkeys(name for cell in found for name in cell.get("findings", ()))
    titles = {entry.id: entry.words(language)["title"] for entry in findings.of(library)}
    return " ".join(
        f'<a href="{library}/#{name}" title="{escape(titles[name])}">{place}</a>'
        for place, name in enumerate(ids, start=1)
    )


def _cell(library: str, state: str, chapter: str, text: str, title: str) -> str:
    attributes = f'data-library="{library}" data-state="{state}" data-chapter="{chapter}"'
    return f'<td {attributes} title="{escape(title)}">{text}</td>'


def _table(first: str, rows: Iterable[str]) -> str:
    body = "\n".join(rows)
    return f'<div class="cnn-board-box"><table class="cnn-board">{_head(first)}<tbody>\n{body}\n</tbody></table></div>'


def by_operation(language: str) -> str:
    """Every operation with what each library makes of it, a table for each chapter."""
    parts = []
    for chapter, heading in OPERATION_CHAPTERS[language].items():
        names = [operation for operation in OPERATIONS if operation.chapter == chapter]
        rows = [_operation_row(operation.name, chapter, language) for operation in names]
        parts += [f"### {heading} {{ #op-{chapter.replace('_', '-')} }}", _table(WORDS[language]["operation"], rows)]
    return "\n\n".join(parts)


def _operation_row(name: str, chapter: str, language: str) -> str:
    says = WORDS[language]
    ops = [spelled for spelled in spelled_names() if find(spelled)[0].name == name]
    columns = []
    for library in results():
        table = results()[library]["operations"]
        mine = [(op, law, cell) for op in ops for law, cell in table.get(op, {}).items()]
        state = added(cell["state"] for _, _, cell in mine)
        failed = {law for _, law, cell in mine if cell["state"] == "fail"}
        held = {law for _, law, cell in mine if cell["state"] in ("pass", "dialect")} - failed
        text = f"{MARKS[state]} {len(held)}" if state in ("pass", "dialect") else MARKS[state]
        title = says["held"].format(len(held)) if held else says["nothing"]
        if state == "open":
            title = says["states"]["open"]
        if state == "fail":
            found = [cell for _, _, cell in mine if cell["state"] == "fail"]
            text = f"{MARKS[state]} {_links(found, library, language)}"
            title = says["broken"].format(len(failed), len(held | failed))
        columns.append(_cell(library, state, chapter, text, title))
    head = f'<th scope="row"><code>{name}</code></th>'
    return f'<tr data-operation="{name}" data-chapter="{chapter}">{head}{"".join(columns)}</tr>'


def by_law(language: str) -> str:
    """Every law that a target is asked about, with each library's state over all operations, by chapter."""
    parts = []
    for chapter in CHAPTERS:
        laws = [law for law in every_law() if chapter_of(law) == chapter and law.prove is None]
        rows = [
            _law_row(law, chapter, language) for law in laws if any(cells(library, law=law.id) for library in results())
        ]
        if rows:
            heading = CHAPTER_WORDS[language].get(chapter, chapter)
            parts += [f"### {heading} {{ #law-{chapter.replace('_', '-')} }}", _table(WORDS[language]["law"], rows)]
    return "\n\n".join(parts)


def _law_row(law: Any, chapter: str, language: str) -> str:
    columns = []
    for library in results():
        mine = cells(library, law=law.id)
        state = added(cell["state"] for cell in mine)
        failed = [cell for cell in mine if cell["state"] == "fail"]
        text = f"{MARKS[state]} {_links(failed, library, language)}" if failed else MARKS[state]
        columns.append(_cell(library, state, chapter, text, WORDS[language]["states"][state]))
    title = law_words(law, language).title
    name = f'<a href="../laws/#{law.id.lower()}">{law.id}</a> <span>{escape(title)}</span>'
    return f'<tr data-law="{law.id}" data-chapter="{chapter}"><th scope="row">{name}</th>{"".join(columns)}</tr>'


def runs(language: str) -> str:
    """What was run of every library."""
    head = WORDS[language]["runs"]
    lines = ["| " + " | ".join(head) + " |", "|---|---|--:|--:|---|--:|---|---|"]
    for name, data in results().items():
        seeds = ", ".join(map(str, data["seeds"]))
        cells_ = (f"[{findings.LIBRARIES[name]}]({name}/)", data["version"], f"{data['checks']:,}",
                  f"{data['cases']:,}", data["effort"], seeds, data["python"], data["date"])  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells_)) + " |")
    return "\n".join(lines)


def coverage(language: str) -> str:
    """How many of the operations every library claims, and which not."""
    says = WORDS[language]
    total = len(spelled_names())
    lines = ["| " + " | ".join(says["claims"]) + " |", "|---|--:|---|"]
    for name, data in results().items():
        left = ", ".join(f"`{family}`" for family in families(data["unclaimed"])) or says["every"]
        lines.append(f"| {findings.LIBRARIES[name]} | {total - len(data['unclaimed'])} / {total} | {left} |")
    return "\n".join(lines)


def run_of(library: str, language: str) -> str:
    """The command that made the results of one library; nothing where there are none."""
    data = results().get(library)
    return f"```text\n{data['command']}\n```" if data else ""


def dialects(flags: Sequence[str]) -> dict[str, dict[str, str]]:
    """What each library that can be asked follows: declared or the default, by flag and library."""
    known = {flag.name: flag for flag in FLAGS}
    found: dict[str, dict[str, str]] = {}
    for name in flags:
        flag = known[name]
        for library, data in results().items():
            if {find(op)[0].name for op in data["operations"]} & set(flag.operations):
                found.setdefault(name, {})[library] = data["dialects"].get(name, flag.default)
    return found
