"""Conditions on cases: what they say, what they may not, and that nothing else can happen."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from cnnspec.cases.case import Case
from cnnspec.cases.strategies import cases
from cnnspec.errors import UsageError
from cnnspec.harness.predicate import NAMES, WORDS, facts, read

CONV = Case.parse("conv2d:x=2x4x7x5,w=6x2x3x2,b,stride=2x1,padding=1.0_0.2,dilation=1x2,groups=2,f32,ints:8,seed=7")
RELU = Case.parse("relu:x=1x1x3,f64,iota,set.x=0.nan,layout.x=rev")
POOL = Case.parse("max_pool1d:x=1x2x5,kernel_size=3,ceil_mode=1,f64")


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("groups > 1", True),
        ("groups == 1 or max(stride) == 2", True),
        ("not (groups > 1 and bias)", False),
        ("stride == (2, 1)", True),
        ("stride != [2, 1]", False),
        ("stride[0] > stride[1]", True),
        ("stride[-1] == 1", True),
        ("x[2:] == extents and x[:2] == (batch, channels)", True),
        ("(batch, channels, outputs, rank) == (2, 4, 6, 2)", True),
        ("lo == (1, 0) and hi == (0, 2)", True),
        ("any(l != h for l, h in padding)", True),
        ("all(k < s for k, s in zip(kernel_size, stride))", False),
        ("1 < max(stride) <= 2", True),
        ("op == 'conv2d' and operation == 'conv'", True),
        ("dtype in ('float16', 'float32')", True),
        ("'64' not in dtype", True),
        ("feature['stride'] == 'mixed'", True),
        ("feature['no such thing'] == 'x'", False),
        ("fill == 'ints' and not view and not special", True),
        ("len(set(dilation)) == 2 and sum(dilation) == 3", True),
        ("extents[0] % 2 == 1 and channels // groups == 2 and -rank + 1 == -1", True),
        ("w[2] * w[3] - 6 == 0", True),
        ("len(sorted(stride)) == 2", True),
        ("any(s > 1 for s in stride if s != 2)", False),
        ("1", True),
        ("ceil_mode", False),
        ("ceil_mode or groups > 1", False),
        ("groups > 1 or ceil_mode", True),
    ],
)
def test_a_condition_says_what_it_says(text: str, holds: bool) -> None:
    assert read(text)(CONV) is holds


def test_what_an_operation_lacks_does_not_hold() -> None:
    for text in ("groups == 1", "max(stride) == 1", "not bias or batch == 9 or outputs > 0", "not ceil_mode"):
        assert read(text)(RELU) is (text.startswith("not bias"))
    assert read("special and view")(RELU)
    assert read("ceil_mode and max(stride) == 3")(POOL)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("__import__('os').system('true')", "calls"),
        ("open('x')", "calls 'open'; it may call min, max"),
        ("stride.__class__", "has 'stride.__class__', which conditions do not have"),
        ("(lambda: 1)()", "calls"),
        ("[s for s in stride]", "which conditions do not have"),
        ("{1: 2}", "which conditions do not have"),
        ("2 ** 99", "which conditions do not have"),
        ("1 if bias else 0", "which conditions do not have"),
        ("f'{op}'", "which conditions do not have"),
        ("(y := 1)", "which conditions do not have"),
        ("max(stride, key=len)", "calls"),
        ("max(*stride)", "which conditions do not have"),
        ("~rank", "which conditions do not have"),
        ("bias is None", "which conditions do not have"),
        ("b''", "it may hold numbers and words"),
        ("None", "it may hold numbers and words"),
        ("strid > 1", "uses 'strid', which no case has; do you mean stride?"),
        ("any(t > 1 for t.x in stride)", "`for` takes names"),
        ("any(1 for a in x for b in x for c in x for d in x)", "at most 3 `for`"),
        ("groups >", "cannot be read"),
        ("import os", "cannot be read"),
        ("", "cannot be read"),
        ("a" * 501, "at most 500 characters"),
        ("(" * 400, "cannot be read"),
        ("\x00", "cannot be read"),
    ],
)
def test_anything_else_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(text)
    assert words in str(refused.value)


@pytest.mark.parametrize("text", ["stride > 1", "max(groups) > 1", "stride[7] == 1", "rank % 0 == 1", "op * 3 == ''",
                                  "stride + stride == 1", "any(a for a, b in stride)", "len(rank) == 1"])  # fmt: skip
def test_a_question_that_makes_no_sense_says_so(text: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be asked of conv2d:.*write max"):
        read(text)(CONV)


def test_every_name_is_a_fact_of_some_case() -> None:
    told = set().union(*(facts(case) for case in (CONV, RELU, POOL)))
    others = ("pad:x=1x1x3,padding=1.1,f64", "convolve:x=3,k=2,f64", "adaptive_max_pool1d:x=1x1x3,output_size=2,f64",
              "lp_pool1d:x=1x1x3,kernel_size=2,f64", "conv_transpose1d:x=1x1x3,w=1x1x2,f64",
              "avg_pool1d:x=1x1x3,kernel_size=2,f64")  # fmt: skip
    told |= set().union(*(facts(Case.parse(text)) for text in others))
    assert told == set(NAMES)
    assert set(WORDS) <= told


@given(st.text(alphabet="stride[]().,:'\"<>=!+-*/%^&|~@0129 \n{}_xkwforinlambdaexec", max_size=40))
def test_no_text_does_anything_but_say_or_be_refused(text: str) -> None:
    with suppress(UsageError):
        assert read(text)(CONV) in (True, False)


@given(cases("conv2d"))
def test_conditions_agree_with_python(case: Case) -> None:
    o = case.options
    assert read("groups > 1 and max(stride) > min(dilation)")(case) == (
        o["groups"] > 1 and max(o["stride"]) > min(o["dilation"])
    )
    assert read("any(l != h for l, h in padding)")(case) == any(lo != hi for lo, hi in o["padding"])
