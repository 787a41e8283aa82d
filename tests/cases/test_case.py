"""The case and its one line of text."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings, strategies as st

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.cases.strategies import cases
from cnnspec.errors import CaseError
from cnnspec.operations import spelled_names

FULL = "conv2d:x=2x4x7x5,w=6x2x3x2,b,stride=2x1,padding=1.0_0.2,dilation=1x2,groups=2,f32,ints:8,seed=7"
EVERY_CASE = st.sampled_from(spelled_names()).flatmap(cases)


def test_the_documented_example_round_trips() -> None:
    case = Case.parse(FULL)
    assert str(case) == FULL
    assert case.shapes["b"] == (6,)
    assert case.options == {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}
    assert case.output_shape == (2, 6, 3, 5)


def test_the_seed_is_told_even_where_it_fills_nothing() -> None:
    """Laws choose by it on which cases they call further: without it, a finding would not replay."""
    text = "relu:x=1x1x2,f64,seed=6,data.x=1_-2"
    assert Case.parse(text).seed == 6
    assert str(Case.parse(text)) == text


@settings(max_examples=400)
@given(EVERY_CASE)
def test_every_drawn_case_round_trips(case: Case) -> None:
    assert Case.parse(str(case)) == case


@settings(max_examples=200)
@given(EVERY_CASE)
def test_no_case_needs_quoting_in_a_shell(case: Case) -> None:
    assert shlex.quote(str(case)) == str(case)


def test_defaults_are_left_out() -> None:
    text = "max_pool2d:x=1x2x5x7,kernel_size=3x2,f64,ints:8"
    case = Case.parse("max_pool2d:x=1x2x5x7,kernel_size=3x2,stride=3x2,padding=0.0_0.0,ceil_mode=0,f64,ints:8,seed=0")
    assert str(case) == text


def test_a_gradient_case_states_the_forward_geometry() -> None:
    case = Case.parse("conv2d_input_grad:x=2x4x7x5,w=6x2x3x2,groups=2,f64,ints:3")
    assert case.array_shapes == {"grad_output": (2, 6, 5, 4), "w": (6, 2, 3, 2)}
    assert case.call_options["input_size"] == (7, 5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conv2d", "OPERATION:PART"),
        ("conv9d:x=1x1x3", "no operation is called 'conv9d'"),
        ("conv2d:x=1x1x3x3,f64", "no shape for w"),
        ("conv2d:x=1x1x3x3,w=1x1x1x1,stirde=2x2,f64", "'stirde=2x2'"),
        ("conv2d:x=1x1x3x3,w=1x1x1x1,f65", "'f65'"),
        ("conv2d:x=1xonex3x3,w=1x1x1x1,f64", "'x=1xonex3x3'"),
        ("relu:x=1x1x3,f64,layout.x=diagonal", "'layout.x=diagonal'"),
        ("relu:x=1x1x3,f64,data.x=1_two", "'data.x=1_two'"),
        ("max_pool1d:x=1x1x3,f64", "needs the option 'kernel_size'"),
    ],
)
def test_an_unreadable_case_names_the_part(text: str, words: str) -> None:
    with pytest.raises(CaseError, match=words):
        Case.parse(text)


def test_data_and_single_values_override_the_fill() -> None:
    case = Case.parse("relu:x=1x1x4,f64,data.x=1_-2,set.x=3.nan")
    assert str(make_arrays(case)["x"].tolist()) == "[[[1.0, -2.0, 1.0, nan]]]"


def test_a_single_value_outside_the_array_is_refused() -> None:
    with pytest.raises(CaseError, match="index 9 is outside the 4 elements"):
        make_arrays(Case.parse("relu:x=1x1x4,f64,set.x=9.nan"))
