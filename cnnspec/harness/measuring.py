"""What is found out of a target before its cases are run: how it computes, and the dialects which that shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnnspec.harness.card import Asked, by_name, detected_dialects, precision_card, wanted_cards

if TYPE_CHECKING:
    from cnnspec.harness.plan import Plan
    from cnnspec.harness.target import Target
    from cnnspec.harness.verdicts import RunResult


class Measuring:
    """The precision cards of one run.

    Parameters
    ----------
    target, plan, result
        Those of the run; the claims of the first are added to, and the result is given the cards.
    known
        What another process has measured, which is then not measured again.

    Attributes
    ----------
    asked
        The cards that are still to be measured.
    dialects
        What was found.
    source
        Where cards come from: from this process, unless told otherwise.
    """

    def __init__(self, target: Target, plan: Plan, result: RunResult, known: Mapping[str, str] | None) -> None:
        self._target, self._result = target, result
        self.asked = wanted_cards({item.op: item.claim for item in plan.items}) if known is None else []
        self.source = self.cards
        self.know(known or {})

    def run(self) -> None:
        """Measure, once."""
        if self.asked:
            self._result.precision = by_name(self.source(self.asked))
            self.know(detected_dialects(self._result.precision.values()))
            self.asked = []

    def cards(self, asked: list[Asked]) -> dict[Asked, dict[str, Any]]:
        """Measure in this process."""
        return {one: precision_card(self._target, *one) for one in asked}

    def know(self, dialects: Mapping[str, str]) -> None:
        """Take what was found out as claimed, but where something else is declared."""
        self.dialects, claims = dict(dialects), self._target.claims
        self._target.claims = self._result.claims = replace(claims, dialects={**dialects, **claims.dialects})
