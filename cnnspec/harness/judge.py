"""From a case and its observation to what each law says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cnnspec.harness.probe import CaseProbe, Target
from cnnspec.harness.verdicts import Verdict
from cnnspec.laws.arithmetic import only_subnormal
from cnnspec.laws.law import CallEnded, Failure, Law, Vacuous

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.implementation import Observation

Calls = Literal["all", "refused", "none"]
"""The calls of another form that laws may make on a case: all, those that are to be refused, or none."""

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


def judge(
    case: Case, target: Target, laws: tuple[Law, ...], observation: Observation | None = None, calls: Calls = "all"
) -> list[Ruling]:
    """What each law that concerns the case says of it; a failing law silences the value laws that it explains.

    ``calls`` are those of another form that they may make.
    """
    probe = CaseProbe(case, target, observation)
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
        probe.same_form = calls == "none" or (calls == "refused" and law.lane != "reject")
        ruling = rule(law, probe)
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
