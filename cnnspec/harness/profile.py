"""Naming faults that do not show in the values of one valid call: what is kept from call to call, refused or accepted.

Such a fault is told by the laws that it breaks, case by case.  A mutant behaves like the target if the same laws fail
on the same cases in the same words, run in the same order after a fresh start, and none fails where none did; and if
on one of the calls that the laws made, at least, it did what the target did, and that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from cnnspec.harness.causes import CHANGED, Cause
from cnnspec.harness.judge import RETURNS, Ruling, rule
from cnnspec.harness.outcomes import outcome_of, outcome_seen, same
from cnnspec.harness.probe import CaseProbe, Target
from cnnspec.harness.recorded import Recorded, borne_out
from cnnspec.harness.remembered import as_new
from cnnspec.harness.target import InlineTarget
from cnnspec.harness.verdicts import BAD, Verdict
from cnnspec.laws.registry import every_law
from cnnspec.mutants import find, names

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.laws.law import Law

FEW = 8
"""Failing cases compared for each cause; and passing cases, of all."""

LEAST = 3
"""Failing cases that must be there before a mutant is named for some of the laws that the target breaks."""

APART = ("state", "errors", "isolation", "layout", "dtypes", "values")
"""The families of such faults, those first that show in the most places."""

Told: TypeAlias = tuple[str, str, str]
"""A law that fails on a case: id, verdict, and the words where they hold no numbers."""

VALUES = frozenset({("", "right", ""), ("", "wrong", "")})
"""What stands beside the laws in a profile."""

Profile: TypeAlias = frozenset[Told]
"""Which laws fail on a case, and whether the result is right."""

Like: TypeAlias = tuple[str, int, int]
"""A mutant, and on how many of how many failing cases it does alike."""

Alike: TypeAlias = Callable[[Profile, Profile, "set[str]"], bool]
"""Whether a mutant's profile is like the target's, where some laws are to be explained."""


def name_under_laws(
    causes: Sequence[Cause], passing: Iterable[Case], target: Target, *, whole: bool = False
) -> Like | None:
    """The first mutant that breaks the laws of these causes as the target does, and on how many failing cases.

    One that also gets the same results right is looked for first, and breaks no other law; a target may have a fault
    in its values besides, and then others that break laws of their own.  The ``whole`` profile holds every law of the
    operation, and must be the same.
    """
    failing = list(dict.fromkeys(case for cause in causes for case in cause.cases[:FEW]))
    if not failing:
        return None
    op = failing[0].operation.name
    own = {cause.law.id for cause in causes}
    laws = sorted(_every(op) if whole else _asked(causes, op), key=lambda law: law.id not in own)
    only = failing[0].op if len(target.claims.operations) == 1 else None
    kinds = (_wholly,) if whole else (_wholly, _but_for_values, _in_part)[: 3 if len(failing) >= LEAST else 2]
    rivals = [Rival(name, only, kinds) for name in candidates(op)]
    as_new(target)
    recorded = Recorded(target)
    for case in [*failing, *list(passing)[:FEW]]:
        if not rivals:
            return None
        told = profile(case, laws, recorded)
        rivals = [rival for rival in rivals if rival.still(case, laws, told, own)]
    precise = any(cause.law.lane == "bounded" for cause in causes)
    for kind in kinds:
        for rival in rivals:
            if kind in rival.kinds and borne_out(rival.name, recorded.calls, only, bitwise=precise):
                return rival.name, len(failing), len(failing)
    return None


def _wholly(mutant: Profile, target: Profile, own: set[str]) -> bool:
    return mutant == target


def _but_for_values(mutant: Profile, target: Profile, own: set[str]) -> bool:
    return mutant - VALUES == target - VALUES


def _in_part(mutant: Profile, target: Profile, own: set[str]) -> bool:
    """Whether the laws that are to be explained fail alike, and no other law that does not fail on the target."""
    same = {told for told in mutant if told[0] in own} == {told for told in target if told[0] in own}
    return same and mutant - VALUES <= target


def _every(op: str) -> list[Law]:
    return [law for law in every_law() if law.prove is None and op in law.operations]


def _asked(causes: Sequence[Cause], op: str) -> list[Law]:
    """The laws that failed, and those on what shows beside the result: where they hold tells as much.

    The one on changed calls is asked only if it is to be explained, since a wrong value breaks it, too.
    """
    pure = [law for law in every_law() if law.lane == "purity" and op in law.operations and law.id != CHANGED]
    return list({law.id: law for law in [*(cause.law for cause in causes), *pure]}.values())


@dataclass
class Rival:
    """A mutant that has done as the target does on every case so far, by some kinds of likeness.

    Where it is of a family that shows in values, the one that leaves nothing out is the only one to ask about.
    """

    name: str
    only: str | None
    kinds: tuple[Alike, ...]

    def __post_init__(self) -> None:
        if find(self.name).family not in APART:
            self.kinds = tuple(kind for kind in self.kinds if kind is _wholly)

    @cached_property
    def _mutant(self) -> InlineTarget:
        return InlineTarget(f"mutant:{self.name}", op=self.only)

    def still(self, case: Case, laws: Sequence[Law], told: Profile, own: set[str]) -> bool:
        """Whether it goes on doing so on one more case, of which the target's profile is given.

        It is asked law by law, and no further than it does alike.
        """
        mine, asked = set[Told](), set[str]()
        for law, said in _sayings(case, laws, self._mutant):
            mine |= said
            asked.add(law)
            if not self._alike(mine, {one for one in told if one[0] in asked}, own):
                return False
        return self._alike(mine, told, own)

    def _alike(self, mine: Iterable[Told], theirs: Iterable[Told], own: set[str]) -> bool:
        self.kinds = tuple(kind for kind in self.kinds if kind(frozenset(mine), frozenset(theirs), own))
        return bool(self.kinds)


def candidates(op: str) -> list[str]:
    """The mutants that touch an operation and do no harm, those of the families of such faults first."""
    harmless = [find(name) for name in names() if op in find(name).operations and not find(name).harmful]
    apart = sorted((m for m in harmless if m.family in APART), key=lambda mutant: APART.index(mutant.family))
    return [mutant.name for mutant in apart + [m for m in harmless if m.family not in APART]]


def goes_further(name: str, cases: Sequence[Case], target: Target) -> bool:
    """Whether a mutant breaks a law on one of these cases of one operation, and the target keeps it there.

    A law that says nothing of the target, such as one about groups that it does not claim, tells nothing.
    """
    if not cases:
        return False
    laws = _every(cases[0].operation.name)
    mutant = InlineTarget(f"mutant:{name}", op=cases[0].op)
    for case in cases:
        beyond = {law for law, _, _ in profile(case, laws, mutant) - VALUES - profile(case, laws, target)}
        probe = CaseProbe(case, target)
        if any(rule(law, probe).verdict is not Verdict.VACUOUS for law in laws if law.id in beyond):
            return True
    return False


def profile(case: Case, laws: Sequence[Law], target: Target) -> Profile:
    """What these laws say against the target on one case, and whether its result is right."""
    return frozenset[Told]().union(*(said for _, said in _sayings(case, laws, target)))


def _sayings(case: Case, laws: Sequence[Law], target: Target) -> Iterator[tuple[str, set[Told]]]:
    """Whether the result is right, and then law by law what it says against the target."""
    probe = CaseProbe(case, target)
    right = same(outcome_of(case.operation.reference, case), outcome_seen(probe.observation))
    yield "", {("", "right" if right else "wrong", "")}
    returned = probe.observation.kind == "returned"
    for law in laws:
        if law.concerns(case) and (returned or law.id == RETURNS):
            ruling = rule(law, probe)
            yield law.id, {_told(ruling)} if ruling.verdict in BAD else set()


def _told(ruling: Ruling) -> Told:
    failure = ruling.failure
    words = failure.message if failure is not None and failure.expected is None else ""
    return ruling.law.id, str(ruling.verdict), words
