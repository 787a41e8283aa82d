from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnnspec.cases.case import Case
from cnnspec.harness.judge import rule
from cnnspec.harness.probe import CaseProbe
from cnnspec.laws.registry import find_law

SPACE = (2, 3)
CONV = "conv2d:x=2x3x6x8,w=4x3x3x2,b,stride=1x2,padding=1.0_0.1,dilation=2x1,f64,ints:3"
GROUPED = "conv2d:x=2x4x6x8,w=6x2x3x2,b,stride=1x2,padding=1.0_0.1,groups=2,f64,ints:3"


def clipped(f):
    return lambda *a, **o: np.minimum(f(*a, **o), 5)


def stride_one_for_one_by_one(f):
    def conv(x, w, *b, stride, **o):
        y = f(x, w, *b, stride=stride, **o)
        if w.shape[2:] == (1, 1):
            full = f(x, w, *b, stride=(1, 1), **o)
            return full[:, :, : y.shape[2], : y.shape[3]]
        return y

    return conv


def swapped_strides(f):
    def conv(x, w, *b, stride, **o):
        y = f(x, w, *b, stride=stride, **o)
        other = np.zeros_like(y)
        wrong = f(x, w, *b, stride=stride[::-1], **o)
        common = tuple(slice(min(m, n)) for m, n in zip(y.shape, wrong.shape, strict=True))
        other[common] = wrong[common]
        return other

    return conv


@pytest.mark.parametrize(
    ("law", "text", "fault"),
    [
        ("STRUCT-1", CONV, clipped),
        ("STRUCT-1", GROUPED.replace("f64", "i32"), clipped),
        ("STRUCT-3", CONV, clipped),
        ("STRUCT-3", CONV, swapped_strides),
        ("STRUCT-4", CONV, stride_one_for_one_by_one),
        ("STRUCT-4", GROUPED, lambda f: lambda x, w, *b, **o: f(x, w[::-1], *b, **o)),
        ("STRUCT-6", CONV, clipped),
    ],
)
def test_faults(caught, law: str, text: str, fault) -> None:
    assert caught(law, text, fault).message


@pytest.mark.parametrize(("law", "start"), [("STRUCT-3", "two layers with x of "), ("STRUCT-6", "with f0 = [")])
def test_a_law_that_draws_numbers_of_its_own_says_them(caught, law: str, start: str) -> None:
    assert caught(law, CONV, clipped).call.startswith(start)


def test_integers_that_wrap_are_a_matrix_too(ruling) -> None:
    for seed in range(0, 12, 2):
        verdict = ruling("STRUCT-1", GROUPED.replace("f64,ints:3", f"i8,ints:100,seed={seed}"), lambda f: f).verdict
        assert verdict == "passed"


@pytest.mark.parametrize(("numerics", "verdict"), [({"bias": "rounded"}, "vacuous"), ({}, "failed")])
def test_a_bias_that_is_added_to_a_rounded_sum_is_claimed_so(here, correct, numerics, verdict: str) -> None:
    """17 · 124 = 2108 is no number of float16 that 1 can be added to."""
    case = Case.parse("conv2d:x=1x1x4x14,w=1x1x1x1,b,f16,ints:128,seed=3699923391")
    whole = correct.implementation
    plain = whole.functions["conv2d"]

    def twice_rounded(x, w, b=None, **o):
        y = plain(x, w, **o)
        return y if b is None else y + b[:, None, None]

    claim = replace(whole.claims.operations["conv2d"], numerics=numerics)
    claims = replace(whole.claims, operations={**whole.claims.operations, "conv2d": claim})
    target = here(replace(whole, functions={**whole.functions, "conv2d": twice_rounded}, claims=claims))
    assert rule(find_law("STRUCT-4"), CaseProbe(case, target)).verdict == verdict


@pytest.mark.parametrize(("text", "asked"), [("x=1x20x3,w=3x20x2", True), ("x=1x1030x3,w=3x1030x2", False)])
def test_no_more_single_ones_are_made_than_a_call_can_take(text: str, asked: bool) -> None:
    cases = [Case.parse(f"conv1d:{text},f32,ints:3,seed={seed}") for seed in range(9)]
    assert any(map(find_law("STRUCT-1").concerns, cases)) is asked
