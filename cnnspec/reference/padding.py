"""Padding, by slices and index arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.errors import ParameterError
from cnnspec.geometry import source_index
from cnnspec.gradient_shapes import pad_input_grad_shape
from cnnspec.reference.arithmetic import carrier, operands, rounded
from cnnspec.shapes import check_pad_mode, int_pairs, pad_shape

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, Padding, PadMode, Pads, Shape


def pad(x: ArrayLike, *, padding: Padding, mode: PadMode = "constant", value: Any = 0) -> Array:
    """The input with its spatial axes extended, or cropped where a pad is negative.

    $$ y[b, c, i] = x[b, c, \\sigma(i - p_{lo})], \\qquad i = 0, \\dots, n + p_{lo} + p_{hi} - 1 $$

    with $v$ in place of the element where $\\sigma$, :func:`cnnspec.geometry.source_index`, gives none.

    Laws: PAD-1, PAD-2, PAD-3, PAD-4.

    Parameters
    ----------
    x
        $(N, C, *n)$, any supported dtype.
    padding
        One int, one int per spatial axis, or one (lo, hi) pair per spatial axis; a negative pad crops.
    mode
        ``"constant"``, ``"reflect"``, ``"symmetric"``, ``"replicate"`` or ``"circular"``.
    value
        The constant $v$, a number that the dtype of ``x`` has (a float is rounded to it).

    Returns
    -------
    Array
        $(N, C, *(n + p_{lo} + p_{hi}))$, dtype of ``x``.

    Raises
    ------
    ShapeError
        If there is no spatial axis, a crop takes more than there is, or a mode finds nothing to repeat.
    ParameterError
        If ``mode`` is none of the five, ``padding`` is a word or does not fit the rank, or the dtype of ``x`` does not
        have ``value``.
    DTypeError
        If the dtype of ``x`` is not supported, or a pad is no integer.

    Notes
    -----
    The same meaning as :func:`cnnspec.spec.padding.pad`: the map is total, and a positive and a negative pad on one
    axis do not fold into their sum.

    References
    ----------
    ``torch.nn.functional.pad``, ``numpy.pad``; ONNX *Pad*.

    Examples
    --------
    >>> pad([[[1, 2, 3]]], padding=2, mode="reflect")
    array([[[3, 2, 1, 2, 3, 2, 1]]])
    """
    (x,) = operands(x=x)
    pad_shape(x.shape, padding=padding, mode=mode)
    return padded(x, int_pairs(padding, x.ndim - 2), mode, constant(value, x.dtype))


def constant(value: Any, dtype: np.dtype[Any]) -> Any:
    """``value`` as an element of ``dtype``, a float rounded to it.

    Raises
    ------
    ParameterError
        If it is no number of that dtype: a fraction or an infinity among integers, a complex number among reals.
    """
    try:
        if isinstance(value, str):
            raise TypeError
        if dtype.kind not in "iu":
            number = complex(value) if dtype.kind == "c" else float(value)
            return rounded(np.array([number]), dtype)[0]
        if value == int(value) and np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
            return int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ParameterError(f"value must be a number that {dtype.name} has, got {value!r} (PAD-1); convert x first")


def padded(x: Array, pads: Pads, mode: PadMode, value: Any = 0, dtype: np.dtype[Any] | None = None) -> Array:
    """A fresh array: ``x`` in ``dtype``, its spatial axes padded or cropped."""
    dtype = x.dtype if dtype is None else dtype
    axes = list(zip(pads, x.shape[2:], strict=True))
    shape = (*x.shape[:2], *(max(n + lo + hi, 0) for (lo, hi), n in axes))
    if check_pad_mode(mode) != "constant":
        indices = np.ix_(*([source_index(t, n, mode) for t in range(-lo, n + hi)] for (lo, hi), n in axes))
        return np.ascontiguousarray(x[:, :, *indices], dtype=dtype)
    y = np.full(shape, value, dtype) if value else np.zeros(shape, dtype)  # zeros come cheaper from the system
    real = [range(max(-lo, 0), min(n + hi, n)) for (lo, hi), n in axes]
    if all(real):
        inside = (slice(r.start + lo, r.stop + lo) for r, (lo, _) in zip(real, pads, strict=True))
        y[:, :, *inside] = x[:, :, *(slice(r.start, r.stop) for r in real)]
    return y


def pad_input_grad(grad_output: ArrayLike, *, input_size: Shape, padding: Padding, mode: PadMode = "constant") -> Array:
    """The gradient of ``pad`` with respect to its input: every element collects from the places it was copied to.

    $$ \\bar x[b, c, t] = \\sum_{i\\,:\\,\\sigma(i - p_{lo}) = t} g[b, c, i] $$

    Laws: PAD-1.

    Parameters
    ----------
    grad_output
        The cotangent $g$, $(N, C, *(n + p_{lo} + p_{hi}))$, any supported dtype.
    input_size
        The spatial extents $n$ of the input.
    padding, mode
        Those of the forward call.

    Returns
    -------
    Array
        $(N, C, *n)$, dtype of ``grad_output``.

    Raises
    ------
    ShapeError
        If ``grad_output`` does not have the forward output's shape, or the forward call has none.
    ParameterError
        If an option has a value that ``pad`` refuses.
    DTypeError
        If the dtype is not supported, or a pad or an extent is no integer.

    References
    ----------
    CS231n, *Backpropagation, intuitions*, patterns in backward flow; https://cs231n.github.io/optimization-2/.

    Examples
    --------
    >>> pad_input_grad([[[1, 10, 100, 1000]]], input_size=(2,), padding=((0, 2),), mode="circular")
    array([[[ 101, 1010]]])
    """
    (g,) = operands(grad_output=grad_output)
    shape = pad_input_grad_shape(g.shape, input_size=input_size, padding=padding, mode=mode)
    grad = g.astype(carrier(g.size, g))
    with np.errstate(all="ignore"):
        for axis, ((lo, hi), n) in enumerate(zip(int_pairs(padding, g.ndim - 2), shape[2:], strict=True), start=2):
            grad = _collected(grad, axis, n, [source_index(t, n, mode) for t in range(-lo, n + hi)])
    return rounded(grad, g.dtype)


def _collected(g: Array, axis: int, extent: int, sources: list[int | None]) -> Array:
    """The sums of the slices of ``g`` along ``axis`` that have the same source."""
    grad = np.zeros((*g.shape[:axis], extent, *g.shape[axis + 1 :]), g.dtype)
    real = [i for i, t in enumerate(sources) if t is not None]
    if real:
        order = np.array(sorted(real, key=sources.__getitem__))  # type: ignore[arg-type]  # no None is left
        ordered = np.array([sources[i] for i in order])
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        sums = np.add.reduceat(np.take(g, order, axis), starts, axis)
        np.moveaxis(grad, axis, 0)[ordered[starts]] = np.moveaxis(sums, axis, 0)
    return grad
