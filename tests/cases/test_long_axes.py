"""Every extent of every operation is long in one case, and what is computed is little."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.cases.claimed import outside
from cnnspec.cases.long_axes import EVEN, MANY, MORE, MOST, long_axes
from cnnspec.cases.strategies import MOST_WORK
from cnnspec.harness.session import run
from cnnspec.implementation import Claims, Implementation, full_claims
from cnnspec.operations import find, spelled_names


@pytest.mark.parametrize("op", spelled_names())
def test_they_are_valid_inside_the_claim_and_small(op: str) -> None:
    claim = full_claims(find(op)[0])
    cases = long_axes(op, claim)
    assert len(cases) >= 4
    for case in cases:
        assert case.valid
        assert not outside(case, Claims({op: claim}))
        assert max(prod(shape) for shape in case.array_shapes.values()) <= 3 * MOST_WORK
    needed = ("padding",) if op.startswith("pad") else ("kernel_size", "output_size")
    narrow = replace(claim, options=tuple(n for n in claim.options if n in needed))
    assert long_axes(op, narrow)


@pytest.mark.parametrize("op", ["conv2d", "conv2d_input_grad", "conv2d_weight_grad", "conv_transpose2d"])
def test_each_extent_of_a_layer_is_long_in_one_of_them(op: str) -> None:
    cases = long_axes(op, full_claims(find(op)[0]))
    for name, axis, least in (
        ("x", 0, MORE), ("x", 1, MOST), ("x", 2, MORE), ("x", 3, MOST),
        ("w", 0, MOST), ("w", 1, MOST), ("w", 2, 16), ("w", 3, MANY),
    ):  # fmt: skip
        assert max(case.shapes[name][axis] for case in cases) >= least, (name, axis)
    assert max(case.options["groups"] for case in cases) == MANY
    widest = max(p for case in cases for pair in case.options["padding"] for p in pair)
    assert widest == (6 if "transpose" in op else 18)  # which crop a transposed layer, and would leave nothing
    assert any(case.shapes["x"][1] == EVEN for case in cases)


def broken_from(op: str, long: int, axis: int) -> Implementation:
    """The reference, which takes 9 for the last element of the first array along an axis that is long."""
    whole = adapters.load("reference")

    def function(a, *rest, **options):
        if a.shape[axis] <= long:
            return whole.functions[op](a, *rest, **options)
        a = np.array(a)
        a[(slice(None),) * axis + (-1,)] = 9
        return whole.functions[op](a, *rest, **options)

    return replace(whole, functions={op: function}, claims=Claims({op: full_claims(find(op)[0])}))


@pytest.mark.parametrize(("axis", "long"), [(0, 256), (1, 1024), (2, 256), (3, 1024)])
@pytest.mark.parametrize("op", ["conv2d", "max_pool2d", "conv2d_input_grad"])
def test_a_run_of_any_profile_meets_them(op: str, axis: int, long: int) -> None:
    found = run(broken_from(op, long, axis), isolate="none", operations=(op,), stop_at_first=True, cases=80)
    assert found.exit_code == 1
