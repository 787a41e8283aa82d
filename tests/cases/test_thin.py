"""What few cases have had is found, told in bits, and looked for."""

from __future__ import annotations

from cnnspec.cases.case import Case
from cnnspec.cases.dice import seeded
from cnnspec.cases.features import Coverage
from cnnspec.cases.strategies import draw_case
from cnnspec.cases.thin import BITS, bits_of, draw_thin, end_of_thin, novelty, thin_ones, visited_well
from cnnspec.implementation import full_claims
from cnnspec.operations import find


def covered(*lines: str) -> Coverage:
    coverage = Coverage()
    for line in lines:
        coverage.add(Case.parse(line))
    return coverage


SMALL, STRIDED = "conv1d:x=1x1x5,w=1x1x3,f64", "conv1d:x=1x1x5,w=1x1x3,stride=2,f64"


def test_every_pair_and_cell_has_a_bit_of_its_own() -> None:
    assert sum(BITS.values()) == (1 << len(BITS)) - 1
    coverage = covered(SMALL, STRIDED)
    assert bits_of(coverage).bit_count() == len(coverage.pairs) + sum(map(bool, coverage.cells.values()))
    assert bits_of(coverage, least=2) == bits_of(covered(SMALL)) & bits_of(covered(STRIDED))
    cells = covered("conv2d_input_grad:x=1x4x4x4,w=4x2x1x1,stride=2x2,groups=2,f64").cells
    assert {name for name, count in cells.items() if count} >= {"stride × groups × gradient", "1×1 × stride × gradient"}


def test_thin_is_below_a_quarter_of_the_median() -> None:
    much = covered(*[f"{SMALL},seed={seed}" for seed in range(1, 9)], STRIDED)
    assert end_of_thin([much]) == 3, "nine cases had most of it"
    assert thin_ones({"conv1d": much}) == {"conv1d": sum(count == 1 for count in much.pairs.values())}
    assert thin_ones({"conv1d": much})["conv1d"] > 10
    assert visited_well({"conv1d": much})["conv1d"] == bits_of(covered(SMALL))
    other = {"conv1d": much, "relu": covered("relu:x=1x1x3,f64")}
    assert thin_ones(other)["relu"] == len(other["relu"].pairs), "the median is that of all operations"


def test_what_was_never_visited_is_new() -> None:
    assert novelty(Case.parse(STRIDED), bits_of(covered(SMALL))) == len(
        covered(STRIDED).pairs.keys() - covered(SMALL).pairs.keys()
    )
    assert novelty(Case.parse(SMALL), bits_of(covered(SMALL))) == 0


def test_a_case_that_looks_for_the_thin_finds_more_of_it() -> None:
    claim = full_claims(find("conv2d")[0])
    before = covered(*(str(draw_case(dice, "conv2d", claim, False)) for dice in [seeded(1)] for _ in range(40)))
    well = visited_well({"conv2d": before})["conv2d"]
    plain, thin = seeded(2), seeded(2)
    some = sum(novelty(draw_case(plain, "conv2d", claim, False), well) for _ in range(40))
    more = sum(novelty(draw_thin(thin, "conv2d", claim, False, well), well) for _ in range(40))
    assert more > 1.5 * some
    assert draw_thin(seeded(3), "conv2d", claim, False, -1) == draw_case(seeded(3), "conv2d", claim, False)
