from __future__ import annotations

import numpy as np
import pytest

from cnnspec.reference.signal import convolve, cross_correlate

CONVOLVE = "convolve:x=5x4,k=2x3,f64,ints:3"
CORRELATE = "cross_correlate:x=5x4,k=2x3,f64,ints:3"


def correlating(f):
    return cross_correlate


def convolving(f):
    return convolve


@pytest.mark.parametrize(
    ("law", "text", "fault"),
    [
        ("CONV-1", CONVOLVE, correlating),
        ("CONV-8", CORRELATE, convolving),
        ("CONV-2", CONVOLVE, correlating),
        ("CONV-2", CORRELATE, convolving),
        ("CONV-2", CONVOLVE, lambda f: lambda x, k, **o: cross_correlate(x, k[::-1], **o)),
        ("CONV-3", CONVOLVE, correlating),
        ("CONV-4", CONVOLVE, correlating),
        ("CONV-5", CONVOLVE, correlating),
        ("CONV-5", CORRELATE, convolving),
        ("CONV-6", CONVOLVE, lambda f: lambda x, k, **o: np.minimum(f(x, k, **o), 5)),
        ("CONV-6", CORRELATE, lambda f: lambda x, k, **o: np.minimum(f(x, k, **o), 5)),
        (
            "CONV-10",
            CONVOLVE,
            lambda f: lambda x, k, **o: np.concatenate([f(x, k, **o)[:-1], 0 * k[:1, :1].repeat(6, 1)]),
        ),
    ],
)
def test_faults(caught, law: str, text: str, fault) -> None:
    assert caught(law, text, fault).message


@pytest.mark.parametrize("operation", ["convolve", "cross_correlate"])
@pytest.mark.parametrize("mode", ["same", "valid"])
def test_a_mode_cut_at_the_wrong_place(caught, operation: str, mode: str) -> None:
    def fault(f):
        return lambda x, k, *, mode: f(x, k, mode=mode) if mode == "full" else np.roll(f(x, k, mode=mode), 1)

    failure = caught("CONV-7", f"{operation}:x=5x4,k=2x3,mode={mode},f64,ints:3", fault)
    assert "starts at [0, 1]" in failure.message or "starts at [1, 2]" in failure.message


@pytest.mark.parametrize("dtype", ["f32", "f16", "c64"])
def test_low_precision(caught, dtype: str) -> None:
    def fault(f):
        def coarse(x, k, **o):
            y = f(x, k, **o)
            return (y * (1 + 2.0**-8)).astype(y.dtype)

        return coarse

    assert "less precise" in caught("CONV-9", f"convolve:x=9,k=5,{dtype},real", fault).message


def test_a_missing_conjugate(caught) -> None:
    def fault(f):
        return lambda x, k, **o: f(x, np.conj(k), **o)

    assert caught("CONV-8", "cross_correlate:x=5,k=3,c128,ints:3", fault)
    assert caught("CONV-2", "cross_correlate:x=5,k=3,c128,ints:3", fault)


def test_a_declared_transform_is_held_to_nothing_that_mixes_windows(ruling) -> None:
    law = ruling("CONV-5", "convolve:x=5,k=3,f64,ints:3", lambda f: f, num__algorithm="transform")
    assert law.verdict == "vacuous"


@pytest.mark.parametrize("op", ["convolve", "cross_correlate"])
@pytest.mark.parametrize("dtype", ["f32", "c64"])
def test_a_declared_transform_is_held_to_its_bound(ruling, op: str, dtype: str) -> None:
    """Rounding is no fault there; a kernel that is not the right one is."""
    law = {"convolve": "CONV-1", "cross_correlate": "CONV-8"}[op]

    def rounds(f):
        return lambda x, k, **o: f(x, k, **o) * np.float32(1 + 1e-7)

    text = f"{op}:x=5,k=3,{dtype},ints:3,seed=2"
    assert ruling(law, text, rounds, num__algorithm="fft").verdict == "passed"
    assert (
        ruling(law, text, lambda f: lambda x, k, **o: f(x, k[::-1].copy(), **o), num__algorithm="fft").verdict
        == "failed"
    )
