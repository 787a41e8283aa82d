"""The pages of findings: read from ``docs/findings``, where each has a table of words and a script that shows it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cnnspec.laws.registry import find_law
from cnnspec.report.summary import families
from docs.pages.texts import law_words

FOLDER = Path(__file__).parent.parent / "findings"
CLASSES = ("unsafe", "wrong", "inconsistent", "refusal", "dialect")
"""The gravest first."""

LIBRARIES = {
    "torch": "PyTorch", "jax": "JAX", "tensorflow": "TensorFlow", "onnxruntime": "ONNX Runtime",
    "onnx-reference": "ONNX reference", "openvino": "OpenVINO", "opencv": "OpenCV", "mlx": "MLX",
    "tinygrad": "tinygrad", "scipy": "SciPy",
}  # fmt: skip
"""The libraries of the board in their order, with the names they give themselves."""

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "unsafe": ("unsafe", "a crash, a hang, or memory that was never written"),
        "wrong": ("wrong", "against the library's own documentation"),
        "inconsistent": ("inconsistent", "the library contradicts itself"),
        "refusal": ("refusal", "a valid call is refused"),
        "dialect": ("dialect", "a choice that nobody else makes, and that is not forbidden"),
        "law": "Law", "where": "Found in", "case": "Smallest case", "expected": "Expected", "got": "Got",
        "cause": "Cause", "again": "Again", "source": "Source", "known": "Reported", "by_hand": "By hand",
        "prints": "It prints:", "colon": ": ", "script": "The library alone, without cnnspec",
        "list": ("finding", "library", "class", "laws"), "and": ", ",
        "none": "No deviation has been found in it that is not a permitted choice.",
        "counts": ("library", "findings", "unsafe", "wrong", "inconsistent", "refusal", "dialect"), "all": "all",
    },
    "zh": {
        "unsafe": ("不安全", "崩溃、卡死，或返回从未写过的内存"),
        "wrong": ("错误", "与该库自己的文档相违"),
        "inconsistent": ("不一致", "该库自相矛盾"),
        "refusal": ("拒绝", "合法的调用被拒绝"),
        "dialect": ("方言", "与众不同、但并未被禁止的选择"),
        "law": "定律", "where": "出处", "case": "最小用例", "expected": "应得", "got": "实得", "cause": "原因",
        "again": "重现", "source": "依据", "known": "已有报告", "by_hand": "手工", "prints": "输出：", "colon": "：",
        "script": "只用该库、不用 cnnspec", "list": ("发现", "库", "类别", "定律"), "and": "、",
        "none": "除了业界容许的选择之外，没有在其中查出偏差。",
        "counts": ("库", "发现", "不安全", "错误", "不一致", "拒绝", "方言"), "all": "合计",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One finding: its id, what its file says, and its script."""

    id: str
    data: dict[str, Any]
    script: str

    def __getattr__(self, name: str) -> Any:
        return self.data[name]

    def words(self, language: str) -> dict[str, str]:
        """Title, expected, got and cause."""
        found: dict[str, str] = self.data[language]
        return found


@cache
def entries() -> tuple[Entry, ...]:
    """Every finding: by library, the gravest first."""
    found = [
        Entry(file.stem, tomllib.loads(file.read_text(encoding="utf-8")), file.with_suffix(".py").read_text("utf-8"))
        for file in sorted(FOLDER.glob("*.toml"))
    ]
    order = list(LIBRARIES)
    return tuple(sorted(found, key=lambda e: (order.index(e.library), CLASSES.index(e.data["class"]), e.id)))


def of(library: str) -> list[Entry]:
    """The findings of one library."""
    return [entry for entry in entries() if entry.library == library]


def page(library: str, language: str) -> str:
    """Every finding of a library as Markdown, each under its heading."""
    return "\n\n".join(section(entry, language) for entry in of(library)) or str(WORDS[language]["none"])


def section(entry: Entry, language: str) -> str:
    """One finding as Markdown."""
    says, words = WORDS[language], entry.words(language)
    kind, meaning = says[entry.data["class"]]
    rows = [
        (says["law"], says["and"].join(_law(name, language) for name in entry.laws)),
        (says["where"], f"{LIBRARIES[entry.library]} {entry.version}{says['colon']}{_operations(entry, language)}"),
        (says["case"], f"`{entry.case}`"),
        (says["expected"], words["expected"]),
        (says["got"], words["got"]),
        (says["cause"], words["cause"]),
        (says["again"], f"`{entry.command}`"),
    ]
    if "source" in entry.data:
        rows.append((says["source"], _link(entry.source)))
    if "upstream" in entry.data:
        rows.append((says["known"], _link(entry.upstream)))
    attributes = f'data-library="{entry.library}" data-class="{entry.data["class"]}"'
    lines = [
        f"## {words['title']} {{ #{entry.id} }}",
        f'<div class="cnn-law cnn-finding" {attributes} markdown>',
        f'<span class="cnn-class" data-class="{entry.data["class"]}" title="{meaning}">{kind}</span>',
        *(f"{label}\n:   {text}" for label, text in rows),
        f'??? example "{says["script"]}"\n\n' + _indented(f"```python\n{entry.script.rstrip()}\n```"),
        f"{says['prints']}\n\n```text\n{entry.output.strip()}\n```",
        "</div>",
    ]
    return "\n\n".join(lines)


def _law(name: str, language: str) -> str:
    return f"[{name}][]{WORDS[language]['colon']}{law_words(find_law(name), language).title}"


def _operations(entry: Entry, language: str) -> str:
    return str(WORDS[language]["and"]).join(f"`{name}`" for name in families(entry.operations))


def _link(address: str) -> str:
    return f"[{re.sub(r'^https?://(www[.])?', '', address).rstrip('/')}]({address})"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def listing(language: str) -> str:
    """All findings as a table, each linked to its place; for a page beside the folder ``board``."""
    head = WORDS[language]["list"]
    lines = ['<div class="cnn-dense" markdown>', "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for entry in entries():
        laws = ", ".join(f"[{name}][]" for name in entry.laws)
        title = entry.words(language)["title"].replace("|", "\\|")
        kind = WORDS[language][entry.data["class"]][0]
        lines.append(
            f"| [{title}](../board/{entry.library}/#{entry.id}) | {LIBRARIES[entry.library]} | {kind} | {laws} |"
        )
    return "\n".join([*lines, "", "</div>"])


def counts(language: str) -> str:
    """How many findings of each class every library has."""
    says = WORDS[language]
    head = says["counts"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    rows = [(f"[{name}](../board/{key}/)", of(key)) for key, name in LIBRARIES.items() if of(key)]
    for name, found in [*rows, (f"**{says['all']}**", list(entries()))]:
        numbers = [len(found), *(sum(e.data["class"] == kind for e in found) for kind in CLASSES)]
        lines.append(f"| {name} | " + " | ".join(str(n) if n else "" for n in numbers) + " |")
    return "\n".join(lines)


def classes(language: str) -> str:
    """What each class means."""
    says = WORDS[language]
    return "\n".join(f"- **{name}**{says['colon']}{meaning}" for name, meaning in (says[kind] for kind in CLASSES))
