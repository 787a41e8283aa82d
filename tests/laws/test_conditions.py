from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.cases.case import Case
from cnnspec.geometry import Window
from cnnspec.harness.probe import CaseProbe
from cnnspec.laws import conditions
from cnnspec.laws.law import Vacuous

CONV = "conv1d:x=1x2x5,w=3x2x2,f32"
AVERAGE = "avg_pool1d:x=1x2x5,kernel_size=3,stride=1,f32,real"


@pytest.fixture
def probe(here):
    """A probe of the reference, with changes to what it claims of every operation."""

    def make(text: str, **claims) -> CaseProbe:
        whole = reference()
        operations = {name: replace(claim, **claims) for name, claim in whole.claims.operations.items()}
        return CaseProbe(Case.parse(text), here(replace(whole, claims=replace(whole.claims, operations=operations))))

    return make


@pytest.mark.parametrize(
    ("text", "integers", "finite", "nonempty"),
    [
        (f"{CONV},ints:3", True, True, True),
        (f"{CONV},real", False, True, True),
        (f"{CONV},real,data.x=1_2", False, True, True),
        (f"{CONV},data.x=1_-2,data.w=3", True, True, True),
        (f"{CONV},data.x=1_0.5,data.w=3", False, True, True),
        (f"{CONV},ints:3,set.x=2.nan", False, False, True),
        (f"{CONV},ints:3,set.w=2.-inf", False, False, True),
        (f"{CONV.replace('1x2x5', '0x2x5')},ints:3", True, True, False),
    ],
)
def test_what_a_case_holds(text: str, integers: bool, finite: bool, nonempty: bool) -> None:
    case = Case.parse(text)
    found = conditions.integer_filled(case), conditions.finite(case), conditions.nonempty(case)
    assert found == (integers, finite, nonempty)


def cannot_tell(check, *arguments) -> bool:
    try:
        check(*arguments)
    except Vacuous:
        return True
    return False


def test_sums_are_exact_up_to_the_accumulator(probe) -> None:
    # 4 products of at most 2048 * 2048
    assert not cannot_tell(conditions.exact_values, probe(f"{CONV},data.x=2048,data.w=2048"))
    assert cannot_tell(conditions.exact_values, probe(f"{CONV},data.x=2049,data.w=2048"))
    assert not cannot_tell(conditions.exact_values, probe(f"{CONV.replace('f32', 'i8')},ints:100"))


def test_a_narrower_accumulator_that_is_declared(probe) -> None:
    text = f"{CONV.replace('f32', 'f16')},data.x=32,data.w=32"
    narrow = {"accumulator": "float16"}
    assert not cannot_tell(conditions.exact_values, probe(text))
    assert cannot_tell(conditions.exact_values, probe(text, numerics=narrow))
    case = Case.parse(text)
    assert cannot_tell(conditions.exact_sums, probe(f"{CONV},ints:1", numerics=narrow), case, probe(text).arrays)
    wide, strict = (conditions.rounding(probe(AVERAGE.replace("f32", "f16"), numerics=n)) for n in (narrow, {}))
    assert (wide > strict).all()


def test_operands_that_are_rounded(probe) -> None:
    text = f"{CONV},data.x=2049,data.w=1"
    assert not cannot_tell(conditions.exact_values, probe(text))
    assert cannot_tell(conditions.exact_values, probe(text, numerics={"operands": "tf32"}))


def test_results_are_exact_up_to_the_output(probe) -> None:
    text = f"{CONV.replace('f32', 'f16')},data.x=32,data.w=32"
    assert not cannot_tell(conditions.exact_values, probe(text))
    assert cannot_tell(conditions.exact_results, probe(text))
    assert not cannot_tell(conditions.exact_results, probe(text.replace("32,data", "16,data")))


def test_a_transform_rounds_integers(probe) -> None:
    transform = {"algorithm": "transform"}
    for check in (conditions.exact_values, conditions.exact_results):
        assert cannot_tell(check, probe(f"{CONV},ints:1", numerics=transform))
    assert cannot_tell(conditions.representable, probe(f"{CONV},ints:1", numerics=transform), np.ones(1))


def test_means_may_differ_by_twice_their_bound(probe) -> None:
    p = probe(AVERAGE)
    largest = np.abs(p.arrays["x"]).max()
    near, far = p.got * np.float32(1 + 2**-23), p.got + np.float32(2**-20 * largest)
    assert conditions.agree(p, p.got, near, "") is None
    assert conditions.agree(p, p.got, far, "") is not None
    exact = probe(AVERAGE.replace("avg", "max"))
    assert conditions.agree(exact, exact.got, exact.got * np.float32(1 + 2**-23), "") is not None


def test_two_norms_that_are_nan_agree(probe) -> None:
    p = probe(AVERAGE.replace("avg", "lp"))
    holed = np.where(np.arange(3) == 1, np.float32(np.nan), p.got)
    assert conditions.agree(p, holed, holed, "") is None
    assert conditions.agree(p, p.got, holed, "") is not None


def test_windows_and_their_elements() -> None:
    case = Case.parse("conv2d:x=1x1x5x4,w=1x1x3x2,stride=2x1,dilation=1x2,padding=1.0_0.2,f32,ints:3")
    assert conditions.windows_of(case) == (Window(3, 2, 1, 1, 0), Window(2, 1, 2, 0, 2))
    assert conditions.all_real(case)
    assert not conditions.all_real(case.with_options(padding=((3, 0), (0, 2))))


def test_the_largest_window() -> None:
    for text, terms in (
        ("avg_pool2d:x=1x1x5x4,kernel_size=3x2,f32,ints:3", 6),
        ("global_avg_pool:x=1x1x5x4,f32,ints:3", 20),
        ("adaptive_avg_pool1d:x=1x1x5,output_size=3,f32,ints:3", 3),
    ):
        assert conditions.terms_of_pool(Case.parse(text)) == terms


def test_a_part_that_is_missing(probe) -> None:
    p = probe(f"{CONV},ints:3")
    assert conditions.part(p, 0, 2).shape == (1, 1, 4)
    assert cannot_tell(conditions.part, p, 0, 3)


def test_each_case_in_so_many() -> None:
    picked = [conditions.one_in(3, replace(Case.parse(f"{CONV},ints:3"), seed=seed)) for seed in range(12)]
    assert sum(picked) == 4
