"""Every layout stores the same values in another way."""

from __future__ import annotations

import numpy as np
import pytest

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.cases.layouts import LAYOUTS

SAME = sorted(set(LAYOUTS) - {"zero"})


@pytest.mark.parametrize("layout", SAME)
def test_the_values_do_not_depend_on_the_layout(layout: str) -> None:
    plain = make_arrays(Case.parse("relu:x=2x3x5x4,f32,real,seed=3"))["x"]
    view = make_arrays(Case.parse(f"relu:x=2x3x5x4,f32,real,seed=3,layout.x={layout}"))["x"]
    assert np.array_equal(plain, view)


def test_a_broadcast_repeats_the_first_sample_with_stride_0() -> None:
    x = make_arrays(Case.parse("relu:x=3x2x4,f32,real,layout.x=zero"))["x"]
    assert x.strides[0] == 0
    assert np.array_equal(x[0], x[2])


@pytest.mark.parametrize(
    ("layout", "fact"),
    [
        ("F", lambda a: a.flags.f_contiguous and not a.flags.c_contiguous),
        ("last", lambda a: np.moveaxis(a, 1, -1).flags.c_contiguous),
        ("T", lambda a: a.strides[-1] > a.strides[-2]),
        ("step", lambda a: a.strides[-1] == 2 * a.itemsize),
        ("rev", lambda a: max(a.strides) < 0),
        ("offset", lambda a: a.base is not None and a.base.size == a.size + 3),
        ("ro", lambda a: not a.flags.writeable),
    ],
)
def test_each_layout_is_what_it_says(layout: str, fact: object) -> None:
    x = make_arrays(Case.parse(f"relu:x=2x3x5x4,f32,real,layout.x={layout}"))["x"]
    assert callable(fact)
    assert fact(x)
