"""The probability of a miss, against misses that were counted."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from math import sqrt

import ml_dtypes
import numpy as np
import pytest

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.cases.fills import values
from cnnspec.harness.confidence import Confidence, atom, confidence, missed
from cnnspec.numerics.precision import exact_range
from cnnspec.operations import role

DRAWS = 20_000


@pytest.mark.parametrize("fill", ["ints:1", "ints:8", "negative:3", "wide:6", "iota", "ones"])
@pytest.mark.parametrize("name", ["x", "w", "b"])
def test_atoms_are_those_of_the_fills(fill: str, name: str) -> None:
    for dtype in ("float64", "uint8"):
        drawn = Counter(
            v
            for seed in range(100)
            for v in values(fill, name, 40, seed, np.dtype(dtype)).tolist()
            if fill not in ("iota", "ones")
        )
        alpha = atom(fill, role(name), unsigned=dtype == "uint8")
        if not drawn:
            assert alpha == 1
            continue
        share = max(drawn.values()) / drawn.total()
        assert abs(share - alpha) <= 6 * sqrt(alpha * (1 - alpha) / drawn.total()) + 0.01, (share, alpha)


def missed_products(fill: str, dtype: str, seeds: range) -> int:
    """How often a dropped product does not show."""
    dtype = np.dtype(dtype)
    pairs = ((values(fill, "x", 1, seed, dtype)[0], values(fill, "w", 1, seed, dtype)[0]) for seed in seeds)
    return sum(x * w == 0 for x, w in pairs)


@pytest.mark.parametrize(("fill", "dtype"), [("ints:1", "float64"), ("ints:8", "float64"), ("ints:1365", "float32")])
def test_a_dropped_product_attains_the_bound(fill: str, dtype: str) -> None:
    p = missed(Case.build("conv1d", {"x": (1, 1, 9), "w": (1, 1, 9)}, dtype=dtype, fill=fill))
    count = missed_products(fill, dtype, range(DRAWS))
    assert abs(count - p * DRAWS) <= 5 * sqrt(p * DRAWS), (count, p * DRAWS)


def wirings(rng: np.random.Generator) -> np.ndarray:
    """A wrong wiring of a one-dimensional layer, as a difference $d_{ij}$ of small integers, of any rank."""
    d = np.zeros((5, 3), int)
    for _ in range(rng.integers(1, 4)):
        d[rng.integers(5), rng.integers(3)] += rng.choice([-1, 1])
    return d if d.any() else wirings(rng)


@pytest.mark.parametrize("fill", ["ints:1", "ints:3", "negative:2"])
def test_no_random_wrong_wiring_is_missed_more_often(fill: str) -> None:
    case = Case.parse(f"conv1d:x=1x1x5,w=1x1x3,f64,{fill}")
    p, rng, draws = missed(case), np.random.default_rng(0), 2000
    arrays = [make_arrays(replace(case, seed=seed)) for seed in range(draws)]
    x = np.stack([a["x"].ravel() for a in arrays])
    w = np.stack([a["w"].ravel() for a in arrays])
    shares = []
    for _ in range(60):
        d = wirings(rng)
        count = int((np.einsum("si,ij,sj->s", x, d, w) == 0).sum())
        shares.append(count / draws)
        assert count <= p * draws + 5 * sqrt(p * draws), (d, count, p * draws)
    assert max(shares) > p * 0.8  # the bound is no empty one


def test_the_widest_fills_leave_next_to_nothing() -> None:
    """Kernel 3 by 3, one channel: the case that decides its geometry alone."""
    for dtype, short, most in (("float32", "f32", 1e-3), ("float64", "f64", 1e-7)):
        a = exact_range(9, dtype)
        p = missed(Case.parse(f"conv2d:x=2x1x7x11,w=4x1x3x3,{short},ints:{a}"))
        assert 0 < p < most
        assert missed_products(f"ints:{a}", dtype, range(4000)) <= p * 4000 + 5 * sqrt(p * 4000) + 1


def test_what_shows_nothing_counts_as_nothing() -> None:
    plain = "conv2d:x=2x3x7x11,w=4x3x3x2,f32,ints:8"
    assert missed(Case.parse(plain)) < 0.2
    for change in (
        ("ints:8", "real"), ("ints:8", "ones"), ("ints:8", "ints:9999"), ("ints:8", "ints:8,layout.x=zero"),
        ("ints:8", "ints:8,set.x=3.1"), ("ints:8", "ints:8,data.w=1_2"),
    ):  # fmt: skip
        assert missed(Case.parse(plain.replace(*change))) == 1, change
    assert missed(Case.parse("max_pool2d:x=2x3x7x11,kernel_size=2x3,f32,ints:8")) == 1


def test_a_rounded_result_hides_more() -> None:
    """float16 results of large sums are rounded: integers near the right one look right too, and are counted."""
    small, large = (Case.parse(f"conv1d:x=1x8x9,w=1x8x4,f16,ints:{a}") for a in (4, 20))
    assert missed(small) == pytest.approx(1 - (1 - 1 / 9) ** 2, abs=1e-6)
    assert missed(large) > 8 * missed(replace(large, dtype="float64"))
    count = 0
    for seed in range(600):
        arrays = make_arrays(replace(large, seed=seed))
        x, w = (a.astype(int).ravel() for a in arrays.values())
        right = sum(x[9 * c + i] * w[4 * c + i] for c in range(8) for i in range(4))
        count += np.float16(right) == np.float16(right - x[0] * w[0])
    assert 2 / 41 * 600 * 0.5 < count <= missed(large) * 600
    wrapped = missed(Case.parse("conv1d:x=1x8x9,w=1x8x4,i8,ints:100"))
    assert wrapped > missed(Case.parse("conv1d:x=1x8x9,w=1x8x4,i32,ints:100"))
    assert missed(Case.parse("conv1d:x=1x1x9,w=1x1x4,bf16,ints:4")) < 1
    assert ml_dtypes.bfloat16(257) == 256


def test_cases_of_one_geometry_multiply_and_geometries_do_not() -> None:
    case = Case.parse("conv2d:x=2x3x7x11,w=4x3x3x2,stride=2x1,f64,ints:3")
    p = missed(case)
    gathered = Confidence()
    for seed in (1, 2, 2):
        gathered.add(replace(case, seed=seed))
    assert gathered.to_json()["worst"] == pytest.approx(p**2)
    gathered.add(Case.parse("conv2d:x=2x3x7x11,w=4x3x3x2,stride=1x2,f64,ints:3"))
    gathered.add(Case.parse("conv2d:x=2x3x7x11,w=4x3x3x2,stride=1x3,f64,real"))
    summary = gathered.to_json()
    assert (summary["geometries"], summary["inexact"], summary["worst"]) == (3, 1, pytest.approx(p))
    assert "1 more were visited with inexact data alone" in summary["words"]
    assert summary["worst_case"] == "conv2d:x=2x3x7x11,w=4x3x3x2,stride=1x2,f64,ints:3"
    assert json.loads(json.dumps(summary)) == summary


def test_words_without_any_case() -> None:
    assert "no exact case was run" in confidence([])["words"]
