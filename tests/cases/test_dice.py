"""Dice fall the same everywhere, evenly, and as the tables say."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import Phase, Verbosity, settings

from cnnspec.cases.dice import Dice, seeded
from cnnspec.cases.strategies import draw_case
from cnnspec.implementation import full_claims
from cnnspec.operations import find

DRAW = """
from cnnspec.cases.dice import seeded
from cnnspec.cases.strategies import draw_case
from cnnspec.implementation import full_claims
from cnnspec.operations import find
import sys
dice = seeded(5)
for op in ("conv2d", "max_pool3d", "relu"):
    print(draw_case(dice, op, full_claims(find(op)[0]), True))
print("hypothesis" in sys.modules)
"""


def drawn() -> list[str]:
    dice = seeded(5)
    return [str(draw_case(dice, op, full_claims(find(op)[0]), True)) for op in ("conv2d", "max_pool3d", "relu")]


def test_throws_are_splitmix_words_by_multiply_and_shift() -> None:
    """The first two published outputs for the state 1234567, in [0, 99]."""
    words = [6457827717110365317, 3203168211198807973]
    dice = seeded(1234567)
    assert [dice.integer(0, 99) for _ in words] == [u * 100 >> 64 for u in words]


def test_every_face_comes_up_as_often() -> None:
    dice = seeded(3)
    count = Counter(dice.integer(-2, 3) for _ in range(6000))
    assert set(count) == set(range(-2, 4))
    assert all(900 < n < 1100 for n in count.values())


def test_a_range_of_one_takes_no_throw() -> None:
    dice, other = seeded(1), seeded(1)
    assert [dice.integer(4, 4), dice.integer(0, 9)] == [4, other.integer(0, 9)]


def test_tables_are_followed() -> None:
    dice = seeded(8)
    count = Counter(dice.pick((("a", 70), ("b", 20), ("c", 10))) for _ in range(5000))
    assert [round(count[name] / 500) for name in "abc"] == [7, 2, 1]
    assert abs(sum(dice.chance(30) for _ in range(5000)) - 1500) < 120


@pytest.mark.parametrize("lowest", [True, False])
def test_alternatives_are_ordered_for_shrinking(lowest: bool) -> None:
    dice = Dice(lambda lo, hi: lo if lowest else hi)
    assert dice.pick((("simple", 50), ("hard", 50))) == ("simple" if lowest else "hard")
    assert dice.chance(30) is not lowest


def test_cases_of_a_seed_are_the_same_in_another_process_and_folder(tmp_path: Path) -> None:
    """Whatever modules are loaded; and nothing is written: Hypothesis, which would, is not even there."""
    answer = subprocess.run([sys.executable, "-c", DRAW], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == [*drawn(), "False"]
    assert not list(tmp_path.iterdir())


def test_the_users_hypothesis_profile_changes_nothing() -> None:
    plain, before = drawn(), settings.get_current_profile_name()
    settings.register_profile("odd", max_examples=1, phases=[Phase.explicit], verbosity=Verbosity.debug)
    settings.load_profile("odd")
    try:
        assert drawn() == plain
        assert settings.get_current_profile_name() == "odd"
    finally:
        settings.load_profile(before)
