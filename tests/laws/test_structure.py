from __future__ import annotations

import numpy as np
import pytest

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


def test_integers_that_wrap_are_a_matrix_too(ruling) -> None:
    for seed in range(0, 12, 2):
        verdict = ruling("STRUCT-1", GROUPED.replace("f64,ints:3", f"i8,ints:100,seed={seed}"), lambda f: f).verdict
        assert verdict == "passed"
