"""Pictures of the window: one window becomes one value, and what some kernels do to an image."""

from __future__ import annotations

import numpy as np

from cnnspec.geometry import Window
from cnnspec.spec.convolution import conv
from docs.pictures.grid import number, plane, window
from docs.pictures.image import image, letter
from docs.pictures.svg import CHARACTER, Part, below, beside, named, picture, text, words

X = [[3, 1, 0, 2], [1, 2, 4, 0], [0, 5, 1, 3]]
K = [[1, 0], [-1, 2]]
EDGE = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
KERNELS = {
    "blur": np.ones((3, 3), int),
    "edge": EDGE,
    "edge90": np.rot90(EDGE),
    "edge180": np.rot90(EDGE, 2),
    "corner": np.array([[1, -1], [-1, 1]]),
}
WORDS = {
    "en": {
        "worked": "An input of 3 by 4, a kernel of 2 by 2, and for each of the six windows its products and their sum.",
        "x": "x, the input",
        "k": "k, the kernel",
        "y": "y, the output",
        "filters": "The letter F, and what five kernels make of it: blue is above 0, orange below.",
        "input": "the input",
        "blur": "blur: the sum of 3×3",
        "edge": "edge: right minus left",
        "edge90": "turned by 90°",
        "edge180": "turned by 180°",
        "corner": "corner: the mixed difference",
    },
    "zh": {
        "worked": "3×4 的输入，2×2 的卷积核；六个窗口各自的四个乘积与它们的和。",
        "x": "x：输入",
        "k": "k：卷积核",
        "y": "y：输出",
        "filters": "字母 F，以及五个卷积核对它的作用：蓝色大于 0，橙色小于 0。",
        "input": "输入",
        "blur": "模糊：3×3 之和",
        "edge": "边缘：右减左",
        "edge90": "旋转 90°",
        "edge180": "旋转 180°",
        "corner": "角点：两个方向的差",
    },
}


def layer(x: object, k: object) -> np.ndarray:
    """One plane, one kernel, no padding."""
    return conv(np.asarray(x)[None, None], np.asarray(k)[None, None])[0, 0]


def worked(language: str) -> str:
    """The input, the kernel and the output; then each window with its sum."""
    says, y = WORDS[language], layer(X, K)
    chosen = (1, 1)
    head = beside(
        named(says["x"], plane(X, window(chosen, (2, 2)))),
        words("⋆"),
        named(says["k"], plane(K)),
        words("="),
        named(says["y"], plane(y, {chosen: "out"})),
    )
    each = [_window(i, y) for i in np.ndindex(y.shape)]
    half = len(each) // 2
    body = below(head, beside(*each[:half], gap=26), beside(*each[half:], gap=26), gap=24)
    return picture(body, title=says["worked"])


def terms(at: tuple[int, int]) -> str:
    """The sum of one window, spelled out."""
    taps = [(u, v) for u in Window(2).taps(at[0]) for v in Window(2).taps(at[1])]
    products = zip(taps, np.ravel(K), strict=True)
    return " + ".join(f"{X[t[0]][t[1]]}·{number(w) if w >= 0 else f'({number(w)})'}" for t, w in products)


def _window(at: tuple[int, int], y: np.ndarray) -> Part:
    small = plane(X, window(at, (2, 2)), cell=24)
    width = max(small.width, len(terms(at)) * CHARACTER)
    body = small.at((width - small.width) / 2, 0)
    body += text(width / 2, small.height + 18, terms(at), "value")
    body += text(width / 2, small.height + 36, f"= {number(y[at])}", "value hit")
    return Part(body, width, small.height + 42)


def filters(language: str) -> str:
    """The letter under five kernels, each kernel beside its result."""
    says, x = WORDS[language], letter()
    shown = [named(says["input"], image(x))]
    for name, kernel in KERNELS.items():
        pads = ((1, 1), (1, 1)) if len(kernel) == 3 else ((1, 0), (1, 0))
        y = conv(x[None, None], kernel[None, None], padding=pads)[0, 0].astype(float)
        shown.append(named(says[name], beside(plane(kernel.tolist(), cell=20), image(y), gap=8)))
    return picture(below(beside(*shown[:3], gap=22), beside(*shown[3:], gap=22), gap=18), title=says["filters"])
