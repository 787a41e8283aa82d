"""What is inside a claim: every restriction is kept by what is drawn under it, and broken by what is drawn without."""

from __future__ import annotations

import pytest

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import RESTRICTIONS, outside, within_limit
from cnnspec.cases.dice import seeded
from cnnspec.cases.strategies import draw_case
from cnnspec.implementation import LIMITS, Claims, full_claims
from cnnspec.operations import find

SHOWN_BY = {
    "half_kernel_padding": "max_pool2d", "output_padding_below_stride": "conv_transpose2d",
    "reflect_pads_below_extent": "pad", "circular_pads_within_extent": "pad", "padding_below_kernel": "avg_pool3d",
    "negative_pads_only_constant": "pad", "square_input": "max_pool3d", "padding_none_or_same": "conv2d",
    "padding_none_or_same_upper": "max_pool2d",
}  # fmt: skip


def drawn(op: str, *limits: str) -> list[Case]:
    claim = full_claims(find(op)[0], dtypes=("float64",), limits=limits)
    dice = seeded(5)
    return [draw_case(dice, op, claim, False) for _ in range(60)]


def test_every_limit_is_a_restriction() -> None:
    assert set(RESTRICTIONS) == set(LIMITS)


@pytest.mark.parametrize(
    "limit", sorted(set(LIMITS) - {"negative_pads_only_constant"})
)  # of which nothing else is drawn
def test_what_is_drawn_under_a_limit_keeps_it(limit: str) -> None:
    op = SHOWN_BY.get(limit, "conv2d")
    claims = Claims({op: full_claims(find(op)[0], dtypes=("float64",), limits=(limit,))})
    under, without = drawn(op, limit), drawn(op)
    assert sum(bool(outside(case, claims)) for case in under) <= 3
    assert all(case.valid for case in under)
    assert any(outside(case, claims) == f"{op}: {LIMITS[limit]}" for case in without)


@pytest.mark.parametrize(
    ("limit", "text", "inside"),
    [
        ("one_stride", "conv2d:x=1x1x5x5,w=1x1x3x2,stride=2x2,f64", True),
        ("one_stride", "max_pool2d:x=1x1x5x5,kernel_size=2x2,stride=2x1,f64", False),
        ("square_kernel", "max_pool2d:x=1x1x5x5,kernel_size=2x3,f64", False),
        ("square_kernel", "max_pool2d:x=1x1x5x6,kernel_size=2x2,f64", True),
        ("square_input", "conv2d:x=1x1x5x6,w=1x1x2x2,f64", False),
        ("square_input", "global_max_pool:x=1x1x5x6,f64", True),
        ("padding_none_or_same", "conv2d:x=1x1x5x6,w=1x1x3x2,f64", True),
        ("padding_none_or_same", "conv2d:x=1x1x5x6,w=1x1x3x2,padding=1.1_0.1,f64", True),
        ("padding_none_or_same", "conv2d:x=1x1x5x6,w=1x1x3x2,padding=1.1_1.0,f64", False),
        ("padding_none_or_same", "conv2d:x=1x1x5x6,w=1x1x3x2,stride=2x1,padding=1.1_0.1,f64", False),
        ("padding_none_or_same", "convolve:x=5x6,k=2x2,f64", True),
        ("padding_none_or_same_upper", "conv2d:x=1x1x5x6,w=1x1x3x2,stride=2x1,padding=1.1_0.1,f64", True),
        ("padding_none_or_same_upper", "conv2d:x=1x1x6x6,w=1x1x3x2,stride=2x1,padding=0.1_0.1,f64", True),
        ("padding_none_or_same_upper", "conv2d:x=1x1x6x6,w=1x1x3x2,stride=2x1,padding=1.1_0.1,f64", False),
    ],
)
def test_on_either_side_of_a_limit(limit: str, text: str, inside: bool) -> None:
    assert within_limit(Case.parse(text), limit) is inside
