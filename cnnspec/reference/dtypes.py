"""Which dtypes the operations on real numbers take, beyond what :mod:`cnnspec.reference.arithmetic` says for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.errors import DTypeError
from cnnspec.reference.arithmetic import operands

if TYPE_CHECKING:
    from cnnspec.typing import Array, ArrayLike


def real(**given: ArrayLike) -> list[Array]:
    """The arguments as arrays of one real dtype.

    Raises
    ------
    DTypeError
        If a dtype is not supported or complex, or two differ.

    Examples
    --------
    >>> real(x=[True])
    Traceback (most recent call last):
    cnnspec.errors.DTypeError: x must have one of the dtypes ...
    """
    return _refuse("c", "real", **given)


def floating(**given: ArrayLike) -> list[Array]:
    """The arguments as arrays of one real floating-point dtype.

    Raises
    ------
    DTypeError
        If a dtype is not supported, complex or an integer type, or two differ.

    Examples
    --------
    >>> floating(x=[1])
    Traceback (most recent call last):
    cnnspec.errors.DTypeError: x must hold floating-point numbers, got dtype int64 (NUM-1); convert it with astype
    """
    return _refuse("ciu", "floating-point", **given)


def _refuse(kinds: str, wanted: str, **given: ArrayLike) -> list[Array]:
    arrays = operands(**given)
    for name, array in zip(given, arrays, strict=True):
        if array.dtype.kind in kinds:
            raise DTypeError(
                f"{name} must hold {wanted} numbers, got dtype {array.dtype} (NUM-1); convert it with astype"
            )
    return arrays


def is_floating(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype holds real floating-point numbers; bfloat16, which NumPy calls a void, does.

    Examples
    --------
    >>> is_floating(np.dtype("float16")), is_floating(np.dtype("int8"))
    (True, False)
    """
    return dtype.kind in "fV"
