"""Receptive fields, composed and separable kernels against examples worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from cnnspec.errors import ParameterError, ShapeError
from cnnspec.geometry import Window
from cnnspec.spec.convolution import conv
from cnnspec.spec.stacks import centre, compose, jump, receptive_field, separable_kernel, stack_reads

STACK = [Window(3, lo=1, hi=1), Window(2, stride=2), Window(3, dilation=2, lo=2, hi=2)]


def test_the_receptive_field_by_hand() -> None:
    """Output 0 reads -2 0 2 of the second map, those read -4 -3, 0 1, 4 5 of the first, and those -5 to 6."""
    assert receptive_field(STACK) == range(-5, 7)
    assert jump(STACK) == 2
    assert receptive_field(STACK, 3) == range(1, 13)
    assert centre(STACK) == Fraction(1, 2)
    assert receptive_field([]) == range(1)


def test_padding_in_between_is_not_read() -> None:
    """Of those, output 0 depends on 0 1 and 4 5 of the first map alone: on inputs -1 to 2 and 3 to 6."""
    assert stack_reads(STACK, 12, 0) == [0, 1, 2, 3, 4, 5, 6]
    assert stack_reads(STACK[1:], 12, 0) == [0, 1, 4, 5]


def test_refusals() -> None:
    with pytest.raises(ShapeError, match="SHAPE-3"):
        stack_reads([Window(3), Window(3)], 4, 0)
    with pytest.raises(ParameterError, match="CORR-4"):
        stack_reads([Window(3)], 4, 2)
    with pytest.raises(ShapeError, match="second must take the channels that first gives"):
        compose(np.ones((2, 1, 3)), np.ones((1, 3, 3)))
    with pytest.raises(ShapeError, match="vectors"):
        separable_kernel([[1, 2]])


def test_two_kernels_as_one() -> None:
    assert compose([[[1, 2]]], [[[3, 0, 1]]]).tolist() == [[[3, 6, 1, 2]]]
    assert compose([[[1, 2]]], [[[3, 1]]], stride=2).tolist() == [[[3, 6, 1, 2]]]


def test_the_composition_is_the_two_layers() -> None:
    rng = np.random.default_rng(5)
    x = rng.integers(-5, 6, (2, 3, 9, 10))
    w1, w2 = rng.integers(-5, 6, (4, 3, 2, 3)), rng.integers(-5, 6, (2, 4, 3, 2))
    for s1, s2 in (((1, 1), (1, 1)), ((2, 1), (1, 3))):
        both = conv(conv(x, w1, stride=s1), w2, stride=s2)
        one = conv(x, compose(w1, w2, stride=s1), stride=tuple(a * b for a, b in zip(s1, s2, strict=True)))
        assert both.tolist() == one.tolist()


def test_a_separable_kernel_is_one_axis_after_the_other() -> None:
    rows, columns = [1, 2, 1], [1, -1]
    x = np.random.default_rng(6).integers(-5, 6, (1, 1, 5, 6))
    kernel = separable_kernel(rows, columns)
    one = conv(x, kernel[None, None])
    two = conv(conv(x, np.reshape(rows, (1, 1, 3, 1))), np.reshape(columns, (1, 1, 1, 2)))
    assert one.tolist() == two.tolist()
