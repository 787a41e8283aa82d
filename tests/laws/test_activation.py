from __future__ import annotations

import numpy as np
import pytest

from cnnspec.laws.registry import find_law
from cnnspec.spec import activation

RELU = "relu:x=2x3x7,f32,ints:8"


@pytest.mark.parametrize(
    ("law", "fault"),
    [
        ("RELU-1", lambda f: np.abs),
        ("RELU-1", lambda f: lambda x: np.where(x > 0, x, x / 8)),
        ("RELU-3", lambda f: lambda x: f(x - 1)),
        ("RELU-4", lambda f: lambda x: np.minimum(f(x), 6)),
        ("RELU-5", lambda f: lambda x: np.where(x > 0, x, np.float32(0))),
        ("RELU-5", lambda f: lambda x: x * (x > 0)),
    ],
)
def test_faults(caught, law: str, fault) -> None:
    with np.errstate(invalid="ignore"):
        assert caught(law, RELU, fault).message


def test_a_relu_that_hides_nan_as_declared(ruling) -> None:
    def fault(f):
        return lambda x: np.where(x > 0, x, np.float32(0))

    text = f"{RELU},set.x=3.nan"
    assert ruling("RELU-5", text, fault, act__relu__nan="zero").verdict == "passed"
    assert ruling("RELU-5", text, fault).verdict == "failed"


def test_a_pooling_by_absolute_value(caught) -> None:
    def fault(f):
        return lambda x, **o: np.where(f(-x, **o) > f(x, **o), -f(-x, **o), f(x, **o))

    text = "max_pool2d:x=2x3x7x5,kernel_size=3x2,f64,ints:8"
    assert "relu(maxpool(x)) differs" in caught("RELU-6", text, fault).message


def test_a_gradient_that_passes_at_zero(monkeypatch) -> None:
    monkeypatch.setattr(activation, "relu_input_grad", lambda g, x: np.where(x >= 0, g, 0).astype(object))
    assert any(find_law("RELU-2").prove(seed) for seed in range(4))
