"""The figures of the pages about numerics: they are there, they are well, and the text says what they say."""

from __future__ import annotations

import pytest

from benchmarks.certificate import LAYERS
from docs.pages import numerics


def test_fixed_tolerances_are_wrong_both_ways_and_derived_bounds_are_not() -> None:
    for rule in ("TOSA", "bound B", "cnnspec"):
        accepted, of = numerics.totals("correct", rule)
        assert accepted == of
    assert numerics.totals("faulty", "cnnspec")[0] == 0
    for rule in ("PyTorch", "JAX", "ONNX", "WebNN", "XLA"):
        accepted, of = numerics.totals("correct", rule)
        assert accepted < of
        assert numerics.totals("faulty", rule)[0] > 0


def test_soundness_holds_over_five_thousand_configurations() -> None:
    found = numerics.figures("soundness")
    rows = found["correct"].values()
    assert sum(row["configurations"] for row in rows) >= 5000
    assert [name for name, row in found["correct"].items() if row["failures"]] == []
    assert max(row["largest error / bound"] for row in rows) <= 1
    assert [name for name, row in found["faulty"].items() if row["missed"]] == []
    assert {"torch", "jax", "onnxruntime"} <= set(found["correct"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_table_has_its_rows(language: str) -> None:
    assert numerics.tolerances(language).count("\n") == 3 + len(numerics.figures("tolerances")["faulty"])
    assert numerics.cost(language).count("\n") == 1 + 3 * len(LAYERS)
    assert numerics.correct(language).count("\n") == 2 + len(numerics.figures("soundness")["correct"])
    assert numerics.faulty(language).count("\n") == 1 + len(numerics.figures("soundness")["faulty"])
    assert numerics.rules(language).count("\n") == 1 + len(numerics.RULES)


def test_every_name_is_in_chinese() -> None:
    names = [*numerics.figures("tolerances")["faulty"], *numerics.figures("soundness")["faulty"]]
    assert [name for name in names if name not in numerics.WORDS] == []


def test_what_findings_and_the_card_say() -> None:
    assert "looks\nlike float16 accumulation" in numerics.finding("sums")
    assert numerics.finding("operands").startswith("```text\nconv2d:")
    assert "sums are cut\nwhere rounding to nearest is declared" in numerics.card("mutant:accumulates_toward_zero")
