"""The result model and its JSON, there and back."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from cnnspec.cases.arrays import dtype_of
from cnnspec.errors import UsageError
from cnnspec.report.build import make_report
from cnnspec.report.json import dumps, loads, schema, to_data
from cnnspec.report.model import MOST_VALUES, Values


@pytest.fixture
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema())


def test_a_report_satisfies_its_schema(result, validator) -> None:
    validator.validate(json.loads(dumps(make_report(result))))


@pytest.mark.parametrize(("key", "value"), [("exit_code", 7), ("findings", {}), ("surprise", 1), ("schema", 2)])
def test_the_schema_refuses_what_is_no_report(result, validator, key: str, value: object) -> None:
    assert not validator.is_valid({**to_data(make_report(result)), key: value})


def test_the_schema_names_every_field(result) -> None:
    data = to_data(make_report(result))
    assert set(schema()["properties"]) == set(data)
    assert set(schema()["$defs"]["finding"]["properties"]) == set(data["findings"][0])


def test_there_and_back(result) -> None:
    report = make_report(result)
    assert loads(dumps(report)) == report


def test_numbers_that_json_lacks_are_words(result) -> None:
    text = dumps(make_report(result))
    data = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert data["findings"][0]["got"]["data"] == [5.0, "nan"]
    assert data["precision"] == {"worst": "inf"}
    assert text.isascii()


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16", "int8", "int64", "complex128", "bool"])
def test_values_keep_every_element(dtype: str) -> None:
    array = np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype_of(dtype))
    back = Values.of(array).array()
    assert back.shape == (2, 3)
    assert np.array_equal(back, array.astype(back.dtype))


def test_values_keep_what_is_not_finite() -> None:
    array = np.array([np.nan, -np.inf, -0.0, 5e-324, 1 / 3])
    assert Values.of(array).array().tobytes() == array.tobytes()
    assert np.isnan(Values.of(np.array([complex("nan+1j")])).array()[0])


def test_a_large_array_is_told_by_shape() -> None:
    values = Values.of(np.zeros((MOST_VALUES + 1,)))
    assert (values.shape, values.data, values.array()) == ((MOST_VALUES + 1,), None, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "no JSON report"), ("[]", "no number 'schema'"), ('{"schema": 99}', "reads up to 1; update"),
     ('{"schema": 1}', "cannot be read")],
)  # fmt: skip
def test_what_is_no_report_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        loads(text)


def test_a_report_says_what_it_stands_for(result) -> None:
    report = make_report(result)
    assert (report.headline, report.exit_code, report.operations) == ("DOES NOT CONFORM", 1, ("conv2d", "relu"))
    assert report.command == "cnnspec check layers.py --seed 3"
    assert [(u.op, u.reason) for u in report.unclaimed] == [("pad", "the target has no function of that name")]
    finding = report.findings[0]
    assert finding.replay == f"cnnspec replay {finding.case} layers.py"
    assert finding.worked[-1].endswith("= 1    got 5")
    assert finding.looks_like[0].sentence == "the kernel is flipped on every axis, as in a true convolution"


def test_a_sum_that_is_not_what_was_compared_is_left_out(result) -> None:
    finding = result.findings[0]
    other = replace(finding.failure, expected=finding.failure.expected + 40)
    result.findings = [replace(finding, failure=other)]
    assert make_report(result).findings[0].worked == ()


def test_a_wrong_shape_is_worked_out_axis_by_axis(result) -> None:
    finding = result.findings[0]
    result.findings = [replace(finding, law="SHAPE-3", failure=replace(finding.failure, expected=None, where=None))]
    worked = make_report(result).findings[0].worked
    assert [line for line in worked if line.startswith("axis")] == [
        "axis 0   n = 2, k = 2, s = 1, d = 1, pads (0, 0)",
        "axis 1   n = 3, k = 2, s = 1, d = 1, pads (0, 0)",
    ]
