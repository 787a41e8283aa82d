"""The entry: what is known, what is missing, and one operation of a target."""

from __future__ import annotations

import pytest

from cnnspec import adapters
from cnnspec.errors import TargetError


def test_known_frameworks_have_a_version_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "find_spec", lambda name: None if name in ("jax", "onnx") else object())
    monkeypatch.setattr(adapters.metadata, "version", lambda name: f"{name} 1.2")
    known = dict(adapters.known())
    assert list(known) == list(adapters.FRAMEWORKS)
    assert (known["torch"], known["onnxruntime"], known["jax"]) == ("torch 1.2", None, None)


def test_a_framework_that_is_not_installed_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "find_spec", lambda name: None if name == "onnx" else object())
    monkeypatch.setattr(adapters, "known", lambda: [("torch", "2.13"), ("onnxruntime", None)])
    message = (
        r"onnxruntime needs onnx, .* -m pip install onnx \(installed frameworks: torch; for .* onnxruntime\?python="
    )
    with pytest.raises(TargetError, match=message):
        adapters.load("onnxruntime")


def test_an_option_that_a_framework_does_not_have() -> None:
    with pytest.raises(TargetError, match="the target 'torch' has no option 'gpu'; it has device"):
        adapters.load("torch?gpu=1")


def test_one_operation_of_a_loaded_target() -> None:
    whole = adapters.load("reference")
    part = adapters.load(whole, op="conv")
    assert list(part.functions) == list(part.claims.operations) == ["conv1d", "conv2d", "conv3d"]
    assert part.functions["conv2d"] is whole.functions["conv2d"]
