"""The form in which a function wants its options, and the way from canonical arguments to it.

Canonically an option is a tuple with one int per axis, and padding a tuple of (lo, hi) pairs.  Many functions take
less: one int per axis for padding, as PyTorch does, or one plain int for everything, as a first exercise does.  What
a form cannot express is not handed over but refused with :class:`~cnnspec.errors.Unsupported`, which the harness
counts as unclaimed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

from cnnspec.errors import Unsupported

if TYPE_CHECKING:
    from cnnspec.adapters.signatures import Binding
    from cnnspec.implementation import Style
    from cnnspec.operations import Operation, Option

Pads = Literal["pairs", "ints", "pair", "int"]

WIDTHS: dict[Pads, int] = {"pairs": 2, "pair": 2, "ints": 1, "int": 0}
"""How much each way of handing pads over can express; ``pair`` is of one axis alone."""


@dataclass(frozen=True, slots=True)
class Form:
    """How options are handed over: pads as (lo, hi) ``pairs``, one of ``ints`` per axis, or one ``int``; of one axis
    also as its bare ``pair``; and which per-axis options are one int for all axes.
    """

    pads: Pads = "pairs"
    scalars: frozenset[str] = frozenset()

    def style(self, names: Collection[str]) -> Style:
        """The nearest style of the claims, as far as the options ``names`` go."""
        if self.uniform(names):
            return "scalar"
        return "torch" if self.pads == "ints" and "padding" in names else "canonical"

    def uniform(self, names: Collection[str]) -> bool:
        """Whether one of the options ``names`` is the same for all axes."""
        return bool(self.scalars & set(names)) or (self.pads == "int" and "padding" in names)

    def describe(self, names: Collection[str]) -> str:
        """What differs from the canonical form, in words; empty where nothing does."""
        single = [name for name in names if name in self.scalars or (name == "padding" and self.pads == "int")]
        parts = [f"{', '.join(single)} as one int"] * bool(single)
        parts += ["padding as one int per axis"] * (self.pads == "ints" and "padding" in names)
        parts += ["padding as one (lo, hi)"] * (self.pads == "pair" and "padding" in names)
        return " and ".join(parts)


def candidates(operation: Operation, names: Collection[str], rank: int = 2) -> Iterator[Form]:
    """Every form of the options ``names`` that differs from the others, the named styles first, then mixtures.

    Examples
    --------
    >>> from cnnspec.operations import find
    >>> [form.pads for form in candidates(find("conv2d")[0], ["padding"])]
    ['pairs', 'ints', 'int']
    """
    every = tuple(o.name for o in operation.options if o.kind == "per_axis" and o.name in names)
    kinds: tuple[Pads, ...] = ("pairs", "ints", "pair", "int") if rank == 1 else ("pairs", "ints", "int")
    kinds = kinds if "padding" in names else ("pairs",)
    named = [Form(pads) for pads in kinds if pads != "int"] + [Form(kinds[-1], frozenset(every))]
    subsets = [frozenset(n for n, keep in zip(every, flags, strict=True) if keep)
               for flags in product((False, True), repeat=len(every))]  # fmt: skip
    mixed = [Form(pads, scalars) for scalars in sorted(subsets, key=len) for pads in kinds]
    yield from dict.fromkeys(named + mixed)


def spoken(form: Form, defaults: Mapping[str, Any], rank: int) -> bool:
    """Whether a form gives at least as much as the tuples do that are a signature's own defaults.

    Examples
    --------
    >>> defaults = {"padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
    >>> [spoken(form, defaults, 2) for form in (Form("pairs"), Form("ints"), Form("pairs", frozenset({"dilation"})))]
    [True, False, False]
    """
    tuples = {name for name, value in defaults.items() if isinstance(value, tuple) and len(value) == rank}
    pads = of_pads(defaults.get("padding"), rank)
    return not form.scalars & tuples and (pads is None or WIDTHS[form.pads] >= WIDTHS[pads])


def of_pads(default: Any, rank: int) -> Pads | None:
    """The way in which a default of ``padding`` is handed over; ``None`` where it is no tuple of this many axes.

    Examples
    --------
    >>> of_pads(((0, 0), (0, 0)), 2), of_pads((0, 0), 2), of_pads((0, 0), 1), of_pads(0, 1)
    ('pairs', 'ints', 'pair', None)
    """
    if not isinstance(default, tuple):
        return None
    if not all(isinstance(pad, int) for pad in default):
        return "pairs" if len(default) == rank else None
    return "ints" if len(default) == rank else "pair" if (rank, len(default)) == (1, 2) else None


def by_defaults(operation: Operation, names: Collection[str], defaults: Mapping[str, Any], rank: int = 2) -> Form:
    """The form that the defaults of a signature speak of, where no call tells.

    Examples
    --------
    >>> from cnnspec.operations import find
    >>> by_defaults(find("conv2d")[0], ["stride", "padding"], {"stride": 1, "padding": 0})
    Form(pads='int', scalars=frozenset({'stride'}))
    """
    plain = {name for name, value in defaults.items() if isinstance(value, int) and not isinstance(value, bool)}
    axes = [o.name for o in operation.options if o.kind == "per_axis" and o.name in names]
    plain &= {*axes, "padding"}
    tuples = {name for name, value in defaults.items() if isinstance(value, tuple)}
    scalars = frozenset(name for name in axes if plain and name not in tuples)
    if pads := of_pads(defaults.get("padding"), rank):
        return Form(pads, scalars)
    return Form("int" if plain and "padding" in names else "pairs", scalars)


def of_style(style: Style, operation: Operation) -> Form:
    """The form that a declared style means."""
    if style == "scalar":
        return Form("int", frozenset(o.name for o in operation.options if o.kind == "per_axis"))
    return Form("ints" if style == "torch" else "pairs")


def in_form(option: Option, value: Any, form: Form, rank: int) -> Any:
    """A canonical value in the given form; anything that is no tuple goes through as it is.

    Raises
    ------
    Unsupported
        If the form cannot express the value.

    Examples
    --------
    >>> from cnnspec.operations import PADDING, STRIDE
    >>> in_form(PADDING, ((1, 1), (2, 2)), Form("ints"), 2), in_form(STRIDE, (3, 3), Form("int", {"stride"}), 2)
    ((1, 2), 3)
    """
    if not isinstance(value, tuple) or len(value) != rank:
        return value
    if option.kind == "pairs" and form.pads == "pair" and rank == 1:
        return value[0]
    if option.kind == "pairs" and form.pads in ("ints", "int"):
        if any(not isinstance(pair, tuple) or len(pair) != 2 or pair[0] != pair[1] for pair in value):
            raise Unsupported(f"{option.name} is the same on both sides here, got {value}")
        value = tuple(lo for lo, _ in value)
    if option.name in form.scalars or (option.kind == "pairs" and form.pads == "int"):
        if len(set(value)) > 1:
            raise Unsupported(f"{option.name} is one int for all axes here, got {value}")
        return value[0]
    return value


def adapt(
    function: Callable[..., Any],
    operation: Operation,
    name: str,
    binding: Binding,
    form: Form,
    *,
    rank: int | None = None,
    ranks: Collection[int] = (1, 2, 3),
) -> Callable[..., Any]:
    """``function`` as one that takes canonical arguments; ``rank`` is ``None`` where the arrays decide it."""
    kinds = {option.name: option for option in operation.options}

    def handed(options: dict[str, Any], rank: int) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for option, value in options.items():
            if option in binding.options or binding.any_option:
                known[option] = in_form(kinds[option], value, form, rank) if option in kinds else value
            elif option in kinds and value != kinds[option].default_for(rank, options):
                raise Unsupported(f"{name} has no {option}, got {value}")
        return known

    def call(*arrays: Any, **options: Any) -> Any:
        channels = 0 if operation.chapter == "signal" else 2
        axes = (getattr(arrays[0], "ndim", 2 + channels) - channels if arrays else 2) if rank is None else rank
        if axes in {1, 2, 3} - set(ranks):
            noun = "axes" if operation.chapter == "signal" else "spatial axes"
            raise Unsupported(f"{name} takes {' or '.join(map(str, ranks))} {noun}, got {axes}")
        known = handed(options, axes)
        count = len(operation.arrays) - len(operation.optional)
        given, bias = list(arrays[:count]), arrays[count] if len(arrays) > count else None
        if bias is not None and binding.bias == "no":
            raise Unsupported(f"{name} has no bias")
        if binding.slots:
            known_b = {} if bias is None else {"b": bias}
            given += [{**known, **known_b}.get(slot, default) for slot, default in binding.slots]
        elif bias is not None and not binding.bias_word:
            given.append(bias)
        elif bias is not None:
            return function(*given, **{binding.bias_word: bias}, **_worded(known, binding))
        return function(*given, **_worded(known, binding))

    return call


def _worded(known: dict[str, Any], binding: Binding) -> dict[str, Any]:
    """The options that go by keyword, under the function's own words."""
    in_slots = {name for name, _ in binding.slots}
    return {binding.words.get(name, name): value for name, value in known.items() if name not in in_slots}
