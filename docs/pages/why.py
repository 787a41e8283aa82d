"""What a call can see: how many mutants of the convolution give another result than the reference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from cnnspec import mutants
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case

FAMILIES = ("stride", "dilation", "kernel", "tails", "padding", "extents", "groups", "channels", "bias")
"""Wrong wiring: faults that exact numbers can show, whatever the dtype."""

USUAL = (
    "conv2d:x=1x1x5x5,w=1x1x3x3,f64,ones",
    "conv2d:x=1x1x5x5,w=1x1x3x3,padding=1.1_1.1,f64,ones",
    "conv2d:x=1x1x5x5,w=1x1x3x3,stride=2x2,padding=1.1_1.1,f64,ones",
)
"""A square image, one channel, a kernel of ones; without padding, with it, and with a stride."""

UNEQUAL = ("conv2d:x=2x4x7x11,w=6x2x3x2,b,stride=2x3,padding=1.0_0.2,dilation=1x2,groups=2,f64,ints:8",)
"""One call in which no two sizes are equal."""

HEADS = {
    "en": ("calls", "faults seen", "of"),
    "zh": ("调用", "看得出的错误", "总数"),
}
LABELS = {
    "en": ("three calls: 5×5, one channel, a 3×3 kernel of ones", "one call in which every size differs"),
    "zh": ("三次调用：5×5，单通道，3×3 的全 1 卷积核", "一次调用：所有尺寸都不相等"),
}


@cache
def faults() -> tuple[str, ...]:
    """The mutants of wiring that touch the convolution layer and answer calls that mean something."""
    every = (mutants.find(name) for name in mutants.names())
    return tuple(m.name for m in every if m.family in FAMILIES and "conv" in m.operations and not m.refused)


def reported() -> int:
    """How many of them stand after bug reports."""
    return sum(bool(mutants.find(name).reports) for name in faults())


@cache
def seen(texts: Sequence[str]) -> tuple[str, ...]:
    """The mutants that give another result than the reference on one of these cases."""
    cases = [Case.parse(text) for text in texts]
    return tuple(name for name in faults() if any(_differs(name, case) for case in cases))


def table(language: str) -> str:
    """How many mutants each set of calls sees, as a Markdown table."""
    head = HEADS[language]
    lines = [f"| {head[0]} | {head[1]} | {head[2]} |", "|---|--:|--:|"]
    for label, texts in zip(LABELS[language], (USUAL, UNEQUAL), strict=True):
        lines.append(f"| {label} | {len(seen(texts))} | {len(faults())} |")
    return "\n".join(lines)


def _differs(name: str, case: Case) -> bool:
    right, got = _result(case.operation.reference, case), _result(mutants.load(name)["conv2d"], case)
    return not (isinstance(got, np.ndarray) and got.shape == right.shape and np.array_equal(got, right))


def _result(function: Any, case: Case) -> Any:
    try:
        return function(*make_arrays(case).values(), **case.call_options)
    except Exception as error:  # noqa: BLE001 - a mutant may raise whatever it likes: that too is another result
        return error
