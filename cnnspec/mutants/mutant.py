"""What a mutant is, and how one is written: a few lines around the function that it stands in for.

A fault sees one :class:`~cnnspec.mutants.call.Call` and answers what the faulty implementation would.  It changes the
arguments, or the result, or puts the result together from several calls; only where that cannot say it does it build on
the literal sums of :mod:`cnnspec.mutants.plain`.  Outside its trigger region the function itself answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias

from cnnspec.mutants.call import MALFORMED, Call
from cnnspec.operations import BY_NAME

if TYPE_CHECKING:
    from cnnspec.typing import Shape

Function: TypeAlias = Callable[..., Any]
Fault: TypeAlias = Callable[[Call], Any]
StatefulFault: TypeAlias = Callable[[Call, dict[Any, Any]], Any]
When: TypeAlias = Callable[[Call], Any]


@dataclass(frozen=True)
class Mutant:
    """The reference with one realistic fault in it.

    Attributes
    ----------
    name
        The fault in words, ``stride_axes_swapped``.
    family
        The file that it stands in.
    sentence
        What the faulty implementation does, in one line that a student understands.
    operations
        The rank-free names of the operations that it touches.
    trigger
        Which calls show it, in words.
    reports
        Bug reports of the same fault, as ``owner/repo#N`` or ``repo#N``.
    fault
        The fault itself; its second argument is a memory that lasts from call to call.
    when
        Whether the geometry of a call can show the fault: where it cannot, nothing changes, whatever the numbers.
    refused
        Whether it shows on calls that the operation refuses.
    literal
        Whether it computes the result itself, and so must come first in a combination.
    harmful
        Whether it changes or ends the process that it runs in.
    """

    name: str
    family: str
    sentence: str
    operations: tuple[str, ...]
    trigger: str
    reports: tuple[str, ...]
    fault: StatefulFault
    when: When
    refused: bool = False
    literal: bool = False
    harmful: bool = False

    def triggers(
        self, op: str, shapes: Mapping[str, Shape], options: Mapping[str, Any], dtype: str = "float64"
    ) -> bool:
        """Whether a call of the rank-free operation ``op`` can show the fault.

        Parameters
        ----------
        op
            The rank-free name, ``conv``.
        shapes
            The shapes of the arrays that are passed, or of the forward geometry, by name.
        options
            The options in canonical form; those left out have their defaults.
        dtype
            The dtype of the arrays.

        Returns
        -------
        bool
            False where the mutant answers exactly as the reference, whatever the numbers are.
        """
        if op not in self.operations:
            return False
        try:
            call = Call.planned(BY_NAME[op], shapes, options, dtype)
        except MALFORMED:
            return self.refused
        return self._shows(call)

    def apply(self, function: Function, op: str) -> Function:
        """``function``, the rank-free operation ``op``, with the fault in it and a memory of its own."""
        if op not in self.operations:
            return function
        operation, memory = BY_NAME[op], dict[Any, Any]()

        @wraps(function)
        def mutated(*arrays: Any, **options: Any) -> Any:
            try:
                call = Call.made(operation, function, arrays, options)
            except MALFORMED:
                return function(*arrays, **options)
            return self.fault(call, memory) if self._shows(call) else function(*arrays, **options)

        return mutated

    def _shows(self, call: Call) -> bool:
        if call.valid:
            return not self.refused and bool(self.when(call))
        try:
            return self.refused and bool(self.when(call))
        except MALFORMED:
            return False

    def __add__(self, other: Mutant) -> Mutant:
        """Both faults in one implementation."""
        return _Pair(
            name=f"{self.name}+{other.name}",
            family=self.family if self.family == other.family else f"{self.family} and {other.family}",
            sentence=f"{self.sentence}; and {other.sentence}",
            operations=tuple(dict.fromkeys(self.operations + other.operations)),
            trigger=f"{self.trigger}, or {other.trigger}",
            reports=tuple(dict.fromkeys(self.reports + other.reports)),
            fault=self.fault,
            when=lambda call: any(m._shows(call) for m in (self, other) if call.op in m.operations),  # noqa: SLF001
            refused=self.refused or other.refused,
            literal=self.literal or other.literal,
            harmful=self.harmful or other.harmful,
            parts=(self, other),
        )


@dataclass(frozen=True)
class _Pair(Mutant):
    """Two mutants, one in the other; the one that computes for itself is the inner one."""

    parts: tuple[Mutant, ...] = ()

    def apply(self, function: Function, op: str) -> Function:
        for part in sorted(self.parts, key=lambda part: not part.literal):
            function = part.apply(function, op)
        return function

    def _shows(self, call: Call) -> bool:
        return bool(self.when(call))


REGISTRY: dict[str, Mutant] = {}


def _register(fault: Callable[..., Any], stateful: StatefulFault, fields: tuple[Any, ...], **more: Any) -> None:
    """Register ``fault`` under its own name, with its docstring as the sentence."""
    name, (sentence, *_) = fault.__name__, (fault.__doc__ or "").splitlines() or [""]
    if name in REGISTRY or not sentence:
        raise ValueError(f"the mutant {name!r} is there already, or has no docstring")
    operations, trigger, when, *reports = fields
    family = fault.__module__.rsplit(".", maxsplit=1)[-1]
    REGISTRY[name] = Mutant(
        name, family, _inline(sentence), operations, trigger, tuple(reports), stateful, when, **more
    )


def _inline(sentence: str) -> str:
    """A sentence as it stands after a colon: no capital but that of a name, no full stop, no code marks."""
    first = sentence.split(maxsplit=1)[0]
    plain = sentence.replace("``", "").rstrip(".")
    return plain[0].lower() + plain[1:] if first == "A" or first[1:].islower() else plain


def mutant(
    operations: tuple[str, ...], trigger: str, when: When, *reports: str, **more: bool
) -> Callable[[Fault], Fault]:
    """Register the decorated fault under its own name; its docstring is the sentence."""

    def register(fault: Fault) -> Fault:
        _register(fault, lambda call, memory: fault(call), (operations, trigger, when, *reports), **more)
        return fault

    return register


def rewrite(operations: tuple[str, ...], trigger: str, *reports: str) -> Callable[[Fault], Fault]:
    """Register a fault that calls with other options, which the decorated function gives; shown where they differ."""

    def register(changed: Fault) -> Fault:
        def when(call: Call) -> bool:
            return any(call.options[name] != value for name, value in changed(call).items())

        def fault(call: Call, memory: dict[Any, Any]) -> Any:
            return call(**changed(call))

        _register(changed, fault, (operations, trigger, when, *reports))
        return changed

    return register


def remembering(
    operations: tuple[str, ...], trigger: str, when: When, *reports: str
) -> Callable[[StatefulFault], StatefulFault]:
    """Register a fault that keeps something from call to call, in the memory that is its second argument."""

    def register(fault: StatefulFault) -> StatefulFault:
        _register(fault, fault, (operations, trigger, when, *reports))
        return fault

    return register


def always(call: Call) -> bool:
    """Every valid call."""
    return True
