"""PyTorch as a target: ``torch``, or ``torch?device=cuda:0``.

Every call goes through ``torch.nn.functional``, and gradients through ``torch.nn.grad`` or autograd.  Arrays are handed
over as they lie in memory; only negative strides, which torch does not have, are copied first.  PyTorch's own
restrictions become claims: pads are the same on both sides (but for ``pad``), and a pooling's at most half its kernel.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

from cnnspec.adapters.framework import Call, assemble
from cnnspec.adapters.styles import Form
from cnnspec.errors import TargetError
from cnnspec.implementation import Implementation

Calls = dict[str, Call]

SYMMETRIC = Form("ints")
HALF = ("half_kernel_padding",)
MODES = ("constant", "reflect", "replicate", "circular")

DIALECTS = {
    "pool.max.nan": "propagate",
    "pool.max.grad_tie": "first",
    "pool.lp.abs": "no",
    "pool.lp.partial": "scaled",
    "num.int": "wrap",
}
"""PyTorch's choices where the field disagrees."""

NOTES = (
    "pads are the same on both sides, as PyTorch's conv and pool functions take them; pad takes (lo, hi) pairs",
    "arrays with negative strides are copied: torch has none",
    "lp_pool has no padding, takes no absolute value, and scales a window that overhangs up to a full one",
    "pad has no mode symmetric",
    "on the CPU, sums of 16-bit floats in transposed convolutions and most gradients are kept in 16 bits",
)
OWN = {"accumulator": "own"}


def implementation(options: dict[str, str]) -> Implementation:
    """PyTorch on the asked device, with one thread and deterministic algorithms where there is a choice."""
    import torch

    device = _device(options.get("device", "cpu"))
    torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    with warnings.catch_warnings():  # read-only arrays are never written to; torch says its warning once a process
        warnings.simplefilter("ignore")
        torch.from_numpy(np.broadcast_to(np.zeros(1), 2))
    calls: Calls = {}
    for rank in (1, 2, 3):
        calls |= _convolutions(rank) | _pools(rank) | _adaptive_pools(rank) | _pool_gradients(rank)
    calls |= _every_rank()
    name = "torch" if device.type == "cpu" else f"torch on {device}"
    return assemble(name, torch.__version__, calls, through=lambda f: _numpy(f, device), dialects=DIALECTS, notes=NOTES)


def _device(name: str) -> Any:
    import torch

    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except Exception as error:
        available = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
        raise TargetError(f"torch has no device {name!r} here; it has {', '.join(available)} ({error})") from error
    return device


def _numpy(function: Callable[..., Any], device: Any) -> Callable[..., Any]:
    """``function`` of tensors as a function of arrays."""

    def call(*arrays: Any, **options: Any) -> Any:
        result = function(*(to_tensor(array).to(device) for array in arrays), **options)
        return tuple(map(to_array, result)) if isinstance(result, tuple) else to_array(result)

    return call


def to_tensor(array: Any) -> Any:
    """The array as a tensor on the same memory, strides included; a copy where a stride is negative."""
    import torch

    array = np.asarray(array)
    if any(stride < 0 for stride in array.strides):
        array = array.copy()
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def to_array(tensor: Any) -> Any:
    """The tensor as an array; bfloat16 becomes the dtype of that name in ``ml_dtypes``."""
    import torch

    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


def _convolutions(rank: int) -> Calls:
    import torch

    forward = getattr(torch.nn.functional, f"conv{rank}d")
    transposed = getattr(torch.nn.functional, f"conv_transpose{rank}d")
    to_input = getattr(torch.nn.grad, f"conv{rank}d_input")
    to_weight = getattr(torch.nn.grad, f"conv{rank}d_weight")

    def conv(x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        return forward(x, w, b, stride, padding, dilation, groups)

    def conv_transpose(
        x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: Any
    ) -> Any:
        return transposed(x, w, b, stride, padding, output_padding, groups, dilation)

    def input_grad(g: Any, w: Any, *, input_size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        size = (g.shape[0], w.shape[1] * groups, *input_size)
        return to_input(size, w, g, stride, padding, dilation, groups)

    def weight_grad(g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        size = (g.shape[1], x.shape[1] // max(groups, 1), *kernel_size)
        return to_weight(x, size, g, stride, padding, dilation, groups)

    def transpose_input_grad(g: Any, w: Any, *, input_size: Any, **options: Any) -> Any:
        x = torch.zeros((g.shape[0], w.shape[0], *input_size), dtype=g.dtype, device=g.device)
        return pulled_back(lambda x: conv_transpose(x, w, **options), x, g)

    def transpose_weight_grad(g: Any, x: Any, *, kernel_size: Any, groups: Any, **options: Any) -> Any:
        w = torch.zeros((x.shape[1], g.shape[1] // max(groups, 1), *kernel_size), dtype=g.dtype, device=g.device)
        return pulled_back(lambda w: conv_transpose(x, w, groups=groups, **options), w, g)

    return {
        f"conv{rank}d": Call(conv, SYMMETRIC),
        f"conv_transpose{rank}d": Call(conv_transpose, SYMMETRIC, numerics=OWN),
        f"conv{rank}d_input_grad": Call(input_grad, SYMMETRIC, numerics=OWN),
        f"conv{rank}d_weight_grad": Call(weight_grad, SYMMETRIC, numerics=OWN),
        f"conv_transpose{rank}d_input_grad": Call(transpose_input_grad, SYMMETRIC, numerics=OWN),
        f"conv_transpose{rank}d_weight_grad": Call(transpose_weight_grad, SYMMETRIC, numerics=OWN),
    }


def _pools(rank: int) -> Calls:
    import torch

    maximum = getattr(torch.nn.functional, f"max_pool{rank}d")
    average = getattr(torch.nn.functional, f"avg_pool{rank}d")
    power = getattr(torch.nn.functional, f"lp_pool{rank}d", None)

    def max_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any) -> Any:
        return maximum(x, kernel_size, stride, padding, dilation, ceil_mode)

    def max_pool_with_indices(
        x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any
    ) -> Any:
        return maximum(x, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)

    def avg_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any) -> Any:
        return average(x, kernel_size, stride, padding, ceil_mode, count_include_pad)

    def lp_pool(x: Any, *, kernel_size: Any, stride: Any, ceil_mode: Any, p: Any) -> Any:
        assert power is not None
        return power(x, p, bare(kernel_size), bare(stride), ceil_mode)

    calls = {
        f"max_pool{rank}d": Call(max_pool, SYMMETRIC, limits=HALF),
        f"max_pool{rank}d_with_indices": Call(max_pool_with_indices, SYMMETRIC, limits=HALF),
        f"avg_pool{rank}d": Call(avg_pool, SYMMETRIC, limits=HALF),
    }
    return calls | ({f"lp_pool{rank}d": Call(lp_pool)} if power else {})


def bare(value: Any) -> Any:
    """The int of a tuple of one: ``lp_pool1d`` takes no tuples."""
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _adaptive_pools(rank: int) -> Calls:
    import torch

    maximum = getattr(torch.nn.functional, f"adaptive_max_pool{rank}d")
    average = getattr(torch.nn.functional, f"adaptive_avg_pool{rank}d")

    def adaptive_max_pool(x: Any, *, output_size: Any) -> Any:
        return maximum(x, output_size)

    def adaptive_avg_pool(x: Any, *, output_size: Any) -> Any:
        return average(x, output_size)

    def adaptive_max_pool_input_grad(g: Any, x: Any, *, output_size: Any) -> Any:
        return pulled_back(lambda x: maximum(x, output_size), x, g)

    def adaptive_avg_pool_input_grad(g: Any, x: Any, *, output_size: Any) -> Any:
        return pulled_back(lambda x: average(x, output_size), x, g)

    return {
        f"adaptive_max_pool{rank}d": Call(adaptive_max_pool),
        f"adaptive_avg_pool{rank}d": Call(adaptive_avg_pool),
        f"adaptive_max_pool{rank}d_input_grad": Call(adaptive_max_pool_input_grad, numerics=OWN),
        f"adaptive_avg_pool{rank}d_input_grad": Call(adaptive_avg_pool_input_grad, numerics=OWN),
    }


def pulled_back(forward: Callable[[Any], Any], at: Any, g: Any) -> Any:
    """The cotangent ``g`` pulled back through ``forward`` at a point, by autograd."""
    import torch

    at = at.detach().requires_grad_()
    return torch.autograd.grad(forward(at), at, g)[0]


def _pool_gradients(rank: int) -> Calls:
    """The gradients of the poolings, through autograd."""
    pools = _pools(rank)
    maximum, average = pools[f"max_pool{rank}d"].function, pools[f"avg_pool{rank}d"].function

    def max_pool_input_grad(
        g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any
    ) -> Any:
        options = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        return pulled_back(lambda x: maximum(x, **options, dilation=dilation, ceil_mode=ceil_mode), x, g)

    def avg_pool_input_grad(
        g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any
    ) -> Any:
        options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
        return pulled_back(lambda x: average(x, **options, count_include_pad=count_include_pad), x, g)

    return {
        f"max_pool{rank}d_input_grad": Call(max_pool_input_grad, SYMMETRIC, limits=HALF),
        f"avg_pool{rank}d_input_grad": Call(avg_pool_input_grad, SYMMETRIC, limits=HALF),
    }


def _every_rank() -> Calls:
    import torch

    functional = torch.nn.functional

    def global_max_pool(x: Any) -> Any:
        return getattr(functional, f"adaptive_max_pool{x.ndim - 2}d")(x, 1)

    def global_avg_pool(x: Any) -> Any:
        return getattr(functional, f"adaptive_avg_pool{x.ndim - 2}d")(x, 1)

    def pad(x: Any, *, padding: Any, mode: Any, value: Any) -> Any:
        flat = [p for pair in reversed(padding) for p in pair]  # torch counts axes from the last
        return functional.pad(x, flat, mode, value if mode == "constant" else None)

    def relu(x: Any) -> Any:
        return functional.relu(x)

    def pad_input_grad(g: Any, *, input_size: Any, padding: Any, mode: Any) -> Any:
        x = torch.zeros((*g.shape[:2], *input_size), dtype=g.dtype, device=g.device)
        return pulled_back(lambda x: pad(x, padding=padding, mode=mode, value=0), x, g)

    def conv_bias_grad(g: Any) -> Any:
        forward = getattr(functional, f"conv{g.ndim - 2}d")
        x = torch.zeros((g.shape[0], 1, *g.shape[2:]), dtype=g.dtype, device=g.device)
        w = torch.zeros((g.shape[1], 1, *(1,) * (g.ndim - 2)), dtype=g.dtype, device=g.device)
        return pulled_back(lambda b: forward(x, w, b), torch.zeros(g.shape[1], dtype=g.dtype, device=g.device), g)

    limits = ("reflect_pads_below_extent", "circular_pads_within_extent")
    return {
        "global_max_pool_input_grad": Call(lambda g, x: pulled_back(global_max_pool, x, g)),
        "global_avg_pool_input_grad": Call(lambda g, x: pulled_back(global_avg_pool, x, g)),
        "pad_input_grad": Call(pad_input_grad, limits=limits, choices={"mode": MODES}, numerics=OWN),
        "conv_bias_grad": Call(conv_bias_grad, numerics=OWN),
        "relu_input_grad": Call(lambda g, x: pulled_back(relu, x, g)),
        "global_max_pool": Call(global_max_pool),
        "global_avg_pool": Call(global_avg_pool),
        "pad": Call(pad, limits=limits, choices={"mode": MODES}),
        "relu": Call(relu),
    }
