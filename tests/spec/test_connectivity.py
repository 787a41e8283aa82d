"""A layer as a matrix, what an output reads and what a layer costs, against examples worked out by hand."""

from __future__ import annotations

import numpy as np

from cnnspec.spec.connectivity import conv_matrix, layer_counts, reads
from cnnspec.spec.convolution import conv


def test_a_doubly_block_toeplitz_matrix() -> None:
    matrix = conv_matrix([[[[1, 2], [3, 4]]]], input_size=(3, 3))
    assert matrix.tolist() == [
        [1, 2, 0, 3, 4, 0, 0, 0, 0],
        [0, 1, 2, 0, 3, 4, 0, 0, 0],
        [0, 0, 0, 1, 2, 0, 3, 4, 0],
        [0, 0, 0, 0, 1, 2, 0, 3, 4],
    ]


def test_the_matrix_is_the_layer() -> None:
    rng = np.random.default_rng(1)
    x, w = rng.integers(-9, 10, (2, 4, 5, 6)), rng.integers(-9, 10, (6, 2, 3, 2))
    options = {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}
    y = conv(x, w, **options)
    matrix = conv_matrix(w, input_size=(5, 6), **options)
    assert (x.reshape(2, -1).astype(object) @ matrix.T == y.reshape(2, -1)).all()


def test_rows_of_one_channel_are_moved_copies() -> None:
    """With stride 1 an entry depends on the tap alone: away from the border the next row is this one, one further."""
    matrix = conv_matrix(np.arange(1, 19).reshape(1, 3, 2, 3), input_size=(4, 5))
    rows = matrix.reshape(3, 3, 3, 4, 5)
    assert (rows[:, :-1, :, :, :-1] == rows[:, 1:, :, :, 1:]).all()
    assert (rows[:-1, :, :, :-1] == rows[1:, :, :, 1:]).all()


def test_what_an_output_reads() -> None:
    """Output channel 2 of 4 opens the second group; window (1, 0) of stride 2 over pads of 1 starts at (1, -1)."""
    seen = reads((2, 1, 0), (1, 2, 4, 3), (4, 1, 2, 2), stride=2, padding=1, groups=2)
    assert seen.astype(int).tolist() == [[[0, 0, 0]] * 4, [[0, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0]]]


def test_the_layer_with_two_kernels() -> None:
    """7 x 7 x 3, two kernels of 3 x 3 x 3, stride 2: 2 (27 + 1) parameters, 18 outputs of 27 multiply-adds."""
    counts = layer_counts((1, 3, 7, 7), (2, 3, 3, 3), stride=2)
    assert counts == {
        "parameters": 56,
        "multiply_adds": 486,
        "nonzeros": 486,
        "dense_parameters": 18 * 147 + 18,
        "dense_multiply_adds": 18 * 147,
    }


def test_the_same_layer_with_its_padding_told_apart() -> None:
    """5 x 5 padded by 1: the three windows of an axis hold 2, 3 and 2 real taps."""
    counts = layer_counts((1, 3, 5, 5), (2, 3, 3, 3), stride=2, padding=1)
    assert (counts["parameters"], counts["multiply_adds"], counts["nonzeros"]) == (56, 486, 2 * 3 * 7 * 7)
    assert counts["dense_multiply_adds"] == 18 * 75


def test_groups_and_bias() -> None:
    counts = layer_counts((1, 4, 6), (8, 1, 3), groups=4, bias=False)
    assert (counts["parameters"], counts["nonzeros"]) == (24, 8 * 3 * 4)
