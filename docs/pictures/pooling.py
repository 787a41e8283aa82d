"""Pictures of pooling: a plane in cells, what overlaps, what counts in a divisor, and what a shift changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.geometry import Window
from cnnspec.spec.pooling import avg_pool, max_pool
from cnnspec.spec.windows import sliding_places
from docs.pictures.axis import windows
from docs.pictures.grid import number, plane
from docs.pictures.svg import Part, below, beside, named, picture, text, words

X = np.array([[1, 3, 2, 1], [4, 2, 0, 5], [6, 1, 7, 2], [0, 8, 3, 3]])
LEDGER: dict[str, Any] = {"kernel_size": 3, "stride": 3, "padding": 1, "ceil_mode": True}
ROW = [6, 3, 9, 4, 2, 8]
WORDS = {
    "en": {
        "cells": "A 4 by 4 plane in four cells of 2 by 2; their maxima and means are 2 by 2.",
        "x": "x",
        "max": "max",
        "avg": "mean",
        "ledger": "Six elements, one pad at each end, windows of 3 with stride 3; the last one overhangs.",
        "head": ("window", "real", "padding", "beyond", "with padding", "without"),
        "moved": "An isolated 9 moves one step at a time; its maxima of 3 stay the same within a cell.",
        "step": "moved by {}",
    },
    "zh": {
        "cells": "4×4 的平面分成四个 2×2 的格子；各格的最大值与平均值构成 2×2。",
        "x": "x",
        "max": "最大值",
        "avg": "平均值",
        "ledger": "六个元素，两端各填充一个，窗口 3，步幅 3，开启 ceil_mode：真实元素、填充、越界。",
        "head": ("窗口", "真实元素", "填充", "越界", "填充计入", "填充不计入"),
        "moved": "孤立的 9 每次移一格；只要不出格子，大小为 3 的最大汇聚就不变。",
        "step": "移动 {} 格",
    },
}


def cells(language: str) -> str:
    """The worked example: maxima and means of the four cells."""
    says = WORDS[language]
    marks = {(r, c): f"b{r // 2 * 2 + c // 2}" for r, c in np.ndindex(4, 4)}
    small = {(r, c): f"b{r * 2 + c}" for r, c in np.ndindex(2, 2)}
    shown = [named(says["x"], plane(X.tolist(), marks)), words("→")]
    for name, pool in (("max", max_pool), ("avg", avg_pool)):
        shown.append(named(says[name], plane(pool(X[None, None], kernel_size=2)[0, 0].tolist(), small)))
    return picture(beside(*shown, gap=24), title=says["cells"])


def ledger(language: str) -> str:
    """The windows of an average at both borders."""
    return picture(
        windows(Window(3, stride=3, lo=1, hi=1), len(ROW), ceil_mode=True, values=ROW, pad=""),
        title=WORDS[language]["ledger"],
    )


def divisors(language: str) -> str:
    """Who is counted in each divisor, as a Markdown table."""
    x = np.array([[ROW]])
    counted, real = (avg_pool(x, count_include_pad=flag, **LEDGER)[0, 0] for flag in (True, False))
    lines = ["| " + " | ".join(WORDS[language]["head"]) + " |", "|--:" * 6 + "|"]
    for place in sliding_places(x.shape, **LEDGER):
        (i,), n, p = place.position, len(place.real), place.padding
        total = sum(ROW[t] for (t,) in place.real)
        with_pads = f"{total} / {n + p} = {number(counted[i])}"
        lines.append(f"| {i} | {n} | {p} | {3 - n - p} | {with_pads} | {total} / {n} = {number(real[i])} |")
    return "\n".join(lines)


def moved(language: str) -> str:
    """An isolated maximum that moves, and the maxima of its cells."""
    rows: list[Part] = []
    for shift in range(4):
        x = np.zeros(9, int)
        x[3 + shift] = 9
        marks = {(0, t): f"b{t // 3}" for t in range(9)}
        y = max_pool(x[None, None], kernel_size=3)[0, 0].tolist()
        shown = (plane(x.tolist(), marks), words("→"), plane(y, {(0, i): f"b{i}" for i in range(3)}))
        label = Part(text(80, 19, WORDS[language]["step"].format(shift), "label", "end"), 82, 30)
        rows.append(beside(label, *shown, gap=10))
    return picture(below(*rows, gap=6), title=WORDS[language]["moved"])
