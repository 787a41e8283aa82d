from __future__ import annotations

from math import prod

import numpy as np
import pytest

MAX = "max_pool2d:x=2x3x7x5,kernel_size=3x2,stride=2x3,padding=1.0_0.1,f64,negative:3"
INDICES = MAX.replace("max_pool2d", "max_pool2d_with_indices")
AVERAGE = "avg_pool2d:x=2x3x8x6,kernel_size=3x2,stride=2x3,padding=1.1_0.1,ceil_mode=1,f32,real"
NORM = "lp_pool2d:x=2x3x7x5,kernel_size=3x2,stride=2x3,p=3,f64,ints:3"
ADAPTIVE = "adaptive_avg_pool2d:x=2x3x7x5,output_size=3x2,f64,ints:3"


def with_zeros(f):
    def pool(x, *, padding, **o):
        return f(np.pad(x, [(0, 0), (0, 0), *padding]), padding=((0, 0),) * len(padding), **o)

    return pool


def over_full_window(f):
    """Pads and overhang as zeros that count."""

    def pool(x, *, padding, **o):
        shape = f(x, padding=padding, **o).shape
        grown = np.pad(x, [(0, 0), (0, 0), *((lo, hi + 9) for lo, hi in padding)])
        y = f(grown, padding=((0, 0),) * len(padding), **{**o, "ceil_mode": False})
        return y[tuple(slice(n) for n in shape)]

    return pool


@pytest.mark.parametrize("text", [MAX, INDICES])
def test_padding_that_wins(caught, text: str) -> None:
    failure = caught("POOL-1", text, with_zeros)
    assert "is 0.0 where" in failure.message


def test_a_divisor_of_the_full_window(caught) -> None:
    assert "the divisor of a window" in caught("POOL-3", AVERAGE, over_full_window).message
    assert (
        "equal numbers"
        in caught("POOL-12", f"{AVERAGE.replace(',f32', ',count_include_pad=0,f32')}", over_full_window).message
    )


def test_a_divisor_that_never_counts_padding(caught) -> None:
    fault = lambda f: lambda x, *, count_include_pad, **o: f(x, count_include_pad=False, **o)  # noqa: E731
    assert caught("POOL-3", AVERAGE, fault)


def test_a_maximum_over_channels(caught) -> None:
    fault = lambda f: lambda x, **o: f(np.broadcast_to(x.max(axis=1, keepdims=True), x.shape), **o)  # noqa: E731
    assert "gives another result alone" in caught("POOL-4", MAX, fault).message
    assert "gives another result alone" in caught("POOL-4", AVERAGE, fault).message
    assert "gives another result alone" in caught("POOL-4", NORM, fault).message


def test_the_last_maximum(caught) -> None:
    def fault(f):
        def pool(x, **o):
            size = prod(x.shape[2:])
            flip = {**o, "padding": tuple((hi, lo) for lo, hi in o["padding"])}
            values, indices = f(np.flip(x, (2, 3)), **flip)
            return np.flip(values, (2, 3)), size - 1 - np.flip(indices, (2, 3))

        return pool

    text = "max_pool2d_with_indices:x=2x3x7x5,kernel_size=3x2,stride=1x1,f64,ints:1"
    assert "the index of the first maximum is wrong" in caught("POOL-5", text, fault).message


def test_indices_that_are_missing_or_floats(caught) -> None:
    assert (
        "dtype float64" in caught("POOL-5", INDICES, lambda f: lambda x, **o: (f(x, **o)[0], f(x, **o)[1] / 1)).message
    )


@pytest.mark.parametrize("dialect", ["tensor", "nhwc"])
def test_indices_in_another_dialect(caught, ruling, dialect: str) -> None:
    def fault(f):
        def pool(x, **o):
            values, indices = f(x, **o)
            n, c = np.indices(indices.shape)[:2]
            other = {"tensor": indices + (n * x.shape[1] + c) * prod(x.shape[2:]), "nhwc": indices * x.shape[1] + c}
            return values, other[dialect]

        return pool

    assert caught("POOL-5", INDICES, fault)
    assert ruling("POOL-5", INDICES, fault, pool__max__indices=dialect).verdict == "passed"
    assert ruling("POOL-5", INDICES, fault, pool__max__indices="unheard of").verdict == "vacuous"


def test_powers_without_absolute_values(caught, ruling) -> None:
    def fault(f):
        def pool(x, *, p, kernel_size, **o):
            with np.errstate(invalid="ignore"):
                return (
                    f(np.maximum(x, 0), p=p, kernel_size=kernel_size, **o) ** p
                    - f(np.maximum(-x, 0), p=p, kernel_size=kernel_size, **o) ** p
                ) ** (1 / p)

        return pool

    assert "the norm of a window is wrong" in caught("POOL-6", NORM, fault).message
    assert ruling("POOL-6", NORM, fault, pool__lp__abs="no").verdict == "vacuous"
    assert (
        ruling("POOL-6", NORM.replace("p=3", "p=3,ceil_mode=1"), fault, pool__lp__partial="scaled").verdict == "vacuous"
    )


@pytest.mark.parametrize("operation", ["adaptive_avg_pool2d", "adaptive_max_pool2d"])
def test_windows_of_one_size(caught, operation: str) -> None:
    def fault(f):
        def pool(x, *, output_size):
            cut = [n // m * m for n, m in zip(x.shape[2:], output_size, strict=True)]
            return f(x[:, :, *(slice(n) for n in cut)], output_size=output_size)

        return pool

    assert (
        "adaptive window is wrong"
        in caught("POOL-7", ADAPTIVE.replace("adaptive_avg_pool2d", operation), fault).message
    )


@pytest.mark.parametrize("operation", ["global_avg_pool", "global_max_pool"])
def test_a_plane_that_is_not_whole(caught, operation: str) -> None:
    assert caught("POOL-7", f"{operation}:x=2x3x7x5,f64,ints:3", lambda f: lambda x: f(x[..., :-1]))


def test_the_largest_absolute_value(caught) -> None:
    def fault(f):
        def pool(x, **o):
            return np.where(f(x, **o) == f(np.abs(x), **o), f(x, **o), -f(np.abs(x), **o))

        return pool

    assert "not 2 max(x) - 100" in caught("POOL-9", MAX.replace("negative", "ints"), fault).message


def test_windows_that_move_under_ceil_mode(caught) -> None:
    def fault(f):
        return lambda x, *, ceil_mode, **o: f(np.roll(x, ceil_mode, -1), ceil_mode=ceil_mode, **o)

    for text in (MAX.replace("f64", "ceil_mode=1,f64"), AVERAGE):
        assert "differs under ceil_mode" in caught("POOL-11", text, fault).message
