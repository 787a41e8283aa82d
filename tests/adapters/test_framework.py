"""What the framework adapters share: trials of dtypes, options held fixed, and what a later worker is told."""

from __future__ import annotations

import time
from inspect import signature
from typing import Any

import numpy as np
import pytest

from cnnspec.adapters.detection import Probing, attempt
from cnnspec.adapters.framework import Call, accepted, assemble, fixed
from cnnspec.errors import TargetError, Unsupported
from cnnspec.operations import find

OPTIONS = {"kernel_size": (2,), "stride": (2,), "padding": ((0, 0),)}


def max_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any) -> Any:
    if any(map(any, padding)) or x.dtype.kind != "f":
        raise Unsupported("no pads and no integers")
    return x[..., : x.shape[-1] // 2 * 2].reshape(*x.shape[:2], -1, 2).max(-1)


def dtypes_of(call: Call) -> tuple[str, ...]:
    claims = assemble("mine", "1", {"max_pool1d": call}).claims.operations
    return claims["max_pool1d"].dtypes


def test_a_function_that_claims_no_pads_of_one_is_tried_without() -> None:
    with pytest.raises(TargetError, match=r"mine: no operation runs with any dtype \(each small call raised\)"):
        dtypes_of(Call(max_pool))
    floats = ("float64", "float32", "float16")
    assert dtypes_of(Call(max_pool, padding="none")) == floats
    assert dtypes_of(Call(max_pool, limits=("padding_none_or_same_upper",))) == floats
    with pytest.raises(TargetError, match="no operation runs"):
        dtypes_of(Call(max_pool, limits=("one_stride",)))


def test_an_option_that_is_held_is_no_option_any_more() -> None:
    held = fixed(max_pool, padding=((0, 0),))
    assert list(signature(held).parameters) == ["x", "kernel_size", "stride"]
    assert held(np.array([[[1.0, 3, 2, 0]]]), kernel_size=(2,), stride=(2,)).tolist() == [[[3, 2]]]
    claims = assemble("mine", "1", {"max_pool1d": Call(held)}).claims.operations
    assert claims["max_pool1d"].options == ("kernel_size", "stride")


def test_what_an_earlier_worker_found_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arrays: Any, **options: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(Probing, "dtypes", {"max_pool1d": ("float32",)})
    found = assemble("mine", "1", {"max_pool1d": Call(fixed(never)), "max_pool2d": Call(max_pool)})
    assert list(found.functions) == ["max_pool1d"]
    assert found.claims.operations["max_pool1d"].dtypes == ("float32",)


def slow(x: Any) -> Any:
    time.sleep(0.05)
    if x.dtype.kind == "i":
        raise TypeError
    return x


def test_a_slow_library_keeps_its_dtypes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit on small calls, which is right for a student's file, would leave a library that compiles with none."""
    monkeypatch.setattr(Probing, "seconds", 0.01)
    monkeypatch.setattr(Probing, "off", "")
    assert accepted(slow, find("relu")[0], 2, (), ()) == ("float64", "float32", "float16", "bfloat16", "uint8")
    assert Probing.off == ""
    assert Probing.seconds == 0.01
    attempt(lambda: slow(np.zeros(1)))
    assert Probing.off
