"""Adaptive and global pooling: the number of windows is given, and the windows follow.

Window $i$ of $m$ on an axis of $n$ elements is $[\\lfloor i n/m \\rfloor, \\lceil (i+1) n/m \\rceil)$.  It is never
empty; windows may overlap, differ in size, and be more than there are elements.  A global pooling has one window: the
plane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.shapes import adaptive_shape
from cnnspec.spec.windows import adaptive_places, first_maximum, quotient

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike, PerAxis


def adaptive_max_pool(x: ArrayLike, *, output_size: PerAxis) -> Array:
    """The maximum of every adaptive window.

    $$ y[b, c, i] = \\max_{t \\in R_i} x[b, c, t], \\qquad
    R_i = \\prod_a \\bigl[\\lfloor i_a n_a/m_a \\rfloor, \\lceil (i_a+1) n_a/m_a \\rceil\\bigr) $$

    Laws: POOL-4, POOL-7, POOL-8.

    Parameters
    ----------
    x
        Numbers, $(N, C, *n)$, every $n \\ge 1$.
    output_size
        The extents $m \\ge 1$.

    Returns
    -------
    Array
        $(N, C, *m)$, object.

    Raises
    ------
    ShapeError
        If a spatial extent is 0.
    ParameterError
        If an output extent is below 1.

    Examples
    --------
    >>> adaptive_max_pool([[[5, 1, 2, 4, 3]]], output_size=3).tolist()
    [[[5, 4, 4]]]
    """
    x = np.asarray(x, dtype=object)
    y = np.empty(adaptive_shape(x.shape, output_size=output_size), dtype=object)
    for i, real, _ in adaptive_places(x.shape, output_size=output_size):
        for b, c in np.ndindex(x.shape[:2]):
            y[b, c, *i] = x[b, c, *first_maximum(x[b, c], real)]
    return y


def adaptive_avg_pool(x: ArrayLike, *, output_size: PerAxis) -> Array:
    """The mean of every adaptive window.

    $$ y[b, c, i] = \\frac{1}{|R_i|} \\sum_{t \\in R_i} x[b, c, t] $$

    Laws: POOL-4, POOL-7.  The windows, parameters and errors are those of :func:`adaptive_max_pool`.

    Returns
    -------
    Array
        $(N, C, *m)$, object; integers are averaged as fractions.

    Examples
    --------
    >>> [str(v) for v in adaptive_avg_pool([[[5, 1, 2, 4, 3]]], output_size=3)[0, 0]]
    ['3', '7/3', '7/2']
    """
    x = np.asarray(x, dtype=object)
    y = np.empty(adaptive_shape(x.shape, output_size=output_size), dtype=object)
    for i, real, _ in adaptive_places(x.shape, output_size=output_size):
        for b, c in np.ndindex(x.shape[:2]):
            y[b, c, *i] = quotient(sum(x[b, c, *t] for t in real), len(real))
    return y


def global_max_pool(x: ArrayLike) -> Array:
    """The maximum of every plane.

    $$ y[b, c, 0, \\dots] = \\max_t x[b, c, t] $$

    Laws: POOL-4, POOL-7, POOL-8, INV-1.  ``x`` is $(N, C, *n)$ with every $n \\ge 1$, or a ShapeError is raised.

    Returns
    -------
    Array
        $(N, C, 1, \\dots, 1)$, object.

    Examples
    --------
    >>> global_max_pool([[[5, 1], [2, 7]]]).tolist()
    [[[5], [7]]]
    """
    return adaptive_max_pool(x, output_size=1)


def global_avg_pool(x: ArrayLike) -> Array:
    """The mean of every plane.

    $$ y[b, c, 0, \\dots] = \\frac{1}{\\prod n} \\sum_t x[b, c, t] $$

    Laws: POOL-4, POOL-7, INV-1.  ``x`` is $(N, C, *n)$ with every $n \\ge 1$, or a ShapeError is raised.

    Returns
    -------
    Array
        $(N, C, 1, \\dots, 1)$, object; integers are averaged as fractions.

    Examples
    --------
    >>> [str(v) for v in global_avg_pool([[[5, 1], [2, 7]]]).flat]
    ['3', '9/2']
    """
    return adaptive_avg_pool(x, output_size=1)
