"""Keras on TensorFlow as a target: ``tensorflow?api=keras``.

Calls are those of ``keras.ops`` (and the global pooling layers), eagerly, channels last; gradients go through
``tf.GradientTape``.  Pads are Keras's words alone: ``valid``, or ``same`` where they are those of ``same_upper``.
"""

from __future__ import annotations

import os
from typing import Any

from cnnspec.adapters.framework import Call, assemble, fixed
from cnnspec.adapters.tensorflow import (
    NUMERICS,
    OWN,
    SAME,
    first,
    is_same,
    kernel,
    last,
    pulled_back,
    saying_no,
    weights,
)
from cnnspec.errors import Unsupported
from cnnspec.implementation import Implementation

MODES = ("constant", "reflect", "symmetric")

NOTES = (
    "Keras runs on TensorFlow, channels last; arrays are copied",
    "pads are valid, or same where they are those of same_upper",
    "groups are those of depthwise_conv, one channel each; other groups are compiled anew by XLA at every call",
    "a transposed convolution has no pads: what same crops beside output_padding, Keras does not say",
    "averages are those of real elements, and there is neither ceil_mode nor a dilation of poolings",
)


def implementation() -> Implementation:
    """Keras's operations on TensorFlow."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import tensorflow as tf

    calls: dict[str, Call] = {}
    for rank in (1, 2, 3):
        calls |= _convolutions(rank) | _pools(rank) | _adaptive(rank)
    version = f"{keras.__version__} on TensorFlow {tf.__version__}"
    return assemble("Keras", version, calls | _every_rank(), through=saying_no, notes=NOTES)


def word(padding: Any, extents: Any, size: Any, stride: Any, dilation: Any) -> str:
    """The pads in Keras's words."""
    if not any(any(pair) for pair in padding):
        return "valid"
    if is_same(padding, extents, size, stride, dilation):
        return "same"
    raise Unsupported(f"Keras takes pads of same_upper or none, got {padding}")


def _convolutions(rank: int) -> dict[str, Call]:
    import keras
    import tensorflow as tf

    def forward(x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        pads = word(padding, x.shape[1:-1], w.shape[:-2], stride, dilation)
        options = {"strides": stride, "padding": pads, "data_format": "channels_last", "dilation_rate": dilation}
        if groups == 1:
            return keras.ops.conv(x, w, **options)
        if groups != x.shape[-1] or len(set(stride)) > 1:
            raise Unsupported("depthwise_conv takes a group for each channel, and one stride for all axes")
        w = tf.reshape(w, (*w.shape[:-2], groups, -1))  # (*k, 1, C·M) -> (*k, C, M)
        return keras.ops.depthwise_conv(x, w, **options)

    def conv(x: Any, w: Any, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        return first(forward(last(x), kernel(w), stride, padding, dilation, groups))

    def input_grad(g: Any, w: Any, *, input_size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        g, w = last(g), kernel(w)
        x = tf.zeros((g.shape[0], *input_size, w.shape[-2] * groups), g.dtype)
        return first(pulled_back(lambda x: forward(x, w, stride, padding, dilation, groups), x, g))

    def weight_grad(g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        g, x = last(g), last(x)
        w = tf.zeros((*kernel_size, x.shape[-1] // max(groups, 1), g.shape[-1]), g.dtype)
        return weights(pulled_back(lambda w: forward(x, w, stride, padding, dilation, groups), w, g))

    def conv_transpose(x: Any, w: Any, *, stride: Any, output_padding: Any, dilation: Any) -> Any:
        y = keras.ops.conv_transpose(
            last(x), kernel(w), stride, "valid", output_padding, data_format="channels_last", dilation_rate=dilation
        )
        return first(y)

    held = {"groups": 1} if rank == 3 else {}
    limits = (*SAME, "stride_or_dilation", *(() if rank == 3 else ("depthwise_or_one_group",)))
    below = ("output_padding_below_stride", "stride_or_dilation")
    return {
        f"conv{rank}d": Call(fixed(conv, **held), limits=limits, numerics=NUMERICS),
        f"conv{rank}d_input_grad": Call(fixed(input_grad, **held), limits=limits, numerics=OWN),
        f"conv{rank}d_weight_grad": Call(fixed(weight_grad, **held), limits=limits, numerics=OWN),
        f"conv_transpose{rank}d": Call(conv_transpose, padding="none", limits=below, numerics=NUMERICS),
    }


def _pools(rank: int) -> dict[str, Call]:
    import keras

    def pool(operation: Any, x: Any, kernel_size: Any, stride: Any, padding: Any) -> Any:
        pads = word(padding, x.shape[1:-1], kernel_size, stride, (1,) * rank)
        return operation(x, kernel_size, stride, pads, data_format="channels_last")

    def max_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any) -> Any:
        return first(pool(keras.ops.max_pool, last(x), kernel_size, stride, padding))

    def avg_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, count_include_pad: Any) -> Any:
        if count_include_pad and any(map(any, padding)):
            raise Unsupported("Keras's averages never count padding")
        return first(pool(keras.ops.average_pool, last(x), kernel_size, stride, padding))

    real = {"count_include_pad": (False,)}
    return {
        f"max_pool{rank}d": Call(max_pool, limits=SAME),
        f"avg_pool{rank}d": Call(avg_pool, limits=SAME, choices=real, numerics=OWN),
    }


def _adaptive(rank: int) -> dict[str, Call]:
    import keras

    def largest(x: Any, output_size: Any) -> Any:
        return keras.ops.adaptive_max_pool(x, output_size, data_format="channels_last")

    def mean(x: Any, output_size: Any) -> Any:
        return keras.ops.adaptive_average_pool(x, output_size, data_format="channels_last")

    def adaptive_max_pool(x: Any, *, output_size: Any) -> Any:
        return first(largest(last(x), output_size))

    def adaptive_avg_pool(x: Any, *, output_size: Any) -> Any:
        return first(mean(last(x), output_size))

    def adaptive_max_pool_input_grad(g: Any, x: Any, *, output_size: Any) -> Any:
        return first(pulled_back(lambda x: largest(x, output_size), last(x), last(g)))

    def adaptive_avg_pool_input_grad(g: Any, x: Any, *, output_size: Any) -> Any:
        return first(pulled_back(lambda x: mean(x, output_size), last(x), last(g)))

    return {
        f"adaptive_max_pool{rank}d": Call(adaptive_max_pool),
        f"adaptive_avg_pool{rank}d": Call(adaptive_avg_pool, numerics=OWN),
        f"adaptive_max_pool{rank}d_input_grad": Call(adaptive_max_pool_input_grad, numerics=OWN),
        f"adaptive_avg_pool{rank}d_input_grad": Call(adaptive_avg_pool_input_grad, numerics=OWN),
    }


def _every_rank() -> dict[str, Call]:
    import keras

    def layer(name: str, x: Any) -> Any:
        made = getattr(keras.layers, f"{name}{x.ndim - 2}D")
        return first(made(data_format="channels_last", keepdims=True, dtype=x.dtype.name)(last(x)))

    def global_max_pool(x: Any) -> Any:
        return layer("GlobalMaxPooling", x)

    def global_avg_pool(x: Any) -> Any:
        return layer("GlobalAveragePooling", x)

    def pad(x: Any, *, padding: Any, mode: Any, value: Any) -> Any:
        constant = {"constant_values": value} if mode == "constant" else {}
        return first(keras.ops.pad(last(x), ((0, 0), *padding, (0, 0)), mode, **constant))

    limits = ("reflect_pads_below_extent", "circular_pads_within_extent")
    return {
        "global_max_pool": Call(global_max_pool),
        "global_avg_pool": Call(global_avg_pool, numerics=OWN),
        "pad": Call(pad, limits=limits, choices={"mode": MODES}),
        "relu": Call(lambda x: first(keras.ops.relu(last(x)))),
        "relu_input_grad": Call(lambda g, x: first(pulled_back(keras.ops.relu, last(x), last(g)))),
    }
