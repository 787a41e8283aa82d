from __future__ import annotations

import numpy as np

RELU = "relu:x=2x3x7,f64,ints:3"


def test_an_input_that_changes(caught) -> None:
    def fault(f):
        def relu(x):
            y = f(x)
            x[...] = y
            return y

        return relu

    assert "changed its input x" in caught("PURE-1", RELU, fault).message


def test_a_view(caught) -> None:
    assert "a view of the input x" in caught("PURE-2", RELU, lambda f: lambda x: x[...]).message


def test_another_result_the_second_time(caught) -> None:
    def fault(f):
        calls = []

        def relu(x):
            calls.append(1)
            return f(x) + len(calls) % 2

        return relu

    assert "a second call" in caught("PURE-3", RELU, fault).message


def test_the_base_buffer(caught) -> None:
    def fault(f):
        return lambda x: f(x if x.base is None else x.base.ravel()[: x.size].reshape(x.shape))

    assert "a view gives another result" in caught("PURE-4", f"{RELU},layout.x=rev", fault).message


def test_another_dtype(caught) -> None:
    failure = caught("PURE-5", "relu:x=2x3x7,f32,ints:3", lambda f: lambda x: f(x).astype(np.float64))
    assert failure.message == "the result has dtype float64 where the inputs have float32"


def test_error_state(caught) -> None:
    def fault(f):
        def relu(x):
            np.seterr(all="ignore")
            return f(x)

        return relu

    assert "NumPy" in caught("PURE-6", RELU, fault).message


def test_a_cache_by_shape(caught) -> None:
    def fault(f):
        kept = {}

        def relu(x):
            kept[x.shape] = f(x) + (x.shape in kept and kept[x.shape][0, 0, 0] % 2)
            return kept[x.shape].copy()

        return relu

    assert "A, B, A" in caught("PURE-7", RELU, fault).message


def test_a_cache_by_array(caught) -> None:
    def fault(f):
        kept = {}

        def relu(x):
            key = (id(x), x.shape)
            kept.setdefault(key, (f(x), x))
            return kept[key][0].copy()

        return relu

    assert "changed in place" in caught("PURE-8", RELU, fault).message


def test_a_list(caught) -> None:
    assert "returned" in caught("CALL-1", RELU, lambda f: lambda x: f(x).tolist()).message
