"""The arithmetic of shapes, against the shapes."""

from __future__ import annotations

import re

import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.cases.case import Case
from cnnspec.geometry import Window
from cnnspec.report.arithmetic import forward_extents, picture, shape_arithmetic, summary

EVERY = list(reference().claims.operations)


@pytest.mark.parametrize("op", EVERY)
def test_each_axis_ends_at_its_extent(op: str, drawn) -> None:
    for case in drawn(op, 12):
        if case.rank == 0:
            continue
        blocks = "\n".join(shape_arithmetic(case)).split("axis ")[1:]
        assert len(blocks) == case.rank
        for block, extent in zip(blocks, forward_extents(case), strict=True):
            formula = [line for line in block.splitlines() if re.search(r"\bm\b", line)]
            ends = [number for line in formula for number in re.findall(r"= (\d+)(?:;|$)", line)]
            assert str(extent) in (ends or re.findall(r"m = (\d+)", block)), (str(case), block)


def test_a_strided_axis_in_full() -> None:
    case = Case.parse("conv1d:x=1x1x6,w=1x1x2,stride=2,padding=1.0,dilation=2,f64")
    assert (
        "\n".join(shape_arithmetic(case))
        == """\
axis 0   n = 6, k = 2, s = 2, d = 2, pads (1, 0)
  padded extent   N = n + p_lo + p_hi     = 6 + 1 + 0 = 7
  span            k' = (k - 1)·d + 1      = (2 - 1)·2 + 1 = 3
  windows         m = ⌊(N - k') / s⌋ + 1  = ⌊(7 - 3) / 2⌋ + 1 = 3
  input      · 0 1 2 3 4 5
  window 0   x   x
  window 1       x   x
  window 2           x   x"""
    )


def test_the_ceil_rule_tells_both_limits() -> None:
    lines = shape_arithmetic(Case.parse("max_pool1d:x=1x1x3,kernel_size=2,stride=3,padding=0.1,ceil_mode=1,f64"))
    assert "⌈(4 - 2) / 3⌉ + 1 = 2" in lines[3]
    assert "m = min(2, 1)" in lines[4]
    assert lines[4].endswith("= 1; a window starts before n + p_lo = 3, so at most 1 do")


def test_no_window_is_said_as_such() -> None:
    case = Case.parse("conv1d:x=1x1x2,w=1x1x3,f64")
    assert "N - k' = -1 < 0: no window fits (SHAPE-3)" in "\n".join(shape_arithmetic(case))
    assert "no window fits on spatial axis 0" in summary(case)


@pytest.mark.parametrize("window", [Window(3), Window(2, 3, 2, 1, 2), Window(4, 1, 1, 0, 3), Window(1, 2)])
def test_the_picture_has_a_row_for_each_window(window: Window) -> None:
    lines = picture(window, 7)
    assert len(lines) == 1 + window.count(7)
    columns = [m.start() for m in re.finditer(r"\S+", lines[0])][1 : 1 + 7 + window.lo + window.hi]
    for index, line in enumerate(lines[1:]):
        marks = [m.start() for m in re.finditer("x", line)]
        assert marks == [columns[t + window.lo] for t in window.taps(index)]


def test_many_windows_are_cut_and_wide_axes_not_drawn() -> None:
    assert [line.split()[:2] for line in picture(Window(1), 20)][-2:] == [["…"], ["window", "19"]]
    assert picture(Window(3), 500) == []
