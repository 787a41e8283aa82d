"""ONNX's own reference implementation as a target: ``onnx-reference``.

Each call runs a model of one node through ``onnx.reference.ReferenceEvaluator``; evaluators are kept for a while.
The option ``pads`` follows the name: ``numbers``, or ``words`` to write pads as ``auto_pad`` wherever one of its words
means them.  The types of a call are those of the operator's definition, which the evaluator itself does not look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

import numpy as np

from cnnspec.adapters.framework import Call, assemble
from cnnspec.adapters.onnx_models import PADS, Node, choice, convolutions, describe, every_rank, make_model, pools
from cnnspec.errors import Unsupported
from cnnspec.implementation import Implementation

OPSET, IR_VERSION = 22, 10
"""The first opset whose convolutions and pools take bfloat16; ONNX 1.17 has it."""

EVALUATORS = 64
"""How many evaluators are kept."""

NAMES = {"float": "float32", "double": "float64"}
"""ONNX's words for types, where they differ from NumPy's."""

BIASED = {"bias": "rounded"}
NUMERICS = {"conv": BIASED, "conv_transpose": {**BIASED, "accumulator": "own"}}
"""A bias is added to results in their own dtype; a transposed convolution adds up its copies in it, too."""

NOTES = (
    "each call is a model of one node through onnx.reference.ReferenceEvaluator",
    "types are claimed as the operator's definition lists them; the evaluator would also run others",
    "MaxPool's indices count through the whole tensor and are turned into indices of their plane",
    "an output_padding is below the stride here: ONNX says nothing of larger ones",
    "LpPool takes integer powers alone; 1 to 10 are claimed",
    "negative pads of Pad are claimed for mode constant alone: what they mean beside another is nowhere said",
    "pad has no mode symmetric; replicate is edge, circular is wrap",
)


def implementation(options: dict[str, str]) -> Implementation:
    """ONNX's reference implementation."""
    import onnx

    pads = choice("onnx-reference", options, "pads", PADS)
    run = Runner().run
    calls: dict[str, Call] = {}
    for rank in (1, 2, 3):
        calls |= convolutions(run, rank, pads) | pools(run, rank, (), pads)
    calls |= every_rank(run)
    for name, call in calls.items():
        calls[name] = replace(call, numerics=NUMERICS.get(name.rstrip("123d"), {}))
    return assemble("onnx-reference", onnx.__version__, calls, notes=NOTES)


class Runner:
    """Runs one node at a time."""

    def __init__(self) -> None:
        self.evaluator = lru_cache(EVALUATORS)(new_evaluator)

    def run(self, operator: str, arrays: Mapping[str, Any], *, outputs: int = 1, **attributes: Any) -> list[Any]:
        """The results of one operator; ``pads`` and ``constant_value`` of Pad are arrays too."""
        given = {name: np.asarray(array) for name, array in arrays.items() if array is not None}
        if given["x"].dtype.name not in types(operator):
            raise Unsupported(f"ONNX's {operator} takes {', '.join(types(operator))}; got {given['x'].dtype}")
        evaluator = self.evaluator(describe(operator, given, outputs, attributes))
        results: list[Any] = evaluator.run(None, given)
        return results


def new_evaluator(node: Node) -> Any:
    """An evaluator for a model of one node."""
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(make_model(node, opset=OPSET, ir_version=IR_VERSION))


@cache
def types(operator: str) -> tuple[str, ...]:
    """The types that the operator's definition allows for its first input, by NumPy's names."""
    from onnx import defs

    schema = defs.get_schema(operator, OPSET)
    found = [name.removeprefix("tensor(").removesuffix(")") for name in sorted(schema.inputs[0].types)]
    return tuple(NAMES.get(name, name) for name in found)
