"""ONNX's own tests of the operators that this package specifies, with the reference as the backend."""

from __future__ import annotations

import re
import unittest
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.onnx import backend
from tests.onnx.backend import OPERATORS, Reference

onnx = pytest.importorskip("onnx")
BackendTest = pytest.importorskip("onnx.backend.test").BackendTest
load_model_tests = pytest.importorskip("onnx.backend.test.loader").load_model_tests

KINDS = {
    "node": "OnnxBackendNodeModelTest",
    "simple": "OnnxBackendSimpleModelTest",
    "pytorch-converted": "OnnxBackendPyTorchConvertedModelTest",
    "pytorch-operator": "OnnxBackendPyTorchOperatorModelTest",
}
"""Every kind of test that comes with ONNX, and the class that holds it."""

EXCLUDED = {
    r"_expanded$": "another operator, written out as a graph of many",
    r"^test_AvgPool1d(_stride)?$": "a graph that adds an axis, pools, and takes it away",
}
"""Tests, by name, that hold one of our operators and are not run; and why."""

UNTESTED = {"GlobalLpPool"}
"""Operators for which ONNX has no test."""


@dataclass(frozen=True)
class Suite:
    """Tests of one node by operator, and the names of the others that hold one of our operators."""

    by_operator: dict[str, list[unittest.TestCase]]
    others: list[str]


def graphs() -> Iterator[tuple[str, str, Any]]:
    """Kind, name and model of every test that holds one of our operators."""
    for kind in KINDS:
        for case in load_model_tests(kind=kind):
            model = case.model or onnx.load(Path(case.model_dir) / "model.onnx")
            if {node.op_type for node in model.graph.node} & OPERATORS.keys():
                yield kind, case.name, model


@pytest.fixture(scope="module")
def suite() -> Suite:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ONNX makes the data of all its tests, overflows among them
        classes = BackendTest(Reference, __name__).test_cases
        by_operator: dict[str, list[unittest.TestCase]] = {operator: [] for operator in OPERATORS}
        others = []
        for kind, name, model in graphs():
            if Reference.is_compatible(model):
                by_operator[model.graph.node[0].op_type].append(classes[KINDS[kind]](f"{name}_cpu"))
            else:
                others.append(name)
    return Suite(by_operator, others)


def complaints(test: unittest.TestCase) -> list[str]:
    """What stands against one test: errors, failures, and that it was skipped."""
    result = unittest.TestResult()
    test.run(result)
    assert result.testsRun == 1
    return [f"{test.id()}: {text}" for _, text in (*result.errors, *result.failures, *result.skipped)]


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_test_of(operator: str, suite: Suite) -> None:
    assert bool(suite.by_operator[operator]) == (operator not in UNTESTED)
    assert not [text for test in suite.by_operator[operator] for text in complaints(test)]


@pytest.mark.parametrize("operator", [operator for operator in OPERATORS if operator not in UNTESTED])
def test_every_test_of_a_wrong_operator_fails(operator: str, suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    right = OPERATORS[operator]

    def wrong(*args: Any) -> Any:
        result = right(*args)
        return tuple(y + 1 for y in result) if isinstance(result, tuple) else result + 1

    monkeypatch.setitem(backend.OPERATORS, operator, wrong)
    assert all(complaints(test) for test in suite.by_operator[operator])


def test_what_is_left_out_has_its_reason(suite: Suite) -> None:
    matches = {pattern: [name for name in suite.others if re.search(pattern, name)] for pattern in EXCLUDED}
    assert all(matches.values()), "a reason that excludes nothing"
    assert sorted(suite.others) == sorted(name for names in matches.values() for name in names)
