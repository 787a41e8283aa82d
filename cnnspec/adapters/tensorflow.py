"""TensorFlow as a target, on the CPU: ``tensorflow``, or Keras on top of it: ``tensorflow?api=keras``.

Calls are those of ``tf.nn`` and ``tf.pad``, eagerly; gradients go through ``tf.GradientTape``.  Arrays are handed over
channels last, as TensorFlow has them on a CPU.  Pads go by TensorFlow's own words wherever one of them means the pads
of the call (``VALID``, or ``SAME`` where they are those of ``same_upper``), and else as numbers where the function
takes numbers.  ``tensorflow?onednn=off`` asks for TensorFlow's own kernels in place of oneDNN's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

import numpy as np

from cnnspec.adapters.framework import Call, assemble, check_pads, fixed
from cnnspec.errors import ShapeError, TargetError, Unsupported
from cnnspec.geometry import same_pads
from cnnspec.implementation import Implementation, PaddingClaim

MODES = {"constant": "CONSTANT", "reflect": "REFLECT", "symmetric": "SYMMETRIC"}

SAME = ("padding_none_or_same_upper",)
STRIDE_OR_DILATION = ("stride_or_dilation",)
BELOW_STRIDE = ("output_padding_below_stride",)

OWN = {"accumulator": "own"}
NUMERICS = {"bias": "rounded", **OWN}
"""A bias is added to sums that were rounded to their dtype; sums of 16-bit floats may be kept in 16 bits."""

NOT_YET = (
    "not yet support",
    "not supported on CPU",
    "only supports",
    "not implemented for",
    "not supported in conjunction",
)
"""What TensorFlow writes of valid calls that it has no kernel for."""

NOTES = (
    "arrays are copied into TensorFlow, channels last",
    "pads are VALID, or SAME where they are those of same_upper; else numbers, where the function takes numbers",
    "groups follow from the shapes of x and w",
    "groups of one channel are tf.nn.depthwise_conv2d as far as that goes: one stride, which is 1 beside a dilation",
    "averages are those of real elements (SAME), and there is no ceil_mode",
    "a maximum with a dilation is tf.nn.pool, which takes no pads then",
    "max_pool2d_with_indices is tf.nn.max_pool_with_argmax; its indices count through the image, channels last",
)


def implementation(options: dict[str, str]) -> Implementation:
    """TensorFlow's CPU kernels with one thread, through ``tf.nn`` or through Keras."""
    api = _choice(options, "api", ("nn", "keras"))
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1" if _choice(options, "onednn", ("on", "off")) == "on" else "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # each refused call would be logged on standard error
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import tensorflow as tf

    with suppress(RuntimeError):  # it has computed something in this process already
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.nn.relu(tf.zeros(1))  # the first call sets up the runtime, which may take longer than a trial
    if api == "keras":
        keras: Implementation = import_module("cnnspec.adapters.keras").implementation()
        return keras
    calls: dict[str, Call] = {}
    for rank in (1, 2, 3):
        calls |= _convolutions(rank) | _transposed(rank) | _pools(rank)
    calls |= _every_rank()
    return assemble("tensorflow", tf.__version__, calls, through=saying_no, notes=NOTES)


def _choice(options: dict[str, str], name: str, values: tuple[str, ...]) -> str:
    value = options.get(name, values[0])
    if value not in values:
        raise TargetError(f"tensorflow: {name} must be one of {', '.join(values)}; got {value!r}")
    return value


def saying_no(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``; what TensorFlow says it does not support is not claimed."""
    import tensorflow as tf

    def call(*arrays: Any, **options: Any) -> Any:
        try:
            return function(*arrays, **options)
        except tf.errors.UnimplementedError as error:
            raise Unsupported(f"TensorFlow: {error.message}") from error
        except (tf.errors.InvalidArgumentError, ValueError) as error:
            if any(words in str(error) for words in NOT_YET):
                raise Unsupported(f"TensorFlow: {error}") from error
            raise

    return call


# --------------------------------------------------------------------------------------------------- arrays and tensors


def last(array: Any) -> Any:
    """Data (N, C, *s) as a tensor (N, *s, C)."""
    import tensorflow as tf

    return tf.constant(np.moveaxis(np.asarray(array), 1, -1))


def kernel(array: Any) -> Any:
    """Weights (O, C/g, *k) as a tensor (*k, C/g, O); of a transposed convolution (C, O, *k) as (*k, O, C)."""
    import tensorflow as tf

    return tf.constant(np.moveaxis(np.asarray(array), (1, 0), (-2, -1)))


def first(tensor: Any) -> Any:
    """Data (N, *s, C) as a new array (N, C, *s)."""
    return np.array(np.moveaxis(tensor.numpy(), -1, 1))


def weights(tensor: Any) -> Any:
    """The inverse of :func:`kernel`."""
    return np.array(np.moveaxis(tensor.numpy(), (-2, -1), (1, 0)))


def each(values: Any) -> list[int]:
    """One number per axis of a tensor, from one per spatial axis."""
    return [1, *values, 1]


def word(padding: Any, extents: Any, size: Any, stride: Any, dilation: Any, numbers: bool) -> Any:
    """The pads in TensorFlow's words, or in numbers where it takes those."""
    check_pads(padding, len(extents))
    if is_same(padding, extents, size, stride, dilation):
        return "SAME" if any(map(any, padding)) else "VALID"
    if not any(any(pair) for pair in padding):
        return "VALID"
    if not numbers:
        raise Unsupported(f"TensorFlow takes pads of same_upper or none here, got {padding}")
    return [[0, 0], *map(list, padding), [0, 0]]


def is_same(padding: Any, extents: Any, size: Any, stride: Any, dilation: Any) -> bool:
    """Whether the pads are those of ``same_upper``; not so where an option is none of a window."""
    per_axis = (extents, size, stride, dilation)
    if any(len(values) != len(padding) for values in per_axis) or min(map(min, per_axis[1:])) < 1:
        return False
    return tuple(padding) == tuple(same_pads(*axis) for axis in zip(*per_axis, strict=True))


def pulled_back(forward: Callable[[Any], Any], at: Any, g: Any) -> Any:
    """The cotangent ``g`` pulled back through ``forward`` at a point, by a tape."""
    import tensorflow as tf

    if not g.dtype.is_floating:
        raise Unsupported(f"TensorFlow does not differentiate functions of {g.dtype.name}")
    with tf.GradientTape() as tape:
        tape.watch(at)
        y = forward(at)
    if y.shape != g.shape:
        raise Unsupported(f"the result has the shape {tuple(y.shape)}, and its cotangent {tuple(g.shape)}")
    return tape.gradient(y, at, g)


def zeros(shape: Sequence[int], like: Any) -> Any:
    """The point at which a function that is linear is differentiated."""
    import tensorflow as tf

    return tf.zeros(shape, like.dtype)


# ----------------------------------------------------------------------------------------------------------- operations


def _convolutions(rank: int) -> dict[str, Call]:
    import tensorflow as tf

    convolution = getattr(tf.nn, f"conv{rank}d")

    def forward(x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        if x.shape.rank != rank + 2:
            raise ShapeError(f"there are {rank} spatial axes here; TensorFlow takes those in front as a batch")
        if groups * w.shape[-2] != x.shape[-1]:
            raise Unsupported(f"TensorFlow takes groups from the shapes of x and w; they are not {groups}")
        pads = word(padding, x.shape[1:-1], w.shape[:-2], stride, dilation, rank == 2)
        one = rank == 2 and w.ndim == 4 and 1 < groups == x.shape[-1] and w.dtype.is_floating  # a channel in each group
        if one and len(set(stride)) < 2 and (max(dilation) == 1 or max(stride) == 1):
            w = tf.reshape(w, (*w.shape[:2], groups, -1))  # (*k, 1, C·M) -> (*k, C, M)
            return tf.nn.depthwise_conv2d(x, w, each(stride), pads, dilations=dilation)
        return convolution(x, w, each(stride), pads, dilations=each(dilation))

    def conv(x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        y = forward(last(x), kernel(w), stride, padding, dilation, groups)
        return first(y if b is None else tf.nn.bias_add(y, tf.constant(np.asarray(b))))

    def input_grad(g: Any, w: Any, *, input_size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        g, w = last(g), kernel(w)
        x = zeros((g.shape[0], *input_size, w.shape[-2] * groups), g)
        return first(pulled_back(lambda x: forward(x, w, stride, padding, dilation, groups), x, g))

    def weight_grad(g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        g, x = last(g), last(x)
        w = zeros((*kernel_size, x.shape[-1] // max(groups, 1), g.shape[-1]), g)
        return weights(pulled_back(lambda w: forward(x, w, stride, padding, dilation, groups), w, g))

    held = {"groups": 1} if rank == 3 else {}
    limits = () if rank == 2 else SAME
    return {
        f"conv{rank}d": Call(fixed(conv, **held), limits=limits, numerics=NUMERICS),
        f"conv{rank}d_input_grad": Call(fixed(input_grad, **held), limits=limits, numerics=OWN),
        f"conv{rank}d_weight_grad": Call(fixed(weight_grad, **held), limits=limits, numerics=OWN),
    }


def _transposed(rank: int) -> dict[str, Call]:
    import tensorflow as tf

    transposed = getattr(tf.nn, f"conv{rank}d_transpose")

    def forward(x: Any, w: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any) -> Any:
        size = w.shape[:-2]
        columns = zip(x.shape[1:-1], size, stride, dilation, padding, output_padding, strict=True)
        extents = [(n - 1) * s + (k - 1) * d + 1 - lo - hi + e for n, k, s, d, (lo, hi), e in columns]
        pads = word(padding, extents, size, stride, dilation, rank == 2)
        return transposed(x, w, (x.shape[0], *extents, w.shape[-2]), each(stride), pads, dilations=each(dilation))

    def conv_transpose(
        x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, output_padding: Any, dilation: Any
    ) -> Any:
        y = forward(last(x), kernel(w), stride, padding, output_padding, dilation)
        return first(y if b is None else tf.nn.bias_add(y, tf.constant(np.asarray(b))))

    def input_grad(
        g: Any, w: Any, *, input_size: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any
    ) -> Any:
        g, w = last(g), kernel(w)
        x = zeros((g.shape[0], *input_size, w.shape[-1]), g)
        return first(pulled_back(lambda x: forward(x, w, stride, padding, output_padding, dilation), x, g))

    def weight_grad(
        g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any
    ) -> Any:
        g, x = last(g), last(x)
        w = zeros((*kernel_size, g.shape[-1], x.shape[-1]), g)
        return weights(pulled_back(lambda w: forward(x, w, stride, padding, output_padding, dilation), w, g))

    kind: PaddingClaim = "asymmetric" if rank == 2 else "none"
    shared: dict[str, Any] = {"padding": kind, "limits": BELOW_STRIDE}
    return {
        f"conv_transpose{rank}d": Call(conv_transpose, numerics=NUMERICS, **shared),
        f"conv_transpose{rank}d_input_grad": Call(input_grad, numerics=OWN, **shared),
        f"conv_transpose{rank}d_weight_grad": Call(weight_grad, numerics=OWN, **shared),
    }


def _pools(rank: int) -> dict[str, Call]:
    import tensorflow as tf

    maximum, average = getattr(tf.nn, f"max_pool{rank}d"), getattr(tf.nn, f"avg_pool{rank}d")

    def max_forward(x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
        pads = word(padding, x.shape[1:-1], kernel_size, stride, dilation, rank < 3)
        if tuple(dilation) == (1,) * rank:
            return maximum(x, each(kernel_size), each(stride), pads)
        if pads != "VALID":
            raise Unsupported(f"tf.nn.pool takes no pads beside a dilation, got {padding}")
        return tf.nn.pool(x, kernel_size, "MAX", stride, pads, dilations=dilation)

    def avg_forward(x: Any, kernel_size: Any, stride: Any, padding: Any) -> Any:
        pads = word(padding, x.shape[1:-1], kernel_size, stride, (1,) * rank, numbers=False)
        return average(x, each(kernel_size), each(stride), pads)

    def max_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
        return first(max_forward(last(x), kernel_size, stride, padding, dilation))

    def avg_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, count_include_pad: Any) -> Any:
        _real_only(padding, count_include_pad)
        return first(avg_forward(last(x), kernel_size, stride, padding))

    def max_pool_input_grad(g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
        return first(pulled_back(lambda x: max_forward(x, kernel_size, stride, padding, dilation), last(x), last(g)))

    def avg_pool_input_grad(
        g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, count_include_pad: Any
    ) -> Any:
        _real_only(padding, count_include_pad)
        return first(pulled_back(lambda x: avg_forward(x, kernel_size, stride, padding), last(x), last(g)))

    limits = (*STRIDE_OR_DILATION, *(SAME if rank == 3 else ("padding_below_kernel",)))
    real = {"count_include_pad": (False,)}
    calls = {
        f"max_pool{rank}d": Call(max_pool, limits=limits),
        f"avg_pool{rank}d": Call(avg_pool, limits=SAME, choices=real, numerics=OWN),
        f"max_pool{rank}d_input_grad": Call(max_pool_input_grad, limits=limits, numerics=OWN),
        f"avg_pool{rank}d_input_grad": Call(avg_pool_input_grad, limits=SAME, choices=real, numerics=OWN),
    }
    return calls | ({"max_pool2d_with_indices": Call(_with_indices, limits=SAME)} if rank == 2 else {})


def _real_only(padding: Any, count_include_pad: Any) -> None:
    if count_include_pad and any(map(any, padding)):
        raise Unsupported("TensorFlow's averages never count padding")


def _with_indices(x: Any, *, kernel_size: Any, stride: Any, padding: Any) -> Any:
    import tensorflow as tf

    x = last(x)
    pads = word(padding, x.shape[1:-1], kernel_size, stride, (1, 1), numbers=False)
    values, indices = tf.nn.max_pool_with_argmax(x, each(kernel_size), each(stride), pads)
    return first(values), first(indices) // max(
        x.shape[-1], 1
    )  # they count (row · width + column) · channels + channel


def _every_rank() -> dict[str, Call]:
    import tensorflow as tf

    def spatial(x: Any) -> range:
        return range(1, x.shape.rank - 1)

    def largest(x: Any) -> Any:
        return tf.reduce_max(x, spatial(x), keepdims=True)

    def mean(x: Any) -> Any:
        return tf.reduce_mean(x, spatial(x), keepdims=True)

    def padded(x: Any, padding: Any, mode: str, value: Any) -> Any:
        pads = [[0, 0], *map(list, padding), [0, 0]]
        constant = {"constant_values": tf.constant(value, x.dtype)} if mode == "constant" else {}
        return tf.pad(x, pads, MODES.get(mode, mode), **constant)

    def pad(x: Any, *, padding: Any, mode: Any, value: Any) -> Any:
        return first(padded(last(x), padding, mode, value))

    def pad_input_grad(g: Any, *, input_size: Any, padding: Any, mode: Any) -> Any:
        g = last(g)
        x = zeros((g.shape[0], *input_size, g.shape[-1]), g)
        return first(pulled_back(lambda x: padded(x, padding, mode, 0), x, g))

    def conv_bias_grad(g: Any) -> Any:
        g = last(g)
        b = zeros(g.shape[-1:], g)
        return np.array(pulled_back(lambda b: tf.nn.bias_add(zeros(g.shape, g), b), b, g).numpy())

    modes: dict[str, Any] = {"padding": "asymmetric", "choices": {"mode": tuple(MODES)}}
    limits = ("reflect_pads_below_extent", "circular_pads_within_extent")
    return {
        "global_max_pool": Call(lambda x: first(largest(last(x)))),
        "global_avg_pool": Call(lambda x: first(mean(last(x))), numerics=OWN),
        "global_avg_pool_input_grad": Call(lambda g, x: first(pulled_back(mean, last(x), last(g)))),
        "pad": Call(pad, limits=limits, **modes),
        "pad_input_grad": Call(pad_input_grad, limits=limits, numerics=OWN, **modes),
        "conv_bias_grad": Call(conv_bias_grad, numerics=OWN),
        "relu": Call(lambda x: first(tf.nn.relu(last(x)))),
        "relu_input_grad": Call(lambda g, x: first(pulled_back(tf.nn.relu, last(x), last(g)))),
    }
