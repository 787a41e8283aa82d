from __future__ import annotations

import numpy as np
import pytest

CONV = "conv2d:x=2x3x7x11,w=4x3x3x2,b,stride=2x3,f64,ints:3"
TRANSPOSED = "conv_transpose2d:x=2x3x4x5,w=3x4x3x2,stride=2x3,f64,ints:3"
MAX = "max_pool2d:x=2x3x7x11,kernel_size=3x2,stride=2x3,f64,ints:3"
PAD = "pad:x=2x3x5x4,padding=2.1_0.3,f64,ints:3"
SIGNAL = "{}:x=5x4,k=2x3,f64,ints:3"


def test_a_stride_with_a_number_too_many(caught) -> None:
    def fault(f):
        return lambda *a, **o: f(*a, **{name: v[:2] if isinstance(v, tuple) else v for name, v in o.items()})

    message = caught("ARG-1", MAX, fault).message
    assert "instead of raising an error: there are 2 spatial axes" in message


@pytest.mark.parametrize("text", [PAD, SIGNAL.format("convolve"), SIGNAL.format("cross_correlate")])
def test_a_mode_that_does_not_exist(caught, text: str) -> None:
    def fault(f):
        known = ("constant", "full", "same", "valid")
        return lambda *a, mode, **o: f(*a, mode=mode if mode in known else known[text != PAD], **o)

    assert "mode='sideways'" in caught("ARG-2", text, fault).message


@pytest.mark.parametrize("kind", ["bool", "object"])
def test_arrays_of_something_else(caught, kind: str) -> None:
    def fault(f):
        def conv(x, w, b, **o):
            arrays = [a.astype(np.float64) if a.dtype == kind else a for a in (x, w, b)]
            return f(*arrays, **o)

        return conv

    assert f"arrays of dtype {kind}" in caught("ARG-3", CONV, fault).message


@pytest.mark.parametrize(
    "text",
    [
        "conv2d_input_grad:x=2x3x7x11,w=4x3x3x2,stride=2x3,f64,ints:3",
        "conv2d_weight_grad:x=2x3x7x11,w=4x3x3x2,stride=2x3,f64,ints:3",
        MAX.replace("max_pool2d", "max_pool2d_input_grad"),
        MAX.replace("max_pool2d", "avg_pool2d_input_grad"),
    ],
)
def test_a_cotangent_that_is_too_long(caught, text: str) -> None:
    def fault(f):
        return lambda g, *a, **o: f(g[:, :, :3, :4], *a, **o)

    assert "a cotangent of shape" in caught("ARG-4", text, fault).message


def test_a_power_of_zero(caught) -> None:
    text = MAX.replace("max_pool2d", "lp_pool2d")
    assert "p=0" in caught("ARG-5", text, lambda f: lambda x, *, p, **o: f(x, p=p or 1, **o)).message


def test_an_output_of_extent_zero(caught, ruling) -> None:
    def filled(f):
        return lambda x, *, output_size: f(x, output_size=tuple(max(m, 1) for m in output_size))

    def empty(f):
        return lambda x, *, output_size: f(x, output_size=output_size) if all(output_size) else np.zeros((2, 3, 0, 0))

    text = "adaptive_avg_pool2d:x=2x3x7x11,output_size=3x2,f64,ints:3"
    assert "output_size=(0, 0)" in caught("ARG-5", text, filled).message
    assert ruling("ARG-5", f"{text},seed=3", empty).verdict == "passed"


def test_a_crop_of_everything(caught) -> None:
    def fault(f):
        def pad(x, *, padding, **o):
            return x[:, :, :0] if x.shape[2] + sum(padding[0]) < 0 else f(x, padding=padding, **o)

        return pad

    assert "there are 5 elements" in caught("ARG-6", PAD, fault).message


@pytest.mark.parametrize("operation", ["convolve", "cross_correlate"])
def test_sizes_of_which_neither_covers_the_other(caught, operation: str) -> None:
    def fault(f):
        def signal(x, k, *, mode):
            mixed = mode == "valid" and len({n > m for n, m in zip(x.shape, k.shape, strict=True)}) > 1
            return f(x, k, mode="full" if mixed else mode)

        return signal

    assert "neither argument covers the other" in caught("ARG-7", SIGNAL.format(operation), fault).message


@pytest.mark.parametrize("limit", [0, 1])
def test_an_output_padding_out_of_range(caught, limit: int) -> None:
    def fault(f):
        def layer(x, w, *, output_padding, stride, dilation, **o):
            most = [max(s, d) - 1 for s, d in zip(stride, dilation, strict=True)]
            inside = [
                max(e, 0) if limit == 0 else (min(e, m) if e > 0 else e)
                for e, m in zip(output_padding, most, strict=True)
            ]
            return f(x, w, output_padding=tuple(inside), stride=stride, dilation=dilation, **o)

        return layer

    assert "it must be in [0, max(stride, dilation))" in caught("ARG-8", TRANSPOSED, fault).message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda o: {**o, "stride": (*o["stride"], *(1,) * (2 - len(o["stride"])))}, "the call with stride=(2,)"),
        (lambda o: {**o, "padding": o["padding"][:2]}, "the call with padding="),
    ],
)
def test_too_few_numbers_and_too_many_pads(change, words: str, caught) -> None:
    text = "max_pool2d:x=2x3x7x11,kernel_size=3x2,stride=2x3,padding=1.0_0.1,f64,ints:3"
    assert words in caught("ARG-1", text, lambda f: lambda x, **o: f(x, **change(o))).message


def test_one_number_for_every_axis(ruling) -> None:
    text = "max_pool2d:x=2x3x7x11,kernel_size=3x2,stride=2x3,padding=1.0_0.1,f64,ints:3"
    spread = lambda f: lambda x, **o: f(x, **{**o, "stride": o["stride"] * (3 - len(o["stride"]))})  # noqa: E731
    assert all(ruling("ARG-1", f"{text},seed={seed}", spread).failure is None for seed in range(20, 60, 4))


def test_a_stride_that_is_rounded(caught) -> None:
    text = "max_pool2d:x=2x3x7x11,kernel_size=3x2,stride=2x3,f64,ints:3"
    whole = lambda f: lambda x, **o: f(x, **{**o, "stride": tuple(map(int, o["stride"]))})  # noqa: E731
    assert "the call with stride=(2.5, 3.5)" in caught("ARG-9", text, whole).message
