"""Activation: one number becomes one number, by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.errors import ShapeError
from cnnspec.spec.windows import is_nan

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike


def relu(x: ArrayLike) -> Array:
    """Keep what is above 0, and make the rest 0.

    $$ y = \\begin{cases} x & x > 0 \\\\ \\mathrm{NaN} & x \\text{ is NaN} \\\\ +0 & \\text{otherwise} \\end{cases} $$

    Laws: RELU-1.

    Parameters
    ----------
    x
        Real numbers, any shape.

    Returns
    -------
    Array
        The shape of ``x``, object.

    Examples
    --------
    >>> relu([-2, 0, 3]).tolist()
    [0, 0, 3]
    """
    x = np.asarray(x, dtype=object)
    y = np.empty(x.shape, dtype=object)
    for i in np.ndindex(x.shape):
        y[i] = x[i] if x[i] > 0 or is_nan(x[i]) else type(x[i])(0)
    return y


def relu_input_grad(grad_output: ArrayLike, x: ArrayLike) -> Array:
    """Let the cotangent through where the input is above 0.

    $$ \\bar x = \\begin{cases} \\bar y & x > 0 \\\\ 0 & \\text{otherwise} \\end{cases} $$

    At $x = 0$, where every number in $[0, 1]$ is a subgradient, 0 is taken.  Where $x$ is NaN the result is 0.

    Laws: RELU-2.

    Parameters
    ----------
    grad_output, x
        Real numbers, of one shape.

    Returns
    -------
    Array
        The shape of ``x``, object.

    Raises
    ------
    ShapeError
        If the shapes differ.

    Examples
    --------
    >>> relu_input_grad([5, 6, 7], [-2, 0, 3]).tolist()
    [0, 0, 7]
    """
    g, x = np.asarray(grad_output, dtype=object), np.asarray(x, dtype=object)
    if g.shape != x.shape:
        raise ShapeError(f"grad_output and x must have one shape, got {g.shape} and {x.shape} (RELU-2)")
    grad = np.empty(x.shape, dtype=object)
    for i in np.ndindex(x.shape):
        grad[i] = g[i] if x[i] > 0 else type(g[i])(0)
    return grad
