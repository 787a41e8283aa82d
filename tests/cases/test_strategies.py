"""Cases are valid by construction, inside the claims, bounded in work, and spread as the table of bug reports asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.cases.dice import seeded
from cnnspec.cases.features import CELLS, Coverage, axes_of, features
from cnnspec.cases.strategies import MOST_WORK, cases, draw_case
from cnnspec.implementation import Claims, OperationClaims, full_claims
from cnnspec.operations import find, spelled_names

CLAIMS: dict[str, Callable[[OperationClaims], OperationClaims]] = {
    "everything": lambda claim: claim,
    "no options": lambda claim: replace(
        claim, options=tuple(n for n in claim.options if n in ("kernel_size", "output_size"))
    ),
    "symmetric": lambda claim: replace(claim, padding="symmetric"),
    "one int for all axes": lambda claim: replace(claim, padding="symmetric", style="scalar", uniform=True),
    "one dtype": lambda claim: replace(claim, dtypes=("float32",)),
}


def drawn(op: str, claim: OperationClaims | None = None, count: int = 300, strict: bool = True) -> list[Case]:
    """So many cases of an operation."""
    found: list[Case] = []

    @seed(5)
    @settings(max_examples=count, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(cases(op, claim, strict=strict))
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found


@pytest.mark.parametrize("words", CLAIMS)
@pytest.mark.parametrize("op", [n for n in spelled_names() if "1d" not in n])
def test_cases_are_valid_and_inside_the_claim(op: str, words: str) -> None:
    claim = CLAIMS[words](full_claims(find(op)[0]))
    for case in drawn(op, claim, 60):
        assert case.valid, str(case)
        assert not outside(case, Claims({op: claim})), str(case)


@pytest.mark.parametrize("op", ["conv1d", "conv2d", "conv3d"])
def test_the_work_is_bounded(op: str) -> None:
    for case in drawn(op):
        assert prod(case.output_shape) * prod(case.shapes["w"][1:]) <= 40 * MOST_WORK, str(case)


def share(found: list[Case], fact: Callable[[Case], bool]) -> float:
    """The share of cases with a fact."""
    return sum(map(fact, found)) / len(found)


def thrown(op: str, count: int, seed: int = 5, **changes: Any) -> list[Case]:
    """So many cases as a run draws them; Hypothesis varies what it drew before, and shares come out as they may."""
    claim, dice = full_claims(find(op)[0], **changes), seeded(seed)
    return [draw_case(dice, op, claim, True) for _ in range(count)]


@pytest.fixture(scope="module")
def convolutions() -> list[Case]:
    return thrown("conv2d", 1500)


TABLE: list[tuple[str, Callable[[Case], bool], float, float]] = [
    ("every extent equal, channels too", lambda c: features(c)["extents"] == "all equal", 0.03, 0.10),
    ("an axis with stride 1", lambda c: 1 in c.options["stride"], 0.30, 0.75),
    ("stride 1 beside stride > 1", lambda c: features(c)["stride"] == "mixed", 0.20, 0.60),
    ("a remainder in the strided cases", lambda c: features(c)["remainder"] == "some", 0.35, 0.75),
    ("dilation > 1", lambda c: features(c)["dilation"] == "above 1", 0.30, 0.75),
    ("dilation > 1 with stride > 1", lambda c: max(c.options["dilation"]) > 1 < max(c.options["stride"]), 0.12, 0.65),
    ("no padding", lambda c: features(c)["padding"] == "none", 0.08, 0.30),
    ("lo and hi differ", lambda c: any(lo != hi for lo, hi in c.options["padding"]), 0.28, 0.65),
    ("a whole window in the padding", lambda c: features(c)["padding"] == "whole window", 0.03, 0.20),
    ("negative pads", lambda c: features(c)["padding"] == "negative", 0.005, 0.08),
    ("one group", lambda c: c.options["groups"] == 1, 0.38, 0.68),
    ("depthwise with a multiplier", lambda c: features(c)["groups"] == "depthwise with multiplier", 0.07, 0.25),
    ("channels not a multiple of 4", lambda c: features(c)["channels"] == "tail", 0.50, 0.95),
    ("an empty batch", lambda c: c.shapes["x"][0] == 0, 0.01, 0.06),
    ("no bias", lambda c: "b" not in c.shapes, 0.08, 0.32),
    ("float32", lambda c: c.dtype == "float32", 0.25, 0.50),
    ("16-bit floats", lambda c: c.dtype in ("float16", "bfloat16"), 0.05, 0.25),
    ("integers", lambda c: "int" in c.dtype, 0.07, 0.30),
    ("a view among the arrays", lambda c: bool(c.layouts), 0.25, 0.70),
    ("an extent above 12", lambda c: max(c.shapes["x"][2:]) > 12, 0.10, 0.55),
    ("a span beyond the input", lambda c: any(w.span > n for n, w in axes_of(c)), 0.03, 0.25),
    ("a single window on some axis", lambda c: 1 in c.output_shape[2:], 0.05, 0.55),
]


@pytest.mark.parametrize(("words", "fact", "least", "most"), TABLE, ids=[row[0] for row in TABLE])
def test_the_distribution_is_the_tables(
    convolutions: list[Case], words: str, fact: Callable[[Case], bool], least: float, most: float
) -> None:
    assert least <= share(convolutions, fact) <= most, (words, share(convolutions, fact))


def test_seeds_of_cases_differ(convolutions: list[Case]) -> None:
    assert Counter(c.seed for c in convolutions).most_common(1)[0][1] < 100


def test_every_cell_is_visited() -> None:
    coverage = Coverage()
    for op in ("conv2d", "conv2d_input_grad", "conv_transpose2d", "avg_pool2d", "max_pool2d"):
        for case in thrown(op, 300):
            coverage.add(case)
    assert coverage.cells.keys() == CELLS.keys()
    assert min(coverage.cells.values()) >= 5, coverage.cells


def test_without_strict_nothing_is_empty_or_not_finite() -> None:
    for case in drawn("conv2d", strict=False):
        assert case.shapes["x"][0] > 0
        assert not case.pokes


@pytest.mark.parametrize("op", ["conv2d", "conv_transpose1d", "pad"])
def test_crops_come_at_either_end(op: str) -> None:
    pads = {pair for case in thrown(op, 1500, padding="negative") for pair in case.options["padding"]}
    assert any(lo < 0 <= hi for lo, hi in pads)
    assert any(hi < 0 <= lo for lo, hi in pads)


def test_a_crop_may_leave_nothing_where_negative_pads_are_claimed() -> None:
    assert 0.002 < share(thrown("pad", 500), lambda case: 0 in case.output_shape[2:]) < 0.05
    assert not any(0 in case.output_shape[2:] for case in thrown("pad", 200, padding="asymmetric"))


def test_transposed_convolutions_have_inputs_smaller_than_their_kernels() -> None:
    def small(case: Case) -> bool:
        return any(n < w.span for n, w in axes_of(case))

    assert 0.2 < share(thrown("conv_transpose2d", 500), small) < 0.6


def test_a_pad_is_a_number_of_the_dtype() -> None:
    found = [case for case in thrown("pad", 3000) if case.dtype == "uint8" and case.options["value"]]
    assert len(found) > 5
    assert {case.options["value"] for case in found} == {1, 2, 7}
