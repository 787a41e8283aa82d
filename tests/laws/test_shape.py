from __future__ import annotations

import numpy as np

CONV = "conv2d:x=2x3x7x11,w=4x3x3x2,b,stride=2x3,f64,ints:3"
POOL = "max_pool2d:x=2x3x7x11,kernel_size=3x2,stride=2x3,f64,ints:3"


def test_a_missing_column(caught) -> None:
    failure = caught("SHAPE-3", POOL, lambda f: lambda x, **o: f(x, **o)[..., :-1])
    assert failure.message.endswith("where (2, 3, 3, 4) is right, wrong on spatial axis 1")


def test_a_missing_axis(caught) -> None:
    failure = caught("SHAPE-3", POOL, lambda f: lambda x, **o: f(x, **o).ravel())
    assert failure.message.endswith("where (2, 3, 3, 4) is right: 4 axes are expected")


def test_a_stride_of_zero(caught) -> None:
    def fault(f):
        return lambda x, *, stride, **o: f(x, stride=tuple(max(s, 1) for s in stride), **o)

    assert "instead of raising an error: it must be >= 1" in caught("SHAPE-1", POOL, fault).message


def test_groups_of_zero(caught) -> None:
    def fault(f):
        return lambda x, w, b, *, groups, **o: f(x, w, b, groups=groups or 1, **o)

    assert "groups=0" in caught("SHAPE-1", CONV, fault).message


def test_channels_that_do_not_match(caught) -> None:
    def fault(f):
        return lambda x, w, b, **o: f(x[:, : w.shape[1]], w, b, **o)

    assert "an x of 4 channels" in caught("SHAPE-4", CONV, fault).message


def test_a_bias_that_is_too_long(caught) -> None:
    def fault(f):
        return lambda x, w, b, **o: f(x, w, b[: w.shape[0]], **o)

    assert "a bias of 5 numbers for 4 channels" in caught("SHAPE-4", CONV, fault).message


def test_a_bias_of_one_number_that_is_repeated(caught) -> None:
    def fault(f):
        return lambda x, w, b, **o: f(x, w, np.broadcast_to(b, w.shape[0]), **o)

    assert "a bias of 1 number for 4 channels" in caught("SHAPE-4", CONV, fault).message


def test_an_extent_of_at_least_one(caught) -> None:
    def fault(f):
        def pool(x, *, kernel_size, **o):
            grown = np.pad(
                x, [(0, 0)] * 2 + [(0, max(k - n, 0)) for n, k in zip(x.shape[2:], kernel_size, strict=True)]
            )
            return f(grown, kernel_size=kernel_size, **o)

        return pool

    assert "no window fits" in caught("SHAPE-6", POOL, fault).message
