"""Models of one ONNX node, and the operations as such nodes: what the adapters that run ONNX models share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from cnnspec.adapters.framework import Call
from cnnspec.errors import TargetError
from cnnspec.geometry import same_pads

Run = Callable[..., list[Any]]
"""``run(operator, arrays, outputs=1, **attributes)``: a node's results; an array that is ``None`` is left out."""

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
POWERS = tuple(range(1, 11))
"""LpPool's p is an integer; a claim has to list its values."""

PADS = ("numbers", "words")
"""How pads are written: as numbers, or as SAME_UPPER, SAME_LOWER and VALID wherever they are what a word means."""

BELOW_STRIDE = ("output_padding_below_stride",)
PAD_LIMITS = ("reflect_pads_below_extent", "negative_pads_only_constant")


class Node(NamedTuple):
    """What a model is made for; two calls with the same node differ in the values of their arrays alone."""

    operator: str
    outputs: int
    attributes: tuple[tuple[str, Any], ...]
    inputs: tuple[tuple[str, tuple[int, ...], str], ...]
    """Name, shape and dtype of each."""


def choice(target: str, options: Mapping[str, str], name: str, values: Sequence[str]) -> str:
    """The value of a target's option, the first of ``values`` where none is given.

    Raises
    ------
    TargetError
        If it is none of them.
    """
    value = options.get(name, values[0])
    if value not in values:
        raise TargetError(f"{target}: {name} must be one of {', '.join(values)}; got {value!r}")
    return value


def describe(operator: str, arrays: Mapping[str, Any], outputs: int, attributes: Mapping[str, Any]) -> Node:
    """The node of a call."""
    settled = tuple((n, tuple(v) if isinstance(v, Sequence) and not isinstance(v, str) else v)
                    for n, v in attributes.items())  # fmt: skip
    return Node(operator, outputs, settled, tuple((n, a.shape, a.dtype.name) for n, a in arrays.items()))


def make_model(
    node: Node, stored: Mapping[str, Any] | None = None, *, opset: int, ir_version: int, typed: bool = False
) -> Any:
    """The model of one node, with ``stored`` arrays in it behind its inputs.

    ``typed`` says of each result its type and its number of axes: those of the first input, int64 for indices.
    """
    from onnx import helper, numpy_helper

    stored = stored or {}
    results = [f"y{i}" for i in range(node.outputs)]
    described = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(_dtype(dtype)), shape)
        for name, shape, dtype in node.inputs
    ]
    graph = helper.make_graph(
        [helper.make_node(node.operator, [*(name for name, _, _ in node.inputs), *stored], results,
                          **dict(node.attributes))],
        "call",
        described,
        _results(node, results) if typed else [helper.make_empty_tensor_value_info(name) for name in results],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in stored.items()],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)


def _results(node: Node, names: list[str]) -> list[Any]:
    from onnx import helper

    _, shape, dtype = node.inputs[0]
    kinds = [helper.np_dtype_to_tensor_dtype(_dtype(kind)) for kind in (dtype, "int64")]
    axes = [f"axis{i}" for i in range(len(shape))]
    return [helper.make_tensor_value_info(name, kind, axes) for name, kind in zip(names, kinds, strict=False)]


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


def pads_attribute(
    pads: str, extents: Any, kernel: Any, *, stride: Any, padding: Any, dilation: Any = None
) -> dict[str, Any]:
    """The attribute that says the pads: ``pads``, or ``auto_pad`` where ``pads`` is ``words`` and a word means them.

    Examples
    --------
    >>> pads_attribute("words", (7,), (3,), stride=(2,), padding=((1, 1),))
    {'auto_pad': 'SAME_UPPER'}
    >>> pads_attribute("words", (7,), (3,), stride=(2,), padding=((0, 1),))
    {'pads': [0, 1]}
    """
    if pads == "words":
        pairs = tuple(tuple(pair) for pair in padding)
        if not any(map(any, pairs)):
            return {"auto_pad": "VALID"}
        for word, upper in (("SAME_UPPER", True), ("SAME_LOWER", False)):
            axes = zip(extents, kernel, stride, dilation or (1,) * len(pairs), strict=True)
            if pairs == tuple(same_pads(n, k, s, d, upper=upper) for n, k, s, d in axes):
                return {"auto_pad": word}
    return {"pads": onnx_pads(padding)}


def plane_indices(indices: Any, x: Any) -> Any:
    """Indices into the plane of their own image and channel, from indices into the whole tensor."""
    plane = prod(x.shape[2:])
    planes = np.arange(prod(indices.shape[:2])).reshape(*indices.shape[:2], *(1,) * (indices.ndim - 2))
    return indices - plane * planes


def convolutions(run: Run, rank: int, pads: str = "numbers") -> dict[str, Call]:
    """Conv and ConvTranspose."""

    def conv(x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
        said = pads_attribute(pads, x.shape[2:], w.shape[2:], stride=stride, padding=padding, dilation=dilation)
        return run("Conv", {"x": x, "w": w, "b": b}, kernel_shape=w.shape[2:], strides=stride,
                   dilations=dilation, group=groups, **said)[0]  # fmt: skip

    def conv_transpose(
        x: Any, w: Any, b: Any = None, *, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: Any
    ) -> Any:
        return run("ConvTranspose", {"x": x, "w": w, "b": b}, kernel_shape=w.shape[2:], strides=stride,
                   pads=onnx_pads(padding), output_padding=output_padding,
                   dilations=dilation, group=groups)[0]  # fmt: skip

    return {f"conv{rank}d": Call(conv), f"conv_transpose{rank}d": Call(conv_transpose, limits=BELOW_STRIDE)}


def pools(run: Run, rank: int, limits: tuple[str, ...] = (), pads: str = "numbers") -> dict[str, Call]:
    """MaxPool with and without indices, AveragePool and LpPool."""

    def pool(operator: str, x: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, **rest: Any) -> Any:
        dilation = rest.get("dilations")
        said = pads_attribute(pads, x.shape[2:], kernel_size, stride=stride, padding=padding, dilation=dilation)
        return run(operator, {"x": x}, kernel_shape=kernel_size, strides=stride, ceil_mode=int(ceil_mode),
                   **said, **rest)  # fmt: skip

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
        f"max_pool{rank}d": Call(max_pool, limits=limits),
        f"max_pool{rank}d_with_indices": Call(max_pool_with_indices, limits=limits),
        f"avg_pool{rank}d": Call(avg_pool, limits=limits),
        f"lp_pool{rank}d": Call(lp_pool, limits=limits, choices={"p": POWERS}),
    }


def every_rank(run: Run) -> dict[str, Call]:
    """GlobalMaxPool, GlobalAveragePool, Pad and Relu; ``pads`` and ``constant_value`` of Pad are arrays too."""

    def global_max_pool(x: Any) -> Any:
        return run("GlobalMaxPool", {"x": x})[0]

    def global_avg_pool(x: Any) -> Any:
        return run("GlobalAveragePool", {"x": x})[0]

    def pad(x: Any, *, padding: Any, mode: Any, value: Any) -> Any:
        pads = np.array(onnx_pads(((0, 0), (0, 0), *padding)), np.int64)
        arrays = {"x": x, "pads": pads, "constant_value": np.array(value, x.dtype) if mode == "constant" else None}
        return run("Pad", arrays, mode=MODES.get(mode, mode))[0]

    def relu(x: Any) -> Any:
        return run("Relu", {"x": x})[0]

    return {
        "global_max_pool": Call(global_max_pool),
        "global_avg_pool": Call(global_avg_pool),
        "pad": Call(pad, padding="negative", limits=PAD_LIMITS, choices={"mode": tuple(MODES)}),
        "relu": Call(relu),
    }
