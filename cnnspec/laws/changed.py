"""Another call than the case's own, held to the reference by the same conditions as the case itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.arrays import dtype_of, make_arrays
from cnnspec.cases.case import SHORT, Case
from cnnspec.implementation import DIVIDES
from cnnspec.laws.compare import differs, sizes_of, within
from cnnspec.laws.conditions import (
    COARSE,
    FLOATS,
    all_real,
    digits,
    exactly,
    plain,
    plain_norm,
    reference,
    rounding,
    wide,
)  # fmt: skip
from cnnspec.laws.law import Failure, Probe, Vacuous

if TYPE_CHECKING:
    from cnnspec.implementation import Claims, Observation
    from cnnspec.typing import Array


class Changed(Probe):
    """What a law sees of a changed call, so that the conditions for one case hold for another.

    Attributes
    ----------
    case, arrays
        The changed call.
    words
        What was changed, for the messages.
    """

    def __init__(self, probe: Probe, case: Case, arrays: Mapping[str, Array], words: str) -> None:
        self._probe, self._case, self._arrays, self.words = probe, case, arrays, words

    @property
    def case(self) -> Case:
        """The changed call."""
        return self._case

    @property
    def arrays(self) -> Mapping[str, Array]:
        """The arrays that it passes."""
        return self._arrays

    @property
    def observation(self) -> Observation:
        """What the target did with the case itself."""
        return self._probe.observation

    @property
    def outputs(self) -> tuple[Array, ...]:
        """The first result."""
        return (self.got,)

    @cached_property
    def got(self) -> Array:
        """What the target answers to the changed call."""
        return self._probe.ask(self.case, self.arrays, description=self.words)

    @cached_property
    def expected(self) -> tuple[Array, ...]:
        """The reference's result."""
        return (reference(self.case, {name: wide(a) for name, a in self.arrays.items()}),)

    @cached_property
    def magnitude(self) -> Array:
        """The same reduction over absolute values."""
        return reference(self.case, {name: sizes_of(a) for name, a in self.arrays.items()})

    @property
    def claims(self) -> Claims:
        """What the target claims."""
        return self._probe.claims

    def dialect(self, flag: str, default: str) -> str:
        """The target's choice, or the default."""
        return self._probe.dialect(flag, default)

    def ask(self, case: Case, arrays: Mapping[str, Array], *, description: str = "") -> Array:
        """Call the target."""
        return self._probe.ask(case, arrays, description=description)

    def call(
        self,
        arrays: Mapping[str, Array] | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        drop: tuple[str, ...] = (),
        description: str = "",
    ) -> Array:
        """Call the target with the case's own arguments, some of them changed."""
        return self._probe.call(arrays, options, drop=drop, description=description)

    def observe(
        self,
        arrays: Mapping[str, Array] | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        drop: tuple[str, ...] = (),
    ) -> Observation:
        """What the target does with the case's own arguments, some of them changed."""
        return self._probe.observe(arrays, options, drop=drop)

    def after(self, before: Case) -> Observation:
        """What the target does with the case after another one."""
        return self._probe.after(before)

    def judge(self, words: str) -> Failure | None:
        """A failure unless the result is right: exactly, or within the bound of a mean or norm."""
        if self.dialect("pool.max.grad_tie", "first") != "first":
            raise Vacuous("the target declares another way to break ties")
        plain_norm(self)
        bound = rounding(self)
        if bound is None and self.case.operation.name in DIVIDES:
            bound = COARSE * self.magnitude
        failure = exactly(self, words) if bound is None else within(self.expected[0], self.got, bound, words)
        return replace(failure, call=self.words) if failure else None


def one_change(probe: Probe) -> tuple[Changed, Changed]:
    """Two calls that differ in exactly one thing, which the seed picks: an array, the dtype, or an option.

    The shapes of the arrays stay.  The first of the two is the case itself, but where the dtype changes: then it is
    the narrower of two dtypes, and the second has numbers that the first cannot hold.

    Raises
    ------
    Vacuous
        If what was picked cannot be changed.
    """
    case = probe.case
    makers = [*case.array_shapes, "dtype", "options", "options"]
    rest, which = divmod(case.seed // 4, len(makers))
    picked = makers[which]
    if picked == "dtype":
        return _wider(probe, rest)
    before = {name: plain(a) for name, a in probe.arrays.items()}
    same = Changed(probe, replace(case, layouts={}), before, "the case again")
    if picked == "options":
        return same, _other_options(same, rest)
    other = make_arrays(replace(case, seed=case.seed + 1, layouts={}, data={}, pokes={}))[picked]
    if not differs(before[picked], other).any():
        raise Vacuous(f"{picked} stays as it is")
    return same, Changed(probe, same.case, {**before, picked: other}, f"the same call with another {picked}")


def _wider(probe: Probe, turn: int) -> tuple[Changed, Changed]:
    """The case in a narrow dtype, then in a wider one with numbers that the narrow one cannot hold."""
    case, claimed = probe.case, probe.claims.operations[probe.case.op].dtypes
    known = [name for name in claimed if name in SHORT and not name.startswith("complex")]
    alike = [name for name in known if (name in FLOATS) == (case.dtype in FLOATS) and name != case.dtype]
    pairs = [sorted((case.dtype, name), key=digits) for name in alike if "complex" not in case.dtype]
    pairs = [pair for pair in pairs if digits(pair[0]) < digits(pair[1])]
    if not pairs:
        raise Vacuous("no narrower or wider dtype of the same kind is claimed")
    narrow, wider = pairs[turn % len(pairs)]
    with np.errstate(all="ignore"):
        arrays = {name: np.array(a, dtype_of(narrow), order="C") for name, a in probe.arrays.items()}
    if any(differs(wide(a), wide(arrays[name])).any() for name, a in probe.arrays.items()):
        raise Vacuous(f"{narrow} does not hold these numbers")
    first, factor = next(iter(arrays)), 2 ** digits(narrow) + 1
    more = {name: a.astype(dtype_of(wider)) for name, a in arrays.items()}
    with np.errstate(all="ignore"):
        more[first] = more[first] * more[first].dtype.type(factor)
    bare = replace(case, layouts={})
    words = f"the same call in {wider}, {first} times {factor},"
    return (
        Changed(probe, replace(bare, dtype=narrow), arrays, f"the case in {narrow}"),
        Changed(probe, replace(bare, dtype=wider), more, words),
    )


def _other_options(probe: Changed, turn: int) -> Changed:
    case = probe.case
    changes = [change for change in _changes(case) if _keeps(case, case.with_options(**change))]
    if not changes:
        raise Vacuous("no option can be changed alone")
    change = changes[turn % len(changes)]
    words = " and ".join(f"{name}={value}" for name, value in change.items())
    return Changed(probe, case.with_options(**change), probe.arrays, f"the same call with {words}")


def _changes(case: Case) -> list[dict[str, Any]]:
    """Values that one option may have instead of its own: turned around, one more, the other of two."""
    changes: list[dict[str, Any]] = []
    for option in case.operation.options:
        value = case.options[option.name]
        if option.kind == "pairs":
            changes.append({option.name: tuple(pair[::-1] for pair in value)})
        elif option.kind == "per_axis":
            changes += [{option.name: tuple(value[::-1])}, {option.name: tuple(v + 1 for v in value)}]
        elif option.kind == "bool":
            changes.append({option.name: not value})
        elif option.name in ("value", "p"):
            changes.append({option.name: value + 1})
    return [change for change in changes if any(case.options[name] != value for name, value in change.items())]


def _keeps(case: Case, changed: Case) -> bool:
    """Whether a changed call is defined, gives numbers, and takes arrays of the same shapes."""
    if not changed.valid or changed.array_shapes != case.array_shapes or min(changed.output_shape, default=1) < 1:
        return False
    return "kernel_size" not in changed.options or all_real(changed)
