"""Known failures: what a rule covers is left out and counted, and a rule that no longer holds is always seen."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cnnspec.cases.case import Case
from cnnspec.errors import UsageError
from cnnspec.harness.checks import checks_of
from cnnspec.harness.expect_file import add, prune, suggest
from cnnspec.harness.expectations import load, loads
from cnnspec.harness.runner import draw
from cnnspec.harness.session import Session, run
from cnnspec.harness.verdicts import RunResult, Verdict
from cnnspec.laws.registry import find_law
from cnnspec.mutants import load as mutant
from cnnspec.reference.convolution import conv2d as right

WITNESS = "conv2d:x=1x2x3x4,w=2x1x2x2,stride=2x1,groups=2,f64,data.x=1_2_3,data.w=1_3"
RULE = f"""
[[expect]]
operation = "conv2d"
when = "groups > 1"
reason = "groups are ignored"
issue = "https://example.org/issues/7"
witnesses = ["{WITNESS}"]
"""


def conv2d(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
    """Wrong where there are groups."""
    y = right(x, w, b, **options)
    return y * (1 if options["groups"] == 1 else x.dtype.type(2))


def checked(target: Any = conv2d, text: str = RULE, **options: Any) -> RunResult:
    functions = target if isinstance(target, dict) else {"conv2d": target}
    chosen: dict[str, Any] = {"cases": 60, "isolate": "none", "seed": 2, **options}
    return run(functions, expect=loads(text), **chosen)


def test_the_failure_is_there_without_the_rule() -> None:
    assert checked(text="").exit_code == 1


def test_what_a_rule_covers_is_left_out_and_everything_else_checked() -> None:
    result = checked()
    assert (result.exit_code, result.findings) == (0, [])
    (rule,) = result.expectations["rules"]
    with Session({"conv2d": conv2d}, cases=60, isolate="none", seed=2) as session:
        drawn = list(draw(session.plan.items[0], 2, session.plan.profile.strict))
    grouped = sum(case.options["groups"] > 1 for case in drawn)
    assert (rule["state"], rule["masked"], rule["drawn"]) == ("holds", grouped, len(drawn))
    assert rule["share"] == round(grouped / len(drawn), 4)
    assert result.cases == len(drawn) - grouped
    assert any(f"{grouped} of {len(drawn)} drawn cases" in note for note in result.notes)


def test_the_law_that_a_witness_breaks_is_expected_to() -> None:
    tally = checked().tallies["conv2d", "CORR-1"]
    assert (tally.verdict, tally.reason) == (Verdict.EXPECTED, "groups are ignored")
    assert tally.checked > 10


def test_another_fault_is_found_and_its_case_stays_outside_the_rule() -> None:
    def worse(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
        return conv2d(x, w, b, **options) + (max(options["stride"]) > 1)

    result = checked(worse)
    assert result.exit_code == 1
    for finding in result.findings:
        assert finding.case.options["groups"] == 1
        assert max(finding.case.options["stride"]) > 1


def test_a_rule_whose_witnesses_pass_is_stale_whatever_is_drawn() -> None:
    for seed in (1, 2):
        result = checked(right, seed=seed, cases=12)
        assert [finding.verdict for finding in result.findings] == [Verdict.UNEXPECTED_PASS]
        assert str(result.findings[0].case) == WITNESS
        assert "groups are ignored" in result.findings[0].failure.message
        assert result.exit_code == 5
        assert result.expectations["rules"][0]["state"] == "stale"


def test_one_failing_witness_of_several_is_enough() -> None:
    passes = "conv2d:x=1x2x3x4,w=2x1x2x2,groups=2,f64,data.x=0,data.w=0"
    text = RULE.replace(f'["{WITNESS}"]', f'["{passes}", "{WITNESS}"]')
    assert checked(text=text).exit_code == 0
    assert checked(text=RULE.replace(WITNESS, passes)).exit_code == 5


def test_a_stale_rule_and_a_fault_are_a_fault() -> None:
    symmetric = "conv2d:x=1x2x1x1,w=2x1x1x1,groups=2,f64,data.x=1_2,data.w=1_3"
    rule = RULE.replace("groups > 1", "groups > 1 and batch == 1").replace(WITNESS, symmetric)
    result = checked(mutant("kernel_flipped")["conv2d"], rule)
    assert result.exit_code == 1
    assert {finding.verdict for finding in result.findings} == {Verdict.FAILED, Verdict.UNEXPECTED_PASS}


def test_a_rule_of_one_law_holds_that_back_alone() -> None:
    def leaky(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
        print("debug")
        return conv2d(x, w, b, **options)

    quiet = RULE + f'\n[[expect]]\nlaw = "PURE-6"\nreason = "it prints"\nwitnesses = ["{WITNESS}"]\n'
    assert {finding.law for finding in checked(leaky).findings} == {"PURE-6"}
    result = checked(leaky, quiet)
    assert result.findings == []
    assert result.tallies["conv2d", "PURE-6"].verdict is Verdict.EXPECTED
    assert result.cases == checked().cases
    assert result.expectations["rules"][1]["share"] == 1


def test_an_expired_rule_is_not_in_force() -> None:
    dated = RULE.replace("issue =", "expires = 2026-03-31\nissue =")
    assert len(loads(dated, today=date(2026, 3, 31)).rules) == 1
    gone = loads(dated, today=date(2026, 4, 1))
    assert (len(gone.rules), len(gone.expired)) == (0, 1)
    result = run({"conv2d": conv2d}, cases=60, isolate="none", expect=gone)
    assert result.exit_code == 1
    assert "expired on 2026-03-31" in result.notes[-1]


def test_what_is_not_part_of_the_run_is_not_asked() -> None:
    target = {"conv2d": right, "relu": mutant("relu_leaks")["relu"]}
    result = checked(target, operations=("relu",))
    assert result.expectations["rules"][0]["state"] == "not asked"
    assert {finding.op for finding in result.findings} == {"relu"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('reason = "groups are ignored"', "", "rule 1 needs a reason"),
        ('reason = "groups are ignored"', 'reason = " "', "rule 1 needs a reason"),
        (f'witnesses = ["{WITNESS}"]', "", "rule 1 needs witnesses"),
        (f'"{WITNESS}"', "", "rule 1 needs witnesses"),
        (WITNESS, "conv2d:x", "rule 1: "),
        (WITNESS, "conv2d:x=1x1x3x4,w=2x1x2x2,f64", "does not cover its own witness"),
        (WITNESS, "relu:x=1x1x3,f64", "does not cover its own witness"),
        ('operation = "conv2d"', 'operation = "con2d"', "matches nothing: no operation is called con2d"),
        ('operation = "conv2d"', 'law = "COR-*"', "matches nothing: no law is called COR-*"),
        ('operation = "conv2d"', "operation = 3", "operation is a pattern or a list of patterns"),
        ("groups > 1", "ceil_mode", "matches nothing: conv2d have no ceil_mode"),
        ("groups > 1", "group > 1", "do you mean groups?"),
        ("groups > 1", "stride > 1", "cannot be asked"),
        ('"groups > 1"', "1", "when is a condition in quotes"),
        ("issue", "isue", "rule 1 has no field 'isue'"),
        ("issue", 'expires = "2026-01-01"\nissue', "expires is a date"),
        ("[[expect]]", "[expect]", "holds [[expect]] tables"),
        ("[[expect]]", "[[expected]]", "holds [[expect]] tables"),
        ("[[expect]]", "[[expect", "is no TOML"),
    ],
)
def test_a_wrong_file_is_refused(old: str, new: str, words: str) -> None:
    assert old in RULE
    with pytest.raises(UsageError) as refused:
        loads(RULE.replace(old, new, 1))
    assert words in str(refused.value)
    assert str(refused.value).startswith("cnnspec.expect.toml")


def test_a_rule_for_what_the_target_lacks_matches_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="matches nothing: the target has none of conv2d"):
        checked({"relu": mutant("relu_leaks")["relu"]})

    def narrow(x: Any, w: Any, b: Any = None, *, stride: Any = 1) -> Any:
        return right(x, w, b, stride=stride)

    with pytest.raises(UsageError, match="matches nothing of this target: conv2d: groups is not claimed"):
        checked(narrow)
    with pytest.raises(UsageError, match=r"absent\.toml cannot be read"):
        load(tmp_path / "absent.toml")


def test_checks_know_what_is_expected() -> None:
    with Session({"conv2d": conv2d}, cases=24, isolate="none", expect=loads(RULE)) as session:
        verdicts = {check.id: check() for check in checks_of(session)}
    assert verdicts["conv2d-CORR-1"] is Verdict.EXPECTED


FAILING = "conv2d:x=1x2x1x2,w=2x1x1x1,groups=2,f64,data.x=1_2,data.w=1"


def test_add_writes_a_rule_that_holds(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text('# ours\n[[expect]]\nlaw = "PURE-2"\nreason = "x"\nwitnesses = ["relu:x=1x1x1,f64"]')
    before = path.read_text()
    block = add(path, [FAILING], reason='groups "are" ignored', issue="#7", expires=date(2030, 1, 2))
    assert path.read_text() == f"{before}\n\n{block}"
    rule = load(path, today=date(2029, 1, 1)).rules[1]
    assert (rule.operations, rule.laws, rule.when.text) == (("conv2d",), ("*",), "groups > 1")
    assert (rule.reason, rule.issue, rule.expires) == ('groups "are" ignored', "#7", date(2030, 1, 2))
    assert checked(text=block).exit_code == 0


@pytest.mark.parametrize(
    ("cases", "options", "words"),
    [
        ([], {}, "needs a witness"),
        ([FAILING], {"when": "groups > 9"}, "does not cover its own witness"),
        ([FAILING], {"reason": ""}, "needs a reason"),
        ([FAILING], {"law": "NONE-*"}, "no law is called NONE"),
    ],
)
def test_add_refuses_and_leaves_the_file(tmp_path: Path, cases: list[str], options: dict[str, Any], words: str) -> None:
    path = tmp_path / "known.toml"
    with pytest.raises(UsageError, match=words):
        add(path, cases, **{"reason": "because", **options})
    assert not path.exists()


def test_add_takes_several_witnesses(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    add(
        path,
        [FAILING, FAILING.replace("conv2d", "conv2d") + ",seed=2"],
        reason="because",
        operation="conv",
        law="CORR-*",
    )
    (rule,) = load(path).rules
    assert (len(rule.witnesses), rule.operations, rule.laws) == (2, ("conv",), ("CORR-*",))


def test_prune_takes_out_what_is_stale_and_leaves_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    held = '# it prints, and will\n[[expect]]\nlaw = "PURE-6"\nreason = "it prints"\nwitnesses = ["relu:x=1x1x1,f64"]\n'
    stale = "\n# out of date\n" + RULE.strip() + "\n\n"
    path.write_text("# known failures\n\n" + stale + held)

    def relu(x: Any) -> Any:
        print("hello")
        return x * (x > 0)

    words = prune(path, {"conv2d": right, "relu": relu}, isolate="none")
    assert words == ["took out rule 1 (groups are ignored): its witnesses pass"]
    assert path.read_text() == "# known failures\n\n\n" + held
    assert prune(path, {"conv2d": right, "relu": relu}, isolate="none") == []
    assert path.read_text() == "# known failures\n\n\n" + held


def test_suggestions_cover_their_cases() -> None:
    with Session("reference", cases=30, isolate="none") as session:
        for item in session.plan.items:
            for case in draw(item, 3, True):
                text = suggest([case])
                if text:
                    block = (
                        f"[[expect]]\noperation = '{case.op}'\nwhen = \"{text}\"\nreason = 'x'\nwitnesses = ['{case}']"
                    )
                    assert loads(block).rules[0].covers(case)


def test_rules_mask_laws_by_case() -> None:
    rules = loads(RULE)
    law = find_law("CORR-1")
    assert rules.masks(Case.parse(WITNESS), law)
    assert not rules.masks(Case.parse("conv2d:x=1x1x3x4,w=2x1x2x2,f64"), law)
    assert not loads(RULE.replace("issue =", 'law = "PURE-*"\nissue =')).masks(Case.parse(WITNESS), law)
