"""A target that is asked each question once, while what it showed is looked into."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.harness.probe import Target
    from cnnspec.implementation import Claims, Observation
    from cnnspec.typing import Array


class Remembered:
    """A target, with what was seen of it; for one that keeps nothing from call to call, as far as that was seen.

    Several laws and names are tried on the same few cases, and each would make the same calls again.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._seen: dict[Hashable, Observation] = {}

    @property
    def claims(self) -> Claims:
        """What the target claims."""
        return self._target.claims

    def run(self, case: Case, *, repeat: bool = False, before: Case | None = None) -> Observation:
        """Make the call that ``case`` says, or tell what was seen of it."""
        asked = str(case), repeat, str(before)
        return self._once(asked, lambda: self._target.run(case, repeat=repeat, before=before))

    def call(
        self, op: str, arrays: Mapping[str, Array], options: Mapping[str, Any], *, repeat: bool = False
    ) -> Observation:
        """Make a call on these arrays, or tell what was seen of it."""
        if not all(map(_plain, arrays.values())):
            return self._target.call(op, arrays, options, repeat=repeat)
        given = tuple((name, *_identity(array)) for name, array in arrays.items())
        asked = op, given, repr(sorted(options.items())), repeat
        return self._once(asked, lambda: self._target.call(op, arrays, options, repeat=repeat))

    def stream(self, cases: Iterable[Case], *, repeat: bool = False) -> Iterator[tuple[Case, Observation]]:
        """Run many cases."""
        return ((case, self.run(case, repeat=repeat)) for case in cases)

    def restart(self) -> None:
        """Forget what was seen, and have the target forget what it may have kept."""
        self._seen.clear()
        restart(self._target)

    def _once(self, asked: Hashable, ask: Callable[[], Observation]) -> Observation:
        if asked not in self._seen:
            self._seen[asked] = ask()
        return self._seen[asked]


def restart(target: Target) -> None:
    """Have a target forget what it may have kept, where it can."""
    begin_again: Callable[[], None] = getattr(target, "restart", lambda: None)
    begin_again()


def as_new(target: Target) -> None:
    """Have a target begin with nothing kept, as a mutant does that is held against it; where it may keep something."""
    if not isinstance(target, Remembered):
        restart(target)


def _plain(array: Array) -> bool:
    """Whether an array is nothing but its numbers: no view of others, and not read-only."""
    return array.base is None and array.flags.carray and not array.dtype.hasobject


def _identity(array: Array) -> tuple[Any, ...]:
    """What two plain arrays have in common that are passed alike."""
    return array.dtype.name, array.dtype.isnative, array.shape, array.tobytes()
