"""Pictures of connections: what joins inputs and outputs, and a layer as a matrix."""

from __future__ import annotations

import numpy as np

from cnnspec.geometry import Window
from cnnspec.spec.connectivity import conv_matrix, layer_counts
from docs.pictures.links import layers, sliding
from docs.pictures.matrix import matrix
from docs.pictures.svg import below, beside, named, picture

STACK = (Window(3), Window(3, stride=2), Window(2))
WORDS = {
    "en": {
        "both": "A dense layer joins each of 6 outputs with all 8 inputs; a convolution joins it with 3.",
        "dense": "dense: everything with everything",
        "conv": "convolution: a window of 3",
        "stack": "One output of three layers, and the inputs that it depends on.",
        "line": "The matrix of a layer on one axis: 6 rows, each with the weights 1, 2, 3, one place further on.",
        "plane": "The matrix of a layer on a plane: blocks along diagonals, and in each block weights along diagonals.",
        "line_name": "one axis: x of 8, a kernel of 3",
        "plane_name": "a plane: x of 4×5, a kernel of 2×3",
        "head": ("", "this layer", "dense layer of the same shapes"),
        "rows": ("parameters", "multiply-adds per sample"),
    },
    "zh": {
        "both": "全连接层把 6 个输出中的每一个与全部 8 个输入相连；卷积只连 3 个，标出的那个也是。",
        "dense": "全连接：每个与每个相连",
        "conv": "卷积：大小为 3 的窗口",
        "stack": "三层之后的一个输出，以及它所依赖的输入。",
        "line": "一个轴上的层的矩阵：6 行，每行都是权重 1、2、3，逐行后移一格。",
        "plane": "平面上的层的矩阵：块沿对角线排列，块内的权重也沿对角线排列。",
        "line_name": "一个轴：x 长 8，卷积核长 3",
        "plane_name": "平面：x 为 4×5，卷积核为 2×3",
        "head": ("", "这一层", "形状相同的全连接层"),
        "rows": ("参数个数", "每个样本的乘加次数"),
    },
}


def both(language: str) -> str:
    """A dense layer and a convolution between the same rows."""
    says = WORDS[language]
    extents, joined = sliding([Window(3)], 8)
    dense = layers(extents, lambda level, i: range(extents[level]), chosen=2, spread=True)
    return picture(
        below(named(says["dense"], dense), named(says["conv"], layers(extents, joined, chosen=2)), gap=20),
        title=says["both"],
    )


def stack(language: str) -> str:
    """What one output of a stack of layers depends on."""
    extents, joined = sliding(STACK, 13)
    return picture(layers(extents, joined, chosen=1), title=WORDS[language]["stack"])


def toeplitz(language: str, which: str) -> str:
    """The matrix of a layer, ``line`` or ``plane``: equal weights have one number and one shade."""
    says = WORDS[language]
    if which == "line":
        entries = conv_matrix([[[1, 2, 3]]], input_size=(8,))
        shown = matrix(entries.astype(int), cell=26, numbers=True)
    else:
        entries = conv_matrix(np.arange(1, 7).reshape(1, 1, 2, 3), input_size=(4, 5))
        shown = matrix(entries.astype(int), cell=20, rows=3, columns=5, numbers=True)
    return picture(beside(named(says[f"{which}_name"], shown)), title=says[which])


def counts(language: str, x: tuple[int, ...], w: tuple[int, ...], **options: object) -> str:
    """Parameters and multiply-adds of a layer and of a dense one, as a Markdown table."""
    says, count = WORDS[language], layer_counts(x, w, **options)
    lines = ["| " + " | ".join(says["head"]) + " |", "|---|--:|--:|"]
    for name, key in zip(says["rows"], ("parameters", "multiply_adds"), strict=True):
        lines.append(f"| {name} | {count[key]:,} | {count['dense_' + key]:,} |")
    return "\n".join(lines)
