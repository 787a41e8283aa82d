"""Figures of the pages about numerics and about fixed tolerances, from the files in ``docs/data``.

``benchmarks/tolerances.py``, ``benchmarks/soundness.py`` and ``benchmarks/certificate.py`` wrote them with ``--json``.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import Any

from docs.pages.tables import table

DATA = Path(__file__).parent.parent / "data"

LAST = ("bound B", "cnnspec")
RULES = {
    "PyTorch": "`torch.testing.assert_close`, float32: rtol 1.3e-6, atol 1e-5",
    "JAX": "`jax._src.test_util`, float32: rtol = atol = 1e-6",
    "ONNX": "`onnx.backend.test`: rtol 1e-3, atol 1e-7",
    "WebNN": "web-platform-tests, conv2d: 2K ULP",
    "XLA": "`xla/tests/convolution_test`: 1e-4 absolute or 1e-3 relative",
    "TOSA": "$\\lvert e\\rvert \\le 2K$, $\\overline{e^2} \\le 1.6K$, in units of $uS$",
}
"""The rules of the field as they stand in its own tests."""

HEADS: dict[str, dict[str, Any]] = {
    "en": {
        "tolerances": ("", "of", "bound $B$", "cnnspec"),
        "rejected": "**correct results rejected**",
        "passed": "**faulty results let through**",
        "rules": ("rule", "as it stands"),
        "right": ("target", "configurations", "largest error / bound", "failures"),
        "faulty": ("fault", "configurations", "result changed", "beyond the bound", "caught", "missed"),
        "cost": ("layer, batch {}", "result", "of PyTorch's float32", "of float64", "memory"),
        "layer": "{} to {} channels, {}×{}, kernel {}×{}, stride {}",
        "all": "all",
    },
    "zh": {
        "tolerances": ("", "总数", "界 $B$", "cnnspec"),
        "rejected": "**判错的正确结果**",
        "passed": "**放过的错误结果**",
        "rules": ("规则", "原文的数值"),
        "right": ("目标", "配置数", "最大误差 / 界", "失败"),
        "faulty": ("错误", "配置数", "结果改变", "超出界", "抓出", "漏掉"),
        "cost": ("层，批量 {}", "结果", "占 PyTorch float32 的", "占 float64 的", "内存"),
        "layer": "{} 到 {} 通道，{}×{}，核 {}×{}，步幅 {}",
        "all": "合计",
    },
}
WORDS = {
    "operands in TF32": "操作数舍入到 TF32",
    "operands in bfloat16": "操作数舍入到 bfloat16",
    "sums in float16": "用 float16 累加",
    "sums in bfloat16": "用 bfloat16 累加",
    "the last tap dropped": "漏掉最后一个采样点",
    "kernel flipped": "卷积核翻转",
    "channels swapped": "两个通道互换",
    "bias ignored": "漏掉偏置",
    "last row repeats": "最后一行照抄上一行",
    "one element off by 1e-3 of the rms": "一个元素偏离均方根的千分之一",
    "all zeros": "全是 0",
    "mutant:rounds_operands_to_tf32": "操作数舍入到 TF32",
    "mutant:rounds_operands_to_bfloat16": "操作数舍入到 bfloat16",
    "mutant:accumulates_in_float16": "用 float16 累加",
    "mutant:accumulates_in_bfloat16": "用 bfloat16 累加",
    "mutant:accumulates_toward_zero": "累加时向零截断",
    "one tap dropped": "漏掉一个采样点",
    "reference": "参考实现",
    "one after the other": "逐个累加",
    "pairwise": "两两累加",
    "blocks of 8": "每 8 个一块累加",
    "float64 sums": "用 float64 累加",
    "forward": "正向",
    "input gradient": "对输入的梯度",
    "weight gradient": "对权重的梯度",
}


@cache
def figures(name: str) -> Any:
    """What a script measured."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def word(name: str, language: str) -> str:
    """A name of the scripts in the page's language."""
    if language == "zh":
        return WORDS.get(name, name.replace("variant: ", "变体："))
    return name.removeprefix("mutant:").replace("_", " ")


def totals(kind: str, rule: str) -> tuple[int, int]:
    """Of the ``correct`` or ``faulty`` results, how many a rule accepts, and how many there are."""
    rows = figures("tolerances")[kind].values()
    return sum(row[rule] for row in rows), sum(row["of"] for row in rows)


def tolerances(language: str) -> str:
    """Every rule on every result: what is rejected, what is let through."""
    head, every = HEADS[language], [*RULES, *LAST]
    empty, of, bound, ours = head["tolerances"]
    rejected = [f"**{total - accepted}**" for accepted, total in (totals("correct", rule) for rule in every)]
    passed = [f"**{totals('faulty', rule)[0]}**" for rule in every]
    rows = [
        [head["rejected"], totals("correct", "cnnspec")[1], *rejected],
        [head["passed"], totals("faulty", "cnnspec")[1], *passed],
    ]
    for name, row in figures("tolerances")["faulty"].items():
        rows.append([word(name, language), row["of"], *(row[rule] for rule in every)])
    return table((empty, of, *RULES, bound, ours), rows, len(every) + 1)


def rules(language: str) -> str:
    """The rules as they stand in the tests of the field."""
    return table(HEADS[language]["rules"], [[name, text] for name, text in RULES.items()], 0)


def correct(language: str) -> str:
    """Correct targets: configurations, the largest error in units of its bound, failures."""
    found = figures("soundness")["correct"]
    rows = [
        [word(name, language), row["configurations"], f"{row['largest error / bound']:.3f}", len(row["failures"])]
        for name, row in found.items()
    ]
    whole = [f"**{HEADS[language]['all']}**", sum(r[1] for r in rows), "", sum(r[3] for r in rows)]
    return table(HEADS[language]["right"], [*rows, whole], 3)


def faulty(language: str) -> str:
    """Faulty targets: where the fault shows, where it goes beyond the bound, where it is caught."""
    keys = ("configurations", "changed", "beyond the bound", "caught")
    rows = [
        [word(name, language), *(row.get(key, 0) for key in keys), len(row["missed"])]
        for name, row in figures("soundness")["faulty"].items()
    ]
    return table(HEADS[language]["faulty"], rows, 5)


CASES = {
    "sums": ("mutant:accumulates_in_float16", "conv2d:x=2x16x7x6,w=4x16x3x2,f32,real,seed=3"),
    "operands": ("mutant:rounds_operands_to_tf32", "conv2d:x=2x3x7x6,w=4x3x3x2,f32,wide:14,seed=3"),
}
"""Targets and cases whose findings the page shows."""


def finding(name: str) -> str:
    """What the law says of a faulty target on a fixed case."""
    from cnnspec.cases.case import Case
    from cnnspec.harness.judge import rule
    from cnnspec.harness.probe import CaseProbe
    from cnnspec.harness.target import InlineTarget
    from cnnspec.laws.conditions import integer_filled
    from cnnspec.laws.registry import find_law

    target, text = CASES[name]
    case = Case.parse(text)
    law = find_law("CORR-1" if integer_filled(case) else "CORR-3")
    failure = rule(law, CaseProbe(case, InlineTarget(target))).failure
    assert failure is not None
    return _block(str(case), f"{law.id}  {failure.message}")


def card(target: str) -> str:
    """The precision card of a target's ``conv2d`` in float32, in words."""
    from cnnspec.harness.card import precision_card
    from cnnspec.harness.target import InlineTarget

    return _block(precision_card(InlineTarget(target))["words"])


def _block(*texts: str) -> str:
    return "\n".join(["```text", *(line for text in texts for line in wrap(text, 88)), "```"])


def missed(text: str) -> float:
    """The probability that one exact case does not show a wrong wiring."""
    from cnnspec.cases.case import Case
    from cnnspec.harness.confidence import missed as of

    return of(Case.parse(text))


def cost(language: str) -> str:
    """What a certificate of one float projection costs, as ratios."""
    found, head = figures("certificate"), HEADS[language]
    layer, *more = head["cost"]
    rows = []
    for row in found["rows"]:
        c, o, n, k, s = row["shape"]
        for name in ("forward", "input gradient", "weight gradient"):
            r = row[name]
            rows.append([head["layer"].format(c, o, n, n, k, k, s), word(name, language), f"{r['of_torch']:.2f}",
                         f"{r['of_float64']:.3f}", f"{r['memory']:.2f}"])  # fmt: skip
    return table((layer.format(found["batch"]), *more), rows, 3)
