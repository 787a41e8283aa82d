"""The page about what the suite catches: tables and figures from ``docs/data/power.json``, which a measurement wrote.

``python -m benchmarks.power --json`` measures them; nothing here is worked out by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cnnspec import mutants
from cnnspec.mutants.equivalent import KINDS
from docs.pages.texts import mutant_words

DATA = Path(__file__).parent.parent / "data" / "power.json"
PARTS = ("zoo", "suites", "auto", "variants", "findings", "pairs", "outside")
SUITES = {"onnx": "ONNX", "opinfo": "PyTorch"}

HEADS: dict[str, dict[str, Any]] = {
    "en": {
        "seeds": ("seed", "caught", "cases, median", "most", "seconds, median", "most"),
        "families": ("family", "faults", "cnnspec", "ONNX", "PyTorch", "elements"),
        "all": "all",
        "laws": ("law", "faults", "among them"),
        "each": ("fault", "law", "cases", "first case"),
        "suites": ("suite", "version", "checks", "reached", "caught", "let through"),
        "changes": ("module", "changes", "caught", "equivalent", "allowed", "not asked for", "none of these"),
        "percent": ("share of faults", "elements at most"),
        "names": ("", "faults", "named", "rightly", "by one that does the same", "wrongly"),
        "kinds": ("one fault of the zoo", "thought up to slip through", "changes made by rule"),
        "parts": ("figures", "date", "commit", "minutes of work"),
        "survived": "**Not caught:** {}",
        "with_seed": "{} (seed {})",
        "between": ", ",
        "none": "None.",
    },
    "zh": {
        "seeds": ("种子", "抓出", "用例数中位数", "最多", "秒数中位数", "最多"),
        "families": ("类别", "错误", "cnnspec", "ONNX", "PyTorch", "元素数"),
        "all": "合计",
        "laws": ("定律", "错误数", "其中"),
        "each": ("错误", "定律", "用例数", "第一个用例"),
        "suites": ("测试", "版本", "检查项", "够得着", "抓出", "放过"),
        "changes": ("模块", "改动", "抓出", "等价", "允许", "不作要求", "都不是"),
        "percent": ("错误的比例", "元素数不超过"),
        "names": ("", "错误", "给出名字", "正确", "行为相同的另一个", "错误的名字"),
        "kinds": ("变异体中的单个错误", "专门设计来蒙混过关的错误", "按规则作出的改动"),
        "parts": ("数据", "日期", "提交", "计算用时（分钟）"),
        "survived": "**没有抓出：**{}",
        "with_seed": "{}（种子 {}）",
        "between": "、",
        "none": "没有。",
    },
}
LABELS = {
    "en": {
        "zoo": "the zoo with every seed", "suites": "other suites", "auto": "changes made by rule",
        "variants": "correct implementations", "findings": "smallest cases and names", "pairs": "two faults at once",
        "outside": "faults outside the zoo",
    },
    "zh": {
        "zoo": "全部变异体，每个种子", "suites": "其他测试", "auto": "按规则作出的改动", "variants": "正确的实现",
        "findings": "最小用例与名字", "pairs": "两个错误同时出现", "outside": "变异体之外的错误",
    },
}  # fmt: skip


@cache
def figures() -> dict[str, Any]:
    """The file."""
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


def part(name: str) -> dict[str, Any]:
    """The figures of one part."""
    found: dict[str, Any] = figures()["parts"][name]
    return found


def percent(share: float) -> str:
    """A share in whole percent, rounded down: nothing looks better than it is.

    Examples
    --------
    >>> percent(0.9967)
    '99'
    """
    return str(int(share * 100 + 1e-9))


def markdown(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; columns of numbers are set to the right.

    Examples
    --------
    >>> print(markdown(("law", "faults"), [("CORR-1", 3), ("all", "**3**")]))
    | law | faults |
    |---|--:|
    | CORR-1 | 3 |
    | all | **3** |
    """
    cells = [[str(cell) for cell in row] for row in rows]
    number = [all(re.fullmatch(r"[*\d.,% ]*", row[at]) for row in cells) for at in range(len(heads))]
    lines = ["| " + " | ".join(heads) + " |", "|" + "".join("--:|" if right else "---|" for right in number)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in cells)])


def _code(names: Iterable[str], language: str) -> str:
    return str(HEADS[language]["between"]).join(f"`{name}`" for name in names)


def seeds(language: str) -> str:
    """Every seed: how many faults were caught, after how many cases and seconds."""
    zoo = part("zoo")
    rows = [
        (seed, row["killed"], f"{row['median_cases']:.0f}", row["most_cases"],
         f"{row['median_seconds']:.2f}", f"{row['most_seconds']:.2f}")
        for seed, row in zoo["seeds"].items()
    ]  # fmt: skip
    return markdown(HEADS[language]["seeds"], rows) + "\n\n" + survivors(language)


def survivors(language: str) -> str:
    """The faults that were not caught with some seed; nothing where there are none."""
    words, missed = HEADS[language], part("zoo")["survivors"]
    told = [words["with_seed"].format(f"`{name}`", ", ".join(map(str, seeds))) for name, seeds in missed.items()]
    return str(words["survived"]).format(words["between"].join(told)) if told else ""


def families(language: str) -> str:
    """Every family: its faults, how many each suite catches, and how large the smallest case is in the median."""
    zoo, others, size = part("zoo"), part("suites"), part("findings")["size"]
    rows = []
    for family, row in zoo["by_family"].items():
        cells = [others[suite]["by_family"][family] for suite in SUITES]
        rows.append((f"`{family}`", row["mutants"], row["killed"], *(c["killed"] for c in cells),
                     f"{size['by_family'].get(family, 0):g}"))  # fmt: skip
    total = (zoo["mutants"], zoo["killed"], *(others[suite]["killed"] for suite in SUITES), f"{size['median']:g}")
    rows.append((f"**{HEADS[language]['all']}**", *(f"**{number}**" for number in total)))
    return markdown(HEADS[language]["families"], rows)


def laws(language: str) -> str:
    """Every law that caught a fault first with some seed, and some of them."""
    rows = [(f"[{law}][]", len(names), _code(names[:3], language)) for law, names in part("zoo")["laws"].items()]
    return markdown(HEADS[language]["laws"], rows)


def each(language: str) -> str:
    """Every fault: what it is, and the law and case that caught it first with seed 0."""
    rows = []
    for name, (law, verdict, cases, _, case) in part("zoo")["first"].items():
        told = f"[{law}][]" if verdict == "failed" else f"[{law}][] {verdict}"
        rows.append(
            (f"`{name}`: {_cell(_sentence(name, language))}", told if law else "", cases, f"`{case}`" if case else "")
        )
    return markdown(HEADS[language]["each"], rows)


def _sentence(name: str, language: str) -> str:
    return mutant_words(name, language) if name in mutants.names() else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def suites(language: str) -> str:
    """Every other suite: what it is, how many faults it can reach, and how many it catches."""
    others = part("suites")
    rows = [
        (name, suite["version"], suite["checks"], suite["reached"], suite["killed"], suite["reached"] - suite["killed"])
        for name, suite in ((label, others[key]) for key, label in SUITES.items())
    ]
    return markdown(HEADS[language]["suites"], rows)


def changes(language: str) -> str:
    """Every module of the reference: changes made by rule, and what became of them."""
    auto = part("auto")
    rows: list[Sequence[Any]] = [
        (f"`{module}`", *counts(row)) for module, row in auto["by_module"].items() if row["changes"]
    ]  # fmt: skip
    rows.append((f"**{HEADS[language]['all']}**", *(f"**{n}**" for n in counts(auto))))
    return markdown(HEADS[language]["changes"], rows)


def counts(row: dict[str, Any]) -> tuple[int, ...]:
    """Changes, caught, those of each kind that no run shows, and the rest."""
    kinds = [row[kind] for kind in KINDS]
    return row["changes"], row["killed"], *kinds, row["changes"] - row["killed"] - sum(kinds)


def neither(language: str) -> str:
    """The changes that were not caught, and for which nobody has said why they could not be."""
    left = part("auto")["survivors"]
    return "\n".join(f"- `{name}`: {sentence}" for name, sentence in left.items()) or str(HEADS[language]["none"])


def alarms(language: str) -> str:
    """The findings on correct implementations, of which there should be none."""
    found = part("variants")["findings"]
    return "\n".join(f"- {name}, {seed}: {law}, `{case}`" for name, seed, law, _, case, _ in found) or str(
        HEADS[language]["none"]
    )


def sizes(language: str) -> str:
    """How many elements the smallest case takes, for shares of the faults."""
    rows = [(f"{share} %", count) for share, count in part("findings")["size"]["percentiles"].items()]
    return markdown(HEADS[language]["percent"], rows)


def names(language: str) -> str:
    """Single faults, in the zoo and outside: how often a name was given, and how often it was right."""
    zoo, outside = part("findings")["names"], part("outside")
    kinds = HEADS[language]["kinds"]
    rows: list[Sequence[Any]] = [
        (kinds[0], zoo["mutants"], zoo["named"], zoo["right"], zoo["equal"], zoo["wrong"]),
        *((kind, row["caught"], row["named"], 0, row["named"] - row["wrong"], row["wrong"])
          for kind, row in zip(kinds[1:], (outside["thought_up"], outside["by_rule"]), strict=True)),
    ]  # fmt: skip
    return markdown(HEADS[language]["names"], rows)


def measured(language: str) -> str:
    """When, and from which state of the source, every part was measured."""
    rows = [
        (LABELS[language][name], part(name)["date"], f"`{part(name)['commit']}`", round(part(name)["spent"] / 60))
        for name in PARTS
    ]
    return markdown(HEADS[language]["parts"], rows)


def versions() -> str:
    """What it was measured with."""
    return ", ".join(f"{name} {version}" for name, version in figures()["environment"].items())
