"""The measured figures: the file holds what the pages need, names what exists, and is of the present zoo."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.power import naming, tasks
from benchmarks.power.__main__ import PARTS, SCHEMA
from benchmarks.power.catching import zoo_figures
from benchmarks.power.tables import printed
from benchmarks.power.tasks import Part, Settings, measured
from cnnspec import mutants
from cnnspec.cases.case import Case
from cnnspec.laws.registry import every_law
from cnnspec.mutants import automatic
from cnnspec.mutants.equivalent import KINDS
from cnnspec.operations import find
from docs.pages import power

LAWS = {law.id for law in every_law()}
ZOO = mutants.names()


def test_the_file_has_every_part_and_says_where_it_comes_from() -> None:
    figures = power.figures()
    assert figures["schema"] == SCHEMA
    assert set(figures["environment"]) >= {"python", "numpy", "cnnspec"}
    assert set(figures["parts"]) == set(power.PARTS) == set(PARTS)
    for part in figures["parts"].values():
        assert set(part) >= {"date", "commit", "state", "spent"}


def test_the_zoo_is_the_present_one() -> None:
    zoo = power.part("zoo")
    assert zoo["mutants"] == len(ZOO) == len(zoo["first"])
    assert set(zoo["first"]) == set(ZOO)
    assert set(zoo["by_family"]) == set(mutants.FAMILIES)
    assert list(zoo["seeds"]) == [str(seed) for seed in range(10)]
    assert set(zoo["survivors"]) <= set(ZOO)
    assert zoo["killed"] == len(ZOO) - len(zoo["survivors"])
    assert not zoo["errors"]


def test_laws_and_cases_exist() -> None:
    zoo = power.part("zoo")
    assert set(zoo["laws"]) <= LAWS
    assert {name for names in zoo["laws"].values() for name in names} <= set(ZOO)
    for name, (law, _, cases, _, case) in zoo["first"].items():
        if law:
            assert law in LAWS
            assert cases > 0
            assert Case.parse(case).operation.name in mutants.find(name).operations or case


@pytest.mark.parametrize("suite", power.SUITES)
def test_another_suite_adds_up(suite: str) -> None:
    figures = power.part("suites")[suite]
    assert figures["mutants"] == len(ZOO)
    assert figures["killed"] <= figures["reached"] <= figures["mutants"]
    assert len(figures["missed"]) == figures["reached"] - figures["killed"]
    assert set(figures["missed"]) <= set(ZOO)
    for key in ("mutants", "reached", "killed"):
        assert sum(row[key] for row in figures["by_family"].values()) == figures[key]


def test_changes_add_up() -> None:
    auto = power.part("auto")
    assert auto["killed"] + sum(auto[kind] for kind in KINDS) + len(auto["survivors"]) == auto["changes"]
    for key in ("changes", "killed", *KINDS):
        assert sum(row[key] for row in auto["by_module"].values()) == auto[key]
    assert set(auto["by_module"]) <= set(automatic.modules())


def test_what_was_promised_holds() -> None:
    """A fault that is not caught, an alarm that is false: they stand on the page, and here."""
    assert power.part("zoo")["survivors"] == {}
    assert power.part("variants")["findings"] == []
    assert power.part("variants")["errors"] == []
    assert power.part("findings")["size"]["median"] <= 12
    assert power.part("findings")["names"]["share_right"] >= 0.95
    assert power.part("pairs")["share_both"] >= 0.7


FACES = ("seeds", "families", "laws", "each", "suites", "changes", "neither", "alarms", "sizes", "names", "measured")


@pytest.mark.parametrize("face", FACES)
def test_a_table_is_whole_in_both_languages(face: str) -> None:
    english, chinese = (getattr(power, face)(language).splitlines() for language in ("en", "zh"))
    assert len(english) == len(chinese)
    rows = [line for line in english if line.startswith("|")]
    assert len({line.count("|") - line.count("\\|") for line in rows}) <= 1


def test_a_share_is_never_rounded_up() -> None:
    assert [power.percent(share) for share in (0.9999, 0.95, 0.07, 1.0)] == ["99", "95", "7", "100"]


@pytest.mark.parametrize("part", power.PARTS)
def test_what_is_printed_fits_the_terminal(part: str) -> None:
    lines = shown(part, power.part(part)).splitlines()
    assert lines
    assert max(map(len, lines)) <= 80


# ------------------------------------------------------------------------------------------------- the measurement


def shown(part: str, figures: dict[str, Any]) -> str:
    file = io.StringIO()
    console = Console(width=80, file=file)
    for face in printed(part, figures):
        console.print(face, highlight=False)
    return file.getvalue()


def killed(mutant: str, seed: int, law: str = "CORR-1") -> dict[str, Any]:
    return {"mutant": mutant, "seed": seed, "law": law, "verdict": "failed" if law else "passed", "cases": 3,
            "seconds": 0.5, "case": "conv1d:x=1x1x1,w=1x1x1,f64" if law else "", "errors": []}  # fmt: skip


def test_what_survives_one_seed_is_shown() -> None:
    rows = [killed("kernel_flipped", 0), killed("bias_ignored", 0), killed("kernel_flipped", 1),
            killed("bias_ignored", 1, "")]  # fmt: skip
    figures = zoo_figures(rows, Settings(seeds=2))
    assert figures["survivors"] == {"bias_ignored": [1]}
    assert (figures["killed"], figures["mutants"]) == (1, 2)
    assert "NOT CAUGHT bias_ignored, seed 1" in shown("zoo", figures)


def test_a_stopped_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    def double(n: int) -> dict[str, Any]:
        done.append(n)
        return {"twice": 2 * n}

    def part(count: int) -> Part:
        return Part("numbers", lambda settings: [(n,) for n in range(count)], double, lambda rows, settings: {})

    settings = Settings(folder=tmp_path)
    measured(part(2), settings, 1, lambda before, total, row: None)
    with (tmp_path / "numbers.jsonl").open("a") as file:
        file.write('{"task": "2", "twi')
    rows = measured(part(4), settings, 1, lambda before, total, row: None)
    assert done == [0, 1, 2, 3]
    assert [row["twice"] for row in rows] == [0, 2, 4, 6]
    monkeypatch.setattr(tasks, "state", lambda: "another")
    assert measured(part(4), settings, 0, lambda before, total, row: None) == []


@pytest.mark.parametrize(
    ("given", "wrong", "verdict"),
    [
        ("kernel_flipped", {}, "right"),
        ("kernel_transposed", {}, "equal"),
        ("kernel_transposed", {"kernel_transposed": "conv2d:…"}, "wrong"),
        ("", {}, "none"),
    ],
)
def test_a_name_is_judged(given: str, wrong: dict[str, str], verdict: str) -> None:
    row = {"mutant": "kernel_flipped", "findings": [["CORR-1", "failed", "conv2d:…", 4, given]], "wrong": wrong}
    assert naming.judged(row) == verdict


def test_two_targets_that_do_the_same_are_told_from_two_that_do_not() -> None:
    assert naming.alike(naming.opened("", "relu"), naming.opened("auto:activation:0", "relu"), "relu")
    differences = naming.differences(naming.opened("", "relu"), naming.opened("relu_hides_nan", "relu"), "relu")
    found = next(differences)
    assert (found.here, found.there) == (frozenset(), {"RELU-5"})
    assert found.tells(frozenset())
    assert not naming.Difference("relu:…", True, frozenset({"A-1"}), frozenset()).tells(frozenset({"A-1"}))


def test_pairs_are_drawn_with_a_seed() -> None:
    pairs = naming.PAIRS.tasks(Settings(pairs=5))
    assert pairs == naming.PAIRS.tasks(Settings(pairs=5))
    for name, op in pairs:
        assert find(op)[0].name in naming.shared(*name.split("+"))
