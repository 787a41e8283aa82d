"""Reading signatures: which argument goes where."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest

from cnnspec.adapters.signatures import ALIASES, Binding, Mismatch, read
from cnnspec.operations import BY_NAME


def binding(function: Callable[..., Any], operation: str = "conv") -> Binding:
    return read(function, BY_NAME[operation])


def test_no_alias_is_the_name_of_two_options_of_one_operation() -> None:
    for operation in BY_NAME.values():
        names = [option.name for option in operation.options]
        words = [word for name in names for word in (name, *(a for a in ALIASES.get(name, ()) if a not in names))]
        assert len(words) == len(set(words)), operation.name


def test_p_is_padding_where_it_is_not_the_power() -> None:
    assert binding(lambda x, w, p: x).words == {"padding": "p"}
    found = binding(lambda x, k, s, pad, p: x, "lp_pool")
    assert found.words == {"kernel_size": "k", "stride": "s", "padding": "pad", "p": "p"}


def test_an_options_own_name_goes_before_another_word_for_it() -> None:
    with pytest.raises(Mismatch, match="it needs pad, which the operation does not have"):
        binding(lambda x, w, padding, pad: x)


@pytest.mark.parametrize(
    ("function", "bias", "word"),
    [
        (lambda x, w: x, "no", ""),
        (lambda x, w, beta: x, "required", ""),
        (lambda x, w, beta=None: x, "optional", ""),
        (lambda x, w, stride=1: x, "no", ""),
        (lambda x, w, stride=1, bias=None: x, "optional", "bias"),
        (lambda x, w, *, b: x, "required", "b"),
        (lambda *arrays: arrays, "optional", ""),
        (lambda x, w, **options: x, "no", ""),
    ],
)
def test_where_the_bias_goes(function: Callable[..., Any], bias: str, word: str) -> None:
    found = binding(function)
    assert (found.bias, found.bias_word) == (bias, word)


def test_any_keyword_takes_every_option() -> None:
    found = binding(lambda x, w, **options: x)
    assert found.any_option
    assert found.options == ("stride", "padding", "dilation", "groups")


def test_a_wrapped_function_shows_what_it_wraps() -> None:
    def conv(x: Any, w: Any, scale: int, stride: int = 1) -> Any: ...

    @wraps(conv)
    def wrapper(*args: Any, **kwargs: Any) -> Any: ...

    with pytest.raises(Mismatch, match="it needs scale"):
        binding(lambda x, w, b, scale: x)
    assert binding(wrapper).bias == "required"  # by its place: "scale" is no option's word
    assert binding(partial(conv, scale=2)).options == ("stride",)


def test_positional_only_parameters_keep_their_order() -> None:
    def conv(x: Any, w: Any, b: Any = 0, stride: Any = 1, extra: Any = 5, padding: Any = 0, /) -> Any: ...

    assert binding(conv).slots == (("b", 0), ("stride", 1), ("", 5), ("padding", 0))


@pytest.mark.parametrize(
    ("operation", "function", "message"),
    [
        ("conv", lambda x: x, "it takes 1 arguments by position, and 2 arrays go by position: x, w"),
        ("max_pool", lambda x, stride: x, r"it takes no kernel_size \(also read: kernel, k,"),
        ("conv_input_grad", lambda g, w, stride: g, "it takes no input_size"),
        ("adaptive_avg_pool", lambda x: x, "it takes no output_size"),
        ("relu", lambda x, slope: x, "it needs slope"),
    ],
)
def test_what_cannot_be_called_as_the_operation(operation: str, function: Callable[..., Any], message: str) -> None:
    with pytest.raises(Mismatch, match=message):
        binding(function, operation)


def test_a_compiled_function_without_a_signature_is_handed_every_option() -> None:
    class Compiled:
        __signature__ = "unreadable"

        def __call__(self, *args: Any, **kwargs: Any) -> None: ...

    found = binding(Compiled())
    assert (found.any_option, found.bias) == (True, "optional")


def test_capitals_are_read_as_small_letters() -> None:
    assert binding(lambda X, K, S=1, P=0: X).words == {"stride": "S", "padding": "P"}
    assert binding(lambda X, W, B, S=1: X).bias == "required"
    assert binding(lambda X, F=2: X, "max_pool").words == {"kernel_size": "F"}


def test_a_parameter_that_is_no_option_is_told() -> None:
    found = binding(lambda x, w, b=None, stride_h=1, stride_w=1, padding=0: x)
    assert (found.unread, found.defaults) == (("stride_h", "stride_w"), {"padding": 0})
    assert found.notes == ["stride_h, stride_w stay at their defaults, since no option is called so"]
    assert binding(lambda x, w, b=None, engine="numpy": x).notes == [
        "engine stays at its default, since no option is called so"
    ]
