from __future__ import annotations

import numpy as np
import pytest
import scipy.fft

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.numerics import fourier
from cnnspec.numerics.rounding import round_to

CASES = (
    "conv1d:x=2x3x23,w=4x3x5,f32,real,seed=3",
    "conv2d:x=2x6x7x11,w=4x3x3x2,padding=1.0_2.1,groups=2,f32,real,seed=4",
    "conv2d:x=1x2x16x16,w=3x2x7x7,f32,cancel,seed=5",
    "conv3d:x=1x2x5x4x7,w=3x2x2x3x2,f32,bell,seed=6",
)


def by_transform(case: Case, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Stride 1, dilation 1, in the precision of ``x``: SciPy transforms float32 in float32."""
    axes, groups = tuple(range(2, x.ndim)), case.options["groups"]
    xp = np.pad(x, ((0, 0), (0, 0), *case.options["padding"]))
    sizes = [scipy.fft.next_fast_len(n + k - 1, real=True) for n, k in zip(xp.shape[2:], w.shape[2:], strict=True)]
    spectra = scipy.fft.rfftn(xp, sizes, axes=axes), scipy.fft.rfftn(w, sizes, axes=axes).conj()
    c, o = w.shape[1], w.shape[0] // groups
    parts = [
        np.einsum("nc...,oc...->no...", spectra[0][:, g * c : (g + 1) * c], spectra[1][g * o : (g + 1) * o])
        for g in range(groups)
    ]
    y = scipy.fft.irfftn(np.concatenate(parts, 1), sizes, axes=axes)
    return y[:, :, *(slice(0, n - k + 1) for n, k in zip(xp.shape[2:], w.shape[2:], strict=True))]


@pytest.mark.parametrize("text", CASES)
def test_transforms_are_within_the_bound_and_lower_precision_is_not(text: str) -> None:
    case = Case.parse(text)
    arrays = make_arrays(case)
    exact = case.operation.reference(*(a.astype(np.float64) for a in arrays.values()), **case.call_options)
    bound = fourier.bound(case.operation, case.shapes, case.options, arrays, "float32")
    computed = by_transform(case, *arrays.values())
    assert computed.dtype == np.float32
    error = np.abs(computed - exact)
    assert (error <= bound).all()
    assert error.any()
    assert (error > bound * 2.0**-29).any()  # in float64 it would be that much smaller
    coarse = by_transform(case, *(round_to(a, "bfloat16") for a in arrays.values()))
    assert (np.abs(coarse - exact) > bound).any()


def test_every_linear_operation_has_a_bound_of_its_channels() -> None:
    shapes = {"conv_transpose2d": (2, 6, 1, 1), "conv2d_input_grad": (2, 6, 1, 1), "conv2d_weight_grad": (6, 3, 1, 1)}
    for op, shape in shapes.items():
        case = Case.parse(f"{op}:x=2x6x7x11,w=6x3x3x2,groups=2,stride=2x1,f32,real,seed=1")
        arrays = make_arrays(case)
        bound = fourier.bound(case.operation, case.shapes, case.options, arrays, "float32")
        assert bound.shape == shape
        exact = case.operation.reference(*(a.astype(np.float64) for a in arrays.values()), **case.call_options)
        rounded = case.operation.reference(*arrays.values(), **case.call_options)
        assert (np.abs(rounded - exact) <= bound).all()


def test_the_error_grows_with_the_number_of_stages() -> None:
    u = 2.0**-24
    assert fourier.transform_error(0, u) == 0
    assert fourier.transform_error(10, u) == pytest.approx(10 * fourier.transform_error(1, u), rel=1e-4)
    x = np.random.default_rng(0).standard_normal(4096)
    single, double = scipy.fft.fft(x.astype(np.complex64)), scipy.fft.fft(x.astype(np.complex64).astype(np.complex128))
    assert np.linalg.norm(single - double) <= fourier.transform_error(12, u) * np.linalg.norm(double)
