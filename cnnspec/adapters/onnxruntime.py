"""ONNX Runtime as a target, on the CPU: ``onnxruntime``.

Each call runs a model of one node, built for the call's attributes, shapes and dtypes; sessions are kept for a while.
Two options follow the name: ``optimization`` (``all``, ``extended``, ``basic``, ``disable``: the graph optimisation
level) and ``weights`` (``input``: passed like data; ``constant``: stored in the model, as in a trained one, which lets
ONNX Runtime choose other kernels).  There are no gradients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from cnnspec.adapters.framework import Call, assemble
from cnnspec.errors import TargetError, Unsupported
from cnnspec.implementation import Implementation

LEVELS = {"all": "ORT_ENABLE_ALL", "extended": "ORT_ENABLE_EXTENDED", "basic": "ORT_ENABLE_BASIC",
          "disable": "ORT_DISABLE_ALL"}  # fmt: skip
MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}

OPSET, IR_VERSION = 21, 10
"""Old enough for every supported ONNX Runtime (1.19), new enough for all attributes used here."""

SESSIONS = 64
"""How many sessions are kept; making one takes about a quarter of a millisecond."""

NOTES = (
    "each call is a model of one node on the CPU with one thread",
    "arrays that are not contiguous are copied by ONNX Runtime's Python interface",
    "pads of a pooling are at most half the kernel here; ONNX Runtime takes any below the kernel",
    "MaxPool's indices count through the whole tensor and are turned into indices of their plane",
    "ConvTranspose refuses an output_padding that is not below the stride, also where the dilation is larger",
    "LpPool takes integer powers alone; 1 to 10 are claimed",
    "negative pads of Pad are not claimed: what they mean beside mode wrap is nowhere said",
    "pad has no mode symmetric; replicate is edge, circular is wrap",
)

HALF = ("half_kernel_padding",)
POWERS = tuple(range(1, 11))
"""LpPool's p is an integer; a claim has to list its values."""

Node = tuple[str, int, tuple[tuple[str, Any], ...], tuple[tuple[str, tuple[int, ...], str], ...]]
"""Operator, number of outputs, attributes, and name, shape and dtype of each input: what a session is made for."""


def implementation(options: dict[str, str]) -> Implementation:
    """ONNX Runtime's CPU kernels, with one thread."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    runner = Runner(_choice(options, "optimization", tuple(LEVELS)), _choice(options, "weights", ("input", "constant")))
    calls: dict[str, Call] = {}
    for rank in (1, 2, 3):
        calls |= _convolutions(runner, rank) | _pools(runner, rank)
    calls |= _every_rank(runner)
    return assemble("onnxruntime", onnxruntime.__version__, calls, dialects={"num.int": "wrap"}, notes=NOTES)


def _choice(options: dict[str, str], name: str, values: tuple[str, ...]) -> str:
    value = options.get(name, values[0])
    if value not in values:
        raise TargetError(f"onnxruntime: {name} must be one of {', '.join(values)}; got {value!r}")
    return value


class Runner:
    """Runs one node at a time."""

    def __init__(self, optimization: str = "all", weights: str = "input") -> None:
        import onnxruntime
        from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NoKernel

        self.settings = onnxruntime.SessionOptions()
        self.settings.intra_op_num_threads = self.settings.inter_op_num_threads = 1
        self.settings.log_severity_level = 4
        self.settings.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, LEVELS[optimization])
        self.constant = ("w", "b") if weights == "constant" else ()
        self.no_kernel = NoKernel
        self.session = lru_cache(SESSIONS)(self.new_session)

    def run(self, operator: str, arrays: Mapping[str, Any], *, outputs: int = 1, **attributes: Any) -> list[Any]:
        """The results of one operator; ``pads`` and ``constant_value`` of Pad are arrays too."""
        given = {name: np.asarray(array) for name, array in arrays.items() if array is not None}
        stored = {name: given.pop(name) for name in self.constant if name in given}
        inputs = tuple((name, array.shape, array.dtype.name) for name, array in given.items())
        settled = tuple((n, tuple(v) if isinstance(v, Sequence) and not isinstance(v, str) else v)
                        for n, v in attributes.items())  # fmt: skip
        node = (operator, outputs, settled, inputs)
        try:
            session = self.new_session(node, stored) if stored else self.session(node)
            results: list[Any] = session.run(None, given)
        except self.no_kernel as error:
            raise Unsupported(f"ONNX Runtime: {error}") from error
        return results

    def new_session(self, node: Node, stored: Mapping[str, Any] | None = None) -> Any:
        """A session for a model of one node, with ``stored`` arrays in the model."""
        import onnxruntime
        from onnx import helper, numpy_helper

        operator, count, attributes, inputs = node
        stored = stored or {}
        names = [*(name for name, _, _ in inputs), *stored]
        results = [f"y{i}" for i in range(count)]
        described = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(_dtype(dtype)), shape)
            for name, shape, dtype in inputs
        ]
        graph = helper.make_graph(
            [helper.make_node(operator, names, results, **dict(attributes))],
            "call",
            described,
            [helper.make_empty_tensor_value_info(name) for name in results],
            [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in stored.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        providers = ["CPUExecutionProvider"]
        return onnxruntime.InferenceSession(model.SerializeToString(), self.settings, providers=providers)


def _dtype(name: str) -> np.dtype[Any]:
    from cnnspec.cases.arrays import dtype_of

    return dtype_of(name)


def onnx_pads(padding: Any) -> Any:
    """(lo, hi) pairs as ONNX has them: every low pad, then every high one.

    Examples
    --------
    >>> onnx_pads(((1, 2), (3, 4)))
    [1, 3, 2, 4]
    """
    return [lo for lo, _ in padding] + [hi for _, hi in padding]


def plane_indices(indices: Any, x: Any) -> Any:
    """Indices into the plane of their own image and channel, from indices into the whole tensor."""
    plane = prod(x.shape[2:])
    planes = np.arange(prod(indices.shape[:2])).reshape(*indices.shape[:2], *(1,) * (indices.ndim - 2))
    return indices - plane * planes


def _convolutions(runner: Runner, rank: int) -> dict[str, Call]:
    def conv(x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        arrays = {"x": x, "w": w, "b": b}
        return runner.run("Conv", arrays, kernel_shape=w.shape[2:], strides=stride, pads=onnx_pads(padding),
                          dilations=dilation, group=groups)[0]  # fmt: skip

    def conv_transpose(
        x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: Any
    ) -> Any:
        arrays = {"x": x, "w": w, "b": b}
        return runner.run("ConvTranspose", arrays, kernel_shape=w.shape[2:], strides=stride, pads=onnx_pads(padding),
                          output_padding=output_padding, dilations=dilation, group=groups)[0]  # fmt: skip

    return {
        f"conv{rank}d": Call(conv),
        f"conv_transpose{rank}d": Call(conv_transpose, limits=("output_padding_below_stride",)),
    }


def _pools(runner: Runner, rank: int) -> dict[str, Call]:
    def pool(operator: str, x: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, **rest: Any) -> Any:
        return runner.run(operator, {"x": x}, kernel_shape=kernel_size, strides=stride, pads=onnx_pads(padding),
                          ceil_mode=int(ceil_mode), **rest)  # fmt: skip

    def max_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any) -> Any:
        return pool("MaxPool", x, kernel_size, stride, padding, ceil_mode, dilations=dilation)[0]

    def max_pool_with_indices(
        x: Any, *, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any
    ) -> Any:
        y, indices = pool("MaxPool", x, kernel_size, stride, padding, ceil_mode, dilations=dilation, outputs=2)
        return y, plane_indices(indices, x)

    def avg_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any) -> Any:
        counted = int(count_include_pad)
        return pool("AveragePool", x, kernel_size, stride, padding, ceil_mode, count_include_pad=counted)[0]

    def lp_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, p: Any) -> Any:
        return pool("LpPool", x, kernel_size, stride, padding, ceil_mode, p=p)[0]

    return {
        f"max_pool{rank}d": Call(max_pool, limits=HALF),
        f"max_pool{rank}d_with_indices": Call(max_pool_with_indices, limits=HALF),
        f"avg_pool{rank}d": Call(avg_pool, limits=HALF),
        f"lp_pool{rank}d": Call(lp_pool, limits=HALF, choices={"p": POWERS}),
    }


def _every_rank(runner: Runner) -> dict[str, Call]:
    def global_max_pool(x: Any) -> Any:
        return runner.run("GlobalMaxPool", {"x": x})[0]

    def global_avg_pool(x: Any) -> Any:
        return runner.run("GlobalAveragePool", {"x": x})[0]

    def pad(x: Any, *, padding: Any, mode: Any, value: Any) -> Any:
        pads = np.array(onnx_pads(((0, 0), (0, 0), *padding)), np.int64)
        arrays = {"x": x, "pads": pads, "constant_value": np.array(value, x.dtype) if mode == "constant" else None}
        return runner.run("Pad", arrays, mode=MODES.get(mode, mode))[0]

    def relu(x: Any) -> Any:
        return runner.run("Relu", {"x": x})[0]

    limits = ("reflect_pads_below_extent",)
    return {
        "global_max_pool": Call(global_max_pool),
        "global_avg_pool": Call(global_avg_pool),
        "pad": Call(pad, limits=limits, choices={"mode": tuple(MODES)}),
        "relu": Call(relu),
    }
