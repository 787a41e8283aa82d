from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.cases.case import Case
from cnnspec.harness.judge import Ruling, rule
from cnnspec.harness.observe import observe, observe_case
from cnnspec.harness.probe import CaseProbe
from cnnspec.harness.verdicts import BAD, Verdict
from cnnspec.implementation import Implementation
from cnnspec.laws.law import Failure
from cnnspec.laws.registry import find_law
from cnnspec.operations import find, spelled_names

Function = Callable[..., Any]


class Here:
    """A target in this process."""

    def __init__(self, implementation: Implementation, dialects: dict[str, str] | None = None) -> None:
        self.implementation = implementation
        self.claims = replace(implementation.claims, dialects=dialects or {})

    def run(self, case: Case, *, repeat: bool = False, before: Case | None = None) -> Any:
        return observe_case(self.implementation, case, repeat=repeat, before=before)

    def call(self, op: str, arrays: Any, options: Any, *, repeat: bool = False) -> Any:
        returns = len(find(op)[0].returns)
        return observe(self.implementation, op, arrays, options, returns=returns, repeat=repeat)


def faulty(operation: str, fault: Callable[[Function], Function], dialects: dict[str, str] | None = None) -> Here:
    """The reference with ``fault`` around the functions of one operation."""
    whole = reference()
    ours = [name for name in spelled_names() if find(name)[0].name == operation]
    changed = {name: fault(whole.functions[name]) for name in ours}
    return Here(replace(whole, functions={**whole.functions, **changed}), dialects)


def seeds_of(law: Any, text: str, count: int = 96) -> list[Case]:
    base = Case.parse(text)
    return [case for case in (replace(base, seed=seed) for seed in range(count)) if law.concerns(case)]


@pytest.fixture(scope="session")
def here() -> type[Here]:
    """What makes a target in this process of an implementation."""
    return Here


@pytest.fixture(scope="session")
def correct() -> Here:
    return Here(reference())


@pytest.fixture
def caught(correct: Here) -> Callable[..., Failure]:
    """How a law fails on the reference with a fault, on the case ``text`` with the first seed that shows it.

    The reference itself must pass on every seed that is tried, and at least on one that can tell.
    """

    def check(
        identifier: str, text: str, fault: Callable[[Function], Function], *, dialects: dict[str, str] | None = None
    ) -> Failure:
        law = find_law(identifier)
        target = faulty(Case.parse(text).operation.name, fault, dialects)
        declared = Here(correct.implementation, dialects)
        told = 0
        for case in seeds_of(law, text):
            fine = rule(law, CaseProbe(case, declared))
            assert fine.verdict in (Verdict.PASSED, Verdict.VACUOUS), (case, fine)
            told += fine.verdict is Verdict.PASSED
            ruling = rule(law, CaseProbe(case, target))
            assert ruling.verdict is not Verdict.ERROR, ruling
            if ruling.verdict in BAD:
                assert ruling.failure is not None
                assert told
                return ruling.failure
        raise AssertionError(f"{identifier} passed a faulty {text} on every seed; the reference passed on {told}")

    return check


@pytest.fixture
def ruling() -> Callable[..., Ruling]:
    """What a law says of a target with a fault on exactly this case."""

    def check(identifier: str, text: str, fault: Callable[[Function], Function], **dialects: str) -> Ruling:
        case = Case.parse(text)
        declared = {name.replace("__", "."): value for name, value in dialects.items()}
        return rule(find_law(identifier), CaseProbe(case, faulty(case.operation.name, fault, declared)))

    return check
