"""The probe that laws look at: one case on one target, with everything else computed when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.errors import CnnspecError
from cnnspec.implementation import Claims, Observation
from cnnspec.laws.compare import sizes_of
from cnnspec.laws.law import CallEnded, Vacuous

if TYPE_CHECKING:
    from cnnspec.typing import Array


class Target(Protocol):
    """A loaded target, in a worker process or in this one."""

    @property
    def claims(self) -> Claims:
        """What it claims."""

    def run(self, case: Case, *, repeat: bool = False, before: Case | None = None) -> Observation:
        """Make the case's arrays where the target lives, and call it."""

    def stream(self, cases: Iterable[Case], *, repeat: bool = False) -> Iterator[tuple[Case, Observation]]:
        """Run many cases, a few of them ahead."""

    def call(
        self, op: str, arrays: Mapping[str, Array], options: Mapping[str, Any], *, repeat: bool = False
    ) -> Observation:
        """Call it on these arrays."""


class CaseProbe:
    """One case on one target; see :class:`cnnspec.laws.law.Probe`.

    Attributes
    ----------
    same_form
        Whether laws may make no further call but of the case's own form.
    """

    def __init__(self, case: Case, target: Target, observation: Observation | None = None) -> None:
        self.case = case
        self._target = target
        self.same_form = False
        self.observation = target.run(case, repeat=True) if observation is None else observation

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """The arrays that are passed, by name; not to be changed."""
        arrays = make_arrays(self.case)
        for array in arrays.values():
            array.flags.writeable = False
        return arrays

    @property
    def outputs(self) -> tuple[Array, ...]:
        """The results."""
        return self.observation.outputs

    @property
    def got(self) -> Array:
        """The first result."""
        return self.observation.outputs[0]

    @property
    def claims(self) -> Claims:
        """What the target claims."""
        return self._target.claims

    @cached_property
    def expected(self) -> tuple[Array, ...]:
        """The reference's results on the same values."""
        return reference_outputs(self.case, self.arrays)

    @cached_property
    def magnitude(self) -> Array:
        """The same reduction over absolute values."""
        return reference_outputs(self.case, {name: sizes_of(array) for name, array in self.arrays.items()})[0]

    def after(self, before: Case) -> Observation:
        """What the target does after an earlier call on the very same arrays."""
        return self._target.run(self.case, before=before)

    def dialect(self, flag: str, default: str) -> str:
        """The target's choice, or the default."""
        return self._target.claims.dialects.get(flag, default)

    def call(
        self,
        arrays: Mapping[str, Array] | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        drop: tuple[str, ...] = (),
        description: str = "",
    ) -> Array:
        """Call the target again with some arguments changed, inside its claims, and return its first result."""
        changed = self._changed(arrays, options, drop)
        self._check(changed, description)
        seen = self.observe(arrays, options, drop=drop)
        if seen.kind == "raised" and not self._defined(arrays, changed):
            raise Vacuous(f"the changed call ({description}) is not defined")
        return _first(seen, description)

    def ask(self, case: Case, arrays: Mapping[str, Array], *, description: str = "") -> Array:
        """Call another operation of the target, or this one with another case's options, on these arrays."""
        self._check(case, description)
        self._same_form(case.op, arrays, case.call_options)
        return _first(self._target.call(case.op, arrays, case.call_options), description)

    def _check(self, changed: Case, description: str) -> None:
        if reason := outside(changed, self.claims):
            raise Vacuous(reason)
        if not changed.valid:
            raise Vacuous(f"the changed call ({description}) has no output")

    def observe(
        self,
        arrays: Mapping[str, Array] | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        drop: tuple[str, ...] = (),
    ) -> Observation:
        """Call the target again with some arguments changed, on arrays of its own."""
        passed = {name: np.array(a) for name, a in {**self.arrays, **(arrays or {})}.items() if name not in drop}
        changed = {**self.case.call_options, **(options or {})}
        self._same_form(self.case.op, passed, changed)
        return self._target.call(self.case.op, passed, changed)

    def _same_form(self, op: str, arrays: Mapping[str, Array], options: Mapping[str, Any]) -> None:
        """Raise :class:`Vacuous` for a call of another form, where it would be compiled and is not to be made."""
        if not self.same_form:
            return
        own = {name: (a.shape, a.dtype) for name, a in self.arrays.items()}
        forms = {name: (a.shape, a.dtype) for name, a in arrays.items()}
        if (op, forms, dict(options)) != (self.case.op, own, dict(self.case.call_options)):
            raise Vacuous("calls of another form are made for few geometries: each is compiled")

    def _defined(self, arrays: Mapping[str, Array] | None, changed: Case) -> bool:
        """Whether the reference takes the changed call."""
        passed = {name: a for name, a in {**self.arrays, **(arrays or {})}.items() if name in changed.array_shapes}
        try:
            reference_outputs(changed, passed)
        except CnnspecError:
            return False
        return True

    def _changed(
        self, arrays: Mapping[str, Array] | None, options: Mapping[str, Any] | None, drop: tuple[str, ...]
    ) -> Case:
        """The changed call as a case, to hold it against the claims."""
        shapes = {name: s for name, s in self.case.shapes.items() if name not in drop}
        shapes |= {name: a.shape for name, a in (arrays or {}).items() if name in shapes}
        known = {name: value for name, value in (options or {}).items() if name in self.case.options}
        return Case(self.case.op, shapes, {**self.case.options, **known}, self.case.dtype)


def _first(seen: Observation, description: str) -> Array:
    """The first result of a further call that a law made."""
    if seen.kind == "unsupported":
        raise Vacuous(seen.message)
    if seen.kind != "returned":
        raise CallEnded(seen, description)
    return seen.outputs[0]


def _wide(array: Array) -> Array:
    """Floats as float64; integers and 128-bit complex as they are."""
    if array.dtype.kind in "iu":
        return array
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def reference_outputs(case: Case, arrays: Mapping[str, Array]) -> tuple[Array, ...]:
    """The reference on these arrays: floats in float64, integers modulo $2^w$ in their own dtype."""
    with np.errstate(all="ignore"):
        result = case.operation.reference(*(_wide(a) for a in arrays.values()), **case.call_options)
    return result if isinstance(result, tuple) else (result,)
