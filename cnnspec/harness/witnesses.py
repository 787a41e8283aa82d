"""The witnesses of expectations: run first and as they are, so that a rule that no longer holds is always seen."""

from __future__ import annotations

from typing import Any

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.errors import UsageError
from cnnspec.harness.expectations import Expectations, Rule
from cnnspec.harness.judge import Ruling, judge
from cnnspec.harness.plan import Plan
from cnnspec.harness.probe import Target
from cnnspec.harness.records import Record
from cnnspec.harness.runner import outside_item
from cnnspec.harness.verdicts import BAD, Finding, RunResult, Tally, Verdict
from cnnspec.laws.law import Failure

HOLDS, STALE, NOT_ASKED, NOT_TOLD, EXPIRED = "holds", "stale", "not asked", "not told", "expired"
"""What can become of a rule: a witness fails, all pass, none is part of this run, none could tell, its day is over."""


class Watch:
    """The expectations of one run, and what became of each rule.

    Parameters
    ----------
    expectations
        The rules.
    target, plan
        What they are asked of.

    Raises
    ------
    UsageError
        If a rule matches nothing of the target.
    """

    def __init__(self, expectations: Expectations, target: Target, plan: Plan) -> None:
        expectations.check_against(plan, target.claims.operations)
        self.rules = expectations
        self._target, self._plan = target, plan
        self._states = {rule.number: EXPIRED for rule in expectations.expired}
        self._masked: dict[str, int] = {}
        self._drawn: dict[str, int] = {}

    def run_witnesses(self, result: RunResult) -> list[Finding]:
        """Run every witness; a finding for each rule all of whose witnesses pass."""
        stale = []
        for rule in self.rules.rules:
            told = [one for case in rule.witnesses for one in self._ask(rule, case)]
            verdicts = {ruling.verdict for _, ruling in told}
            if verdicts & BAD:
                self._states[rule.number] = HOLDS
                for case, ruling in told:
                    if ruling.verdict in BAD:
                        tally = result.tallies.setdefault((case.op, ruling.law.id), Tally())
                        tally.add(Verdict.EXPECTED, rule.reason)
            elif Verdict.PASSED in verdicts:
                self._states[rule.number] = STALE
                stale.append(_finding(rule, next(t for t in told if t[1].verdict is Verdict.PASSED)))
            else:
                asked = any(case.op in {item.op for item in self._plan.items} for case in rule.witnesses)
                self._states[rule.number] = NOT_TOLD if asked and told else NOT_ASKED
        return stale

    def _ask(self, rule: Rule, case: Case) -> list[tuple[Case, Ruling]]:
        """What the laws of a rule say of one of its witnesses; nothing where it is not part of the run."""
        if reason := outside(case, self._target.claims):
            if all(outside(other, self._target.claims) for other in rule.witnesses):
                raise UsageError(f"{self.rules.source}: {rule.name} matches nothing of this target: {reason}")
            return []
        item = next((item for item in self._plan.items if item.op == case.op), None)
        if item is None or outside_item(case, item):
            return []
        laws = tuple(law for law in item.laws if rule.holds_back(law.id))
        return [(case, ruling) for ruling in judge(case, self._target, laws)]

    def take(self, record: Record) -> None:
        """Count what the rules left out of one block."""
        self._drawn[record.op] = self._drawn.get(record.op, 0) + record.drawn
        for number, count in record.masked.items():
            self._masked[number] = self._masked.get(number, 0) + count

    def to_json(self) -> dict[str, Any]:
        """Every rule, what became of it, and the share of the drawn cases of its operations that it covers."""
        every = sorted((*self.rules.rules, *self.rules.expired), key=lambda rule: rule.number)
        return {"file": self.rules.source, "rules": [self._rule(rule) for rule in every]}

    def _rule(self, rule: Rule) -> dict[str, Any]:
        drawn = sum(count for op, count in self._drawn.items() if rule.concerns(op))
        masked = self._masked.get(str(rule.number), 0)
        return {
            "number": rule.number, "operation": list(rule.operations), "law": list(rule.laws), "when": rule.when.text,
            "reason": rule.reason, "issue": rule.issue, "expires": rule.expires and rule.expires.isoformat(),
            "state": self._states.get(rule.number, NOT_ASKED), "witnesses": list(map(str, rule.witnesses)),
            "masked": masked, "drawn": drawn, "share": round(masked / drawn, 4) if drawn else 0.0,
        }  # fmt: skip

    def notes(self) -> list[str]:
        """A sentence for each rule."""
        return [_sentence(entry) for entry in self.to_json()["rules"]]


def _sentence(entry: dict[str, Any]) -> str:
    laws = "" if "*" in entry["law"] else f" from {', '.join(entry['law'])}"
    covered = f"{entry['masked']} of {entry['drawn']} drawn cases ({100 * entry['share']:.3g} %)"
    words = {
        HOLDS: f"still fails as expected; {covered} were held back{laws}",
        STALE: f"is stale: its witnesses pass; {covered} were held back{laws} all the same",
        NOT_ASKED: "was not asked: no witness is part of this run",
        NOT_TOLD: "could not be told: no law says anything of its witnesses",
        EXPIRED: f"expired on {entry['expires']}, and is not in force",
    }
    return f"expectation {entry['number']} ({entry['reason']}) {words[entry['state']]}"


def _finding(rule: Rule, told: tuple[Case, Ruling]) -> Finding:
    case, ruling = told
    many = "its witness passes" if len(rule.witnesses) == 1 else f"all its {len(rule.witnesses)} witnesses pass"
    words = f"{rule.name} expects a failure, and {many}: take the rule out (`cnnspec expect prune` does)"
    return Finding(ruling.law.id, case.op, Verdict.UNEXPECTED_PASS, case, case, Failure(words), len(rule.witnesses))
