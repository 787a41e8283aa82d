"""Faults that are not in the zoo, each thought up to slip through: narrow triggers, tails, fast paths, late corners.

Every one is the reference with a fault in it, on one operation in two dimensions or of one rank.  The generator and the
laws were not made for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnspec.reference import activation, adaptive_pooling, padding as pads, pooling, pooling_gradients, signal
from cnnspec.reference.convolution import conv
from cnnspec.reference.gradients import conv_input_grad, conv_weight_grad
from cnnspec.reference.transpose import conv_transpose

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]
FAULTS: dict[str, tuple[str, Callable[[], Function]]] = {}
"""By name: the operation, and what makes a fresh faulty function."""


def fault(op: str) -> Callable[[Function], Function]:
    """Register a function; one that keeps something is made by a factory with :func:`kept`."""

    def register(function: Function) -> Function:
        FAULTS[function.__name__] = op, lambda: function
        return function

    return register


def kept(op: str) -> Callable[[Callable[[], Function]], Callable[[], Function]]:
    """Register what makes a function with a memory of its own."""

    def register(make: Callable[[], Function]) -> Callable[[], Function]:
        FAULTS[make.__name__] = op, make
        return make

    return register


@fault("conv2d")
def tall_input_loses_last_row(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    y = conv(x, w, b, **options)
    if x.shape[2] > 32:
        y[:, :, -1] = 0
    return y


@fault("conv2d")
def large_input_in_float32(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    if x.size <= 500 or x.dtype != np.float64:
        return conv(x, w, b, **options)
    narrow = [None if a is None else a.astype(np.float32) for a in (x, w, b)]
    return conv(*narrow, **options).astype(x.dtype)  # type: ignore[arg-type]


@fault("conv2d")
def sixteen_channels_lose_the_last(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    if x.shape[1] == 16 and options["groups"] == 1:
        w = np.array(w)
        w[:, -1] = 0
    return conv(x, w, b, **options)


@fault("conv2d")
def single_bias_twice(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    y = conv(x, w, b, **options)
    return y + b if b is not None and b.size == 1 else y


@fault("conv2d")
def bias_of_windows_in_padding_left_out(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    y = conv(x, w, b, **options)
    span = (w.shape[2] - 1) * options["dilation"][0] + 1
    for i in range(y.shape[2]):
        if i * options["stride"][0] - options["padding"][0][0] + span <= 0:
            y[:, :, i] = 0
    return y


@fault("conv2d")
def stride_one_path_drops_high_pads(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    y = conv(x, w, b, **options)
    if all(lo == 0 for lo, _ in options["padding"]) and max(options["stride"]) == 1:
        for axis, (_, hi) in enumerate(options["padding"], start=2):
            if 0 < hi < y.shape[axis]:
                np.moveaxis(y, axis, 0)[-hi:] = 0
    return y


@kept("conv2d")
def plan_kept_without_the_stride() -> Function:
    plans: dict[Any, Any] = {}

    def conv2d(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
        key = x.shape, w.shape, options["padding"], options["dilation"]
        return conv(x, w, b, **{**options, "stride": plans.setdefault(key, options["stride"])})

    return conv2d


@kept("conv2d")
def every_seventh_call_rounds() -> Function:
    calls: list[int] = []

    def conv2d(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
        calls.append(1)
        y = conv(x, w, b, **options)
        return y.astype(np.float16).astype(y.dtype) if len(calls) % 7 == 0 and y.dtype.kind == "f" else y

    return conv2d


@fault("conv3d")
def dilation_of_last_two_axes_swapped(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    deep, high, wide = options["dilation"]
    return conv(x, w, b, **{**options, "dilation": (deep, wide, high)})


@fault("conv2d")
def depthwise_outputs_by_multiplier(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    y, channels = conv(x, w, b, **options), x.shape[1]
    if options["groups"] != channels or w.shape[0] <= channels:
        return y
    multiplier = w.shape[0] // channels
    return np.ascontiguousarray(y[:, [o % channels * multiplier + o // channels for o in range(w.shape[0])]])


@fault("conv2d")
def centre_of_five_counts_twice(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    if 5 in w.shape[2:]:
        w = np.array(w)
        w[:, :, w.shape[2] // 2, w.shape[3] // 2] *= 2
    return conv(x, w, b, **options)


@fault("conv2d")
def fifth_sample_repeats_the_first(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    y = conv(x, w, b, **options)
    y[4:] = y[:1]
    return y


@fault("conv2d")
def ninth_column_is_lost(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    y = conv(x, w, b, **options)
    if y.shape[3] % 8 == 1 and y.shape[3] > 8:
        y[..., -1] = 0
    return y


@fault("conv2d")
def gaps_between_windows_shift(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    if options["stride"][1] > w.shape[3] and options["padding"][1][0] == 0:
        x = np.roll(x, -1, axis=3)
    return conv(x, w, b, **options)


@fault("conv1d")
def long_kernel_is_cut(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    w = np.array(w)
    w[..., 7:] = 0
    return conv(x, w, b, **options)


@fault("conv2d")
def stride_of_even_inputs_rounds_up(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    if x.shape[2] % 2 == 0 and options["stride"][0] == 2 and options["padding"][0][0] == 1:
        x = np.roll(x, 1, axis=2)
    return conv(x, w, b, **options)


@fault("conv_transpose2d")
def crop_sides_swapped(x: Array, w: Array, b: Any = None, *, padding: Any, **options: Any) -> Array:
    return conv_transpose(x, w, b, padding=tuple((hi, lo) for lo, hi in padding), **options)


@fault("conv_transpose2d")
def output_padding_repeats_the_edge(x: Array, w: Array, b: Any = None, **options: Any) -> Array:
    y = conv_transpose(x, w, b, **options)
    if options["output_padding"][1] and y.shape[3] > 1:
        y[..., -1] = y[..., -2]
    return y


@fault("conv2d_weight_grad")
def high_pad_alone_loses_last_tap(g: Array, x: Array, **options: Any) -> Array:
    grad = conv_weight_grad(g, x, **options)
    lo, hi = options["padding"][1]
    if hi > 0 == lo:
        grad[..., -1] = 0
    return grad


@fault("conv2d_input_grad")
def two_groups_come_in_reverse(g: Array, w: Array, **options: Any) -> Array:
    grad = conv_input_grad(g, w, **options)
    return np.ascontiguousarray(grad[:, ::-1]) if options["groups"] == 2 else grad


@fault("max_pool2d")
def dilated_overhang_copies_first_row(x: Array, **options: Any) -> Array:
    y = pooling.max_pool(x, **options)
    if options["ceil_mode"] and x.shape[2] % 2 == 0 and options["dilation"][0] > 1:
        y[:, :, -1] = y[:, :, 0]
    return y


@fault("max_pool2d_with_indices")
def indices_in_padded_rows(x: Array, **options: Any) -> tuple[Array, Array]:
    values, indices = pooling.max_pool_with_indices(x, **options)
    width = x.shape[3]
    return values, indices // width * (width + sum(options["padding"][1])) + indices % width


@fault("avg_pool2d")
def corner_divided_by_one_less(x: Array, **options: Any) -> Array:
    y = pooling.avg_pool(x, **options)
    size = np.prod(options["kernel_size"])
    if options["padding"][0][0] and options["padding"][1][0] and size > 1:
        y[:, :, 0, 0] *= y.dtype.type(size / (size - 1))
    return y


@fault("adaptive_avg_pool2d")
def adaptive_rows_end_one_late(x: Array, *, output_size: Any) -> Array:
    rows = [
        x[:, :, i * n // m : min((i + 1) * n // m + 1, n)].astype(np.float64).mean(axis=2, keepdims=True)
        for n, m in [(x.shape[2], output_size[0])]
        for i in range(m)
    ]
    tall = np.concatenate(rows, axis=2)
    return adaptive_pooling.adaptive_avg_pool(tall, output_size=output_size).astype(x.dtype)


@fault("relu")
def negative_zero_and_tiny_pass(x: Array) -> Array:
    return np.where((x < 0) & (x > -0.01), x, activation.relu(x))


@fault("pad")
def reflection_repeats_at_full_depth(x: Array, *, padding: Any, mode: Any, value: Any) -> Array:
    y = pads.pad(x, padding=padding, mode=mode, value=value)
    if mode == "reflect" and padding[-1][0] == x.shape[-1] - 1 > 0:
        y[..., 0] = y[..., 1]
    return y


@fault("max_pool2d_input_grad")
def gradient_of_fifth_column_lost(g: Array, x: Array, **options: Any) -> Array:
    g = np.array(g)
    if g.shape[3] > 4:
        g[..., -1] = 0
    return pooling_gradients.max_pool_input_grad(g, x, **options)


@fault("convolve")
def long_signals_wrap_around(x: Array, k: Array, *, mode: Any) -> Array:
    y = signal.convolve(x, k, mode=mode)
    if mode == "full" and x.shape[0] > 8 and k.shape[0] > 2:
        y = np.array(y)
        y[0] += y[-1]
    return y
