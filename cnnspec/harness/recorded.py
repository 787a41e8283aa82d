"""The calls that laws made of a target, kept to be made again on a mutant.

Two faults may break the same laws on the same cases and do nothing alike.  What a name claims is more: that the mutant
gives what the target gave on some call where that was wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cnnspec.harness.outcomes import outcome_seen, same
from cnnspec.harness.target import InlineTarget

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.harness.probe import Target
    from cnnspec.implementation import Claims, Observation
    from cnnspec.typing import Array

Again = Callable[["Target"], "Observation"]
"""Makes the same call on another target."""


class Recorded:
    """A target whose calls are kept, in order, each with what was seen of it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.calls: list[tuple[Again, Observation]] = []

    @property
    def claims(self) -> Claims:
        """What the target claims."""
        return self._target.claims

    def run(self, case: Case, *, repeat: bool = False, before: Case | None = None) -> Observation:
        """Make the call that ``case`` says."""
        return self._kept(lambda target: target.run(case, repeat=repeat, before=before))

    def call(
        self, op: str, arrays: Mapping[str, Array], options: Mapping[str, Any], *, repeat: bool = False
    ) -> Observation:
        """Make a call on these arrays."""
        given = {name: array.copy(order="K") for name, array in arrays.items()}
        seen = self._target.call(op, arrays, options, repeat=repeat)

        def again(target: Target) -> Observation:
            return target.call(op, {name: a.copy(order="K") for name, a in given.items()}, options, repeat=repeat)

        self.calls.append((again, seen))
        return seen

    def stream(self, cases: Iterable[Case], *, repeat: bool = False) -> Iterator[tuple[Case, Observation]]:
        """Run many cases."""
        return ((case, self.run(case, repeat=repeat)) for case in cases)

    def _kept(self, again: Again) -> Observation:
        seen = again(self._target)
        self.calls.append((again, seen))
        return seen


def borne_out(name: str, calls: Iterable[tuple[Again, Observation]], op: str | None, *, bitwise: bool) -> bool:
    """Whether a mutant, asked the same in the same order, does on some call what the target did, and that is wrong.

    That is a result, to the bit where precision is the matter, or what is done beside it.
    """
    mutant, reference = InlineTarget(f"mutant:{name}", op=op), InlineTarget("reference")
    for again, seen in calls:
        told, right = again(mutant), again(reference)
        if not beside(seen, right) and beside(seen, told):
            return True
        accepted = right.kind == "raised" and seen.kind == told.kind == "returned"
        if not _gave(seen, right, bitwise) and (accepted or _gave(seen, told, bitwise)):
            return True
    return False


def _gave(one: Observation, other: Observation, bitwise: bool) -> bool:
    return same(outcome_seen(one), outcome_seen(other), bitwise=bitwise)


def beside(one: Observation, other: Observation) -> bool:
    """Whether two calls did the same beside their results; what they print is their own."""
    a, b = one.facts, other.facts
    once = bool(a.repeat_differs) == bool(b.repeat_differs) and bool(a.output) == bool(b.output)
    others = ("inputs_changed", "aliases", "repeat_reuses", "earlier_changed", "state_changed", "result_type")
    return once and all(getattr(a, name) == getattr(b, name) for name in others)
