"""The tests that the installed ``onnx`` ships for back ends, as checks: node tests, and models converted long ago.

Each is a model with inputs and expected outputs.  Nodes that are operations run on the given functions, any others on
ONNX's own reference; results are compared as ONNX's test runner compares them, with each test's tolerances.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cnnspec.adapters.onnx_nodes import NODES, operators
from cnnspec.errors import UsageError
from cnnspec.harness.suites import Check, Functions

KINDS = ("node", "pytorch-converted", "pytorch-operator", "simple")


def version() -> str:
    """Which ``onnx``."""
    import onnx

    return f"onnx {onnx.__version__}"


def checks() -> Iterator[Check]:
    """A check for every test with a node that is an operation, those of that node alone first.

    Raises
    ------
    UsageError
        If ``onnx`` is not installed.
    """
    try:
        from onnx.backend.test.loader import load_model_tests
    except ImportError:
        raise UsageError("the suite onnx needs the package onnx: pip install onnx") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tests overflow on purpose while they are made
        tests = [test for kind in KINDS for test in load_model_tests(kind=kind)]
    models = [(test, _model(test)) for test in tests]
    ours = [(test, m) for test, m in models if any(node.op_type in NODES and not node.domain for node in m.graph.node)]
    yield from (_check(test, m) for test, m in sorted(ours, key=lambda pair: len(pair[1].graph.node) > 1))


def _model(test: Any) -> Any:
    import onnx

    return test.model if test.model_dir is None else onnx.load(Path(test.model_dir) / "model.onnx")


def _check(test: Any, model: Any) -> Check:
    current: list[Functions] = []
    prepared: list[tuple[Any, list[tuple[Any, Any]]]] = []

    def run(functions: Functions) -> None:
        from onnx.backend.test.runner import Runner
        from onnx.reference import ReferenceEvaluator

        if not prepared:
            prepared.append((ReferenceEvaluator(model, new_ops=operators(lambda: current[-1])), _data(test, model)))
        evaluator, data = prepared[0]
        current[:] = [functions]
        names = [value.name for value in model.graph.input]
        for inputs, expected in data:
            found = evaluator.run(None, dict(zip(names, inputs, strict=False)))
            Runner.assert_similar_outputs(expected, found, test.rtol, test.atol)

    return Check(test.name, run)


def _data(test: Any, model: Any) -> list[tuple[Any, Any]]:
    """Pairs of inputs and expected outputs."""
    if test.data_sets is not None:
        return list(test.data_sets)
    import onnx

    def arrays(folder: Path, kind: str) -> list[Any]:
        files = sorted(folder.glob(f"{kind}_*.pb"), key=lambda path: int(path.stem.rpartition("_")[2]))
        return [onnx.numpy_helper.to_array(onnx.load_tensor(path)) for path in files]

    folders = sorted(Path(test.model_dir).glob("test_data_set_*"))
    return [(arrays(folder, "input"), arrays(folder, "output")) for folder in folders]
