"""SciPy as a target: every way against the reference, centring included, and what each way does not take."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from cnnspec import adapters
from cnnspec.adapters.scipy import WAYS
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import TargetError, Unsupported
from tests.adapters.tables import expected, run

SHAPES = ["x=7,k=3", "x=7,k=4", "x=3,k=7", "x=5x7,k=3x2", "x=7x5,k=2x3", "x=3x2,k=5x4", "x=3x4x5,k=2x3x1"]
TRANSFORMS = ("auto", "fft", "oaconvolve")
KNOWN = {  # findings, with a page of their own: an even kernel under same, and conjugation with the larger kernel
    ("signal2d", "cross_correlate", "same"),
    ("signal2d", "cross_correlate", "valid"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("dtype", ["f64", "c128", "i32"])
def test_every_way_agrees_with_the_reference(way: str, mode: str, dtype: str) -> None:
    target = adapters.load(f"scipy?through={way}")
    seen = 0
    for op, claim in target.claims.operations.items():
        if mode not in claim.choices.get("mode", (mode,)) or (way, op, mode) in KNOWN:
            continue
        for shapes in SHAPES:
            case = Case.parse(
                f"{op}:{shapes},{dtype},ints:9" if mode == "full" else f"{op}:{shapes},mode={mode},{dtype}"
            )
            if case.dtype not in claim.dtypes or (way == "signal2d" and len(case.shapes["x"]) != 2):
                continue
            (got,), (wanted,) = run(target, case), expected(case)
            assert got.dtype == wanted.dtype
            np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-11 if way in TRANSFORMS else 0)
            seen += 1
    assert seen or (way == "ndimage" and mode != "same") or (way == "oaconvolve" and dtype == "i32")


def test_what_each_way_has() -> None:
    functions = {way: set(adapters.load(f"scipy?through={way}").functions) for way in WAYS}
    both = {"convolve", "cross_correlate"}
    assert functions == {way: {"convolve"} if way == "oaconvolve" else both for way in WAYS}
    plain, pieces = adapters.load("scipy"), adapters.load("scipy?through=oaconvolve")
    assert (plain.name, plain.version) == ("scipy", scipy.__version__)
    assert "num.algorithm" not in plain.claims.dialects
    assert adapters.load("scipy?through=auto").claims.dialects["num.algorithm"] == "transform"
    assert set(pieces.claims.operations["convolve"].dtypes) == {"float64", "float32", "complex64", "complex128"}


def test_what_a_way_does_not_take() -> None:
    with pytest.raises(Unsupported, match="convolve2d takes arrays of 2 axes, got 1"):
        run(adapters.load("scipy?through=signal2d"), Case.parse("convolve:x=7,k=3,f64"))
    with pytest.raises(Unsupported, match="ndimage has no mode valid"):
        run(adapters.load("scipy?through=ndimage"), Case.parse("convolve:x=7,k=3,mode=valid,f64"))
    with pytest.raises(Unsupported, match="oaconvolve turns int32 into a wider type"):
        run(adapters.load("scipy?through=oaconvolve"), Case.parse("convolve:x=7,k=3,i32"))
    with pytest.raises(TargetError, match="through must be one of direct, auto, fft"):
        adapters.load("scipy?through=glass")


def test_an_unknown_mode_raises_what_scipy_raises() -> None:
    arrays = make_arrays(Case.parse("convolve:x=7,k=3,f64"))
    with pytest.raises(ValueError, match="Acceptable mode flags"):
        adapters.load("scipy").functions["convolve"](*arrays.values(), mode="most")
