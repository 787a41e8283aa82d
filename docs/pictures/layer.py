"""Pictures of the layer: channels that add up, several kernels, and what relu leaves."""

from __future__ import annotations

import numpy as np

from cnnspec.spec.activation import relu
from cnnspec.spec.convolution import conv
from docs.pictures.grid import plane
from docs.pictures.svg import Part, below, beside, line, named, picture, rect, text, words

X = np.array([[[1, 0, 2], [3, 1, 0], [0, 2, 1]], [[0, 1, 1], [2, 0, 1], [1, 3, 0]]])
W = np.array([[[[1, 0], [0, 1]], [[0, 1], [-1, 0]]], [[[0, -1], [1, 0]], [[1, 1], [0, 0]]]])
B = np.array([1, -3])
WORDS = {
    "en": {
        "channels": "Two input channels, two kernels of two planes each: plane by plane correlated, then added.",
        "relu": "Numbers before and after relu; those below 0 become 0.",
        "before": "y",
        "after": "relu(y)",
    },
    "zh": {
        "channels": "两个输入通道，两个卷积核各有两个平面：逐个平面作互相关，再相加。",
        "relu": "relu 之前与之后的数，小于 0 的变成 0。",
        "before": "y",
        "after": "relu(y)",
    },
}


def channels(language: str) -> str:
    """One line per output channel: the planes, their kernels, the bias and the sum."""
    y = conv(X[None], W, B)[0]
    rows = []
    for o in range(len(W)):
        parts: list[Part] = []
        for c in range(len(X)):
            parts += [words("+")] if c else []
            kernel = named(f"w[{o},{c}]", plane(W[o, c].tolist(), cell=26))
            parts += [named(f"x[{c}]", plane(X[c].tolist(), cell=26)), words("⋆"), kernel]
        bias = named(f"b[{o}]", plane([B[o]], cell=26))
        rows.append(beside(*parts, words("+"), bias, words("="), named(f"y[{o}]", _out(y[o])), gap=7))
    return picture(below(*rows), title=WORDS[language]["channels"])


def rectified(language: str) -> str:
    """The outputs above, before and after relu, and the curve."""
    says, y = WORDS[language], conv(X[None], W, B)[0][1]
    marks = {at: "wrong" for at in np.ndindex(y.shape) if y[at] < 0}
    before, after = plane(y.tolist(), marks), plane(relu(y).tolist(), dict.fromkeys(marks, "faint"))
    shown = beside(named(says["before"], before), words("→"), named(says["after"], after), _curve(), gap=22)
    return picture(shown, title=says["relu"])


def _out(rows: np.ndarray) -> Part:
    return plane(rows.tolist(), dict.fromkeys(np.ndindex(rows.shape), "out"), cell=26)


def _curve() -> Part:
    axes = line(0, 80, 150, 80, "rule") + line(75, 4, 75, 96, "rule")
    bent = '<path class="curve" d="M 6 80 H 75 L 145 10"/>'
    return Part(rect(0, 0, 150, 100, "frame") + axes + bent + text(40, 24, "max(x, 0)"), 150, 100)
