"""What is false: sentences that sound like laws, each with the smallest numbers that refute it.

Each false sentence claims that two results are equal.  Both are given as calls of the definitions and as numbers
worked out by hand; the test suite holds that the calls give the numbers, and that the numbers differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnspec.spec.activation import relu
from cnnspec.spec.adaptive_pooling import global_max_pool
from cnnspec.spec.convolution import conv
from cnnspec.spec.pooling import avg_pool, max_pool
from cnnspec.spec.signal import convolve, cross_correlate

Calls = tuple[str, Callable[[], Any]]


@dataclass(frozen=True)
class CounterExample:
    """A false sentence and what refutes it.

    Attributes
    ----------
    name
        In words.
    law
        The id of the true law that it is mistaken for.
    claim
        The false sentence.
    left, right
        The two sides that it claims to be equal: in words, and as calls.
    numbers
        What the two sides are, worked out by hand.
    """

    name: str
    law: str
    claim: str
    left: Calls
    right: Calls
    numbers: tuple[Any, Any]


def line(*values: int) -> np.ndarray[Any, np.dtype[Any]]:
    """One sample, one channel, one spatial axis."""
    return np.array([[values]], dtype=object)


def moved(x: Any, by: int = 1) -> Any:
    """The last axis moved circularly."""
    return np.roll(x, by, axis=-1)


ONES = line(1, 1, 1)
SQUARE = np.array([[1, 2], [3, 4]], dtype=object)
CORNER = np.array([[1, 0], [0, 0]], dtype=object)
PLANE = np.ones((1, 1, 3, 3), dtype=int).astype(object)

COUNTEREXAMPLES: tuple[CounterExample, ...] = (
    CounterExample(
        "zero_padding_moves_everywhere",
        "EQUI-1",
        "With zero padding a convolution moves with its input, up to the border.",
        ("convolve the moved ones", lambda: conv(moved(ONES), ONES, padding=1)),
        ("move the convolved ones", lambda: moved(conv(ONES, ONES, padding=1))),
        ([[[2, 3, 2]]], [[[2, 2, 3]]]),
    ),
    CounterExample(
        "zero_padding_keeps_constants",
        "EQUI-3",
        "With zero padding a constant input gives a constant output.",
        ("3x3 ones convolved with 3x3 ones", lambda: conv(PLANE, PLANE, padding=1)),
        ("its centre everywhere", lambda: 9 * PLANE),
        ([[[[4, 6, 4], [6, 9, 6], [4, 6, 4]]]], [[[[9, 9, 9], [9, 9, 9], [9, 9, 9]]]]),
    ),
    CounterExample(
        "stride_two_moves_by_one",
        "EQUI-2",
        "A convolution with stride 2 moves when its input moves by one.",
        ("every second of the moved x", lambda: conv(moved(line(1, 2, 3, 4)), line(1), stride=2)),
        ("the moved every second of x", lambda: moved(conv(line(1, 2, 3, 4), line(1), stride=2))),
        ([[[4, 2]]], [[[3, 1]]]),
    ),
    CounterExample(
        "stride_need_not_divide",
        "EQUI-2",
        "With stride s a shift by s moves the output by one, also where s does not divide the extent.",
        ("every second of x moved by two", lambda: conv(moved(line(1, 2, 3), 2), line(1), stride=2)),
        ("the moved every second of x", lambda: moved(conv(line(1, 2, 3), line(1), stride=2))),
        ([[[2, 1]]], [[[3, 1]]]),
    ),
    CounterExample(
        "subsampling_is_stable",
        "EQUI-2",
        "A shift of the input by one step changes a strided output only a little.",
        ("every second of the moved 1, -1, …", lambda: conv(moved(line(1, -1, 1, -1)), line(1), stride=2)),
        ("every second of 1, -1, …", lambda: conv(line(1, -1, 1, -1), line(1), stride=2)),
        ([[[-1, -1]]], [[[1, 1]]]),
    ),
    CounterExample(
        "mirror_keeps_the_pads",
        "EQUI-5",
        "The mirrored input with the mirrored kernel gives the mirrored result, with the same pads.",
        ("mirrored", lambda: conv(line(2, 1), line(10, 1), padding=((1, 0),))[..., ::-1]),
        ("as it is", lambda: conv(line(1, 2), line(1, 10), padding=((1, 0),))),
        ([[[21, 2]]], [[[10, 21]]]),
    ),
    CounterExample(
        "dense_head_is_invariant",
        "INV-1",
        "A dense layer at the end does not notice that its input moved.",
        ("the moved x", lambda: conv(moved(line(1, 2)), line(1, 10))),
        ("x", lambda: conv(line(1, 2), line(1, 10))),
        ([[[12]]], [[[21]]]),
    ),
    CounterExample(
        "global_after_stride_is_invariant",
        "INV-1",
        "A global pooling after a strided layer does not notice any shift.",
        ("the moved x", lambda: global_max_pool(conv(moved(line(1, 0, 0, 0)), line(1), stride=2))),
        ("x", lambda: global_max_pool(conv(line(1, 0, 0, 0), line(1), stride=2))),
        ([[[0]]], [[[1]]]),
    ),
    CounterExample(
        "max_pooling_is_invariant",
        "INV-2",
        "Max pooling makes the output invariant to a shift by one.",
        ("the moved x", lambda: max_pool(moved(line(0, 1, 0, 0)), kernel_size=2)),
        ("x", lambda: max_pool(line(0, 1, 0, 0), kernel_size=2)),
        ([[[0, 1]]], [[[1, 0]]]),
    ),
    CounterExample(
        "turning_is_transposing",
        "CONV-2",
        "Turning the kernel by 180 degrees is transposing it.",
        ("convolve", lambda: convolve(CORNER, SQUARE, mode="valid")),
        ("correlate with the transposed kernel", lambda: cross_correlate(CORNER, SQUARE.T, mode="valid")),
        ([[4]], [[1]]),
    ),
    CounterExample(
        "turning_is_one_flip",
        "CONV-2",
        "Turning the kernel by 180 degrees is reversing its rows.",
        ("convolve", lambda: convolve(CORNER, SQUARE, mode="valid")),
        ("correlate with the rows reversed", lambda: cross_correlate(CORNER, SQUARE[::-1], mode="valid")),
        ([[4]], [[3]]),
    ),
    CounterExample(
        "layers_convolve",
        "CORR-1",
        "A convolution layer computes a convolution.",
        ("the layer", lambda: conv(line(1, 2, 3), line(1, 10))),
        ("the convolution", lambda: convolve(line(1, 2, 3), line(1, 10), mode="valid")),
        ([[[21, 32]]], [[[12, 23]]]),
    ),
    CounterExample(
        "relu_commutes_with_means",
        "RELU-6",
        "Relu and average pooling may change places.",
        ("relu of the mean", lambda: relu(avg_pool(line(-2, 4), kernel_size=2))),
        ("mean of the relu", lambda: avg_pool(relu(line(-2, 4)), kernel_size=2)),
        ([[[1]]], [[[2]]]),
    ),
    CounterExample(
        "relu_commutes_with_convolution",
        "RELU-6",
        "Relu and convolution may change places.",
        ("relu of the convolution", lambda: relu(conv(line(1), line(-1)))),
        ("convolution of the relu", lambda: conv(relu(line(1)), line(-1))),
        ([[[0]]], [[[-1]]]),
    ),
    CounterExample(
        "maxima_add_up",
        "POOL-9",
        "Max pooling is linear: the maxima of two inputs add up to the maximum of their sum.",
        ("maximum of the sum", lambda: max_pool(line(1, 0) + line(0, 1), kernel_size=2)),
        ("sum of the maxima", lambda: max_pool(line(1, 0), kernel_size=2) + max_pool(line(0, 1), kernel_size=2)),
        ([[[1]]], [[[2]]]),
    ),
    CounterExample(
        "padding_does_not_dilute",
        "POOL-12",
        "The mean of equal numbers is that number, also where padding counts.",
        ("means of padded twos", lambda: avg_pool(line(2, 2), kernel_size=2, stride=1, padding=1)),
        ("twos", lambda: line(2, 2, 2)),
        ([[[1, 2, 1]]], [[[2, 2, 2]]]),
    ),
)
"""Every false sentence, in the order of the laws that they are mistaken for."""
