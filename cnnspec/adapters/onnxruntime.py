"""ONNX Runtime as a target, on the CPU: ``onnxruntime``.

Each call runs a model of one node, built for the call's attributes, shapes and dtypes; sessions are kept for a while.
Three options follow the name: ``optimization`` (``all``, ``extended``, ``basic``, ``disable``: the graph optimisation
level), ``weights`` (``input``: passed like data; ``constant``: stored in the model, as in a trained one, which lets
ONNX Runtime choose other kernels) and ``pads`` (``numbers``; ``words``: as ``auto_pad`` wherever one of its words
means them).  There are no gradients.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from cnnspec.adapters.framework import Call, assemble
from cnnspec.adapters.onnx_models import PADS, Node, choice, convolutions, describe, every_rank, make_model, pools
from cnnspec.errors import Unsupported
from cnnspec.implementation import Implementation

LEVELS = {"all": "ORT_ENABLE_ALL", "extended": "ORT_ENABLE_EXTENDED", "basic": "ORT_ENABLE_BASIC",
          "disable": "ORT_DISABLE_ALL"}  # fmt: skip

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
    "negative pads of Pad are claimed for mode constant alone: what they mean beside another is nowhere said",
    "pad has no mode symmetric; replicate is edge, circular is wrap",
)

HALF = ("half_kernel_padding",)


def implementation(options: dict[str, str]) -> Implementation:
    """ONNX Runtime's CPU kernels, with one thread."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    level = choice("onnxruntime", options, "optimization", tuple(LEVELS))
    pads = choice("onnxruntime", options, "pads", PADS)
    run = Runner(level, choice("onnxruntime", options, "weights", ("input", "constant"))).run
    calls: dict[str, Call] = {}
    for rank in (1, 2, 3):
        calls |= convolutions(run, rank, pads) | pools(run, rank, HALF, pads)
    calls |= every_rank(run)
    return assemble("onnxruntime", onnxruntime.__version__, calls, dialects={"num.int": "wrap"}, notes=NOTES)


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
        node = describe(operator, given, outputs, attributes)
        try:
            session = self.new_session(node, stored) if stored else self.session(node)
            results: list[Any] = session.run(None, given)
        except self.no_kernel as error:
            raise Unsupported(f"ONNX Runtime: {error}") from error
        return results

    def new_session(self, node: Node, stored: Mapping[str, Any] | None = None) -> Any:
        """A session for a model of one node, with ``stored`` arrays in the model."""
        import onnxruntime

        model = make_model(node, stored, opset=OPSET, ir_version=IR_VERSION)
        providers = ["CPUExecutionProvider"]
        return onnxruntime.InferenceSession(model.SerializeToString(), self.settings, providers=providers)
