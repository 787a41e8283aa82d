"""Making a case small: it still fails, it is valid, and nothing simpler that the steps know fails too."""

from __future__ import annotations

from math import prod

import pytest

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.harness.shrink import shrink

LARGE = Case.parse(
    "conv2d:x=3x6x17x12,w=8x3x4x5,b,stride=3x2,padding=2.1_0.3,dilation=2x1,groups=2,f32,ints:400,seed=77,layout.x=rev"
)


OVER = "x=3x6x7x5,w=6x4x4x5,stride=3x2,padding=2.1_0.3,dilation=2x1,groups=2,f32,ints:400,seed=77"


@pytest.mark.parametrize(
    ("fails", "smallest"),
    [
        (lambda c: True, "conv2d:x=1x1x1x1,w=1x1x1x1,f32,data.x=0,data.w=0"),
        (lambda c: c.options["stride"][0] != c.options["stride"][1], None),
        (lambda c: c.options["groups"] > 1, "conv2d:x=1x2x1x1,w=2x1x1x1,groups=2,f32,data.x=0_0,data.w=0_0"),
        (lambda c: c.shapes["w"][2] > 1 and c.shapes["x"][2] > 2, None),
        (lambda c: "b" in c.shapes and c.shapes["x"][0] > 1, None),
        (lambda c: bool(c.layouts), None),
    ],
)
def test_the_smallest_case_still_fails_and_is_small(fails: object, smallest: str | None) -> None:
    assert callable(fails)
    small = shrink(LARGE, fails)
    assert fails(small)
    assert small.valid
    assert sum(prod(a.shape) for a in make_arrays(small).values()) <= 12
    if smallest:
        assert str(small) == smallest


@pytest.mark.parametrize("name", ["conv_transpose2d", "conv_transpose2d_input_grad", "conv_transpose2d_weight_grad"])
def test_the_weights_of_every_transposed_operation_become_small(name: str) -> None:
    small = shrink(Case.parse(f"{name}:{OVER}"), lambda case: case.shapes["w"][1] > 2)
    assert (small.shapes["x"][:2], small.shapes["w"][:2], small.options["groups"]) == ((1, 1), (1, 3), 1)


def test_data_shrink_to_the_elements_that_matter() -> None:
    def fails(case: Case) -> bool:
        x = make_arrays(case)["x"]
        return bool(x.shape[-1] >= 3 and x[..., -1].any())

    assert str(shrink(Case.parse("relu:x=2x3x9,f64,ints:50,seed=5"), fails)) == "relu:x=1x1x3,f64,data.x=0_0_1"


def test_the_number_of_tries_is_bounded() -> None:
    tried = []

    def fails(case: Case) -> bool:
        tried.append(case)
        return True

    shrink(LARGE, fails, tries=5)
    assert len(tried) == 5


def test_pool_strides_shrink_with_the_kernel() -> None:
    small = shrink(Case.parse("max_pool2d:x=2x3x9x8,kernel_size=3x4,f64,ints:5"), lambda c: c.shapes["x"][3] > 1)
    assert small.options["kernel_size"] == small.options["stride"]


def test_a_fault_of_every_call_is_made_small_in_one_step() -> None:
    tried = []

    def fails(case: Case) -> bool:
        tried.append(case)
        return True

    shrink(LARGE, fails, tries=1)
    assert str(tried[0]) == "conv2d:x=1x1x1x1,w=1x1x1x1,f32,ints:400,seed=77"


def test_what_one_element_shows_ends_at_one_element() -> None:
    case = Case.parse("relu_input_grad:x=2x3x5x4,f32,ints:3,seed=5")

    def passes_at_zero(case: Case) -> bool:
        g, x = (a.ravel() for a in make_arrays(case).values())
        return any(v and not u for v, u in zip(g.tolist(), x.tolist(), strict=True))

    assert str(shrink(case, passes_at_zero)) == "relu_input_grad:x=1x1x1x1,f32,data.grad_output=1,data.x=0"


def test_unsigned_data_stay_unsigned() -> None:
    case = Case.parse("relu:x=2x3x5,u8,ints:3,seed=5")
    assert "-" not in str(shrink(case, lambda case: bool(make_arrays(case)["x"].size)))


def test_a_seed_that_a_law_chooses_by_stays() -> None:
    case = Case.parse("relu:x=2x3x5,f32,ints:3,seed=29")
    found = shrink(case, lambda case: case.seed // 2 % 3 == 2 and bool(make_arrays(case)["x"].size))
    assert str(found) == "relu:x=1x1x1,f32,seed=4,data.x=0"
    assert Case.parse(str(found)).seed == found.seed


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_no_more_failing_cases_are_kept_than_may_be_waited_for(steps: int) -> None:
    case, asked = Case.parse("relu:x=3x5x7,f64,real"), list[bool]()

    def fails(simpler: Case) -> bool:
        asked.append(max(simpler.shapes["x"]) > 3)
        return asked[-1]

    shrink(case, fails, steps=steps)
    assert sum(asked) == steps
