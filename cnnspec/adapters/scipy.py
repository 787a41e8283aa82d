"""SciPy as a target, for the signal level: ``scipy``, or ``scipy?through=ndimage``.

The option ``through`` says which of SciPy's functions are called: ``direct`` and ``fft`` (``convolve`` and
``correlate`` by that method), ``auto`` (the same where they choose the method), ``oaconvolve``, ``signal2d``
(``convolve2d`` and ``correlate2d``) or ``ndimage`` (``convolve`` and ``correlate`` of ``scipy.ndimage``, zeros around
the input).
"""

from __future__ import annotations

from typing import Any

from cnnspec.adapters.framework import Call, assemble
from cnnspec.adapters.onnx_models import choice
from cnnspec.errors import Unsupported
from cnnspec.implementation import Implementation

WAYS = {
    "direct": "convolve and correlate add products; left alone, they choose an FFT where that is faster (through=auto)",
    "auto": "convolve and correlate choose between sums and an FFT by the sizes of the arrays",
    "fft": "convolve and correlate multiply transforms; a NaN or an infinity reaches every output then, as SciPy says",
    "oaconvolve": "oaconvolve multiplies transforms of pieces; it has no counterpart that correlates",
    "signal2d": "convolve2d and correlate2d take arrays of two axes",
    "ndimage": "ndimage filters have the extent of their input, which is mode same; origins put an even kernel right",
}
"""What the values of ``through`` call."""

NOTES = ("a dtype is claimed where small calls of one, two and three axes return",)

WIDE = ("float64", "float32", "complex64", "complex128")
"""The dtypes that an FFT keeps."""

ALGORITHM = {"auto": "transform", "fft": "fft", "oaconvolve": "fft"}
"""How sums are formed, where products are not simply added."""

SAME = {"mode": ("same",)}


def implementation(options: dict[str, str]) -> Implementation:
    """SciPy's convolutions and correlations of two arrays."""
    import scipy

    way = choice("scipy", options, "through", tuple(WAYS))
    calls = {"oaconvolve": _pieces, "signal2d": _two_axes, "ndimage": _filters}.get(way, lambda: _methods(way))()
    name = "scipy" if way == "direct" else f"scipy through {way}"
    dialects = {"num.int": "wrap", **({"num.algorithm": ALGORITHM[way]} if way in ALGORITHM else {})}
    return assemble(name, scipy.__version__, calls, dialects=dialects, notes=(WAYS[way], *NOTES))


def _methods(method: str) -> dict[str, Call]:
    from scipy import signal

    def convolve(x: Any, k: Any, *, mode: Any) -> Any:
        return signal.convolve(x, k, mode=mode, method=method)

    def cross_correlate(x: Any, k: Any, *, mode: Any) -> Any:
        return signal.correlate(x, k, mode=mode, method=method)

    return {"convolve": Call(convolve), "cross_correlate": Call(cross_correlate)}


def _pieces() -> dict[str, Call]:
    from scipy import signal

    def convolve(x: Any, k: Any, *, mode: Any) -> Any:
        if x.dtype.name not in WIDE:
            raise Unsupported(f"oaconvolve turns {x.dtype} into a wider type")
        return signal.oaconvolve(x, k, mode=mode)

    return {"convolve": Call(convolve)}


def _two_axes() -> dict[str, Call]:
    from scipy import signal

    def convolve(x: Any, k: Any, *, mode: Any) -> Any:
        return signal.convolve2d(_plane(x), k, mode=mode)

    def cross_correlate(x: Any, k: Any, *, mode: Any) -> Any:
        return signal.correlate2d(_plane(x), k, mode=mode)

    return {"convolve": Call(convolve), "cross_correlate": Call(cross_correlate)}


def _plane(x: Any) -> Any:
    if x.ndim != 2:
        raise Unsupported(f"convolve2d takes arrays of 2 axes, got {x.ndim}")
    return x


def _filters() -> dict[str, Call]:
    from scipy import ndimage

    def convolve(x: Any, k: Any, *, mode: Any) -> Any:
        _only_same(mode)
        return ndimage.convolve(x, k, mode="constant", origin=[_even(extent) for extent in k.shape])

    def cross_correlate(x: Any, k: Any, *, mode: Any) -> Any:
        _only_same(mode)
        return ndimage.correlate(x, k, mode="constant")

    return {"convolve": Call(convolve, choices=SAME), "cross_correlate": Call(cross_correlate, choices=SAME)}


def _only_same(mode: str) -> None:
    if mode != "same":
        raise Unsupported(f"ndimage has no mode {mode}")


def _even(extent: int) -> int:
    """The origin under which ndimage's convolution centres a kernel as SciPy's ``same`` does: to the left."""
    return -1 if extent % 2 == 0 else 0
