from __future__ import annotations

import numpy as np
import pytest

CONV = "conv2d:x=2x3x7x11,w=4x3x3x2,b,stride=2x3,padding=1.0_0.2,f32,ints:3"
TRANSPOSED = "conv_transpose2d:x=2x4x5x4,w=4x2x3x2,b,stride=2x1,groups=2,f64,ints:3"


def test_the_other_byte_order(caught) -> None:
    def fault(f):
        def native(a):
            return a if a is None or a.dtype.isnative else a.view(a.dtype.newbyteorder("="))

        return lambda x, w, b=None, **options: f(native(x), native(w), native(b), **options)

    assert "is in the other byte order the result is wrong" in caught("PURE-10", CONV, fault).message


def test_a_repeated_channel(caught) -> None:
    def fault(f):
        def once(a):
            if a.strides[1] == 0 and a.shape[1] > 1:
                a = np.array(a)
                a[:, 1:] = 0
            return a

        return lambda x, w, b=None, **options: f(once(x), once(w), b, **options)

    assert "repeated along axis 1 with stride 0" in caught("PURE-10", CONV, fault).message


def test_memory_read_in_another_dtype(caught) -> None:
    def fault(f):
        def read(a, dtype):
            return a if a is None else np.resize(np.frombuffer(a.tobytes(), dtype), a.shape)

        return lambda x, w, b=None, **options: f(x, read(w, x.dtype), read(b, x.dtype), **options)

    assert "the rest of float32: element" in caught("PURE-11", CONV, fault).message


def test_a_crash_on_several_dtypes(caught) -> None:
    def fault(f):
        return lambda x, w, b=None, **options: f(x, w, b, **options) if x.dtype == w.dtype else None

    assert "the call ended badly" in caught("PURE-11", CONV, fault).message


@pytest.mark.parametrize("text", [CONV, TRANSPOSED])
def test_no_input_channels(text: str, caught) -> None:
    def fault(f):
        def conv(x, w, b=None, **options):
            y = f(x, w, b, **options)
            return np.zeros_like(y) if x.shape[1] == 0 else y  # without the bias

        return conv

    assert "no input channels, the result is wrong" in caught("EMPTY-2", text, fault).message


def test_no_output_channels(caught) -> None:
    def fault(f):
        def conv(x, w, b=None, **options):
            return f(x, w, b, **options) if w.shape[0] else np.zeros((x.shape[0], 1, 1, 1), x.dtype)

        return conv

    assert "no output channels, the result is wrong: the shape is" in caught("EMPTY-2", CONV, fault).message


def test_nothing_along_an_axis(caught) -> None:
    def fault(f):
        return lambda x: f(x) if x.shape[2] else np.ones((*x.shape[:2], 1), x.dtype)

    assert "without elements on spatial axis" in caught("EMPTY-2", "relu:x=2x3x7,f64,ints:3", fault).message


@pytest.mark.parametrize("text", [CONV, TRANSPOSED, "max_pool2d:x=2x3x7x5,kernel_size=3x2,f64,ints:3"])
@pytest.mark.parametrize("law", ["EMPTY-2", "PURE-11"])
def test_refusing_is_right(law: str, text: str, ruling) -> None:
    def fault(f):
        def strict(*arrays, **options):
            given = [a for a in arrays if a is not None]
            if len({a.dtype for a in given}) > 1 or not all(a.size for a in given):
                raise TypeError("one dtype, and no empty array")
            return f(*arrays, **options)

        return strict

    for seed in range(24):
        assert ruling(law, f"{text},seed={seed}", fault).verdict.name in ("PASSED", "VACUOUS", "SKIPPED")
