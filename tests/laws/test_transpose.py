from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from cnnspec.laws.law import Vacuous
from cnnspec.laws.transpose import dot, turned

BARE = "conv_transpose2d:x=2x4x4x3,w=4x3x3x2,stride=2x3,padding=1.0_0.1,output_padding=1x2,groups=2,f64,ints:3"
BIASED = BARE.replace("stride", "b,stride")


def flipped(f):
    return lambda x, w, *b, **o: f(x, np.flip(w, (2, 3)), *b, **o)


def zeros_for_output_padding(f):
    def layer(*a, output_padding, **o):
        y = f(*a, output_padding=output_padding, **o)
        for axis, extra in enumerate(output_padding, start=2):
            np.moveaxis(y, axis, 0)[y.shape[axis] - extra :] = 0
        return y

    return layer


def at_the_low_end(f):
    def layer(*a, output_padding, padding, **o):
        moved = tuple((lo - e, hi) for (lo, hi), e in zip(padding, output_padding, strict=True))
        return f(*a, output_padding=(0,) * len(output_padding), padding=moved, **o)

    return layer


@pytest.mark.parametrize(
    ("law", "text", "fault"),
    [
        ("TRANS-1", BIASED, flipped),
        ("TRANS-2", BIASED, at_the_low_end),
        ("TRANS-3", BARE, flipped),
        ("TRANS-3", BIASED, flipped),
        ("TRANS-4", BARE, flipped),
        ("TRANS-4", BARE, zeros_for_output_padding),
        ("TRANS-5", BARE, flipped),
        ("TRANS-5", BIASED, zeros_for_output_padding),
    ],
)
def test_faults(caught, law: str, text: str, fault) -> None:
    assert caught(law, text, fault).message


def test_scalar_products_that_differ_are_told(caught) -> None:
    message = caught("TRANS-3", BARE, flipped).message
    assert "<conv(g, w), x> is" in message
    assert "not adjoint" in message


def test_what_the_convolution_cannot_give_back(ruling) -> None:
    text = "conv_transpose1d:x=1x1x3,w=1x1x3,stride=2,output_padding=2,dilation=3,f64,ints:3,seed=2"
    for law in ("TRANS-3", "TRANS-4"):
        assert ruling(law, text, lambda f: f).verdict == "vacuous"


def test_turned_weights() -> None:
    w = np.arange(12).reshape(4, 1, 3)
    assert turned(w, 2).tolist() == [[[2, 1, 0], [5, 4, 3]], [[8, 7, 6], [11, 10, 9]]]


def test_a_scalar_product_is_exact() -> None:
    assert dot(np.array([0.1]), np.array([1.0])) == Fraction(0.1)
    huge = np.array([2.0**53, 1.0, -(2.0**53)])
    assert dot(huge, np.array([2.0**53, 1.0, 2.0**53])) == 1
    assert dot(np.array([3], np.int8), np.array([100], np.int8)) == 300
    with pytest.raises(Vacuous):
        dot(np.array([np.nan]), np.array([1.0]))


def test_a_crop_of_more_than_the_stretched_input_says_nothing(ruling) -> None:
    """Two steps are cut from one; the element that is left comes of the output padding."""
    text = "conv_transpose2d:x=1x1x1x1,w=1x1x1x1,stride=3x1,padding=2.0_0.0,output_padding=2x0,f32,data.x=1,data.w=1"
    assert ruling("TRANS-5", text, lambda f: f).verdict == "vacuous"
