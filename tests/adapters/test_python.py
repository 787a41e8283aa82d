"""What is found out about functions as people write them, and that canonical calls reach them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import TargetError, Unsupported
from cnnspec.implementation import Implementation, OperationClaims

STUDENTS = str(Path(__file__).with_name("students.py"))


def load(function: str, op: str = "conv2d") -> Implementation:
    return adapters.load(f"{STUDENTS}:{function}", op=op)


def claim(function: str, op: str = "conv2d") -> OperationClaims:
    return load(function, op).claims.operations[op]


def run(implementation: Implementation, text: str) -> np.ndarray:
    case = Case.parse(text)
    return implementation.functions[case.op](*make_arrays(case).values(), **case.call_options)


@pytest.mark.parametrize(
    ("function", "style", "uniform", "padding", "bias", "options", "dtypes"),
    [
        ("four_loops", "scalar", True, "symmetric", "required", "stride padding", "float64"),
        ("int_padding", "scalar", True, "symmetric", "optional", "stride padding", "float64 float32"),
        ("tuple_padding", "torch", False, "symmetric", "optional", "stride padding dilation", "float64 float32"),
        ("pairs", "canonical", False, "asymmetric", "optional", "stride padding dilation", "float64 float32"),
        ("int_or_tuple", "torch", False, "symmetric", "optional", "stride padding", "float64 float32"),
        ("mixed", "scalar", True, "symmetric", "optional", "stride padding", "float64 float32"),
        ("short_words", "scalar", True, "symmetric", "optional", "stride padding", "float64 float32"),
        ("keywords", "canonical", False, "asymmetric", "optional", "stride padding dilation groups", "float64 float32"),
        ("by_position", "scalar", True, "symmetric", "required", "stride padding", "float64 float32"),
        ("no_options", "canonical", False, "none", "no", "", "float64 float32"),
        ("no_bias", "scalar", True, "symmetric", "no", "stride padding", "float64 float32"),
        ("float32_only", "scalar", True, "symmetric", "optional", "stride padding", "float32"),
        ("nested_lists", "canonical", False, "none", "optional", "", "float64"),
        ("bias_on_the_wrong_axis", "scalar", True, "symmetric", "required", "stride padding", "float64 float32"),
        ("kernel_height_for_both", "scalar", True, "symmetric", "optional", "stride padding", "float64 float32"),
        ("unfinished", "canonical", False, "asymmetric", "optional", "stride padding", "float64 float32"),
        ("declared", "torch", False, "symmetric", "optional", "stride padding groups", "float32"),
        ("chatty", "canonical", False, "none", "no", "", "float64 float32"),
        ("quitting", "canonical", False, "none", "no", "", "float64 float32"),
    ],
)
def test_the_claims_of_a_function(
    function: str, style: str, uniform: bool, padding: str, bias: str, options: str, dtypes: str
) -> None:
    found = claim(function)
    assert (found.style, found.uniform, found.padding, found.bias) == (style, uniform, padding, bias)
    assert (found.options, found.dtypes) == (tuple(options.split()), tuple(dtypes.split()))


UNIFORM = "conv2d:x=2x3x7x9,w=4x3x3x2,b,stride=2x2,padding=1.1_1.1,f64,ints:5"


@pytest.mark.parametrize(
    "function",
    ["four_loops", "int_padding", "tuple_padding", "pairs", "int_or_tuple", "mixed", "short_words", "keywords",
     "by_position"],
)  # fmt: skip
def test_a_canonical_call_reaches_the_function(function: str) -> None:
    case = Case.parse(UNIFORM)
    x, w, b = make_arrays(case).values()
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    expected = np.empty(case.output_shape)
    for n, o, i, j in np.ndindex(*case.output_shape):
        expected[n, o, i, j] = b[o] + (padded[n, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 2] * w[o]).sum()
    assert np.array_equal(run(load(function), UNIFORM), expected)


@pytest.mark.parametrize(
    ("function", "text", "message"),
    [
        ("int_padding", "stride=2x3", r"stride is one int for all axes here, got \(2, 3\)"),
        ("int_padding", "padding=1.1_0.0", r"padding is one int for all axes here, got \(1, 0\)"),
        ("tuple_padding", "padding=1.0_0.0", "padding is the same on both sides here"),
        ("pairs", "groups=3", "conv2d has no groups, got 3"),
        ("no_options", "b", "conv2d has no bias"),
        ("declared", "groups=3", "one group"),
    ],
)
def test_what_a_function_cannot_express_is_unsupported(function: str, text: str, message: str) -> None:
    with pytest.raises(Unsupported, match=message):
        run(load(function), f"conv2d:x=2x3x7x9,w=3x{1 if 'groups' in text else 3}x3x2,{text},f32")


def test_an_option_at_its_default_is_not_handed_to_a_function_without_it() -> None:
    assert run(load("no_options"), "conv2d:x=1x1x3x2,w=1x1x2x2,iota").tolist() == [[[[30], [50]]]]


NOTES = {
    "int_padding": "stride, padding as one int (detected); not claimed: dilation, groups",
    "tuple_padding": "padding as one int per axis (detected); not claimed: groups",
    "mixed": "strides is read as stride; pad is read as padding; padding as one int (detected);"
    " not claimed: dilation, groups",
    "four_loops": "stride, padding as one int (detected); float64 alone, since float32 gives float64 (detected);"
    " not claimed: dilation, groups",
    "no_options": "not claimed: stride, padding, dilation, groups, bias",
    "unfinished": "not claimed: dilation, groups; no form of options gave the right shape"
    " (NotImplementedError: next week)",
    "quitting": "not claimed: stride, padding, dilation, groups, bias; no form of options gave the right shape"
    " (SystemExit: no)",
}


@pytest.mark.parametrize("function", NOTES)
def test_the_notes_say_what_was_found_out(function: str) -> None:
    assert load(function).notes == (f"conv2d: {NOTES[function]}",)


def test_probing_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    load("chatty")
    assert capsys.readouterr().out == ""


def test_a_pool_with_a_tuple_and_an_int() -> None:
    found = load("pool", "max_pool2d")
    assert found.claims.operations["max_pool2d"].uniform
    assert found.notes[0].startswith("max_pool2d: pool_size is read as kernel_size; stride as one int (detected)")
    assert run(found, "max_pool2d:x=1x1x3x5,kernel_size=2x2,stride=1x1,iota").tolist() == [
        [[[7, 8, 9, 10], [12, 13, 14, 15]]]
    ]


def test_a_mode_that_raises_is_not_claimed() -> None:
    found = load("zeros_or_mirror", "pad")
    assert found.claims.operations["pad"].choices == {"mode": ("constant", "reflect")}
    assert "mode symmetric, replicate, circular raises and is not claimed" in found.notes[0]


def test_a_function_of_two_axes_under_a_name_for_every_rank() -> None:
    found = adapters.load(f"{STUDENTS}:conv")
    assert list(found.functions) == ["conv2d"]
    assert "conv1d is not checked: conv gives no result of its shape there" in found.notes
    assert list(load("any_rank", "conv").functions) == ["conv1d", "conv2d", "conv3d"]


def test_an_operation_for_every_rank_that_does_two_axes_alone() -> None:
    found = load("average_of_images", "global_avg_pool")
    assert found.notes == ("global_avg_pool: 2 spatial axes alone (detected)",)
    with pytest.raises(Unsupported, match="global_avg_pool takes 2 spatial axes, got 1"):
        found.functions["global_avg_pool"](np.ones((1, 2, 3)))
    assert found.functions["global_avg_pool"](np.ones((1, 2, 3, 4))).shape == (1, 2, 1, 1)


def test_a_helper_under_an_operations_name_stays_claimed_with_a_note() -> None:
    found = load("helper", "pad")
    assert list(found.functions) == ["pad"]
    assert "no form of options gave the right shape" in found.notes[0]


@pytest.mark.parametrize("target", [f"{STUDENTS}:Layers", f"{STUDENTS}:Layers?op=conv2d"])
def test_a_class_is_made_and_its_methods_are_found(target: str) -> None:
    found = adapters.load(target)
    assert list(found.functions) == ["conv2d"] if "?" in target else ["conv2d", "relu"]
    assert found.claims.operations["conv2d"].style == "scalar"


def test_a_class_that_needs_arguments_says_so() -> None:
    with pytest.raises(TargetError, match="an instance can be a target too"):
        adapters.load(f"{STUDENTS}:NeedsArguments")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("needs_more", "conv2d is not checked: it needs device, which the operation does not have"),
        ("declared_beyond_the_signature", "a bias is claimed, and the function has no parameter for it"),
    ],
)
def test_a_function_that_cannot_be_called_as_the_operation(function: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        load(function)


def test_objects_in_this_process() -> None:
    def relu(x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0)

    for target in (relu, {"relu": relu, "other": 3}):
        assert list(adapters.load(target).functions) == ["relu"]
    assert list(adapters.load(abs, op="relu").functions) == ["relu"]
    assert adapters.load(np.vectorize(lambda v: max(v, 0)), op="relu").functions["relu"](
        np.array([-1, 2])
    ).tolist() == [0, 2]
