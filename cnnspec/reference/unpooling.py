"""Unpooling: the values of a max pooling go back to where they stood."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.arguments import per_axis, spatial
from cnnspec.errors import DTypeError, ParameterError, ShapeError
from cnnspec.reference.arithmetic import rounded
from cnnspec.reference.dtypes import real
from cnnspec.reference.ranks import of_each_rank

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, PerAxis

__all__ = ["max_unpool", "max_unpool1d", "max_unpool2d", "max_unpool3d"]


def max_unpool(values: ArrayLike, indices: ArrayLike, *, output_size: PerAxis) -> Array:
    """Put every value back where its index says, among zeros.

    $$ y[b, c, t] = \\begin{cases}
    \\mathrm{values}[b, c, i] & t \\text{ has the flat index } \\mathrm{indices}[b, c, i] \\\\
    0 & \\text{no } i \\text{ names } t \\end{cases} $$

    Laws: POOL-5.

    Parameters
    ----------
    values
        $(N, C, *m)$, any real dtype.
    indices
        $(N, C, *m)$, any integer dtype: flat in the plane of ``output_size``.
    output_size
        The extents $n \\ge 1$ of the result.

    Returns
    -------
    Array
        $(N, C, *n)$, the dtype of ``values``.

    Raises
    ------
    DTypeError
        If ``values`` holds no real numbers, or ``indices`` no integers.
    ShapeError
        If the two shapes differ, or there is no spatial axis.
    ParameterError
        If an extent is below 1, or an index lies outside the plane.

    Notes
    -----
    Where several values have one index the last in row-major order stays.  After
    :func:`cnnspec.reference.pooling.max_pool_with_indices` they are all the same number.

    References
    ----------
    M. D. Zeiler, R. Fergus, *Visualizing and understanding convolutional networks*, ECCV 2014.

    Examples
    --------
    >>> max_unpool(np.array([[[5, 7]]]), np.array([[[1, 2]]]), output_size=4).tolist()
    [[[0, 5, 7, 0]]]
    """
    (v,), index = real(values=values), np.asarray(indices)
    if index.dtype.kind not in "iu":
        raise DTypeError(f"indices must hold integers, got dtype {index.dtype} (POOL-5); they count elements")
    if v.shape != index.shape:
        raise ShapeError(f"values and indices must have one shape, got {v.shape} and {index.shape} (POOL-5)")
    extents = per_axis(output_size, len(spatial(v.shape, "values")), "output_size")
    y = np.zeros((*v.shape[:2], *extents), v.dtype)
    outside = (index < 0) | (index >= prod(extents))
    if outside.any():
        got = index[outside][0]
        raise ParameterError(f"every index must lie in a plane of {prod(extents)} elements, got {got} (POOL-5)")
    y.reshape(-1)[_places(index.astype(np.int64), prod(extents))] = v
    return y


def gather(x: Array, index: Array) -> Array:
    """The elements of ``x``, $(N, C, *n)$, that indices into its planes name."""
    return x.reshape(-1)[_places(index, prod(x.shape[2:]))]


def scatter(g: Array, index: Array, x: Array) -> Array:
    """Zeros of the shape of ``x``, with every ``g`` added where its index says."""
    integers = x.dtype.kind in "iu"
    grad = np.zeros(x.size, x.dtype if integers else np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        values = g if integers else g.astype(np.float64)
        np.add.at(grad, _places(index, prod(x.shape[2:])).reshape(-1), values.reshape(-1))
    return rounded(grad.reshape(x.shape), x.dtype)


def _places(index: Array, plane: int) -> Array:
    """Indices within their planes as indices into the whole, flat array."""
    starts = np.arange(prod(index.shape[:2])) * plane
    return index + starts.reshape(*index.shape[:2], *(1,) * (index.ndim - 2))


max_unpool1d, max_unpool2d, max_unpool3d = of_each_rank(max_unpool)
