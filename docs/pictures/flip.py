"""Pictures of the flip: what an impulse tells about an operation, and two kernels that learn."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from cnnspec.spec.signal import convolve, cross_correlate
from docs.pictures.grid import number, plane
from docs.pictures.image import image
from docs.pictures.svg import Part, below, beside, named, picture, text, words

F = np.array([[1, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 0]])
X, TARGET = [1, 2, 0, -1, 3], [4, 1, -2, 5]
START, RATE, STEPS = [1, 3], Fraction(1, 16), 4
WORDS = {
    "en": {
        "impulse": "An impulse convolved with the letter F gives the letter F; correlated, the letter turned by 180°.",
        "x": "x, one 1",
        "k": "k",
        "conv": "x ∗ k, convolved",
        "corr": "x ⋆ k, correlated",
        "not": "The letter F turned by 180°, transposed, and with its rows or columns reversed: all different.",
        "turned": "turned by 180°",
        "transposed": "transposed",
        "rows": "rows reversed",
        "columns": "columns reversed",
        "learn": "Correlation and convolution, trained step by step: the kernels stay reversals of one another.",
        "step": "step {}",
        "head": ("correlation: w", "convolution: w′", "the outputs of both", "loss"),
    },
    "zh": {
        "impulse": "脉冲与字母 F 作卷积，得到字母 F；作互相关，得到旋转 180 度的字母。",
        "x": "x：一个 1",
        "k": "k",
        "conv": "x ∗ k：卷积",
        "corr": "x ⋆ k：互相关",
        "not": "旋转 180 度、转置、上下颠倒、左右颠倒的字母 F：四样不同的东西。",
        "turned": "旋转 180°",
        "transposed": "转置",
        "rows": "上下颠倒",
        "columns": "左右颠倒",
        "learn": "互相关与卷积逐步训练：两个卷积核始终互为翻转。",
        "step": "第 {} 步",
        "head": ("互相关：w", "卷积：w′", "两者的输出", "损失"),
    },
}


def impulse(language: str) -> str:
    """An impulse, a kernel, and what the two operations make of them."""
    says = WORDS[language]
    x = np.zeros((6, 5), int)
    x[2, 2] = 1
    shown = (x, F, convolve(x, F, mode="same"), cross_correlate(x, F, mode="same"))
    parts = (named(says[n], image(a, pixel=17)) for n, a in zip(("x", "k", "conv", "corr"), shown, strict=True))
    return picture(beside(*parts, gap=30), title=says["impulse"])


def not_flips(language: str) -> str:
    """The turned kernel, and three things that it is mistaken for."""
    says = WORDS[language]
    kernels = {"k": F, "turned": F[::-1, ::-1], "transposed": F.T, "rows": F[::-1], "columns": F[:, ::-1]}
    return picture(beside(*(named(says[n], image(a, pixel=17)) for n, a in kernels.items()), gap=26), title=says["not"])


def train(operation: object, kernel: list[int]) -> list[tuple[list[Fraction], list[Fraction], Fraction]]:
    """Steps of gradient descent on a squared error, exactly: kernel, output and loss before each step."""
    w, steps = [Fraction(v) for v in kernel], []
    for _ in range(STEPS):
        y = list(operation(X, w, mode="valid"))
        error = [a - b for a, b in zip(y, TARGET, strict=True)]
        steps.append((w, y, sum(e * e for e in error)))
        # y is linear in w, so its response to one weight is the derivative by that weight
        slopes = [operation(X, [int(v == u) for v in range(len(w))], mode="valid") for u in range(len(w))]
        w = [
            a - RATE * sum(e * s for e, s in zip(error, slope, strict=True)) for a, slope in zip(w, slopes, strict=True)
        ]
    return steps


def learning(language: str) -> str:
    """Both trainings side by side."""
    says = WORDS[language]
    rows = []
    for t, (corr, conv) in enumerate(zip(train(cross_correlate, START), train(convolve, START[::-1]), strict=True)):
        if conv[0] != corr[0][::-1] or conv[1:] != corr[1:]:
            raise AssertionError("the kernels are no longer reversals of one another")
        parts = (_row(corr[0], 120, 0), _row(conv[0], 120, 1), _row(corr[1], 240), _loss(corr[2]))
        rows.append(beside(words(says["step"].format(t)), *parts, gap=18))
    heads = zip(says["head"], (120, 120, 240, 60), strict=True)
    head = beside(words(" " * len(says["step"].format(0))), *(_head(name, width) for name, width in heads), gap=18)
    return picture(below(head, *rows, gap=8), title=says["learn"])


def _head(name: str, width: float) -> Part:
    return Part(text(width / 2, 14, name), width, 18)


def _row(values: list[Fraction], width: float, marked: int | None = None) -> Part:
    marks = {} if marked is None else {(0, marked): "hit"}
    return plane([_short(v) for v in values], marks, wide=width / len(values))


def _loss(value: Fraction) -> Part:
    return Part(text(30, 19, _short(value), "value"), 60, 30)


def _short(value: Fraction) -> str:
    return number(round(float(value), 2))
