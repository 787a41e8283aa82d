"""Integer sums beyond their dtype: they wrap around, and whoever declares another way is not held to that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.harness.session import run
from cnnspec.implementation import Implementation

NARROW = ("int8", "uint8")
OPERATIONS = ("conv2d", "conv_transpose2d", "conv2d_input_grad", "conv2d_weight_grad", "convolve")
BEYOND = {
    "widen": lambda y, dtype: y.astype(np.int64),
    "saturate": lambda y, dtype: np.clip(y, np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype),
}


def summing(how: str, declared: bool) -> Implementation:
    """The reference with sums in int64, and another end than to wrap around."""
    whole = reference()

    def changed(op: str) -> Any:
        def function(*arrays: Any, **options: Any) -> Any:
            if any(a is not None and a.dtype not in NARROW for a in arrays):
                return whole.functions[op](*arrays, **options)
            wide = [a if a is None else a.astype(np.int64) for a in arrays]
            return BEYOND[how](whole.functions[op](*wide, **options), arrays[0].dtype)

        return function

    claims = {op: replace(whole.claims.operations[op], dtypes=NARROW) for op in OPERATIONS}
    return replace(
        whole,
        functions={op: changed(op) for op in OPERATIONS},
        claims=replace(whole.claims, operations=claims, dialects={"num.int": how} if declared else {}),
    )


@pytest.mark.parametrize("how", BEYOND)
def test_sums_that_end_otherwise_are_told_unless_declared(how: str) -> None:
    settings = {"profile": "strict", "isolate": "none", "seed": 2}
    declared = run(summing(how, declared=True), cases=60, **settings)
    assert [f"{f.case} {f.law} {f.failure.message}" for f in declared.findings] == []
    told = run(summing(how, declared=False), cases=30, operations=("conv2d",), laws=("CORR-1", "PURE-5"), **settings)
    assert {f.law for f in told.findings} == {"CORR-1"} | ({"PURE-5"} if how == "widen" else set())
