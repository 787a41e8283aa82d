"""Sums of products in any declared arithmetic, one rounding after the other: the machine that a bound speaks of.

Slow, and meant for tests of the bounds and of the precision card: a check that has never seen the fault it looks for
says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.numerics.arithmetic import Arithmetic
from cnnspec.numerics.rounding import round_to
from cnnspec.reference.padding import pad
from cnnspec.shapes import conv_geometry

if TYPE_CHECKING:
    from cnnspec.typing import Array, Padding, PerAxis


def dot(x: Array, w: Array, arithmetic: Arithmetic, *, b: Array | None = None, fused: bool = False) -> Array:
    """The sum $\\sum_k x_k w_k$ over the first axis, every operation rounded as ``arithmetic`` says.

    Parameters
    ----------
    x, w
        $(K, \\dots)$, broadcast against each other; values of the output's format.
    arithmetic
        ``depth`` gives the order: one after the other, pairwise, or in blocks.
    b
        What each sum starts with, 0 if not given.
    fused
        Whether products enter the sum unrounded, as by a fused multiply-add.

    Returns
    -------
    Array
        Float64 values of the output's format.

    Examples
    --------
    >>> x, w = np.array([1.0, 2.0**-8]), np.ones(2)
    >>> [float(dot(x, w, Arithmetic.of("float32", {"accumulator": name}))) for name in ("float32", "bfloat16")]
    [1.00390625, 1.0]
    """
    a = arithmetic

    def held(values: Array, name: str = a.accumulator.name) -> Array:
        return round_to(values, name, a.rounding, flush=a.ftz)

    if a.operands is not None:
        x, w = held(x, a.operands.name), held(w, a.operands.name)
    elif a.ftz:
        x, w = held(x, a.output.name), held(w, a.output.name)
    with np.errstate(all="ignore"):
        terms = [xk * wk if fused else held(xk * wk) for xk, wk in zip(x, w, strict=True)]
        start = [] if b is None or a.bias_rounded else [held(b)]
        total = held(_added([*start, *terms], a, held), a.output.name)
        if a.bias_rounded and b is not None:
            total = held(total + b, a.output.name)
    return total


def _added(terms: Sequence[Array], a: Arithmetic, held: _Held) -> Array:
    if not terms:
        return np.zeros(())
    if a.depth == "pairwise" and len(terms) > 1:
        half = (len(terms) + 1) // 2
        return held(_added(terms[:half], a, held) + _added(terms[half:], a, held))
    if a.depth.startswith("blocked:"):
        block = int(a.depth.removeprefix("blocked:"))
        return _in_turn([_in_turn(terms[i : i + block], held) for i in range(0, len(terms), block)], held)
    return _in_turn(terms, held)


def _in_turn(terms: Sequence[Array], held: _Held) -> Array:
    total = held(terms[0])
    for term in terms[1:]:
        total = held(total + term)
    return total


def conv(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    numerics: dict[str, str] | None = None,
    fused: bool = False,
) -> Array:
    """The convolution layer in the arithmetic ``numerics`` (:mod:`cnnspec.numerics.arithmetic`), in the dtype of ``x``.

    Parameters
    ----------
    x
        $(N, C, *n)$, a floating-point dtype.
    w
        $(O, C/g, *k)$, the same dtype.
    b
        $(O,)$, the same dtype, or none.
    stride, padding, dilation, groups
        As in :func:`cnnspec.reference.convolution.conv`.
    numerics
        The declared arithmetic; products are summed channel by channel, taps in row-major order, the bias first.
    fused
        Whether products are not rounded before they are added.

    Returns
    -------
    Array
        $(N, O, *m)$, dtype of ``x``.

    Raises
    ------
    ShapeError, ParameterError
        As the reference does.
    UsageError
        If ``numerics`` has an unknown word or value.

    Examples
    --------
    >>> x = np.float32([[[1, 2.0**-12]]])
    >>> conv(x, np.ones((1, 1, 2), np.float32), numerics={"accumulator": "float16"}).item()
    1.0
    """
    arithmetic = Arithmetic.of(x.dtype.name, numerics)
    shape, axes = conv_geometry(
        x.shape, w.shape, None if b is None else b.shape,
        stride=stride, padding=padding, dilation=dilation, groups=groups,
    )  # fmt: skip
    xp = pad(x.astype(np.float64), padding=tuple((a.lo, a.hi) for a in axes))
    c, o = w.shape[1], w.shape[0] // groups
    y = np.empty(shape, np.float64)
    for g in range(groups):
        block, kernels = xp[:, g * c : (g + 1) * c], w[g * o : (g + 1) * o].astype(np.float64)
        taps = []
        for u in np.ndindex(*w.shape[2:]):
            at = (
                slice(j * a.dilation, j * a.dilation + (m - 1) * a.stride + 1, a.stride)
                for j, a, m in zip(u, axes, shape[2:], strict=True)
            )
            taps.append(block[:, :, *at])  # (N, C/g, *m)
        columns = np.stack(taps, 2).reshape(x.shape[0], -1, *shape[2:])  # (N, K, *m), channel by channel
        columns = np.moveaxis(columns, 1, 0)[:, :, None]  # (K, N, 1, *m)
        factors = np.moveaxis(kernels.reshape(o, -1), 1, 0).reshape(-1, 1, o, *(1,) * len(axes))
        bias = None if b is None else b[g * o : (g + 1) * o].astype(np.float64).reshape(o, *(1,) * len(axes))
        y[:, g * o : (g + 1) * o] = dot(columns, factors, arithmetic, b=bias, fused=fused)
    return y.astype(x.dtype)


if TYPE_CHECKING:
    from typing import Protocol

    class _Held(Protocol):
        def __call__(self, values: Array, name: str = ...) -> Array: ...
