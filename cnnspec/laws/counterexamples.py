"""What is false: sentences that sound like laws, each with the smallest numbers that refute it.

Each false sentence claims that two results are equal.  Both are given as calls of the definitions and as numbers
worked out by hand; the test suite holds that the calls give the numbers, and that the numbers differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnspec.geometry import Window, adaptive_window, ceil_div, same_pads
from cnnspec.spec.activation import relu, relu_input_grad
from cnnspec.spec.adaptive_pooling import global_max_pool
from cnnspec.spec.connectivity import conv_matrix
from cnnspec.spec.convolution import conv
from cnnspec.spec.pooling import avg_pool, max_pool, max_pool_with_indices
from cnnspec.spec.quantised import conv_integer, qlinear_conv
from cnnspec.spec.signal import convolve, cross_correlate
from cnnspec.spec.stacks import receptive_field
from cnnspec.spec.translation import subsample
from cnnspec.spec.transpose import conv_transpose
from cnnspec.spec.unpooling import max_unpool

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


def circular(x: Any, k: Any) -> Any:
    """The circular convolution of two sequences of one length: the full one, wrapped around."""
    full = convolve(x, k)
    return [sum(full[t :: len(x)]) for t in range(len(x))]


def _pairs(x: Any) -> Any:
    """The larger of each pair."""
    return max_pool(x, kernel_size=2)


ONES = line(1, 1, 1)
STEP = line(0, 0, 8, 8)
SQUARE = np.array([[1, 2], [3, 4]], dtype=object)
CORNER = np.array([[1, 0], [0, 0]], dtype=object)
EIGHT = line(*range(1, 9))
HALF: dict[str, Any] = {"dtype": "int8", "x_scale": 0.5, "w_scale": 1.0, "y_scale": 1.0}
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
        "INV-3",
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
        "pooling_halves_a_shift",
        "INV-4",
        "Max pooling lets through at most half of what a shift by one step changes.",
        ("largest change of the result", lambda: max(abs(_pairs(moved(STEP)) - _pairs(STEP)).flat)),
        ("half the largest change of x", lambda: max(abs(moved(STEP) - STEP).flat) // 2),
        (8, 4),
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
        "relu_slope_at_zero_is_one",
        "RELU-2",
        "The gradient of relu at 0 is 1.",
        ("its gradient at 0", lambda: relu_input_grad([5], [0])),
        ("the cotangent", lambda: [5]),
        ([0], [5]),
    ),
    CounterExample(
        "short_transforms_convolve",
        "CONV-11",
        "The product of two transforms of the signal's length is the transform of the convolution.",
        ("what the product stands for: it wraps", lambda: circular([1, 2], [4, 5])),
        ("the first two elements of the convolution", lambda: convolve([1, 2], [4, 5])[:2]),
        ([14, 13], [4, 13]),
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
        "ceil_only_adds_windows",
        "SHAPE-9",
        "Under ceil_mode there are never fewer windows.",
        ("with ceil_mode", lambda: Window(1, stride=2, lo=0, hi=3).count(1, ceil_mode=True)),
        ("without", lambda: Window(1, stride=2, lo=0, hi=3).count(1)),
        (1, 2),
    ),
    CounterExample(
        "division_counts_windows",
        "SHAPE-7",
        "The extent is (N - k') / s + 1, truncated as C truncates, also where the kernel is too large.",
        ("counted", lambda: Window(3, stride=2).count(2)),
        ("truncated toward zero", lambda: int((2 - 3) / 2) + 1),
        (0, 1),
    ),
    CounterExample(
        "same_needs_no_clamp",
        "SHAPE-2",
        "The pads called same sum to (m-1)s + k' - n, whatever the stride.",
        ("the pads for a kernel of 1 and stride 3", lambda: sum(same_pads(3, 1, 3))),
        ("the formula without the clamp at 0", lambda: (ceil_div(3, 3) - 1) * 3 + 1 - 3),
        (0, -2),
    ),
    CounterExample(
        "output_tells_input",
        "SHAPE-5",
        "The extent of the output tells the extent of the input.",
        ("a kernel of 2 with stride 2 on 4", lambda: [Window(2, stride=2).count(4), 4]),
        ("the same on 5", lambda: [Window(2, stride=2).count(5), 5]),
        ([2, 4], [2, 5]),
    ),
    CounterExample(
        "adaptive_windows_are_equal",
        "SHAPE-8",
        "Adaptive windows all have the same size.",
        ("the sizes of 3 windows over 5", lambda: [len(adaptive_window(i, 5, 3)) for i in range(3)]),
        ("the size of the first, three times", lambda: [len(adaptive_window(0, 5, 3))] * 3),
        ([2, 3, 2], [2, 2, 2]),
    ),
    CounterExample(
        "unpooling_inverts",
        "POOL-13",
        "Unpooling undoes max pooling.",
        ("pooled and unpooled", lambda: max_unpool(*max_pool_with_indices(line(1, 5), kernel_size=2), output_size=2)),
        ("x", lambda: line(1, 5)),
        ([[[0, 5]]], [[[1, 5]]]),
    ),
    CounterExample(
        "padding_does_not_dilute",
        "POOL-12",
        "The mean of equal numbers is that number, also where padding counts.",
        ("means of padded twos", lambda: avg_pool(line(2, 2), kernel_size=2, stride=1, padding=1)),
        ("twos", lambda: line(2, 2, 2)),
        ([[[1, 2, 1]]], [[[2, 2, 2]]]),
    ),
    CounterExample(
        "stacks_move_by_one_stride",
        "EQUI-6",
        "A stack of two layers of stride 2 moves by one where its input moves by 2.",
        ("every fourth of x moved by two", lambda: subsample(subsample(moved(EIGHT, 2), 2), 2)),
        ("the moved every fourth of x", lambda: moved(subsample(subsample(EIGHT, 2), 2))),
        ([[[7, 3]]], [[[5, 1]]]),
    ),
    CounterExample(
        "transposed_inverts",
        "GRAD-9",
        "A transposed convolution undoes the convolution.",
        ("there and back", lambda: conv_transpose(conv(line(1, 2, 3), line(1, 1)), line(1, 1))),
        ("x", lambda: line(1, 2, 3)),
        ([[[3, 8, 5]]], [[[1, 2, 3]]]),
    ),
    CounterExample(
        "padding_makes_entries",
        "STRUCT-2",
        "The matrix of a layer has k entries in each row, padding or not.",
        ("entries per row, pads of 1", lambda: conv_matrix(ONES, input_size=(3,), padding=1).sum(axis=1)),
        ("k, k, k", lambda: [3, 3, 3]),
        ([2, 3, 2], [3, 3, 3]),
    ),
    CounterExample(
        "kernels_add_up",
        "STRUCT-5",
        "The receptive field of a stack is the sum of its kernel sizes.",
        ("what two kernels of 3 see", lambda: len(receptive_field([Window(3), Window(3)]))),
        ("3 + 3", lambda: 3 + 3),
        (5, 6),
    ),
    CounterExample(
        "any_start_will_do",
        "LEARN-1",
        "Started from the same kernel, convolution and correlation learn the same.",
        ("the first output of correlation", lambda: cross_correlate([1, 2], [1, 10], mode="valid")),
        ("the first output of convolution", lambda: convolve([1, 2], [1, 10], mode="valid")),
        ([21], [12]),
    ),
    CounterExample(
        "any_penalty_will_do",
        "LEARN-2",
        "The two stay flips of one another also where a penalty decays the second weight alone.",
        ("the convolution's kernel, flipped back", lambda: (line(10, 1) * line(1, 0))[..., ::-1]),
        ("the correlation's kernel", lambda: line(1, 10) * line(1, 0)),
        ([[[0, 10]]], [[[1, 0]]]),
    ),
    CounterExample(
        "padding_is_integer_zero",
        "QUANT-1",
        "Padding an integer layer puts the integer 0 around its input.",
        ("padded", lambda: conv_integer(line(130), line(1), x_zero_point=128, padding=1)),
        ("with zeros around it", lambda: conv_integer(line(0, 130, 0), line(1), x_zero_point=128)),
        ([[[0, 2, 0]]], [[[-128, 2, -128]]]),
    ),
    CounterExample(
        "halves_round_up",
        "QUANT-2",
        "A half is rounded up, as in school.",
        ("1 times 1 at half the scale", lambda: qlinear_conv(line(1), line(1), **HALF)),
        ("rounded up", lambda: line(1)),
        ([[[0]]], [[[1]]]),
    ),
)
"""Every false sentence, in the order of the laws that they are mistaken for."""
