"""Convolution by a fast Fourier transform: how far it may err, which depends on norms and not on each output."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log2, prod, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.numerics.arithmetic import gamma
from cnnspec.numerics.precision import format_of

if TYPE_CHECKING:
    from cnnspec.operations import Operation
    from cnnspec.typing import Array, Shape

RADICES = (2, 3, 4, 5, 7, 8, 11, 13)
"""The butterflies that FFT libraries have; a length with other factors is embedded in a longer transform."""


def transform_error(bits: float, u: float) -> float:
    """$\\varepsilon$: the error of a fast Fourier transform of length $2^{bits}$, relative in the 2-norm.

    One stage of radix $r$ multiplies by a matrix of $r$-point transforms and by rounded twiddle factors.  Each of its
    outputs is a sum of $r$ complex products, which errs by at most $\\sqrt2\\,\\gamma_{r+1}\\sum|z|$ (Higham 2002,
    lemma 3.5 and section 3.1), and by $u$ for the factors.  The matrix of absolute values has the 2-norm $r$ where the
    transform has $\\sqrt r$, so the relative error of the stage is at most $\\eta_r = \\sqrt{2r}\\,\\gamma_{r+1} + u$.
    A length of $2^{bits}$ takes $bits/\\log_2 r$ stages; with the worst radix of :data:`RADICES`,

    $$ \\varepsilon = (1 + \\eta)^{bits} - 1, \\qquad \\eta = \\max_r \\eta_r / \\log_2 r $$

    For radix 2 alone this is theorem 24.2 of Higham 2002 with another constant.

    Examples
    --------
    >>> 1e-6 < transform_error(10, 2**-24) < 2e-5
    True
    """
    eta = max((sqrt(2 * r) * gamma(r + 1, u) + u) / log2(r) for r in RADICES)
    return float(np.expm1(bits * np.log1p(eta)))


def bound(
    operation: Operation,
    geometry: Mapping[str, Shape],
    options: Mapping[str, Any],
    arrays: Mapping[str, Array],
    dtype: str,
) -> Array:
    """How far a transform algorithm in ``dtype`` may lie from the exact sums, the same for all elements of a channel.

    Let $X_c$, $W_c$ be the transforms of length $n$ of the padded planes of one reduction over $q$ channels (or
    samples), and $T = \\sum_c \\|x_c\\|_2\\|w_c\\|_2$.  Each has a relative error $\\varepsilon$ in the 2-norm, and
    $\\|X_c\\|_2 = \\sqrt n\\,\\|x_c\\|_2$; the sums of products err by $\\sqrt2\\,\\gamma_{q+1}$ more.  By Cauchy and
    Schwarz the error of the spectrum has a 1-norm of at most $n e T$ with
    $e = (1+\\varepsilon)^2(1+\\sqrt2\\,\\gamma_{q+1}) - 1$, and the inverse transform, exact, turns it into at most
    $eT$ at every position.  The inverse's own error is at most $\\varepsilon\\|y\\|_2$, and
    $\\|y\\|_2 \\le \\sum_c\\|x_c\\|_2\\|w_c\\|_1 \\le \\sqrt k\\,T$ (Young), where the smaller of the two planes holds
    $k$ elements.  Altogether

    $$ |\\hat y - y| \\le \\big(e + (1 + e)\\,\\varepsilon\\sqrt k\\big)\\,T + u_o(|y| + |b|) $$

    of which the last term, a bias and the rounding to the output's format, is left to the caller.

    Parameters
    ----------
    operation
        A linear operation of the convolution family.
    geometry, options
        Those of the case.
    arrays
        The arguments by name; a bias does not count.
    dtype
        The format in which everything is computed.

    Returns
    -------
    Array
        Float64, of the rank of the output with spatial extents 1, to be broadcast.

    References
    ----------
    Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 2002, chapters 3 and 24.

    Examples
    --------
    >>> from cnnspec.operations import find
    >>> geometry, conv = {"x": (1, 1, 8), "w": (1, 1, 3)}, find("conv1d")[0]
    >>> options = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}
    >>> arrays = {"x": np.ones((1, 1, 8)), "w": np.ones((1, 1, 3))}
    >>> 1e-6 < float(bound(conv, geometry, options, arrays, "float32").item()) < 1e-3
    True
    """
    u = format_of(dtype).unit
    axes = tuple(range(2, len(geometry["x"])))
    named = {name: a for name, a in arrays.items() if name != "b"}
    norms = [np.sqrt(np.sum(np.abs(a.astype(np.float64)) ** 2, axis=axes, keepdims=True)) for a in named.values()]
    ones = (1,) * len(axes)
    plain = {"stride": ones, "padding": ((0, 0),) * len(axes), "dilation": ones, "groups": options["groups"]}
    plain |= dict.fromkeys(operation.derived, ones)
    products = operation.reference(*norms, **plain)
    bits = sum(
        ceil(log2(2 * (n + sum(map(abs, pads)) + (k - 1) * d + s))) for n, k, d, s, pads in _columns(geometry, options)
    )
    epsilon = transform_error(bits, u)
    small = min(prod(a.shape[2:]) for a in named.values())
    e = (1 + epsilon) ** 2 * (1 + sqrt(2) * gamma(_reduced(operation, geometry, options) + 1, u)) - 1
    total: Array = (e + (1 + e) * epsilon * sqrt(small)) * products
    return total


def _columns(geometry: Mapping[str, Shape], options: Mapping[str, Any]) -> Any:
    keys = (geometry["x"][2:], geometry["w"][2:], options["dilation"], options["stride"], options["padding"])
    return zip(*keys, strict=True)


def _reduced(operation: Operation, geometry: Mapping[str, Shape], options: Mapping[str, Any]) -> int:
    """How many pairs of planes one output plane adds up."""
    x, w = geometry["x"], geometry["w"]
    if operation.name.endswith("weight_grad"):
        return x[0]
    return w[1] if operation.name in ("conv", "conv_transpose_input_grad") else w[0] // options["groups"]
