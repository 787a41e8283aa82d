from __future__ import annotations

import numpy as np
import pytest

CASES = [
    "conv2d:x=2x4x7x11,w=6x2x3x2,b,stride=2x3,padding=1.0_0.2,groups=2,f32,ints:3",
    "conv_transpose2d:x=2x4x4x3,w=4x3x3x2,b,stride=2x3,padding=1.0_0.1,groups=2,f32,ints:3",
    "conv2d_input_grad:x=2x4x7x11,w=6x2x3x2,stride=2x3,padding=1.0_0.2,groups=2,f32,ints:3",
    "conv2d_weight_grad:x=2x4x7x11,w=6x2x3x2,stride=2x3,groups=2,f32,ints:3",
    "avg_pool2d:x=2x3x7x5,kernel_size=3x2,stride=2x3,padding=1.1_0.1,ceil_mode=1,f32,ints:3",
    "lp_pool2d:x=2x3x7x5,kernel_size=3x2,stride=2x3,f32,ints:3",
    "adaptive_avg_pool2d:x=2x3x7x5,output_size=3x2,f32,ints:3",
    "global_avg_pool:x=2x3x7x5,f32,ints:3",
]


def poked(text: str, values: str) -> str:
    return f"{text},set.{'grad_output' if '_grad' in text else 'x'}={values}"


@pytest.mark.parametrize("text", CASES)
def test_a_nan_that_is_lost(caught, text: str) -> None:
    def fault(f):
        return lambda x, *a, **o: f(np.nan_to_num(x), *a, **o)

    assert "reads a NaN and is" in caught("NAN-1", poked(text, "14.nan"), fault).message


@pytest.mark.parametrize("text", CASES[:-1])
def test_a_nan_that_spreads(caught, text: str) -> None:
    def fault(f):
        return lambda x, *a, **o: f(x, *a, **o) + 0 * x.sum()

    assert "reads only finite numbers and is nan" in caught("NAN-1", poked(text, "14.nan"), fault).message


@pytest.mark.parametrize("text", CASES)
def test_infinities_that_are_cut(caught, text: str) -> None:
    def fault(f):
        return lambda x, *a, **o: f(np.clip(x, -1e30, 1e30), *a, **o)

    assert "reads an infinity" in caught("INF-1", poked(text, "14.inf_4.-inf"), fault).message


def test_zero_weights_that_are_skipped(caught) -> None:
    def fault(f):
        def conv(x, w, b, **o):
            y = f(np.where(np.isinf(x), 0, x), w, b, **o)
            spread = f(np.isinf(x).astype(x.dtype), np.abs(w), None, **o)
            return np.where(spread > 0, np.float32(np.inf), y)

        return conv

    assert caught("INF-1", "conv1d:x=1x1x5,w=1x1x2,b,f32,data.w=1_0,data.b=1,ints:3,set.x=2.inf", fault)


def test_what_cannot_tell(ruling) -> None:
    text = poked(CASES[0], "14.nan")
    assert ruling("NAN-1", text, lambda f: f, num__nonfinite="fast").verdict == "vacuous"
    assert ruling("NAN-1", text, lambda f: f, num__algorithm="transform").verdict == "vacuous"
    assert ruling("NAN-1", f"{text},set.w=3.nan", lambda f: f).verdict == "vacuous"


def test_a_sum_over_nothing(caught) -> None:
    def fault(f):
        return lambda x, *a, **o: f(x, *a, **o) + (x.size == 0)

    for text in ("conv1d:x=2x0x5,w=3x0x2,b,f64,ints:3", "conv1d_weight_grad:x=0x3x5,w=4x3x2,f64,ints:3"):
        assert "an empty sum is not 0" in caught("EMPTY-1", text, fault).message


def test_an_empty_batch(caught) -> None:
    def fault(f):
        return lambda x, **o: f(x if x.size else np.ones((2, *x.shape[1:])), **o)

    assert "shape" in caught("EMPTY-1", "max_pool1d:x=0x3x5,kernel_size=2,f64,ints:3", fault).message


def test_an_empty_batch_that_gives_the_result_before(caught) -> None:
    def fault(f):
        kept = {}

        def pool(x, **o):
            if x.size:
                kept["y"] = f(x, **o)
            return np.array(kept["y"]) if kept else f(x, **o)

        return pool

    assert "after a batch of one" in caught("EMPTY-1", "max_pool1d:x=0x3x5,kernel_size=2,f64,ints:3", fault).message


@pytest.mark.parametrize("op", ["relu:x=2x3x7", "max_pool1d:x=2x3x7,kernel_size=3", "pad:x=2x3x7,padding=1.2"])
def test_subnormal_numbers_taken_as_zero(op: str, caught) -> None:
    def fault(f):
        def flushing(x, **options):
            y = np.array(f(x, **options))
            y[np.abs(y) < np.finfo(y.dtype).tiny] = 0
            return y

        return flushing

    assert "subnormal numbers do not stay" in caught("RANGE-1", f"{op},f32,ints:3", fault).message


def test_a_sum_that_overflows(caught) -> None:
    def fault(f):
        def relu(x):
            with np.errstate(all="ignore"):
                return (x + np.abs(x)) / x.dtype.type(2)

        return relu

    assert "the largest numbers do not stay" in caught("RANGE-1", "relu:x=2x3x7,f32,ints:3", fault).message


def test_a_least_number_that_is_not_least(caught) -> None:
    def fault(f):
        return lambda x, **options: np.maximum(f(x, **options), x.dtype.type(-1e30))

    text = "max_pool1d:x=2x3x7,kernel_size=3,f32,ints:3"
    assert "negative numbers of the largest size" in caught("RANGE-1", text, fault).message


def test_minus_zero_in_a_pad(caught) -> None:
    def fault(f):
        return lambda x, **options: f(x, **options) + 0

    assert "lost its sign" in caught("RANGE-1", "pad:x=2x3x7,padding=1.2,f32,ints:3", fault).message
