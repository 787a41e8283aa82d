from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import cnnspec.laws
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import UsageError
from cnnspec.harness.judge import rule
from cnnspec.harness.plan import make_plan
from cnnspec.harness.probe import CaseProbe
from cnnspec.harness.runner import draw
from cnnspec.harness.verdicts import Verdict
from cnnspec.laws import law as contract
from cnnspec.laws.compare import differs
from cnnspec.laws.law import REGISTRY, Law, Vacuous
from cnnspec.laws.registry import CHAPTERS, every_law, find_law, select
from cnnspec.operations import BY_NAME

LAWS = every_law()
PROOFS = [law for law in LAWS if law.prove is not None]
HELPERS = {
    "changed",
    "__init__",
    "arithmetic",
    "compare",
    "conditions",
    "counterexamples",
    "draws",
    "law",
    "measure",
    "precision",
    "registry",
}


def name(law: Law) -> str:
    return law.id


@pytest.mark.parametrize("law", LAWS, ids=name)
def test_the_example_was_computed_by_hand_and_both_give_it(law: Law) -> None:
    text, expected = law.example
    case = Case.parse(text)
    assert case.operation.name in law.operations or not law.operations
    assert str(Case.parse(str(case))) == str(case)
    for function in (case.operation.definition, case.operation.reference):
        with np.errstate(all="ignore"):
            result = function(*make_arrays(case).values(), **case.call_options)
        results, hand = (result, expected) if isinstance(expected, tuple) else ((result,), (expected,))
        if isinstance(result, tuple) and not isinstance(expected, tuple):
            results = (result[0],)
        for got, numbers in zip(results, hand, strict=True):
            right = np.array(numbers, complex)
            assert got.shape == right.shape
            assert not differs(right, np.asarray(got).astype(complex)).any(), f"{function.__module__} gives {got}"


@pytest.mark.parametrize("law", LAWS, ids=name)
def test_a_law_says_everything(law: Law) -> None:
    assert re.fullmatch(r"[A-Z]+-\d+", law.id)
    assert law.title == law.title.strip(". ")
    assert law.statement.endswith(".")
    assert law.statement.count("  ") == 0
    assert len(law.statement) < 160
    assert law.formula.count("$") % 2 == 0
    assert len(law.source) > 10
    assert set(law.operations) <= set(BY_NAME)
    assert law.mutants or law.prove


def test_ids_are_unique_and_registered_once() -> None:
    assert len({law.id for law in LAWS}) == len(LAWS)
    with pytest.raises(ValueError, match="registered twice"):
        contract.law(
            "CORR-1", title="", formula="", source="", operations=(), lane="exact", example=("", 0), mutants=()
        )(lambda probe: None)
    assert REGISTRY["CORR-1"].title == "the sum over channels and taps"


def test_every_chapter_is_read() -> None:
    files = {path.stem for path in Path(cnnspec.laws.__file__).parent.glob("*.py")}
    assert files == HELPERS | set(CHAPTERS)


def test_find_and_select() -> None:
    assert find_law("corr-1").id == "CORR-1"
    assert [law.id for law in select(("CONV-1", "CORR-1"))] == ["CORR-1", "CONV-1"]
    for wrong in (lambda: find_law("CORR-99"), lambda: select(("NONE-*",))):
        with pytest.raises(UsageError, match="no law"):
            wrong()


@pytest.mark.parametrize("operation", BY_NAME)
def test_the_reference_keeps_every_law(operation: str, correct) -> None:
    count = 50 if BY_NAME[operation].ranked else 150
    plan = make_plan(correct.claims, operations=(operation,), profile="strict", cases=count)
    applied: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for item in plan.items:
        for case in draw(item, 20, True):
            probe = CaseProbe(case, correct)
            for law in item.laws:
                if not law.concerns(case):
                    continue
                ruling = rule(law, probe)
                assert ruling.verdict in (Verdict.PASSED, Verdict.VACUOUS), (str(case), law.id, ruling)
                applied[law.id] += 1
                told[law.id] += ruling.verdict is Verdict.PASSED
    assert [law for law, count in applied.items() if count > 9 and told[law] < count / 10] == []


@pytest.mark.parametrize("law", PROOFS, ids=name)
def test_a_theorem_holds(law: Law) -> None:
    @settings(max_examples=20)
    @given(st.integers(0, 2**32 - 1))
    def holds(seed: int) -> None:
        assert law.prove is not None
        failure = law.prove(seed)
        assert failure is None, failure.message

    holds()


@pytest.mark.parametrize("law", PROOFS, ids=name)
def test_a_theorem_asks_no_target(law: Law, correct) -> None:
    case = Case.parse(law.example[0])
    assert not law.concerns(case)
    with pytest.raises(Vacuous, match="about the specification"):
        law.check(CaseProbe(case, correct))
