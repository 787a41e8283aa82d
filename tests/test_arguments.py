"""What people write for a stride, a pad or a kernel size, and what is made of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnspec.arguments import (
    check_bias,
    check_groups,
    check_pad_mode,
    int_pairs,
    integer,
    pad_pairs,
    per_axis,
    spatial,
    windows,
)
from cnnspec.errors import DTypeError, ParameterError, ShapeError
from cnnspec.geometry import PAD_MODES, Window


def test_one_int_or_one_per_axis() -> None:
    assert per_axis(2, 3, "stride") == (2, 2, 2)
    assert per_axis([2, np.int64(3)], 2, "stride") == (2, 3)
    assert per_axis((), 0, "stride") == ()
    assert all(type(s) is int for s in per_axis(np.int8(2), 2, "stride"))
    assert per_axis((-1, 0), 2, "shift", minimum=None) == (-1, 0)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ((1, 2), ParameterError, r"stride must be one int or one per spatial axis \(3\), got \(1, 2\) \(SHAPE-1\)"),
        ((2, 0, 1), ParameterError, r"stride must be >= 1 on every axis, got \(2, 0, 1\) \(SHAPE-1\)"),
        (True, DTypeError, r"stride must be an integer on every axis, got True of type bool \(SHAPE-1\)"),
        (2.0, DTypeError, r"got 2.0 of type float \(SHAPE-1\)"),
        ("222", DTypeError, r"got '222' of type str \(SHAPE-1\)"),
        (None, DTypeError, r"got None of type NoneType \(SHAPE-1\)"),
    ],
)
def test_what_is_no_stride(value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        per_axis(value, 3, "stride")


def test_integers_of_any_kind() -> None:
    assert integer(np.uint8(3), "groups") == 3
    assert integer(2**70, "groups") == 2**70
    with pytest.raises(DTypeError, match=r"groups must be an integer on every axis, got False of type bool"):
        integer(False, "groups")


@pytest.mark.parametrize(
    ("padding", "pairs"),
    [
        (2, ((2, 2), (2, 2))),
        ((1, 3), ((1, 1), (3, 3))),
        (((1, 2), (0, -3)), ((1, 2), (0, -3))),
        ([[1, 2], 4], ((1, 2), (4, 4))),
        ("valid", ((0, 0), (0, 0))),
        ("same_upper", ((1, 1), (0, 1))),
        ("same", ((1, 1), (0, 1))),
        ("same_lower", ((1, 1), (1, 0))),
        ("causal", ((2, 0), (2, 0))),
    ],
)
def test_pads(padding: Any, pairs: Any) -> None:
    assert pad_pairs(padding, (7, 5), (3, 2), (2, 3), (1, 2)) == pairs
    if not isinstance(padding, str):
        assert int_pairs(padding, 2) == pairs


@pytest.mark.parametrize(
    ("padding", "error", "message"),
    [
        ("SAME", ParameterError, r"padding must be one of valid, same_upper, .*, or ints; got 'SAME' \(SHAPE-2\)"),
        ((1, 2, 3), ParameterError, r"per spatial axis \(2\), got \(1, 2, 3\) \(SHAPE-2\); .* write \(\(lo, hi\),\)"),
        (((1, 2), (3,)), ParameterError, r"padding must hold \(lo, hi\) pairs, got \(\(1, 2\), \(3,\)\) \(SHAPE-2\)"),
        (((1, 2), (3, 0.5)), DTypeError, r"padding must be an integer on every axis, got 0.5 of type float"),
        (None, DTypeError, r"got None of type NoneType"),
    ],
)
def test_what_is_no_padding(padding: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        pad_pairs(padding, (7, 5), (3, 2), (2, 3), (1, 2))


def test_windows() -> None:
    assert windows((7, 5), (3, 2), stride=(2, 3), padding=((1, 0), (0, 2)), dilation=(1, 2)) == (
        Window(3, 2, 1, 1, 0),
        Window(2, 3, 2, 0, 2),
    )


def test_spatial_groups_bias_and_mode() -> None:
    assert spatial((2, 3, 7, 5)) == (7, 5)
    assert check_groups(np.int32(3), in_channels=6) == 3
    check_bias(None, 4)
    check_bias((4,), 4)
    assert [check_pad_mode(mode) for mode in PAD_MODES] == list(PAD_MODES)
    for call, error, message in [
        (
            lambda: spatial((2, 3), "w"),
            ShapeError,
            r"w must have the shape \(N, C, \*spatial\) .*, got \(2, 3\) \(SHAPE-4\)",
        ),
        (lambda: check_groups(0), ParameterError, r"groups must be >= 1, got 0 \(CORR-6\)"),
        (lambda: check_groups(4, c=6), ShapeError, r"groups must divide c, got groups 4 and c 6 \(CORR-6\)"),
        (lambda: check_bias((4, 1), 4), ShapeError, r"b must have the shape \(O,\) = \(4,\), got \(4, 1\) \(CORR-7\)"),
        (
            lambda: check_pad_mode("edge"),
            ParameterError,
            r"padding mode must be one of .*; got 'edge' \(PAD-1\)",
        ),
    ]:
        with pytest.raises(error, match=message):
            call()
