"""Pictures of the three choices on which libraries part most often, from the same arithmetic as everything else."""

from __future__ import annotations

import numpy as np

from cnnspec.geometry import Window, same_pads
from cnnspec.spec.pooling import avg_pool
from docs.pictures.axis import windows
from docs.pictures.grid import number, plane
from docs.pictures.svg import Part, below, beside, named, picture, words

WORDS = {
    "en": {
        "same": "Five elements, a kernel of 4: three pads are needed, and the odd one goes to the end or to the start.",
        "upper": "upper: the odd pad at the end", "lower": "lower: the odd pad at the start",
        "ceil": "Four ones, one pad at each end, windows of 3 with stride 2: the ceil rule adds one that overhangs.",
        "max": "The window (NaN, 1) and the window (1, NaN), each with the maxima that libraries give.",
        "first": "NaN first", "last": "NaN last", "kept": "propagated", "left": "ignored", "order": "by order",
    },
    "zh": {
        "same": "五个元素，核大小为 4：需要三个填充，多出的那一个放在末尾或开头。",
        "upper": "upper：多出的填充在末尾", "lower": "lower：多出的填充在开头",
        "ceil": "四个 1，两端各填充一个，窗口 3，步幅 2：ceil 规则多出一个伸出去的窗口。",
        "max": "窗口 (NaN, 1) 与窗口 (1, NaN)，以及各库给出的最大值。",
        "first": "NaN 在前", "last": "NaN 在后", "kept": "传播", "left": "忽略", "order": "看次序",
    },
}  # fmt: skip


def same(language: str, extent: int = 5, kernel: int = 4) -> str:
    """The pads called same, both ways, and what each window reads."""
    says = WORDS[language]
    parts: list[Part] = []
    for side in ("upper", "lower"):
        lo, hi = same_pads(extent, kernel, 1, 1, upper=side == "upper")
        parts.append(named(says[side], windows(Window(kernel, lo=lo, hi=hi), extent, values=range(1, extent + 1))))
    return picture(below(*parts, gap=26), title=says["same"])


def ceil(language: str) -> str:
    """An average under the ceil rule, whose last window overhangs."""
    return picture(
        windows(Window(3, stride=2, lo=1, hi=1), 4, ceil_mode=True, values=[1] * 4, pad=0),
        title=WORDS[language]["ceil"],
    )


def divisors() -> tuple[list[str], list[str]]:
    """The averages that the specification gives for that picture: pads counted, and left out."""
    x = np.ones((1, 1, 4))
    options = {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}
    found = [avg_pool(x, count_include_pad=flag, **options)[0, 0] for flag in (True, False)]
    return [number(v) for v in found[0]], [number(v) for v in found[1]]


def maxima(language: str) -> str:
    """Two windows that hold the same, and the three answers that there are."""
    says = WORDS[language]
    rows = {"kept": ("NaN", "NaN"), "left": ("1", "1"), "order": ("NaN", "1")}
    inputs = [beside(plane([pair], {(0, place): "hit"}, wide=44), words("→")) for place, pair in
              enumerate((["NaN", "1"], ["1", "NaN"]))]  # fmt: skip
    columns = [below(*(named(says[head], part) for head, part in zip(("first", "last"), inputs, strict=True)), gap=14)]
    for name, values in rows.items():
        cells = [plane([[value]], wide=44) for value in values]
        columns.append(below(named(says[name], cells[0]), named(" ", cells[1]), gap=14))
    return picture(beside(*columns, gap=34), title=says["max"])
