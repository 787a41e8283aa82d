"""What an author says about a function: the decorator ``claims`` and the check of its words.

A declaration is an attribute, ``__cnnspec_claims__``, on a function, a class or a module; the nearer one wins.
Nothing here calls or changes the function, and importing this file loads no NumPy, so that student code pays
nothing for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

from cnnspec.errors import UsageError
from cnnspec.implementation import EVERY_FLOAT, EVERY_INTEGER, LIMITS, PADDING_ORDER, Style
from cnnspec.numerics.arithmetic import check_numerics
from cnnspec.operations import OPERATIONS

T = TypeVar("T")

ATTRIBUTE = "__cnnspec_claims__"
DTYPES = (*EVERY_FLOAT, *EVERY_INTEGER, "complex64", "complex128")
OPTION_NAMES = tuple(dict.fromkeys(option.name for operation in OPERATIONS for option in operation.options))

ONE_OF: dict[str, tuple[str, ...]] = {
    "padding": PADDING_ORDER, "style": get_args(Style), "bias": ("no", "optional", "required"),
}  # fmt: skip
SEVERAL_OF: dict[str, tuple[str, ...]] = {"dtypes": DTYPES, "options": OPTION_NAMES, "limits": tuple(LIMITS)}
SPACE = re.compile("D?H?W|L")
"""The letters of the spatial axes of a layout."""

LETTERS = ("layout", "weights")
YES_OR_NO = ("uniform", "compiled")
WORDS = (*ONE_OF, *SEVERAL_OF, *LETTERS, *YES_OR_NO, "choices", "dialects", "numerics")


def claims(**declared: Any) -> Callable[[T], T]:
    """Declare what a function, or every method of a class, supports; laws are checked inside the claims alone.

    Parameters
    ----------
    **declared
        Any of: ``padding`` (``"none"``, ``"symmetric"``, ``"asymmetric"``, ``"negative"``), ``dtypes`` (names),
        ``style`` (``"canonical"``, ``"torch"``: pads as one int per axis, ``"scalar"``: one int for all axes),
        ``bias`` (``"no"``, ``"optional"``, ``"required"``), ``options`` (names), ``uniform`` (the same value on every
        axis), ``compiled`` (each new shape is, which takes long), ``choices`` (the values claimed for an option),
        ``limits`` (names of :data:`cnnspec.implementation.LIMITS`), ``dialects`` (values by flag), ``layout`` and
        ``weights`` (the order of the axes in letters, as ``"NHWC"`` and ``"HWIO"``; see
        :mod:`cnnspec.adapters.layouts`),
        ``numerics`` (how sums are formed, by the words of :mod:`cnnspec.numerics.arithmetic`).

    Returns
    -------
    A decorator that sets ``__cnnspec_claims__`` and returns what it was given.

    Raises
    ------
    UsageError
        If a word or a value is none of these.

    Examples
    --------
    >>> @claims(padding="symmetric", dtypes=["float32"], style="torch")
    ... def conv2d(x, w, b=None, *, stride, padding): ...
    >>> conv2d.__cnnspec_claims__["style"]
    'torch'
    """
    checked = check(declared)

    def declare(target: T) -> T:
        setattr(target, ATTRIBUTE, checked)
        return target

    return declare


def check(declared: Mapping[str, Any]) -> dict[str, Any]:
    """``declared`` with lists as tuples, after checking every word and value."""
    return {word: _check(word, value) for word, value in declared.items()}


def _check(word: str, value: Any) -> Any:
    if word in ONE_OF:
        if value not in ONE_OF[word]:
            raise UsageError(f"claims: {word} must be one of {', '.join(ONE_OF[word])}; got {value!r}")
        return value
    if word in SEVERAL_OF:
        values = (value,) if isinstance(value, str) else tuple(value)
        if unknown := [item for item in values if item not in SEVERAL_OF[word]]:
            raise UsageError(f"claims: {word} are among {', '.join(SEVERAL_OF[word])}; got {unknown[0]!r}")
        return values
    if word in LETTERS:
        return letters(word, value)
    if word in YES_OR_NO:
        return bool(value)
    if word in ("choices", "dialects", "numerics"):
        if not isinstance(value, Mapping):
            raise UsageError(f"claims: {word} must be a dict, got {value!r}")
        if word == "numerics":
            return check_numerics(value)
        return {name: tuple(v) if word == "choices" else str(v) for name, v in value.items()}
    raise UsageError(f"claims has no word {word!r}; it has {', '.join(WORDS)}")


def letters(word: str, value: Any) -> str:
    """A layout, checked: every letter once, and the spatial axes side by side."""
    others, example = {"layout": ("NC", "NHWC, HWC, CHW or HW"), "weights": ("OI", "HWIO, OHWI, IHW or HW")}[word]
    short, count = SPACE.subn("S", value) if isinstance(value, str) else ("", 0)
    if count != 1 or len(set(short)) != len(short) or set(short) - {"S", *others}:
        raise UsageError(f"claims: {word} is written in letters, such as {example}; got {value!r}")
    return str(value)


def declared_for(*owners: Any) -> dict[str, Any]:
    """The declarations of ``owners`` in one, each overruling the ones before it."""
    merged: dict[str, Any] = {}
    for owner in owners:
        found = owner.get(ATTRIBUTE) if isinstance(owner, Mapping) else getattr(owner, ATTRIBUTE, None)
        merged.update(check(found or {}))
    return merged
