"""MLX as a target, on the CPU: ``mlx``.

Convolutions are ``mx.conv1d`` to ``mx.conv3d`` where both sides are padded alike, and ``mx.conv_general`` else;
transposed ones are ``mx.conv_transpose1d`` to ``3d``; poolings are the layers of ``mlx.nn``; gradients go through
``mx.vjp``.  Arrays are handed over channels last, as MLX has them, and results are asked for at once.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import Any

import ml_dtypes
import numpy as np

from cnnspec.adapters.framework import Call, assemble, fixed
from cnnspec.adapters.styles import Form
from cnnspec.errors import ShapeError, Unsupported
from cnnspec.implementation import Implementation

MODES = {"constant": "constant", "replicate": "edge", "reflect": "reflect", "symmetric": "symmetric"}

SYMMETRIC = Form("ints")
OWN = {"accumulator": "own"}
NUMERICS = {"bias": "rounded", **OWN}
"""A bias is added to sums that were rounded to their dtype."""

NOTES = (
    "arrays are copied into MLX, channels last",
    "pads that differ between the sides go through conv_general; transposed layers and poolings take one per axis",
    "three dimensions have no groups; the groups of conv_transpose2d, which it documents as 1 alone, are not claimed",
    "poolings have no dilation and no ceil_mode, and averages count padding",
    "a tie in a maximum shares the cotangent",
    "mx.convolve takes one axis, and is not checked",
)


def implementation(options: dict[str, str]) -> Implementation:
    """MLX on the CPU."""
    import mlx.core as mx

    mx.set_default_device(mx.cpu)
    calls: dict[str, Call] = {}
    for rank in (1, 2, 3):
        calls |= _convolutions(rank) | _transposed(rank) | _pools(rank)
    calls |= _every_rank()
    ties = {"pool.max.grad_tie": "split"}
    return assemble("mlx", metadata.version("mlx"), calls, through=saying_no, dialects=ties, notes=NOTES)


def saying_no(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``; what MLX says it does not support is not claimed."""

    def call(*arrays: Any, **options: Any) -> Any:
        try:
            return function(*arrays, **options)
        except ValueError as error:
            if "unsupported data type" in str(error):
                raise Unsupported(f"MLX: {error}") from error
            raise

    return call


# ------------------------------------------------------------------------------------------------------ arrays, in MLX


def to_mlx(array: Any) -> Any:
    """The array in MLX, in its own dtype; by itself MLX would make float64 to float32."""
    import mlx.core as mx

    array = np.ascontiguousarray(array)  # MLX takes no negative strides
    if array.dtype == ml_dtypes.bfloat16:
        return mx.array(array.view(np.uint16)).view(mx.bfloat16)
    return mx.array(array, dtype=getattr(mx, array.dtype.name))


def to_numpy(array: Any) -> Any:
    """The array as a new one of NumPy; bfloat16 becomes the dtype of that name in ``ml_dtypes``."""
    import mlx.core as mx

    if array.dtype == mx.bfloat16:
        return np.array(mx.contiguous(array).view(mx.uint16)).view(ml_dtypes.bfloat16)
    return np.array(array)


def last(array: Any) -> Any:
    """Data (N, C, *s), or weights (O, C, *k), channels last."""
    return to_mlx(np.moveaxis(np.asarray(array), 1, -1))


def first(array: Any) -> Any:
    """The inverse of :func:`last`."""
    return np.array(np.moveaxis(to_numpy(array), -1, 1))


def pulled_back(forward: Callable[[Any], Any], at: Any, g: Any) -> Any:
    """The cotangent ``g`` pulled back through ``forward`` at a point."""
    import mlx.core as mx

    if not mx.issubdtype(g.dtype, mx.floating):
        raise Unsupported(f"MLX does not differentiate functions of {g.dtype}")
    return mx.vjp(forward, [at], [g])[1][0]


def with_bias(y: Any, b: Any) -> Any:
    """A result (N, *s, O) with the bias (O,), if there is one, as the layers of ``mlx.nn`` add it."""
    if b is not None and np.shape(b) != y.shape[-1:]:
        raise ShapeError(f"the bias has the shape {np.shape(b)}, and there are {y.shape[-1]} channels")
    return y if b is None else y + to_mlx(b)


def bare(values: Any, rank: int) -> Any:
    """The int of a tuple of one, in one dimension: functions of one dimension take no tuples."""
    return values[0] if rank == len(values) == 1 else tuple(values)


# ----------------------------------------------------------------------------------------------------------- operations


def _convolutions(rank: int) -> dict[str, Call]:
    import mlx.core as mx

    symmetric = getattr(mx, f"conv{rank}d")

    def forward(x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        low, high = ([pair[side] for pair in padding] for side in (0, 1))
        if low == high:
            return symmetric(x, w, bare(stride, rank), bare(low, rank), bare(dilation, rank), groups)
        return mx.conv_general(x, w, list(stride), (low, high), list(dilation), groups=groups)

    def conv(x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        y = forward(last(x), last(w), stride, padding, dilation, groups)
        return first(with_bias(y, b))

    def input_grad(g: Any, w: Any, *, input_size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        g, w = last(g), last(w)
        x = mx.zeros((g.shape[0], *input_size, w.shape[-1] * groups), dtype=g.dtype)
        return first(pulled_back(lambda x: forward(x, w, stride, padding, dilation, groups), x, g))

    def weight_grad(g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        g, x = last(g), last(x)
        w = mx.zeros((g.shape[-1], *kernel_size, x.shape[-1] // max(groups, 1)), dtype=g.dtype)
        return first(pulled_back(lambda w: forward(x, w, stride, padding, dilation, groups), w, g))

    held = {"groups": 1} if rank == 3 else {}
    return {
        f"conv{rank}d": Call(fixed(conv, **held), numerics=NUMERICS),
        f"conv{rank}d_input_grad": Call(fixed(input_grad, **held), numerics=OWN),
        f"conv{rank}d_weight_grad": Call(fixed(weight_grad, **held), numerics=OWN),
    }


def _transposed(rank: int) -> dict[str, Call]:
    import mlx.core as mx

    transposed = getattr(mx, f"conv_transpose{rank}d")

    def in_groups(w: Any, groups: int) -> Any:
        """Weights (C, O/g, *k) as MLX has them, (O, *k, C/g)."""
        w = np.asarray(w)
        if groups < 1 or w.shape[0] % groups:
            raise Unsupported(f"there is no way to hand over {w.shape[0]} channels in {groups} groups")
        blocks = w.reshape(groups, w.shape[0] // groups, *w.shape[1:]).swapaxes(1, 2)
        return last(blocks.reshape(groups * w.shape[1], -1, *w.shape[2:]))

    def forward(x: Any, w: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: Any) -> Any:
        given = (bare(option, rank) for option in (stride, padding, dilation, output_padding))
        return transposed(x, w, *given, groups)

    def conv_transpose(
        x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: Any
    ) -> Any:
        y = forward(last(x), in_groups(w, groups), stride, padding, output_padding, dilation, groups)
        return first(with_bias(y, b))

    def input_grad(
        g: Any, w: Any, *, input_size: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: Any
    ) -> Any:
        g, v = last(g), in_groups(w, groups)
        x = mx.zeros((g.shape[0], *input_size, w.shape[0]), dtype=g.dtype)
        return first(pulled_back(lambda x: forward(x, v, stride, padding, output_padding, dilation, groups), x, g))

    def weight_grad(
        g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any
    ) -> Any:
        g, x = last(g), last(x)
        w = mx.zeros((g.shape[-1], *kernel_size, x.shape[-1]), dtype=g.dtype)
        dw = pulled_back(lambda w: forward(x, w, stride, padding, output_padding, dilation, 1), w, g)
        return np.array(first(dw).swapaxes(0, 1))

    held = {} if rank == 1 else {"groups": 1}
    return {
        f"conv_transpose{rank}d": Call(fixed(conv_transpose, **held), SYMMETRIC, numerics=NUMERICS),
        f"conv_transpose{rank}d_input_grad": Call(fixed(input_grad, **held), SYMMETRIC, numerics=OWN),
        f"conv_transpose{rank}d_weight_grad": Call(weight_grad, SYMMETRIC, numerics=OWN),
    }


def _pools(rank: int) -> dict[str, Call]:
    from mlx import nn

    maximum, average = getattr(nn, f"MaxPool{rank}d"), getattr(nn, f"AvgPool{rank}d")

    def max_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any) -> Any:
        return first(maximum(kernel_size, stride, padding)(last(x)))

    def avg_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, count_include_pad: Any) -> Any:
        _counted(padding, count_include_pad)
        return first(average(kernel_size, stride, padding)(last(x)))

    def max_pool_input_grad(g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any) -> Any:
        return first(pulled_back(maximum(kernel_size, stride, padding), last(x), last(g)))

    def avg_pool_input_grad(
        g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, count_include_pad: Any
    ) -> Any:
        _counted(padding, count_include_pad)
        return first(pulled_back(average(kernel_size, stride, padding), last(x), last(g)))

    real = {"count_include_pad": (True,)}
    return {
        f"max_pool{rank}d": Call(max_pool, SYMMETRIC),
        f"avg_pool{rank}d": Call(avg_pool, SYMMETRIC, choices=real, numerics=OWN),
        f"max_pool{rank}d_input_grad": Call(max_pool_input_grad, SYMMETRIC, numerics=OWN),
        f"avg_pool{rank}d_input_grad": Call(avg_pool_input_grad, SYMMETRIC, choices=real, numerics=OWN),
    }


def _counted(padding: Any, count_include_pad: Any) -> None:
    if not count_include_pad and any(padding):
        raise Unsupported("MLX's averages count padding")


def _every_rank() -> dict[str, Call]:
    import mlx.core as mx

    def largest(x: Any) -> Any:
        return mx.max(x, axis=tuple(range(1, x.ndim - 1)), keepdims=True)

    def mean(x: Any) -> Any:
        return mx.mean(x, axis=tuple(range(1, x.ndim - 1)), keepdims=True)

    def padded(x: Any, padding: Any, mode: str, value: Any) -> Any:
        word: Any = MODES.get(mode, mode)
        return mx.pad(x, [(0, 0), *padding, (0, 0)], word, value)

    def pad(x: Any, *, padding: Any, mode: Any, value: Any) -> Any:
        return first(padded(last(x), padding, mode, value))

    def pad_input_grad(g: Any, *, input_size: Any, padding: Any, mode: Any) -> Any:
        g = last(g)
        x = mx.zeros((g.shape[0], *input_size, g.shape[-1]), dtype=g.dtype)
        return first(pulled_back(lambda x: padded(x, padding, mode, 0), x, g))

    def conv_bias_grad(g: Any) -> Any:
        g = last(g)
        return to_numpy(pulled_back(lambda b: mx.zeros_like(g) + b, mx.zeros(g.shape[-1:], dtype=g.dtype), g))

    def relu(x: Any) -> Any:
        return mx.maximum(x, 0)  # nn.relu is this, compiled anew for every kind of array

    modes: dict[str, Any] = {"padding": "asymmetric", "choices": {"mode": tuple(MODES)}}
    return {
        "global_max_pool": Call(lambda x: first(largest(last(x)))),
        "global_avg_pool": Call(lambda x: first(mean(last(x))), numerics=OWN),
        "global_max_pool_input_grad": Call(lambda g, x: first(pulled_back(largest, last(x), last(g)))),
        "global_avg_pool_input_grad": Call(lambda g, x: first(pulled_back(mean, last(x), last(g))), numerics=OWN),
        "pad": Call(pad, **modes),
        "pad_input_grad": Call(pad_input_grad, numerics=OWN, **modes),
        "conv_bias_grad": Call(conv_bias_grad, numerics=OWN),
        "relu": Call(lambda x: first(relu(last(x)))),
        "relu_input_grad": Call(lambda g, x: first(pulled_back(relu, last(x), last(g)))),
    }
