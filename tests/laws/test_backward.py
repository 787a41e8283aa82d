from __future__ import annotations

import numpy as np
import pytest

from cnnspec.cases.case import Case
from cnnspec.harness.probe import CaseProbe
from cnnspec.laws import backward

BIAS = "conv_bias_grad:x=2x3x7x5,f64,ints:8"
INPUT = (
    "conv_transpose2d_input_grad:x=2x4x3x5,w=4x3x3x2,stride=2x3,padding=1.0_0.1,output_padding=1x0,groups=2,f64,ints:3"
)
WEIGHT = INPUT.replace("input_grad", "weight_grad")
PAD = "pad_input_grad:x=2x3x4x5,padding=1.2_3.0,mode=reflect,f64,ints:8"
RELU = "relu_input_grad:x=2x3x7x5,f64,ints:3"


def last_left_out(f):
    return lambda g, **o: f(g[..., :-1], **o)


def flipped(f):
    return lambda g, w, **o: f(g, np.flip(w, (2, 3)), **o)


def reversed_result(f):
    return lambda *a, **o: np.flip(f(*a, **o), (2, 3))


def sides_swapped(f):
    return lambda g, *, padding, **o: f(g, padding=tuple((hi, lo) for lo, hi in padding), **o)


def in_half(f):
    return lambda g, **o: f(g.astype(np.float16), **o).astype(g.dtype)


def at_zero(f):
    return lambda g, x: np.where(x >= 0, g, 0)


@pytest.mark.parametrize(
    ("law", "text", "fault"),
    [
        ("GRAD-3", INPUT, flipped),
        ("GRAD-3", WEIGHT, reversed_result),
        ("GRAD-3", PAD, sides_swapped),
        ("GRAD-10", BIAS, last_left_out),
        ("GRAD-11", INPUT, flipped),
        ("GRAD-11", WEIGHT, reversed_result),
        ("GRAD-12", PAD, sides_swapped),
        ("GRAD-13", BIAS.replace("f64,ints:8", "f32,real"), in_half),
        ("GRAD-13", PAD.replace("f64,ints:8", "f32,real"), in_half),
        ("RELU-7", RELU, at_zero),
    ],
)
def test_faults(caught, law: str, text: str, fault) -> None:
    assert caught(law, text, fault).message


def test_how_many_copies_an_element_has(correct) -> None:
    case = Case.parse("pad_input_grad:x=1x1x4,padding=2.3,mode=replicate,f64")
    assert backward._added(CaseProbe(case, correct)) == 4  # the last element and its three copies
    assert backward._added(CaseProbe(Case.parse(str(case).replace("replicate", "constant")), correct)) == 1
    assert backward._added(CaseProbe(Case.parse(BIAS), correct)) == 2 * 7 * 5


def test_an_infinite_cotangent_times_zero(caught) -> None:
    def fault(f):
        def relu_grad(g, x):
            with np.errstate(all="ignore"):
                return g * (x > 0).astype(g.dtype)

        return relu_grad

    failure = caught("RELU-8", "relu_input_grad:x=2x3x7,f32,ints:3", fault)
    assert "multiplied where it should be stopped" in failure.message
