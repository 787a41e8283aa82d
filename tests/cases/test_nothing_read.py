"""A layer that reads nothing but padding gives zeros; memory that nobody wrote to is caught in each of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.nothing_read import nothing_read
from cnnspec.harness.plan import make_plan
from cnnspec.harness.runner import draw
from cnnspec.harness.session import run
from cnnspec.operations import find, spelled_names

CLAIMS = reference().claims.operations
OPERATIONS = [name for name in spelled_names() if nothing_read(name, CLAIMS[name])]


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("uniform", [False, True])
def test_the_first_has_numbers_and_the_second_none_in_the_same_shape(name: str, uniform: bool) -> None:
    cases = nothing_read(name, replace(CLAIMS[name], uniform=uniform))
    something, nothing = (case.operation.reference(*make_arrays(case).values(), **case.call_options) for case in cases)
    assert something.shape == nothing.shape
    assert np.count_nonzero(something) > something.size // 2
    assert not nothing.any()


def test_every_layer_and_gradient_is_called_so() -> None:
    layers = {name for name in spelled_names() if "w" in find(name)[0].geometry}
    assert {find(name)[0].name for name in OPERATIONS} == {find(name)[0].name for name in layers}
    for name in OPERATIONS:
        (item,) = make_plan(reference().claims, operations=(name,)).items
        drawn = list(draw(item, 3, strict=False))
        something, nothing = nothing_read(name, item.claim)
        assert drawn[drawn.index(something) + 1] == nothing


def test_a_claim_without_such_pads_has_none() -> None:
    assert not nothing_read("conv2d", replace(CLAIMS["conv2d"], options=("stride",)))


@pytest.mark.parametrize("name", OPERATIONS)
def test_memory_of_another_call_is_found(name: str) -> None:
    right, held = find(name)[0].reference, {}

    def optimised(*arrays, **options):
        y = right(*arrays, **options)
        if y.any():
            held[y.nbytes] = y.copy()
        return y if y.any() else held.get(y.nbytes, y).copy().reshape(y.shape)

    assert run({name: optimised}, operations=(name,), isolate="none", cases=40).findings
