"""Networks on targets: right ones pass, each kind of fault is found, and what was not checked is said."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cnnspec.adapters.claiming import claims
from cnnspec.errors import UsageError
from cnnspec.harness.certify import certify
from cnnspec.harness.verdicts import Verdict
from cnnspec.numerics.rounding import round_to
from cnnspec.reference.convolution import conv2d
from cnnspec.reference.gradients import conv2d_input_grad, conv2d_weight_grad
from cnnspec.reference.transpose import conv_transpose2d

ROWS = [
    {"name": "stem", "channels": [3, 32], "extents": [17, 15], "kernel": [5, 3], "stride": [2, 1], "padding": [2, 1],
     "bias": True},
    {"name": "wide", "channels": [32, 24], "extents": [9, 11], "kernel": [3, 3], "padding": [1, 1]},
    {"name": "depthwise", "channels": [24, 24], "extents": [9, 11], "kernel": [3, 3], "groups": 24},
    {"name": "up", "operation": "conv_transpose", "channels": [24, 16], "extents": [5, 4], "kernel": [2, 2],
     "stride": [2, 2]},
]  # fmt: skip


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"name": "net", "title": "A net", "layers": ROWS}))
    return str(path)


WHOLE = {
    "conv2d": conv2d, "conv2d_input_grad": conv2d_input_grad, "conv2d_weight_grad": conv2d_weight_grad,
    "conv_transpose2d": conv_transpose2d,
}  # fmt: skip


def test_the_reference_is_right(table: str) -> None:
    seen = []
    whole = certify(WHOLE, layers=table, batch=2, progress=lambda row, done, planned: seen.append((done, planned)))
    assert {row.verdict for row in whole.rows} == {Verdict.PASSED}, [row.words for row in whole.rows]
    assert (len(whole.rows), seen[-1], whole.exit_code) == (20, (20, 20), 0)
    assert whole.words.startswith("A net on ")
    assert "of 20 results 20 right; a wrong element of an exact result was missed with probability" in whole.words
    assert {row.certificate.trials for row in whole.rows if row.form == "float"} == {8}
    assert len({row.certificate.seed for row in whole.rows}) == 20
    assert json.loads(json.dumps(whole.to_json()))["rows"][0]["verdict"] == "passed"


@pytest.mark.parametrize("form", ["float", "exact"])
def test_one_wrong_element_is_named(table: str, form: str) -> None:
    def wrong(x, w, b=None, *, stride, padding, dilation, groups):
        y = conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)
        y[1, 7, 2, 3] += 1
        return y

    whole = certify({**WHOLE, "conv2d": wrong}, layers=table, batch=2, forms=(form,), results=("forward",))
    failed = [row for row in whole.rows if row.verdict is Verdict.FAILED]
    assert [row.layer.name for row in failed] == ["stem", "wide", "depthwise"]
    assert all([w.index for w in row.certificate.wrong] == [(1, 7, 2, 3)] for row in failed)
    assert whole.exit_code == 1
    assert "[1, 7, 2, 3] is" in failed[0].words


def test_faults_of_wiring_and_precision(table: str) -> None:
    def dropped(grad, x, *, kernel_size, **options):
        result = conv2d_weight_grad(grad, x, kernel_size=kernel_size, **options)
        result[..., -1, -1] = 0
        return result

    def coarse(x, w, b=None, **options):
        return conv2d(*(round_to(a, "tf32").astype(np.float32) for a in (x, w)), b, **options)

    whole = certify({**WHOLE, "conv2d_weight_grad": dropped, "conv2d": coarse}, layers=table, batch=2)
    by_result = {(row.layer.name, row.result, row.form): row.verdict for row in whole.rows}
    for layer in ("stem", "wide", "depthwise"):
        assert by_result[layer, "weight gradient", "exact"] is Verdict.FAILED
        assert by_result[layer, "weight gradient", "float"] is Verdict.FAILED
        assert by_result[layer, "forward", "float"] is Verdict.FAILED
        assert by_result[layer, "forward", "exact"] is Verdict.PASSED  # integers of few bits
        assert by_result[layer, "input gradient", "float"] is Verdict.PASSED


def test_what_is_not_claimed_or_does_not_return(table: str) -> None:
    def narrow(x, w, b=None, *, padding):
        return conv2d(x, w, b, padding=padding)

    def refusing(grad, w, **options):
        raise ValueError("too large")

    whole = certify({"conv2d": narrow, "conv2d_input_grad": refusing}, layers=table, forms=("exact",))
    verdicts = {(row.layer.name, row.result): row.verdict for row in whole.rows}
    assert verdicts["stem", "forward"] is Verdict.UNCLAIMED
    assert verdicts["wide", "forward"] is Verdict.PASSED
    assert verdicts["up", "forward"] is Verdict.UNCLAIMED
    assert verdicts["wide", "input gradient"] is Verdict.REFUSED
    assert verdicts["wide", "weight gradient"] is Verdict.UNCLAIMED
    assert "unclaimed" in whole.words
    assert whole.exit_code == 1


def test_16_bits(table: str) -> None:
    whole = certify("reference", layers=table, dtype="bfloat16", results=("forward",), isolate="none")
    verdicts = {(row.layer.name, row.form): row.verdict for row in whole.rows}
    assert verdicts["wide", "float"] is Verdict.PASSED
    assert verdicts["wide", "exact"] is Verdict.VACUOUS  # 288 products of integers do not fit 8 bits
    assert verdicts["depthwise", "exact"] is Verdict.PASSED
    assert whole.exit_code == 0


def test_a_declared_transform_is_not_held_to_sums_that_are_formed_directly(table: str) -> None:
    @claims(numerics={"algorithm": "fft"})
    def by_fft(x, w, b=None, *, stride, padding, dilation, groups):
        return conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups) * np.float32(1.001)

    whole = certify({"conv2d": by_fft}, layers=table, results=("forward",), only=("wide",))
    assert {row.verdict for row in whole.rows} == {Verdict.VACUOUS}
    assert "fft is declared" in whole.rows[0].words
    assert whole.exit_code == 4


def test_a_crash_is_a_row(table: str, tmp_path) -> None:
    path = tmp_path / "crashes.py"
    path.write_text(
        "import os\nimport cnnspec\n"
        "def conv2d(x, w, b=None, *, stride, padding, dilation, groups):\n"
        "    if x.shape[1] == 32: os._exit(3)\n"
        "    return cnnspec.conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)\n"
    )
    whole = certify(str(path), layers=table, results=("forward",), forms=("exact",))
    verdicts = {row.layer.name: row.verdict for row in whole.rows}
    assert (verdicts["wide"], verdicts["stem"], verdicts["depthwise"]) == ("crashed", "passed", "passed")


@pytest.mark.parametrize(
    "changes", [{"layers": "alexnet"}, {"results": ("backward",)}, {"forms": ("hex",)}, {"dtype": "int8"}, {"batch": 0}]
)
def test_what_does_not_exist(changes) -> None:
    with pytest.raises(UsageError):
        certify(WHOLE, **{"layers": "resnet50", **changes})
