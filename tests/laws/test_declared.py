"""NUM-1: what is declared of the arithmetic, and is not so, is a finding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnnspec.adapters import load
from cnnspec.adapters.builtin import reference
from cnnspec.harness import card
from cnnspec.harness.judge import rule
from cnnspec.harness.plan import make_plan
from cnnspec.harness.probe import CaseProbe
from cnnspec.harness.runner import draw
from cnnspec.harness.session import run
from cnnspec.harness.verdicts import Verdict
from cnnspec.implementation import Claims
from cnnspec.laws import declared, measure
from cnnspec.laws.declared import standing_case, standing_cases
from cnnspec.laws.law import Failure
from cnnspec.laws.registry import find_law
from cnnspec.numerics.simulated import conv


@pytest.fixture(autouse=True)
def one_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated arithmetic is slow: the smallest layer is enough here."""
    for module in (card, declared):
        monkeypatch.setattr(module, "benches", lambda *a, **o: measure.benches(*a, **o)[:1])


def target(function, **numerics: str):
    """A target that computes as ``function`` does, and declares ``numerics``."""

    def conv2d(x, w, b=None, *, stride, padding, dilation, groups):
        return function(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)

    loaded = load(conv2d)
    claim = replace(loaded.claims.operations["conv2d"], dtypes=("float32", "bfloat16"), numerics=numerics)
    return replace(loaded, claims=Claims({"conv2d": claim}))


def simulated(real: dict[str, str], **numerics: str):
    return target(lambda *a, **o: conv(*a, **o, numerics=real), **numerics)


def said(implementation, here, dtype: str = "float32") -> Failure | None:
    ruling = rule(find_law("NUM-1"), CaseProbe(standing_case("conv2d", dtype), here(implementation)))
    assert ruling.verdict in (Verdict.PASSED, Verdict.FAILED), ruling
    return ruling.failure


@pytest.mark.parametrize(
    ("real", "promised", "words"),
    [
        ({"accumulator": "float16"}, {"accumulator": "float32"}, "sums keep 11 bits where 24 (float32) are declared"),
        ({}, {"accumulator": "float64"}, "sums keep 24 bits where 53 (float64) are declared"),
        ({"rounding": "truncate"}, {}, "sums are cut where rounding to nearest is declared"),
        ({"operands": "bfloat16"}, {"operands": "tf32"}, "operands keep 8 bits (bfloat16) where 11 are declared"),
        ({"ftz": "yes"}, {"ftz": "no"}, "subnormal numbers are taken as zero, which is declared not to happen"),
    ],
)
def test_a_promise_that_is_not_kept_is_named(real, promised, words, here) -> None:
    failure = said(simulated(real, **promised), here)
    assert failure is not None
    assert words in failure.message
    assert said(simulated(real, **real), here) is None  # who says so may do so


def test_a_format_with_more_bits_than_the_dtype_promises_no_more_than_that(here) -> None:
    assert said(simulated({}, operands="tf32"), here, "bfloat16") is None


def test_what_is_not_promised_may_happen(here) -> None:
    assert said(simulated({"ftz": "yes"}), here) is None
    assert said(simulated({"accumulator": "float64"}), here) is None


def by_samples(x, w, b=None, **options):
    """In float32, the taps from the last to the first for a sample alone."""
    if len(x) > 1:
        return conv(x, w, b, **options)
    reversed_x = np.flip(x, 1)
    return conv(np.ascontiguousarray(reversed_x), np.ascontiguousarray(np.flip(w, 1)), b, **options)


def test_batch_invariance_is_asked_only_where_it_is_declared(here) -> None:
    assert said(target(by_samples), here) is None
    failure = said(target(by_samples, batch="invariant"), here)
    assert failure is not None
    assert "a sample gives other bits alone than in a batch" in failure.message
    assert said(target(conv, batch="invariant"), here) is None


def test_a_call_that_does_not_repeat(here) -> None:
    calls = []

    def drifts(x, w, b=None, **options):
        calls.append(0)
        y = conv(x, w, b, **options)
        return np.nextafter(y, y.dtype.type(np.inf)) if len(calls) % 3 == 0 and x.shape[0] == 7 else y

    failure = said(target(drifts), here)
    assert failure is not None
    assert "the same call gives other bits" in failure.message


def test_a_run_turns_a_broken_promise_into_a_finding_that_replays() -> None:
    lying = simulated({"rounding": "truncate"}, accumulator="float32")
    result = run(lying, isolate="none", cases=12, operations=("conv2d",), laws=("NUM-1",))
    (finding,) = result.findings
    assert (finding.law, finding.verdict, result.exit_code) == ("NUM-1", Verdict.FAILED, 1)
    assert str(finding.case).startswith("conv2d:x=1x3x7x7,w=4x3x2x2,")
    honest = run(simulated({}), isolate="none", cases=12, operations=("conv2d",), laws=("NUM-1",))
    assert (honest.findings, honest.tallies["conv2d", "NUM-1"].verdict) == ([], Verdict.PASSED)


def test_the_standing_cases_are_among_the_others_and_make_them_no_more() -> None:
    claims = reference().claims
    plan = make_plan(claims, operations=("conv",), cases=12, profile="strict")
    for item in plan.items:
        drawn = list(draw(item, 5, True))
        standing = standing_cases(item.op, item.claim)
        assert [case for case in drawn if case in standing] == standing
        assert [case.dtype for case in standing] == ["float64", "float32", "float16", "bfloat16"]
        assert len(drawn) <= 12
        assert len(drawn) > len(standing)
        assert sum(map(find_law("NUM-1").concerns, drawn)) == len(standing)
    assert standing_cases("max_pool2d", claims.operations["max_pool2d"]) == []
