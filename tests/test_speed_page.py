"""The page about speed: its figures are there, and its tables have their rows."""

from __future__ import annotations

import pytest

from benchmarks.layers import GROWING, LAYERS, LEAST, MOST, drawn
from benchmarks.reference import DRAWN, LIMITS, POOLS
from docs.pages import speed
from docs.pages.numerics import figures
from docs.pictures.ratios import ratios


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_table_has_its_rows(language: str) -> None:
    assert speed.layers(language).count("\n") == speed.others(language).count("\n") == 1 + len(LAYERS)
    assert speed.growing(language).count("\n") == 1 + sum(map(len, GROWING.values()))
    assert speed.pools(language).count("\n") == 1 + 4 * len(POOLS)
    assert speed.drawn(language).count("\n") == 1 + 4
    for table in (speed.small, speed.runs, speed.growth, speed.startup):
        assert table(language).count("\n") > 2
    assert speed.chart(language).count("<circle") == 2 * (len(LAYERS) + 1)


def test_the_file_holds_what_the_script_measures() -> None:
    found = figures("reference")
    assert {row["text"] for row in found["rows"] if row["multiply_adds"]} == {layer.text for layer in LAYERS}
    assert found["worst"].keys() == LIMITS.keys()
    assert [row["text"] for row in found["drawn"]] == [layer.text for layer in drawn(*DRAWN)]
    assert all(row["multiply_adds"] > 1e6 for row in found["rows"] if row["multiply_adds"])


def test_layers_are_drawn_of_every_kind_and_size() -> None:
    layers = drawn(80, 7)
    assert {len(layer.kernel) for layer in layers} == {1, 2, 3}
    assert {layer.options["groups"] > 1 for layer in layers} == {layer.batch > 1 for layer in layers} == {True, False}
    assert all(LEAST <= layer.work <= MOST and min(layer.counts) >= 1 for layer in layers)
    assert layers[:9] == drawn(9, 7)
    assert layers != drawn(80, 8)


def test_ratios_beyond_the_scale_stand_at_its_end() -> None:
    body = ratios({"a": [100.0], "b": [1e-9], "c": [1.0]}, ["one"], least=0.5, most=2).body
    assert body.count("<circle") == 4
