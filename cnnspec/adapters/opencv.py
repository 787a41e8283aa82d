"""OpenCV's module for networks as a target, on the CPU: ``opencv``.

Each call runs an ONNX model of one node through ``cv2.dnn.readNetFromONNX``; networks are kept for a while.  Three
options follow the name: ``engine`` (``auto``, ``new``, ``classic``: which of OpenCV's engines), ``weights``
(``constant``: stored in the model, as in a trained one; ``input``: passed like data) and ``pads`` (``numbers``;
``words``: as ``auto_pad`` wherever one of its words means them).  There are no gradients.
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

ENGINES = {"auto": "ENGINE_AUTO", "new": "ENGINE_NEW", "classic": "ENGINE_CLASSIC"}
OPSET, IR_VERSION = 21, 10

NETWORKS = 64
"""How many networks are kept; reading one takes less than a millisecond."""

DTYPES = ("float32", "float64", "int8", "uint8", "int16", "int32", "int64")
"""The types of arrays that are handed over as they are."""

NUMERICS = {"ftz": "yes"}
"""A network runs with subnormal numbers taken as zero: https://github.com/opencv/opencv/pull/21521."""

NOTES = (
    "each call is a network of one ONNX node on the CPU with one thread, through cv2.dnn.readNetFromONNX",
    "arrays that are not contiguous are copied first",
    "float16 is not claimed: networks take it and answer in float32",
    "MaxPool's indices count through the whole tensor and are turned into indices of their plane",
    "there is no LpPool; an output_padding is below the stride",
    "negative pads of Pad are claimed for mode constant alone: what they mean beside another is nowhere said",
    "pad has no mode symmetric; replicate is edge, circular is wrap",
)


def implementation(options: dict[str, str]) -> Implementation:
    """OpenCV's networks, with one thread."""
    import cv2

    cv2.setNumThreads(1)
    if hasattr(cv2.utils, "logging"):  # a refused model would be told on the console as well
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    engine = choice("opencv", options, "engine", tuple(ENGINES))
    pads = choice("opencv", options, "pads", PADS)
    run = Runner(engine, choice("opencv", options, "weights", ("constant", "input"))).run
    calls: dict[str, Call] = {}
    for rank in (1, 2, 3):
        calls |= convolutions(run, rank, pads) | pools(run, rank, (), pads)
    calls |= every_rank(run)
    name = "opencv" if engine == "auto" else f"opencv, {engine} engine"
    return assemble(name, cv2.__version__, calls, numerics=NUMERICS, notes=NOTES)


class Runner:
    """Runs one node at a time."""

    def __init__(self, engine: str = "auto", weights: str = "constant") -> None:
        import cv2

        self.engine = getattr(cv2.dnn, ENGINES[engine])
        self.constant = ("w", "b") if weights == "constant" else ()
        self.network = lru_cache(NETWORKS)(self.new_network)

    def run(self, operator: str, arrays: Mapping[str, Any], *, outputs: int = 1, **attributes: Any) -> list[Any]:
        """The results of one operator; what Pad takes beside its array is stored in the model."""
        given = {name: np.ascontiguousarray(array) for name, array in arrays.items() if array is not None}
        if given["x"].dtype.name not in DTYPES:
            raise Unsupported(f"OpenCV's networks keep {', '.join(DTYPES)}; got {given['x'].dtype}")
        kept = (*self.constant, "pads", "constant_value")
        stored = {name: given.pop(name) for name in kept if name in given}
        node = describe(operator, given, outputs, attributes)
        network = self.new_network(node, stored) if stored else self.network(node)
        for name, array in given.items():
            network.setInput(array, name)
        return list(network.forward([f"y{i}" for i in range(outputs)]))

    def new_network(self, node: Node, stored: Mapping[str, Any] | None = None) -> Any:
        """A network of one node, with ``stored`` arrays in the model."""
        import cv2

        model = make_model(node, stored, opset=OPSET, ir_version=IR_VERSION, typed=True)
        return cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8), self.engine)
