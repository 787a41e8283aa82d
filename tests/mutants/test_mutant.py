"""What a mutant is: where it applies, what it keeps, how two make one, what loading gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnspec import mutants
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import CnnspecError, UsageError
from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import REGISTRY, always, mutant
from cnnspec.operations import spelled_names
from cnnspec.reference import convolution, pooling

PLAIN = Case.parse("conv2d:x=2x3x7x11,w=4x3x3x2,b,stride=2x3,padding=1.2_0.1,f64,ints:9,seed=1")


def called(name: str, case: Case, **changes: Any) -> Any:
    arrays = {**make_arrays(case), **{n: v for n, v in changes.items() if n in case.array_shapes}}
    options = {**case.call_options, **{n: v for n, v in changes.items() if n not in case.array_shapes}}
    return mutants.load(name)[case.op](*arrays.values(), **options)


@pytest.mark.parametrize("name", ["kernel_flipped", "crashes", "kernel_flipped+bias_ignored", "auto:activation:0"])
def test_loading_gives_every_function(name: str) -> None:
    functions = mutants.load(name)
    assert list(functions) == spelled_names()
    assert all(function.__name__ == spelled for spelled, function in functions.items())


def test_functions_that_it_does_not_touch_are_the_reference() -> None:
    functions = mutants.load("kernel_flipped")
    assert functions["max_pool2d"] is pooling.max_pool2d
    assert functions["conv2d"] is not convolution.conv2d


def test_options_left_out_have_their_defaults() -> None:
    functions = mutants.load("stride_is_kernel_size")
    x = np.arange(6.0).reshape(1, 1, 6)
    assert functions["max_pool1d"](x, kernel_size=(2,)).tolist() == [[[1, 3, 5]]]
    assert functions["max_pool1d"](x, kernel_size=(2,), stride=(1,)).tolist() == [[[1, 3, 5]]]
    assert mutants.load("bias_ignored")["conv1d"](x, np.ones((1, 1, 6)), None).tolist() == [[[15]]]


def test_where_it_triggers_is_told_from_passed_arrays_and_from_the_forward_geometry_alike() -> None:
    case = Case.parse("conv2d_input_grad:x=2x3x7x11,w=4x3x3x2,stride=2x3,padding=1.2_0.1,f64,ints:9,seed=1")
    for name in ("gradient_ignores_stride", "input_grad_ignores_remainder", "gradient_ignores_dilation"):
        found = mutants.find(name)
        passed = found.triggers("conv_input_grad", case.array_shapes, case.call_options)
        assert passed == found.triggers("conv_input_grad", case.shapes, case.options)
        assert passed == (name != "gradient_ignores_dilation")
    assert not mutants.find("gradient_ignores_stride").triggers("conv", PLAIN.shapes, PLAIN.options)


def test_it_refuses_what_the_reference_refuses() -> None:
    for name in ("kernel_flipped", "max_padding_is_zero", "stale_cache"):
        with pytest.raises(CnnspecError):
            called(name, PLAIN, stride=(0, 1))
        with pytest.raises(CnnspecError):
            called(name, PLAIN, w=np.ones((4, 2, 3, 2)))
        with pytest.raises((CnnspecError, TypeError)):
            mutants.load(name)["conv2d"](np.ones((1, 1, 3, 3)))


@pytest.mark.parametrize(("first", "second"), [
    ("padding_sides_swapped", "kernel_flipped"),
    ("bias_ignored", "one_column_too_many"),
    ("stride_axes_swapped", "last_row_skipped"),
])  # fmt: skip
def test_two_faults_at_once(first: str, second: str) -> None:
    both, other = called(f"{first}+{second}", PLAIN), called(f"{second}+{first}", PLAIN)
    assert np.array_equal(both, other)
    for alone in (called(first, PLAIN), called(second, PLAIN)):
        assert both.shape != alone.shape or not np.array_equal(both, alone)


def test_the_one_that_computes_for_itself_is_the_inner_one() -> None:
    case = Case.parse("max_pool1d:x=1x2x7,kernel_size=3,stride=2,padding=1.0,negative:9,seed=3")
    right = called("max_padding_is_zero", case.with_options(padding=((0, 1),)))
    for name in ("max_padding_is_zero+padding_sides_swapped", "padding_sides_swapped+max_padding_is_zero"):
        assert np.array_equal(called(name, case), right)


def test_a_pair_says_both() -> None:
    pair = mutants.find("kernel_flipped+max_padding_is_zero")
    assert pair.name == "kernel_flipped+max_padding_is_zero"
    assert pair.sentence.count(";") == 1
    assert pair.operations == ("conv", "max_pool", "max_pool_with_indices")
    assert pair.triggers("conv", PLAIN.shapes, PLAIN.options)
    assert not pair.triggers("relu", {"x": (1, 1, 2)}, {})


def test_what_one_remembers_another_load_does_not_know() -> None:
    first, second = mutants.load("stale_cache")["conv2d"], mutants.load("stale_cache")["conv2d"]
    arrays = make_arrays(PLAIN)
    right = convolution.conv2d(*arrays.values(), **PLAIN.call_options)
    assert np.array_equal(first(*arrays.values(), **PLAIN.call_options), right)
    assert np.array_equal(first(*arrays.values(), **PLAIN.call_options), 2 * right)
    assert np.array_equal(second(*arrays.values(), **PLAIN.call_options), right)


def test_unknown_names_are_refused_with_a_guess() -> None:
    with pytest.raises(UsageError, match="do you mean kernel_flipped"):
        mutants.find("kernel_fliped")
    with pytest.raises(UsageError, match="nothing"):
        mutants.load("kernel_flipped+nothing")


def test_a_name_is_given_once_and_needs_a_sentence() -> None:
    def kernel_flipped(call: Call) -> Any:
        """Something else."""

    def a_new_one(call: Call) -> Any: ...

    mutants.names()
    for fault in (kernel_flipped, a_new_one):
        with pytest.raises(ValueError, match=fault.__name__):
            mutant(("conv",), "any call", always)(fault)
    assert "a_new_one" not in REGISTRY
