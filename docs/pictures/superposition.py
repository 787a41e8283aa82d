"""Pictures of the superposition: copies of a response, and what is kept of their sum."""

from __future__ import annotations

from cnnspec.spec.signal import convolve
from docs.pictures.bars import bars, stacked
from docs.pictures.grid import plane
from docs.pictures.svg import Part, below, beside, named, picture, text, words

X, K = [2, 0, 1, 3], [8, 4, 2, 1]
WORDS = {
    "en": {
        "x": "x: doses, day by day",
        "k": "k: what is left of one",
        "y": "y: the level, and which dose it comes from",
        "doses": "Doses of 2, 0, 1 and 3; one dose leaves 8, 4, 2 and 1; the levels are 16, 8, 12, 30, 14, 7 and 3.",
        "sum": "sum",
        "stairs": "The copies of the kernel, one under another, each shifted by one place, and their sum.",
        "modes": "The full result, and which of its elements same and valid keep.",
    },
    "zh": {
        "x": "x：每天的剂量",
        "k": "k：一份剂量剩下多少",
        "y": "y：体内的量，以及来自哪一次服药",
        "doses": "剂量 2、0、1、3；一份剂量依次剩下 8、4、2、1；体内的量是 16、8、12、30、14、7、3。",
        "sum": "和",
        "stairs": "卷积核的各份副本上下排列，依次错开一格，最下面是它们的和。",
        "modes": "full 的结果，以及 same 与 valid 各保留其中哪些元素。",
    },
}


def doses(language: str) -> str:
    """An input, a unit response, and the stacked copies."""
    says = WORDS[language]
    total = len(X) + len(K) - 1
    copies = [[X[u] * K[t - u] if 0 <= t - u < len(K) else 0 for u in range(len(X))] for t in range(total)]
    kinds = [f"part{u}" for u in range(len(X))]
    x = stacked([[v if u == t else 0 for u in range(len(X))] for t, v in enumerate(X)], kinds=kinds, tall=60)
    top = beside(named(says["x"], x), named(says["k"], bars(K, kind="part1", tall=60)), gap=40)
    return picture(below(top, named(says["y"], stacked(copies, kinds=kinds, tall=120))), title=says["doses"])


def stairs(language: str, x: list[int], k: list[int]) -> str:
    """The copies as rows of numbers, and their sum, as in a long multiplication."""
    says, total = WORDS[language], len(x) + len(k) - 1
    rows = [_labelled(f"x[{u}] · k", [v * k[t - u] if 0 <= t - u < len(k) else "" for t in range(total)], "hit")
            for u, v in enumerate(x)]  # fmt: skip
    rows.append(_labelled(says["sum"], list(convolve(x, k)), "out"))
    return picture(below(*rows, gap=4), title=says["stairs"])


def modes(language: str, x: list[int], k: list[int]) -> str:
    """The full result, and what the other modes keep of it."""
    full = list(convolve(x, k))
    rows = []
    for mode, first in (("full", 0), ("same", (len(k) - 1) // 2), ("valid", min(len(x), len(k)) - 1)):
        kept = range(first, first + len(convolve(x, k, mode=mode)))
        marks = {(0, t): "out" if t in kept else "faint" for t in range(len(full))}
        rows.append(_row(mode, full, marks))
    return picture(below(*rows, gap=4), title=WORDS[language]["modes"])


def _labelled(label: str, values: list[object], kind: str) -> Part:
    return _row(label, values, {(0, t): kind if v != "" else "faint" for t, v in enumerate(values)})


def _row(label: str, values: list[object], marks: dict[tuple[int, int], str]) -> Part:
    return beside(Part(text(66, 14, label, "label", "end"), 66, 20), plane(values, marks, cell=34), words(""), gap=8)
