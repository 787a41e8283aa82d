"""The pages on what libraries do differently: tables from ``docs/data/differences.json`` and the board's results.

``python benchmarks/differences.py`` asks the libraries; here their answers are only read.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cnnspec.geometry import same_pads
from cnnspec.reference.convolution import conv1d
from docs.pages.board import dialects, results
from docs.pages.findings import LIBRARIES, of

DATA = Path(__file__).parent.parent / "data" / "differences.json"
WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "library": "library", "word": "word", "of": "n = {}, k = {}, s = {}", "refused": "refused", "none": "–",
        "upper": "upper", "lower": "lower", "even": "no odd pad", "other": "neither",
        "ceil": ("library", "pads counted", "pads left out"),
        "max": ("library", "(NaN, 1)", "(1, NaN)", "(NaN, NaN)", "(−∞, −∞)", "finding"),
        "spec": "**the specification**", "declared": "{}: {}",
    },
    "zh": {
        "library": "库", "word": "写法", "of": "n = {}、k = {}、s = {}", "refused": "拒绝", "none": "–",
        "upper": "upper", "lower": "lower", "even": "没有多出的", "other": "都不是",
        "ceil": ("库", "填充计入", "填充不计入"),
        "max": ("库", "(NaN, 1)", "(1, NaN)", "(NaN, NaN)", "(−∞, −∞)", "发现"),
        "spec": "**规范**", "declared": "{}：{}",
    },
}  # fmt: skip


@cache
def answers() -> dict[str, Any]:
    """What each library answered."""
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))["answers"]
    return {name: data[name] for name in LIBRARIES if name in data}


def read_pads(answer: dict[str, Any]) -> tuple[str, tuple[int, int]] | None:
    """Which of the two ways of padding gives the numbers of an answer, and its pads; ``None`` for neither.

    Examples
    --------
    >>> read_pads({"extent": 5, "kernel": 2, "stride": 1, "y": [10, 21, 32, 43, 54]})
    ('lower', (1, 0))
    """
    n, k, s = answer["extent"], answer["kernel"], answer["stride"]
    x, w = np.arange(1.0, n + 1)[None, None], (10.0 ** np.arange(k))[None, None]
    ways = {side: same_pads(n, k, s, 1, upper=side == "upper") for side in ("upper", "lower")}
    for side, pads in ways.items():
        y = conv1d(x, w, stride=s, padding=(pads,))[0, 0]
        if len(y) == len(answer["y"]) and np.array_equal(y, answer["y"]):
            return ("even" if ways["upper"] == ways["lower"] else side), pads
    return None


def same(language: str) -> str:
    """Every library that has such a word: the pads that it means, read off its numbers."""
    says = WORDS[language]
    asked = {(a["extent"], a["kernel"], a["stride"]): 0 for one in answers().values() for a in one["same"]}
    head = [says["library"], says["word"], *(says["of"].format(*geometry) for geometry in asked)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, one in answers().items():
        for word in dict.fromkeys(a["word"] for a in one["same"]):
            mine = [a for a in one["same"] if a["word"] == word]
            if any(isinstance(a["y"], list) for a in mine):
                lines.append(f"| {LIBRARIES[name]} | `{word}` | " + " | ".join(_pads(a, says) for a in mine) + " |")
    return _dense(lines)


def _dense(lines: list[str]) -> str:
    return "\n".join(['<div class="cnn-dense" markdown>', "", *lines, "", "</div>"])


def _pads(answer: dict[str, Any], says: dict[str, Any]) -> str:
    if not isinstance(answer["y"], list):
        return str(says["none"] if answer["y"] is None else says["refused"])
    found = read_pads(answer)
    return str(says["other"]) if found is None else f"({found[1][0]}, {found[1][1]}) {says[found[0]]}"


def ceil(language: str) -> str:
    """Every library that has the ceil rule for averages: the three elements of the picture, both ways."""
    from docs.pictures.differences import divisors

    says = WORDS[language]
    lines = ["| " + " | ".join(says["ceil"]) + " |", "|---|---|---|"]
    ours = divisors()
    lines.append(f"| {says['spec']} | " + " | ".join(", ".join(row) for row in ours) + " |")
    for name, one in answers().items():
        ways = [one["ceil"]["counted"], one["ceil"]["left out"]]
        if any(isinstance(way, list) for way in ways):
            lines.append(f"| {LIBRARIES[name]} | " + " | ".join(map(_numbers, ways, ours)) + " |")
    return _dense(lines)


def _numbers(found: Any, ours: list[str]) -> str:
    """Numbers of an answer; those that are not the specification's stand out."""
    if not isinstance(found, list):
        return "–"
    shown = [_short(value) for value in found]
    return ", ".join(text if text == expected else f"**{text}**" for text, expected in zip(shown, ours, strict=True))


def _short(value: Any) -> str:
    names = {"nan": "NaN", "inf": "∞", "-inf": "−∞"}
    if isinstance(value, str):
        return names.get(value, value)
    return f"{value:.3g}".replace("-", "−")


def maxima(language: str) -> str:
    """Every library: the maximum of four windows in float32, and the findings that come of it."""
    says = WORDS[language]
    head = says["max"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, one in answers().items():
        found = [entry for entry in of(name) if {"POOL-8", "POOL-10"} & set(entry.laws)]
        links = ", ".join(f"[{place}](../{name}/#{entry.id})" for place, entry in enumerate(found, start=1))
        values = [_numbers_of(one["max"][window]) for window in ("nan, 1", "1, nan", "nan, nan", "-inf, -inf")]
        lines.append(f"| {LIBRARIES[name]} | " + " | ".join(values) + f" | {links} |")
    return _dense(lines)


def _numbers_of(found: Any) -> str:
    return ", ".join(map(_short, found)) if isinstance(found, list) else "–"


def declared(language: str) -> str:
    """What the libraries of the board declare on the two questions, from their results."""
    says = WORDS[language]
    rows = dialects(("pool.max.nan", "pool.max.identity"))
    return (
        "\n".join(
            f"- `{flag} = {value}`{': ' if language == 'en' else '：'}"
            + ("、" if language == "zh" else ", ").join(LIBRARIES[name] for name, mine in row.items() if mine == value)
            for flag, row in rows.items()
            for value in dict.fromkeys(row.values())
        )
        if results()
        else says["none"]
    )
