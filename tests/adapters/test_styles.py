"""Forms of options: every one tried once, and canonical values put into them."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec.adapters.signatures import Binding
from cnnspec.adapters.styles import Form, adapt, by_defaults, candidates, in_form, of_style
from cnnspec.errors import Unsupported
from cnnspec.operations import BY_NAME, DILATION, GROUPS, PADDING, STRIDE


def test_the_named_styles_come_first_and_no_form_twice() -> None:
    forms = list(candidates(BY_NAME["conv"], ["stride", "padding", "groups"]))
    assert forms[:3] == [Form("pairs"), Form("ints"), Form("int", frozenset({"stride"}))]
    assert len(forms) == len(set(forms)) == 3 * 2
    assert list(candidates(BY_NAME["relu"], [])) == [Form()]
    assert len(list(candidates(BY_NAME["max_pool"], ["kernel_size", "stride", "padding", "dilation"]))) == 3 * 8


@pytest.mark.parametrize(
    ("option", "value", "form", "handed"),
    [
        (PADDING, ((1, 2), (3, 4)), Form("pairs"), ((1, 2), (3, 4))),
        (PADDING, ((1, 1), (3, 3)), Form("ints"), (1, 3)),
        (PADDING, ((2, 2), (2, 2)), Form("int"), 2),
        (PADDING, ((1, 1), (3, 3)), Form("pair"), ((1, 1), (3, 3))),
        (STRIDE, (2, 3), Form("int"), (2, 3)),
        (STRIDE, (3, 3), Form("pairs", frozenset({"stride"})), 3),
        (DILATION, (3, 3), Form("pairs", frozenset({"stride"})), (3, 3)),
        (GROUPS, 2, Form("int"), 2),
        (STRIDE, (1, 2, 3), of_style("scalar", BY_NAME["conv"]), (1, 2, 3)),
        (STRIDE, "two", of_style("scalar", BY_NAME["conv"]), "two"),
    ],
)
def test_a_canonical_value_in_a_form(option: object, value: object, form: Form, handed: object) -> None:
    """The last two are invalid calls, which go through as they are for the function to refuse."""
    assert in_form(option, value, form, 2) == handed


def test_one_axis_has_a_form_more() -> None:
    forms = list(candidates(BY_NAME["conv"], ["stride", "padding"], 1))
    assert len(forms) == 4 * 2
    assert in_form(PADDING, ((1, 2),), Form("pair"), 1) == (1, 2)
    assert Form("pair").describe(["stride", "padding"]) == "padding as one (lo, hi)"
    assert by_defaults(BY_NAME["conv"], ["padding"], {"padding": (0, 0)}, 1) == Form("pair")


@pytest.mark.parametrize(("form", "value"), [(Form("ints"), ((1, 0), (1, 1))), (Form("int"), ((1, 1), (2, 2)))])
def test_what_a_form_cannot_express(form: Form, value: object) -> None:
    with pytest.raises(Unsupported, match="padding is"):
        in_form(PADDING, value, form, 2)


@pytest.mark.parametrize(
    ("form", "style", "words"),
    [
        (Form(), "canonical", ""),
        (Form("ints"), "torch", "padding as one int per axis"),
        (Form("int"), "scalar", "padding as one int"),
        (Form("ints", frozenset({"stride"})), "scalar", "stride as one int and padding as one int per axis"),
    ],
)
def test_a_form_has_a_style_and_words(form: Form, style: str, words: str) -> None:
    assert (form.style(["stride", "padding"]), form.describe(["stride", "padding"])) == (style, words)
    assert form.style(["groups"]) == "canonical"


def test_positional_parameters_get_their_own_defaults() -> None:
    binding = Binding(slots=(("b", None), ("stride", 7), ("", 5)), bias="optional")
    call = adapt(lambda *args: args[2:], BY_NAME["conv"], "conv2d", binding, Form(), rank=2)
    x = np.ones((1, 1, 3, 3))
    assert call(x, x, stride=(1, 2)) == (None, (1, 2), 5)
    assert call(x, x, "bias") == ("bias", 7, 5)


@pytest.mark.parametrize(
    ("defaults", "form"),
    [
        ({"stride": 1, "padding": 0}, Form("int", frozenset({"stride", "dilation"}))),
        ({"stride": 1}, Form("int", frozenset({"stride", "dilation"}))),
        ({"stride": 1, "padding": (0, 0)}, Form("ints", frozenset({"stride", "dilation"}))),
        ({"stride": (1, 1), "padding": 0}, Form("int", frozenset({"dilation"}))),
        ({"stride": (1, 1), "padding": ((0, 0), (0, 0))}, Form("pairs")),
        ({"stride": None, "groups": 1}, Form("pairs")),
        ({}, Form("pairs")),
    ],
)
def test_the_form_of_which_defaults_speak(defaults: dict[str, object], form: Form) -> None:
    assert by_defaults(BY_NAME["conv"], ["stride", "padding", "dilation"], defaults) == form
