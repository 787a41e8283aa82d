"""JAX as a target: ``jax``, or ``jax?platform=cuda``.

Convolutions are ``jax.lax.conv_general_dilated``; a transposed one is the same with a dilated input and the kernel
reversed; poolings are ``jax.lax.reduce_window``; gradients go through ``jax.vjp``.  Every call is one ``jax.jit``, of
arrays that are copied into JAX, with 64-bit types enabled.  Each new shape is compiled, which takes most of the time of
a run: 71 ms for a small convolution on the CPU.  ``jax?kernels=plain`` leaves out what takes three quarters of that,
XLA's optimisation and its emitters of fused kernels, except for integers, whose sums are loops that need it.  Results
may differ in the last bits.  Three drawn cases share one shape; ``jax?shapes=all`` draws each anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from cnnspec.adapters.framework import SHAPES_ARE_SHARED, Call, assemble
from cnnspec.adapters.onnx_models import choice
from cnnspec.errors import ShapeError, TargetError, Unsupported
from cnnspec.implementation import Implementation

COMPILED = 64
"""How many compiled calls are kept for each operation."""

KERNELS: dict[str, dict[str, Any]] = {
    "optimized": {},
    "plain": {
        "xla_cpu_use_fusion_emitters": False,
        "xla_backend_optimization_level": 0,
        "xla_cpu_parallel_codegen_split_count": 1,
    },
}
"""What is asked of XLA for floats."""

MODES = {
    "constant": "constant",
    "reflect": "reflect",
    "symmetric": "symmetric",
    "replicate": "edge",
    "circular": "wrap",
}

EVERYWHERE = {"ftz": "yes"}
"""Subnormal numbers are taken as zero, "in some environments" as ``jax.lax.nextafter`` says; on the CPU they are."""

NUMERICS = {"bias": "rounded"}
"""JAX's layer has no bias: what is added to its result is added to sums that were rounded to their dtype."""

NOTES = (
    "arrays are copied into JAX; 64-bit types are enabled",
    "conv_transpose is conv_general_dilated on a dilated input with the kernel reversed",
    "bias and output_padding are not JAX's; what they may be is checked by the adapter",
    "poolings are reduce_window, which has no ceil_mode, and no gradient of a dilated maximum",
    "an average is a window sum divided by another one, over ones",
    "every call is compiled by jit; gradients are vjp, and integers have none",
    "dtypes are those for which JAX traces a call; whether XLA compiles it shows in the run",
)


def implementation(options: dict[str, str]) -> Implementation:
    """JAX on the asked platform."""
    import jax

    kernels = choice("jax", options, "kernels", tuple(KERNELS))
    shared = choice("jax", options, "shapes", ("shared", "all")) == "shared"
    jax.config.update("jax_enable_x64", True)  # float64 and int64 would silently be halved
    jax.config.update("jax_traceback_filtering", "off")  # it looks up every file of a traceback
    device = _device(options.get("platform", "cpu"))
    calls: dict[str, Call] = {}
    for rank in (1, 2, 3):
        calls |= _convolutions(rank) | _pools(rank)
    calls |= _every_rank() | _signal()
    name = "jax" if device.platform == "cpu" else f"jax on {device.platform}"
    notes = (*NOTES, *[SHAPES_ARE_SHARED] * shared, f"the device is {device}", f"kernels are {kernels}")
    through = partial(_numpy, device=device, settings=KERNELS[kernels])
    return assemble(
        name, jax.__version__, calls, through=through, trial=_trace, numerics=EVERYWHERE, compiled=shared, notes=notes
    )


def _device(platform: str) -> Any:
    import jax

    try:
        return jax.devices(platform)[0]
    except RuntimeError as error:
        raise TargetError(f"jax has no platform {platform!r} here; it has {jax.default_backend()} ({error})") from error


def _numpy(function: Callable[..., Any], device: Any, settings: dict[str, Any]) -> Callable[..., Any]:
    """``function`` of JAX arrays as a compiled one of NumPy's; its options are part of what is compiled."""
    import jax

    @lru_cache(COMPILED)
    def compiled(options: tuple[tuple[str, Any], ...], floating: bool) -> Callable[..., Any]:
        jitted: Callable[..., Any] = jax.jit(
            lambda *arrays: function(*arrays, **dict(options)), compiler_options=settings if floating else {}
        )
        return jitted

    def call(*arrays: Any, **options: Any) -> Any:
        given = [jax.device_put(np.asarray(array), device) for array in arrays]
        floating = jax.numpy.issubdtype(given[0].dtype, jax.numpy.floating)
        return np.array(compiled(tuple(options.items()), floating)(*given))

    return call


def _trace(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` of arrays, traced and not run: compiling each trial call would take minutes."""
    import jax

    def call(*arrays: Any, **options: Any) -> Any:
        return jax.eval_shape(lambda *traced: function(*traced, **options), *arrays)

    return call


def _convolutions(rank: int) -> dict[str, Call]:
    import jax

    def conv(x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        y = jax.lax.conv_general_dilated(x, w, stride, padding, rhs_dilation=dilation, feature_group_count=groups)
        return _with_bias(y, b)

    def transposed(
        x: Any, w: Any, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: Any
    ) -> Any:
        if not all(0 <= e < max(s, d) for e, s, d in zip(output_padding, stride, dilation, strict=True)):
            raise ShapeError(f"output_padding must be in [0, max(stride, dilation)), got {output_padding} (ARG-8)")
        kernel = w.shape[2:]
        blocks = w.reshape(groups, w.shape[0] // groups, *w.shape[1:]).swapaxes(1, 2)
        w = jax.numpy.flip(blocks.reshape(groups * w.shape[1], -1, *kernel), range(2, rank + 2))
        reach = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
        pads = [(r - lo, r - hi + e) for r, (lo, hi), e in zip(reach, padding, output_padding, strict=True)]
        return jax.lax.conv_general_dilated(
            x, w, (1,) * rank, pads, lhs_dilation=stride, rhs_dilation=dilation, feature_group_count=groups
        )

    def conv_transpose(
        x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: Any
    ) -> Any:
        options = {"stride": stride, "padding": padding, "output_padding": output_padding, "dilation": dilation}
        return _with_bias(transposed(x, w, groups=groups, **options), b)

    def input_grad(g: Any, w: Any, *, input_size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        def forward(x: Any) -> Any:
            return conv(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)

        return _pulled_back(forward, jax.numpy.zeros((g.shape[0], w.shape[1] * groups, *input_size), g.dtype), g)

    def weight_grad(g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        def forward(w: Any) -> Any:
            return conv(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)

        shape = (g.shape[1], x.shape[1] // max(groups, 1), *kernel_size)
        return _pulled_back(forward, jax.numpy.zeros(shape, g.dtype), g)

    def transpose_input_grad(g: Any, w: Any, *, input_size: Any, **options: Any) -> Any:
        x = jax.numpy.zeros((g.shape[0], w.shape[0], *input_size), g.dtype)
        return _pulled_back(lambda x: conv_transpose(x, w, **options), x, g)

    def transpose_weight_grad(g: Any, x: Any, *, kernel_size: Any, groups: Any, **options: Any) -> Any:
        w = jax.numpy.zeros((x.shape[1], g.shape[1] // max(groups, 1), *kernel_size), g.dtype)
        return _pulled_back(lambda w: conv_transpose(x, w, groups=groups, **options), w, g)

    return {
        f"conv{rank}d": Call(conv, numerics=NUMERICS),
        f"conv_transpose{rank}d": Call(conv_transpose, numerics=NUMERICS),
        f"conv{rank}d_input_grad": Call(input_grad),
        f"conv{rank}d_weight_grad": Call(weight_grad),
        f"conv_transpose{rank}d_input_grad": Call(transpose_input_grad),
        f"conv_transpose{rank}d_weight_grad": Call(transpose_weight_grad),
    }


def _with_bias(y: Any, b: Any) -> Any:
    if b is not None and b.shape != y.shape[1:2]:
        raise ShapeError(f"the bias must have one number for each of {y.shape[1]} channels, got {b.shape} (SHAPE-4)")
    return y if b is None else y + b.reshape(-1, *(1,) * (y.ndim - 2))


def _pulled_back(forward: Callable[[Any], Any], at: Any, g: Any) -> Any:
    """The cotangent ``g`` pulled back through ``forward`` at a point."""
    import jax

    if not jax.numpy.issubdtype(g.dtype, jax.numpy.floating):
        raise Unsupported(f"JAX does not differentiate functions of {g.dtype}")
    return jax.vjp(forward, at)[1](g)[0]


def _pools(rank: int) -> dict[str, Call]:
    import jax

    def reduce(x: Any, start: Any, add: Any, kernel: Any, stride: Any, padding: Any, dilation: Any = None) -> Any:
        each = (1, 1)
        pads = ((0, 0), (0, 0), *padding)
        spread = None if dilation is None else each + dilation
        return jax.lax.reduce_window(x, start, add, each + kernel, each + stride, pads, window_dilation=spread)

    def max_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
        floating = jax.numpy.issubdtype(x.dtype, jax.numpy.floating)
        least = -np.inf if floating else np.iinfo(x.dtype).min
        return reduce(x, np.array(least, x.dtype), jax.lax.max, kernel_size, stride, padding, dilation)

    def avg_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, count_include_pad: Any) -> Any:
        zero = np.array(0, x.dtype)
        total = reduce(x, zero, jax.lax.add, kernel_size, stride, padding)
        if count_include_pad:
            return total / np.array(np.prod(kernel_size), x.dtype)
        return total / reduce(jax.numpy.ones_like(x), zero, jax.lax.add, kernel_size, stride, padding)

    def max_pool_input_grad(g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any) -> Any:
        options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": (1,) * rank}
        return _pulled_back(lambda v: max_pool(v, **options), x, g)

    def avg_pool_input_grad(
        g: Any, x: Any, *, kernel_size: Any, stride: Any, padding: Any, count_include_pad: Any
    ) -> Any:
        options = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        return _pulled_back(lambda v: avg_pool(v, **options, count_include_pad=count_include_pad), x, g)

    return {
        f"max_pool{rank}d": Call(max_pool),
        f"avg_pool{rank}d": Call(avg_pool),
        f"max_pool{rank}d_input_grad": Call(max_pool_input_grad),
        f"avg_pool{rank}d_input_grad": Call(avg_pool_input_grad),
    }


def _every_rank() -> dict[str, Call]:
    import jax

    def global_max_pool(x: Any) -> Any:
        return x.max(range(2, x.ndim), keepdims=True)

    def global_avg_pool(x: Any) -> Any:
        return x.mean(range(2, x.ndim), keepdims=True)

    def pad(x: Any, *, padding: Any, mode: Any, value: Any) -> Any:
        constant = {"constant_values": value} if mode == "constant" else {}
        return jax.numpy.pad(x, ((0, 0), (0, 0), *padding), MODES.get(mode, mode), **constant)

    def relu(x: Any) -> Any:
        return jax.nn.relu(x)

    def pad_input_grad(g: Any, *, input_size: Any, padding: Any, mode: Any) -> Any:
        x = jax.numpy.zeros((*g.shape[:2], *input_size), g.dtype)
        return _pulled_back(lambda x: pad(x, padding=padding, mode=mode, value=0), x, g)

    def conv_bias_grad(g: Any) -> Any:
        x = jax.numpy.zeros(g.shape, g.dtype)
        return _pulled_back(lambda b: _with_bias(x, b), jax.numpy.zeros(g.shape[1], g.dtype), g)

    return {
        "global_avg_pool_input_grad": Call(lambda g, x: _pulled_back(global_avg_pool, x, g)),
        "pad_input_grad": Call(pad_input_grad, choices={"mode": tuple(MODES)}),
        "conv_bias_grad": Call(conv_bias_grad),
        "relu_input_grad": Call(lambda g, x: _pulled_back(relu, x, g)),
        "global_max_pool": Call(global_max_pool),
        "global_avg_pool": Call(global_avg_pool),
        "pad": Call(pad, choices={"mode": tuple(MODES)}),
        "relu": Call(relu),
    }


def _signal() -> dict[str, Call]:
    import jax

    def convolve(x: Any, k: Any, *, mode: Any) -> Any:
        return jax.scipy.signal.convolve(x, k, mode)

    def cross_correlate(x: Any, k: Any, *, mode: Any) -> Any:
        return jax.scipy.signal.correlate(x, k, mode)

    return {"convolve": Call(convolve), "cross_correlate": Call(cross_correlate)}
