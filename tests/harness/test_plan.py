"""What a run will check."""

from __future__ import annotations

import pytest

from cnnspec.errors import UsageError
from cnnspec.harness.plan import EFFORTS, PROFILES, make_plan, narrow
from cnnspec.implementation import Claims, OperationClaims, full_claims
from cnnspec.operations import find


def claims(*ops: str, **changes: object) -> Claims:
    return Claims({op: full_claims(find(op)[0], **changes) for op in ops})


def test_only_claimed_operations_are_planned_and_the_others_are_named() -> None:
    plan = make_plan(claims("conv2d", "relu"))
    assert [item.op for item in plan.items] == ["conv2d", "relu"]
    assert ("max_pool2d", "", "the target has no function of that name") in plan.unclaimed


def test_core_is_two_dimensional_symmetric_and_without_groups() -> None:
    plan = make_plan(claims("conv1d", "conv2d", "conv_transpose2d"), profile="core")
    assert [item.op for item in plan.items] == ["conv2d"]
    claim = plan.items[0].claim
    assert claim.padding == "symmetric"
    assert not {"groups", "dilation"} & set(claim.options)
    assert claim.dtypes == ("float64", "float32")


def test_a_law_whose_option_is_not_claimed_is_unclaimed() -> None:
    plan = make_plan(Claims({"conv2d": OperationClaims(("stride", "padding"))}))
    assert "CORR-6" not in {law.id for law in plan.items[0].laws}
    assert ("conv2d", "CORR-6", "groups is not claimed") in plan.unclaimed


def test_standard_does_not_ask_for_refusals_and_strict_does() -> None:
    def lanes(profile: str) -> set[str]:
        return {law.lane for item in make_plan(claims("conv2d"), profile=profile).items for law in item.laws}

    assert "reject" not in lanes("standard")
    assert "reject" in lanes("strict")


def test_patterns_choose_operations_and_laws() -> None:
    plan = make_plan(claims("conv1d", "conv2d", "relu"), operations=("conv",), laws=("corr-*",))
    assert [item.op for item in plan.items] == ["conv1d", "conv2d"]
    assert {law.id.split("-")[0] for item in plan.items for law in item.laws} == {"CORR"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"operations": ("conv4d",)}, "no operation matches 'conv4d'"),
        ({"laws": ("CORE-*",)}, "no law matches 'CORE-\\*'"),
        ({"profile": "loose"}, "the profile must be one of core, standard, strict, got 'loose'"),
        ({"effort": "huge"}, "the effort must be one of quick, default, deep, got 'huge'"),
    ],
)
def test_what_does_not_exist_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make_plan(claims("conv2d"), **options)  # type: ignore[arg-type]


def test_effort_sets_the_number_of_cases() -> None:
    counts = {effort: make_plan(claims("conv2d"), effort=effort).items[0].cases for effort in EFFORTS}
    assert counts["quick"] < counts["default"] < counts["deep"]
    assert make_plan(claims("conv2d"), cases=7).items[0].cases == 7


def test_a_target_of_narrow_dtypes_alone_has_nothing_in_the_standard_profile() -> None:
    reason = narrow("conv2d", OperationClaims((), dtypes=("int8",)), PROFILES["standard"])
    assert reason == "claims only dtypes outside the profile standard: int8"
