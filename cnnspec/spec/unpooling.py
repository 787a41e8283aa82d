"""Unpooling: the values of a max pooling go back to where they stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.arguments import per_axis, spatial
from cnnspec.errors import ParameterError, ShapeError

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, PerAxis


def max_unpool(values: ArrayLike, indices: ArrayLike, *, output_size: PerAxis) -> Array:
    """Every value is put back where its index says, among zeros.

    $$ y[b, c, t] = \\begin{cases}
    \\mathrm{values}[b, c, i] & t \\text{ has the flat index } \\mathrm{indices}[b, c, i] \\\\
    0 & \\text{no } i \\text{ names } t \\end{cases} $$

    Where several $i$ name one $t$ the last in row-major order stays.  ``output_size`` is $n$; the result, object, is
    $(N, C, *n)$.  An index outside the plane raises a ParameterError.

    Laws: POOL-5.

    Examples
    --------
    >>> max_unpool([[[5, 7]]], [[[1, 2]]], output_size=4).tolist()
    [[[0, 5, 7, 0]]]
    """
    values, indices = np.asarray(values, dtype=object), np.asarray(indices, dtype=object)
    if values.shape != indices.shape:
        raise ShapeError(f"values and indices must have one shape, got {values.shape} and {indices.shape} (POOL-5)")
    extents = per_axis(output_size, len(spatial(values.shape, "values")), "output_size")
    y = np.full((*values.shape[:2], *extents), 0, dtype=object)
    plane = list(np.ndindex(*extents))
    for b, c, *i in np.ndindex(values.shape):
        index = indices[b, c, *i]
        if not 0 <= index < len(plane):
            raise ParameterError(f"every index must lie in a plane of {len(plane)} elements, got {index} (POOL-5)")
        y[b, c, *plane[index]] = values[b, c, *i]
    return y
