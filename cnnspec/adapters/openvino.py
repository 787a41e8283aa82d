"""OpenVINO as a target: ``openvino``, or ``openvino?device=GPU``.

Each call runs a model of one operation of OpenVINO's own operation set, built for the call's options, shapes and
dtypes and compiled for the device; compiled models are kept for a while.  Two options follow the name: ``device``
(``CPU``) and ``weights`` (``input``: passed like data; ``constant``: stored in the model, as in a trained one, which
lets the device choose other kernels).  The inference precision is asked to be float32 everywhere.  There are no
gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from cnnspec.adapters.framework import Call, assemble
from cnnspec.adapters.onnx_models import choice
from cnnspec.errors import TargetError, Unsupported
from cnnspec.implementation import Implementation

MODELS = 256
"""How many compiled models are kept; making one takes some milliseconds."""

DTYPES = ("float32", "float16", "bfloat16", "int8", "uint8", "int32")
"""What the CPU device lists as the types of its primitives; any other is converted to one of these, as it says."""

MODES = {"constant": "constant", "reflect": "reflect", "symmetric": "symmetric", "replicate": "edge"}

NUMERICS = {"bias": "rounded"}
"""A convolution has no bias in the operation set: an Add follows it."""

DIALECTS = {"num.int": "saturate", "act.relu.nan": "zero"}
"""Integers stay at their limits; Relu makes a NaN 0."""

NOTES = (
    "each call is a compiled model of one operation of OpenVINO's own set, with one thread",
    "the inference precision is set to f32: by default the CPU device may take bf16 instead",
    "float64, int16 and int64 are not claimed: the CPU device converts them to narrower types, as its page says",
    "conv is Convolution or GroupConvolution and an Add for the bias; conv_transpose is ConvolutionBackpropData",
    "global pools are ReduceMax and ReduceMean, which is how OpenVINO reads ONNX's",
    "ceil_mode is the rounding type ceil_torch; an index counts from axis 2, which is within the plane",
    "there is no LpPool; pad has no mode circular; replicate is edge",
)


def implementation(options: dict[str, str]) -> Implementation:
    """OpenVINO's operations on the asked device."""
    import openvino

    runner = Runner(options.get("device", "CPU"), choice("openvino", options, "weights", ("input", "constant")))
    calls: dict[str, Call] = {}
    for rank in (1, 2, 3):
        calls |= {
            f"conv{rank}d": Call(conv, numerics=NUMERICS),
            f"conv_transpose{rank}d": Call(conv_transpose, numerics=NUMERICS),
            f"max_pool{rank}d": Call(max_pool),
            f"max_pool{rank}d_with_indices": Call(max_pool_with_indices),
            f"avg_pool{rank}d": Call(avg_pool),
            f"adaptive_max_pool{rank}d": Call(adaptive_max_pool),
            f"adaptive_avg_pool{rank}d": Call(adaptive_avg_pool),
        }
    calls |= {
        "global_max_pool": Call(global_max_pool),
        "global_avg_pool": Call(global_avg_pool),
        "pad": Call(pad, padding="negative", choices={"mode": tuple(MODES)},
                    limits=("reflect_pads_below_extent", "circular_pads_within_extent")),
        "relu": Call(relu),
    }  # fmt: skip
    version = openvino.__version__.partition("-")[0]
    return assemble("openvino", version, calls, through=runner.through, dialects=DIALECTS, notes=NOTES)


Build = Callable[..., Any]
"""From nodes and options to the node whose outputs are the results."""


class Runner:
    """Compiles what builds a node, and runs it on arrays."""

    def __init__(self, device: str = "CPU", weights: str = "input") -> None:
        import openvino

        self.core = openvino.Core()
        if device not in self.core.available_devices:
            known = ", ".join(self.core.available_devices)
            raise TargetError(f"openvino has no device {device!r} here; it has {known}")
        self.device, self.constant = device, weights == "constant"
        self.settings = {"INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 0}  # in the thread of the caller
        if device == "CPU":
            self.settings["INFERENCE_NUM_THREADS"] = 1
        self.request = lru_cache(MODELS)(self.new_request)

    def through(self, build: Build) -> Callable[..., Any]:
        """A function of arrays, from one of nodes."""

        def call(*arrays: Any, **options: Any) -> Any:
            given = [np.asarray(array) for array in arrays]
            if given[0].dtype.name not in DTYPES:
                raise Unsupported(f"the devices have no primitives of {given[0].dtype}")
            stored = tuple(given[1:]) if self.constant else ()
            inputs = given[: len(given) - len(stored)]
            described = tuple((a.shape, a.dtype) for a in inputs)
            make = self.new_request if stored else self.request
            request = make(build, described, tuple(options.items()), stored)
            request.infer([tensor(a) for a in inputs])
            results = [array(request.get_output_tensor(i)) for i in range(len(request.model_outputs))]
            return results[0] if len(results) == 1 else tuple(results)

        return call

    def new_request(
        self, build: Build, inputs: tuple[Any, ...], options: tuple[Any, ...], stored: tuple[Any, ...] = ()
    ) -> Any:
        """A compiled model, ready to run."""
        import openvino
        from openvino import opset16 as ops

        parameters = [ops.parameter(list(shape), element_type(dtype)) for shape, dtype in inputs]
        constants = [ops.constant(tensor(np.ascontiguousarray(a))) for a in stored]
        built = build(*parameters, *constants, **dict(options))
        outputs = built if isinstance(built, tuple) else (built,)
        model = openvino.Model(list(outputs), parameters, "call")
        return self.core.compile_model(model, self.device, self.settings).create_infer_request()


def element_type(dtype: Any) -> Any:
    """OpenVINO's type for NumPy's."""
    import openvino

    return openvino.Type.bf16 if dtype.name == "bfloat16" else openvino.Type(dtype)


def tensor(a: Any) -> Any:
    """The array as a tensor of its own."""
    import openvino

    copy = openvino.Tensor(element_type(a.dtype), a.shape)
    if a.size:
        copy.data[...] = a.view(copy.data.dtype) if a.dtype.name == "bfloat16" else a
    return copy


def array(t: Any) -> Any:
    """The tensor as an array of its own."""
    import ml_dtypes
    import openvino

    data = t.data.copy()
    return data.view(ml_dtypes.bfloat16) if t.element_type == openvino.Type.bf16 else data


def _begins(padding: Any) -> list[int]:
    return [lo for lo, _ in padding]


def _ends(padding: Any) -> list[int]:
    return [hi for _, hi in padding]


def _ops() -> Any:
    from openvino import opset16

    return opset16


def _biased(y: Any, b: Any, rank: int) -> Any:
    if b is None:
        return y
    if len(b.shape) != 1:
        raise ValueError(f"a bias has one axis, got {len(b.shape)}")
    ops = _ops()
    return ops.add(y, ops.reshape(b, np.array([1, y.shape[1], *[1] * rank], np.int64), False))


def _by_group(w: Any, groups: int) -> Any:
    """(O, C, *k) as (groups, O / groups, C, *k)."""
    shape = list(w.shape)
    if groups > 0 and shape[0] % groups:
        raise ValueError(f"{shape[0]} kernels do not make {groups} groups")
    return _ops().reshape(w, np.array([groups, shape[0] // groups, *shape[1:]], np.int64), False)


def conv(x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """Convolution, or GroupConvolution where there is more than one group."""
    ops = _ops()
    options = (list(stride), _begins(padding), _ends(padding), list(dilation))
    if groups == 1:
        y = ops.convolution(x, w, *options)
    else:
        y = ops.group_convolution(x, _by_group(w, groups), *options)
    return _biased(y, b, len(stride))


def conv_transpose(
    x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: Any
) -> Any:
    """ConvolutionBackpropData, or the same by groups."""
    ops = _ops()
    options = {"pads_begin": _begins(padding), "pads_end": _ends(padding), "dilations": list(dilation),
               "auto_pad": "explicit", "output_padding": list(output_padding)}  # fmt: skip
    if groups == 1:
        y = ops.convolution_backprop_data(x, w, list(stride), **options)
    else:
        y = ops.group_convolution_backprop_data(x, _by_group(w, groups), list(stride), **options)
    return _biased(y, b, len(stride))


def _max_pool(x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any) -> Any:
    return _ops().max_pool(x, list(stride), list(dilation), _begins(padding), _ends(padding), list(kernel_size),
                           _rounding(ceil_mode), "explicit", "i64", 2)  # fmt: skip


def _rounding(ceil_mode: Any) -> str:
    return "ceil_torch" if ceil_mode else "floor"


def max_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any) -> Any:
    """The values of MaxPool."""
    return _max_pool(x, kernel_size, stride, padding, dilation, ceil_mode).output(0)


def max_pool_with_indices(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any) -> Any:
    """Both results of MaxPool."""
    return tuple(_max_pool(x, kernel_size, stride, padding, dilation, ceil_mode).outputs())


def avg_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any) -> Any:
    """AvgPool."""
    return _ops().avg_pool(x, list(stride), _begins(padding), _ends(padding), list(kernel_size),
                           not count_include_pad, _rounding(ceil_mode), "explicit", [1] * len(stride))  # fmt: skip


def adaptive_max_pool(x: Any, *, output_size: Any) -> Any:
    """The values of AdaptiveMaxPool."""
    return _ops().adaptive_max_pool(x, np.array(output_size), "i32").output(0)


def adaptive_avg_pool(x: Any, *, output_size: Any) -> Any:
    """AdaptiveAvgPool."""
    return _ops().adaptive_avg_pool(x, np.array(output_size))


def global_max_pool(x: Any) -> Any:
    """ReduceMax over the spatial axes."""
    return _ops().reduce_max(x, np.arange(2, len(x.shape)), keep_dims=True)


def global_avg_pool(x: Any) -> Any:
    """ReduceMean over the spatial axes."""
    return _ops().reduce_mean(x, np.arange(2, len(x.shape)), keep_dims=True)


def pad(x: Any, *, padding: Any, mode: Any, value: Any) -> Any:
    """Pad."""
    ops = _ops()
    whole = ((0, 0), (0, 0), *padding)
    filled = ops.convert_like(ops.constant(value), x) if mode == "constant" else None
    return ops.pad(x, np.array(_begins(whole)), np.array(_ends(whole)), MODES.get(mode, mode), filled)


def relu(x: Any) -> Any:
    """Relu."""
    return _ops().relu(x)
