"""ONNX's operators in terms of the operations: what a node with its attributes asks for, called on given functions.

:func:`run_node` answers one node.  :func:`operators` makes classes of it that replace those of
``onnx.reference.ReferenceEvaluator``, so that whole models run on functions of anybody's.  Where an attribute asks for
what no operation has (the dilation of an average), :class:`~cnnspec.errors.Unsupported` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cnnspec.errors import Unsupported
from cnnspec.geometry import same_pads
from cnnspec.operations import BY_NAME

if TYPE_CHECKING:
    from cnnspec.typing import Array, Pads, Shape

Functions: TypeAlias = Mapping[str, Callable[..., Any]]
"""Functions by spelled name, ``conv2d``, in canonical form."""

Attributes: TypeAlias = Mapping[str, Any]

MODES = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}

RESTS: dict[str, dict[str, Any]] = {"max_pool": {}, "avg_pool": {"count_include_pad": False}, "lp_pool": {"p": 2}}
"""What else a pooling takes, with ONNX's defaults."""


def run_node(
    functions: Functions, operator: str, inputs: Sequence[Array | None], attributes: Attributes, outputs: int = 1
) -> tuple[Any, ...]:
    """The results of one node.

    Parameters
    ----------
    functions
        What to compute with.
    operator
        One of :data:`NODES`.
    inputs
        The node's inputs in order; ``None`` for one that is left out.
    attributes
        The node's attributes; ``None`` stands for one that is left out.
    outputs
        How many results the node has.

    Raises
    ------
    Unsupported
        If no operation does what the attributes ask for.
    """
    given = {name: value for name, value in attributes.items() if value is not None}
    return NODES[operator](functions, list(inputs), given, outputs)


def operators(functions: Callable[[], Functions]) -> list[type]:
    """Classes for the ``new_ops`` of ``onnx.reference.ReferenceEvaluator``; ``functions`` is asked at every call."""
    from onnx.reference.op_run import OpRun

    def made(operator: str) -> type:
        def _run(self: Any, *inputs: Any, **attributes: Any) -> tuple[Any, ...]:
            return run_node(functions(), operator, inputs, attributes, len(self.onnx_node.output))

        return type(operator, (OpRun,), {"op_domain": "", "_run": _run})

    return [made(operator) for operator in NODES]


def _call(functions: Functions, op: str, rank: int, *arrays: Any, **options: Any) -> Any:
    return functions[BY_NAME[op].spelled(rank)](*arrays, **options)


def _windows(extents: Shape, kernel: Shape, given: Attributes) -> dict[str, Any]:
    """Stride, dilation and pads, ``auto_pad`` resolved."""
    rank = len(extents)
    stride = tuple(given.get("strides") or (1,) * rank)
    dilation = tuple(given.get("dilations") or (1,) * rank)
    word = given.get("auto_pad", "NOTSET")
    pads = _pairs(given.get("pads") or (0,) * (2 * rank))
    if word == "VALID":
        pads = ((0, 0),) * rank
    elif word.startswith("SAME"):
        axes = zip(extents, kernel, stride, dilation, strict=True)
        pads = tuple(same_pads(n, k, s, d, upper=word == "SAME_UPPER") for n, k, s, d in axes)
    return {"stride": stride, "dilation": dilation, "padding": pads}


def _pairs(pads: Sequence[int]) -> Pads:
    """(lo, hi) pairs from ONNX's order, every low pad and then every high one."""
    half = len(pads) // 2
    return tuple((int(lo), int(hi)) for lo, hi in zip(pads[:half], pads[half:], strict=True))


def _conv(functions: Functions, inputs: list[Any], given: Attributes, outputs: int) -> tuple[Any, ...]:
    x, w = inputs[:2]
    options = _windows(x.shape[2:], w.shape[2:], given)
    return (_call(functions, "conv", x.ndim - 2, *_present(inputs), **options, groups=given.get("group", 1)),)


def _conv_transpose(functions: Functions, inputs: list[Any], given: Attributes, outputs: int) -> tuple[Any, ...]:
    x, w = inputs[:2]
    rank = x.ndim - 2
    plain = {name: value for name, value in given.items() if name != "auto_pad"}
    options = {**_windows(x.shape[2:], w.shape[2:], plain), "groups": given.get("group", 1)}
    options["output_padding"] = tuple(given.get("output_padding") or (0,) * rank)
    word = given.get("auto_pad", "NOTSET")
    wanted = given.get("output_shape")
    if word.startswith("SAME") and not wanted:
        wanted = [n * s for n, s in zip(x.shape[2:], options["stride"], strict=True)]
    if wanted:
        columns = zip(x.shape[2:], w.shape[2:], options["stride"], options["dilation"], options["output_padding"],
                      wanted[-rank:], strict=True)  # fmt: skip
        totals = [(n - 1) * s + e + (k - 1) * d + 1 - m for n, k, s, d, e, m in columns]
        halves = [(max(t, 0) // 2, max(t, 0) - max(t, 0) // 2) for t in totals]
        # The specification's text: half at the start for SAME_UPPER, the larger half there for every other word.
        options["padding"] = tuple(pair if word == "SAME_UPPER" else pair[::-1] for pair in halves)
        extra = zip(options["output_padding"], totals, strict=True)
        options["output_padding"] = tuple(e + max(-t, 0) for e, t in extra)
    return (_call(functions, "conv_transpose", rank, *_present(inputs), **options),)


def _present(inputs: list[Any]) -> list[Any]:
    return [array for array in inputs if array is not None]


def _pooling(op: str) -> Callable[..., tuple[Any, ...]]:
    def pool(functions: Functions, inputs: list[Any], given: Attributes, outputs: int) -> tuple[Any, ...]:
        x, kernel = inputs[0], tuple(given["kernel_shape"])
        options = _windows(x.shape[2:], kernel, given)
        if op != "max_pool" and max(options.pop("dilation")) > 1:
            raise Unsupported(f"{op} has no dilation")
        options |= {"kernel_size": kernel, "ceil_mode": bool(given.get("ceil_mode", 0))}
        options |= {word: type(default)(given.get(word, default)) for word, default in RESTS[op].items()}
        if outputs == 1:
            return (_call(functions, op, len(kernel), x, **options),)
        y, indices = _call(functions, f"{op}_with_indices", len(kernel), x, **options)
        if given.get("storage_order"):
            at = np.unravel_index(indices, x.shape[2:])
            indices = np.ravel_multi_index(at, x.shape[2:], order="F")
        return y, _through_the_tensor(indices, x)

    return pool


def _through_the_tensor(indices: Array, x: Array) -> Array:
    """Indices that count through the whole tensor, from those that count within a plane."""
    plane = prod(x.shape[2:])
    planes = np.arange(prod(indices.shape[:2])).reshape(*indices.shape[:2], *(1,) * (indices.ndim - 2))
    counted: Array = indices + plane * planes
    return counted


def _same_name(op: str) -> Callable[..., tuple[Any, ...]]:
    def plain(functions: Functions, inputs: list[Any], given: Attributes, outputs: int) -> tuple[Any, ...]:
        return (functions[op](inputs[0]),)

    return plain


def _pad(functions: Functions, inputs: list[Any], given: Attributes, outputs: int) -> tuple[Any, ...]:
    """Batch and channels may be padded too: then every axis is a spatial one of a single channel."""
    x, pads, value, axes = (*inputs, None, None, None)[:4]
    pads = given.get("pads", given.get("paddings")) if pads is None else pads
    value = given.get("value", 0) if value is None else value
    pairs = dict(zip(range(x.ndim) if axes is None else (int(a) % x.ndim for a in axes), _pairs(pads), strict=True))
    every = tuple(pairs.get(axis, (0, 0)) for axis in range(x.ndim))
    options = {"mode": MODES[given.get("mode", "constant")], "value": np.asarray(value).item()}
    if x.ndim > 2 and not any(map(any, every[:2])):
        return (functions["pad"](x, padding=every[2:], **options),)
    return (functions["pad"](x[None, None], padding=every, **options)[0, 0],)


NODES: dict[str, Callable[[Functions, list[Any], Attributes, int], tuple[Any, ...]]] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "MaxPool": _pooling("max_pool"),
    "AveragePool": _pooling("avg_pool"),
    "LpPool": _pooling("lp_pool"),
    "GlobalMaxPool": _same_name("global_max_pool"),
    "GlobalAveragePool": _same_name("global_avg_pool"),
    "Pad": _pad,
    "Relu": _same_name("relu"),
}
"""The operators that are operations, by ONNX's name."""
