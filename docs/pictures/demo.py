"""The worked layer of the course: 5×5×3 padded by 1, two 3×3×3 kernels, stride 2, 3×3×2."""

from __future__ import annotations

from itertools import product

import numpy as np

from cnnspec.geometry import Window
from cnnspec.spec.connectivity import layer_counts
from cnnspec.spec.convolution import conv
from docs.pictures.grid import number, plane
from docs.pictures.svg import Part, below, beside, named, picture

# Drawn once, from a seed of our own, and frozen.
X = np.array(
    [
        [[2, 0, 0, 1, 2], [0, 0, 1, 0, 1], [1, 0, 0, 0, 1], [2, 2, 2, 2, 1], [1, 1, 1, 0, 2]],
        [[0, 1, 0, 0, 0], [1, 2, 2, 2, 2], [0, 2, 0, 1, 0], [0, 1, 0, 1, 2], [1, 2, 0, 1, 2]],
        [[0, 1, 1, 1, 1], [0, 2, 2, 0, 0], [0, 0, 1, 1, 0], [0, 0, 1, 2, 2], [0, 2, 1, 2, 0]],
    ]
)
W = np.array(
    [
        [
            [[-1, -1, 1], [0, -1, 0], [0, 0, -1]],
            [[-1, 1, 0], [-1, 1, 0], [0, 0, 0]],
            [[1, 1, -1], [0, 1, 1], [-1, -1, 0]],
        ],
        [
            [[1, -1, -1], [-1, -1, -1], [1, -1, 1]],
            [[0, -1, -1], [1, 1, -1], [-1, 0, 0]],
            [[0, 0, -1], [0, 0, 1], [0, 1, 1]],
        ],
    ]
)
B = np.array([1, 0])
LAYER = {"stride": 2, "padding": 1}
AXIS = Window(3, stride=2, lo=1, hi=1)
AT = (1, 0, 2)
WORDS = {
    "en": {
        "title": "Three padded planes of 7 by 7, two kernels of three planes each, and two output planes of 3 by 3.",
        "x": "x[{}], padded",
        "head": ("channel", "window · kernel", "sum"),
        "bias": "bias",
        "all": "y[1,0,2]",
    },
    "zh": {
        "title": "三个 7×7 的填充后的平面，两个各有三个平面的卷积核，两个 3×3 的输出平面。",
        "x": "x[{}]，填充后",
        "head": ("通道", "窗口 · 卷积核", "和"),
        "bias": "偏置",
        "all": "y[1,0,2]",
    },
}


def output(kernels: np.ndarray = W) -> np.ndarray:
    """The layer's output, (2, 3, 3)."""
    return conv(X[None], kernels, B, **LAYER)[0].astype(int)


def layer(language: str) -> str:
    """The whole layer, with one window and the output that it makes."""
    taps = set(product(AXIS.taps(AT[1]), AXIS.taps(AT[2])))
    marks = {t: "hit" if min(t) >= 0 and max(t) < 5 else "padhit" for t in taps}
    padded = np.pad(X, ((0, 0), (1, 1), (1, 1)))
    rows = [
        beside(
            named(WORDS[language]["x"].format(c), plane(padded[c].tolist(), marks, cell=24, pads=(1, 1))),
            named(f"w[0,{c}]", plane(W[0, c].tolist(), cell=24, wide=28)),
            named(f"w[1,{c}]", plane(W[1, c].tolist(), dict.fromkeys(np.ndindex(3, 3), "hit"), cell=24, wide=28)),
        )
        for c in range(3)
    ]
    y = output()
    made = below(
        named("y[0]", plane(y[0].tolist(), cell=24, wide=30)),
        named("y[1]", plane(y[1].tolist(), {AT[1:]: "out"}, cell=24, wide=30)),
        named("b", _column(B)),
        gap=30,
    )
    return picture(beside(below(*rows), made, gap=22), title=WORDS[language]["title"])


def sums(language: str) -> str:
    """The marked output, channel by channel, as a Markdown table."""
    o, says = AT[0], WORDS[language]
    padded = np.pad(X, ((0, 0), (1, 1), (1, 1)))
    lines, total = ["| " + " | ".join(says["head"]) + " |", "|---|---|--:|"], B[o]
    for c in range(3):
        seen = [int(padded[c, u + 1, v + 1]) for u, v in product(AXIS.taps(AT[1]), AXIS.taps(AT[2]))]
        pairs = list(zip(seen, W[o, c].ravel().tolist(), strict=True))
        part = sum(p * q for p, q in pairs)
        written = " + ".join(f"{p}·{number(q) if q >= 0 else f'({number(q)})'}" for p, q in pairs)
        lines.append(f"| {c} | {written} | {number(part)} |")
        total += part
    lines += [f"| {says['bias']} | | {number(B[o])} |", f"| **{says['all']}** | | **{number(total)}** |"]
    if total != output()[AT]:
        raise AssertionError("the sum spelled out is not the output")
    return "\n".join(lines)


def counts() -> dict[str, int]:
    """How many parameters and multiply-adds it has."""
    return layer_counts((1, *X.shape), W.shape, **LAYER)


def both(language: str) -> str:
    """The output as the layer gives it, and as a true convolution would."""
    flipped = output(W[:, :, ::-1, ::-1])
    names = {"en": ("cross-correlation", "true convolution"), "zh": ("互相关", "真正的卷积")}[language]
    pairs = [
        named(name, beside(*(plane(part.tolist(), cell=24, wide=30) for part in y), gap=8))
        for name, y in zip(names, (output(), flipped), strict=True)
    ]
    return picture(beside(*pairs, gap=40), title=WORDS[language]["title"])


def _column(values: np.ndarray) -> Part:
    return plane([[v] for v in values.tolist()], {(1, 0): "hit"}, cell=24, wide=30)
