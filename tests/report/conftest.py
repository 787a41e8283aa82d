"""Cases of every operation, and small results to report on."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.cases.case import Case
from cnnspec.harness.plan import Item
from cnnspec.harness.runner import draw
from cnnspec.harness.verdicts import Finding, RunResult, Tally, Verdict
from cnnspec.implementation import Claims, OperationClaims
from cnnspec.laws.law import Failure
from cnnspec.laws.registry import find_law

CASE = Case.parse("conv2d:x=1x1x2x3,w=1x1x2x2,f64,data.x=1_2_3_4_5_6,data.w=1_0_0_0")

FLIPPED = """
import numpy as np

def conv2d(x, w, stride=1, pad=0, bias=None):
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    (kh, kw), w = w.shape[2:], w[:, :, ::-1, ::-1]
    rows, columns = (x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1
    y = np.zeros((len(x), len(w), rows, columns), x.dtype)
    for i in range(rows):
        for j in range(columns):
            part = x[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
            y[:, :, i, j] = np.tensordot(part, w, ((1, 2, 3), (1, 2, 3)))
    return y if bias is None else y + bias[:, None, None]
"""
"""A first exercise as a student writes it, with the kernel flipped."""


@cache
def drawn(op: str, count: int, strict: bool = False) -> tuple[Case, ...]:
    """Cases of one operation, as a run draws them."""
    return tuple(draw(Item(op, reference().claims.operations[op], (), count), 5, strict))


@pytest.fixture(name="drawn")
def drawn_fixture() -> Callable[..., tuple[Case, ...]]:
    return drawn


@pytest.fixture
def result() -> RunResult:
    """One finding on conv2d, one operation that passed, one that is not claimed."""
    expected, got = np.array([[[[1.0, 2.0]]]]), np.array([[[[5.0, np.nan]]]])
    failure = Failure("element [0, 0, 0, 0] is 5 where 1 is right", expected, got, (0, 0, 0, 0))
    finding = Finding(
        "CORR-1", "conv2d", Verdict.FAILED, CASE, CASE, failure, 7, ("CORR-3",), (("kernel_flipped", 7, 7),)
    )
    return RunResult(
        "layers.py", "layers.py", "", Claims({"conv2d": OperationClaims(("stride",)), "relu": OperationClaims(())}),
        3, "quick", "standard", (find_law("CORR-1"), find_law("RELU-1")),
        tallies={
            ("conv2d", "CORR-1"): Tally(9, 7, 1, Verdict.FAILED, ""),
            ("relu", "RELU-1"): Tally(12, 0, 0, Verdict.PASSED, ""),
            ("pad", ""): Tally(verdict=Verdict.UNCLAIMED, reason="the target has no function of that name"),
        },
        findings=[finding], notes=["conv2d: not claimed: groups"], cases=21, checks=22, seconds=0.5, complete=True,
        environment={"cnnspec": "1.2"}, precision={"worst": float("inf")},
    )  # fmt: skip


@pytest.fixture
def flipped(tmp_path: Path) -> Path:
    """A file with a flipped kernel."""
    path = tmp_path / "layers.py"
    path.write_text(FLIPPED)
    return path
