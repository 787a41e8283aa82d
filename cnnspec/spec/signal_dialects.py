"""Where other libraries put the centre: the permitted ways to cut ``same`` out of ``full``, by name.

For an odd kernel everybody means the same elements.  For an even one the window has no middle, and for a kernel longer
than the signal "the same" length is a question too.  Each dialect says which elements of the full result it keeps, what
it reads beyond the border, and whether it flips the kernel; ours is SciPy's.

| dialect | flips | keeps, of the full result $F$ | beyond the border |
|---|---|---|---|
| ``scipy.signal.convolve`` | yes | $F[\\lfloor (k-1)/2 \\rfloor : +n]$ | zeros |
| ``scipy.signal.correlate`` | no | $F[\\lfloor (k-1)/2 \\rfloor : +n]$ | zeros |
| ``scipy.signal.correlate2d`` | no | $F[\\lfloor k/2 \\rfloor : +n]$ | zeros |
| ``numpy.convolve`` | yes | $F[\\lfloor (\\min(n,k)-1)/2 \\rfloor : +\\max(n,k)]$ | zeros |
| ``scipy.ndimage.convolve`` | yes | $F[\\lfloor k/2 \\rfloor : +n]$ | symmetric, which it calls ``reflect`` |
| ``scipy.ndimage.correlate`` | no | $F[\\lfloor (k-1)/2 \\rfloor : +n]$ | symmetric, which it calls ``reflect`` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.errors import UsageError
from cnnspec.geometry import source_index
from cnnspec.shapes import signal_shape

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike


@dataclass(frozen=True, slots=True)
class Centring:
    """One library's ``same``: whether it flips, where it starts in the full result, how long it is, what lies beyond.

    ``start`` and ``extent`` are functions of $n$ and $k$ on one axis; ``border`` is a padding mode in our names.
    """

    name: str
    flips: bool
    start: Callable[[int, int], int]
    extent: Callable[[int, int], int]
    border: str
    source: str


def _n(n: int, k: int) -> int:
    return n


SIGNAL = "https://docs.scipy.org/doc/scipy/reference/signal.html"
NDIMAGE = "https://docs.scipy.org/doc/scipy/reference/ndimage.html"

DIALECTS: Mapping[str, Centring] = {
    dialect.name: dialect
    for dialect in (
        Centring("scipy.signal.convolve", True, lambda n, k: (k - 1) // 2, _n, "constant", SIGNAL),
        Centring("scipy.signal.correlate", False, lambda n, k: (k - 1) // 2, _n, "constant", SIGNAL),
        Centring("scipy.signal.correlate2d", False, lambda n, k: k // 2, _n, "constant", SIGNAL),
        Centring("numpy.convolve", True, lambda n, k: (min(n, k) - 1) // 2, max, "constant",
                 "https://numpy.org/doc/stable/reference/generated/numpy.convolve.html"),
        Centring("scipy.ndimage.convolve", True, lambda n, k: k // 2, _n, "symmetric", NDIMAGE),
        Centring("scipy.ndimage.correlate", False, lambda n, k: (k - 1) // 2, _n, "symmetric", NDIMAGE),
    )
}  # fmt: skip
"""Every dialect of ``same`` by name."""


def same_as(name: str, x: ArrayLike, k: ArrayLike) -> Array:
    """The ``same`` result as the library ``name`` means it.

    $$ y[i] = \\sum_u k[u]\\, x[i + s - u] \\ \\text{(flipping)}, \\qquad
       y[i] = \\sum_u k[u]\\, x[i + s - (k-1) + u] \\ \\text{(not)} $$

    with the start $s$ of the dialect, and $x$ continued beyond its border as the dialect does.

    Laws: CONV-1, CONV-7, CONV-8.

    Parameters
    ----------
    name
        One of :data:`DIALECTS`.
    x, k
        Numbers of any real type, $(*n)$ and $(*k)$.

    Returns
    -------
    Array
        Objects, of the dialect's extents.

    Raises
    ------
    UsageError
        If there is no dialect of that name.
    ShapeError
        If the arguments differ in their number of axes, or are empty.

    References
    ----------
    The documentation of each function, named in its :class:`Centring`.

    Examples
    --------
    >>> x, k = [1, 2, 3, 4], [1, 10]
    >>> same_as("scipy.signal.convolve", x, k).tolist(), same_as("scipy.ndimage.convolve", x, k).tolist()
    ([1, 12, 23, 34], [12, 23, 34, 44])
    """
    if name not in DIALECTS:
        raise UsageError(f"there is no dialect {name!r} of 'same'; there are {', '.join(DIALECTS)}")
    dialect = DIALECTS[name]
    x, k = np.asarray(x, dtype=object), np.asarray(k, dtype=object)
    signal_shape(x.shape, k.shape)
    axes = list(zip(x.shape, k.shape, strict=True))
    y = np.zeros(tuple(dialect.extent(n, m) for n, m in axes), dtype=object)
    for i in np.ndindex(*y.shape):
        for u in np.ndindex(*k.shape):
            reach = [
                dialect.start(n, m) + (-p if dialect.flips else p - (m - 1)) for (n, m), p in zip(axes, u, strict=True)
            ]
            at = [source_index(p + r, n, dialect.border) for p, r, n in zip(i, reach, x.shape, strict=True)]
            if None not in at:
                y[i] += k[u] * x[tuple(at)]
    return y
