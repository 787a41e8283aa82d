"""The result model: one run as plain data, from which every face of a report is made.

Everything in it is a string, a number, a boolean, or a tuple or dict of these, so that it can be written and read
back without loss; ``schema.json`` states the same as a JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from cnnspec.typing import Array

SCHEMA = 1
"""The version of the schema; it grows when a reader of the one before would misread this one."""

MOST_VALUES = 4096
"""Arrays with more elements are told by shape alone."""

HEADLINES = {0: "CONFORMS", 1: "DOES NOT CONFORM", 4: "INCOMPLETE", 5: "STALE EXPECTATIONS"}
"""What each exit code of a finished run says."""

BAD = ("failed", "crashed", "timeout", "refused", "flaky", "unexpected_pass")
"""The verdicts of a law that a target breaks."""

Scalar = int | float | str | bool
"""A number as JSON has it; NaN, infinities and complex numbers are strings that ``complex`` reads."""


@dataclass(frozen=True, slots=True)
class Values:
    """An array as plain data: dtype, shape, and the elements in row-major order (``None`` where there are many).

    Examples
    --------
    >>> Values.of([[1.0, float("nan")]]).data
    (1.0, 'nan')
    """

    dtype: str
    shape: tuple[int, ...]
    data: tuple[Scalar, ...] | None

    @classmethod
    def of(cls, array: Any) -> Values:
        """The values of an array."""
        import numpy as np

        array = np.asarray(array)
        if array.size > MOST_VALUES:
            return cls(array.dtype.name, array.shape, None)
        flat = array.ravel()
        if array.dtype in (np.float32, np.float16):
            numbers = [float(text) for text in flat.astype(str)]  # as few digits as tell it from its neighbours
        else:
            numbers = (flat if array.dtype.kind in "biufc" else flat.astype(np.float64)).tolist()
        return cls(array.dtype.name, array.shape, tuple(map(scalar, numbers)))

    def array(self) -> Array | None:
        """The array, where its elements are known."""
        import numpy as np

        if self.data is None:
            return None
        numbers = [complex(v) if self.dtype.startswith("complex") else float(v) if isinstance(v, str) else v
                   for v in self.data]  # fmt: skip
        dtype: np.dtype[Any] = np.dtype("float64" if self.dtype == "bfloat16" else self.dtype)
        return np.array(numbers, dtype).reshape(self.shape)


@dataclass(frozen=True, slots=True)
class LawEntry:
    """A law that was checked."""

    id: str
    title: str
    statement: str
    formula: str
    source: str
    lane: str


@dataclass(frozen=True, slots=True)
class TallyEntry:
    """How often one law was checked on one operation, and how that ended."""

    op: str
    law: str
    lane: str
    verdict: str
    checked: int
    failed: int
    vacuous: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """An operation that was not checked, and why."""

    op: str
    reason: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """A known fault that the target behaves like: on ``agree`` of ``compared`` cases."""

    mutant: str
    agree: int
    compared: int
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """One cause of failure, with everything that is needed to understand and repeat it.

    ``worked`` spells the first wrong element out, line by line; ``where`` is its index; ``replay`` is the command that
    runs the smallest case again, and ``script`` a NumPy program that shows the fault without this package.
    """

    law: str
    title: str
    statement: str
    op: str
    verdict: str
    message: str
    case: str
    first_case: str
    cases: int = 1
    call: str = ""
    where: tuple[int, ...] | None = None
    expected: Values | None = None
    got: Values | None = None
    bound: Values | None = None
    worked: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    looks_like: tuple[Likeness, ...] = ()
    facts: tuple[str, ...] = ()
    replay: str = ""
    script: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One run: what was checked, under which conditions, and what was found."""

    target: str
    name: str
    version: str
    seed: int
    effort: str
    profile: str
    command: str
    complete: bool
    exit_code: int
    cases: int = 0
    checks: int = 0
    seconds: float = 0.0
    restarts: int = 0
    claims: Mapping[str, Any] = field(default_factory=dict)
    laws: tuple[LawEntry, ...] = ()
    tallies: tuple[TallyEntry, ...] = ()
    unclaimed: tuple[Unclaimed, ...] = ()
    findings: tuple[FindingEntry, ...] = ()
    notes: tuple[str, ...] = ()
    coverage: Mapping[str, Any] = field(default_factory=dict)
    confidence: Mapping[str, Any] = field(default_factory=dict)
    precision: Mapping[str, Any] = field(default_factory=dict)
    expectations: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA

    @property
    def headline(self) -> str:
        """The outcome in capitals."""
        return HEADLINES[self.exit_code]

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that were checked, in order."""
        return tuple(dict.fromkeys(tally.op for tally in self.tallies if tally.verdict != "unclaimed"))


def scalar(value: Any) -> Scalar:
    """A Python number as JSON has it.

    Examples
    --------
    >>> scalar(float("-inf")), scalar(2 + 3j), scalar(7)
    ('-inf', '2+3j', 7)
    """
    if isinstance(value, complex):
        return str(value).strip("()")
    if isinstance(value, float) and value - value != 0:
        return str(value)
    return value  # type: ignore[no-any-return]


def plain(value: Any) -> Any:
    """Nested data with NumPy scalars, tuples and non-finite floats turned into what JSON has.

    Examples
    --------
    >>> plain({"a": (1, float("inf"))})
    {'a': [1, 'inf']}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, str) or value is None:
        return value
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return scalar(value)
