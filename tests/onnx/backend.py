"""The reference as a backend of ``onnx.backend.test``: what each ONNX operator is in the words of this package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

import cnnspec
from cnnspec.shapes import conv_transpose_pads, conv_transpose_windows

try:
    import onnx
    from onnx.backend.base import Backend, BackendRep
except ModuleNotFoundError:  # what is built on this is skipped, and says why
    Backend = BackendRep = object

Attributes = dict[str, Any]


class Prepared(BackendRep):
    """One node, with those of its inputs that the model holds itself."""

    def __init__(self, graph: Any) -> None:
        (self.node,) = graph.node
        self.known = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self.given = [value.name for value in graph.input if value.name not in self.known]

    def run(self, inputs: Sequence[Any], **_: Any) -> tuple[Any, ...]:
        """The node's outputs."""
        arrays = {"": None, **self.known, **dict(zip(self.given, inputs, strict=True))}
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in self.node.attribute}
        attributes = {name: value.decode() if isinstance(value, bytes) else value for name, value in attributes.items()}
        results = OPERATORS[self.node.op_type](attributes, *(arrays[name] for name in self.node.input))
        results = results if isinstance(results, tuple) else (results,)
        return results[: len(self.node.output)]


class Reference(Backend):
    """The reference, on models of a single node."""

    @classmethod
    def is_compatible(cls, model: Any, device: str = "CPU", **_: Any) -> bool:
        """Whether the model is one node that the table below knows."""
        return len(model.graph.node) == 1 and model.graph.node[0].op_type in OPERATORS

    @classmethod
    def prepare(cls, model: Any, device: str = "CPU", **_: Any) -> Prepared:
        """The node, ready to run."""
        return Prepared(model.graph)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """NumPy runs on the CPU."""
        return device == "CPU"


def pairs(pads: Sequence[int]) -> list[tuple[int, int]]:
    """(lo, hi) per axis; ONNX gives all the lows, then all the highs."""
    return list(zip(pads[: len(pads) // 2], pads[len(pads) // 2 :], strict=True))


def padding(a: Attributes) -> Any:
    """``auto_pad`` in lower case is our word; without it the pads, none by default."""
    word = a.get("auto_pad", "NOTSET").lower()
    return word if word != "notset" else pairs(a["pads"]) if "pads" in a else 0


def window(a: Attributes) -> dict[str, Any]:
    """What the layers have in common."""
    return {"stride": a.get("strides", 1), "dilation": a.get("dilations", 1), "padding": padding(a)}


def pool(a: Attributes) -> dict[str, Any]:
    """What the poolings have in common; the default stride is 1."""
    return {**window(a), "kernel_size": a["kernel_shape"], "ceil_mode": bool(a.get("ceil_mode", 0))}


def conv(a: Attributes, x: Any, w: Any, b: Any = None) -> Any:
    return cnnspec.conv(x, w, b, groups=a.get("group", 1), **window(a))


def conv_transpose(a: Attributes, x: Any, w: Any, b: Any = None) -> Any:
    """``output_shape`` stands for the pads that give it; the odd one is on the low side unless SAME_UPPER is given."""
    options = {"output_padding": a.get("output_padding", 0), **window(a)}
    if "output_shape" in a:
        others = {name: value for name, value in options.items() if name != "padding"}
        upper = a.get("auto_pad") == "SAME_UPPER"
        options["padding"] = conv_transpose_pads(x.shape, w.shape, output_size=a["output_shape"], upper=upper, **others)
    return cnnspec.conv_transpose(x, w, b, groups=a.get("group", 1), **options)


def integer_conv(a: Attributes, x: Any, w: Any, x_zero_point: Any = 0, w_zero_point: Any = 0) -> Any:
    points = {"x_zero_point": int(x_zero_point), "w_zero_point": w_zero_point}
    return cnnspec.conv_integer(x, w, groups=a.get("group", 1), **points, **window(a))


def quantised_conv(a: Attributes, *inputs: Any) -> Any:
    x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, b = (*inputs, None)[:9]
    scales = {"x_scale": float(x_scale), "w_scale": w_scale, "y_scale": float(y_scale)}
    points = {"x_zero_point": int(x_zero), "w_zero_point": w_zero, "y_zero_point": int(y_zero)}
    return cnnspec.qlinear_conv(
        x, w, b, dtype=str(y_zero.dtype), groups=a.get("group", 1), **scales, **points, **window(a)
    )


def max_pool(a: Attributes, x: Any) -> tuple[Any, Any]:
    """Indices count through the whole tensor, and down the columns of a plane if ``storage_order`` is 1."""
    values, indices = cnnspec.max_pool_with_indices(x, **pool(a))
    plane = x.shape[2:]
    if a.get("storage_order", 0):
        indices = np.ravel_multi_index(np.unravel_index(indices, plane), plane, order="F")
    starts = np.arange(prod(x.shape[:2])) * prod(plane)
    return values, indices + starts.reshape(*x.shape[:2], *(1,) * len(plane))


def max_unpool(a: Attributes, values: Any, indices: Any, output_shape: Any = None) -> Any:
    """Indices count through the tensor of the default shape, which fills the low corner of ``output_shape``."""
    kernel = np.empty((values.shape[1], 1, *a["kernel_shape"]))
    axes = conv_transpose_windows(values.shape, kernel.shape, **window(a))
    plane = [axis.transposed_extent(n) for axis, n in zip(axes, values.shape[2:], strict=True)]
    y = cnnspec.max_unpool(values, indices % prod(plane), output_size=plane)
    if output_shape is None:
        return y
    return cnnspec.pad(y, padding=[(0, int(m) - n) for m, n in zip(output_shape[2:], plane, strict=True)])


def avg_pool(a: Attributes, x: Any) -> Any:
    return cnnspec.avg_pool(x, count_include_pad=bool(a.get("count_include_pad", 0)), **pool(a))


def lp_pool(a: Attributes, x: Any) -> Any:
    return cnnspec.lp_pool(x, p=a.get("p", 2), **pool(a))


def global_lp_pool(a: Attributes, x: Any) -> Any:
    return cnnspec.lp_pool(x, p=a.get("p", 2), kernel_size=x.shape[2:])


def pad(a: Attributes, x: Any, pads: Any = None, value: Any = None, axes: Any = None) -> Any:
    """Every axis of ONNX's may be padded, so every one is spatial here."""
    wide = [(0, 0)] * x.ndim
    named = range(x.ndim) if axes is None else axes.tolist()
    for axis, pair in zip(named, pairs(a["pads"] if pads is None else pads.tolist()), strict=True):
        wide[axis] = pair
    mode = a.get("mode", "constant")
    mode = {"edge": "replicate", "wrap": "circular"}.get(mode, mode)
    fill = a.get("value", 0) if value is None else value.item()
    return cnnspec.pad(x[None, None], padding=wide, mode=mode, value=fill)[0, 0]


OPERATORS: dict[str, Callable[..., Any]] = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "ConvInteger": integer_conv,
    "QLinearConv": quantised_conv,
    "MaxPool": max_pool,
    "MaxUnpool": max_unpool,
    "AveragePool": avg_pool,
    "LpPool": lp_pool,
    "GlobalMaxPool": lambda a, x: cnnspec.global_max_pool(x),
    "GlobalAveragePool": lambda a, x: cnnspec.global_avg_pool(x),
    "GlobalLpPool": global_lp_pool,
    "Pad": pad,
    "Relu": lambda a, x: cnnspec.relu(x),
}
"""What each operator is: from its attributes and inputs, in ONNX's order, to its outputs."""
