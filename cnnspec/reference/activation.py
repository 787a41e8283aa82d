"""Activation: one number becomes one number, by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnspec.errors import ShapeError
from cnnspec.reference.dtypes import real

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike


def relu(x: ArrayLike) -> Array:
    """Keep what is above 0, and make the rest 0.

    $$ y = \\begin{cases} x & x > 0 \\\\ \\mathrm{NaN} & x \\text{ is NaN} \\\\ +0 & \\text{otherwise} \\end{cases} $$

    Laws: RELU-1.

    Parameters
    ----------
    x
        Any shape, any real dtype.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError
        If ``x`` holds no real numbers.

    Notes
    -----
    It commutes with max pooling, and not with average pooling nor with a convolution.

    References
    ----------
    V. Nair, G. E. Hinton, *Rectified linear units improve restricted Boltzmann machines*, ICML 2010.

    Examples
    --------
    >>> relu(np.array([-2, 0, 3])).tolist()
    [0, 0, 3]
    """
    (x,) = real(x=x)
    with np.errstate(invalid="ignore"):  # bfloat16 warns where it compares a NaN
        kept = x > 0
    if x.dtype.kind not in "iu":
        kept |= np.isnan(x)
    return np.where(kept, x, x.dtype.type(0))


def relu_input_grad(grad_output: ArrayLike, x: ArrayLike) -> Array:
    """Let the cotangent through where the input is above 0.

    $$ \\bar x = \\begin{cases} \\bar y & x > 0 \\\\ 0 & \\text{otherwise} \\end{cases} $$

    Laws: RELU-2.

    Parameters
    ----------
    grad_output
        The cotangent $\\bar y$ of the output, any real dtype.
    x
        The input, the shape and dtype of ``grad_output``.

    Returns
    -------
    Array
        The shape and dtype of ``x``.

    Raises
    ------
    DTypeError
        If an array holds no real numbers, or the dtypes differ.
    ShapeError
        If the shapes differ.

    Notes
    -----
    At 0, where every number in $[0, 1]$ is a subgradient, 0 is taken.  At NaN the result is 0 too, as in JAX and
    TensorFlow; PyTorch lets the cotangent through there.

    References
    ----------
    V. Nair, G. Hinton, *Rectified linear units improve restricted Boltzmann machines*, ICML 2010.

    Examples
    --------
    >>> relu_input_grad(np.array([5, 6, 7]), np.array([-2, 0, 3])).tolist()
    [0, 0, 7]
    """
    g, x = real(grad_output=grad_output, x=x)
    if g.shape != x.shape:
        raise ShapeError(f"grad_output and x must have one shape, got {g.shape} and {x.shape} (RELU-2)")
    with np.errstate(invalid="ignore"):
        return np.where(x > 0, g, g.dtype.type(0))
