"""Reading a Python function's signature: which of an operation's arguments it takes, and under which words.

Arrays go by position, so their names are the author's own; options go by keyword.  An option that the function does
not have is not claimed and never handed over.  A few other words for the options are understood:

| option | also read as |
|---|---|
| ``kernel_size`` | ``kernel``, ``k``, ``ksize``, ``pool_size``, ``window_size``, ``filter_size``, ``size``, ``f``, … |
| ``stride`` | ``strides``, ``step``, ``s`` |
| ``padding`` | ``pad``, ``pads``, ``pad_width``, ``pad_size``, ``p`` |
| ``dilation`` | ``dilations``, ``dilation_rate``, ``d`` |
| ``groups`` | ``group``, ``num_groups`` |
| ``value`` | ``constant_value``, ``constant_values`` |
| ``p`` | ``norm_type``, ``ord`` |

Capitals are read as small letters, and underscores are left out: ``poolSize`` is ``pool_size``.  The bias is the
parameter called ``b`` or ``bias``, or else a third one by position that is no option's word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import Any, Literal

from cnnspec.operations import OPERATIONS, Operation

ALIASES: dict[str, tuple[str, ...]] = {
    "kernel_size": (
        "kernel", "k", "ksize", "kernel_shape", "pool_size", "window_size", "window", "filter_size", "pool_shape",
        "pool", "size", "f",
    ),
    "stride": ("strides", "step", "s"),
    "padding": ("pad", "pads", "pad_width", "pad_size", "p"),
    "dilation": ("dilations", "dilation_rate", "d"),
    "groups": ("group", "num_groups"),
    "value": ("constant_value", "constant_values"),
    "p": ("norm_type", "ord"),
}  # fmt: skip
"""Other words for an option, by the option's own."""

BIAS_WORDS = ("b", "bias")
POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def plain(word: str) -> str:
    """A word in small letters and without underscores.

    Examples
    --------
    >>> plain("poolSize") == plain("pool_size")
    True
    """
    return word.replace("_", "").lower()


EVERY_WORD = {option.name for operation in OPERATIONS for option in operation.options} | {
    alias for aliases in ALIASES.values() for alias in aliases
}


class Mismatch(Exception):
    """The function cannot be called as the operation is; the message says why."""


@dataclass(frozen=True, slots=True)
class Binding:
    """How an operation's arguments reach one function.

    Attributes
    ----------
    words
        The function's word for each option that goes by keyword.
    slots
        What goes by position after the arrays, in order, with the function's own default: an option, ``b``, or an
        empty name for a parameter that is none of ours (positional-only parameters alone).
    bias
        ``no``, ``optional`` or ``required``.
    bias_word
        The keyword of a bias that does not come third.
    any_option
        Whether the function takes whatever keyword it is given.
    defaults
        The function's own default of each option that has one.
    unread
        The parameters that are no option's words and stay at their defaults.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    slots: tuple[tuple[str, Any], ...] = ()
    bias: Literal["no", "optional", "required"] = "no"
    bias_word: str = ""
    any_option: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """Every option that the function takes."""
        return (*self.words, *(name for name, _ in self.slots if name not in ("", "b")))

    @property
    def notes(self) -> list[str]:
        """The options that go under a word of the author's, and the parameters that are none."""
        read = [f"{word} is read as {option}" for option, word in self.words.items() if word != option]
        left = "stays at its default" if len(self.unread) == 1 else "stay at their defaults"
        return read + [f"{', '.join(self.unread)} {left}, since no option is called so"] * bool(self.unread)


def read(function: Callable[..., Any], operation: Operation) -> Binding:
    """How ``operation`` is called on ``function``.

    Raises
    ------
    Mismatch
        If it cannot be: arrays do not fit, a required option is missing, or the function wants something else.

    Examples
    --------
    >>> from cnnspec.operations import find
    >>> def conv2d(image, kernels, stride=1, pad=0, bias=None): ...
    >>> binding = read(conv2d, find("conv2d")[0])
    >>> binding.words, binding.bias, binding.bias_word
    ({'stride': 'stride', 'padding': 'pad'}, 'optional', 'bias')
    """
    try:
        parameters = list(signature(function).parameters.values())
    except (ValueError, TypeError):  # a compiled function that does not tell
        return Binding({name: name for name in _names(operation)}, bias=_yes(operation), any_option=True)
    kinds = {parameter.kind for parameter in parameters}
    ours = len(operation.arrays) - len(operation.optional)
    by_position = [parameter for parameter in parameters if parameter.kind in POSITIONAL]
    if len(by_position) < ours and Parameter.VAR_POSITIONAL not in kinds:
        raise Mismatch(f"it takes {len(by_position)} arguments by position, and {ours} arrays go by position:"
                       f" {', '.join(operation.arrays[:ours])}")  # fmt: skip
    rest = [p for p in parameters if p.kind.name[:3] != "VAR" and p not in by_position[:ours]]
    bias = _find_bias(operation, rest, third=by_position[ours:], spread=Parameter.VAR_POSITIONAL in kinds)
    words = _find_words(operation, [p for p in rest if p is not bias], spread=Parameter.VAR_KEYWORD in kinds)
    slots = tuple(
        ("b" if p is bias else words.get(p.name, ""), None if p.default is p.empty else p.default)
        for p in rest
        if p.kind is p.POSITIONAL_ONLY
    )
    in_slots = {name for name, _ in slots}
    return Binding(
        {option: word for word, option in words.items() if option not in in_slots},
        slots,
        bias=_bias_claim(bias),
        bias_word=_bias_word(bias, by_position[ours : ours + 1]),
        any_option=Parameter.VAR_KEYWORD in kinds,
        defaults={words[p.name]: p.default for p in rest if p.name in words and p.default is not p.empty},
        unread=tuple(p.name for p in rest if p is not bias and p.name not in words),
    )


def _names(operation: Operation) -> tuple[str, ...]:
    return (*operation.derived, *(option.name for option in operation.options))


def _yes(operation: Operation) -> Literal["no", "optional"]:
    return "optional" if operation.optional else "no"


def _find_bias(
    operation: Operation, rest: list[Parameter], *, third: list[Parameter], spread: bool
) -> Parameter | Literal["spread"] | None:
    """The parameter that takes the bias; ``spread`` where ``*args`` does."""
    if not operation.optional:
        return None
    named = next((p for p in rest if p.name.lower() in BIAS_WORDS), None)
    if named:
        return named
    if third:
        return third[0] if plain(third[0].name) not in map(plain, EVERY_WORD) else None
    return "spread" if spread else None


def _bias_claim(bias: Parameter | Literal["spread"] | None) -> Literal["no", "optional", "required"]:
    if bias is None:
        return "no"
    return "required" if isinstance(bias, Parameter) and bias.default is bias.empty else "optional"


def _bias_word(bias: Parameter | Literal["spread"] | None, third: list[Parameter]) -> str:
    by_keyword = isinstance(bias, Parameter) and bias.kind is not bias.POSITIONAL_ONLY and bias not in third
    return bias.name if isinstance(bias, Parameter) and by_keyword else ""


def _find_words(operation: Operation, rest: list[Parameter], *, spread: bool) -> dict[str, str]:
    """The option that each parameter takes, by the parameter's word."""
    names, words = _names(operation), {}
    given = {plain(p.name): p.name for p in rest} | {p.name: p.name for p in rest}
    for option in names:
        candidates = (option, *(alias for alias in ALIASES.get(option, ()) if alias not in names))
        words_known = (word if word in given else plain(word) for word in candidates)
        word = next((word for word in words_known if word in given), option if spread else None)
        if word is not None:
            words[given.get(word, word)] = option
    if wanted := [p.name for p in rest if p.default is p.empty and p.name not in words]:
        raise Mismatch(f"it needs {', '.join(wanted)}, which the operation does not have")
    required = [*operation.derived, *(option.name for option in operation.options if option.default is ...)]
    if missing := [name for name in required if name not in words.values()]:
        raise Mismatch(f"it takes no {missing[0]}{_also(missing[0])}")
    return words


def _also(option: str) -> str:
    return f" (also read: {', '.join(ALIASES[option])})" if option in ALIASES else ""
