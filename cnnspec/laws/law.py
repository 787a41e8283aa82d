"""What a law is, what its check sees, and what it answers.

A law states something about every correct implementation.  Its check looks at one *probe*: a case, what the target
did with it, what the reference says, and a way to call the target again on changed arguments.  It answers ``None``
where the law holds, a :class:`Failure` where it does not, and raises :class:`Vacuous` where this case cannot tell.

A law knows neither the strategy that draws its cases nor the process in which the target runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.implementation import Claims, Observation
    from cnnspec.typing import Array

Lane = Literal["shape", "exact", "bounded", "special", "metamorphic", "gradient", "reject", "purity", "proof"]

LANES: tuple[Lane, ...] = (
    "purity", "shape", "exact", "gradient", "bounded", "special", "metamorphic", "reject", "proof",
)  # fmt: skip
"""The lanes, in the order in which a failure explains those after it: a result of the wrong shape has no values."""


class Vacuous(Exception):
    """This case cannot tell whether the law holds: the call was not claimed, or nothing was compared."""


class CallEnded(Exception):
    """A further call that a check made did not return; carries what happened instead."""

    def __init__(self, observation: Observation, description: str) -> None:
        super().__init__(observation.message)
        self.observation = observation
        self.description = description


@dataclass(frozen=True, slots=True)
class Failure:
    """How a law was broken: a sentence, and where there are values, those expected and got.

    ``call`` says in words which further call showed it, where it was not the case itself; ``bound`` is the largest
    error allowed, per element, in the bounded lane.
    """

    message: str
    expected: Array | None = None
    got: Array | None = None
    where: tuple[int, ...] | None = None
    call: str = ""
    bound: Array | None = None


class Probe(Protocol):
    """What a check may look at."""

    @property
    def case(self) -> Case:
        """The case."""

    @property
    def arrays(self) -> Mapping[str, Array]:
        """The arrays that were passed, by name; not to be changed."""

    @property
    def observation(self) -> Observation:
        """What the target did with the case."""

    @property
    def outputs(self) -> tuple[Array, ...]:
        """The results, where the target returned them."""

    @property
    def got(self) -> Array:
        """The first result."""

    @property
    def expected(self) -> tuple[Array, ...]:
        """The reference's results on the same values, in float64 (integers in the case's own dtype)."""

    @property
    def magnitude(self) -> Array:
        """$S$: the same reduction over absolute values, which bounds every partial sum."""

    @property
    def claims(self) -> Claims:
        """What the target claims."""

    def call(
        self,
        arrays: Mapping[str, Array] | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        drop: tuple[str, ...] = (),
        description: str = "",
    ) -> Array:
        """Call the target again with some arguments changed, and return its first result.

        Raises
        ------
        Vacuous
            If the changed call is outside the claims, or the target says that it does not support it.
        CallEnded
            If it ended in another way.
        """

    def ask(self, case: Case, arrays: Mapping[str, Array], *, description: str = "") -> Array:
        """Call the target's operation ``case.op`` with that case's options on these arrays; first result.

        Raises
        ------
        Vacuous
            If that call is outside the claims, or the target says that it does not support it.
        CallEnded
            If it ended in another way.
        """

    def observe(
        self,
        arrays: Mapping[str, Array] | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        drop: tuple[str, ...] = (),
    ) -> Observation:
        """Call the target again with some arguments changed, and return what it did, whatever that is."""

    def after(self, before: Case) -> Observation:
        """What the target does with the case when its values are written into the very arrays of an earlier call.

        ``before`` has the same shapes; the target is called on it first.
        """

    def dialect(self, flag: str, default: str) -> str:
        """The target's choice where the field disagrees: declared, detected, or the canonical ``default``."""


Check = Callable[[Probe], "Failure | None"]
Proof = Callable[[int], "Failure | None"]
"""The check of a statement about the specification alone: it gets a seed."""


def _always(case: Case) -> bool:
    return True


@dataclass(frozen=True)
class Law:
    """A numbered, named statement with its check.

    Attributes
    ----------
    id
        ``CORR-1``; never renumbered or reused.
    title
        A few words.
    statement
        One sentence that a student understands: the docstring of the check.
    formula
        The statement in Markdown math.
    source
        A published source.
    operations
        Rank-free operation names to which it applies.
    lane
        Which kind of check it is.
    check
        The check; see :class:`Probe`.
    applies
        Whether a case of those operations can show it.
    example
        A case whose result was computed by hand, and that result as nested lists; a tuple of them for several results.
    mutants
        Faults of the zoo that this law must catch.
    needs
        Options that must be claimed for the law to say anything: without groups there is no law of groups.
    prove
        The check of a law of the lane ``proof``, which no target is asked about.
    """

    id: str
    title: str
    statement: str
    formula: str
    source: str
    operations: tuple[str, ...]
    lane: Lane
    check: Check
    example: tuple[str, Any]
    mutants: tuple[str, ...]
    applies: Callable[[Case], bool] = field(default=_always)
    needs: tuple[str, ...] = ()
    prove: Proof | None = None

    def concerns(self, case: Case) -> bool:
        """Whether the law says something about a target on this case."""
        return self.prove is None and case.operation.name in self.operations and self.applies(case)


REGISTRY: dict[str, Law] = {}


def law(identifier: str, **fields: Any) -> Callable[[Check], Check]:
    """Register the decorated check as the law ``identifier``.

    The fields are those of :class:`Law`; the statement is the check's docstring, on one line.
    """

    def register(check: Check) -> Check:
        _add(Law(id=identifier, statement=_statement(check), check=check, **fields))
        return check

    return register


def theorem(identifier: str, **fields: Any) -> Callable[[Proof], Proof]:
    """Register the decorated function of a seed as the law ``identifier`` of the lane ``proof``.

    It is a statement about the specification alone: it draws its numbers from the seed, calls no target, and answers
    as a check does.  The test suite runs it; a run against a target has nothing to ask it.
    """

    def register(prove: Proof) -> Proof:
        _add(Law(id=identifier, statement=_statement(prove), lane="proof", check=_no_target, prove=prove, **fields))
        return prove

    return register


def _statement(function: Callable[..., Any]) -> str:
    return " ".join((function.__doc__ or "").split())


def _no_target(probe: Probe) -> Failure | None:
    raise Vacuous("this is a statement about the specification, not about one call")


def _add(law: Law) -> None:
    if law.id in REGISTRY:
        raise ValueError(f"law {law.id} is registered twice")
    REGISTRY[law.id] = law
