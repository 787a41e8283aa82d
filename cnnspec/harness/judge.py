"""From a case and its observation to what each law says of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnspec.harness.probe import CaseProbe, Target
from cnnspec.harness.verdicts import Verdict
from cnnspec.laws.arithmetic import only_subnormal
from cnnspec.laws.law import CallEnded, Failure, Law, Vacuous

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.implementation import Observation

RELATED = 5
"""Of so many geometries one is compared with calls of another form, by each law, where those are compiled."""

VALUE_LANES = ("shape", "exact", "gradient", "bounded", "special", "metamorphic")
"""The lanes that judge values: the first that fails explains those after it."""

ENDINGS = {
    "raised": Verdict.REFUSED,
    "crashed": Verdict.CRASHED,
    "timeout": Verdict.TIMEOUT,
    "malformed": Verdict.FAILED,
}
RETURNS = "CALL-1"
"""The law that a claimed call returns at all; where it fails no other law has anything to look at."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one law says of one case: a verdict, and the failure where there is one."""

    law: Law
    verdict: Verdict
    failure: Failure | None = None
    reason: str = ""


class Forms:
    """Which laws may make calls of another form on the cases of a block, one after another.

    Where each new form is compiled, every law compares one geometry in a few with calls of other forms, on its first
    case, beginning with the first on which it has something to say.  Invalid calls are made for every geometry, since
    they are refused before they are compiled.
    """

    def __init__(self, *, compiled: bool) -> None:
        self._compiled, self._last, self._again = compiled, tuple[Any, ...](), False
        self._turns = Counter[str]()

    def begin(self, case: Case) -> None:
        """Go on to the next case."""
        if self._compiled:
            self._again, self._last = case.form == self._last, case.form

    def held_back(self, law: Law) -> bool:
        """Whether a law may make no call of another form on this case."""
        return self._again or (self._turns[law.id] % RELATED > 0 and law.lane != "reject")

    def end(self, ruling: Ruling, *, held: bool) -> None:
        """Count a turn of a law on the first case of a geometry; one that it could take and not use it has again."""
        if self._compiled and not self._again and (held or ruling.verdict is not Verdict.VACUOUS):
            self._turns[ruling.law.id] += 1


def judge(
    case: Case, target: Target, laws: tuple[Law, ...], observation: Observation | None = None,
    forms: Forms | None = None,
) -> list[Ruling]:  # fmt: skip
    """What each law that concerns the case says of it; a failing law silences the value laws that it explains.

    ``forms`` holds calls of another form back, where each is compiled.
    """
    probe, forms = CaseProbe(case, target, observation), forms or Forms(compiled=False)
    forms.begin(case)
    if probe.observation.kind == "unsupported":
        return [Ruling(law, Verdict.UNCLAIMED, reason=probe.observation.message) for law in laws if law.concerns(case)]
    explained = False
    rulings = []
    for law in laws:
        returned = probe.observation.kind == "returned"
        if not law.concerns(case) or (not returned and law.id != RETURNS):
            continue
        if explained and law.lane in VALUE_LANES:
            continue
        held = probe.same_form = forms.held_back(law)
        ruling = rule(law, probe)
        forms.end(ruling, held=held)
        rulings.append(ruling)
        explained = explained or (ruling.failure is not None and law.lane in VALUE_LANES)
    return rulings


def rule(law: Law, probe: CaseProbe) -> Ruling:
    """What one law says of a probe; a check that itself fails is an ``error`` of the harness, never of the target."""
    try:
        failure = law.check(probe)
    except Vacuous as vacuous:
        return Ruling(law, Verdict.VACUOUS, reason=str(vacuous))
    except CallEnded as ended:
        seen = ended.observation
        words = f"a further call ({ended.description}) did not return: {seen.message}"
        return Ruling(law, ENDINGS[seen.kind], Failure(words, call=ended.description))
    except Exception as error:  # noqa: BLE001  a check must not bring the run down with it
        return Ruling(law, Verdict.ERROR, reason=f"{type(error).__name__}: {error}")
    if failure is None or only_subnormal(probe, failure):
        return Ruling(law, Verdict.PASSED)
    ending = ENDINGS.get(probe.observation.kind, Verdict.FAILED) if law.id == RETURNS else Verdict.FAILED
    return Ruling(law, ending, failure)
