"""Expected and got, side by side."""

from __future__ import annotations

import numpy as np

from cnnspec.report.grid import MOST_PLANES, side_by_side
from cnnspec.report.model import FindingEntry, Values


def grid(expected: object, got: object, where: tuple[int, ...] | None = None, bound: object = None) -> list[str]:
    values = [Values.of(np.asarray(a)) if a is not None else None for a in (expected, got, bound)]
    told = dict(zip(("expected", "got", "bound"), values, strict=True))
    return side_by_side(FindingEntry("CORR-1", "", "", "conv2d", "failed", "", "", "", where=where, **told))


def test_wrong_elements_are_marked_the_first_one_apart() -> None:
    assert grid([[[[1, 2], [3, 40]]]], [[[[1, 7], [3, 5]]]], (0, 0, 0, 1)) == [
        "y[0,0]   expected    got",
        "           1   2       1  [7]",
        "           3  40       3  (5)",
        "[ ] the first wrong element   ( ) wrong as well",
    ]


def test_only_planes_with_wrong_elements_are_shown() -> None:
    expected = np.zeros((2, 9, 1, 1))
    got = expected.copy()
    got[1, 2:] = 1
    lines = grid(expected, got, (1, 2, 0, 0))
    assert [line.split()[0] for line in lines if line.startswith("y")] == ["y[1,2]", "y[1,3]", "y[1,4]"]
    assert lines[-2] == f"and {7 - MOST_PLANES} more planes with wrong elements"


def test_nan_where_nan_is_right_is_no_error() -> None:
    lines = grid([[np.nan, 1.0]], [[np.nan, np.inf]], (0, 1))
    assert lines[1].split() == ["NaN", "1", "NaN", "[inf]"]


def test_digits_suffice_to_see_the_difference() -> None:
    lines = grid([[1.0, 2.0]], [[1.0, 2.000000004]], (0, 1))
    assert "[2.00000000" in lines[1]


def test_a_bound_decides_what_is_wrong() -> None:
    lines = grid([[1.0, 2.0]], [[1.5, 2.5]], (0, 1), [[1.0, 0.1]])
    assert lines[1].split() == ["1", "2", "1.5", "[2.5]"]
    assert lines[-1] == "[ ] the first wrong element"


def test_large_planes_are_cut_around_the_first_wrong_element() -> None:
    expected = np.arange(40.0 * 50).reshape(1, 1, 40, 50)
    got = expected.copy()
    got[0, 0, 30, 40] = -1
    lines = grid(expected, got, (0, 0, 30, 40))
    assert "[-1]" in "\n".join(lines)
    assert max(map(len, lines)) <= 76
    assert "of 40×50)" in "\n".join(lines)


def test_different_shapes_are_said_not_compared() -> None:
    assert grid([[1, 2]], [1]) == ["expected: 1×2", "    [[1, 2]]", "got: 1", "    [1]"]


def test_signals_and_numbers_have_a_row_too() -> None:
    assert grid([1, 2, 3], [1, 2, 4], (2,))[1].split() == ["1", "2", "3", "1", "2", "[4]"]
    assert grid(3, 4, ())[1].split() == ["3", "[4]"]


def test_nothing_to_compare_is_nothing_to_show() -> None:
    assert grid(None, [1]) == []
    assert grid(np.zeros((0, 2)), np.zeros((0, 2))) == []
