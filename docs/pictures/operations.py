"""Pictures of single operations: padding modes, transposed copies, groups, adjoints, adaptive windows, rounding."""

from __future__ import annotations

from fractions import Fraction

from cnnspec.geometry import PAD_MODES, adaptive_window
from cnnspec.spec.connectivity import conv_matrix
from cnnspec.spec.convolution import blocks
from cnnspec.spec.padding import pad
from cnnspec.spec.pooling import max_pool_with_indices
from cnnspec.spec.pooling_gradients import avg_pool_input_grad, max_pool_input_grad
from cnnspec.spec.quantised import qlinear_conv
from cnnspec.spec.transpose import conv_transpose
from docs.pictures.axis import CELL, GAP, LEFT
from docs.pictures.grid import plane
from docs.pictures.links import layers
from docs.pictures.matrix import matrix
from docs.pictures.svg import Part, below, beside, named, picture, rect, text, words

WORDS = {
    "en": {
        "modes": "1 2 3 with two pads at either end, in each of the five modes.",
        "copies": "Each of three elements lays down a copy of the kernel, two places apart; the copies add up.",
        "sum": "z, the sum",
        "cropped": "y, pads cropped",
        "groups": "Two groups: the first two input channels make the first three output channels.",
        "adjoint": "The matrix of a layer of stride 2, and its transpose, which the input gradient multiplies by.",
        "forward": "the layer",
        "backward": "its input gradient",
        "adaptive": "Adaptive windows over an axis, as given.",
        "grads": "Two overlapping windows send their cotangents back: to the maximum's place, or in equal shares.",
        "max": "max",
        "mean": "mean",
        "rounding": "Sums, their halves, and what these are rounded to: ties go to the even number.",
        "halves": "· 1/2",
        "rounded": "rounded",
        "sums": "sums",
    },
    "zh": {
        "modes": "1 2 3 两端各填充两个，五种模式。",
        "copies": "三个元素各放下一份卷积核，相隔两格；各份相加。",
        "sum": "z：和",
        "cropped": "y：截去填充",
        "groups": "两个组：前两个输入通道生成前三个输出通道，其余的生成其余的。",
        "adjoint": "步幅为 2 的层的矩阵，以及它的转置，即输入梯度所乘的矩阵。",
        "forward": "层",
        "backward": "它对输入的梯度",
        "adaptive": "一个轴上的自适应窗口。",
        "grads": "两个重叠的窗口把上游梯度送回去：最大值送回原处，平均值平分。",
        "max": "最大值",
        "mean": "平均值",
        "rounding": "和、和的一半，以及舍入的结果：恰为一半时取偶数。",
        "halves": "· 1/2",
        "rounded": "舍入后",
        "sums": "和",
    },
}


def pad_modes(language: str) -> str:
    """One row for each mode."""
    rows = [_row(mode, pad([[[1, 2, 3]]], padding=2, mode=mode)[0, 0].tolist(), 2) for mode in PAD_MODES]
    return picture(below(*rows, gap=6), title=WORDS[language]["modes"])


def copies(language: str) -> str:
    """A transposed convolution as copies of its kernel."""
    says, x, w, s = WORDS[language], [1, 2, 3], [1, 10, 100], 2
    z = conv_transpose([[x]], [[w]], stride=s)[0, 0].tolist()
    rows = []
    for i, v in enumerate(x):
        copy = [v * w[t - s * i] if 0 <= t - s * i < len(w) else "" for t in range(len(z))]
        rows.append(_row(f"x[{i}] · w", copy, 0, {(0, t): "hit" for t, value in enumerate(copy) if value != ""}))
    rows.append(_row(says["sum"], z, 0, {(0, t): "out" for t in range(len(z))}))
    kept = conv_transpose([[x]], [[w]], stride=s, padding=1)[0, 0].tolist()
    rows.append(_row(says["cropped"], ["", *kept, ""], 1, {(0, t): "out" for t in range(len(kept))}))
    return picture(below(*rows, gap=4), title=says["copies"])


def groups(language: str) -> str:
    """Which channels a layer of two groups joins."""
    of = blocks(6, 4, 2)

    def joined(level: int, o: int) -> list[int]:
        return list(range(4))[next(inputs for outputs, inputs in of if o in range(6)[outputs])]

    return picture(layers([4, 6], joined, chosen=1, spread=True), title=WORDS[language]["groups"])


def adjoint(language: str) -> str:
    """A layer and its input gradient, as matrices."""
    says = WORDS[language]
    m = conv_matrix([[[1, 2, 3]]], input_size=(8,), stride=2).astype(int)
    shown = (named(says[n], matrix(a, cell=26, numbers=True)) for n, a in (("forward", m), ("backward", m.T)))
    return picture(beside(*shown, gap=40), title=says["adjoint"])


def adaptive(language: str, extent: int, count: int) -> str:
    """The windows of an adaptive pooling, one row each."""
    body = ""
    for t in range(extent):
        x = LEFT + t * (CELL + GAP)
        body += rect(x + 1, 1, CELL - 2, CELL - 2, "real", round_by=5) + text(x + CELL / 2, 24, t, "on-real")
    for i in range(count):
        taps, y = adaptive_window(i, extent, count), CELL + 16 + i * 26
        width = len(taps) * (CELL + GAP) - GAP
        body += rect(LEFT + taps[0] * (CELL + GAP), y, width, 18, f"cell b{i % 4}", round_by=9)
        body += text(LEFT - 14, y + 14, f"y[{i}]", "label", "end")
    body += text(LEFT - 14, 24, "x", "label", "end")
    part = Part(body, LEFT + extent * (CELL + GAP), CELL + 16 + count * 26)
    return picture(part, title=f"{WORDS[language]['adaptive']} {extent} → {count}")


def gradients(language: str) -> str:
    """Where the cotangents of two overlapping windows go."""
    says, x, g = WORDS[language], [1, 5, 2], [10, 20]
    winners = max_pool_with_indices([[x]], kernel_size=2, stride=1)[1][0, 0].tolist()
    rows = [
        _row("x", x, 0, {(0, t): "hit" for t in winners}),
        _row("g", g, 0, {(0, i): "out" for i in range(2)}),
        _row(says["max"], max_pool_input_grad([[g]], [[x]], kernel_size=2, stride=1)[0, 0].tolist(), 0),
        _row(says["mean"], avg_pool_input_grad([[g]], [[x]], kernel_size=2, stride=1)[0, 0].tolist(), 0),
    ]
    return picture(below(*rows, gap=6), title=says["grads"])


def rounding(language: str) -> str:
    """Exact sums, scaled by a half and rounded once."""
    says, sums = WORDS[language], [1, 3, 5, 7, -1, -3, 300]
    scales = {"dtype": "int8", "x_scale": 0.5, "w_scale": 1.0, "y_scale": 1.0}
    rounded = qlinear_conv([[sums]], [[[1]]], **scales)[0, 0].tolist()
    rows = [
        _row(says["sums"], sums, 0),
        _row(says["halves"], [Fraction(v, 2) for v in sums], 0),
        _row(says["rounded"], rounded, 0, {(0, i): "out" for i in range(len(sums))}),
    ]
    return picture(below(*rows, gap=4), title=says["rounding"])


def _row(label: str, values: list[object], pads: int, marks: dict[tuple[int, int], str] | None = None) -> Part:
    name = Part(text(92, 14, label, "label", "end"), 92, 20)
    return beside(name, plane(values, marks, wide=44, pads=(0, pads)), words(""), gap=8)
