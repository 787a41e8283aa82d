from __future__ import annotations

import numpy as np
import pytest

from cnnspec.cases.case import Case
from cnnspec.harness.probe import CaseProbe
from cnnspec.laws import gradients
from cnnspec.spec.windows import sliding_places

INPUT = "conv2d_input_grad:x=2x4x8x12,w=6x2x3x2,stride=2x3,padding=1.0_0.1,groups=2,f64,ints:3"
WEIGHT = INPUT.replace("input_grad", "weight_grad")
MAX = "max_pool2d_input_grad:x=2x3x8x7,kernel_size=3x2,stride=2x1,padding=1.0_0.1,f64,ints:2"
AVERAGE = "avg_pool2d_input_grad:x=2x3x8x7,kernel_size=3x2,stride=2x1,padding=1.0_0.1,ceil_mode=1,f32,ints:3"


def flipped(f):
    return lambda g, w, **o: f(g, np.flip(w, (2, 3)), **o)


def reversed_result(f):
    return lambda *a, **o: np.flip(f(*a, **o), (2, 3))


def to_last_tie(f):
    """Everything backwards: the first maximum from the other end."""

    def gradient(g, x, *, padding, **o):
        swapped = tuple((hi, lo) for lo, hi in padding)
        return np.flip(f(np.flip(g, (2, 3)), np.flip(x, (2, 3)), padding=swapped, **o), (2, 3))

    return gradient


def every_second(f):
    """Overlapping windows that overwrite one another."""

    def gradient(g, x, **o):
        g = np.array(g)
        g[..., ::2] = 0
        return f(g, x, **o)

    return gradient


def remainder(f):
    def gradient(*a, **o):
        y = f(*a, **o)
        y[..., -1] += 1
        return y

    return gradient


@pytest.mark.parametrize(
    ("law", "text", "fault"),
    [
        ("GRAD-1", INPUT, flipped),
        ("GRAD-2", WEIGHT, reversed_result),
        ("GRAD-3", INPUT, flipped),
        ("GRAD-3", WEIGHT, reversed_result),
        ("GRAD-3", MAX, every_second),
        ("GRAD-4", MAX, to_last_tie),
        ("GRAD-4", MAX, every_second),
        ("GRAD-5", AVERAGE, every_second),
        (
            "GRAD-5",
            AVERAGE.replace("ints:3", "real"),
            lambda f: lambda *a, **o: f(*a, **{**o, "count_include_pad": False}),
        ),
        ("GRAD-6", MAX, every_second),
        ("GRAD-6", MAX.replace("f64,ints:2", "f32,real"), every_second),
        ("GRAD-6", MAX.replace("f64,ints:2", "i32,ints:2"), every_second),
        ("GRAD-7", MAX.replace("f64,ints:2", "f32,real"), every_second),
        ("GRAD-8", INPUT, remainder),
        ("GRAD-8", MAX.replace("stride=2x1,padding=1.0_0.1", "stride=2x3"), remainder),
        ("GRAD-8", AVERAGE.replace("stride=2x1,padding=1.0_0.1,ceil_mode=1", "stride=2x3"), remainder),
    ],
)
def test_faults(caught, law: str, text: str, fault) -> None:
    assert caught(law, text, fault).message


def test_the_cotangent_of_a_nan(caught, correct) -> None:
    def passes_over_nan(f):
        return lambda g, x, **o: f(g, np.where(np.isnan(x), -np.inf, x), **o)

    def twice(f):
        return lambda g, x, **o: f(g, x, **o) * np.where(np.isnan(x), 2, 1)

    poked = MAX + ",set.x=10.nan_12.nan_20.inf"
    assert "does not go to the element that its window took" in caught("GRAD-14", poked, passes_over_nan).message
    assert "does not add up to the cotangents" in caught("GRAD-14", poked, twice).message


def test_what_is_unread_is_named(caught) -> None:
    failure = caught("GRAD-8", INPUT, remainder)
    assert failure.message == "no window reads x[0, 0, 0, 11], and its gradient is 1.0"


def test_another_share_among_ties_as_declared(ruling) -> None:
    for seed in range(6):
        text = f"{MAX},seed={seed}"
        assert ruling("GRAD-4", text, to_last_tie).verdict == "failed"
        for choice in ("split", "last"):
            assert ruling("GRAD-4", text, to_last_tie, pool__max__grad_tie=choice).verdict == "vacuous"
        assert ruling("GRAD-6", text, to_last_tie).verdict == "passed"
    apart = MAX.replace("ints:2", "iota")
    assert ruling("GRAD-4", apart, to_last_tie, pool__max__grad_tie="split").verdict == "passed"


@pytest.mark.parametrize("bound", [1, 2, 40])
@pytest.mark.parametrize(
    "options", ["stride=2x1,padding=1.0_0.1", "stride=3x3,ceil_mode=1", "stride=2x2,dilation=2x1,padding=1.1_1.0"]
)
def test_ties_are_what_counting_says(correct, bound: int, options: str) -> None:
    for seed in range(20):
        case = Case.parse(f"max_pool2d_input_grad:x=1x1x8x7,kernel_size=3x2,{options},f64,ints:{bound},seed={seed}")
        probe = CaseProbe(case, correct)
        x = probe.arrays["x"][0, 0]
        held = [[x[t] for t in place.real] for place in sliding_places(case.shapes["x"], **case.options)]
        assert gradients._ties(probe) == any(values.count(max(values)) > 1 for values in held)


def test_the_sums_of_a_maximum_follow_its_places(correct) -> None:
    probe = CaseProbe(
        Case.parse("max_pool1d_input_grad:x=1x1x3,kernel_size=2,stride=1,f64,data.grad_output=-1_2,data.x=-9_1_-9"),
        correct,
    )
    assert gradients.pool_sums(probe).tolist() == [[[0, 3, 0]]]
    assert gradients.uses(probe.case) == 2
