from __future__ import annotations

import numpy as np
import pytest

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


CONV = "conv2d:x=2x3x7x11,w=4x3x3x2,b,stride=2x3,padding=1.0_0.2,f32,ints:3"


def test_a_cached_bias(caught) -> None:
    def fault(f):
        kept = {}

        def conv(x, w, b=None, **options):
            return f(x, w, kept.setdefault((x.tobytes(), w.tobytes()), np.array(b)), **options)

        return conv

    failure = caught("PURE-9", CONV, fault)
    assert "right after the case again, the same call with another b gives a wrong result" in failure.message
    assert failure.call == "the same call with another b"


@pytest.mark.parametrize("name", ["x", "w"])
def test_a_cached_array(name: str, caught) -> None:
    def fault(f):
        kept = {}

        def conv(x, w, b=None, **options):
            arrays = {"x": x, "w": w}
            others = tuple(a.tobytes() for key, a in arrays.items() if key != name)
            arrays[name] = kept.setdefault((*others, b.tobytes(), x.dtype, str(options)), np.array(arrays[name]))
            return f(*arrays.values(), b, **options)

        return conv

    assert f"another {name} gives a wrong result" in caught("PURE-9", CONV, fault).message


def test_a_plan_without_the_dtype(caught) -> None:
    def fault(f):
        kept = {}

        def conv(x, w, b=None, **options):
            dtype = kept.setdefault((x.shape, w.shape, str(options)), x.dtype)
            return f(x.astype(dtype), w.astype(dtype), b.astype(dtype), **options).astype(x.dtype)

        return conv

    assert "the same call in float64, x times" in caught("PURE-9", CONV, fault).message


@pytest.mark.parametrize("name", ["stride", "padding", "dilation"])
def test_a_plan_without_an_option(name: str, caught) -> None:
    def fault(f):
        kept = {}

        def conv(x, w, b=None, **options):
            others = str({key: value for key, value in options.items() if key != name})
            return f(x, w, b, **{**options, name: kept.setdefault((x.shape, w.shape, others), options[name])})

        return conv

    assert f"the same call with {name}=" in caught("PURE-9", CONV, fault).message


@pytest.mark.parametrize(
    "text",
    [
        "adaptive_max_pool2d:x=2x3x7x5,output_size=3x2,f64,ints:3",
        "avg_pool2d:x=2x3x7x5,kernel_size=3x2,f64,ints:3",
        "pad:x=2x3x7x5,padding=1.0_0.2,f64,ints:3",
        "global_max_pool:x=2x3x7x5,f64,ints:3",
        RELU,
    ],
)
def test_the_input_itself_where_there_is_nothing_to_do(text: str, caught) -> None:
    def fault(f):
        def same(x, **options):
            y = f(x, **options)
            return x if y.shape == x.shape and (y == x).all() else y

        return same

    failure = caught("PURE-2", text, fault)
    assert failure.call == "the call in which there is nothing to do"


def test_another_shape_after_one_change_is_told(caught) -> None:
    def fault(f):
        kept = []

        def conv(x, w, b=None, **options):
            y = f(x, w, b, **options)
            kept.append(options["stride"])
            return y if options["stride"] == kept[0] else y[..., :-1]

        return conv

    assert "the same call with stride=" in caught("PURE-9", CONV, fault).message
