from __future__ import annotations

import numpy as np

SPACE = (2, 3)
CONV = "conv2d:x=2x4x7x11,w=6x4x3x2,b,stride=2x3,padding=1.0_0.2,f64,ints:3"
BARE = "conv2d:x=2x4x7x11,w=6x4x3x2,padding=1.0_0.2,f64,ints:3"
GROUPED = "conv2d:x=2x4x7x11,w=6x2x3x2,b,stride=2x3,groups=2,f64,ints:3"


def test_a_flipped_kernel(caught) -> None:
    failure = caught("CORR-1", CONV, lambda f: lambda x, w, b, **o: f(x, np.flip(w, SPACE), b, **o))
    assert failure.where is not None
    assert failure.expected[failure.where] != failure.got[failure.where]
    assert f"element {list(failure.where)} is {failure.got[failure.where]}" in failure.message


def test_an_absolute_value(caught) -> None:
    failure = caught("CORR-2", BARE, lambda f: lambda x, w, **o: f(np.abs(x), w, **o))
    assert "scaling" in failure.message


def test_float16(caught) -> None:
    text = CONV.replace("f64,ints:3", "f32,real")
    failure = caught("CORR-3", text, lambda f: lambda *a, **o: f(*a, **o).astype(np.float16).astype(np.float32))
    assert "times what any summation order of float32 could give" in failure.message
    assert "looks like results rounded to float16" in failure.message


def test_an_output_that_sees_everything(caught) -> None:
    failure = caught("CORR-4", CONV, lambda f: lambda x, *a, **o: f(x, *a, **o) + x.sum())
    assert "which is not in its window" in failure.message


def test_a_border_that_differs(caught) -> None:
    def fault(f):
        def conv(*a, **o):
            y = f(*a, **o)
            y[..., -1] += 1
            return y

        return conv

    assert "different values at different positions" in caught("CORR-5", CONV, fault).message


def test_interleaved_groups(caught) -> None:
    def fault(f):
        def conv(x, w, b, *, groups, **o):
            order = np.arange(x.shape[1]).reshape(groups, -1).T.ravel()
            return f(x[:, order], w, b, groups=groups, **o)

        return conv

    assert "are not that group's own convolution" in caught("CORR-6", GROUPED, fault).message


def test_a_bias_on_the_wrong_axis(caught) -> None:
    def fault(f):
        def conv(x, w, b=None, **o):
            y = f(x, w, **o)
            return y if b is None else y + np.resize(b, y.shape[-1])

        return conv

    assert "without it plus b[o]" in caught("CORR-7", CONV, fault).message


def test_only_the_first_sample(caught) -> None:
    def fault(f):
        def conv(*a, **o):
            y = f(*a, **o)
            y[1:] = 0
            return y

        return conv

    assert "in the batch than alone" in caught("CORR-8", CONV, fault).message
