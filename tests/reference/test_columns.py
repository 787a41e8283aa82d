"""The view of every window's taps, and the blocks that it is taken in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pytest

from cnnspec.geometry import Window
from cnnspec.reference import columns
from cnnspec.reference.columns import blocks, contract, copied, gather, grouped, scatter, windowed


def test_the_view_holds_what_the_formula_says() -> None:
    a = np.arange(2 * 6 * 9 * 8).reshape(2, 6, 9, 8)
    axes = (Window(3, stride=2, dilation=1), Window(2, stride=1, dilation=3))
    taps = windowed(a, axes, (4, 5), 3)
    assert taps.shape == (3, 2, 3, 2, 2, 4, 5)
    assert np.shares_memory(taps, a)
    for g, c, j0, j1, b, i0, i1 in np.ndindex(*taps.shape):
        assert taps[g, c, j0, j1, b, i0, i1] == a[b, 2 * g + c, 2 * i0 + j0, i1 + 3 * j1]
    assert grouped(a, 3)[2, 1, 0, 5, 4] == a[0, 5, 5, 4]


@pytest.mark.parametrize("shape", [(1, 1, 3, 4, 100), (2, 3, 5, 7), (1, 2, 0, 4), (2, 1, 3, 0, 5), (1, 1, 4, 1, 1, 1)])
@pytest.mark.parametrize("budget", [1, 7, 64, 10**6])
def test_the_blocks_cover_every_position_once(monkeypatch: Any, shape: tuple[int, ...], budget: int) -> None:
    monkeypatch.setattr(columns, "TINY", 0)
    y, w = np.zeros(shape), np.zeros((shape[0], shape[1], 6))
    for at in blocks(y, w, budget):
        y[at] += 1
        groups, _, *positions = y[at].shape
        assert groups * 6 * prod(positions) <= max(budget, w[0].size) or {groups, *positions} == {1}
    assert (y == 1).all()


@pytest.mark.parametrize("budget", [1, 50, 10**6])
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("apart", [1, 10**6])
@pytest.mark.parametrize("few", [0, 10**6])
@pytest.mark.parametrize("extents", [(4, 5), (9, 2)])
def test_the_three_products_do_not_depend_on_the_blocks(
    monkeypatch: Any, budget: int, outputs: int, apart: int, few: int, extents: tuple[int, int]
) -> None:
    rng = np.random.default_rng(1)
    axes, groups = (Window(2, stride=2), Window(3, dilation=2)), 2
    a = rng.integers(-9, 10, (3, 4, 2 * extents[0], extents[1] + 4))
    w = rng.integers(-9, 10, (groups, outputs, 12))
    y, g = np.empty((3, 2 * outputs, *extents), int), rng.integers(-9, 10, (3, 2 * outputs, *extents))
    back, dw = np.zeros_like(a), np.zeros_like(w)
    expected_y, expected_a, expected_w = np.zeros_like(y), np.zeros_like(a), np.zeros_like(w)
    for b, o, i0, i1 in np.ndindex(*y.shape):
        group, q = divmod(o, outputs)
        for k, (c, j0, j1) in enumerate(product(range(2), range(2), range(3))):
            at = (b, 2 * group + c, 2 * i0 + j0, i1 + 2 * j1)
            expected_y[b, o, i0, i1] += a[at] * w[group, q, k]
            expected_a[at] += g[b, o, i0, i1] * w[group, q, k]
            expected_w[group, q, k] += g[b, o, i0, i1] * a[at]
    monkeypatch.setattr(columns, "BLOCK", budget)
    monkeypatch.setattr(columns, "TINY", 0)
    monkeypatch.setattr(columns, "APART", apart)
    monkeypatch.setattr(columns, "FEW", few)
    gather(windowed(a, axes, extents, groups), w, grouped(y, groups))
    scatter(grouped(g, groups), w, grouped(back, groups), axes)
    contract(grouped(g, groups), windowed(a, axes, extents, groups), dw)
    assert y.tolist() == expected_y.tolist()
    assert back.tolist() == expected_a.tolist()
    assert dw.tolist() == expected_w.tolist()


def test_windows_may_start_later() -> None:
    a = np.arange(3 * 4 * 9 * 8).reshape(3, 4, 9, 8)
    axes = (Window(2, dilation=3), Window(3))
    later = windowed(a, axes, (4, 5), 2, (2, 1))
    assert later.tolist() == windowed(a[:, :, 2:, 1:].copy(), axes, (4, 5), 2).tolist()


def test_a_copy_of_columns_is_overwritten_and_a_view_is_none() -> None:
    a = np.arange(2 * 3 * 9.0).reshape(2, 3, 9)
    first = copied(windowed(a, (Window(2),), (8,), 1), (1, 6, 16))
    kept = first.copy()
    second = copied(windowed(-a, (Window(2),), (8,), 1), (1, 6, 16))
    assert np.shares_memory(first, second)
    assert (second == -kept).all()
    whole = copied(windowed(a[:1], (Window(1),), (9,), 1), (1, 3, 9))
    assert np.shares_memory(whole, a)


def test_each_thread_copies_into_memory_of_its_own() -> None:
    taps = windowed(np.arange(9.0).reshape(1, 1, 9), (Window(2),), (8,), 1)
    mine = copied(taps, (1, 2, 8))
    with ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(copied, taps, (1, 2, 8)).result()
    assert not np.shares_memory(mine, theirs)
