"""Output shapes, against counting and against what the shapes are for."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from cnnspec import arguments, shapes
from cnnspec.errors import ParameterError, ShapeError
from cnnspec.geometry import Window, count_windows_literally
from cnnspec.shapes import (
    adaptive_shape,
    conv_shape,
    conv_transpose_output_padding,
    conv_transpose_pads,
    conv_transpose_shape,
    pad_shape,
    pool_shape,
    same_extents,
    signal_shape,
)

AXES = list(product(range(1, 7), range(1, 4), range(1, 5), range(1, 3)))  # n, k, s, d


def test_conv_counts_windows() -> None:
    for (n, k, s, d), lo, hi in product(AXES, range(-1, 3), range(-1, 3)):
        count = count_windows_literally(n, Window(k, s, d, lo, hi))
        options: Any = {"stride": (s, 1), "dilation": (d, 1), "padding": ((lo, hi), (0, 2))}
        if count:
            assert conv_shape((2, 3, n, 5), (4, 3, k, 2), **options) == (2, 4, count, 6)
        else:
            with pytest.raises(ShapeError, match=r"no window fits on spatial axis 0: .*\(SHAPE-3\)"):
                conv_shape((2, 3, n, 5), (4, 3, k, 2), **options)


def test_same_gives_one_window_per_stride() -> None:
    for n, k, s, d in AXES:
        for word in ("same_upper", "same_lower", "same"):
            assert conv_shape((1, 1, n), (1, 1, k), stride=s, dilation=d, padding=word)[2:] == same_extents((n,), s)


def test_pooling_and_adaptive_pooling_keep_batch_and_channels() -> None:
    assert pool_shape((2, 3, 7, 5), kernel_size=(3, 2), stride=(2, 3), padding=((1, 0), (0, 1))) == (2, 3, 3, 2)
    assert pool_shape((2, 3, 7, 5), kernel_size=(3, 2), ceil_mode=True) == (2, 3, 3, 3)
    assert adaptive_shape((2, 3, 7, 5), output_size=(8, 2)) == (2, 3, 8, 2)
    with pytest.raises(ShapeError, match=r"adaptive pooling needs an extent >= 1 on every .*, got \(7, 0\)"):
        adaptive_shape((2, 3, 7, 0), output_size=2)


def test_a_transposed_extent_is_an_input_of_its_forward_twin() -> None:
    for (n, k, s, d), lo, hi in product(AXES, range(-1, 3), range(-1, 3)):
        for extra in range(s):
            try:
                *_, m = conv_transpose_shape(
                    (1, 1, n), (1, 1, k), stride=s, dilation=d, padding=((lo, hi),), output_padding=extra
                )
            except ShapeError:
                continue
            assert count_windows_literally(m, Window(k, s, d, lo, hi)) == n


def test_the_words_of_a_transposed_convolution_mean_what_they_mean_in_tensorflow() -> None:
    for n, k, s, d in AXES:
        options: Any = {"stride": s, "dilation": d}
        span = (k - 1) * d + 1
        assert conv_transpose_shape((1, 1, n), (1, 1, k), padding="valid", **options)[2] == n * s + max(span - s, 0)
        for word in ("same_upper", "same_lower", "same"):
            assert conv_transpose_shape((1, 1, n), (1, 1, k), padding=word, **options)[2] == n * s
            assert conv_shape((1, 1, n * s), (1, 1, k), padding=word, **options)[2] == n


def test_output_padding_and_pads_for_a_wanted_size() -> None:
    for (n, k, s, d), m in product(AXES, range(1, 20)):
        x, w, options = (1, 1, n), (1, 1, k), {"stride": s, "dilation": d}
        least = conv_transpose_shape(x, w, padding=0, **options)[2]
        if least <= m < least + max(s, d):
            extra = conv_transpose_output_padding(x, w, output_size=m, padding=0, **options)
            assert conv_transpose_shape(x, w, output_padding=extra, **options)[2] == m
        else:
            with pytest.raises(ShapeError, match=rf"between \({least},\) and .*, got \({m},\) \(TRANS-2\); pad"):
                conv_transpose_output_padding(x, w, output_size=m, padding=0, **options)
        for upper in (True, False):
            ((lo, hi),) = conv_transpose_pads(x, w, output_size=m, upper=upper, **options)
            assert conv_transpose_shape(x, w, padding=((lo, hi),), **options)[2] == m
            if m >= least:
                assert (lo, hi) == (0, least - m)
            else:
                assert (hi - lo if upper else lo - hi) == (least - m) % 2


def test_pads_grow_and_crop() -> None:
    assert pad_shape((2, 3, 7, 5), padding=((1, -2), (0, 3))) == (2, 3, 6, 8)
    assert pad_shape((2, 3, 0, 5), padding=((1, 1), (0, 0))) == (2, 3, 2, 5)
    with pytest.raises(ParameterError, match=r"pad takes ints or \(lo, hi\) pairs, got 'valid' \(PAD-1\)"):
        pad_shape((2, 3, 7), padding="valid")


def test_signal_shapes() -> None:
    for n, k in product(range(1, 6), range(1, 6)):
        x = list(range(n))
        overlaps = [len([u for u in x if 0 <= t - u < k]) for t in range(-1, n + k + 1)]
        assert signal_shape((n,), (k,)) == (sum(count > 0 for count in overlaps),)
        assert signal_shape((n,), (k,), mode="valid") == (overlaps.count(min(n, k)),)
        assert signal_shape((n,), (k,), mode="same") == (n,)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: conv_shape((2, 3, 7, 5), (4, 3, 3)),
            ShapeError,
            r"w must have as many axes as x, \(O, C/groups, \*kernel\); got x \(2, 3, 7, 5\) and w .*\(SHAPE-4\)",
        ),
        (
            lambda: conv_shape((2, 6, 7, 5), (4, 2, 3, 2), groups=2),
            ShapeError,
            r"x must have groups \* w.shape\[1\] = 2 \* 2 = 4 channels, got 6 \(CORR-6\)",
        ),
        (
            lambda: conv_shape((2, 6, 7, 5), (5, 3, 3, 2), groups=2),
            ShapeError,
            r"groups must divide out_channels, got groups 2 and out_channels 5 \(CORR-6\)",
        ),
        (
            lambda: conv_shape((2, 3, 7, 5), (4, 3, 3, 2), (3,)),
            ShapeError,
            r"b must have the shape \(O,\) = \(4,\), got \(3,\) \(CORR-7\); nothing else broadcasts",
        ),
        (
            lambda: conv_shape((2, 3, 7, 2), (4, 3, 3, 2), dilation=(1, 3), padding=((0, 0), (1, 0))),
            ShapeError,
            r"axis 1: .* reaches over 4 elements and the padded input has 3 \(2 \+ 1 \+ 0\) \(SHAPE-3\); pad more",
        ),
        (
            lambda: pool_shape((2, 7), kernel_size=2),
            ShapeError,
            r"x must have the shape \(N, C, \*spatial\) with a spatial axis, got \(2, 7\) \(SHAPE-4\)",
        ),
        (
            lambda: conv_transpose_shape((2, 3, 7), (4, 3, 3)),
            ShapeError,
            r"w must have the shape \(C, O/groups, \*kernel\) with C = 3, got \(4, 3, 3\) \(TRANS-1\)",
        ),
        (
            lambda: conv_transpose_shape((2, 3, 7), (3, 4, 3, 2)),
            ShapeError,
            r"w must have as many axes as x.*\(SHAPE-4\)",
        ),
        (
            lambda: conv_transpose_shape((2, 3, 7, 5), (3, 4, 3, 2), stride=(2, 3), output_padding=(1, 3)),
            ParameterError,
            r"output_padding must be < max\(stride, dilation\) = 3 on spatial axis 1, got 3 \(TRANS-2\)",
        ),
        (
            lambda: conv_transpose_shape((2, 3, 2), (3, 4, 2), padding=2),
            ShapeError,
            r"the pads crop everything: output extents \(-1,\) \(SHAPE-3\); pad less",
        ),
        (
            lambda: conv_transpose_shape((2, 3, 7), (3, 4, 2), padding="causal"),
            ParameterError,
            r"padding 'causal' is not defined for a transposed convolution.*\(TRANS-1\); write the pads as",
        ),
        (
            lambda: pad_shape((2, 3, 7, 5), padding=((-4, -4), (0, 0))),
            ShapeError,
            r"negative pads crop more than there is: \(7, 5\) padded by .* gives \(-1, 5\) \(PAD-1\)",
        ),
        (
            lambda: pad_shape((2, 3, 0), padding=1, mode="circular"),
            ShapeError,
            r"padding mode 'circular' needs an extent >= 1 on every axis, got \(0,\) \(PAD-1\)",
        ),
        (
            lambda: signal_shape((3, 4), (5,)),
            ShapeError,
            r"x and k must have the same number of axes, got shapes \(3, 4\) and \(5,\) \(CONV-1\)",
        ),
        (lambda: signal_shape((3,), (0,)), ShapeError, r"extents >= 1, got shapes \(3,\) and \(0,\) \(CONV-1\)"),
        (
            lambda: signal_shape((3, 4), (2, 5), mode="valid"),
            ShapeError,
            r"mode 'valid' needs one argument as large on every axis, got \(3, 4\) and \(2, 5\) \(CONV-1\)",
        ),
        (
            lambda: signal_shape((3,), (2,), mode="wrap"),
            ParameterError,
            r"mode must be 'full', 'same' or 'valid', got 'wrap' \(CONV-1\)",
        ),
    ],
)
def test_refusals_give_the_rule_the_values_and_the_law(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_the_arguments_are_still_found_here() -> None:
    for name in ("per_axis", "windows", "pad_pairs", "int_pairs", "spatial", "check_groups", "check_bias"):
        assert getattr(shapes, name) is getattr(arguments, name)
    assert set(shapes.__all__) <= set(vars(shapes))
