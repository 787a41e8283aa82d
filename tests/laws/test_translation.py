from __future__ import annotations

import numpy as np
import pytest

from cnnspec.laws.translation import rolled, wrapped

CONV = "conv2d:x=2x3x8x9,w=4x3x3x2,b,stride=2x3,padding=1.0_0.2,f64,ints:3"
MAX = "max_pool2d:x=2x3x8x9,kernel_size=3x2,stride=2x3,padding=1.0_0.1,f64,ints:3"
AVERAGE = MAX.replace("max", "avg").replace("f64,ints:3", "f32,real")
NORM = AVERAGE.replace("avg", "lp")


def ramp(f):
    """A position that leaks into the result."""

    def layer(*a, **o):
        y = f(*a, **o)
        return y + np.arange(y.shape[-1]).astype(y.dtype)

    return layer


def last_column(f):
    def layer(*a, **o):
        y = f(*a, **o)
        y[..., -1] *= 2
        return y

    return layer


@pytest.mark.parametrize(
    ("law", "text", "fault"),
    [
        ("EQUI-1", CONV, last_column),
        ("EQUI-2", CONV, last_column),
        ("EQUI-3", CONV, ramp),
        ("EQUI-3", MAX, ramp),
        ("EQUI-3", AVERAGE, ramp),
        ("EQUI-3", NORM, ramp),
        ("EQUI-4", MAX, last_column),
        ("EQUI-4", AVERAGE, last_column),
        ("EQUI-4", NORM, last_column),
        ("EQUI-5", CONV, last_column),
        ("EQUI-5", MAX, ramp),
        ("EQUI-5", AVERAGE, ramp),
        ("EQUI-5", NORM, ramp),
    ],
)
def test_a_position_that_leaks(caught, law: str, text: str, fault) -> None:
    assert caught(law, text, fault).message


def test_pads_on_the_wrong_side(caught) -> None:
    def fault(f):
        return lambda x, w, b, *, padding, **o: f(x, w, b, padding=tuple((hi + lo, 0) for lo, hi in padding), **o)

    assert "mirrored" in caught("EQUI-5", CONV, fault).message


@pytest.mark.parametrize("operation", ["global_max_pool", "global_avg_pool"])
def test_a_plane_that_is_not_whole(caught, operation: str) -> None:
    failure = caught("INV-1", f"{operation}:x=2x3x7x5,f32,real", lambda f: lambda x: f(x[..., :-1]))
    assert "changes the result" in failure.message


@pytest.mark.parametrize("text", [MAX, MAX.replace("max_pool2d", "max_pool2d_with_indices")])
def test_the_first_element_of_a_cell(caught, text: str) -> None:
    def fault(f):
        return lambda x, *, kernel_size, **o: f(x, kernel_size=(1,) * len(kernel_size), **o)

    assert "does not fill its cell" in caught("INV-2", text, fault).message


def test_a_torus() -> None:
    x = np.arange(6).reshape(1, 1, 2, 3)
    assert wrapped(x, (1, 4))[0, 0].tolist() == [[0, 1, 2, 0, 1, 2, 0], [3, 4, 5, 3, 4, 5, 3], [0, 1, 2, 0, 1, 2, 0]]
    assert rolled(x, (1, -1))[0, 0].tolist() == [[4, 5, 3], [1, 2, 0]]
