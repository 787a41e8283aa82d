"""The reference as a target."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import ShapeError, TargetError
from cnnspec.operations import find, spelled_names


def test_the_reference_has_every_operation() -> None:
    found = adapters.load("reference")
    assert list(found.functions) == spelled_names()
    claims = found.claims.operations
    assert claims["conv2d"].options == ("stride", "padding", "dilation", "groups")
    assert claims["conv3d"].padding == "negative"
    assert "int8" in claims["max_pool2d"].dtypes
    assert "int8" not in claims["avg_pool2d"].dtypes
    assert "complex64" in claims["convolve"].dtypes


def test_a_name_with_a_rank_refuses_other_ranks() -> None:
    with pytest.raises(ShapeError, match="2 spatial axes"):
        adapters.load("reference").functions["conv2d"](np.ones((1, 1, 3)), np.ones((1, 1, 2)))


@pytest.mark.parametrize("name", spelled_names())
def test_the_reference_runs_on_all_that_it_claims(name: str) -> None:
    found = adapters.load("reference", op=name)
    claim = found.claims.operations[name]
    rank = find(name)[1] or 2
    for dtype in claim.dtypes:
        case = smallest(name, rank, dtype)
        result = found.functions[name](*make_arrays(case).values(), **case.call_options)
        first = result[0] if isinstance(result, tuple) else result
        assert (first.shape, first.dtype.name) == (case.output_shape, dtype)


def smallest(name: str, rank: int, dtype: str) -> Case:
    x, kernel = (1, 2, *range(5, 5 + rank)), (2,) * rank
    options = {}
    if name.startswith("pad"):
        options = {"padding": ((-1, 2),) * rank}
    if "adaptive" in name:
        options = {"output_size": kernel}
    elif "pool" in name and "global" not in name:
        options = {"kernel_size": kernel}
    shapes = {"x": x}
    if name.startswith("conv") and name not in ("convolve", "conv_bias_grad"):
        shapes["w"] = (2, 2, *kernel)
        options = {"padding": ((-1, 1),) * rank}
    if name in ("convolve", "cross_correlate"):
        shapes = {"x": x[2:], "k": kernel}
    return Case.build(name, shapes, options, dtype=dtype, fill="ints:3")


def test_an_operation_that_the_target_does_not_have() -> None:
    with pytest.raises(TargetError, match="reference has no conv4d; it has conv1d"):
        adapters.load("reference", op="conv4d")


def test_a_mutant_is_the_reference_with_a_fault_and_claims_the_same() -> None:
    reference, mutant = adapters.load("reference"), adapters.load("mutant:kernel_flipped")
    assert mutant.name == "mutant:kernel_flipped"
    assert mutant.claims == reference.claims
    x, w = np.array([[[1, 2, 3]]]), np.array([[[1, 10]]])
    options = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
    assert reference.functions["conv1d"](x, w, **options).tolist() == [[[21, 32]]]
    assert mutant.functions["conv1d"](x, w, **options).tolist() == [[[12, 23]]]


def test_a_mutant_that_is_not_in_the_zoo() -> None:
    with pytest.raises(TargetError, match="no mutant is called 'kernel_fliped'; do you mean kernel_flipped"):
        adapters.load("mutant:kernel_fliped")
