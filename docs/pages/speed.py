"""Figures of the page about speed, from the files in ``docs/data``.

``benchmarks/reference.py``, ``benchmarks/throughput.py`` and ``benchmarks/startup.py`` wrote them with ``--json``.
"""

from __future__ import annotations

from math import ceil
from statistics import median
from typing import Any

from docs.pages.numerics import figures, word
from docs.pages.tables import table
from docs.pictures.ratios import ratios
from docs.pictures.svg import picture

F64, F32, ONNX, SCIPY = "torch f64", "torch f32", "onnx", "scipy"

MOST = 1.2
"""The ratio that a layer should stay below."""

HEADS: dict[str, dict[str, Any]] = {
    "en": {
        "layers": ("layer", "forward", "input gradient", "weight gradient", "transposed", "memory"),
        "others": ("layer, forward", "ms", "PyTorch f32", "ONNX", "SciPy"),
        "pools": ("pool", "result", "ms", "of PyTorch f64", "memory"),
        "growing": ("layer", "nanoseconds a multiply-add", "of PyTorch f64"),
        "drawn": ("result", "median", "90 % below", "largest", "layers above {}", "at the largest"),
        "small": ("call", "microseconds"),
        "runs": ("run", "cases", "checks", "seconds", "checks a core-second"),
        "growth": ("cases an operation", "checks", "core-seconds", "checks a core-second"),
        "startup": ("command", "milliseconds", "times Python alone"),
        "picture": "Time of the reference in units of PyTorch's, both in float64, on a scale of doublings",
    },
    "zh": {
        "layers": ("层", "正向", "对输入的梯度", "对权重的梯度", "转置", "内存"),
        "others": ("层，正向", "毫秒", "PyTorch f32", "ONNX", "SciPy"),
        "pools": ("池化", "结果", "毫秒", "与 PyTorch f64 之比", "内存"),
        "growing": ("层", "每次乘加的纳秒数", "与 PyTorch f64 之比"),
        "drawn": ("结果", "中位数", "90% 低于", "最大", "超过 {} 的层数", "最大者"),
        "small": ("调用", "微秒"),
        "runs": ("运行", "用例", "检查", "秒", "每核每秒检查数"),
        "growth": ("每个运算的用例数", "检查", "核·秒", "每核每秒检查数"),
        "startup": ("命令", "毫秒", "是单独启动 Python 的几倍"),
        "picture": "参考实现与 PyTorch 的用时之比（都用 float64），刻度按 2 倍递增",
    },
}
WORDS = {"max pool": "最大池化", "avg pool": "平均池化", "max pool, gradient": "最大池化的梯度",
         "avg pool, gradient": "平均池化的梯度"}  # fmt: skip


def worst(name: str) -> float:
    """The largest ratio of one kind: ``conv``, ``gradients``, ``pools``, ``memory``."""
    return float(figures("reference")["worst"][name])


def middle(result: str) -> float:
    """The median ratio to PyTorch in float64 of one result over the layers."""
    return median(row["of"][F64] for row in figures("reference")["rows"] if row["result"] == result)


def _by_layer() -> dict[str, list[dict[str, Any]]]:
    """The rows of each layer: forward, the gradients with respect to input and weights, transposed."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in figures("reference")["rows"]:
        if row["multiply_adds"]:
            found.setdefault(row["text"], []).append(row)
    return found


def layers(language: str) -> str:
    """Every result of every layer, in units of PyTorch's in float64, and the largest peak of memory."""
    rows = [
        [text, *(_ratio(row, F64) for row in own), f"{max(row['memory'] for row in own):.2f}"]
        for text, own in _by_layer().items()
    ]
    return table(HEADS[language]["layers"], rows, 5)


def others(language: str) -> str:
    """The forward call of every layer, in units of what others take."""
    rows = [
        [text, f"{own[0]['ms']:.2f}", *(_ratio(own[0], of) for of in (F32, ONNX, SCIPY))]
        for text, own in _by_layer().items()
    ]
    return table(HEADS[language]["others"], rows, 4)


def pools(language: str) -> str:
    """Every pool and its gradient."""
    rows = [
        [row["text"], _result(row, language), f"{row['ms']:.2f}", _ratio(row, F64), f"{row['memory']:.2f}"]
        for row in figures("reference")["rows"]
        if not row["multiply_adds"]
    ]
    return table(HEADS[language]["pools"], rows, 3)


def chart(language: str) -> str:
    """Every result of every layer, on a scale."""
    found = {text: [row["of"][F64] for row in own] for text, own in _by_layer().items()}
    return picture(ratios(found, HEADS[language]["layers"][1:5]), title=HEADS[language]["picture"])


def growing(language: str) -> str:
    """What a multiply-add costs as extents and channels grow."""
    rows = [[row["text"], f"{row['ns']:.3f}", f"{row['of']:.2f}"] for row in figures("reference")["growth"]]
    return table(HEADS[language]["growing"], rows, 2)


def drawn(language: str) -> str:
    """The ratios to PyTorch in float64 over the layers drawn at random, one row for each result."""
    found, heads = figures("reference")["drawn"], HEADS[language]
    rows = []
    for result, name in zip(found[0]["of"], heads["layers"][1:5], strict=True):
        ratios = {row["text"]: row["of"][result] for row in found}
        text, largest = max(ratios.items(), key=lambda item: item[1])
        below = sorted(ratios.values())[ceil(0.9 * len(ratios)) - 1]
        above = sum(ratio > MOST for ratio in ratios.values())
        rows.append([name, f"{median(ratios.values()):.2f}", f"{below:.2f}", f"{largest:.2f}", above, text])
    return table([head.format(MOST) for head in heads["drawn"]], rows, 4)


def small(language: str) -> str:
    """Calls of the size that the generator draws."""
    rows = [[f"`{name}`", f"{seconds * 1e6:.0f}"] for name, seconds in figures("reference")["small"].items()]
    return table(HEADS[language]["small"], rows, 1)


def runs(language: str) -> str:
    """Whole runs."""
    found = figures("throughput")
    rows = [
        [f"`cnnspec check {found['target']} --effort {effort}`", row["cases"], row["checks"], row["wall"],
         row["checks_per_core_second"]]
        for effort, row in found["efforts"].items()
    ]  # fmt: skip
    return table(HEADS[language]["runs"], rows, 4)


def growth(language: str) -> str:
    """What more cases cost."""
    rows = [
        [cases, row["checks"], row["processor"], row["checks_per_core_second"]]
        for cases, row in figures("throughput")["growth"].items()
    ]
    return table(HEADS[language]["growth"], rows, 4)


def startup(language: str) -> str:
    """How soon the command answers."""
    found = figures("startup")
    bare = found["python -c pass"]
    rows = [[f"`{name}`", f"{seconds * 1e3:.0f}", f"{seconds / bare:.1f}"] for name, seconds in found.items()]
    return table(HEADS[language]["startup"], rows, 2)


def _result(row: dict[str, Any], language: str) -> str:
    return str(WORDS.get(row["result"], word(row["result"], language)) if language == "zh" else row["result"])


def _ratio(row: dict[str, Any], of: str) -> str:
    return f"{row['of'][of]:.2f}" if of in row["of"] else ""
