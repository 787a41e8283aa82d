"""tinygrad as a target: ``tinygrad``, or ``tinygrad?device=PYTHON`` for its interpreter, which needs no compiler.

Calls are the methods of ``Tensor``; those for two dimensions take any number of them.  Gradients go through
``Tensor.gradient``.  The default device is the CPU, for which tinygrad writes, optimises and compiles each new kernel:
that takes nearly all of the time of a run, and most of it is spent on optimising loops that run once.
``tinygrad?kernels=plain`` leaves the loops as they are, as ``NOOPT=1`` in tinygrad's environment does, which takes
about half the time.  Results may differ: such a loop multiplies zeros of padding that an optimised one leaves out.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import cache
from importlib import metadata
from typing import Any

import ml_dtypes
import numpy as np

from cnnspec.adapters.detection import Probing
from cnnspec.adapters.framework import SHAPES_ARE_SHARED, Call, assemble, check_pads
from cnnspec.adapters.onnx_models import choice
from cnnspec.errors import TargetError, Unsupported
from cnnspec.implementation import Implementation

DEVICES = ("CPU", "PYTHON")
KERNELS = ("optimized", "plain")
MODES = ("constant", "reflect", "replicate", "circular")
OWN = {"accumulator": "own"}
NUMERICS = {"bias": "rounded", **OWN}
"""A bias is added to sums that were rounded to their dtype."""

NOTES = (
    "arrays are copied into tinygrad",
    "gradients go through Tensor.gradient; integers have none",
    SHAPES_ARE_SHARED,
    "indices of a maximum are turned to int64",
    "a tie in a maximum shares the cotangent",
    "circular pads are at most the extent, reflect pads below it",
    "dtypes are those for which a call can be built; bfloat16 where the compiler has it",
)


def implementation(options: dict[str, str]) -> Implementation:
    """The methods of tinygrad's ``Tensor``, on the asked device."""
    device = options.get("device", "CPU").upper()
    if device.partition(":")[0] not in DEVICES:
        raise TargetError(f"tinygrad: device must be one of {', '.join(DEVICES)}; got {device!r}")
    if device == "CPU" and not os.environ.get("CC") and shutil.which("clang") is None:
        raise TargetError("tinygrad compiles for the CPU with clang, which is not installed: install it, name another"
                          " one in the environment variable CC, or use tinygrad?device=PYTHON")  # fmt: skip
    kernels = choice("tinygrad", options, "kernels", KERNELS)
    os.environ["DEV"] = device
    _settings(plain=kernels == "plain")
    if not Probing.dtypes:
        _computes_bfloat16()  # the first kernel starts device and compiler, which may take longer than a trial
    calls: dict[str, Call] = {}
    for rank in (1, 2, 3):
        calls |= _convolutions(rank) | _transposed(rank) | _pools(rank)
    calls |= _every_rank()
    dialects = {"pool.max.grad_tie": "split", "num.int": "widen"}
    notes = (*NOTES, f"kernels are {kernels}")
    return assemble(
        "tinygrad",
        metadata.version("tinygrad"),
        calls,
        through=_numpy,
        trial=_lazy,
        dialects=dialects,
        compiled=True,
        notes=notes,
    )


def _settings(*, plain: bool) -> None:
    """Tell tinygrad's optimiser to leave loops as they are, or not to; and kernels to be compiled in this process.

    For the few kernels of one call it takes longer to start other processes.
    """
    from tinygrad.helpers import NOOPT, PARALLEL

    NOOPT.value, PARALLEL.value = int(plain), 0


def to_tensor(array: Any) -> Any:
    """The array as a tensor of its own dtype."""
    from tinygrad import Tensor, dtypes

    array = np.ascontiguousarray(array)
    if array.dtype == ml_dtypes.bfloat16:
        return Tensor(array.view(np.uint16)).bitcast(dtypes.bfloat16)
    return Tensor(array)


def to_array(tensor: Any) -> Any:
    """The tensor as a new array; bfloat16 becomes the dtype of that name in ``ml_dtypes``."""
    from tinygrad import dtypes

    if tensor.dtype == dtypes.bfloat16:
        return np.array(tensor.contiguous().bitcast(dtypes.uint16).numpy()).view(ml_dtypes.bfloat16)
    return np.array(tensor.numpy())


def _numpy(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` of tensors as a function of arrays."""

    def call(*arrays: Any, **options: Any) -> Any:
        result = function(*map(to_tensor, arrays), **options)
        return tuple(map(to_array, result)) if isinstance(result, tuple) else to_array(result)

    return call


def _lazy(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` of arrays, built and not computed: compiling each trial call would take minutes."""

    def call(*arrays: Any, **options: Any) -> Any:
        if any(array.dtype == ml_dtypes.bfloat16 for array in arrays) and not _computes_bfloat16():
            raise Unsupported("the compiler has no arithmetic of bfloat16")
        return function(*map(to_tensor, arrays), **options)

    return call


@cache
def _computes_bfloat16() -> bool:
    """Whether a kernel of bfloat16 compiles: not with a clang before 15."""
    try:
        to_array(to_tensor(np.ones(2, ml_dtypes.bfloat16)).relu())
    except Exception:  # noqa: BLE001  whatever a compiler's failure becomes
        return False
    return True


def flat(padding: Any, rank: int) -> Any:
    """(lo, hi) pairs as tinygrad takes them, the last axis first; it would read one pair as a number for each of two.

    Examples
    --------
    >>> flat(((1, 2), (3, 4)), 2)
    (3, 4, 1, 2)
    """
    check_pads(padding, rank)
    return tuple(p for pair in reversed(padding) for p in pair)


def pulled_back(forward: Callable[[Any], Any], at: Any, g: Any) -> Any:
    """The cotangent ``g`` pulled back through ``forward`` at a point."""
    from tinygrad import dtypes

    if not dtypes.is_float(g.dtype):
        raise Unsupported(f"tinygrad does not differentiate functions of {g.dtype}")
    y = forward(at)
    if y.shape != g.shape:
        raise Unsupported(f"the result has the shape {y.shape}, and its cotangent {g.shape}")
    return y.gradient(at, gradient=g)[0]


def zeros(shape: Any, like: Any) -> Any:
    """A point of its own at which a function that is linear is differentiated."""
    from tinygrad import Tensor

    return Tensor.zeros(*shape, dtype=like.dtype).contiguous()


def _convolutions(rank: int) -> dict[str, Call]:
    def conv(x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        return x.conv2d(w, b, groups, stride, dilation, flat(padding, rank))

    def input_grad(g: Any, w: Any, *, input_size: Any, groups: Any, **rest: Any) -> Any:
        x = zeros((g.shape[0], w.shape[1] * groups, *input_size), g)
        return pulled_back(lambda x: conv(x, w, groups=groups, **rest), x, g)

    def weight_grad(g: Any, x: Any, *, kernel_size: Any, groups: Any, **rest: Any) -> Any:
        w = zeros((g.shape[1], x.shape[1] // max(groups, 1), *kernel_size), g)
        return pulled_back(lambda w: conv(x, w, groups=groups, **rest), w, g)

    return {
        f"conv{rank}d": Call(conv, numerics=NUMERICS),
        f"conv{rank}d_input_grad": Call(input_grad, numerics=OWN),
        f"conv{rank}d_weight_grad": Call(weight_grad, numerics=OWN),
    }


def _transposed(rank: int) -> dict[str, Call]:
    def conv_transpose(
        x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: Any
    ) -> Any:
        return x.conv_transpose2d(w, b, groups, stride, dilation, flat(padding, rank), output_padding)

    def input_grad(g: Any, w: Any, *, input_size: Any, **rest: Any) -> Any:
        return pulled_back(lambda x: conv_transpose(x, w, **rest), zeros((g.shape[0], w.shape[0], *input_size), g), g)

    def weight_grad(g: Any, x: Any, *, kernel_size: Any, groups: Any, **rest: Any) -> Any:
        w = zeros((x.shape[1], g.shape[1] // max(groups, 1), *kernel_size), g)
        return pulled_back(lambda w: conv_transpose(x, w, groups=groups, **rest), w, g)

    return {
        f"conv_transpose{rank}d": Call(conv_transpose, numerics=NUMERICS),
        f"conv_transpose{rank}d_input_grad": Call(input_grad, numerics=OWN),
        f"conv_transpose{rank}d_weight_grad": Call(weight_grad, numerics=OWN),
    }


def _pools(rank: int) -> dict[str, Call]:
    def max_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any) -> Any:
        return x.max_pool2d(kernel_size, stride, dilation, flat(padding, rank), ceil_mode)

    def with_indices(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any) -> Any:
        from tinygrad import dtypes

        y, at = x.max_pool2d(kernel_size, stride, dilation, flat(padding, rank), ceil_mode, return_indices=True)
        return y, at.cast(dtypes.int64)

    def avg_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any) -> Any:
        return x.avg_pool2d(kernel_size, stride, 1, flat(padding, rank), ceil_mode, count_include_pad)

    def max_pool_input_grad(
        g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any
    ) -> Any:
        rest = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
        return pulled_back(lambda x: max_pool(x, kernel_size=kernel_size, **rest), x, g)

    def avg_pool_input_grad(
        g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any
    ) -> Any:
        rest = {"padding": padding, "ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
        return pulled_back(lambda x: avg_pool(x, kernel_size=kernel_size, stride=stride, **rest), x, g)

    return {
        f"max_pool{rank}d": Call(max_pool),
        f"max_pool{rank}d_with_indices": Call(with_indices),
        f"avg_pool{rank}d": Call(avg_pool, numerics=OWN),
        f"max_pool{rank}d_input_grad": Call(max_pool_input_grad, numerics=OWN),
        f"avg_pool{rank}d_input_grad": Call(avg_pool_input_grad, numerics=OWN),
    }


def _every_rank() -> dict[str, Call]:
    def largest(x: Any) -> Any:
        return x.max(tuple(range(2, x.ndim)), keepdim=True)

    def mean(x: Any) -> Any:
        return x.mean(tuple(range(2, x.ndim)), keepdim=True)

    def pad(x: Any, *, padding: Any, mode: Any, value: Any) -> Any:
        return x.pad((None, None, *padding), mode, value)

    def pad_input_grad(g: Any, *, input_size: Any, padding: Any, mode: Any) -> Any:
        x = zeros((*g.shape[:2], *input_size), g)
        return pulled_back(lambda x: pad(x, padding=padding, mode=mode, value=0), x, g)

    def conv_bias_grad(g: Any) -> Any:
        each = (1, -1, *(1,) * (g.ndim - 2))
        return pulled_back(lambda b: zeros(g.shape, g) + b.reshape(each), zeros(g.shape[1:2], g), g)

    limits = ("reflect_pads_below_extent", "circular_pads_within_extent")
    return {
        "global_max_pool": Call(largest),
        "global_avg_pool": Call(mean, numerics=OWN),
        "global_max_pool_input_grad": Call(lambda g, x: pulled_back(largest, x, g)),
        "global_avg_pool_input_grad": Call(lambda g, x: pulled_back(mean, x, g)),
        "pad": Call(pad, limits=limits, choices={"mode": MODES}),
        "pad_input_grad": Call(pad_input_grad, limits=limits, choices={"mode": MODES}, numerics=OWN),
        "conv_bias_grad": Call(conv_bias_grad, numerics=OWN),
        "relu": Call(lambda x: x.relu()),
        "relu_input_grad": Call(lambda g, x: pulled_back(lambda x: x.relu(), x, g)),
    }
