"""The table of operations: what it says of a function is what the function takes and returns."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any

import numpy as np
import pytest

from cnnspec.errors import UsageError
from cnnspec.operations import BY_NAME, OPERATIONS, Operation, Option, find, role, spelled_names

NAMES = [operation.name for operation in OPERATIONS]
# what a function offers beyond what a target may claim
OWN = {
    "conv": {"padding_mode"},
    "avg_pool": {"dilation", "divisor_override"},
    "avg_pool_input_grad": {"dilation", "divisor_override"},
    "lp_pool": {"dilation"},
}
SMALL: dict[str, Any] = {
    "x": (2, 4, 7, 11), "w": (6, 2, 3, 2), "b": (6,), "k": (2, 1, 3, 4),
    "kernel_size": (3, 2), "output_size": (3, 5), "padding": ((2, 0), (0, 1)), "groups": 2,
}  # fmt: skip


def small_call(operation: Operation) -> tuple[dict[str, Any], dict[str, Any]]:
    """Shapes and options of one call in which every size differs."""
    geometry = {name: SMALL[name] for name in operation.geometry}
    if operation.name.startswith("conv_transpose"):
        geometry |= {"w": (4, 3, 3, 2)}
    if operation.chapter == "signal":
        geometry["x"] = (2, 4, 7, 11)
    options: dict[str, Any] = {}
    for option in operation.options:
        options[option.name] = SMALL.get(option.name, option.default_for(2, options))
    return geometry, options


@pytest.mark.parametrize("name", NAMES)
def test_definition_and_reference_take_what_the_table_says(name: str) -> None:
    operation = BY_NAME[name]
    parameters = signature(operation.definition).parameters
    assert parameters == signature(operation.reference).parameters
    arrays = [p for p in parameters.values() if p.kind is Parameter.POSITIONAL_OR_KEYWORD]
    assert tuple(p.name for p in arrays) == operation.arrays
    assert tuple(p.name for p in arrays if p.default is None) == operation.optional
    words = {p.name: p.default for p in parameters.values() if p.kind is Parameter.KEYWORD_ONLY}
    own = {option.name for option in operation.options} | set(operation.derived)
    assert set(words) == own | OWN.get(name, set())


@pytest.mark.parametrize("name", NAMES)
def test_the_defaults_are_the_functions_own(name: str) -> None:
    operation = BY_NAME[name]
    words = signature(operation.reference).parameters
    for option in operation.options:
        default = words[option.name].default
        if option.default is ...:
            assert default is Parameter.empty
        elif option.kind == "pairs":
            assert option.default == (default, default)
        else:
            assert option.default == default


@pytest.mark.parametrize("name", NAMES)
def test_the_shapes_are_those_of_the_arrays(name: str) -> None:
    operation = BY_NAME[name]
    geometry, options = small_call(operation)
    rng = np.random.default_rng(5)
    shapes = operation.array_shapes(geometry, options)
    assert tuple(shapes) == operation.arrays
    arrays = [rng.integers(-9, 10, shape).astype(float) for shape in shapes.values()]
    results = operation.reference(*arrays, **operation.call_options(geometry, options))
    results = results if isinstance(results, tuple) else (results,)
    assert len(results) == len(operation.returns)
    assert {result.shape for result in results} == {operation.output_shape(geometry, options)}


def test_gradients_have_the_shape_of_what_they_are_gradients_of() -> None:
    for name in ("conv_input_grad", "max_pool_input_grad", "avg_pool_input_grad", "conv_weight_grad"):
        operation = BY_NAME[name]
        geometry, options = small_call(operation)
        assert operation.output_shape(geometry, options) == geometry["w" if "weight" in name else "x"]
        assert operation.array_shapes(geometry, options)["grad_output"] == operation.forward_shape(geometry, options)


def test_names_with_and_without_a_rank() -> None:
    assert find("conv2d_input_grad") == (BY_NAME["conv_input_grad"], 2)
    assert find("max_pool1d_with_indices") == (BY_NAME["max_pool_with_indices"], 1)
    assert find("relu") == (BY_NAME["relu"], None)
    assert find("conv") == (BY_NAME["conv"], None)
    for operation in OPERATIONS:
        for rank in (1, 2, 3):
            found, seen = find(operation.spelled(rank))
            assert (found, seen) == (operation, rank if operation.ranked else None)


@pytest.mark.parametrize("name", ["conv4d", "relu2d", "pad1d", "konv", "conv2d2d", ""])
def test_what_is_no_operation(name: str) -> None:
    with pytest.raises(UsageError, match=rf"no operation is called '{name}'; there are conv2d, .*cross_correlate"):
        find(name)


def test_spelled_names_are_all_different_and_found() -> None:
    names = spelled_names()
    assert len(names) == len(set(names)) == sum(3 if operation.ranked else 1 for operation in OPERATIONS)
    assert [find(name)[0].name for name in spelled_names((2,))] == NAMES


def test_defaults_per_axis() -> None:
    assert Option("stride", "per_axis", 1).default_for(3, {}) == (1, 1, 1)
    assert Option("padding", "pairs", (0, 0)).default_for(2, {}) == ((0, 0), (0, 0))
    assert Option("stride", "per_axis", None).default_for(2, {"kernel_size": (3, 2)}) == (3, 2)
    assert Option("p", "number", 2).default_for(3, {}) == 2
    assert BY_NAME["conv"].option("groups").kind == "int"


def test_the_part_an_array_plays() -> None:
    parts = {name: role(name) for name in ("x", "w", "k", "b", "grad_output")}
    assert parts == {"x": "data", "w": "weight", "k": "weight", "b": "bias", "grad_output": "data"}
